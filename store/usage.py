"""Readings of usage become facts: of each account once, at the door of its customer."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from domain.money import Money
from domain.rules.usage import standing_of
from domain.situation import Situation
from domain.usage.measured import Measured
from domain.usage.watch import Standing, suspicion
from store import customers, facts, service_accounts
from store.database import Ledger
from store.doors import record_locked
from store.facts import NewFact
from store.tables import CustomerRow, FactRow

SOURCE = "usage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What became of readings.

    Attributes:
        wake: the customers whose workflows have to look.
        unknown: how many readings came to nothing, by why.
    """

    accepted: int
    wake: tuple[str, ...]
    unknown: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """How one customer's usage stands; `standing` is None where no month is watched now."""

    customer_id: str
    standing: Standing | None
    unbilled: tuple[Money, ...]
    odd: bool

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        stands = self.standing
        shown: dict[str, Any] = {
            "customer": self.customer_id,
            "unbilled": {money.currency: money.plain() for money in self.unbilled},
            "odd": self.odd,
        }
        if stands is None:
            return shown
        return shown | {
            "month": stands.month,
            "currency": stands.used.currency,
            "used": stands.used.plain(),
            "budget": stands.budget.amount.plain(),
            "agreed": stands.budget.agreed,
            "percent": str(stands.percent),
            "level": stands.level,
            "forecast": None if stands.forecast is None else stands.forecast.plain(),
            "read_on": stands.read_on.isoformat(),
        }


def standings(ledger: Ledger, *, now: datetime, customer_id: str | None = None) -> list[Stands]:
    """Return how the usage of customers stands, by id: of one, or of all who use.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    with ledger.read() as session:
        users = select(FactRow.customer_id).where(FactRow.kind == "usage_reported").distinct()
        wanted = [customer_id] if customer_id is not None else sorted(session.exec(users))
        return [_stands(session, customers.get(session, each), now) for each in wanted]


def _stands(session: Session, row: CustomerRow, now: datetime) -> Stands:
    now = max(now, row.last_now)
    loaded = facts.load(session, row, now=now)
    at = Situation(policy=loaded.policy, account=loaded.account, now=now)
    stands = standing_of(at)
    odd = stands is not None and suspicion(at.policy.usage, stands) is not None
    left = tuple(money for money in at.account.unbilled if money)
    return Stands(customer_id=row.id, standing=stands, unbilled=left, odd=odd)


def take(ledger: Ledger, readings: Sequence[Measured], *, now: datetime) -> Read:
    """Take readings, each once; one that cannot be used is counted and keeps no other back."""
    with ledger.read() as session:
        owners = service_accounts.owners(session, (each.account for each in readings))
    unknown: Counter[str] = Counter()
    by_customer: dict[str, list[Measured]] = {}
    for each in readings:
        if each.account in owners:
            by_customer.setdefault(owners[each.account], []).append(each)
        elif each.amount:
            unknown["of an account that is no customer's"] += 1
    accepted, wake = 0, []
    for customer_id, measured in sorted(by_customer.items()):
        with ledger.write() as session:
            row = customers.lock(session, customer_id)
            new = _facts(session, row, measured, unknown)
            recorded = record_locked(session, row, new, now=max(now, row.last_now))
        accepted += recorded.accepted
        if recorded.wake:
            wake.append(customer_id)
    return Read(accepted=accepted, wake=tuple(wake), unknown=dict(unknown))


def _facts(
    session: Session, row: CustomerRow, measured: Sequence[Measured], unknown: Counter[str]
) -> list[NewFact]:
    used = _uses(session, row.id)
    new: dict[str, NewFact] = {}
    for each in measured:
        if not each.amount and not used:
            continue  # Of whoever never used anything nothing is kept.
        try:
            body = each.fact(row.timezone)
        except ValueError:
            unknown["with an amount or currency that cannot be"] += 1
            continue
        name = _name(each)
        if not facts.recorded(session, SOURCE, name):
            new[name] = NewFact(source=SOURCE, id=name, happened_at=each.read_at, body=body)
    return list(new.values())


def _uses(session: Session, customer_id: str) -> bool:
    reported = select(FactRow.number).where(
        FactRow.customer_id == customer_id, FactRow.kind == "usage_reported"
    )
    return session.exec(reported.limit(1)).first() is not None


def _name(each: Measured) -> str:
    """Name a reading by all that it says: a corrected one of the same instant is another."""
    said = [each.account, each.subscription or "", each.read_at.isoformat(), str(each.amount), each.currency]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]
