"""How arguments are read: days, instants, amounts and reasons, each refused with what would be right."""

from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, NamedTuple

import typer

from ending import Stop


def day(text: str) -> date:
    """Read a date on which something happens; far from our time it is a slip of the hand."""
    read = any_day(text)
    if not 1970 <= read.year <= 2100:
        raise typer.BadParameter(f"{text} is in an impossible year: write one between 1970 and 2100")
    return read


def any_day(text: str) -> date:
    """Read a date of the command line."""
    with suppress(ValueError):
        if len(text) == len("2026-02-03"):
            return date.fromisoformat(text)
    raise typer.BadParameter(f"{text!r} is no date: write it like 2026-02-03")


def instant(text: str) -> datetime:
    """Read an instant of the command line."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no instant: write it like 2026-02-03T09:00:00Z")
    if not 1970 <= at.year <= 2100:
        raise typer.BadParameter(f"{text} is in an impossible year: write one between 1970 and 2100")
    return at


def reason_words(text: str) -> str:
    """Read a reason; an empty one would stand on every page where somebody wants to know."""
    if not text.strip():
        raise typer.BadParameter("an empty reason is none: write a few words, like 'asked for time'")
    text.encode()  # An argument that is no UTF-8 is wrong usage, and ends here.
    return text.strip()


def six_digits(text: str) -> str:
    """Read a one-time code; what was given is not repeated, it may be right but for its form."""
    digits = "".join(text.split())
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        raise typer.BadParameter("a code has six digits: write it like 123456")
    return digits


class Part(NamedTuple):
    """An instalment as it is written on the command line."""

    due_on: date
    amount: str


def instalment(text: str) -> Part:
    """Read an instalment, its last day and its amount."""
    due_on, colon, amount = text.partition(":")
    if not colon or not amount.strip():
        raise typer.BadParameter(f"{text!r} is no instalment: write it like 2026-03-31:100.00")
    return Part(day(due_on), amount.strip())


def money(amount: str, currency: str) -> dict[str, str]:
    """Check an amount with its currency before a fact is made of them."""
    from domain.money import Money, MoneyError

    try:
        if Money.of(amount, currency).minor > 0:
            return {"amount": amount.strip(), "currency": currency}
    except MoneyError as error:
        raise Stop(f"amount: {error}", status=2) from None
    raise Stop(f"amount: {amount} {currency} is no debt and no payment: write more than 0", status=2)


CustomerId = Annotated[str, typer.Argument(help="the customer's id in our books, like ACME")]
By = Annotated[str, typer.Option("--by", help="who decides this: a user name of ours", envvar="USER")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]
Reason = Annotated[
    str,
    typer.Option(parser=reason_words, metavar="WORDS", help="why; it is shown wherever this has an effect"),
]
