"""The contacts that were made with a customer, as contact law counts them: messages and calls.

A message counts when it went out, or may have. A call counts when the work is said to be done, about the
debts of its task; what nobody said of it counts against us: it was tried, and about everything.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from domain.account import Account, Work
from domain.channels import NO_DEBTS, TASK
from domain.claim import Claim
from domain.claim_key import invoice_of
from domain.contact_law.clauses import Contact
from domain.effects import Effect

CALL = "call"
"""The channel of a call; the other channels are those of messages."""


def contacts_of(account: Account, call_steps: Collection[str]) -> tuple[Contact, ...]:
    """Return every contact with a customer; `call_steps` are the policy's tasks that are calls."""
    messages = (_message(claim) for claim in account.claims if claim.is_message and claim.stands)
    return (*messages, *_calls(account, call_steps))


def wanted_contacts(effects: Iterable[Effect], now: datetime) -> tuple[Contact, ...]:
    """Return the contacts that effects are, when they go out now; a task is none before it is done."""
    return tuple(
        Contact(
            at=now,
            channel=effect.channel,
            debts=frozenset(debt.invoice for debt in effect.debts) - NO_DEBTS,
            occasion=effect.step,
        )
        for effect in effects
        if effect.kind == "notice"
    )


def invoices_of(claim: Claim) -> frozenset[str]:
    """Return the invoices that a claim names."""
    return frozenset(invoice_of(key) for key, _ in claim.debts if key not in NO_DEBTS)


def _message(claim: Claim) -> Contact:
    return Contact(
        at=claim.sent_at or claim.claimed_at,
        channel=claim.channel,
        debts=invoices_of(claim),
        occasion=claim.step,
    )


def _calls(account: Account, call_steps: Collection[str]) -> Iterator[Contact]:
    tasks = [claim for claim in account.claims if claim.channel == TASK and claim.stands]
    for work in account.work:
        about = [
            claim for claim in tasks if claim.claimed_at < work.before and work.step in (None, claim.step)
        ]
        calls = [claim for claim in about if claim.step in call_steps]
        if work.reached is None and not calls and work.step not in call_steps:
            continue  # It was no call.
        yield Contact(
            at=work.at,
            channel=CALL,
            debts=_about(account, work, calls or about),
            conversation=bool(work.reached),
            occasion=work.step or CALL,
        )


def _about(account: Account, work: Work, tasks: list[Claim]) -> frozenset[str]:
    """The debts of the newest task that a call may have been for; without one, all of the customer's."""
    if work.step is not None:
        tasks = tasks[-1:]
    named = frozenset().union(*(invoices_of(claim) for claim in tasks))
    return named or frozenset(debt.invoice for debt in account.debts)
