"""Figures: what the engine did, counted from claims, journal and entries of the whole ledger."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from store.database import Ledger
from store.invariants import MADE
from store.tables import ClaimRow, CustomerRow, DebtRow, EntryRow, FactRow, JournalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was done.

    Attributes:
        notices, tasks: per step, how many messages or tasks.
        holds: per rule, how often something was held.
        debts_brought_back: debts that were overdue while their customer was suspended, summed over
            the suspensions that ended with a return.
        timeline: a digest of who got what on which local day; equal histories have equal digests.
    """

    customers: int
    invoices: int
    open_invoices: int
    stages: dict[str, int]
    notices: dict[str, int]
    tasks: dict[str, int]
    holds: dict[str, int]
    suspensions: int
    returns: int
    suspended_customers: int
    debts_brought_back: int
    timeline: str

    def json(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return asdict(self)


def figures(ledger: Ledger) -> Figures:
    """Count what the whole ledger holds."""
    with ledger.read() as session:
        zones = {row.id: ZoneInfo(row.timezone) for row in session.exec(select(CustomerRow))}
        stages = Counter(row.stage or "new" for row in session.exec(select(CustomerRow)))
        debts = session.exec(select(DebtRow)).all()
        made = select(ClaimRow).where(col(ClaimRow.state).in_(MADE))
        claims = session.exec(made.order_by(col(ClaimRow.claimed_at), col(ClaimRow.id))).all()
        held = session.exec(select(JournalRow.rule).where(JournalRow.what == "held")).all()
        messages = list({claim.message: claim for claim in claims}.values())
        suspends = [claim for claim in messages if claim.kind == "suspend"]
        returns = [claim for claim in messages if claim.kind == "reactivate"]
        return Figures(
            customers=len(zones),
            invoices=len(debts),
            open_invoices=sum(debt.open_minor > 0 for debt in debts),
            stages=_sorted(stages),
            notices=_sorted(Counter(claim.step for claim in messages if claim.kind == "notice")),
            tasks=_sorted(Counter(claim.step for claim in messages if claim.kind == "task")),
            holds=_sorted(Counter(rule for rule in held if rule)),
            suspensions=len(suspends),
            returns=len(returns),
            suspended_customers=len({claim.customer_id for claim in suspends}),
            debts_brought_back=_brought_back(session, suspends, returns, zones),
            timeline=_timeline(claims, zones),
        )


def _sorted(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items()))


def _timeline(claims: Iterable[ClaimRow], zones: dict[str, ZoneInfo]) -> str:
    lines = sorted(
        f"{claim.customer_id} {claim.claimed_at.astimezone(zones[claim.customer_id]):%Y-%m-%d} "
        f"{claim.step} {claim.channel} {claim.debt} {claim.opening}"
        for claim in claims
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _brought_back(
    session: Session,
    suspends: Sequence[ClaimRow],
    returns: Sequence[ClaimRow],
    zones: dict[str, ZoneInfo],
) -> int:
    """Count the debts that were overdue while their customer was suspended, where it came back."""
    returned: dict[str, list[datetime]] = defaultdict(list)
    for claim in returns:
        returned[claim.customer_id].append(claim.claimed_at)
    count = 0
    for claim in suspends:
        back_at = min((at for at in returned[claim.customer_id] if at >= claim.claimed_at), default=None)
        if back_at is not None:
            spans = _overdue_spans(session, claim.customer_id, zones[claim.customer_id])
            count += sum(begins < back_at and ends > claim.claimed_at for begins, ends in spans)
    return count


def _overdue_spans(session: Session, customer_id: str, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Give for each debt of a customer from when until when it was overdue and open, as we knew."""
    entries: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for entry in session.exec(select(EntryRow).where(EntryRow.customer_id == customer_id)):
        if entry.invoice is not None:
            entries[entry.invoice].append((entry.learned_at, entry.minor))
    for debt in session.exec(select(DebtRow).where(DebtRow.customer_id == customer_id)):
        late_from = datetime.combine(debt.due_on + timedelta(days=1), time(), zone).astimezone(UTC)
        left, settled_at = 0, datetime.max.replace(tzinfo=UTC)
        for learned_at, minor in sorted(entries[debt.invoice]):
            left += minor
            settled_at = learned_at if left <= 0 else datetime.max.replace(tzinfo=UTC)
        if settled_at > late_from:
            yield late_from, settled_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How the engine goes, at a glance.

    Attributes:
        late_since: since when the customer who waits longest should have been looked at.
        latest: the latest lines of the journal, as (instant, customer, words), oldest first.
    """

    stages: dict[str, int]
    sent: int
    held: int
    paid: int
    suspended: int
    reactivated: int
    late_since: datetime | None
    latest: tuple[tuple[datetime, str, str], ...]


def pulse(ledger: Ledger, *, latest: int) -> Pulse:
    """Count quickly; `latest` says how many lines of the journal."""
    with ledger.read() as session:
        stages = session.exec(select(CustomerRow.stage, func.count()).group_by(col(CustomerRow.stage)))
        made = select(ClaimRow.kind, func.count(func.distinct(ClaimRow.message)))
        kinds = dict(session.exec(made.where(ClaimRow.state == "sent").group_by(ClaimRow.kind)).all())
        lines = session.exec(
            select(JournalRow)
            .where(col(JournalRow.what).in_(("decided", "command")), col(JournalRow.customer_id).is_not(None))
            .order_by(col(JournalRow.id).desc())
            .limit(latest)
        ).all()
        return Pulse(
            stages={stage or "new": count for stage, count in stages},
            sent=kinds.get("notice", 0),
            held=session.exec(select(func.count()).where(JournalRow.what == "held")).one(),
            paid=session.exec(select(func.count()).where(FactRow.kind == "payment_received")).one(),
            suspended=kinds.get("suspend", 0),
            reactivated=kinds.get("reactivate", 0),
            late_since=session.exec(select(func.min(CustomerRow.wake_at))).one(),
            latest=tuple(
                (
                    line.at,
                    line.customer_id or "",
                    f"{line.step or ''} {line.channel or ''}: {line.why}".strip(),
                )
                for line in reversed(lines)
            ),
        )
