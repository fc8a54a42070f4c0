"""The safety switches: stop and go, the blast guard and its limit, the day of going live."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.channels import TASK
from domain.reasons import Reason, because
from store import journal, sweep, tasks
from store.database import Ledger
from store.tables import ClaimRow, CustomerRow, SwitchesRow, TaskRow

BLAST = "blast"
"""The step of the task that asks a person to allow more effects than the limit."""

ALLOWED_FOR = timedelta(days=1)
"""How long an allowed blast lasts."""

_WITHIN = timedelta(hours=1)
_TO_DECIDE = "`starter.py dry-run` lists what waits, `starter.py go --allow-blast` lets it go"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How the switches stand.

    Attributes:
        blast_limit: messages and service effects within one business hour.
        blast_since: the guard tripped then and holds; None while it does not.
        blast_allowed_until: a person allowed more than the limit until then.
        halted: so many customers have an effect that was put off.
    """

    stopped: bool
    stopped_since: datetime | None
    stopped_reason: str | None
    stopped_by: str | None
    go_live_on: date | None
    blast_limit: int
    blast_since: datetime | None
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
        journal.write(session, at=now, what="switch", why=f"stopped: {reason}", actor=by)
        return True


def go(ledger: Ledger, *, by: str, now: datetime, allow_blast: bool = False) -> int:
    """Let effects go out again, and more than the limit when allowed; return how many customers waited.

    Their revision and news are raised, so that the sweep wakes them.
    """
    with ledger.write() as session:
        row = _locked(session)
        row.stopped, row.stopped_since, row.stopped_reason, row.stopped_by = False, None, None, None
        if allow_blast:
            row.blast_since, row.blast_allowed_until, row.blast_allowed_by = None, now + ALLOWED_FOR, by
            tasks.close(session, customer_id=None, step=BLAST, now=now, outcome="allowed", by=by)
        why = "go, and more effects than the limit are allowed" if allow_blast else "go"
        journal.write(session, at=now, what="switch", why=why, actor=by)
    # Afterwards, so that nobody can be put off behind our back and then wait for a `go` that was given.
    with ledger.write() as session:
        return sweep.mark(session, col(CustomerRow.halted).is_(True))


def set_go_live(ledger: Ledger, day: date | None) -> None:
    """Set the day before which no step is taken, and have everybody looked at again."""
    with ledger.write() as session:
        sweep.mark(session)
        _locked(session).go_live_on = day


def set_blast_limit(ledger: Ledger, limit: int) -> None:
    """Set how many messages and service effects may be begun within one business hour.

    Raises:
        ValueError: less than one.
    """
    if limit < 1:
        raise ValueError(f"a limit of {limit} would hold everything: use `stop` for that")
    with ledger.write() as session:
        _locked(session).blast_limit = limit


def closed(session: Session, now: datetime) -> Reason | None:
    """Why no effect may be claimed now, tripping the guard when this one would be one too many.

    The count is taken without a lock of its own: claims of the same moment may exceed it by a few.
    """
    row = session.get_one(SwitchesRow, 1)
    if row.stopped or row.blast_since is not None:
        # Shared with others that are put off; `go` waits, and then sees whom it has to wake.
        session.refresh(row, with_for_update={"read": True})
    if row.stopped:
        return because("hold.stopped", since=_minute(row.stopped_since), reason=row.stopped_reason)
    if row.blast_allowed_until is not None and now <= row.blast_allowed_until:
        return None
    if row.blast_since is None:
        claimed = (
            select(func.count(func.distinct(ClaimRow.message)))
            .where(col(ClaimRow.claimed_at) > now - _WITHIN, col(ClaimRow.claimed_at) <= now)
            .where(ClaimRow.channel != TASK, ClaimRow.state != "released")
        )
        if session.exec(claimed).one() < row.blast_limit:
            return None
        _trip(session, now)
    return _too_many(row)


def _too_many(row: SwitchesRow) -> Reason:
    return because("hold.blast", wanted=row.blast_limit + 1, limit=row.blast_limit)


def _trip(session: Session, now: datetime) -> None:
    row = _locked(session)
    if row.blast_since is not None:
        return  # Somebody else's claim tripped it a moment ago.
    row.blast_since = now
    why = _too_many(row).words
    session.add(TaskRow(step=BLAST, kind="approval", opened_at=now, why=f"{why}; {_TO_DECIDE}"))
    journal.write(session, at=now, what="switch", why=why, actor="engine")


def _locked(session: Session) -> SwitchesRow:
    """Return the row of switches, locked."""
    return session.get_one(SwitchesRow, 1, with_for_update=True, populate_existing=True)


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "now"
