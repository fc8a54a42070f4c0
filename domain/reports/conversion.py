"""A report in one currency: by rates that finance states. None is ever fetched, and each is shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from domain.money import CURRENCIES, PLAIN, Money, decimals


class NoRate(ValueError):
    """There is money in currencies for which no rate was stated; the message names them."""


class BadRate(ValueError):
    """What was stated is no currency, or no rate; the message says what would be right."""


def read_currency(code: str) -> str:
    """Return the currency of a report as it was written.

    Raises:
        BadRate: nobody knows it.
    """
    into = code.strip().upper()
    if into not in CURRENCIES:
        raise BadRate(f"unknown currency {into!r}: write an ISO 4217 code such as EUR")
    return into


def read_rate(pair: str, into: str) -> tuple[str, Decimal]:
    """Return the rate of a currency as it was written, `USD=0.92`.

    Raises:
        BadRate: it names no other currency, or no rate.
    """
    code, _, number = pair.partition("=")
    code, number = code.strip().upper(), number.strip()
    if code not in CURRENCIES or code == into:
        raise BadRate(f"{pair!r} names no other currency: write it like USD=0.92")
    if not PLAIN.fullmatch(number) or Decimal(number) <= 0:
        raise BadRate(f"{pair!r} has no rate above 0: write it like USD=0.92")
    return code, Decimal(number)


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
        return Money(round(self._exact(amount)), self.into)

    def parts(self, amounts: Sequence[Money], total: Money) -> list[Money]:
        """Return converted parts that add up to a converted total, so that every table has the same total.

        Each is rounded down, and what is missing goes to those that lost most by it.
        """
        exact = [self._exact(amount) for amount in amounts]
        minors = [floor(each) for each in exact]
        by_loss = sorted(range(len(exact)), key=lambda place: (minors[place] - exact[place], place))
        missing = total.minor - sum(minors)
        for place in by_loss[:missing] if missing >= 0 else by_loss[missing:]:
            minors[place] += 1 if missing > 0 else -1
        return [Money(minor, self.into) for minor in minors]

    def _exact(self, amount: Money) -> Fraction:
        places = decimals(self.into) - decimals(amount.currency)
        return amount.minor * Fraction(self.rate(amount.currency)) * Fraction(10) ** places

    def need(self, currencies: Iterable[str]) -> None:
        """Return when there is a rate for each of these currencies.

        Raises:
            NoRate: for some there is none.
        """
        missing = sorted({each for each in currencies if each != self.into and each not in self.rates})
        if missing:
            raise NoRate(
                f"there is money in {' and '.join(missing)}: say what one of it is worth in {self.into},"
                f" such as {missing[0]}=1.25"
            )

    def words(self, currencies: Iterable[str]) -> str:
        """Say at which rates these currencies were converted."""
        foreign = [each for each in sorted(set(currencies)) if each != self.into]
        rates = ", ".join(f"1 {each} = {self.rates[each]} {self.into}" for each in foreign)
        if not rates:
            return f"All of it is in {self.into}: nothing was converted."
        return f"Converted into {self.into} at rates that finance stated as of {self.stated_on}: {rates}."
