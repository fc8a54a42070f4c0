"""What was recovered of what became overdue: cohorts from entries, claims and journal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from domain.claim_key import invoice_of
from domain.money import Money
from domain.own_steps import RESERVED
from domain.recovery import LateDebt, Recovery, recovery, window_ends
from store.database import Ledger
from store.invariants import MADE
from store.reporting.items import debts_then
from store.tables import ClaimRow, CustomerRow, DebtRow, JournalRow

FACTS, ENTRIES = SQLModel.metadata.tables["facts"], SQLModel.metadata.tables["entries"]
By = Literal["arm", "step"]
NO_ARM, NO_STEP = "no experiment", "no step"
_MONEY = ("payment_received", "payment_cancelled", "refunded", "charged_back", "chargeback_reversed")


@dataclass(frozen=True, slots=True)
class _Posted:
    """What one kind of fact did to a debt on one day, in minor units."""

    on: date
    money: bool
    minor: int


def recovered(
    ledger: Ledger,
    *,
    first: date | None,
    last: date | None,
    within_days: int,
    as_of: date,
    by: By | None,
    known_at: datetime | None = None,
) -> Recovery:
    """Return the report on debts that became overdue from `first` to `last`.

    Args:
        as_of: what happened later counts for nothing.
        known_at: nor does what was learned later; None for all that is known now.
        by: split by the arm in which a customer was when the debt became overdue, or by the last step that
            was taken for the debt before it was settled or its days were over.
    """
    with ledger.read() as session:
        return recovered_in(
            session,
            first=first,
            last=last,
            within_days=within_days,
            as_of=as_of,
            by=by,
            known_at=known_at,
        )


def recovered_in(
    session: Session,
    *,
    first: date | None,
    last: date | None,
    within_days: int,
    as_of: date,
    by: By | None,
    known_at: datetime | None = None,
) -> Recovery:
    """Return the same from a transaction that reads."""
    zones = {row.id: ZoneInfo(row.timezone) for row in session.exec(select(CustomerRow)).all()}
    posted = _posted(session, as_of, known_at)
    group = _groups(session, by, zones)
    then = debts_then(session, [as_of], known_at)
    debts = []
    for debt in session.exec(select(DebtRow)).all():
        was = then.get((debt.customer_id, debt.invoice), {}).get(as_of)
        late_on = max(debt.due_on if was is None else was.due_on, debt.issued_on) + timedelta(days=1)
        if _in(first, late_on, min(last or as_of, as_of)):
            late = _late(debt, late_on, posted[debt.customer_id, debt.invoice], within_days, group)
            debts += [] if late is None else [late]
    return recovery(debts, within_days=within_days, as_of=as_of, by=by)


def _in(first: date | None, day: date, last: date) -> bool:
    return (first is None or first <= day) and day <= last


def _posted(
    session: Session, as_of: date, known_at: datetime | None
) -> Mapping[tuple[str, str], list[_Posted]]:
    of = (ENTRIES.c.customer_id, ENTRIES.c.invoice, ENTRIES.c.happened_on, FACTS.c.kind)
    said = sa.and_(FACTS.c.source == ENTRIES.c.source, FACTS.c.source_id == ENTRIES.c.fact)
    sums = (
        sa.select(*of, sa.func.sum(ENTRIES.c.minor))
        .select_from(ENTRIES.join(FACTS, said))
        .where(ENTRIES.c.invoice.is_not(None), ENTRIES.c.happened_on <= as_of)
        .group_by(*of)
    )
    if known_at is not None:
        sums = sums.where(ENTRIES.c.learned_at <= known_at)
    found: dict[tuple[str, str], list[_Posted]] = defaultdict(list)
    for customer_id, invoice, on, kind, minor in session.connection().execute(sums):
        found[customer_id, invoice].append(_Posted(on, kind in _MONEY, int(minor)))
    return found


class _Groups:
    """In which group a debt is; without a split all are in one."""

    def of(self, debt: DebtRow, late_on: date, until: date) -> str:
        """Return the group of a debt that was being asked for until a day."""
        return ""


class _Arms(_Groups):
    """By the arm in which the customer was when the debt became overdue: a later one is no cause."""

    def __init__(self, session: Session, zones: Mapping[str, ZoneInfo]) -> None:
        self.zones = zones
        self.chosen: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        lines = select(JournalRow).where(JournalRow.rule == "assigned.changed").order_by(col(JournalRow.id))
        for line in session.exec(lines).all():
            before = {name.removeprefix("before_"): value for name, value in line.reason.items()}
            self._add(line.customer_id or "", before)
        for row in session.exec(select(CustomerRow).where(col(CustomerRow.chosen).is_not(None))).all():
            self._add(row.id, row.chosen or {})

    def _add(self, customer_id: str, chosen: Mapping[str, str]) -> None:
        arm = f"{chosen['experiment']}/{chosen['arm']}" if "arm" in chosen else NO_ARM
        self.chosen[customer_id].append((datetime.fromisoformat(chosen["since"]), arm))

    def of(self, debt: DebtRow, late_on: date, until: date) -> str:
        late_at = datetime.combine(late_on, time(), self.zones[debt.customer_id])
        before = [arm for since, arm in self.chosen[debt.customer_id] if since <= late_at]
        return before[-1] if before else NO_ARM


class _Steps(_Groups):
    """By the last step of a policy that was taken for a debt."""

    def __init__(self, session: Session, zones: Mapping[str, ZoneInfo]) -> None:
        self.taken: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
        made = select(ClaimRow).where(col(ClaimRow.state).in_(MADE), col(ClaimRow.step).not_in(RESERVED))
        for claim in session.exec(made.order_by(col(ClaimRow.claimed_at), col(ClaimRow.id))).all():
            on = claim.claimed_at.astimezone(zones[claim.customer_id]).date()
            self.taken[claim.customer_id, invoice_of(claim.debt)].append((on, claim.step))

    def of(self, debt: DebtRow, late_on: date, until: date) -> str:
        taken = [step for on, step in self.taken[debt.customer_id, debt.invoice] if on <= until]
        return taken[-1] if taken else NO_STEP


def _groups(session: Session, by: By | None, zones: Mapping[str, ZoneInfo]) -> _Groups:
    match by:
        case "arm":
            return _Arms(session, zones)
        case "step":
            return _Steps(session, zones)
        case None:
            return _Groups()


def _late(
    debt: DebtRow, late_on: date, posted: Sequence[_Posted], within_days: int, group: _Groups
) -> LateDebt | None:
    """Return a debt of which something was open when it became overdue; None when nothing was."""
    ends = window_ends(late_on, within_days)
    amount = sum(each.minor for each in posted if each.on < late_on)
    if amount <= 0:
        return None
    window = [each for each in posted if late_on <= each.on <= ends]
    until = min(_settled_on(amount, window), ends)
    return LateDebt(
        late_on=late_on,
        amount=Money(amount, debt.currency),
        came_in=Money(-sum(each.minor for each in window if each.money), debt.currency),
        settled_otherwise=Money(-sum(each.minor for each in window if not each.money), debt.currency),
        group=group.of(debt, late_on, until),
    )


def _settled_on(amount: int, window: Iterable[_Posted]) -> date:
    left = amount
    for each in sorted(window, key=lambda each: each.on):
        left += each.minor
        if left <= 0:
            return each.on
    return date.max
