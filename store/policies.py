"""Policies as adopted: by the hash of their content, each name's newest in the order of choice."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, and_, col, select

from domain.policy import Policy
from store import journal, sweep
from store.database import Ledger
from store.errors import NoPolicy
from store.tables import CustomerRow, IdentityRow, PolicyRow, SwitchesRow


def adopt(ledger: Ledger, policy: Policy, *, now: datetime, by: str) -> str:
    """Adopt one policy, as `adopt_all` does; return its version."""
    return adopt_all(ledger, [policy], now=now, by=by)[0]


def adopt_all(ledger: Ledger, adopting: Sequence[Policy], *, now: datetime, by: str) -> list[str]:
    """Adopt policies in place of older ones of their names, all or none; return their versions.

    Customers whom they concern, and who have no open case, are to be looked at again. With its first
    policy a ledger goes live: what fell due on earlier days is not sent, unless `go-live` says otherwise.
    """
    with ledger.write() as session:
        # One at a time, or two would take the same place; nobody else locks this row.
        session.get_one(IdentityRow, 1, with_for_update=True)
        return [_adopt(session, policy, now=now, by=by) for policy in adopting]


def _adopt(session: Session, policy: Policy, *, now: datetime, by: str) -> str:
    version = policy.version
    row = session.get(PolicyRow, version)
    if row is not None and row.position is not None:
        return version
    named = select(PolicyRow).where(PolicyRow.name == policy.policy, col(PolicyRow.position).is_not(None))
    older = session.exec(named).one_or_none()
    if older is not None:
        position, older.position = older.position, None
    else:
        last = session.exec(select(func.max(PolicyRow.position))).one()
        position = 1 if last is None else last + 1
    session.merge(
        PolicyRow(
            version=version,
            name=policy.policy,
            title=policy.title,
            content=policy.canonical(),
            segments=list(policy.audience.segments),
            adopted_at=now,
            adopted_by=by,
            position=position,
        )
    )
    session.flush()
    concerned = {*policy.audience.segments, *(older.segments if older else ())}
    no_case = col(CustomerRow.policy_version).is_(None)
    sweep.mark(session, and_(col(CustomerRow.segment).in_(concerned), no_case))
    if position == 1 and older is None:
        _go_live(session, now.date())
    why = f"policy {policy.policy} {version} was adopted"
    journal.write(session, at=now, what="note", why=why, actor=by, policy_version=version)
    return version


def _go_live(session: Session, today: date) -> None:
    switches = session.get_one(SwitchesRow, 1, with_for_update=True, populate_existing=True)
    switches.go_live_on = switches.go_live_on or today


def listed(ledger: Ledger) -> list[PolicyRow]:
    """Return what was ever adopted: first what is switched on, in the order of choice."""
    with ledger.read() as session:
        rows = session.exec(select(PolicyRow).order_by(col(PolicyRow.adopted_at))).all()
    return sorted(rows, key=lambda row: (row.position is None, row.position or 0))


def uncovered(session: Session) -> dict[str, int]:
    """Return how many customers no adopted policy is for, by their segment."""
    adopted = session.exec(select(PolicyRow.segments).where(col(PolicyRow.position).is_not(None)))
    covered = {segment for segments in adopted for segment in segments}
    counted = select(CustomerRow.segment, func.count()).group_by(CustomerRow.segment)
    return {segment: count for segment, count in session.exec(counted) if segment not in covered}


def countries_with_interest_by_law(session: Session) -> list[str]:
    """Return the countries of customers whose adopted policy proposes interest by law, sorted."""
    versions = session.exec(select(PolicyRow.version).where(col(PolicyRow.position).is_not(None))).all()
    terms = [(get(session, version).audience, get(session, version).interest) for version in versions]
    segments = {
        segment
        for audience, interest in terms
        if interest.basis == "statutory"
        for segment in audience.segments
        if interest.party(segment) is not None
    }
    if not segments:
        return []
    theirs = select(CustomerRow.country).where(col(CustomerRow.segment).in_(segments)).distinct()
    return sorted(country for country in session.exec(theirs) if country is not None)


def covers(session: Session, segment: str) -> bool:
    """Whether an adopted policy is for a segment."""
    adopted = session.exec(select(PolicyRow.segments).where(col(PolicyRow.position).is_not(None)))
    return any(segment in segments for segments in adopted)


def current(session: Session, segment: str) -> tuple[str, Policy]:
    """Return version and policy for a segment: the first in order that is for it.

    Raises:
        NoPolicy: none is.
    """
    chosen = (
        select(PolicyRow.version, PolicyRow.segments)
        .where(col(PolicyRow.position).is_not(None))
        .order_by(col(PolicyRow.position), col(PolicyRow.name))
    )
    for version, segments in session.exec(chosen):
        if segment in segments:
            return version, get(session, version)
    raise NoPolicy(
        f"No adopted policy is for segment {segment!r}: adopt one with `starter.py policy adopt FILE`,"
        " or name the segment under `for:` in a policy that is adopted."
    )


def get(session: Session, version: str) -> Policy:
    """Return an adopted policy.

    Raises:
        NoPolicy: this version was never adopted here.
    """
    found = _parsed.get(version)
    if found is None:
        row = session.get(PolicyRow, version)
        if row is None:
            raise NoPolicy(f"No policy {version!r} was adopted here: see `starter.py policy list`.")
        found = _parsed[version] = Policy.model_validate_json(row.content)
    return found


# A version is the hash of a policy's content, so an entry is right for every ledger and for ever.
_parsed: dict[str, Policy] = {}
