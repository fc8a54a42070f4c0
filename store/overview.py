"""The overview: how everything stands at this moment, from a few questions of the database."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, SQLModel, col, select

from domain.ageing import BUCKETS, bucket
from domain.digest.seen import HeldBack
from domain.money import Money
from store import clock, sweep
from store.database import Ledger
from store.reporting import morning
from store.tables import CustomerRow

_CUSTOMERS, _DEBTS = (SQLModel.metadata.tables[name] for name in ("customers", "debts"))
MOST_NEXT = 8
MOST_BEHIND = 1000
HELD_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What customers of a stage owe in one currency, by how late it is (`domain.ageing.BUCKETS`)."""

    stage: str
    currency: str
    invoices: int
    buckets: tuple[Money, ...]
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """A customer who is looked at next, and when."""

    customer: str
    stage: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole ledger at one instant.

    Attributes:
        stages: how many customers are in each stage; `new` were never looked at.
        owed: by stage and currency; an invoice is as late as its own due date says, also one in instalments.
        held: what was kept back within a day, by rule.
        next: who is looked at next; something may go out then.
        behind: so many customers should have been looked at and were not, at most `MOST_BEHIND`; the sweep
            wakes them.
    """

    stages: Mapping[str, int]
    owed: tuple[Owed, ...]
    held: tuple[HeldBack, ...]
    next: tuple[Next, ...]
    behind: int


def read(ledger: Ledger, *, now: datetime, today: date) -> Overview:
    """Return the overview of an instant; `today` decides how late everything is."""
    speed = clock.read(ledger).speed
    with ledger.read() as session:
        stages = session.exec(select(CustomerRow.stage, func.count()).group_by(col(CustomerRow.stage)))
        return Overview(
            stages={stage or "new": count for stage, count in sorted(stages, key=lambda each: each[0] or "")},
            owed=tuple(_owed(session, today)),
            held=morning.held(session, now - HELD_WITHIN, now),
            next=_next(session, now),
            behind=len(sweep.due(ledger, now=now, limit=MOST_BEHIND, speed=speed)),
        )


def _owed(session: Session, today: date) -> Iterable[Owed]:
    """Sum in the database by day, and sort the days into buckets here, where the rule for them stands."""
    debts, stage_of = _DEBTS.c, _CUSTOMERS.c.stage
    opened = (
        columns(stage_of, debts.currency, debts.due_on, func.sum(debts.open_minor), func.count())
        .join_from(_DEBTS, _CUSTOMERS)
        .where(debts.open_minor > 0)
        .group_by(stage_of, debts.currency, debts.due_on)
    )
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(BUCKETS))
    counted: Counter[tuple[str, str]] = Counter()
    for stage, currency, due_on, minor, invoices in session.connection().execute(opened):
        sums[stage or "new", currency][bucket((today - due_on).days)] += int(minor)
        counted[stage or "new", currency] += invoices
    for (stage, currency), minors in sorted(sums.items()):
        yield Owed(
            stage=stage,
            currency=currency,
            invoices=counted[stage, currency],
            buckets=tuple(Money(minor, currency) for minor in minors),
            total=Money(sum(minors), currency),
        )


def _next(session: Session, now: datetime) -> tuple[Next, ...]:
    coming = (
        select(CustomerRow.id, CustomerRow.stage, CustomerRow.wake_at)
        .where(col(CustomerRow.wake_at) >= now)
        .order_by(col(CustomerRow.wake_at), col(CustomerRow.id))
        .limit(MOST_NEXT)
    )
    return tuple(
        Next(customer=customer, stage=stage or "new", at=at)
        for customer, stage, at in session.exec(coming)
        if at is not None
    )
