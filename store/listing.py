"""Listing: what the ledger has, a page at a time, in an order that new rows do not disturb."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from domain.facts import Fact
from domain.money import Money
from store import customers
from store.facts import read_text
from store.tables import CustomerRow, DebtRow, FactRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice as it stands.

    Attributes:
        opening: how often it was opened.
        state: open, settled, written off or void.
    """

    customer_id: str
    invoice: str
    original: Money
    open: Money
    issued_on: date
    due_on: date
    main: bool
    opening: int
    state: str


def customer_rows(session: Session, *, after: str = "", limit: int) -> Sequence[CustomerRow]:
    """Return customers in the order of their ids, from behind `after`."""
    found = select(CustomerRow).where(col(CustomerRow.id) > after).order_by(col(CustomerRow.id)).limit(limit)
    return session.exec(found).all()


def invoices(
    session: Session,
    *,
    customer_id: str | None = None,
    only_open: bool = False,
    after: str = "",
    limit: int,
) -> list[Invoice]:
    """Return invoices in the order of their numbers, from behind `after`.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    found = select(DebtRow).where(col(DebtRow.invoice) > after).order_by(col(DebtRow.invoice)).limit(limit)
    if customer_id is not None:
        customers.get(session, customer_id)
        found = found.where(DebtRow.customer_id == customer_id)
    if only_open:
        found = found.where(DebtRow.open_minor != 0)
    return [_invoice(row) for row in session.exec(found)]


def invoice(session: Session, number: str) -> Invoice | None:
    """Return the invoice of this number: they are unique in a ledger."""
    row = session.exec(select(DebtRow).where(DebtRow.invoice == number)).one_or_none()
    return None if row is None else _invoice(row)


def facts_of(session: Session, customer_id: str, *, after: int = 0, limit: int) -> list[Fact]:
    """Return a customer's facts in the order learned, from behind the one numbered `after`.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    customers.get(session, customer_id)
    found = (
        select(FactRow)
        .where(FactRow.customer_id == customer_id, col(FactRow.number) > after)
        .order_by(col(FactRow.number))
        .limit(limit)
    )
    return [
        Fact(
            source=row.source,
            id=row.source_id,
            happened_on=row.happened_on,
            happened_at=row.happened_at,
            learned_at=row.learned_at,
            body=read_text(row.body),
            number=row.number or 0,
        )
        for row in session.exec(found)
    ]


def _invoice(row: DebtRow) -> Invoice:
    return Invoice(
        customer_id=row.customer_id,
        invoice=row.invoice,
        original=Money(row.original_minor, row.currency),
        open=Money(row.open_minor, row.currency),
        issued_on=row.issued_on,
        due_on=row.due_on,
        main=row.main,
        opening=row.opening,
        state=row.state,
    )
