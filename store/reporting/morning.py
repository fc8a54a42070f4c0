"""The reading of a digest: everything that it tells, from the ledger as it is at one instant."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, or_, select

from domain.channels import TASK
from domain.claim_key import invoice_of
from domain.digest.intent import Signs, Suspect, suspect
from domain.digest.lateness import LATENESS, Lateness, lateness
from domain.digest.seen import HOUR, HeldBack, Seen, Sent, Waiting
from domain.facts import Delivered, PaymentReceived, PromiseMade
from domain.money import Money, per_currency
from domain.worklist.deadlines import Deadlines
from domain.worklist.kinds import kind_of
from domain.worklist.rules import WorklistRules
from store import breakers, controls, daily, refusals, reports, sweep, switches, written
from store.database import Ledger
from store.facts import read_text
from store.invariants import MADE
from store.tables import ClaimRow, CustomerRow, DebtRow, EntryRow, FactRow, JournalRow, TaskRow

_DOWN = ("restricted", "suspended")
_UNREACHABLE = ("bounced", "contact_invalid")
_MOST_LAGGING = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """The days told of, as days and as instants: from `begins` until before `ends`."""

    since: date
    on: date
    begins: datetime
    ends: datetime


def read(
    ledger: Ledger,
    *,
    on: date,
    since: date,
    zone: ZoneInfo,
    now: datetime,
    speed: float = 1,
    rules: WorklistRules | None = None,
) -> Seen:
    """Return what the digest of a day tells.

    Of a day that is over only what the ledger still holds: not what was stopped or lagging then.
    """
    days = _Days(since=since, on=on, begins=_start(since, zone), ends=_start(on, zone))
    at = min(now, datetime.combine(on + timedelta(days=1), HOUR, zone).astimezone(UTC))
    present = at == now
    with ledger.read() as session:
        return Seen(
            on=on,
            since=since,
            at=at,
            ageing=reports.ageing(ledger, as_of=on - timedelta(days=1)),
            differs=daily.differing(session),
            came_in=_came_in(session, days),
            late=_late(session, on - timedelta(days=1)),
            suspects=_suspects(session, on) if controls.is_on(session, "S10", at) else (),
            sent=_sent(session, days),
            turned=_turned(session, days),
            down=_down(session),
            waiting=_waiting(session, at, zone, rules),
            held=held(session, days.begins, days.ends),
            unwritten=written.fallen_back(session, days.begins, days.ends),
            controls=tuple(controls.register(session, at)),
            stopped=stopped(ledger) if present else None,
            lagging=_lagging(ledger, now, speed) if present else None,
            refused=refusals.since(ledger, since, before=on),
        )


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _came_in(session: Session, days: _Days) -> tuple[Money, ...]:
    found = select(FactRow.body).where(
        FactRow.kind == "payment_received",
        col(FactRow.happened_on) >= days.since,
        col(FactRow.happened_on) < days.on,
    )
    bodies = map(read_text, session.exec(found))
    return per_currency(
        Money.of(body.amount, body.currency) for body in bodies if isinstance(body, PaymentReceived)
    )


def _late(session: Session, as_of: date) -> Mapping[Lateness, tuple[Money, ...]]:
    """Return what was past its due date at the end of a day, by what kind of lateness it was."""
    sums = (
        select(EntryRow.invoice, func.sum(EntryRow.minor))
        .where(col(EntryRow.invoice).is_not(None), EntryRow.happened_on <= as_of)
        .group_by(EntryRow.invoice)
        .having(func.sum(EntryRow.minor) > 0)
    )
    debts = select(col(DebtRow.invoice), col(DebtRow.opening), col(DebtRow.due_on), col(DebtRow.currency))
    left, announced = dict(session.exec(sums).all()), _announced(session)
    owed: dict[Lateness, list[Money]] = defaultdict(list)
    for invoice, opening, due_on, currency in session.exec(debts.where(col(DebtRow.due_on) < as_of)):
        if invoice in left:
            kind = lateness(due_on, announced.get((invoice, opening)), as_of)
            owed[kind].append(Money(int(left[invoice]), currency))
    return {kind: per_currency(owed[kind]) for kind in LATENESS if kind in owed}


def _announced(session: Session) -> Mapping[tuple[str, int], date]:
    """Return the day that a delivered notice announced, by invoice and opening; the newest counts."""
    told = select(ClaimRow).where(col(ClaimRow.suspend_on).is_not(None), ClaimRow.state == "sent")
    claims = session.exec(told.order_by(col(ClaimRow.claimed_at))).all()
    delivered = _delivered(session, {claim.customer_id for claim in claims})
    return {
        (invoice_of(claim.debt), claim.opening): claim.suspend_on
        for claim in claims
        if claim.suspend_on is not None and claim.message in delivered
    }


def _delivered(session: Session, customers: Iterable[str]) -> set[str | None]:
    told = select(FactRow.body).where(
        FactRow.kind == "delivered", col(FactRow.customer_id).in_(sorted(customers))
    )
    bodies = map(read_text, session.exec(told))
    return {body.message for body in bodies if isinstance(body, Delivered)}


def _suspects(session: Session, today: date) -> tuple[Suspect, ...]:
    """Look at everybody with something overdue who has never paid."""
    overdue = select(DebtRow).where(col(DebtRow.open_minor) > 0, col(DebtRow.due_on) < today)
    payers = select(FactRow.customer_id).where(FactRow.kind == "payment_received")
    debts: dict[str, list[DebtRow]] = defaultdict(list)
    for debt in session.exec(overdue.where(col(DebtRow.customer_id).not_in(payers))):
        debts[debt.customer_id].append(debt)
    names = sorted(debts)
    unreachable = _with_facts(session, names, _UNREACHABLE)
    broken = _broken_promises(session, names, today)
    signs = (
        Signs(
            customer=name,
            first_due_on=min(debt.due_on for debt in debts[name]),
            overdue=per_currency(Money(debt.open_minor, debt.currency) for debt in debts[name]),
            invoices=len(debts[name]),
            paid=False,
            unreachable=name in unreachable,
            broken_promises=broken[name],
        )
        for name in names
    )
    return tuple(found for each in signs if (found := suspect(each, today)) is not None)


def _with_facts(session: Session, names: Sequence[str], kinds: Sequence[str]) -> set[str]:
    with_some = select(FactRow.customer_id).where(
        col(FactRow.kind).in_(kinds), col(FactRow.customer_id).in_(names)
    )
    return set(session.exec(with_some.distinct()))


def _broken_promises(session: Session, names: Sequence[str], today: date) -> Counter[str]:
    """Count the promises whose day is over; of somebody who never paid each of them is broken."""
    made = select(FactRow.customer_id, FactRow.body).where(
        FactRow.kind == "promise_made", col(FactRow.customer_id).in_(names)
    )
    promises = ((name, read_text(body)) for name, body in session.exec(made))
    return Counter(name for name, body in promises if isinstance(body, PromiseMade) and body.pay_on < today)


def _sent(session: Session, days: _Days) -> tuple[Sent, ...]:
    """Count what went out by step and channel; tasks go nowhere, and stand under what waits."""
    counted = (
        select(ClaimRow.kind, ClaimRow.step, ClaimRow.channel, func.count(func.distinct(ClaimRow.message)))
        .where(*_made_in(days), ClaimRow.channel != TASK)
        .group_by(ClaimRow.kind, ClaimRow.step, ClaimRow.channel)
        .order_by(ClaimRow.kind, ClaimRow.step, ClaimRow.channel)
    )
    return tuple(
        Sent(kind=kind, step=step, channel=channel, count=count)
        for kind, step, channel, count in session.exec(counted)
    )


def _turned(session: Session, days: _Days) -> Mapping[str, tuple[str, ...]]:
    kinds = ("restrict", "suspend", "reactivate", "terminate")
    turns = select(ClaimRow.kind, ClaimRow.customer_id).where(*_made_in(days), col(ClaimRow.kind).in_(kinds))
    found: dict[str, list[str]] = defaultdict(list)
    for kind, customer in session.exec(turns.distinct().order_by(ClaimRow.customer_id)):
        found[kind].append(customer)
    return {kind: tuple(found[kind]) for kind in kinds if kind in found}


def _made_in(days: _Days) -> tuple[ColumnElement[bool], ...]:
    return (
        col(ClaimRow.state).in_(MADE),
        col(ClaimRow.claimed_at) >= days.begins,
        col(ClaimRow.claimed_at) < days.ends,
    )


def _down(session: Session) -> int:
    down = select(func.count()).select_from(CustomerRow).where(col(CustomerRow.stage).in_(_DOWN))
    return session.exec(down).one()


def _waiting(
    session: Session, at: datetime, zone: ZoneInfo, rules: WorklistRules | None
) -> tuple[Waiting, ...]:
    """Count the tasks that were open at an instant, and those of them that rules say were late."""
    open_then = select(TaskRow.step, TaskRow.kind, TaskRow.opened_at).where(
        col(TaskRow.opened_at) <= at, or_(col(TaskRow.closed_at).is_(None), col(TaskRow.closed_at) > at)
    )
    tasks = session.exec(open_then.order_by(col(TaskRow.opened_at))).all()
    late: Counter[str] = Counter()
    if tasks and rules is not None:
        deadlines = Deadlines(rules.business_hours.calendar(zone.key), since=tasks[0][2])
        for step, said, opened_at in tasks:
            hours = rules.service_levels.hours(kind_of(step, said))
            late[step] += deadlines.after(opened_at, hours) < at
    counts = Counter(step for step, _, _ in tasks)
    oldest = {step: opened_at.date() for step, _, opened_at in reversed(tasks)}
    found = [
        Waiting(step=step, count=count, oldest_on=oldest[step], late=late[step])
        for step, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.oldest_on, each.step)))


def held(session: Session, begins: datetime, ends: datetime) -> tuple[HeldBack, ...]:
    """Count what was kept back from an instant until before another one, by rule."""
    counted = (
        select(JournalRow.rule, func.count(), func.count(func.distinct(JournalRow.customer_id)))
        .where(JournalRow.what == "held", col(JournalRow.at) >= begins, col(JournalRow.at) < ends)
        .group_by(JournalRow.rule)
        .order_by(JournalRow.rule)
    )
    return tuple(
        HeldBack(rule=rule or "", times=times, customers=customers)
        for rule, times, customers in session.exec(counted)
    )


def stopped(ledger: Ledger) -> tuple[str, ...]:
    """Say what keeps everything, or a sender's messages, from going out, and how that ends."""
    return (*switches.holding(switches.read(ledger)), *breakers.holding(ledger))


def _lagging(ledger: Ledger, now: datetime, speed: float) -> tuple[int, datetime | None]:
    """Count who should have been looked at, and say since when the longest of them waits."""
    waiting = sweep.due(ledger, now=now, limit=_MOST_LAGGING, speed=speed)
    if not waiting:
        return 0, None
    with ledger.read() as session:
        oldest = select(func.min(CustomerRow.wake_at)).where(col(CustomerRow.id).in_(waiting))
        return len(waiting), session.exec(oldest).one()
