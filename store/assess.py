"""Assessing: plan for one customer, and note on its row when to look again."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from domain.account import Account
from domain.channels import BOOK, NO_DEBTS, PROVISION, TASK
from domain.claim import Claim
from domain.customer import Customer
from domain.effects import Effect, EffectDebt, Held
from domain.facts import Fact
from domain.own_steps import ODD_TURN
from domain.plan import Plan, plan
from domain.policy import Policy
from domain.reasons import Reason, because
from domain.rules.credit import settled_tasks
from domain.rules.interest import over
from domain.situation import Situation
from domain.stages import may_follow
from domain.worklist.standing import standing_of
from store import clock, customers, events, facts, journal, postings, tasks
from store.database import Ledger
from store.errors import NoPolicy
from store.facts import Loaded
from store.tables import CaseRow, CustomerRow
from store.tasks import OpenTask

CONTACTS = 5
"""How many of the last messages an assessment shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rests:
    """An effect that waits until an instant, and is not overdue before.

    Attributes:
        about, news: for which debts, and at which news it was put off; None for those of now.
    """

    key: str
    until: datetime
    about: str | None = None
    news: int | None = None

    def is_of(self, effect: Effect, news: int) -> bool:
        """Whether it is this effect, as it is wanted at this news."""
        return effect.key == self.key and self.about in (None, effect.about) and self.news in (None, news)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One customer at one instant, as the workflow and every page see it.

    Attributes:
        now: the business instant that the plan is of; never before what the ledger has seen.
        chosen: why the customer is under this policy, as it was noted last.
        contacts: the last five messages, oldest first.
        halted: a switch put an effect off.
    """

    plan: Plan
    policy: Policy
    account: Account
    customer: Customer
    revision: int
    news: int
    policy_name: str
    policy_version: str
    chosen: str | None
    case_number: int
    case_open: bool
    contacts: tuple[Claim, ...]
    open_tasks: tuple[OpenTask, ...]
    halted: bool
    now: datetime


def look(ledger: Ledger, customer_id: str) -> Loaded:
    """Load a customer without planning; writes nothing and takes no lock.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    with ledger.read() as session:
        row = session.get(CustomerRow, customer_id)
        if row is None:
            raise customers.unknown(customer_id)
        return facts.load(session, row)


def peek(ledger: Ledger, customer_id: str, *, now: datetime) -> Assessment:
    """Plan for a customer who is only shown: writes nothing, so the sweep still finds a lost wake.

    A case that is over is closed by the next `assess`; until then its own policy counts.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        now = clock.instant_for(session, row, now)
        loaded = facts.load(session, row, now=now)
        fresh = _plan(row, loaded, now)
        opens = fresh.case_open and not row.case_open
        shown = _assessment(session, row, loaded, fresh, now)
        return replace(shown, case_number=row.case_number + opens, case_open=fresh.case_open)


def assess(
    ledger: Ledger,
    customer_id: str,
    *,
    now: datetime,
    code_version: str,
    put_off: Sequence[Rests] = (),
    others: timedelta = timedelta(),
) -> Assessment:
    """Plan for a customer and write revision, wake-up, stage, case and new holds; idempotent.

    Args:
        put_off: the effects that wait; whatever else is wanted is overdue after `others`, or at once.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        try:
            assessment = assess_locked(session, row, now=now, code_version=code_version)
            if put_off:
                _rest(row, assessment, put_off, others)
            return assessment
        except NoPolicy as error:
            # To look again and again would help nobody: adopting a policy, or a new fact, is news.
            row.assessed_revision, row.wake_at = row.revision, None
            reason = error
    raise reason


def _rest(row: CustomerRow, fresh: Assessment, put_off: Sequence[Rests], others: timedelta) -> None:
    """Note when the first of what is wanted is overdue: an effect that waits hides no other one."""
    soon = fresh.now + others
    overdue = [
        max((each.until for each in put_off if each.is_of(effect, fresh.news)), default=soon)
        for effect in fresh.plan.effects
    ]
    if overdue:
        row.wake_at = max(fresh.now, min(overdue))


def assess_locked(
    session: Session,
    row: CustomerRow,
    *,
    now: datetime,
    code_version: str,
    known: Sequence[Fact] | None = None,
) -> Assessment:
    """Assess a customer whose row is locked, within the caller's transaction.

    Args:
        known: every fact, where the caller has read them under this lock.
    """
    now = clock.instant_for(session, row, now)
    loaded = facts.load(session, row, now=now, known=known)
    fresh = _plan(row, loaded, now)
    if row.case_open and not fresh.case_open:
        _close_case(session, row, now)
        version, _, choice = facts.policy_for(session, row, loaded.history, now=now)
        if version != loaded.policy_version:
            loaded = facts.load(session, row, now=now, known=loaded.history)
            fresh = _plan(row, loaded, now)
        else:
            loaded = replace(loaded, choice=choice)
    _keep_choice(session, row, loaded, now)
    if fresh.case_open and not row.case_open:
        _open_case(session, row, loaded.policy_version, now)
    if row.allocation != loaded.policy.allocation:
        postings.bring_up_to_date(
            session, row, loaded.history, allocation=loaded.policy.allocation, learned_at=now
        )
    _journal_holds(session, row, fresh.held, loaded.policy_version, code_version, now)
    at = Situation(policy=loaded.policy, account=loaded.account, now=now)
    ended = over(at)
    tasks.close_over(session, row.id, ended, now=now, by="engine")
    tasks.close_settled(session, dict(settled_tasks(at)), now=now, by="engine")
    row.assessed_revision = row.revision
    # What is wanted now stays overdue until it is done: whoever loses it, the sweep finds it.
    row.last_now, row.wake_at = now, now if fresh.effects else fresh.wake_at
    events.tell_look(session, row, fresh.stage, at)
    if not may_follow(row.stage, fresh.stage):
        _tell_of_turn(session, row, fresh.stage, now)
    row.stage, row.signature = fresh.stage, signature(fresh)
    # The plan does not know what a verification in progress wants to send.
    row.halted = row.halted and (bool(fresh.effects) or fresh.stage == "onboarding")
    assessment = _assessment(session, row, loaded, fresh, now)
    row.standing = standing_of(at).json() if assessment.open_tasks else None
    return assessment


def _tell_of_turn(session: Session, row: CustomerRow, stage: str, now: datetime) -> None:
    """Tell a person of a turn that no life should take; the plan goes by the facts all the same."""
    why = (
        f"{row.id} went from stage {row.stage} to {stage}, which is no turn: its facts contradict each other"
    )
    journal.write(session, at=now, what="note", why=why, customer_id=row.id)
    tasks.open_once(session, ODD_TURN, why, now=now)


def _plan(row: CustomerRow, loaded: Loaded, now: datetime) -> Plan:
    """Plan; an open case stays open while anything is overdue.

    A bounce, a switch or the night takes its only step back for a while: it is the same case after.
    """
    fresh = plan(loaded.policy, loaded.account, now)
    return replace(fresh, case_open=fresh.case_open or (row.case_open and bool(fresh.overdue)))


def _assessment(session: Session, row: CustomerRow, loaded: Loaded, fresh: Plan, now: datetime) -> Assessment:
    messages = [
        claim
        for claim in loaded.account.claims
        if claim.channel not in (*NO_DEBTS, TASK, PROVISION, BOOK) and claim.state != "released"
    ]
    return Assessment(
        plan=fresh,
        policy=loaded.policy,
        account=loaded.account,
        customer=loaded.account.customer,
        revision=row.revision,
        news=row.news,
        policy_name=loaded.policy.policy,
        policy_version=loaded.policy_version,
        chosen=_why_chosen(row, loaded),
        case_number=row.case_number,
        case_open=row.case_open,
        contacts=tuple(messages[-CONTACTS:]),
        open_tasks=tasks.open_of(session, row.id),
        halted=row.halted,
        now=now,
    )


def _why_chosen(row: CustomerRow, loaded: Loaded) -> str | None:
    if loaded.choice is not None:
        return loaded.choice.reason.words
    noted = row.chosen or {}
    if noted.get("policy") == loaded.policy.policy:
        return noted["why"]
    return "adopted for this case" if row.case_open else "adopted for the next case"


def _keep_choice(session: Session, row: CustomerRow, loaded: Loaded, now: datetime) -> None:
    """Note which policy was chosen and why; a line says when it is another one than before.

    The line keeps what was chosen before, and since when: reports ask in which arm a customer was then.
    """
    if loaded.choice is None:
        return
    chosen, before = loaded.choice.json(), row.chosen or {}
    if chosen == {name: value for name, value in before.items() if name != "since"}:
        return
    row.chosen = {**chosen, "since": now.isoformat()}
    if before:
        said = because(
            "assigned.changed", policy=chosen["policy"], before_policy=before["policy"], why=chosen["why"]
        )
        kept = {f"before_{name}": value for name, value in before.items()}
        reason = Reason(said.rule, {**said.values, **kept})
        version = loaded.policy_version
        journal.write(session, at=now, what="note", reason=reason, customer_id=row.id, policy_version=version)


def _open_case(session: Session, row: CustomerRow, policy_version: str, now: datetime) -> None:
    row.case_number += 1
    row.case_open, row.policy_version = True, policy_version
    session.add(
        CaseRow(customer_id=row.id, number=row.case_number, opened_at=now, policy_version=policy_version)
    )


def _close_case(session: Session, row: CustomerRow, now: datetime) -> None:
    row.case_open, row.policy_version = False, None
    session.get_one(CaseRow, (row.id, row.case_number)).closed_at = now


def _journal_holds(
    session: Session,
    row: CustomerRow,
    held: Iterable[Held],
    policy_version: str,
    code_version: str,
    now: datetime,
) -> None:
    """Write each hold once: the same rule for the same debts until the same day is one hold."""
    keyed = {_hold_key(row.id, hold): hold for hold in held}
    seen = _digest(*sorted(keyed))
    if seen == row.holds_seen:
        return
    row.holds_seen = seen
    for key in keyed.keys() - journal.written(session, keyed):
        hold = keyed[key]
        journal.write(
            session,
            at=now,
            what="held",
            reason=hold.reason,
            customer_id=row.id,
            step=hold.step,
            channel=hold.channel,
            debts=hold.debts,
            policy_version=policy_version,
            code_version=code_version,
            key=key,
        )


def _hold_key(customer_id: str, hold: Held) -> str:
    until = hold.until.date().isoformat() if hold.until else ""
    openings = sorted(f"{debt.key}#{debt.opening}" for debt in hold.debts)
    return "held/" + _digest(customer_id, hold.step, hold.channel, hold.reason.rule, until, *openings)


def signature(plan: Plan) -> str:
    """Return a short hash of what a workflow would act on or show; equal plans need no wake."""
    effects = [
        f"{effect.key} {effect.settles or ''} {' '.join(map(_debt, effect.debts))}" for effect in plan.effects
    ]
    allowed = [f"{name} {refusal or ''}" for name, refusal in sorted(plan.allowed.items())]
    wake_at = plan.wake_at.isoformat() if plan.wake_at else ""
    return _digest(plan.stage, wake_at, *effects, "allowed", *allowed, "owed", *map(str, plan.owed))


def _debt(debt: EffectDebt) -> str:
    return f"{debt.key}#{debt.opening}={debt.amount}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
