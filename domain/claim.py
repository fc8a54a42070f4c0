"""A claim: our record of one effect that was begun, and of how it went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.channels import CHANNELS
from domain.claim_key import invoice_of
from domain.effects import EffectKind
from domain.facts import Fault

ClaimState = Literal["claimed", "released", "sent", "refused", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """The answer to a charge.

    Attributes:
        decline: the code with which it was declined; None for money that came, or is on its way.
        instrument: the card, where the answer names it.
    """

    at: datetime
    decline: str | None = None
    instrument: str | None = None

    @property
    def declined(self) -> bool:
        """Whether it came to nothing."""
        return self.decline is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One effect that was begun: a message, a task, a suspension, a return, a charge.

    Attributes:
        message: the reference it carries outside, unique.
        debts: the invoices or parts of them that it is about, each by its key, with their opening.
        state: `claimed` until the outcome is known; `unknown` when not even asking could tell;
            `released` and `refused` ones did not happen.
        attempt: of these debts by this step and channel, from 1.
        suspend_on: the day of suspension that the message announced.
        charged: of a charge, its answer; None while there is none.
        provider_ref: the vendor's own name for the message, once it took it.
        fault: of what did not arrive, why, where that says nothing sure of the address.
        kind: of the effect; None where only its step says it. The policy may have lost the step meanwhile.
    """

    message: str
    step: str
    channel: str
    debts: tuple[tuple[str, int], ...]
    claimed_at: datetime
    state: ClaimState = "sent"
    attempt: int = 1
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    suspend_on: date | None = None
    charged: Charged | None = None
    fault: Fault | None = None
    provider_ref: str | None = None
    kind: EffectKind | None = None

    @property
    def stands(self) -> bool:
        """Whether it happened, or may have."""
        return self.state in ("claimed", "sent", "unknown") and self.bounced_at is None

    @property
    def invoices(self) -> tuple[str, ...]:
        """The invoices it is about, those of parts too."""
        return tuple(invoice_of(key) for key, _ in self.debts)

    @property
    def is_message(self) -> bool:
        """Whether it is a message to the customer."""
        return self.channel in CHANNELS

    @property
    def unsettled(self) -> bool:
        """Whether nobody knows yet if it happened."""
        return self.state == "claimed"


def in_order(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return claims in the order in which they were begun."""
    return tuple(sorted(claims, key=lambda claim: (claim.claimed_at, claim.message)))
