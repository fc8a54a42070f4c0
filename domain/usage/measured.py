"""One reading of usage as a provider gives it, and the fact that it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from domain.facts import UsageReported
from domain.money import decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What an account used of a month, until an instant.

    Attributes:
        account: the id that the provider has for the customer, or our own.
        amount: in major units, with as many decimals as the provider has.
        read_at: when it was measured; its month is that of the customer's calendar.
    """

    account: str
    amount: Decimal
    currency: str
    read_at: datetime
    subscription: str | None = None

    def fact(self, zone: str) -> UsageReported:
        """Return the fact of a customer in a zone; the amount is rounded here, once, half to even.

        Raises:
            ValueError: the amount or the currency cannot be.
        """
        places = Decimal((0, (1,), -decimals(self.currency)))
        return UsageReported(
            month=f"{self.read_at.astimezone(ZoneInfo(zone)):%Y-%m}",
            amount=self.amount.quantize(places, rounding=ROUND_HALF_EVEN),
            currency=self.currency,
            subscription=self.subscription,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingsPage:
    """Some readings; `after` asks for the next ones, and is None behind the last."""

    readings: Sequence[Measured]
    after: str | None = None
