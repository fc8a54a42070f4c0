"""The output of a simulation: a line for everything done, held or changed, and how it ended."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from domain.account import Account
from domain.effects import Effect, EffectDebt, by_invoice
from domain.money import per_currency
from domain.reasons import Reason
from domain.simulation.choosing import Assigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a timeline."""

    at: datetime
    kind: Literal["effect", "stage", "held"]
    stage: str
    effect: str | None = None
    step: str | None = None
    channel: str | None = None
    debts: tuple[EffectDebt, ...] = ()
    reason: Reason | None = None

    def json(self) -> dict[str, Any]:
        """Return the line in the simulation format."""
        return {
            "at": utc_text(self.at),
            "kind": self.kind,
            "stage": self.stage,
            "effect": self.effect,
            "step": self.step,
            "channel": self.channel,
            "debts": {invoice: amount.plain() for invoice, amount in by_invoice(self.debts).items()},
            "rule": self.reason.rule if self.reason else None,
            "why": self.reason.words if self.reason else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a simulation went: every line, and the account at its end.

    Attributes:
        stage: empty where no policy was ever for the customer.
        assigned: where the policy was chosen among several, each one from when on, and why.
    """

    lines: tuple[Line, ...]
    account: Account
    stage: str
    next: Line | None
    assigned: tuple[Assigned, ...] = ()

    def json(self) -> dict[str, Any]:
        """Return the outcome in the simulation format."""
        balance = per_currency(debt.open for debt in self.account.debts)
        following = None
        if self.next is not None:
            following = {
                "at": utc_text(self.next.at),
                "effect": self.next.effect,
                "step": self.next.step,
            }
        policies = [{"at": utc_text(each.at), **each.json()} for each in self.assigned]
        return {
            **({"policies": policies} if policies else {}),
            "timeline": [line.json() for line in self.lines],
            "end": {
                "stage": self.stage,
                "balance": {money.currency: money.plain() for money in balance},
                "next": following,
            },
        }


def utc_text(at: datetime) -> str:
    """Write an instant as ISO 8601 in UTC: 2026-02-03T08:00:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def effect_line(effect: Effect, at: datetime, stage: str) -> Line:
    """Return the line of an effect that is done."""
    return Line(
        at=at,
        kind="effect",
        stage=stage,
        effect=effect.kind,
        step=effect.step,
        channel=effect.channel,
        debts=effect.debts,
        reason=effect.reason,
    )
