"""What new customers have in common: traits as keyed hashes, how many are alike, bursts, and links.

Rows are counted, never addresses: what stands in them nobody can read without the ledger's secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from domain.incidents import signs
from domain.onboarding.alike import LINKED, Counts, bursts, hash_of
from domain.onboarding.rules import OnboardingRules
from domain.own_steps import BURST
from store import customers, incidents, journal, tasks
from store.database import Ledger
from store.errors import Refused
from store.tables import BurstRow, CustomerRow, DebtRow, TraitRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """A burst that is open."""

    id: int
    kind: str
    opened_at: datetime
    count: int


def note(
    session: Session, customer_id: str, traits: Iterable[tuple[str, str]], *, key: bytes, now: datetime
) -> None:
    """Keep what an application has in common with others."""
    known = {(row.kind, row.hash) for row in _of(session, customer_id)}
    for kind, value in traits:
        hashed = hash_of(key, kind, value)
        if (kind, hashed) not in known:
            session.add(TraitRow(customer_id=customer_id, kind=kind, hash=hashed, at=now))
    session.flush()


def counts(session: Session, customer_id: str, rules: OnboardingRules, *, now: datetime) -> Counts:
    """Count the applications that are like this one, itself included, for every limit."""
    mine = {row.kind: row.hash for row in _of(session, customer_id)}
    found: dict[tuple[str, int], int] = {}
    for limit in rules.velocity:
        hashed = mine.get(limit.per)
        if hashed is not None:
            since = now - timedelta(hours=limit.within_hours)
            found[limit.per, limit.within_hours] = _count(session, limit.per, hashed, since, now)
    return found


def _of(session: Session, customer_id: str) -> list[TraitRow]:
    return list(session.exec(select(TraitRow).where(TraitRow.customer_id == customer_id)))


def _count(session: Session, kind: str, hashed: str, since: datetime, now: datetime) -> int:
    alike = select(func.count(func.distinct(TraitRow.customer_id))).where(
        TraitRow.kind == kind, TraitRow.hash == hashed, TraitRow.at > since, TraitRow.at <= now
    )
    return session.exec(alike).one()


def open_bursts(
    session: Session, customer_id: str, rules: OnboardingRules, found: Counts, *, now: datetime
) -> None:
    """Open the breaker for every burst that this application is part of, once, with a task and an incident.

    The task lets those in it go on; the incident is about who is behind it.
    """
    mine = {row.kind: row.hash for row in _of(session, customer_id)}
    for limit in bursts(rules.velocity, found):
        hashed = mine[limit.per]
        if _open(session, [(limit.per, hashed)]):
            continue
        last = session.exec(
            select(BurstRow)
            .where(BurstRow.kind == limit.per, BurstRow.hash == hashed)
            .order_by(col(BurstRow.id).desc())
        ).first()
        if last is not None and last.closed_at is not None:
            # A person cleared those before: only what came since is another burst.
            since = max(last.closed_at, now - timedelta(hours=limit.within_hours))
            if _count(session, limit.per, hashed, since, now) < (limit.burst or 0):
                continue
        count = found[limit.per, limit.within_hours]
        burst = BurstRow(kind=limit.per, hash=hashed, opened_at=now, count=count)
        session.add(burst)
        session.flush()
        why = (
            f"burst {burst.id}: {count} applications within {limit.within_hours} hours have one"
            f" {limit.per.replace('_', ' ')} in common: nobody of them is let in until a person closes it"
        )
        tasks.open_once(session, BURST, why, now=now)
        noticed = signs.of_burst(burst.id or 0, limit.per, count, limit.within_hours)
        incidents.notice_here(session, None, noticed, now=now)
        journal.write(session, at=now, what="note", why=why)


def in_burst(session: Session, customer_id: str) -> bool:
    """Whether a burst is open that this application is part of."""
    return bool(_open(session, [(row.kind, row.hash) for row in _of(session, customer_id)]))


def _open(session: Session, alike: list[tuple[str, str]]) -> list[BurstRow]:
    rows = session.exec(select(BurstRow).where(col(BurstRow.closed_at).is_(None)))
    return [row for row in rows if (row.kind, row.hash) in alike]


def listed(ledger: Ledger) -> list[Burst]:
    """Return the bursts that are open, oldest first."""
    with ledger.read() as session:
        rows = session.exec(
            select(BurstRow).where(col(BurstRow.closed_at).is_(None)).order_by(col(BurstRow.id))
        )
        return [
            Burst(id=row.id or 0, kind=row.kind, opened_at=row.opened_at, count=row.count) for row in rows
        ]


def close_burst(ledger: Ledger, number: int, *, now: datetime, by: str) -> None:
    """Close a burst: a person looked at it. Who waits because of it still waits for a decision.

    Raises:
        Refused: no such burst is open.
    """
    with ledger.write() as session:
        row = session.get(BurstRow, number, with_for_update=True)
        if row is None or row.closed_at is not None:
            raise Refused(f"No burst {number} is open: `starter.py onboarding bursts` lists them.")
        row.closed_at, row.closed_by = now, by
        session.flush()
        tasks.close_where(session, BURST, f"burst {number}:", now=now, outcome="cleared", by=by)
        journal.write(session, at=now, what="command", why=f"burst {number} was cleared", actor=by)


def linked(session: Session, customer_id: str) -> list[str]:
    """Return what a new customer has in common with blocked ones: card, email, phone or VAT id."""
    found = [kind for kind in LINKED if _blocked_alike(session, customer_id, kind)]
    contact = customers.contact(session, customer_id)
    # Who was imported has no traits; the address itself is in the ledger.
    for kind, channel, address in (("email", "email", contact.email), ("phone", "sms", contact.phone)):
        if kind not in found and address:
            others = set(customers.reached_at(session, channel, address)) - {customer_id}
            if others and session.exec(_blocked().where(col(CustomerRow.id).in_(others)).limit(1)).first():
                found.append(kind)
    return found


def linked_by(
    session: Session, customer_id: str, kind: str, value: str, *, key: bytes, now: datetime
) -> bool:
    """Note a card or a person that a provider named; return whether a blocked customer has the same."""
    note(session, customer_id, [(kind, value)], key=key, now=now)
    return _blocked_alike(session, customer_id, kind)


def _blocked_alike(session: Session, customer_id: str, kind: str) -> bool:
    mine = [row.hash for row in _of(session, customer_id) if row.kind == kind]
    if not mine:
        return False
    others = select(TraitRow.customer_id).where(
        TraitRow.kind == kind, col(TraitRow.hash).in_(mine), TraitRow.customer_id != customer_id
    )
    return session.exec(_blocked().where(col(CustomerRow.id).in_(others)).limit(1)).first() is not None


def _blocked() -> SelectOfScalar[str]:
    """Select the customers who are blocked: turned away, suspended, or gone with a debt."""
    lost = exists().where(
        col(DebtRow.customer_id) == col(CustomerRow.id), col(DebtRow.state) == "written_off"
    )
    owing = exists().where(col(DebtRow.customer_id) == col(CustomerRow.id), col(DebtRow.open_minor) > 0)
    stage = col(CustomerRow.stage)
    return select(CustomerRow.id).where(
        or_(
            stage.in_(["rejected", "suspended", "handed_over"]),
            (stage == "terminated") & owing,
            lost,
        )
    )
