"""The control register in the ledger: which controls are off, until when and why, and when each ran."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, time

from sqlalchemy import bindparam
from sqlmodel import Session, SQLModel, col, func, select

from domain.controls import REGISTER
from domain.controls.control import MOST_OFF, Control, Off, Standing, Turn, off_at, on_again, standing
from domain.spelling import closest
from store import journal
from store.database import Ledger, upsert
from store.errors import Refused
from store.tables import ControlRunRow, ControlTurnRow, SwitchesRow

_RUNS = SQLModel.metadata.tables["control_runs"]
_RAN = select(ControlRunRow.control).where(
    col(ControlRunRow.control).in_(bindparam("controls", expanding=True)), ControlRunRow.on == bindparam("on")
)


def is_on(session: Session, control_id: str, now: datetime) -> bool:
    """Whether a control is on: nobody switched it off, or the time for that is over."""
    return off_at(_newest(session, control_id, now), now) is None


def on_since(session: Session, control_id: str, now: datetime) -> datetime | None:
    """Since when a control is on again; None while it is off, and if nobody ever switched it off."""
    return on_again(_newest(session, control_id, now), now)


def _newest(session: Session, control_id: str, now: datetime) -> list[Turn]:
    """Return the one turn that counts at an instant, if there is any."""
    newest = (
        select(ControlTurnRow)
        .where(ControlTurnRow.control == control_id, col(ControlTurnRow.at) <= now)
        .order_by(col(ControlTurnRow.id).desc())
        .limit(1)
    )
    return [_turn(row) for row in session.exec(newest)]


def ran(session: Session, *control_ids: str, at: datetime) -> None:
    """Note that controls ran; it is one question, and once a day and control one row. What is off did not."""
    # In one order, so that two who note the same at once wait for each other in one direction only.
    for control_id in sorted({*control_ids} - _known(session, control_ids, at)):
        if REGISTER[control_id].asked_in is not None and not is_on(session, control_id, at):
            continue
        row = upsert(session, _RUNS).values(control=control_id, on=at.astimezone(UTC).date(), at=at)
        session.connection().execute(row.on_conflict_do_nothing())


def _known(session: Session, control_ids: Sequence[str], at: datetime) -> set[str]:
    """Return which of these are known to have run on that day."""
    asked = {"controls": [*control_ids], "on": at.astimezone(UTC).date()}
    return {*session.connection().execute(_RAN, asked).scalars()}


def note(ledger: Ledger, *control_ids: str, at: datetime) -> None:
    """Note that controls ran, for whoever only reads else: nothing is written once that is known."""
    with ledger.read() as session:
        if len(_known(session, control_ids, at)) == len(control_ids):
            return
    with ledger.write() as session:
        ran(session, *control_ids, at=at)


def switch_off(
    ledger: Ledger, control_id: str, *, by: str, reason: str, until: datetime, now: datetime
) -> Off:
    """Switch a control off until an instant.

    Raises:
        Refused: there is no such control or it has no switch, nobody is named or no reason given, or the
            instant is past or too far away.
    """
    control = known(control_id)
    if control.asked_in is None:
        raise Refused(f"{control_id} has no switch: {control.instead}")
    if not by.strip() or not reason.strip():
        raise Refused(f"{control_id} is switched off by somebody and for a reason: give both")
    if until <= now:
        raise Refused(f"{control_id} would be on again at once: choose a day to come")
    if until > now + MOST_OFF:
        raise Refused(f"{control_id} is off for {MOST_OFF.days} days at most: choose an earlier day")
    off = Off(by=by.strip(), reason=reason.strip(), since=now, until=until)
    words = f"control {control_id} is off until {until:%Y-%m-%d %H:%M} UTC: {off.reason}"
    _turn_it(ledger, control_id, Turn(at=now, by=off.by, reason=off.reason, until=until), words)
    return off


def switch_on(ledger: Ledger, control_id: str, *, by: str, now: datetime) -> bool:
    """Switch a control on again; False where it is on already.

    Raises:
        Refused: there is no such control.
    """
    known(control_id)
    with ledger.read() as session:
        if is_on(session, control_id, now):
            return False
    words = f"control {control_id} is on again"
    _turn_it(ledger, control_id, Turn(at=now, by=by, reason="switched on", until=None), words)
    return True


def done(ledger: Ledger, control_id: str, *, by: str, note: str, now: datetime) -> None:
    """Note that a person did what only a person can.

    Raises:
        Refused: there is no such control, or the engine does it.
    """
    if not known(control_id).by_person:
        raise Refused(f"{control_id} is not a person's work: the engine notes when it runs")
    row = ControlRunRow(control=control_id, on=now.astimezone(UTC).date(), at=now, by=by, note=note)
    with ledger.write() as session:
        session.merge(row)
        why = f"control {control_id} was done: {note}"
        journal.write(session, at=now, what="note", why=why, actor=by)


def register(session: Session, now: datetime) -> list[Standing]:
    """Return how every control stands at an instant, in the order of the register."""
    turns: dict[str, list[Turn]] = defaultdict(list)
    for row in session.exec(select(ControlTurnRow).order_by(col(ControlTurnRow.id))):
        turns[row.control].append(_turn(row))
    newest = select(ControlRunRow.control, func.max(ControlRunRow.at)).where(col(ControlRunRow.at) <= now)
    ran_at = dict(session.exec(newest.group_by(ControlRunRow.control)).all())
    live_on = session.get_one(SwitchesRow, 1).go_live_on
    live_since = datetime.combine(live_on, time(), UTC) if live_on and live_on <= now.date() else None
    return [
        standing(control, turns[id], now, ran_at=ran_at.get(id), live_since=live_since)
        for id, control in REGISTER.items()
    ]


def known(control_id: str) -> Control:
    """Return a control by its id.

    Raises:
        Refused: there is no such control.
    """
    if control_id in REGISTER:
        return REGISTER[control_id]
    near = closest(control_id, REGISTER)
    remedy = f"did you mean {near}?" if near else "`starter.py controls` lists them"
    raise Refused(f"there is no control {control_id}: {remedy}")


def _turn_it(ledger: Ledger, control_id: str, turn: Turn, words: str) -> None:
    with ledger.write() as session:
        session.add(
            ControlTurnRow(control=control_id, at=turn.at, by=turn.by, reason=turn.reason, until=turn.until)
        )
        journal.write(session, at=turn.at, what="switch", why=words, actor=turn.by)


def _turn(row: ControlTurnRow) -> Turn:
    return Turn(at=row.at, by=row.by, reason=row.reason, until=row.until)
