"""The safety switches: stop and go, the blast guard and its limit, the day of going live."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.channels import BOOK, TASK
from domain.effects import EffectKind
from domain.own_steps import BLAST
from domain.reasons import Reason, because
from store import journal, sweep, tasks
from store.database import Ledger
from store.tables import ClaimRow, CustomerRow, SwitchesRow, TaskRow

RETURN: EffectKind = "reactivate"
"""What the guard neither holds nor counts: a service that was paid for comes back without approval."""

ALLOWED_FOR = timedelta(days=1)
"""How long an approval lasts; what it covers and did not go out until then is asked about again."""

_WITHIN = timedelta(hours=1)
_TO_DECIDE = "`starter.py worklist` lists what waits, `starter.py go --allow-blast` lets that go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How the switches stand.

    Attributes:
        blast_limit: messages and service effects within one business hour.
        blast_since: the guard tripped then and holds; None while it does not.
        blast_allowed: so many effects a person allowed beyond the limit, from `blast_allowed_at` until
            `blast_allowed_until`.
        halted: so many customers have an effect that was put off.
    """

    stopped: bool
    stopped_since: datetime | None
    stopped_reason: str | None
    stopped_by: str | None
    go_live_on: date | None
    blast_limit: int
    blast_since: datetime | None
    blast_allowed: int | None
    blast_allowed_at: datetime | None
    blast_allowed_until: datetime | None
    blast_allowed_by: str | None
    halted: int


def read(ledger: Ledger) -> Switches:
    """Return how the switches stand."""
    counted = select(func.count()).select_from(CustomerRow).where(col(CustomerRow.halted))
    with ledger.read() as session:
        row = session.get_one(SwitchesRow, 1)
        return Switches(**row.model_dump(exclude={"id"}), halted=session.exec(counted).one())


def holding(switches: Switches) -> list[str]:
    """Say which switches keep everything from going out, and how each is opened."""
    said = []
    if switches.stopped:
        said.append(f"stopped by {switches.stopped_by}: {switches.stopped_reason}; `go` ends it")
    if switches.blast_since is not None:
        why = f"more than {switches.blast_limit} effects were wanted within an hour"
        said.append(f"the blast guard holds since {_minute(switches.blast_since)}: {why}; {_TO_DECIDE}")
    return said


def stop(ledger: Ledger, *, reason: str, by: str, now: datetime) -> bool:
    """Stop all outward effects at the claim; False when they are stopped already."""
    with ledger.write() as session:
        row = _locked(session)
        if row.stopped:
            return False
        row.stopped, row.stopped_since = True, now
        row.stopped_reason, row.stopped_by = reason, by
        _turned(session, f"stopped: {reason}", by=by, now=now)
        return True


def go(ledger: Ledger, *, by: str, now: datetime, allow: int | None = None) -> int:
    """Let effects go out again; return how many customers waited.

    Their revision and news are raised, so that the sweep wakes them.

    Args:
        allow: approve so many effects beyond the limit, for a day. `blast.allow` counts what waits.
    """
    with ledger.write() as session:
        row = _locked(session)
        row.stopped, row.stopped_since, row.stopped_reason, row.stopped_by = False, None, None, None
        why = "go" if allow is None else f"go, and {_approve(session, row, allow, by=by, now=now)}"
        _turned(session, why, by=by, now=now)
    # Afterwards, so that nobody can be put off behind our back and then wait for a `go` that was given.
    with ledger.write() as session:
        return sweep.mark(session, col(CustomerRow.halted).is_(True))


def _approve(session: Session, row: SwitchesRow, number: int, *, by: str, now: datetime) -> str:
    until = now + ALLOWED_FOR
    row.blast_since = None
    row.blast_allowed, row.blast_allowed_at = number, now
    row.blast_allowed_until, row.blast_allowed_by = until, by
    words = f"{number} effects are allowed beyond the limit until {_minute(until)}"
    tasks.close(session, customer_id=None, step=BLAST, now=now, outcome=words, by=by)
    return words


def set_go_live(ledger: Ledger, day: date | None, *, by: str, now: datetime) -> None:
    """Set the day before which no step is taken, and have everybody looked at again."""
    with ledger.write() as session:
        if session.get_one(SwitchesRow, 1).go_live_on == day:
            return
        sweep.mark(session)
        row = _locked(session)
        before = f", before it was {row.go_live_on}" if row.go_live_on else ""
        _turned(session, f"the day of going live is {day}{before}", by=by, now=now)
        row.go_live_on = day


def set_blast_limit(ledger: Ledger, limit: int, *, by: str, now: datetime) -> None:
    """Set how many messages and service effects may be begun within one business hour.

    Raises:
        ValueError: less than one.
    """
    if limit < 1:
        raise ValueError(f"a limit of {limit} would hold everything: use `stop` for that")
    with ledger.write() as session:
        row = _locked(session)
        if row.blast_limit == limit:
            return
        why = f"the limit of the blast guard is {limit} an hour, before it was {row.blast_limit}"
        _turned(session, why, by=by, now=now)
        row.blast_limit = limit


def _turned(session: Session, why: str, *, by: str, now: datetime) -> None:
    journal.write(session, at=now, what="switch", why=why, actor=by)


def closed(session: Session, now: datetime, *, guarded: bool = True) -> Reason | None:
    """Why no effect may be claimed now, tripping the guard when this one would be one too many.

    The count is taken without a lock of its own: claims of the same moment may exceed it by a few.

    Args:
        guarded: whether the guard holds such an effect at all.
    """
    row = session.get_one(SwitchesRow, 1)
    if row.stopped or row.blast_since is not None:
        # Shared with others that are put off; `go` waits, and then sees whom it has to wake.
        session.refresh(row, with_for_update={"read": True})
    if row.stopped:
        return because("hold.stopped", since=_minute(row.stopped_since), reason=row.stopped_reason)
    if not guarded:
        return None
    if row.blast_since is None:
        if _uncovered(session, row, now) < row.blast_limit:
            return None
        _trip(session, now)
    return _too_many(row)


def _uncovered(session: Session, row: SwitchesRow, now: datetime) -> int:
    """Count the effects of the last hour that no approval covers.

    One covers so many as were listed, the first that are begun after it; so it neither lets out what
    nobody was asked about, nor are those that it lets out held against the next.
    """
    hour_ago = now - _WITHIN
    given_at, until = row.blast_allowed_at, row.blast_allowed_until
    if given_at is None or until is None or until <= hour_ago:
        return _begun(session, hour_ago, now)
    since = _begun(session, given_at, now)
    covered = min(row.blast_allowed or 0, since if now <= until else _begun(session, given_at, until))
    return min(since - covered, _begun(session, hour_ago, now)) if since > covered else 0


def _begun(session: Session, after: datetime, until: datetime) -> int:
    """Count messages and service effects begun in a span of time, without returns."""
    claimed = (
        select(func.count(func.distinct(ClaimRow.message)))
        .where(col(ClaimRow.claimed_at) > after, col(ClaimRow.claimed_at) <= until)
        .where(col(ClaimRow.channel).not_in((TASK, BOOK)), ClaimRow.state != "released")
        .where(col(ClaimRow.kind).is_distinct_from(RETURN))
    )
    return session.exec(claimed).one()


def _too_many(row: SwitchesRow) -> Reason:
    return because("hold.blast", wanted=row.blast_limit + 1, limit=row.blast_limit)


def _trip(session: Session, now: datetime) -> None:
    row = _locked(session)
    if row.blast_since is not None:
        return  # Somebody else's claim tripped it a moment ago.
    row.blast_since = now
    why = _too_many(row).words
    tasks.add(session, TaskRow(step=BLAST, kind="approval", opened_at=now, why=why))
    _turned(session, why, by="engine", now=now)


def _locked(session: Session) -> SwitchesRow:
    """Return the row of switches, locked."""
    return session.get_one(SwitchesRow, 1, with_for_update=True, populate_existing=True)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "now"
