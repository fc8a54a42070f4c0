"""The ledger's clock row: absent in production, where business time is real time."""

from datetime import datetime

from sqlmodel import Session

from domain.clock import BusinessClock
from store.database import Ledger
from store.tables import ClockRow, CustomerRow


def read(source: Ledger | Session) -> BusinessClock:
    """Return the ledger's clock; the real one when none was set."""
    if isinstance(source, Ledger):
        with source.read() as session:
            return read(session)
    row = source.get(ClockRow, 1)
    if row is None:
        return BusinessClock()
    return BusinessClock(real_at=row.real_at, business_at=row.business_at, speed=row.speed)


def set_clock(ledger: Ledger, clock: BusinessClock) -> None:
    """Set the clock that all doors and assessments go by."""
    with ledger.write() as session:
        session.merge(ClockRow(id=1, real_at=clock.real_at, business_at=clock.business_at, speed=clock.speed))


def instant_for(session: Session, row: CustomerRow, now: datetime) -> datetime:
    """Return the business instant at which a customer is looked at or acted for.

    Never before what the ledger has seen of it; on time, where a fast clock would make us late.
    """
    return max(read(session).on_time(now, row.wake_at), row.last_now)
