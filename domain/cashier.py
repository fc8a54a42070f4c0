"""What is asked of whoever charges cards, and what is answered: values only."""

from dataclasses import dataclass
from typing import Literal

from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A request to take money from a card.

    Attributes:
        reference: of the claim, by which the vendor can be asked about it.
        instrument: the vendor's name for the card; empty where nobody said which.
        attempt: of this claim, from 1: the one before certainly came to nothing.
    """

    reference: str
    customer: str
    invoice: str
    instrument: str
    amount: Money
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How a charge went.

    Attributes:
        provider_ref: the vendor's own name for it.
        decline: the vendor's code, of one that was declined.
    """

    reference: str
    provider_ref: str
    instrument: str
    amount: Money
    outcome: Literal["paid", "in_flight", "declined"]
    decline: str | None = None
