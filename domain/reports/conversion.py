"""A report in one currency: by rates that finance states. None is ever fetched, and each is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.money import Money, decimals


class NoRate(ValueError):
    """There is money in currencies for which no rate was stated; the message names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """Rates into one currency.

    Attributes:
        into: the currency of the report.
        rates: of each other currency, what one unit of it is worth.
        stated_on: the day of the rates, as finance states it.
    """

    into: str
    rates: Mapping[str, Decimal]
    stated_on: date

    def rate(self, currency: str) -> Decimal:
        """Return what one unit of a currency is worth."""
        return Decimal(1) if currency == self.into else self.rates[currency]

    def money(self, amount: Money) -> Money:
        """Return an amount in the currency of the report, rounded once, half to even.

        Raises:
            NoRate: none was stated for its currency.
        """
        self.need([amount.currency])
        places = decimals(self.into) - decimals(amount.currency)
        exact = amount.minor * Fraction(self.rate(amount.currency)) * Fraction(10) ** places
        return Money(round(exact), self.into)

    def need(self, currencies: Iterable[str]) -> None:
        """Return when there is a rate for each of these currencies.

        Raises:
            NoRate: for some there is none.
        """
        missing = sorted({each for each in currencies if each != self.into and each not in self.rates})
        if missing:
            raise NoRate(
                f"there is money in {' and '.join(missing)}: say what one of it is worth in {self.into},"
                f" such as --rate {missing[0]}=1.25"
            )

    def words(self, currencies: Iterable[str]) -> str:
        """Say at which rates these currencies were converted."""
        foreign = [each for each in sorted(set(currencies)) if each != self.into]
        rates = ", ".join(f"1 {each} = {self.rates[each]} {self.into}" for each in foreign)
        if not rates:
            return f"All of it is in {self.into}: nothing was converted."
        return f"Converted into {self.into} at rates that finance stated as of {self.stated_on}: {rates}."
