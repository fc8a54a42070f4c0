"""Echoes: what each door heard lately, and how much went out of which a vendor should have told."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select

from store.database import Ledger
from store.tables import ClaimRow, InboxRow


@dataclass(frozen=True, slots=True)
class Heard:
    """What came from one source."""

    count: int
    last_at: datetime


def heard(ledger: Ledger, *, since: datetime) -> dict[str, Heard]:
    """Return what came since an instant, by source."""
    found = (
        select(InboxRow.source, func.count(), func.max(InboxRow.heard_at))
        # Both of them by name, since the index begins with it.
        .where(col(InboxRow.outcome).in_(("done", "unknown")), col(InboxRow.heard_at) >= since)
        .group_by(InboxRow.source)
        .order_by(InboxRow.source)
    )
    with ledger.read() as session:
        return {source: Heard(count, last) for source, count, last in session.exec(found)}


def sent(ledger: Ledger, *, since: datetime, before: datetime) -> dict[str, int]:
    """Count, by channel, the messages that went out, begun between two instants."""
    found = (
        select(ClaimRow.channel, func.count())
        .where(
            ClaimRow.state == "sent",
            ClaimRow.kind == "notice",
            ClaimRow.position == 0,
            col(ClaimRow.claimed_at) >= since,
            col(ClaimRow.claimed_at) < before,
        )
        .group_by(ClaimRow.channel)
    )
    with ledger.read() as session:
        return dict(session.exec(found).all())
