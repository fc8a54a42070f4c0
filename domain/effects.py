"""Effects: what is wanted now, what one rule holds, and when to look again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from domain.channels import NO_DEBTS
from domain.claim_key import key_of
from domain.facts import Body
from domain.money import Money
from domain.reasons import Reason

EffectKind = Literal[
    "notice",
    "task",
    "restrict",
    "suspend",
    "reactivate",
    "terminate",
    "onboard",
    "charge",
    "provision",
    "book",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectDebt:
    """A debt that an effect is about, or a part of an invoice, with what is asked for."""

    invoice: str
    opening: int
    amount: Money
    part: str = ""

    @property
    def key(self) -> str:
        """What claims about it count by."""
        return key_of(self.invoice, self.part) if self.part else self.invoice


def by_invoice(debts: Iterable[EffectDebt]) -> dict[str, Money]:
    """Return what is asked for by invoice, its parts added up; service and onboarding are no debts."""
    sums: dict[str, Money] = {}
    for debt in debts:
        if debt.invoice not in NO_DEBTS:
            known = sums.get(debt.invoice)
            sums[debt.invoice] = debt.amount if known is None else known + debt.amount
    return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something wanted now.

    Attributes:
        channel: email, sms, task, service, onboarding, charge, provision or book.
        template: of a notice.
        suspend_on: the day of suspension that this notice announces, or has announced.
        instrument: of a charge, the card.
        body: the fact that it makes; of a provisioning once that was verified.
        settles: the message of an earlier claim whose outcome nobody knows.
    """

    kind: EffectKind
    step: str
    channel: str
    debts: tuple[EffectDebt, ...] = ()
    reason: Reason
    template: str = ""
    suspend_on: date | None = None
    instrument: str = ""
    body: Body | None = None
    settles: str | None = None

    @property
    def key(self) -> str:
        """Unique within one plan: at most one effect per step and channel is wanted at a time."""
        return f"{self.step}/{self.channel}"

    @property
    def about(self) -> str:
        """Short for its debts: the same step for other debts is another effect."""
        openings = " ".join(sorted(f"{debt.key}#{debt.opening}" for debt in self.debts))
        return hashlib.sha256(openings.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Something that would be wanted now, were it not for one rule.

    Attributes:
        until: when the rule ends by itself; None when only news can end it.
    """

    step: str
    channel: str = ""
    debts: tuple[EffectDebt, ...] = ()
    reason: Reason
    until: datetime | None = None


@dataclass(slots=True)
class Wanted:
    """What a part of the plan asks for: effects, holds, and instants at which to look again."""

    effects: list[Effect] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    later: list[datetime] = field(default_factory=list)

    def hold(self, held: Held) -> None:
        """Note a hold, and look again when it ends by itself."""
        self.held.append(held)
        if held.until is not None:
            self.later.append(held.until)

    def add(self, other: "Wanted") -> None:
        """Take over what another part asks for."""
        self.effects += other.effects
        self.held += other.held
        self.later += other.later
