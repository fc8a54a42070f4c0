"""Contacts: what was sent by which step and channel, what arrived, and what came in afterwards.

That money came in after a message is a coincidence until it is compared with customers who got none: only
an experiment (`report recovery --by arm`) says what a message brings.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.money import Money
from domain.reports.ratios import percent, rounded
from domain.reports.sheet import Cell, Sheet, column

_COINCIDENCE = (
    "That is a coincidence and no effect: several messages may precede one payment, and it might have come"
    " without any. `report recovery --by arm` compares."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One message about the debts of one currency.

    Attributes:
        asked: what was asked for.
        came_in: what was paid on these debts within the days after it, at most what was asked for.
        over: whether these days are over.
    """

    customer: str
    step: str
    channel: str
    sent_on: date
    invoices: tuple[str, ...]
    asked: Money
    came_in: Money
    delivered: bool
    came_back: bool
    over: bool


def contacts_sheet(contacts: Iterable[Contact], *, within_days: int) -> Sheet:
    """Return contacts by step, channel and currency; only those whose days are over are in the ratios."""
    found: dict[tuple[str, str, str], list[Contact]] = {}
    for each in contacts:
        found.setdefault((each.step, each.channel, each.asked.currency), []).append(each)
    first = {key: min(each.sent_on for each in of) for key, of in found.items()}
    return Sheet(
        title="Contacts",
        columns=(
            column("step", words=True),
            column("channel", words=True),
            column("currency", "", words=True),
            column("sent"),
            column("delivered"),
            column("came_back", "came back"),
            column("over", "days over"),
            column("paid", "paid after"),
            column("paid_percent", "paid %"),
            column("asked"),
            column("came_in", "came in after"),
            column("came_in_percent", "came in %"),
        ),
        rows=tuple(_row(*key, found[key]) for key in sorted(found, key=lambda key: (first[key], key))),
        notes=(
            f"After: within {within_days} days after the message, of messages whose days are over.",
            _COINCIDENCE,
        ),
        empty="Nothing was sent.",
    )


def _row(step: str, channel: str, currency: str, of: Sequence[Contact]) -> tuple[Cell, ...]:
    over = [each for each in of if each.over]
    paid = sum(bool(each.came_in) for each in over)
    asked = Money(sum(each.asked.minor for each in over), currency)
    came_in = Money(sum(each.came_in.minor for each in over), currency)
    return (
        step,
        channel,
        currency,
        len(of),
        sum(each.delivered for each in of),
        sum(each.came_back for each in of),
        len(over),
        paid,
        rounded(percent(paid, len(over)), 1),
        asked,
        came_in,
        rounded(percent(came_in.minor, asked.minor), 1),
    )


def contacts_listed(contacts: Iterable[Contact]) -> Sheet:
    """Return the messages themselves."""
    return Sheet(
        title="Messages",
        columns=(
            column("customer", words=True),
            column("sent_on", "sent on"),
            column("step", words=True),
            column("channel", words=True),
            column("outcome", words=True),
            column("currency", "", words=True),
            column("asked"),
            column("came_in", "came in after"),
            column("invoices", "about", words=True),
        ),
        rows=tuple(
            (
                each.customer,
                each.sent_on,
                each.step,
                each.channel,
                "came back" if each.came_back else "delivered" if each.delivered else "sent",
                each.asked.currency,
                each.asked,
                each.came_in,
                " ".join(each.invoices),
            )
            for each in sorted(contacts, key=lambda each: (each.sent_on, each.customer, each.step))
        ),
        empty="Nothing was sent.",
    )


def came_in_after(
    paid: Iterable[tuple[date, int]], sent_on: date, *, within_days: int, as_of: date, asked: int
) -> int:
    """Return what was paid in the days after a message, at most what it asked for.

    Args:
        paid: money on the debt by day, less what went back.
    """
    last_on = min(sent_on + timedelta(days=within_days), as_of)
    return min(max(sum(minor for on, minor in paid if sent_on < on <= last_on), 0), asked)
