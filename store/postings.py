"""Postings: entries and debts, brought in step with what the book makes of the facts.

Nothing is changed or deleted in `entries`: what later knowledge takes back is negated by an entry
of the same day, learned now. So the entries learned until some moment are the book of that moment.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlmodel import Session, SQLModel

from domain.book import Book, Debt
from domain.facts import Fact
from domain.posting import post
from store import events
from store.tables import CustomerRow

_ENTRIES = SQLModel.metadata.tables["entries"]
_DEBTS = SQLModel.metadata.tables["debts"]
_POSTED = (
    _ENTRIES.c.invoice,
    _ENTRIES.c.currency,
    _ENTRIES.c.happened_on,
    _ENTRIES.c.source,
    _ENTRIES.c.fact,
    _ENTRIES.c.deposit,
)
_SUMS_OF = (
    select(*_POSTED, func.sum(_ENTRIES.c.minor).label("minor"))
    .where(_ENTRIES.c.customer_id == bindparam("customer"))
    .group_by(*_POSTED)
)
_DEBTS_OF = select(_DEBTS).where(_DEBTS.c.customer_id == bindparam("customer"))
_CHANGE = update(_DEBTS).where(
    _DEBTS.c.customer_id == bindparam("of_customer"), _DEBTS.c.invoice == bindparam("of_invoice")
)

# What one sum of entries stands under: invoice, currency, day, source and id of the fact, deposit.
_Key = tuple[str | None, str, date, str, str, str | None]


def bring_up_to_date(
    session: Session, row: CustomerRow, history: Sequence[Fact], *, allocation: str, learned_at: datetime
) -> None:
    """Post all facts of a locked customer and write what differs from what is stored."""
    row.allocation = allocation
    book = post(history, allocation=allocation)
    _enter(session, row.id, book, learned_at)
    events.tell_debts(session, row.id, _project(session, row.id, book), learned_at)


def _enter(session: Session, customer_id: str, book: Book, learned_at: datetime) -> None:
    difference: Counter[_Key] = Counter()
    for entry in book.entries:
        amount = entry.amount
        key = (entry.invoice, amount.currency, entry.on, entry.source, entry.fact, entry.deposit)
        difference[key] += amount.minor
    for stored in session.connection().execute(_SUMS_OF, {"customer": customer_id}):
        posted = (stored.invoice, stored.currency, stored.happened_on, stored.source, stored.fact)
        key = (*posted, stored.deposit)
        difference[key] -= int(stored.minor)  # PostgreSQL adds 64-bit integers up to a decimal.
    rows = [
        {
            "customer_id": customer_id,
            "invoice": invoice,
            "currency": currency,
            "minor": minor,
            "happened_on": on,
            "learned_at": learned_at,
            "source": source,
            "fact": fact,
            "deposit": deposit,
        }
        for (invoice, currency, on, source, fact, deposit), minor in difference.items()
        if minor
    ]
    if rows:
        session.connection().execute(insert(_ENTRIES), rows)


def _project(session: Session, customer_id: str, book: Book) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Write the debts, and return those that changed, as they were and as they are."""
    stored = {
        row["invoice"]: dict(row)
        for row in session.connection().execute(_DEBTS_OF, {"customer": customer_id}).mappings()
    }
    wanted = [projection(customer_id, debt) for debt in book.debts]
    new = [debt for debt in wanted if debt["invoice"] not in stored]
    changed = [debt for debt in wanted if debt["invoice"] in stored and stored[debt["invoice"]] != debt]
    if new:
        session.connection().execute(insert(_DEBTS), new)
    if changed:
        keyed = [{"of_customer": customer_id, "of_invoice": debt["invoice"], **debt} for debt in changed]
        session.connection().execute(_CHANGE, keyed)
    return [(stored[debt["invoice"]], debt) for debt in changed]


def projection(customer_id: str, debt: Debt) -> dict[str, Any]:
    """Return the row of `debts` that stands for a debt."""
    return {
        "customer_id": customer_id,
        "invoice": debt.invoice,
        "currency": debt.original.currency,
        "original_minor": debt.original.minor,
        "open_minor": debt.open.minor,
        "issued_on": debt.issued_on,
        "due_on": debt.due_on,
        "main": debt.main,
        "opening": debt.opening,
        "opened_on": debt.opened_on,
        "state": debt.state,
    }
