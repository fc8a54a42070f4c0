"""The sweep's question: whose workflow should have looked, and has not; and who is to look again."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select, true, update

from store.database import Ledger
from store.tables import CustomerRow

PATIENCE_SECONDS = 60
"""Real time that a wake-up may be late before the sweep takes it for lost."""


def due(ledger: Ledger, *, now: datetime, limit: int, speed: float = 1) -> list[str]:
    """Return customers with facts that were not assessed, or with an overdue wake-up.

    Of either kind at most `limit`, those first who wait longest, so that nobody is passed over again and
    again. `speed` is the business clock's: the patience is one of real time.
    """
    patience = timedelta(seconds=PATIENCE_SECONDS * speed)
    # Two questions, so that each is answered by its own index.
    unassessed = select(CustomerRow.id).where(col(CustomerRow.revision) > col(CustomerRow.assessed_revision))
    # Whoever waits for `go` is woken by it.
    late = select(CustomerRow.id).where(
        col(CustomerRow.wake_at) < now - patience, col(CustomerRow.halted).is_(False)
    )
    with ledger.read() as session:
        longest = (col(CustomerRow.last_now), col(CustomerRow.id))
        found = [*session.exec(unassessed.order_by(*longest).limit(limit))]
        found += session.exec(late.order_by(col(CustomerRow.wake_at), col(CustomerRow.id)).limit(limit))
    return list(dict.fromkeys(found))


def put_off(ledger: Ledger, customer_id: str, *, until: datetime) -> None:
    """Note that what is wanted of a customer waits until an instant: before it nobody has forgotten it."""
    later = update(CustomerRow).where(col(CustomerRow.id) == customer_id, col(CustomerRow.wake_at) < until)
    with ledger.write() as session:
        session.exec(later.values(wake_at=until))


def mark(session: Session, whom: ColumnElement[bool] | None = None) -> int:
    """Mark customers, or all, so that the sweep wakes them: something changed for them at once; count them.

    They are locked by id, as an import locks its customers, so that two never wait for each other for
    ever. Customers come before switches and policies, as in a claim.
    """
    chosen = true() if whom is None else whom
    session.exec(select(CustomerRow.id).where(chosen).order_by(col(CustomerRow.id)).with_for_update()).all()
    raised = {"revision": CustomerRow.revision + 1, "news": CustomerRow.news + 1, "halted": False}
    return session.exec(update(CustomerRow).where(chosen).values(raised)).rowcount
