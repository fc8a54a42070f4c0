"""Digests: one for each day, made once from the ledger, kept, and claimed before it is sent."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, col, func, select

from domain.digest.compose import Digest, compose, read
from domain.own_steps import UNREAD
from domain.worklist.rules import WorklistRules
from store import tasks
from store.database import Ledger, upsert
from store.reporting import morning
from store.tables import DigestRow

_DIGESTS = SQLModel.metadata.tables["digests"]
MOST_DAYS = 31
"""A digest tells of at most so many days, however long none was made."""

State = Literal["made", "claimed", "sent", "refused", "kept"]
OVER = ("sent", "refused", "kept")
"""Of these digests nothing is to be done any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A digest as it is kept; `claimed_at` is when it was last begun to be sent."""

    digest: Digest
    state: str
    reference: str
    claimed_at: datetime | None


def make(
    ledger: Ledger,
    on: date,
    *,
    zone: ZoneInfo,
    now: datetime,
    speed: float = 1,
    rules: WorklistRules | None = None,
) -> Kept:
    """Return the digest of a day, making it if there is none; two who make it at once keep one.

    Args:
        rules: of the worklist; without them nobody counts what should be done by now.
    """
    if (there := kept(ledger, on)) is not None:
        return there
    since = _since(ledger, on)
    seen = morning.read(ledger, on=on, since=since, zone=zone, now=now, speed=speed, rules=rules)
    digest = compose(seen)
    row = DigestRow(
        on=on,
        since=since,
        made_at=now,
        content=json.dumps(digest.json(), sort_keys=True),
        state="made",
        reference=_reference(ledger, on),
    )
    with ledger.write() as session:
        session.connection().execute(
            upsert(session, _DIGESTS).values(row.model_dump()).on_conflict_do_nothing()
        )
        return _kept(session.get_one(DigestRow, on))


def preview(
    ledger: Ledger,
    on: date,
    *,
    zone: ZoneInfo,
    now: datetime,
    speed: float = 1,
    rules: WorklistRules | None = None,
) -> Digest:
    """Return the digest of a day: the one that was made, else as it would be; nothing is written."""
    there = kept(ledger, on)
    if there is not None:
        return there.digest
    since = _since(ledger, on)
    seen = morning.read(ledger, on=on, since=since, zone=zone, now=now, speed=speed, rules=rules)
    return compose(seen)


def kept(ledger: Ledger, on: date) -> Kept | None:
    """Return the digest of a day that was made."""
    with ledger.read() as session:
        row = session.get(DigestRow, on)
        return None if row is None else _kept(row)


def claim(ledger: Ledger, on: date, *, now: datetime) -> None:
    """Note that the digest of a day is being sent: whoever finds it so asks the vendor first."""
    with ledger.write() as session:
        row = _locked(session, on)
        row.state, row.claimed_at = "claimed", now


def settle(ledger: Ledger, on: date, state: State, *, provider_ref: str | None = None) -> None:
    """Note what became of the digest of a day."""
    with ledger.write() as session:
        row = _locked(session, on)
        row.state, row.provider_ref = state, provider_ref


def tell_unread(ledger: Ledger, why: str, *, now: datetime) -> None:
    """Open a task, once: the digest cannot be delivered, and why."""
    with ledger.write() as session:
        tasks.open_once(session, UNREAD, f"the daily digest does not arrive: {why}", now=now)


def _since(ledger: Ledger, on: date) -> date:
    """Return the first day to tell of, so that none is left out: the day of the last digest."""
    with ledger.read() as session:
        last = session.exec(select(func.max(DigestRow.on)).where(col(DigestRow.on) < on)).one()
    return on - timedelta(days=1) if last is None else max(last, on - timedelta(days=MOST_DAYS))


def _reference(ledger: Ledger, on: date) -> str:
    return hashlib.sha256(f"{ledger.identity} digest {on}".encode()).hexdigest()[:16]


def _locked(session: Session, on: date) -> DigestRow:
    return session.get_one(DigestRow, on, with_for_update=True, populate_existing=True)


def _kept(row: DigestRow) -> Kept:
    digest = read(json.loads(row.content))
    return Kept(digest=digest, state=row.state, reference=row.reference, claimed_at=row.claimed_at)
