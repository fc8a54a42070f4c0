"""Breakers: a sender that our own fault has stopped, so that no customer's claim is burnt on it.

The first message that the vendor refuses for a fault of ours opens the breaker of that channel and
sender. Until its rest is over nothing is claimed there. Then one message is let through to try: its
success closes the breaker, its failure makes the next rest longer.

Some faults of ours show only in what is reported of messages that were taken. A breaker that a report has
opened is closed by one: that the next message is taken says nothing of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, SQLModel, col, select

from domain.own_steps import sender_of
from domain.reasons import Reason, because
from store import clock, journal, sweep, switches, tasks
from store.database import Ledger, upsert
from store.tables import BreakerRow, CustomerRow, TaskRow

RESTS: Sequence[timedelta] = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
)
"""Real time until one message tries again: after the first fault, the second, and so on; the last stays."""

_BREAKERS = SQLModel.metadata.tables["breakers"]
_STOPPED = select(BreakerRow).where(col(BreakerRow.closed_at).is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What a breaker says to a message: why it may not pass, or that it is the one that tries."""

    shut: Reason | None = None
    trying: bool = False


def passage(session: Session, channel: str, sender: str, now: datetime) -> Passage:
    """Ask whether a message may be claimed; whoever may try keeps all others waiting for another rest."""
    row = session.get(BreakerRow, (channel, sender))
    if row is None or row.closed_at is not None:
        return Passage()
    session.refresh(row, with_for_update=True)
    if row.closed_at is not None:
        return Passage()
    if now < row.retry_at:
        return Passage(shut=_stopped(row))
    row.tried_at, row.retry_at = now, now + (row.retry_at - row.tried_at)
    return Passage(trying=True)


def trip(ledger: Ledger, channel: str, sender: str, *, why: str, now: datetime, speed: float = 1) -> datetime:
    """Open a breaker, or make its rest longer; return when the next message may try.

    Args:
        why: what is to be mended, without a secret.
        speed: the business clock's: the rest is one of real time.
    """
    with ledger.write() as session:
        row = _at_hand(session, channel, sender, why, now)
        if row.closed_at is not None:
            row.by_report = False
        _open(session, row, why, now, speed)
        return row.retry_at


def trip_by_report(
    session: Session, channel: str, sender: str, *, why: str, begun_at: datetime, now: datetime
) -> None:
    """Open a breaker for what is reported of a message that was begun at `begun_at`.

    Whatever went out before the sender was last mended, or last tried, says nothing new: many messages that
    were on their way together are one fault.
    """
    row = _at_hand(session, channel, sender, why, now)
    known_until = row.tried_at if row.closed_at is None else row.closed_at
    if row.failures and begun_at < known_until:
        return
    row.by_report = True
    _open(session, row, why, now, clock.read(session).speed)


def _open(session: Session, row: BreakerRow, why: str, now: datetime, speed: float) -> None:
    if row.closed_at is not None:
        row.closed_at, row.opened_at, row.failures = None, now, 0
    row.failures += 1
    row.why, row.tried_at = why, now
    row.retry_at = now + RESTS[min(row.failures, len(RESTS)) - 1] * speed
    session.add(row)
    if row.failures == 1:
        words = _stopped(row).words
        tasks.add(session, TaskRow(step=sender_of(row.channel), kind="review", opened_at=now, why=words))
        journal.write(session, at=now, what="switch", why=words)


def _at_hand(session: Session, channel: str, sender: str, why: str, now: datetime) -> BreakerRow:
    """Return the row of a sender, locked; two that meet its first fault at once write one row."""
    new = BreakerRow(channel=channel, sender=sender, why=why, opened_at=now, tried_at=now, retry_at=now)
    written = upsert(session, _BREAKERS).values(new.model_dump()).on_conflict_do_nothing()
    session.connection().execute(written)
    return session.get_one(BreakerRow, (channel, sender), with_for_update=True)


def close(
    ledger: Ledger, channel: str, sender: str, *, now: datetime, arrived: datetime | None = None
) -> int:
    """Close a breaker whose sender works again, and have everybody woken who waits; count them.

    Args:
        arrived: when the message was begun that has arrived; None of one that was only taken.
    """
    with ledger.write() as session:
        row = session.get(BreakerRow, (channel, sender), with_for_update=True)
        if row is None or row.closed_at is not None:
            return 0
        if row.by_report and (arrived is None or arrived < row.opened_at):
            return 0
        _close(session, row, f"{channel} from {sender} works again", now)
    # Afterwards, as `go` does: customers are locked before anything else.
    with ledger.write() as session:
        return sweep.mark(session, col(CustomerRow.halted).is_(True))


def is_open(session: Session, channel: str, sender: str) -> bool:
    """Whether a sender is stopped."""
    row = session.get(BreakerRow, (channel, sender))
    return row is not None and row.closed_at is None


def _close(session: Session, row: BreakerRow, words: str, now: datetime) -> None:
    row.closed_at = now
    session.flush()
    if session.exec(_STOPPED.where(BreakerRow.channel == row.channel).limit(1)).first() is None:
        tasks.close(
            session, customer_id=None, step=sender_of(row.channel), now=now, outcome=words, by="engine"
        )
    journal.write(session, at=now, what="switch", why=words)


def let_one_try(ledger: Ledger, senders: Mapping[str, str], *, now: datetime) -> None:
    """Have one customer woken who waits, where a sender is to be tried again: else nobody would.

    The others wait without a timer of their own; who was not looked at for longest has its turn. Nobody
    has while a switch keeps everything back.

    Args:
        senders: from where each channel sends today; the breaker of another one is closed.
    """
    with ledger.read() as session:
        stopped = session.exec(_STOPPED).all()
    if not stopped or switches.holding(switches.read(ledger)):
        return
    for row in stopped:
        if senders.get(row.channel, row.sender) != row.sender:
            _retire(ledger, row.channel, row.sender, now)
    if not any(row.retry_at <= now for row in stopped):
        return
    waiting = (
        select(CustomerRow.id).where(col(CustomerRow.halted)).order_by(col(CustomerRow.last_now)).limit(1)
    )
    with ledger.write() as session:
        found = session.exec(waiting).first()
        if found is not None:
            sweep.mark(session, col(CustomerRow.id) == found)


def _retire(ledger: Ledger, channel: str, sender: str, now: datetime) -> None:
    """Close the breaker of a sender that nothing goes out from any more: no success of its own would."""
    with ledger.write() as session:
        row = session.get_one(BreakerRow, (channel, sender), with_for_update=True)
        if row.closed_at is None:
            _close(session, row, f"{channel} from {sender} is not used any more", now)


def holding(ledger: Ledger) -> list[str]:
    """Say which senders are stopped, why, and when the next message tries."""
    with ledger.read() as session:
        rows = session.exec(_STOPPED.order_by(BreakerRow.channel, BreakerRow.sender)).all()
        return [
            f"{_stopped(row).words}; it is tried again from {row.retry_at:%Y-%m-%d %H:%M} UTC on"
            for row in rows
        ]


def _stopped(row: BreakerRow) -> Reason:
    since = f"{row.opened_at:%Y-%m-%d %H:%M} UTC"
    return because("sender.stopped", channel=row.channel, sender=row.sender, since=since, why=row.why)
