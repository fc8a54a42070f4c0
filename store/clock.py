"""The ledger's clock row: absent in production, where business time is real time."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from domain.clock import BusinessClock
from store.database import Ledger
from store.tables import ClockRow, CustomerRow

_CLOCK = SQLModel.metadata.tables["clock"]
_READ = select(_CLOCK.c.real_at, _CLOCK.c.business_at, _CLOCK.c.speed).where(_CLOCK.c.id == 1)


def read(source: Ledger | Session) -> BusinessClock:
    """Return the ledger's clock; the real one when none was set."""
    if isinstance(source, Ledger):
        with source.read() as session:
            return read(session)
    row = source.connection().execute(_READ).one_or_none()
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
