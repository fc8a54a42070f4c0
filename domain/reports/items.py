"""Items: every invoice and fee with what was posted to it, and each customer's unapplied money.

What is open at the end of a day is the sum of what was posted until then, so any past day can be told,
and every figure of a report is a sum over items.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.ageing import Balance
from domain.book import Debt
from domain.instalments import falls_due
from domain.money import Money

Flow = Literal["invoiced", "credited", "fees", "received", "written_off"]

FLOWS: Mapping[str, Flow] = {
    "invoice_issued": "invoiced",
    "invoice_corrected": "invoiced",
    "invoice_voided": "invoiced",
    "draft_deleted": "invoiced",
    "credit_note": "credited",
    "credit_note_cancelled": "credited",
    "fee_booked": "fees",
    "fee_waived": "fees",
    "fee_cancelled": "fees",
    "payment_received": "received",
    "payment_cancelled": "received",
    "deposit_applied": "received",
    "deposit_refunded": "received",
    "refunded": "received",
    "charged_back": "received",
    "chargeback_reversed": "received",
    "write_off": "written_off",
    "write_off_undone": "written_off",
}
"""Which kind of fact moves receivables in which way."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What facts of one kind did to an item on one day, in minor units."""

    on: date
    flow: Flow
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One invoice or fee; without a number, a customer's unapplied money, negative as its credit.

    Attributes:
        due_on: None for unapplied money.
        posted: by day.
        then: of an invoice whose dates were corrected, or that has instalments: the debt as it stood on
            each day that is looked at.
    """

    customer: str
    invoice: str | None
    currency: str
    due_on: date | None
    posted: Sequence[Posted]
    then: Mapping[date, Debt] | None = None

    def open_on(self, day: date) -> int:
        """What was open at the end of a day."""
        return sum(each.minor for each in self.posted if each.on <= day)

    def due_then(self, day: date) -> date | None:
        """Its due date as it was on a day that is looked at; of instalments what the invoice itself says."""
        debt = None if self.then is None else self.then.get(day)
        return self.due_on if debt is None else debt.due_on

    def due_of(self, day: date, minor: int) -> Iterator[tuple[date, int]]:
        """What of an open amount fell due when, as its dates were on a day that is looked at."""
        debt = None if self.then is None else self.then.get(day)
        if debt is not None:
            dues = falls_due(debt, Money(minor, self.currency))
            yield from ((due.due_on, due.amount.minor) for due in dues)
        elif self.due_on is not None:
            yield self.due_on, minor

    def not_due(self, day: date, minor: int) -> int:
        """What of an open amount was not past due on a day; the due date itself is not."""
        return sum(part for due_on, part in self.due_of(day, minor) if due_on >= day)

    def not_due_on(self, day: date) -> int:
        """What was open and not past due at the end of a day that is looked at."""
        if self.invoice is None or (self.then is None and self.due_on is not None and self.due_on < day):
            return 0
        minor = self.open_on(day)
        return self.not_due(day, minor) if minor else 0

    def moved(self, flow: Flow, first: date, last: date) -> int:
        """What moved in one way from one day to another."""
        return sum(each.minor for each in self.posted if each.flow == flow and first <= each.on <= last)


def balances(items: Iterable[Item], day: date) -> Iterator[tuple[Item, Balance]]:
    """Return what was open at the end of a day, each part of an invoice by its own due date."""
    for item in items:
        minor = item.open_on(day)
        if not minor:
            continue
        if item.invoice is None:
            yield item, Balance(open=Money(minor, item.currency), due_on=None)
            continue
        for due_on, part in item.due_of(day, minor):
            yield item, Balance(open=Money(part, item.currency), due_on=due_on)
