"""Alerts of a provider in the ledger: those that say something new, and what the provider is to be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, or_, select

from domain.incidents.alerts import RESOLVED, Owed, owed
from domain.incidents.incident import incident_of
from domain.incidents.notice import Notice
from store import incidents
from store.database import Ledger
from store.tables import IncidentEntryRow, IncidentRow

LATEST = timedelta(days=60)
"""So long after its end an incident is still told of: the provider keeps no alert for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of alerts: whose workflows have to look."""

    new: int
    incidents: tuple[str, ...]
    customers: tuple[str, ...]


def take(ledger: Ledger, notices: Sequence[Notice], *, now: datetime) -> Heard:
    """Take alerts, each once in the same words; one that was over before we heard of it begins nothing."""
    new, woken, customers = 0, dict[str, None](), dict[str, None]()
    for notice in notices:
        known = incidents.heard(ledger, notice)
        if known == "again" or (known == "new" and notice.status == RESOLVED):
            continue
        taken = incidents.take(ledger, notice, now=now)
        new += taken.known == "new"
        if taken.wake:
            woken[taken.incident] = None
        if taken.customer is not None:
            customers[taken.customer] = None
    return Heard(new=new, incidents=tuple(woken), customers=tuple(customers))


def owing(ledger: Ledger, source: str, *, now: datetime) -> list[tuple[str, Owed]]:
    """Return what a provider is to be told, each with its incident, the oldest incident first."""
    lately = or_(col(IncidentRow.closed_at).is_(None), col(IncidentRow.closed_at) > now - LATEST)
    found = (
        select(IncidentRow.id)
        .where(
            lately,
            col(IncidentRow.id).in_(
                select(IncidentEntryRow.incident_id).where(
                    IncidentEntryRow.what == "noticed", IncidentEntryRow.by == source
                )
            ),
            col(IncidentRow.id).in_(
                select(IncidentEntryRow.incident_id).where(
                    col(IncidentEntryRow.what).in_(("responded", "closed"))
                )
            ),
        )
        .order_by(col(IncidentRow.opened_at), col(IncidentRow.id))
    )
    with ledger.read() as session:
        names = session.exec(found).all()
    told = []
    for name in names:
        entries = incidents.history(ledger, name)
        told += [(name, each) for each in owed(incident_of(name, entries), entries, source)]
    return told
