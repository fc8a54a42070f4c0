"""What other systems reported by webhook: which customers a delivery has changed, and what was refused."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import select

from domain.own_steps import REFUSED_REPORTS
from store import inbox, tasks
from store.database import Ledger
from store.inbox import Event
from store.tables import InboxRow, TaskRow

_MOST_NAMED = 5


def event(source: str, name: str, word: str) -> Event:
    """Return an item of a delivery as the inbox knows it."""
    return Event(source=source, dedupe=name, word=word)


def known(ledger: Ledger, item: Event) -> bool:
    """Whether an item was taken before."""
    found = select(InboxRow.id).where(InboxRow.source == item.source, InboxRow.dedupe == inbox.digest(item))
    with ledger.read() as session:
        return session.exec(found).first() is not None


def note(ledger: Ledger, item: Event, *, now: datetime) -> None:
    """Note that an item was taken."""
    with ledger.write() as session:
        inbox.note(session, item, None, now, outcome="done")


def tell_of_refused(
    ledger: Ledger, sender: str, name: str, refused: Sequence[str], *, of: int, now: datetime
) -> None:
    """Have a task open about what was refused of a delivery; it ends once all of it was taken."""
    message = f"{REFUSED_REPORTS}/{sender}/{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    found = select(TaskRow).where(TaskRow.message == message)
    with ledger.read() as session:
        there = session.exec(found).first()
    if bool(refused) == (there is not None and there.closed_at is None):
        return
    with ledger.write() as session:
        row = session.exec(found).first()
        if row is not None:
            if not refused and row.closed_at is None:
                row.closed_at, row.outcome, row.closed_by = now, "taken when it came again", "engine"
            return
        if refused:
            more = len(refused) - _MOST_NAMED
            named = [*refused[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])]
            why = f"{sender} was refused {len(refused)} of {of} items of delivery {name}: {'; '.join(named)}"
            tasks.add(
                session, TaskRow(step=REFUSED_REPORTS, kind="review", opened_at=now, why=why, message=message)
            )
