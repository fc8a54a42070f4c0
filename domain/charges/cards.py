"""The cards of a customer, and every attempt to charge one: ours, and those that others made."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.channels import CHARGE
from domain.claim import Claim

ENGINE = "engine"
"""Who made a charge that counts on the ladder; what customers and administrators try themselves does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card, as it was added.

    Attributes:
        instrument: the provider's name for it, which is no card number.
        network: visa, mastercard, ...; None where nobody said.
        number: of the cards of this customer, from 1, counted as they were added.
    """

    instrument: str
    network: str | None
    number: int
    added_at: datetime
    removed_at: datetime | None = None

    def usable_at(self, at: datetime) -> bool:
        """Whether it had been added by then, and not removed."""
        return self.added_at <= at and (self.removed_at is None or at < self.removed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A charge that came to nothing and was not begun by a claim of ours.

    Attributes:
        instrument: the card; None where nobody said and nobody can know.
    """

    at: datetime
    invoice: str | None
    decline: str | None
    by: str | None
    instrument: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to charge a card.

    Attributes:
        declined: whether it came to nothing; one that nobody has answered yet has not.
        counts: whether it is one of the engine's own, which alone move the ladder.
    """

    at: datetime
    invoice: str | None
    instrument: str | None
    decline: str | None = None
    declined: bool
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """Every card that there was, in the order in which it was added, and what went wrong with them.

    Attributes:
        failures: those that no claim of ours began.
        charged_back_at: when the newest chargeback that stands came in; cards from before it are left alone.
    """

    cards: tuple[Card, ...] = ()
    failures: tuple[Failure, ...] = field(default=())
    charged_back_at: datetime | None = None

    def card_at(self, at: datetime) -> Card | None:
        """Return the card that was charged then: the newest that is there, because the customer chose it."""
        return next((card for card in reversed(self.cards) if card.usable_at(at)), None)

    def attempts(self, claims: Iterable[Claim]) -> tuple[Attempt, ...]:
        """Return every attempt, in order of time: those of our claims, and those that others made."""
        found = [self._of(claim) for claim in claims if claim.channel == CHARGE and claim.stands]
        found += [
            Attempt(
                at=each.at,
                invoice=each.invoice,
                instrument=each.instrument,
                decline=each.decline,
                declined=True,
                counts=each.by == ENGINE,
            )
            for each in self.failures
        ]
        return tuple(sorted(found, key=lambda attempt: attempt.at))

    def _of(self, claim: Claim) -> Attempt:
        card, charged = self.card_at(claim.claimed_at), claim.charged
        return Attempt(
            at=claim.claimed_at,
            invoice=claim.invoices[0],
            instrument=(charged.instrument if charged else None) or (card.instrument if card else None),
            decline=charged.decline if charged else None,
            declined=bool(charged and charged.declined),
            counts=True,
        )
