"""Amounts as Stripe writes them: whole minor units, with decimals of its own for a few currencies.

Source: docs.stripe.com/currencies, zero-decimal and three-decimal currencies, and special cases.
"""

from domain.money import Money, MoneyError, decimals

_TWO_DECIMALS = frozenset({"ISK", "UGX"})
"""Without decimals in ISO 4217; Stripe takes them with two, which have to be 00."""
_NO_DECIMALS = frozenset({"MGA"})
"""With two decimals in ISO 4217, that nobody uses; Stripe takes none."""
_LAST_IS_ZERO = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""With three decimals, of which card networks know two."""


def to_stripe(money: Money) -> int:
    """Return the amount as Stripe takes it.

    Raises:
        MoneyError: it has a part that no card can be charged with.
    """
    exponent = _decimals(money.currency) - decimals(money.currency)
    least = 10 if money.currency in _LAST_IS_ZERO else _power(-exponent)
    if money.minor % least:
        raise MoneyError(f"{money} is no amount that a card can be charged with: it is a part too fine")
    return money.minor * _power(exponent) // _power(-exponent)


def from_stripe(amount: int, currency: str) -> Money:
    """Return the amount that Stripe writes so.

    Raises:
        MoneyError: a currency that nobody knows, or a part of its smallest unit.
    """
    code = currency.upper()
    exponent = _decimals(code) - decimals(code)
    unit = _power(exponent)
    if amount % unit:
        raise MoneyError(f"{amount} is no amount of {code} as Stripe writes it")
    return Money(amount // unit * _power(-exponent), code)


def _decimals(currency: str) -> int:
    if currency in _TWO_DECIMALS:
        return 2
    return 0 if currency in _NO_DECIMALS else decimals(currency)


def _power(exponent: int) -> int:
    """Ten to this power; one where it is negative."""
    return int(10 ** max(exponent, 0))
