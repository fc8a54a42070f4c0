"""The book: what a customer owes, and every dated entry that says so.

A debt's entries sum to what is open on it; entries without a debt are unapplied money, negative as the
customer's credit. Those of a deposit are money that waits: a liability of ours that pays nothing by itself.
"""

from dataclasses import dataclass
from datetime import date

from domain.claim_key import key_of
from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One posting: `amount` is signed; `invoice` is None for unapplied money, with its `deposit` if any."""

    invoice: str | None
    amount: Money
    on: date
    source: str
    fact: str
    deposit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is to be paid by one day; it is opened again as a debt is.

    Attributes:
        opening: how often it was opened, which the posting counts.
        opened_on: the day of the latest opening.
    """

    due_on: date
    amount: Money
    opening: int = 0
    opened_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One invoice, or a part of it that is chased by itself, and what is open on it.

    The book has whole invoices; the plan makes parts of them (domain/instalments.py).

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
        instalments: of a whole invoice, its schedule as it was agreed.
        part: which part of the invoice it is, such as `instalment 2`; empty for the whole.
        contested: what is disputed of a part; of a whole invoice the account knows it.
        kin: what else was claimed about the same money: its milder messages count, too.
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
    instalments: tuple[Due, ...] = ()
    part: str = ""
    contested: Money | None = None
    kin: tuple[tuple[str, int], ...] = ()

    @property
    def key(self) -> str:
        """What claims about it count by."""
        return key_of(self.invoice, self.part) if self.part else self.invoice

    @property
    def in_plan(self) -> bool:
        """Whether it is due by an instalment plan, and not by the invoice."""
        return self.part.startswith("plan ")

    @property
    def name(self) -> str:
        """What people call it: `INV-1 instalment 2`, also of a plan."""
        _, _, number = self.part.rpartition("instalment ")
        return f"{self.invoice} instalment {number}" if number else self.invoice

    def days_late(self, on: date) -> int:
        """Whole days past due; negative before the due date."""
        return (on - self.due_on).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """Money that came in for a deposit.

    Attributes:
        received: all of it that was not taken back, whatever became of it.
        left: what of it has paid nothing yet.
    """

    name: str
    received: Money
    left: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a customer owes, and every entry that says so; `unapplied` is without the deposits."""

    debts: tuple[Debt, ...]
    entries: tuple[Entry, ...]
    unapplied: tuple[Money, ...]
    deposits: tuple[Deposit, ...] = ()
