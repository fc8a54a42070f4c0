"""Histories: every customer with all its facts, as a backtest plays them."""

from collections.abc import Iterator, Sequence
from itertools import islice

from sqlmodel import col, select

from domain.backtest import Past, as_it_happened
from domain.channels import CHANNELS
from store import facts, whereabouts
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
            contacts = session.exec(select(ContactRow).where(col(ContactRow.customer_id).in_(batch))).all()
            reached, phones = _channels(contacts), {each.customer_id: each.phone for each in contacts}
            found = [
                as_it_happened(
                    row.customer(),
                    facts.read(session, row.id),
                    channels=reached.get(row.id, CHANNELS),
                    where=whereabouts.read(row, phones.get(row.id)),
                )
                for row in sorted(rows, key=lambda row: row.id)
            ]
        yield from found


def _channels(contacts: Sequence[ContactRow]) -> dict[str, tuple[str, ...]]:
    return {
        row.customer_id: tuple(
            channel for channel, address in zip(CHANNELS, (row.email, row.phone), strict=True) if address
        )
        for row in contacts
    }
