"""Turns: what was asked of each place for a claim, and the subscription as it was before.

A request that changes something is written down before it leaves, with the UUID that it carries: whoever
finds it unanswered asks again with the same, so that a lost answer is no second change.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from domain.channels import SERVICE
from domain.switching import Place, SubscriptionState
from store.tables import ClaimRow, SnapshotRow, TurnRow

Key = tuple[str, str]
"""A place: provider and resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request that changes something.

    Attributes:
        over_at: None while nobody knows what became of it.
        taken: its provider has taken it, and may show what it did only later.
    """

    at: datetime
    request: str
    seen: str
    over_at: datetime | None
    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that is about to leave: its UUID, and whether it repeats one whose answer was lost."""

    name: str
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far a place is for one claim."""

    asks: Sequence[Ask] = ()
    refused: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A subscription as it was before we changed it."""

    message: str
    taken_at: datetime
    content: Mapping[str, Any] | None = field(repr=False)


def key(place: Place) -> Key:
    """Return the key of a place."""
    return place.provider, place.resource


def courses(session: Session, customer_id: str, claim: str) -> Mapping[Key, Course]:
    """Return how far each place is for a claim."""
    mine = select(TurnRow).where(TurnRow.customer_id == customer_id, TurnRow.claim == claim)
    found: dict[Key, list[TurnRow]] = {}
    for row in session.exec(mine.order_by(col(TurnRow.id))):
        found.setdefault((row.provider, row.resource), []).append(row)
    return {each: _course(rows) for each, rows in found.items()}


def _course(rows: Sequence[TurnRow]) -> Course:
    taken = {row.request for row in rows if row.what == "taken"}
    return Course(
        asks=[
            Ask(
                at=row.at,
                request=row.request or "",
                seen=row.says,
                over_at=row.over_at,
                taken=row.request in taken,
            )
            for row in rows
            if row.what == "asked"
        ],
        refused=any(row.what == "refused" for row in rows),
        stands=any(row.what == "stands" for row in rows),
    )


def ask(
    session: Session, place: Place, claim: str, to: SubscriptionState, *, seen: str, now: datetime
) -> Request:
    """Write down that a place is asked to change; return the request.

    It is that of an earlier one to the same end whose answer was lost, else a new one, the same in each world
    in which as much has happened.
    """
    lost = (
        select(TurnRow)
        .where(*_at(place), TurnRow.what == "asked", TurnRow.to == to, col(TurnRow.over_at).is_(None))
        .order_by(col(TurnRow.id).desc())
    )
    earlier = session.exec(lost.limit(1)).first()
    if earlier is not None and earlier.claim == claim:
        earlier.at = now  # What may yet be done is as young as the newest repetition.
        session.flush()
        return Request(name=earlier.request or "", repeated=True)
    request = (_name(session, place, claim, to) if earlier is None else earlier.request) or ""
    _write(session, place, claim, to, "asked", says=seen, now=now, request=request)
    return Request(name=request, repeated=earlier is not None)


def _name(session: Session, place: Place, claim: str, to: str) -> str:
    asked = select(func.count()).select_from(TurnRow).where(*_at(place), TurnRow.what == "asked")
    count = session.exec(asked).one()
    return str(uuid5(NAMESPACE_URL, "/".join((claim, place.provider, place.resource, to, str(count)))))


def answered(session: Session, place: Place, *, now: datetime) -> None:
    """Note that what a place was asked is no longer in doubt: it was answered, or is seen to be done."""
    waiting = update(TurnRow).where(*_at(place), col(TurnRow.what) == "asked", col(TurnRow.over_at).is_(None))
    session.exec(waiting.values(over_at=now))


def taken(
    session: Session, place: Place, claim: str, to: SubscriptionState, request: str, *, now: datetime
) -> None:
    """Note that a provider has taken what it was asked."""
    answered(session, place, now=now)
    _write(session, place, claim, to, "taken", now=now, request=request)


def stands(session: Session, place: Place, claim: str, to: SubscriptionState, *, now: datetime) -> None:
    """Note that a place is as a claim wishes it."""
    answered(session, place, now=now)
    _write(session, place, claim, to, "stands", now=now)


def refused(
    session: Session, place: Place, claim: str, to: SubscriptionState, *, why: str, now: datetime
) -> None:
    """Note that a provider said no."""
    _write(session, place, claim, to, "refused", says=why, now=now)


def waits(session: Session, place: Place, to: SubscriptionState, *, why: str, now: datetime) -> datetime:
    """Note that a place is waited for, and return since when."""
    mine = select(TurnRow).where(*_at(place), TurnRow.what == "waits", TurnRow.to == to)
    row = session.exec(mine.where(col(TurnRow.over_at).is_(None))).first()
    if row is None:
        _write(session, place, "", to, "waits", says=why, now=now)
        return now
    row.says = why
    return row.at


def waited(session: Session, customer_id: str, *, now: datetime) -> None:
    """Note that no place of a customer is waited for any more."""
    over = update(TurnRow).where(
        col(TurnRow.customer_id) == customer_id, col(TurnRow.what) == "waits", col(TurnRow.over_at).is_(None)
    )
    session.exec(over.values(over_at=now))


def _write(
    session: Session,
    place: Place,
    claim: str,
    to: SubscriptionState,
    what: str,
    *,
    now: datetime,
    says: str = "",
    request: str | None = None,
) -> None:
    session.add(
        TurnRow(
            customer_id=place.customer,
            provider=place.provider,
            resource=place.resource,
            claim=claim,
            to=to,
            what=what,
            at=now,
            request=request,
            says=says,
        )
    )
    session.flush()


def _at(place: Place) -> tuple[Any, ...]:
    return (
        col(TurnRow.customer_id) == place.customer,
        col(TurnRow.provider) == place.provider,
        col(TurnRow.resource) == place.resource,
    )


def snapshots(session: Session, customer_id: str) -> Mapping[Key, Snapshot]:
    """Return what has to come back at each place of a customer: where there is one, something is ours."""
    mine = select(SnapshotRow).where(SnapshotRow.customer_id == customer_id)
    return {
        (row.provider, row.resource): Snapshot(
            message=row.message, taken_at=row.taken_at, content=row.content
        )
        for row in session.exec(mine.where(col(SnapshotRow.over_at).is_(None)))
    }


def keep(session: Session, place: Place, message: str, content: Mapping[str, Any], *, now: datetime) -> None:
    """Keep a subscription as it is before we first change it; one that is kept already stays as it was.

    JSON has no Decimal: a number that was read as one is kept as the float next to it.
    """
    if key(place) not in snapshots(session, place.customer):
        session.add(
            SnapshotRow(
                customer_id=place.customer,
                provider=place.provider,
                resource=place.resource,
                message=message,
                taken_at=now,
                content=json.loads(json.dumps(dict(content), default=float)),
            )
        )
        session.flush()


def given_back(session: Session, place: Place, *, now: datetime, by: str | None = None) -> None:
    """Note that nothing has to come back at a place any more; what it was stays as a record.

    Args:
        by: the claim that brought it back. What another one has asked for may yet be done: then it has to
            come back again.
    """
    if by is not None and _asked_besides(session, place, by):
        return
    over = update(SnapshotRow).where(
        col(SnapshotRow.customer_id) == place.customer,
        col(SnapshotRow.provider) == place.provider,
        col(SnapshotRow.resource) == place.resource,
        col(SnapshotRow.over_at).is_(None),
    )
    session.exec(over.values(over_at=now))


def _asked_besides(session: Session, place: Place, claim: str) -> bool:
    """Whether another claim has asked a place for something, and is not settled."""
    others = select(TurnRow.claim).where(*_at(place), TurnRow.what == "asked", TurnRow.claim != claim)
    messages = {each.rpartition("#")[0] for each in session.exec(others.distinct())}
    unsettled = select(ClaimRow.message).where(
        ClaimRow.customer_id == place.customer,
        ClaimRow.channel == SERVICE,
        ClaimRow.state == "claimed",
    )
    return any(message in messages for message in session.exec(unsettled))
