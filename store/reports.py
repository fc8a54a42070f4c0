"""Reports over the whole ledger; they only read, all of it as of one moment."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, or_, select

from domain.ageing import Ageing
from domain.decide import decide
from domain.effects import Effect, by_invoice
from domain.money import Money
from store import facts, policies
from store.database import Ledger
from store.errors import NoPolicy
from store.reporting import ages
from store.tables import CustomerRow, DebtRow


def ageing(ledger: Ledger, *, as_of: date, known_at: datetime | None = None) -> Ageing:
    """Return what was owed at the end of `as_of`, by how late it was then.

    With all that is known now; or, with `known_at`, with what was known at that instant.
    """
    with ledger.read() as session:
        return ages.ageing(session, as_of=as_of, known_at=known_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedEffect:
    """One effect that a plan wants now."""

    customer_id: str
    effect: Effect

    @property
    def words(self) -> str:
        """The effect in one line."""
        asked = ", ".join(f"{invoice} {amount}" for invoice, amount in self._debts())
        about = f" for {asked}" if asked else ""
        return f"{self.customer_id}: {self.effect.key}{about}: {self.effect.reason.words}"

    def json(self) -> dict[str, Any]:
        """Return the effect as JSON values."""
        return {
            "customer": self.customer_id,
            "effect": self.effect.kind,
            "step": self.effect.step,
            "channel": self.effect.channel,
            "debts": {invoice: amount.plain() for invoice, amount in self._debts()},
            "rule": self.effect.reason.rule,
            "why": self.effect.reason.words,
        }

    def _debts(self) -> list[tuple[str, Money]]:
        return list(by_invoice(self.effect.debts).items())


def invoices(ledger: Ledger) -> set[str]:
    """Return the numbers of all invoices that are booked."""
    with ledger.read() as session:
        return set(session.exec(select(DebtRow.invoice)))


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would go out now, and what keeps more from it.

    Attributes:
        wanted: by customer; customers without a policy are left out, for them nothing goes out.
        without_policy: how many those are.
        codes: so many new customers wait for a code that a switch put off.
        closed: so many customers have something that only waits for the hours in which it may go out.
        opens_at: when the first of these hours begins.
        next_at: when the next customer is looked at of whom nothing is due now.
    """

    wanted: tuple[WantedEffect, ...]
    without_policy: int
    codes: int
    closed: int
    opens_at: datetime | None
    next_at: datetime | None


def dry_run(ledger: Ledger, *, now: datetime) -> DryRun:
    """Return what would go out now for all customers; nothing is written."""
    wanted: list[WantedEffect] = []
    openings: list[datetime] = []
    codes = 0
    # Whoever has something wanted is due for a look, or has not been looked at since something changed,
    # or was put off by a switch until some later look.
    waiting = or_(
        col(CustomerRow.halted),
        col(CustomerRow.wake_at) <= now,
        col(CustomerRow.wake_at) <= col(CustomerRow.last_now),
        col(CustomerRow.revision) > col(CustomerRow.assessed_revision),
    )
    later = select(func.min(CustomerRow.wake_at)).where(col(CustomerRow.wake_at) > now)
    with ledger.read() as session:
        rows = session.exec(select(CustomerRow).where(waiting)).all()
        for row in sorted(rows, key=lambda row: row.id):
            try:
                loaded = facts.load(session, row, now=now)
            except NoPolicy:
                continue
            decision = decide(loaded.policy, loaded.account, max(now, row.last_now))
            wanted += [WantedEffect(customer_id=row.id, effect=effect) for effect in decision.effects]
            shut = [held.until for held in decision.held if held.reason.rule.startswith("window.")]
            openings += sorted(filter(None, shut))[:1]
            codes += row.halted and loaded.account.onboarding == "pending" and not decision.effects
        return DryRun(
            wanted=tuple(wanted),
            without_policy=sum(policies.uncovered(session).values()),
            codes=codes,
            closed=len(openings),
            opens_at=min(openings, default=None),
            next_at=session.exec(later).one(),
        )
