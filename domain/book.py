"""The book: what a customer owes, and every dated entry that says so.

A debt's entries sum to what is open on it; entries without a debt are unapplied money, negative as the
customer's credit.
"""

from dataclasses import dataclass
from datetime import date

from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One posting: `amount` is signed; `invoice` is None for unapplied money."""

    invoice: str | None
    amount: Money
    on: date
    source: str
    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One invoice and what is open on it.

    Attributes:
        opening: how often it was opened; a refund, a chargeback and whatever else at least doubles
            the least that was open since opens it again (docs/decisions/0005), and so does a due
            date that is put off into the future: what was said about the old one warns of nothing.
            Warnings count per opening. The plan adds the rests that are over (docs/decisions/0006).
        carried: of so many earlier openings the milder messages still count: only the last warning
            became untrue (docs/decisions/0008).
        opened_on: the day of the latest opening.
        about: of interest or a fee, the invoice that it is about; None for an invoice.
        state: open, settled, void or written_off.
    """

    invoice: str
    original: Money
    open: Money
    issued_on: date
    due_on: date
    main: bool = True
    opening: int = 1
    opened_on: date
    carried: int = 0
    about: str | None = None
    state: str = "open"

    def days_late(self, on: date) -> int:
        """Whole days past due; negative before the due date."""
        return (on - self.due_on).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a customer owes, and every entry that says so."""

    debts: tuple[Debt, ...]
    entries: tuple[Entry, ...]
    unapplied: tuple[Money, ...]
