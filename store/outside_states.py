"""How objects of systems outside stood when they were last told or read, and which tellings may be stale."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from domain.reported_facts import Reported
from domain.staleness import Known, doubt
from store.outside_tables import OutsideStateRow, OutsideWaitingRow

_A_MOMENT = timedelta(microseconds=1)


def dated(session: Session, reported: Reported, *, heard_at: datetime, now: datetime) -> Reported:
    """Return a telling dated so that a reading is never older than what it was asked about.

    Whose clock is ahead must not decide which of them says how the object stands.
    """
    shown, as_of = reported.shown, reported.as_of
    row = None if shown is None else session.get(OutsideStateRow, (reported.source, shown.object))
    if row is None or shown is None or as_of is None:
        return reported
    if shown.read and heard_at == now:
        return replace(reported, as_of=max(as_of, row.as_of))
    if row.read_at is not None and heard_at <= row.read_at:
        return replace(reported, as_of=min(as_of, row.as_of - _A_MOMENT))
    return reported


def doubted(
    session: Session, reported: Reported, *, heard_at: datetime, now: datetime, fresh: timedelta
) -> str | None:
    """Say why a telling may be out of date; None where it is believed, or nobody can read its object."""
    shown, as_of = reported.shown, reported.as_of
    if shown is None or as_of is None or (shown.read and heard_at == now):
        return None
    row = session.get(OutsideStateRow, (reported.source, shown.object))
    known = None if row is None else Known(as_of=row.as_of, final=row.final, read_at=row.read_at)
    return doubt(shown, as_of, known, heard_at=heard_at, now=now, fresh=fresh)


def stands(session: Session, reported: Reported, *, heard_at: datetime) -> None:
    """Note the state that was taken: the newest one stays, and so does the last one that there can be."""
    shown, as_of = reported.shown, reported.as_of
    if shown is None or as_of is None:
        return
    row = session.get(OutsideStateRow, (reported.source, shown.object))
    if row is None:
        row = OutsideStateRow(source=reported.source, theirs=shown.object, as_of=as_of, final=shown.final)
    row.as_of = max(row.as_of, as_of)
    row.final = row.final or shown.final
    if shown.read:
        row.read_at = max(row.read_at or heard_at, heard_at)
    session.add(row)
    session.flush()


def reading_of(session: Session, reported: Reported, now: datetime) -> OutsideWaitingRow | None:
    """Return the row of a reading, new where it needs one: what waits for it is taken after it alone.

    None where nothing waits for it: whoever needs to know asks again.
    """
    if reported.shown is None:
        return None
    mine = select(OutsideWaitingRow).where(OutsideWaitingRow.source == reported.source)
    before = session.exec(mine.where(OutsideWaitingRow.word == reported.word)).first()
    if before is not None:
        return before
    waits = mine.where(col(OutsideWaitingRow.stale), OutsideWaitingRow.needs == reported.shown.object)
    if session.exec(waits.limit(1)).first() is None:
        return None
    return OutsideWaitingRow(source=reported.source, heard_at=now, word=reported.word, why="", told={})
