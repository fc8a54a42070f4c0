"""Intake: what a billing system reports, some facts or a customer at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.identifiers import tidied, unusable
from domain.onboarding import Application
from domain.reported import natural_name, too_early
from domain.reported_facts import Report
from store import customers, doors, exports
from store.database import Ledger
from store.doors import Recorded
from store.errors import Refused
from store.exports import Imported
from store.facts import NewFact
from store.tables import CustomerRow

NAMELESS = (
    "the same report may be meant twice: name it with `id`, or with the header Idempotency-Key,"
    " so that a repetition is known"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a report.

    Attributes:
        name: of the fact within its source.
        refused: why it was not recorded; None where it is.
    """

    name: str | None
    already: bool = False
    refused: Refused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the reports about one customer, in their order."""

    outcomes: tuple[Outcome, ...]
    wake: bool


def take(ledger: Ledger, source: str, customer_id: str, reports: Sequence[Report], *, now: datetime) -> Taken:
    """Record what was reported of a customer: each fact by itself, all in one transaction.

    Raises:
        UnknownCustomer: there is none of this id; nothing was written.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        outcomes, wake = [], False
        for report in reports:
            outcome, woken = _taken(session, row, source, report, now)
            outcomes.append(outcome)
            wake = wake or woken
        return Taken(outcomes=tuple(outcomes), wake=wake)


def _taken(
    session: Session, row: CustomerRow, source: str, report: Report, now: datetime
) -> tuple[Outcome, bool]:
    name = natural_name(report.body) or report.name
    try:
        with session.begin_nested():
            recorded = _record(session, row, source, name, report, now)
    except Refused as refused:
        session.refresh(row)
        return Outcome(name=name, refused=refused), False
    return Outcome(name=name, already=bool(recorded.already)), recorded.wake


def _record(
    session: Session, row: CustomerRow, source: str, name: str | None, report: Report, now: datetime
) -> Recorded:
    if name is None:
        raise Refused(NAMELESS)
    if early := too_early(report.on or (report.at.date() if report.at else None), now.date()):
        raise Refused(early)
    happened_at = report.at or (now if report.on is None else None)
    new = NewFact(source=source, id=name, happened_on=report.on, happened_at=happened_at, body=report.body)
    return doors.record_locked(session, row, [new], now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a customer who was reported."""

    added: bool
    changed: bool
    wake: bool


def keep(ledger: Ledger, application: Application, *, said: frozenset[str], by: str, now: datetime) -> Kept:
    """Add a customer as they are, or take over what is said otherwise of one who is known.

    Args:
        said: what of segment, country, time zone and place is said; all else of it is for who is new.

    Raises:
        Refused: something of it cannot be used, or has to stay for now; every reason, one a line.
    """
    problems = unusable(application)
    if problems:
        raise Refused("\n".join(problems))
    tidy = tidied(application)
    contact, where = customers.contact_of(tidy), tidy.whereabouts
    each = Imported(customer=tidy.customer, contact=contact, new=[], where=where)
    result = exports.record_in_bulk(ledger, [each], now=now, progress=_untold, said=said, by=by)
    if result.refused:
        raise Refused("\n".join(refusal.why for refusal in result.refused))
    changed = bool(result.contacts or result.changed)
    return Kept(added=bool(result.added), changed=changed, wake=bool(result.added or result.touched))


def _untold(done: int) -> None:
    """Tell nobody how far a single customer is."""
