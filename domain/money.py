"""Money as whole minor units of one currency; never a float, never two currencies mixed.

Decimals per currency follow ISO 4217. Currencies we do not know are refused rather than guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

# ISO 4217 minor units that differ from two, among the currencies listed below.
_NO_DECIMALS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_TWO_DECIMALS = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ
    GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
    RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD
    TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG""".split()
)
CURRENCIES = _NO_DECIMALS | _TWO_DECIMALS | _THREE_DECIMALS

# More than any invoice has; the ledger adds thousands of such amounts in 64 bits.
_MOST_DIGITS = 15
# Of our own, because the precision of the ambient context is anybody's to change.
_WIDE = Context(prec=28)
# Decimal() itself would also take floats, `1_490`, `1e3` and digits of other scripts.
PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class MoneyError(ValueError):
    """An amount or a currency that cannot be money; the message says what would be right."""


def decimals(currency: str) -> int:
    """Return how many decimals `currency` has: 0, 2 or 3.

    Raises:
        MoneyError: the code is not an ISO 4217 currency in circulation.
    """
    if currency in _TWO_DECIMALS:
        return 2
    if currency in _NO_DECIMALS:
        return 0
    if currency in _THREE_DECIMALS:
        return 3
    raise MoneyError(f"unknown currency {currency!r}: write an ISO 4217 code such as EUR")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: `minor` whole minor units of `currency` (1490.00 EUR is 149000 EUR minor).

    Raises:
        MoneyError: `minor` is no whole number, an unknown currency, or two currencies mixed.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"{self.minor!r} is not a number of minor units: write 149000 for 1490.00")
        decimals(self.currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing of `currency`."""
        return cls(0, currency)

    @classmethod
    def of(cls, amount: Decimal | str, currency: str) -> "Money":
        """Return the exact amount; `amount` is in major units, as a decimal or as text like `1490.00`.

        Raises:
            MoneyError: not a finite decimal, an unknown currency, more decimals than it has, or
                more than 15 digits of minor units.
        """
        places = decimals(currency)
        value = _decimal(amount)
        if value.adjusted() + places >= _MOST_DIGITS:
            raise MoneyError(f"{amount} {currency} is too large: {_MOST_DIGITS} digits at most")
        exact = value.quantize(Decimal((0, (1,), -places)), context=_WIDE)
        if exact != value:
            raise MoneyError(f"{amount} {currency}: {currency} has {places} decimals")
        return cls(int(exact.scaleb(places, _WIDE)), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with the currency's own number of decimals."""
        return Decimal(f"{self.minor}E-{decimals(self.currency)}")

    def portion(self, rate: Decimal) -> "Money":
        """Return `rate` (a fraction of one) of this amount, rounded once, half to even.

        Raises:
            MoneyError: `rate` is no finite decimal.
        """
        if not isinstance(rate, Decimal) or not rate.is_finite():
            raise MoneyError(f"{rate!r} is not a rate: write a decimal such as Decimal('0.08')")
        return Money(round(self.minor * Fraction(rate)), self.currency)

    def plain(self) -> str:
        """Return the amount alone, for files and JSON: `1490.00`."""
        return f"{self.amount:f}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.amount:,f} {self.currency}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise MoneyError(f"{self} and {other} are two currencies: convert one first")
        return other.minor


def per_currency(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Return the sum of each currency, by its code; a sum of nothing is one too."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        known = sums.get(amount.currency)
        sums[amount.currency] = amount if known is None else known + amount
    return tuple(sums[currency] for currency in sorted(sums))


def _decimal(amount: Decimal | str) -> Decimal:
    if isinstance(amount, Decimal) and amount.is_finite():
        return amount
    if isinstance(amount, str) and PLAIN.fullmatch(amount.strip()):
        return Decimal(amount.strip())
    raise MoneyError(f"{amount!r} is not an amount: write it like 1490.00")
