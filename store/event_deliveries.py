"""How events come to the endpoints: which are due, what was answered, what waits and for how long.

In the order of each customer, at least once, and never under another id. An endpoint that takes nothing
keeps its events; a single event that it does not take is given up in the end, and a person told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlalchemy import select as rows_of
from sqlalchemy import update as change_of
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import Select

from domain.events.delivering import AWAY, DEAD, UNWELL_AFTER, Answered, rest_after
from domain.own_steps import ABOUT_EVENTS
from store import tasks
from store.database import TOLD_SINCE, Ledger, upsert
from store.errors import Refused
from store.event_tables import EventDeliveryRow, EventEndpointRow, EventRow

_ENDPOINTS = SQLModel.metadata.tables["event_endpoints"]
_DELIVERIES = SQLModel.metadata.tables["event_deliveries"]
_EVENTS = SQLModel.metadata.tables["events_out"]

Lasting = Callable[[timedelta], timedelta]
"""How much business time passes in a span of real time."""


# --- endpoints -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint as the ledger knows it."""

    name: str
    host: str
    opened_at: datetime
    named_at: datetime | None
    closed_at: datetime | None
    shut_at: datetime | None
    why: str | None
    failures: int
    answered_at: datetime | None
    waiting: int
    oldest_at: datetime | None


LEFT_AFTER = timedelta(days=1)
"""An endpoint that no worker has named for so long is one that the settings name no more."""
_NAMED_AGAIN = timedelta(hours=1)


def set_up(ledger: Ledger, wanted: Mapping[str, str], *, now: datetime) -> list[str]:
    """Have the endpoints that the settings name, by name with their hosts; return the names of those closed.

    Those that they do not name may be another worker's, who says so while it works: what waits for them is
    dropped only when nobody has named them for a day.
    """
    with ledger.write() as session:
        there = {
            row.name: row for row in session.exec(select(EventEndpointRow).with_for_update(key_share=True))
        }
        for name, host in sorted(wanted.items()):
            row = there.get(name)
            if row is None:
                # Another worker may have it by now.
                new = EventEndpointRow(name=name, host=host, opened_at=now, named_at=now).model_dump()
                adding = upsert(session, _ENDPOINTS).values(new).on_conflict_do_nothing()
                session.connection().execute(adding)
                continue
            row.named_at = now
            if row.closed_at is not None:
                row.sqlmodel_update({"opened_at": now, "closed_at": None, "failures": 0})
        left = [row for name, row in there.items() if name not in wanted and _is_left(row, now)]
        for row in left:
            _close(session, row, now)
        known_so_far = session.info[TOLD_SINCE]
    known_so_far.clear()  # Whoever writes next asks again.
    return [row.name for row in left]


def left(ledger: Ledger, name: str, *, now: datetime) -> bool:
    """Close an endpoint that this worker's settings do not name, if nobody's do; say whether it is closed."""
    with ledger.write() as session:
        row = _locked(session, name)
        if row is None or not _is_left(row, now):
            return row is None
        _close(session, row, now)
        known_so_far = session.info[TOLD_SINCE]
    known_so_far.clear()
    return True


def _is_left(row: EventEndpointRow, now: datetime) -> bool:
    return row.closed_at is not None or (row.named_at or row.opened_at) <= now - LEFT_AFTER


def _close(session: Session, row: EventEndpointRow, now: datetime) -> None:
    if row.closed_at is None:
        row.sqlmodel_update({"closed_at": now, "shut_at": None, "why": None})
        _change(session, row.name, state="dropped")
        _end_tasks(session, row.name, "the settings name it no more", now)


def endpoints(ledger: Ledger) -> list[Endpoint]:
    """Return the endpoints that there are, and what waits for each."""
    waiting = (
        select(EventDeliveryRow.endpoint, func.count(), func.min(EventRow.at))
        .join(EventRow, col(EventRow.number) == EventDeliveryRow.number)
        .where(EventDeliveryRow.state == "waiting")
        .group_by(EventDeliveryRow.endpoint)
    )
    with ledger.read() as session:
        counted = {name: (count, oldest) for name, count, oldest in session.exec(waiting)}
        found = session.exec(select(EventEndpointRow).order_by(EventEndpointRow.name))
        return [
            Endpoint(**row.model_dump(), waiting=count, oldest_at=oldest)
            for row in found
            for count, oldest in [counted.get(row.name, (0, None))]
        ]


def resume(ledger: Ledger, name: str, *, now: datetime, by: str) -> int:
    """Send to an endpoint again, beginning now with what waits for it; return how much that is.

    Raises:
        Refused: there is no such endpoint.
    """
    with ledger.write() as session:
        row = _locked(session, name)
        if row is None or row.closed_at is not None:
            raise Refused(f"There is no endpoint {name}: `starter.py events list` has their names.")
        row.sqlmodel_update({"shut_at": None, "why": None, "failures": 0})
        _end_tasks(session, name, "sent to again", now, by=by)
        return _change(session, name, next_at=now, attempts=0)


# --- telling ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An event that is to be sent now."""

    number: int
    id: str
    type: str
    body: str
    attempts: int


def take(ledger: Ledger, name: str, *, now: datetime, until: datetime, limit: int) -> list[Due]:
    """Take the events that are due, none before an earlier one of the same customer was taken.

    Of an endpoint that takes nothing it is one. They are not due again before `until`: whoever has them
    may die.
    """
    with ledger.write() as session:
        row = _locked(session, name)
        if row is None or row.closed_at is not None:
            return []
        if row.named_at is None or row.named_at <= now - _NAMED_AGAIN:
            row.named_at = now
        if row.shut_at is not None:
            return []
        most = 1 if row.failures >= UNWELL_AFTER else limit
        found = session.exec(_due(name, now, most)).all()
        for delivery, _ in found:
            delivery.next_at, delivery.attempts = until, delivery.attempts + 1
        return [
            Due(
                number=delivery.number,
                id=event.id,
                type=event.type,
                body=event.body,
                attempts=delivery.attempts,
            )
            for delivery, event in found
        ]


def _due(name: str, now: datetime, limit: int) -> Select[EventDeliveryRow, EventRow]:
    earlier = _DELIVERIES.alias()
    of_its_line = rows_of(1).where(
        earlier.c.endpoint == EventDeliveryRow.endpoint,
        earlier.c.line == EventDeliveryRow.line,
        earlier.c.number < EventDeliveryRow.number,
        earlier.c.state == "waiting",
    )
    return (
        select(EventDeliveryRow, EventRow)
        .join(EventRow, col(EventRow.number) == EventDeliveryRow.number)
        .where(
            EventDeliveryRow.endpoint == name,
            EventDeliveryRow.state == "waiting",
            col(EventDeliveryRow.next_at) <= now,
            ~of_its_line.exists(),
        )
        .order_by(col(EventDeliveryRow.next_at), col(EventDeliveryRow.number))
        .limit(limit)
    )


def settle(
    ledger: Ledger,
    name: str,
    answers: Sequence[tuple[Due, Answered]],
    *,
    now: datetime,
    lasting: Lasting,
) -> None:
    """Write down what an endpoint answered to events that were sent to it."""
    with ledger.write() as session:
        row = _locked(session, name)
        if row is None:
            return
        took = any(answered.taken for _, answered in answers)
        back = took and row.failures >= UNWELL_AFTER and _nothing_for(row, AWAY, now, lasting)
        if took:
            row.failures, row.answered_at = 0, now
        for due, answered in answers:
            delivery = session.get(EventDeliveryRow, (name, due.number))
            if delivery is None or delivery.state != "waiting":
                continue
            delivery.answered_at, delivery.status = now, answered.status
            if answered.taken:
                delivery.state = "done"
            else:
                # Beside one that is taken it is the event's fault, and not the endpoint's.
                row.failures += not took
                _rest(session, row, delivery, due, answered, now, lasting)
        if back:
            _change(session, name, tried=True, next_at=now)


def _rest(
    session: Session,
    row: EventEndpointRow,
    delivery: EventDeliveryRow,
    due: Due,
    answered: Answered,
    now: datetime,
    lasting: Lasting,
) -> None:
    """Have an event rest that was not taken, give it up, or shut the endpoint."""
    if answered.gone:
        _shut(session, row, "it answers 410 Gone", now)
    elif (rest := rest_after(delivery.attempts)) is not None:
        delivery.next_at = now + lasting(max(rest, answered.retry_after or rest))
    elif row.failures >= UNWELL_AFTER and _nothing_for(row, DEAD, now, lasting):
        since = "ever" if row.answered_at is None else f"since {row.answered_at:%d %b %Y %H:%M} UTC"
        _shut(session, row, f"it has taken nothing {since} ({answered.words})", now)
    else:
        delivery.state = "failed"
        words = f"did not take event {due.id} ({due.type}) in {delivery.attempts} attempts ({answered.words})"
        why = f"{_named(row)} {words}: mend it, then `starter.py events replay {due.id}`"
        tasks.open_once(session, ABOUT_EVENTS, why, now=now)


def _nothing_for(row: EventEndpointRow, span: timedelta, now: datetime, lasting: Lasting) -> bool:
    """Whether an endpoint took nothing for so long, or ever."""
    return row.answered_at is None or row.answered_at <= now - lasting(span)


def _shut(session: Session, row: EventEndpointRow, why: str, now: datetime) -> None:
    """Send nothing there any more until a person says so; all that is for it waits."""
    row.shut_at, row.why = now, why
    remedy = f"mend it, then `starter.py events resume {row.name}`; or take it out of EVENTS_URL"
    tasks.open_once(session, ABOUT_EVENTS, f"{_named(row)} is shut, {why}: {remedy}", now=now)


_LATE = {"an hour": timedelta(hours=1), "a day": timedelta(days=1)}


def tell_of_lateness(ledger: Ledger, name: str, *, now: datetime, lasting: Lasting) -> None:
    """Have a task open while the oldest event for an endpoint waits for more than an hour, and for a day."""
    oldest = (
        select(func.min(EventRow.at))
        .join(EventDeliveryRow, col(EventDeliveryRow.number) == EventRow.number)
        .where(EventDeliveryRow.endpoint == name, EventDeliveryRow.state == "waiting")
    )
    with ledger.read() as session:
        at: datetime | None = session.exec(oldest).one()
        row = session.get(EventEndpointRow, name)
        if row is None:
            return
        late = {words: at is not None and at < now - lasting(most) for words, most in _LATE.items()}
        told = {words: _late_words(row, words) for words in _LATE}
        open_ = {words for words in _LATE if tasks.is_open(session, ABOUT_EVENTS, told[words])}
    if open_ == {words for words, is_late in late.items() if is_late}:
        return
    with ledger.write() as session:
        for words, is_late in late.items():
            if is_late:
                tasks.open_once(session, ABOUT_EVENTS, told[words], now=now)
            else:
                tasks.end(
                    session, ABOUT_EVENTS, told[words], now=now, outcome="nothing waits so long", by="engine"
                )


def _late_words(row: EventEndpointRow, words: str) -> str:
    return f"events for {_named(row)} wait for more than {words}: `starter.py events list` says why"


def _named(row: EventEndpointRow) -> str:
    return f"the endpoint {row.name} at {row.host}"


def _locked(session: Session, name: str) -> EventEndpointRow | None:
    return session.exec(
        select(EventEndpointRow).where(EventEndpointRow.name == name).with_for_update(key_share=True)
    ).first()


def _change(session: Session, name: str, *, tried: bool = False, **values: object) -> int:
    """Change what waits for an endpoint, or of it what was tried; return how much it is."""
    whom = [_DELIVERIES.c.endpoint == name, _DELIVERIES.c.state == "waiting"]
    if tried:
        whom.append(_DELIVERIES.c.attempts > 0)
    session.flush()
    return session.connection().execute(change_of(_DELIVERIES).where(*whom).values(values)).rowcount


def _end_tasks(session: Session, name: str, outcome: str, now: datetime, *, by: str = "engine") -> None:
    tasks.end(session, ABOUT_EVENTS, f"%the endpoint {name} at %", now=now, outcome=outcome, by=by)


# --- forgetting ------------------------------------------------------------------------------------

KEPT = timedelta(days=90)
"""So long an event can be shown and sent again after it was told."""


def forget(ledger: Ledger, *, now: datetime, limit: int = 500) -> int:
    """Forget the oldest events that nobody waits for any more; count them.

    Only so many of the oldest are looked at, so that it costs nothing where there is nothing to forget.
    """
    oldest = select(_EVENTS.c.number, _EVENTS.c.at).order_by(_EVENTS.c.number).limit(limit).subquery()
    waits = select(_DELIVERIES.c.number).where(
        _DELIVERIES.c.number == oldest.c.number, _DELIVERIES.c.state == "waiting"
    )
    over = rows_of(oldest.c.number).where(oldest.c.at <= now - KEPT, ~waits.exists())
    with ledger.write() as session:
        connection = session.connection()
        numbers = connection.execute(over).scalars().all()
        for table in (_DELIVERIES, _EVENTS):
            connection.execute(delete(table).where(table.c.number.in_(numbers)))
        return len(numbers)


# --- showing ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How far an event came on its way to an endpoint."""

    endpoint: str
    state: str
    attempts: int
    next_at: datetime
    answered_at: datetime | None
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An event as it stands."""

    id: str
    type: str
    customer: str | None
    at: datetime
    body: str
    deliveries: tuple[Delivery, ...]


def listed(
    ledger: Ledger, *, customer: str | None = None, unsent: bool = False, limit: int = 100
) -> list[Listed]:
    """Return the newest events, newest first; of a customer, or only what has not arrived everywhere."""
    found = select(EventRow).order_by(col(EventRow.number).desc()).limit(limit)
    if customer is not None:
        found = found.where(EventRow.customer_id == customer)
    if unsent:
        left = rows_of(_DELIVERIES.c.number).where(_DELIVERIES.c.state.in_(("waiting", "failed")))
        found = found.where(col(EventRow.number).in_(left))
    with ledger.read() as session:
        return [_listed(session, row) for row in session.exec(found)]


def shown(ledger: Ledger, id_: str) -> Listed:
    """Return an event.

    Raises:
        Refused: there is none of this id.
    """
    with ledger.read() as session:
        return _listed(session, _event(session, id_))


def replay(ledger: Ledger, id_: str, *, now: datetime, by: str) -> list[str]:
    """Send an event once more to every endpoint, under the same id; return their names.

    Raises:
        Refused: there is none of this id, or no endpoint.
    """
    with ledger.write() as session:
        row = _event(session, id_)
        known = session.exec(select(EventEndpointRow).where(col(EventEndpointRow.closed_at).is_(None)))
        names = [endpoint.name for endpoint in known]
        if not names:
            raise Refused("There is no endpoint: set EVENTS_URL, and start the worker anew.")
        for name in names:
            again = EventDeliveryRow(
                endpoint=name,
                number=row.number or 0,
                line=row.customer_id or "",
                state="waiting",
                next_at=now,
            )
            session.merge(again)
        tasks.end(session, ABOUT_EVENTS, f"% event {id_} %", now=now, outcome="sent once more", by=by)
    return names


def _event(session: Session, id_: str) -> EventRow:
    row = session.exec(select(EventRow).where(EventRow.id == id_)).first()
    if row is None:
        raise Refused(f"There is no event {id_!r}: `starter.py events list` has the newest.")
    return row


def _listed(session: Session, row: EventRow) -> Listed:
    ways = select(EventDeliveryRow).where(EventDeliveryRow.number == row.number)
    return Listed(
        id=row.id,
        type=row.type,
        customer=row.customer_id,
        at=row.at,
        body=row.body,
        deliveries=tuple(
            Delivery(**way.model_dump(exclude={"number", "line"}))
            for way in session.exec(ways.order_by(EventDeliveryRow.endpoint))
        ),
    )
