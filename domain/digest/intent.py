"""Customers who may never have meant to pay: signs that finance should look at, never a verdict.

Somebody who has never paid anything, whose first invoice is well overdue, and about whom there is at
least one further sign, is named in the daily digest with the signs. What follows is a person's choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.money import Money

VERSION = "1"
"""Of these signs; it stands in the digest, so that an old one can be read by what held then."""

WELL_OVERDUE_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of a customer with something overdue.

    Attributes:
        first_due_on: of the oldest invoice ever issued.
        overdue: what is past due, per currency; `invoices` is how many invoices that is.
        paid: whether any money ever came in.
        unreachable: an address or number turned out to be wrong, or a message came back.
        broken_promises: promises whose day passed unpaid.
    """

    customer: str
    first_due_on: date
    overdue: tuple[Money, ...]
    invoices: int
    paid: bool
    unreachable: bool
    broken_promises: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A customer to look at, and why."""

    customer: str
    overdue: tuple[Money, ...]
    days_late: int
    signs: tuple[str, ...]

    @property
    def words(self) -> str:
        """The suspicion in one line."""
        owed = ", ".join(map(str, self.overdue))
        return f"{self.customer}: {owed}, {self.days_late} days late, never paid; {', '.join(self.signs)}"


def suspect(known: Signs, today: date) -> Suspect | None:
    """Return a customer to look at; None where the signs are not enough."""
    days_late = (today - known.first_due_on).days
    signs = _further(known)
    if known.paid or days_late < WELL_OVERDUE_DAYS or not signs:
        return None
    return Suspect(customer=known.customer, overdue=known.overdue, days_late=days_late, signs=tuple(signs))


def _further(known: Signs) -> Sequence[str]:
    found = []
    if known.unreachable:
        found.append("messages come back")
    if known.invoices > 1:
        found.append(f"{known.invoices} invoices overdue")
    if known.broken_promises:
        found.append(f"broken promises: {known.broken_promises}")
    return found
