"""What comes next if nothing happens, every message is delivered and every charge is declined softly."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from domain.account import Account
from domain.claim import Charged, Claim
from domain.decide import Decision, decide
from domain.effects import Effect
from domain.facts import Body, DepositApplied
from domain.money import Money
from domain.policy import Policy
from domain.simulation.timeline import Line, effect_line

HORIZON_DAYS = 800
"""How far a forecast looks."""


def forecast(
    policy: Policy, account: Account, now: datetime, *, lines: int = 3, first: Decision | None = None
) -> tuple[Line, ...]:
    """Return the next effects if nothing happens and every message is delivered; see `coming`."""
    return tuple(islice(coming(policy, account, now, first), lines))


def coming(policy: Policy, account: Account, now: datetime, first: Decision | None = None) -> Iterator[Line]:
    """Yield what is done next, one effect after the other; whoever has enough saves the rest.

    Args:
        first: what is decided about this account now, where the caller knows it already.
    """
    horizon = now + timedelta(days=HORIZON_DAYS)
    on_their_way = [claim for claim in account.claims if awaited(claim)]
    if on_their_way:
        account = account.with_claims(replace(claim, delivered_at=now) for claim in on_their_way)
        first = None
    while now < horizon:
        decision, first = first or decide(policy, account, now), None
        for effect in decision.effects:
            yield effect_line(effect, now, decision.stage)
            account = perform(account, effect, now)
        if not decision.effects:
            if decision.wake_at is None:
                return
            now = decision.wake_at


def perform(account: Account, effect: Effect, now: datetime, *, answered: bool = True) -> Account:
    """Return the account after an effect: what is answered at once was delivered, or declined softly."""
    charged = Charged(at=now, decline="soft", instrument=effect.instrument or None)
    claim = Claim(
        message=message_of(account, effect),
        step=effect.step,
        channel=effect.channel,
        debts=tuple((debt.key, debt.opening) for debt in effect.debts),
        claimed_at=now,
        sent_at=now,
        delivered_at=now if answered and effect.kind == "notice" else None,
        suspend_on=effect.suspend_on,
        charged=charged if answered and effect.kind == "charge" else None,
    )
    account = account.with_claims([claim])
    match effect.kind:
        case "terminate" if account.cancelled_on is not None:
            return replace(account, service=account.service.turned("close", now))
        case "restrict" | "suspend" | "reactivate" | "terminate":
            return replace(account, service=account.service.turned(effect.kind, now))
        case "provision" | "book" if effect.body is not None:
            return _with_fact(account, effect.body, now)
    return account


def _with_fact(account: Account, body: Body, now: datetime) -> Account:
    """Return the account after a fact that the plan itself decided."""
    on = now.astimezone(ZoneInfo(account.customer.timezone)).date()
    account = replace(account, credit=account.credit.after(body, now, on))
    return _applied(account, body) if isinstance(body, DepositApplied) else account


def _applied(account: Account, body: DepositApplied) -> Account:
    """Return the account after a deposit has paid an invoice, as the book will have it."""
    deposit = account.deposits.get(body.deposit)
    debt = next((debt for debt in account.debts if debt.invoice == body.invoice), None)
    if deposit is None or debt is None or body.amount is None:
        return account
    paid = min(deposit.left, debt.open, Money.of(body.amount, debt.open.currency))
    owed = replace(debt, open=debt.open - paid, state="open" if debt.open > paid else "settled")
    debts = tuple(owed if each is debt else each for each in account.debts)
    left = replace(deposit, left=deposit.left - paid)
    return replace(account, debts=debts, deposits={**account.deposits, body.deposit: left})


def message_of(account: Account, effect: Effect) -> str:
    """The reference under which an effect is performed here."""
    return effect.settles or f"{effect.key}/{len(account.claims)}"


def awaited(claim: Claim) -> bool:
    """Whether a message went out and nobody has said yet whether it arrived."""
    return claim.is_message and claim.stands and not claim.unsettled and claim.delivered_at is None
