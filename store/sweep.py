"""The sweep's question: whose workflow should have looked, and has not."""

from datetime import datetime, timedelta

from sqlmodel import col, select

from store.database import Ledger
from store.tables import CustomerRow

PATIENCE_SECONDS = 60
"""Real time that a wake-up may be late before the sweep takes it for lost."""


def due(ledger: Ledger, *, now: datetime, limit: int, speed: float = 1) -> list[str]:
    """Return customers with facts that were not assessed, or with an overdue wake-up; sorted.

    `speed` is the business clock's: the patience is one of real time.
    """
    patience = timedelta(seconds=PATIENCE_SECONDS * speed)
    # Two questions, so that each is answered by its own index.
    unassessed = select(CustomerRow.id).where(col(CustomerRow.revision) > col(CustomerRow.assessed_revision))
    # Whoever waits for `go` is woken by it.
    late = select(CustomerRow.id).where(
        col(CustomerRow.wake_at) < now - patience, col(CustomerRow.halted).is_(False)
    )
    with ledger.read() as session:
        found = set(session.exec(unassessed.limit(limit)))
        found.update(session.exec(late.order_by(col(CustomerRow.wake_at)).limit(limit)))
    return sorted(found)[:limit]
