"""What the doors refused: counted by door, reason and day, and nothing else is kept."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import SQLModel, col, func, select

from store.database import Ledger, upsert
from store.tables import RefusalRow

_REFUSALS = SQLModel.metadata.tables["refusals"]


def add(ledger: Ledger, counts: Mapping[tuple[str, str], int], *, on: date) -> None:
    """Add what was refused since the last time, by door and reason."""
    with ledger.write() as session:
        for (door, why), count in sorted(counts.items()):
            written = upsert(session, _REFUSALS).values(door=door, why=why, on=on, count=count)
            added = written.on_conflict_do_update(
                index_elements=["door", "why", "on"],
                set_={"count": _REFUSALS.c.count + written.excluded.count},
            )
            session.connection().execute(added)


def since(ledger: Ledger, day: date, *, before: date = date.max) -> dict[tuple[str, str], int]:
    """Return how many were refused from a day on, and before another one, by door and reason."""
    found = (
        select(RefusalRow.door, RefusalRow.why, func.sum(RefusalRow.count))
        .where(col(RefusalRow.on) >= day, col(RefusalRow.on) < before)
        .group_by(RefusalRow.door, RefusalRow.why)
        .order_by(RefusalRow.door, RefusalRow.why)
    )
    with ledger.read() as session:
        return {(door, why): int(count) for door, why, count in session.exec(found)}
