"""The fields of facts: amounts, names, reasons and days, each with what may be written there."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from domain.channels import NO_DEBTS
from domain.claim_key import invoice_of, names_a_part
from domain.money import PLAIN


def exact_amount(value: object) -> object:
    """Refuse what is no exact number: a float, or text that is no plain decimal."""
    if isinstance(value, float | bool):
        raise ValueError('write amounts as text, like "1490.00": a float is not exact')
    if isinstance(value, str) and not PLAIN.fullmatch(value):
        raise ValueError(f"write a number like 1490.00, not {value!r}")
    return value


Amount = Annotated[Decimal, BeforeValidator(exact_amount), Field(gt=0, max_digits=18)]

Limit = Annotated[Decimal, BeforeValidator(exact_amount), Field(ge=0, max_digits=18)]
"""An amount that may be nothing."""


def _printable(text: str) -> str:
    if not text.strip():
        raise ValueError("blanks alone say nothing: write something")
    if _CONTROL.search(text):
        raise ValueError("write it on one line, in characters that can be printed")
    return text


def _not_ours(invoice: str) -> str:
    if invoice in NO_DEBTS:
        raise ValueError(f"{invoice!r} is a word of the engine's own: give the invoice another number")
    if names_a_part(invoice):
        raise ValueError(
            f"{invoice!r} is how the engine names a part of {invoice_of(invoice)!r}:"
            " name the invoice, or give it another number"
        )
    return invoice


# Control characters, line ends of every kind, and halves of characters.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
Name = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]
Invoice = Annotated[Name, AfterValidator(_not_ours)]
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_printable)]
"""Why, in words of a person."""


def _written_day(value: object) -> object:
    # A number, also one in quotes, would be read as seconds since 1970.
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("write a day like 2026-02-03")
    return value


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Beyond these years a day is a placeholder (0001-01-01, 9999-12-31), and reckoning with it overflows.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
Day = Annotated[date, BeforeValidator(_written_day), Field(ge=FIRST_DAY, le=LAST_DAY)]
End = Annotated[date, BeforeValidator(_written_day), Field(ge=FIRST_DAY)]
"""The last day of something; one after LAST_DAY means that it has no end."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
