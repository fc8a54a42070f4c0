"""Histories: every customer with all its facts, as a backtest plays them."""

from collections.abc import Iterator
from itertools import islice

from sqlmodel import col, select

from domain.backtest import Past, as_it_happened
from domain.channels import CHANNELS
from store import facts
from store.database import Ledger
from store.tables import ContactRow, CustomerRow

BATCH = 100
"""Customers that are read at once."""


def pasts(ledger: Ledger, *, first: int | None = None) -> Iterator[Past]:
    """Yield customers by id, or the `first` so many; each batch is read when it is wanted.

    A customer whose contact data was destroyed counts as somebody whom both channels reached.
    """
    with ledger.read() as session:
        wanted = session.exec(select(CustomerRow.id).order_by(col(CustomerRow.id)).limit(first)).all()
    coming = iter(wanted)
    while batch := list(islice(coming, BATCH)):
        with ledger.read() as session:
            rows = session.exec(select(CustomerRow).where(col(CustomerRow.id).in_(batch)))
            customers = {row.id: row.customer() for row in rows}
            reached = _channels(
                session.exec(select(ContactRow).where(col(ContactRow.customer_id).in_(batch)))
            )
            found = [
                as_it_happened(customer, facts.read(session, name), channels=reached.get(name, CHANNELS))
                for name, customer in sorted(customers.items())
            ]
        yield from found


def _channels(contacts: Iterator[ContactRow]) -> dict[str, tuple[str, ...]]:
    return {
        row.customer_id: tuple(
            channel for channel, address in zip(CHANNELS, (row.email, row.phone), strict=True) if address
        )
        for row in contacts
    }
