"""The outbox of events: written in the transaction of what they tell of, and told afterwards.

Where there is no endpoint nothing is written, and that is asked once a minute at most. What the product is
told of is a table in `domain.events`; here stands from where it is called.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, literal, select, true
from sqlmodel import Session, SQLModel

from domain.events import from_facts, from_work
from domain.events.event import Event
from domain.facts import Fact
from domain.money import Money
from domain.own_steps import ABOUT_EVENTS
from domain.situation import Situation
from store.database import TOLD_SINCE, upsert
from store.event_tables import EventDeliveryRow, EventEndpointRow, EventRow
from store.tables import ClaimRow, CustomerRow, TaskRow

ASK_SECONDS = 60.0
"""So long a process knows whether anybody is to be told; a worker may have set an endpoint up since."""

_EVENTS, _ENDPOINTS, _DELIVERIES = (
    SQLModel.metadata.tables[row.__tablename__] for row in (EventRow, EventEndpointRow, EventDeliveryRow)
)
_SINCE = select(func.min(_ENDPOINTS.c.opened_at)).where(_ENDPOINTS.c.closed_at.is_(None))
# So many values a database takes in one list.
_CHUNK = 500
_A_DAY = timedelta(days=1)


def told_since(session: Session) -> date | None:
    """Return the day from which on things are told; None where nobody is to be told anything.

    A day early, since days are of many zones.
    """
    known: dict[str, Any] | None = session.info.get(TOLD_SINCE)
    if known is None:
        return None
    if time.monotonic() >= known.get("until", 0.0):
        opened_at: datetime | None = session.connection().execute(_SINCE).scalar()
        known["since"] = None if opened_at is None else (opened_at - _A_DAY).date()
        known["until"] = time.monotonic() + ASK_SECONDS
    since: date | None = known["since"]
    return since


def write(session: Session, events: Iterable[Event]) -> None:
    """Write what is new of these events, and put it on its way to every endpoint.

    The row of a customer that they are about is locked: so its events are numbered in their order.
    """
    rows = [
        {
            "id": event.id,
            "type": event.type,
            "customer_id": event.customer,
            "at": event.at,
            "body": event.body,
        }
        for event in events
    ]
    connection = session.connection()
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        new = upsert(session, _EVENTS).values(some).on_conflict_do_nothing(index_elements=["id"])
        numbers = connection.execute(new.returning(_EVENTS.c.number)).scalars().all()
        if numbers:
            _send_on(session, numbers)


def _send_on(session: Session, numbers: Sequence[int]) -> None:
    columns = ["endpoint", "number", "line", "state", "attempts", "next_at"]
    line = func.coalesce(_EVENTS.c.customer_id, "")
    chosen = (
        select(_ENDPOINTS.c.name, _EVENTS.c.number, line, literal("waiting"), literal(0), _EVENTS.c.at)
        .select_from(_EVENTS.join(_ENDPOINTS, true()))
        .where(_EVENTS.c.number.in_(numbers), _ENDPOINTS.c.closed_at.is_(None))
        .order_by(_EVENTS.c.number)
    )
    session.connection().execute(insert(_DELIVERIES).from_select(columns, chosen))


def tell_facts(session: Session, row: CustomerRow, written: Sequence[Fact]) -> None:
    """Tell of facts that were appended now."""
    if (since := told_since(session)) is not None:
        write(session, from_facts.of_facts(row.id, written, since=since, at=row.last_now))


def tell_message(session: Session, claims: Sequence[ClaimRow], at: datetime) -> None:
    """Tell of a message, by the rows of its claim, whose outcome is known now."""
    if told_since(session) is None:
        return
    first = claims[0]
    message = from_work.Message(
        reference=first.message,
        attempt=first.attempt,
        step=first.step,
        channel=first.channel,
        suspend_on=first.suspend_on,
        debts=[(claim.debt, Money(claim.amount_minor, claim.currency)) for claim in claims],
    )
    write(session, from_work.of_message(first.customer_id, message, state=first.state, at=at))


def tell_debts(
    session: Session,
    customer_id: str,
    changed: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]],
    at: datetime,
) -> None:
    """Tell of debts that stand otherwise than before, each as it was and as it is."""
    if told_since(session) is None:
        return
    for before, debt in changed:
        told = from_work.of_debt(
            customer_id,
            debt["invoice"],
            before["state"],
            debt["state"],
            opening=debt["opening"],
            open_=Money(debt["open_minor"], debt["currency"]),
            at=at,
        )
        write(session, told)


def tell_look(session: Session, row: CustomerRow, stage: str, at: Situation) -> None:
    """Tell of what a look at a customer found: another stage, and promises that are decided."""
    if (since := told_since(session)) is None:
        return
    case, revision = row.case_number, row.revision
    write(session, from_work.of_stage(row.id, row.stage, stage, case=case, revision=revision, at=at.now))
    write(session, from_work.of_promises(at, since=since))


def tell_task(session: Session, task: TaskRow) -> None:
    """Tell of a task that was opened; what is wrong with the telling itself is not told so."""
    if task.step != ABOUT_EVENTS and told_since(session) is not None:
        session.flush()  # Now it has its number.
        number, step, kind = task.id or 0, task.step, task.kind
        write(session, [from_work.of_task(task.customer_id, number, step=step, kind=kind, at=task.opened_at)])
