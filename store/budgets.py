"""Budgets at a provider: of whom they are to be looked at, what was asked for, and what was read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import Session, col, func, or_, select

from domain.own_steps import USAGE_BUDGET
from domain.situation import Situation
from domain.usage.provider_budget import Wish, wish
from store import customers, facts, journal, tasks
from store.database import Ledger
from store.errors import NoPolicy
from store.tables import BudgetRow, FactRow, PlaceRow, ServiceAccountRow

AGAIN, SOON = timedelta(days=1), timedelta(hours=1)
"""When one is looked at again that is as it should be, and one that is not."""

MOST = 200
"""So many are looked at in one turn."""

_PROFILE = "usage_profile_agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How the budget of a customer stands at the provider, as far as it was asked.

    Attributes:
        read: as it was read back, in major units; None where there is none, or it was never read.
        says: what keeps it from being as it should be; empty where nothing does.
    """

    customer_id: str
    account: str | None
    wanted: str | None
    currency: str | None
    read: str | None
    read_at: datetime | None
    says: str


def due(ledger: Ledger, *, now: datetime) -> list[str]:
    """Return the customers whose budget is to be looked at: something was agreed anew, or it is time."""
    newest = (
        select(FactRow.customer_id, func.max(FactRow.number).label("number"))
        .where(FactRow.kind == _PROFILE)
        .group_by(FactRow.customer_id)
        .subquery()
    )
    waiting = (
        select(newest.c.customer_id)
        .join(BudgetRow, col(BudgetRow.customer_id) == newest.c.customer_id, isouter=True)
        .where(
            or_(
                col(BudgetRow.customer_id).is_(None),
                col(BudgetRow.profile) < newest.c.number,
                col(BudgetRow.look_at) <= now,
            )
        )
        .order_by(newest.c.customer_id)
        .limit(MOST)
    )
    with ledger.read() as session:
        return list(session.exec(waiting))


def wanted(ledger: Ledger, customer_id: str, provider: str, *, now: datetime) -> Wish | str | None:
    """Return the budget that is to stand at a provider now, or why none can; None where none is to."""
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        try:
            loaded = facts.load(session, row, now=now)
        except NoPolicy as missing:
            return str(missing)
        at = Situation(policy=loaded.policy, account=loaded.account, now=max(now, row.last_now))
        return wish(at, _accounts(session, customer_id, provider))


def _accounts(session: Session, customer_id: str, provider: str) -> Sequence[str]:
    """Return the accounts of a customer at a provider: linked for its records, or where a place is."""
    linked = session.exec(
        select(ServiceAccountRow.account).where(ServiceAccountRow.customer_id == customer_id)
    )
    placed = session.exec(
        select(PlaceRow.account).where(PlaceRow.customer_id == customer_id, PlaceRow.provider == provider)
    )
    return sorted({*linked, *placed})


def asked(ledger: Ledger, customer_id: str, wish: Wish, request: str, *, now: datetime) -> None:
    """Note that a budget is being asked for, before it is."""
    with ledger.write() as session:
        row = _row(session, customer_id, now)
        row.account, row.wanted, row.currency = wish.account, wish.amount.plain(), wish.amount.currency
        row.asked_at, row.request, row.look_at = now, request, now
        journal.write(
            session,
            at=now,
            what="note",
            why=f"a budget of {wish.amount} is asked for at the provider for {wish.account}",
            customer_id=customer_id,
            step=USAGE_BUDGET,
            key=request,
        )


def stands(ledger: Ledger, customer_id: str, wish: Wish, found: Decimal | None, *, now: datetime) -> bool:
    """Note what was read back, with a task where it is not what was wanted; return whether it is."""
    differs = wish.differs(found)
    with ledger.write() as session:
        row = _row(session, customer_id, now)
        row.account, row.wanted, row.currency = wish.account, wish.amount.plain(), wish.amount.currency
        row.read, row.read_at = None if found is None else f"{found:f}", now
        _say(session, row, differs or "", now)
    return differs is None


def cannot(ledger: Ledger, customer_id: str, why: str, *, now: datetime) -> None:
    """Note why a customer has no budget at the provider; with words somebody has to look."""
    with ledger.write() as session:
        _say(session, _row(session, customer_id, now), why, now)


def all_of(ledger: Ledger) -> list[Budget]:
    """Return how every budget stands that was looked at, by customer."""
    with ledger.read() as session:
        rows = session.exec(select(BudgetRow).order_by(col(BudgetRow.customer_id))).all()
        return [
            Budget(
                customer_id=row.customer_id,
                account=row.account,
                wanted=row.wanted,
                currency=row.currency,
                read=row.read,
                read_at=row.read_at,
                says=row.says,
            )
            for row in rows
        ]


def _row(session: Session, customer_id: str, now: datetime) -> BudgetRow:
    """Return what is known of a customer's budget, whose row is locked with the customer's."""
    customers.lock(session, customer_id)
    row = session.get(BudgetRow, customer_id)
    if row is None:
        row = BudgetRow(customer_id=customer_id, profile=0, says="", look_at=now)
        session.add(row)
    return row


def _say(session: Session, row: BudgetRow, says: str, now: datetime) -> None:
    """Note how it stands in words, and have one task say so while it is not as it should be.

    What was agreed since `now`, while the provider was asked, is still to be looked at.
    """
    newest = select(func.max(FactRow.number)).where(
        FactRow.customer_id == row.customer_id, FactRow.kind == _PROFILE, col(FactRow.learned_at) <= now
    )
    row.profile = session.exec(newest).one() or 0
    row.says, row.look_at = says, now + (SOON if says else AGAIN)
    if says:
        why = f"{row.customer_id}: {says}"
        tasks.open_of_customer(session, row.customer_id, USAGE_BUDGET, why, now=now, one=True)
    else:
        outcome = "the provider has the budget"
        tasks.close(
            session, customer_id=row.customer_id, step=USAGE_BUDGET, now=now, outcome=outcome, by="arrears"
        )
