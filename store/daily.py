"""What is looked at once a day: money that pays nothing, and whether the totals are those of the entries."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.money import Money
from domain.own_steps import DIFFERENCE, UNAPPLIED
from store import controls, tasks
from store.database import Ledger
from store.tables import DebtRow, EntryRow, TaskRow

IDLE_DAYS = 3
"""So many days money may lie about that pays no invoice, before a person is asked."""


def look(ledger: Ledger, *, on: date, now: datetime) -> int:
    """Open a task for each customer with idle money, end those that are over, and count what is open."""
    with ledger.write() as session:
        if not controls.is_on(session, "S27a", now):
            return 0
        idle = _idle(session, on)
        _end(session, idle, now)
        _open(session, idle, now)
        for currency in differing(session):
            why = f"debts and entries in {currency} add up to different totals: trust none until mended"
            tasks.open_once(session, DIFFERENCE, why, now=now)
        controls.ran(session, "S27a", at=now)
        return len(idle)


def _idle(session: Session, on: date) -> Mapping[str, tuple[Money, ...]]:
    """Return whose money pays nothing and has done so for longer than allowed.

    What is applied or given back is taken from the oldest first: of what lay there then, the rest is idle.
    """
    then = _loose(session, on - timedelta(days=IDLE_DAYS + 1))
    now = _loose(session, on)
    idle: dict[str, tuple[Money, ...]] = {}
    for (customer, currency), minor in sorted(then.items()):
        left = min(minor, now.get((customer, currency), 0))
        if left > 0:
            idle[customer] = (*idle.get(customer, ()), Money(left, currency))
    return idle


def _loose(session: Session, until: date) -> Mapping[tuple[str, str], int]:
    """Return what pays no invoice at the end of a day, by customer and currency."""
    sums = (
        select(EntryRow.customer_id, EntryRow.currency, func.sum(EntryRow.minor))
        .where(
            col(EntryRow.invoice).is_(None),
            col(EntryRow.deposit).is_(None),
            col(EntryRow.happened_on) <= until,
        )
        .group_by(EntryRow.customer_id, EntryRow.currency)
    )
    return {(customer, currency): -int(minor) for customer, currency, minor in session.exec(sums)}


def _open(session: Session, idle: Mapping[str, tuple[Money, ...]], now: datetime) -> None:
    asked = {task.customer_id for task in _tasks(session)}
    for customer, amounts in idle.items():
        if customer not in asked:
            owed = ", ".join(map(str, amounts))
            why = f"{owed} pays no invoice for more than {IDLE_DAYS} days: name one, or give it back"
            task = TaskRow(customer_id=customer, step=UNAPPLIED, kind="review", opened_at=now, why=why)
            tasks.add(session, task)


def _end(session: Session, idle: Mapping[str, tuple[Money, ...]], now: datetime) -> None:
    for task in _tasks(session):
        if task.customer_id not in idle:
            task.closed_at, task.outcome, task.closed_by = now, "it was applied or given back", "engine"


def _tasks(session: Session) -> list[TaskRow]:
    waiting = select(TaskRow).where(TaskRow.step == UNAPPLIED, col(TaskRow.closed_at).is_(None))
    return [*session.exec(waiting)]


def differing(session: Session) -> tuple[str, ...]:
    """Name the currencies in which what is open on the debts is not what their entries sum to."""
    debts = select(DebtRow.currency, func.sum(DebtRow.open_minor)).group_by(DebtRow.currency)
    entries = select(EntryRow.currency, func.sum(EntryRow.minor)).where(col(EntryRow.invoice).is_not(None))
    by_debts = dict(session.exec(debts).all())
    by_entries = dict(session.exec(entries.group_by(EntryRow.currency)).all())
    currencies = sorted({*by_debts, *by_entries})
    return tuple(each for each in currencies if by_debts.get(each, 0) != by_entries.get(each, 0))
