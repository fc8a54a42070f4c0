"""Commands: what finance asks for, decided and written in one transaction, also while no worker runs."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from domain import commands, facts, refusals
from domain.account import Account
from domain.channels import TASK
from domain.facts import Body, TaskCompleted
from domain.interest.booking import booking
from domain.onboarding import next_move
from domain.onboarding.checks import CALL
from domain.onboarding.progress import MOST_CALLS
from domain.own_steps import (
    APPROVE,
    CALL_APPLICANT,
    REVIEW,
    WAITS_TOO_LONG,
    approval_of,
    is_approval,
)
from domain.plan_refusals import outside
from domain.rules.ended import ended_by
from domain.rules.interest import over
from domain.situation import Situation
from domain.spelling import closest
from domain.worklist.endings import completable
from store import arranging, customers, journal, policies, tasks, verifications
from store import facts as ledger_facts
from store.database import Ledger
from store.errors import NoPolicy, Refused
from store.facts import NewFact
from store.tables import CustomerRow, FactRow, TaskRow
from store.verifications import CodeCheck

SOURCE = "command"
_ONE_OF_SEVERAL = ("approve", "use_policy", "adopt_policy", "agree_usage", "note_safeguard", "grant_credit")
"""Commands of which another one with other words takes the first back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did.

    Attributes:
        words: a sentence for the person who asked.
        wake: whether the customer's workflow has to look.
        already: the same command was done before; nothing was written.
        wrong: what was entered is written down, and was not right.
    """

    words: str
    wake: bool
    already: bool
    wrong: bool = False


def perform(
    ledger: Ledger,
    customer_id: str,
    name: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
    check: CodeCheck | None = None,
) -> Done:
    """Perform the command `name` of `domain.commands.COMMANDS` with its JSON input.

    Args:
        check: asks the vendor that sent a code whether an entered one is right.

    Raises:
        Refused: the sentence why not; nothing was written.
    """
    body = _read(name, data)
    if isinstance(body, commands.CodeEntry):
        return _entered(ledger, customer_id, body, now=now, check=check)
    if isinstance(body, commands.SnoozeEntry | commands.ReassignEntry):
        return _arrange(ledger, customer_id, body, now=now)
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        loaded = ledger_facts.load(session, row, now=now)
        at = Situation(policy=loaded.policy, account=loaded.account, now=now)
        if not isinstance(body, commands.FeeEntry):
            body = _policy_named(session, row, body)
        key, done = _key(session, name, body, at)
        if done:
            return Done(words=f"Already done: {commands.words_of(body)}.", wake=False, already=True)
        refusal = refusals.refusal(at, name, body) or _under_it(row, body)
        if refusal is not None and not _closes_by_hand(session, row, body):
            raise Refused(refusal)
        if isinstance(body, commands.FeeEntry):
            body = _booked(at, body)
        new = [NewFact(source=SOURCE, id=key, happened_on=at.today, happened_at=now, body=body)]
        if (step := ended_by(at, body)) is not None:
            # With the last of what it asked for, its task is done.
            done_with = TaskCompleted(step=step, outcome=name, by=getattr(body, "by", None))
            new.append(replace(new[0], id=f"{key}/task", body=done_with))
            _close_tasks(session, row, done_with, at, now)
        ledger_facts.append(session, row, new, now=now)
        _close_tasks(session, row, body, at, now)
        actor = commands.author_of(body)
        journal.write(
            session,
            at=now,
            what="command",
            why=commands.words_of(body),
            customer_id=row.id,
            step=getattr(body, "step", None),
            policy_version=loaded.policy_version,
            actor=actor,
            key=f"{SOURCE}/{key}",
        )
        return Done(words=_told(at, body), wake=True, already=False)


def _closes_by_hand(session: Session, row: CustomerRow, body: Body | commands.FeeEntry) -> bool:
    """Whether it ends a task that no plan knows of, because something else than a plan opened it."""
    if not isinstance(body, TaskCompleted) or body.step is None:
        return False
    return completable(body.step) and tasks.is_unplanned(session, row.id, body.step)


def _arrange(ledger: Ledger, customer_id: str, entry: commands.Arranging, *, now: datetime) -> Done:
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        done = arranged(session, arranging.of_step(session, row.id, entry.step), entry, now=now)
        # No fact and no news: the workflow only shows it, and the sweep finds it if nobody wakes it.
        row.revision += done.wake
        return done


def arranged(session: Session, rows: Sequence[TaskRow], entry: commands.Arranging, *, now: datetime) -> Done:
    """Arrange tasks of one step that are locked, by whom and when they are done.

    Raises:
        Refused: the sentence why not.
    """
    changed = arranging.arrange(session, rows, entry, now=now)
    words = commands.words_of(entry)
    said = f"{words[0].upper()}{words[1:]}." if changed else f"Already done: {words}."
    return Done(words=said, wake=changed and rows[0].customer_id is not None, already=not changed)


def _told(at: Situation, body: Body) -> str:
    """Say what a command did, and what of it is still to come."""
    words = commands.words_of(body)
    rest = outside(at, body) if isinstance(body, facts.PlanAgreed) else None
    if isinstance(body, facts.OnboardingReviewed) and _waits_for_second(at, body, at.now):
        rest = "a second person has to decide as well"
    return f"{words[0].upper()}{words[1:]}." if rest is None else f"{words[0].upper()}{words[1:]}: {rest}."


def _entered(
    ledger: Ledger, customer_id: str, entry: commands.CodeEntry, *, now: datetime, check: CodeCheck | None
) -> Done:
    right = verifications.ask(ledger, customer_id, entry, check, now=now)
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        account = ledger_facts.load(session, row, now=now).account
        entered = verifications.enter(session, row, account, entry, key=ledger.code_key, now=now, right=right)
        already = entered.already
        return Done(words=entered.words, wake=not already, already=already, wrong=not entered.ok)


def _booked(at: Situation, entry: commands.FeeEntry) -> facts.FeeBooked:
    booked = booking(at, entry)
    if isinstance(booked, str):
        raise Refused(booked)
    return booked


def _read(name: str, data: Mapping[str, Any]) -> commands.Input:
    if name not in commands.COMMANDS:
        near = closest(name, commands.COMMANDS)
        hint = f"; did you mean {near!r}?" if near else f": use one of {', '.join(commands.COMMANDS)}"
        raise Refused(f"There is no command {name!r}{hint}")
    mistakes = commands.wrong(name, data)
    if mistakes is not None:
        raise Refused(mistakes)
    return commands.read(name, data)


def _policy_named(session: Session, row: CustomerRow, body: Body) -> Body:
    """Return a command about policies with the version that its name stands for; other commands as they are.

    Raises:
        Refused: the policy is not adopted, or there is no open case that could take it.
    """
    match body:
        case facts.PolicyOverrideSet(policy=name):
            if policies.named(session, name) is None:
                known = ", ".join(policy.policy for policy in policies.adopted(session)) or "none"
                raise Refused(f"No policy {name!r} is adopted; adopted are: {known}.")
        case facts.PolicyAdopted(policy=name):
            if not row.case_open:
                raise Refused("No case is open: choose the policy of the next one with use_policy.")
            try:
                version = policies.find(session, name).version
            except NoPolicy as error:
                raise Refused(str(error)) from None
            return body.model_copy(update={"policy": version})
        case facts.PolicyAccepted(version=named):
            try:
                version = policies.find(session, named).version
            except NoPolicy as error:
                raise Refused(str(error)) from None
            return body.model_copy(update={"version": version})
        case _:
            pass
    return body


def _under_it(row: CustomerRow, body: Body | commands.FeeEntry) -> str | None:
    if isinstance(body, facts.PolicyAdopted) and body.policy == row.policy_version:
        return f"The open case is under {body.policy} already."
    return None


def _key(session: Session, name: str, body: Body | commands.FeeEntry, at: Situation) -> tuple[str, bool]:
    """Return the command's natural key, and whether it stands done already.

    The same command twice on one day is one fact, unless its opposite came in between, or the task that
    it answers is another one. Of an answer to an approval every other answer is the opposite, and of the
    choice of a policy every other choice.
    """
    customer_id = at.account.customer.id
    # What is booked follows from what was entered, and the day.
    entered = body.model_dump_json() if isinstance(body, commands.FeeEntry) else ledger_facts.write_text(body)
    said = f"{entered} {_answered(body, at.account)}"
    content = hashlib.sha256(said.encode()).hexdigest()[:16]
    stem = f"{name}/{customer_id}/{at.today}/{content}"
    opposites = [f"{commands.OPPOSITE.get(name)}/"]
    if name in _ONE_OF_SEVERAL:
        opposites.append(f"{name}/{customer_id}/")
    numbers = select(FactRow.source_id, FactRow.number).where(
        FactRow.customer_id == customer_id, FactRow.source == SOURCE
    )
    found = session.exec(numbers.order_by(col(FactRow.number))).all()
    same = [number or 0 for key, number in found if key.startswith(stem)]
    undone = [
        number or 0 for key, number in found if key.startswith(tuple(opposites)) and not key.startswith(stem)
    ]
    if same and max(undone, default=0) < same[-1]:
        return stem, True
    return (f"{stem}/{len(same) + 1}" if same else stem), False


def _answered(body: Body | commands.FeeEntry, account: Account) -> str:
    """The newest task that a command is the answer to, by its reference."""
    match body:
        case facts.TaskCompleted(step=step):
            steps = {step} if step else {claim.step for claim in account.claims}
        case facts.Approved(step=step):
            steps = _approvals(step, account)
        case _:
            return ""
    tasks_of = [claim.message for claim in account.claims if claim.channel == TASK and claim.step in steps]
    return tasks_of[-1] if tasks_of else ""


def _approvals(step: str | None, account: Account) -> set[str]:
    """The tasks that an approval answers: those of its step, without one all that ask for an approval."""
    asked = {claim.step for claim in account.claims if claim.channel == TASK and is_approval(claim.step)}
    if step is None:
        return {APPROVE, *asked}
    return {approval_of(step)} if approval_of(step) in asked else {APPROVE}


def _close_tasks(session: Session, row: CustomerRow, body: Body, at: Situation, now: datetime) -> None:
    match body:
        case facts.FeeBooked() | facts.FeeWaived() | facts.FeeCancelled():
            after = replace(at, account=ledger_facts.load(session, row).account)
            tasks.close_over(session, row.id, over(after), now=now, by=commands.author_of(body))
            return
        case facts.TaskCompleted():
            step, outcome = body.step, body.outcome or "done"
        case facts.Approved():
            for approval in _approvals(body.step, at.account):
                _close(session, row, approval, body.outcome or "approved", body, now)
            return
        case facts.OnboardingReviewed():
            if _waits_for_second(at, body, now):
                return
            _close(session, row, WAITS_TOO_LONG, body.outcome, body, now)
            step, outcome = REVIEW, body.outcome
        case facts.CalledBack():
            called = at.account.verification.after(body, now)
            if called.outcome(CALL) is None and len(called.unanswered) < MOST_CALLS:
                return
            step, outcome = CALL_APPLICANT, body.outcome
        case _:
            return
    _close(session, row, step, outcome, body, now)


def _waits_for_second(at: Situation, body: facts.OnboardingReviewed, now: datetime) -> bool:
    """Whether a second person has to decide as well about a new customer."""
    after = at.account.verification.after(body, now)
    return next_move(after, now, at.account.onboarding_rules, at.account.customer).kind != "conclude"


def _close(
    session: Session, row: CustomerRow, step: str | None, outcome: str, body: Body, now: datetime
) -> None:
    tasks.close(session, customer_id=row.id, step=step, now=now, outcome=outcome, by=commands.author_of(body))
