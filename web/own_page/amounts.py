"""Amounts as customers type them: with the comma or the point of their country, in groups or not."""

import re
from decimal import Decimal

from domain.money import Money, MoneyError, decimals

_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_PLAIN = re.compile(r"(\d{1,15})(?:[.,](\d+))?", re.ASCII)
_GROUPED = re.compile(r"(\d{1,3}(?:([.,])\d{3})(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?", re.ASCII)
_LONGEST = 40


def typed(text: str, currency: str) -> Money | None:
    """Return the amount that somebody typed; None where it is none, or could be two different ones.

    >>> str(typed("1.490,50", "EUR")), str(typed("1,490.50", "EUR")), str(typed("1490", "JPY"))
    ('1,490.50 EUR', '1,490.50 EUR', '1,490 JPY')
    >>> typed("1.490", "KWD") is None
    True
    """
    said = _SPACES.sub("", text).removeprefix(currency).removesuffix(currency)
    if len(said) > _LONGEST:
        return None
    grouped, plain = _GROUPED.fullmatch(said), _PLAIN.fullmatch(said)
    if grouped is not None and not (plain is not None and decimals(currency) == 3):
        whole, _, rest = grouped.groups()
        whole = re.sub("[.,]", "", whole)
    elif plain is not None and grouped is None:
        whole, rest = plain.groups()
    else:
        return None
    try:
        amount = Money.of(Decimal(f"{whole}.{rest or 0}"), currency)
    except MoneyError:
        return None
    return amount if amount.minor > 0 else None
