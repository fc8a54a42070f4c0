"""Disputes: what a customer contests, who is to answer, and what became of it.

Nobody marks a lost dispute as settled: what was credited on its invoice since it was opened says so.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.book import Book, Entry
from domain.claim_key import key_of
from domain.money import Money, MoneyError

FactName = tuple[str, str]
"""The source and the id of a fact."""


ANSWERS = "finance"
"""Who answers a dispute of which nobody was named the owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What was said about a dispute of one invoice.

    Attributes:
        times: how often it was opened.
        amount: in major units; None for all of the invoice.
        owner: who is to answer; None for finance.
        outcome: of one that is resolved: won is for us.
    """

    dispute: str
    invoice: str
    times: int
    opened_on: date
    amount: Decimal | None
    owner: str | None
    resolved_on: date | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute of one invoice on which something is open.

    Attributes:
        amount: what is contested of what is open; of a lost one, what is still to be credited.
    """

    told: Contest
    amount: Money

    @property
    def part(self) -> str:
        """How it is named beside its invoice, where something counts by dispute."""
        return f"dispute {self.told.dispute}"

    @property
    def key(self) -> str:
        """What claims about it count by."""
        return key_of(self.told.invoice, self.part)

    @property
    def owner(self) -> str:
        """Who is to answer."""
        return self.told.owner or ANSWERS

    @property
    def words(self) -> str:
        """What is contested, and who is to answer: `INV-1: 30.00 EUR (D-7), maria is to answer`."""
        return f"{self.told.invoice}: {self.amount} ({self.told.dispute}), {self.owner} is to answer"

    @property
    def lost(self) -> bool:
        """Whether it was decided for the customer, and not all of it is credited."""
        return self.told.outcome == "lost"

    @property
    def won(self) -> bool:
        """Whether it was decided for us."""
        return self.told.outcome == "won"


def disputes_of(book: Book, told: Iterable[Contest], crediting: Collection[FactName]) -> tuple[Dispute, ...]:
    """Return the disputes of invoices on which something is open, lost ones until they are credited.

    The oldest comes first.

    Args:
        crediting: the facts that say what an invoice should have been: credit notes and corrections.
    """
    open_ = {debt.invoice: debt.open for debt in book.debts if debt.open}
    found = []
    for each in sorted(told, key=lambda each: (each.opened_on, each.dispute, each.invoice)):
        left = open_.get(each.invoice)
        if left is None:
            continue
        entries = [entry for entry in book.entries if entry.invoice == each.invoice]
        amount = min(_contested(each, entries, left), left)
        if each.resolved_on is not None and each.outcome == "lost":
            amount = min(amount, _uncredited(each, entries, crediting, left))
        if amount:
            found.append(Dispute(told=each, amount=amount))
    return tuple(found)


def _contested(told: Contest, entries: Iterable[Entry], left: Money) -> Money:
    """Return what was contested: an amount that its currency does not have is all of it."""
    if told.amount is not None:
        with suppress(MoneyError):
            return Money.of(told.amount, left.currency)
    if told.resolved_on is None:
        return left
    return Money(sum(entry.amount.minor for entry in entries if entry.on <= told.opened_on), left.currency)


def _uncredited(
    told: Contest, entries: Collection[Entry], crediting: Collection[FactName], left: Money
) -> Money:
    """Return what is left of a lost dispute after what was credited or corrected since it was opened."""
    credited = sum(
        -entry.amount.minor
        for entry in entries
        if entry.on >= told.opened_on and (entry.source, entry.fact) in crediting
    )
    return Money(max(_contested(told, entries, left).minor - credited, 0), left.currency)


def named_owner(owner: str | None) -> str | None:
    """Return who was named to answer; None where it is just finance."""
    return None if owner == ANSWERS else owner
