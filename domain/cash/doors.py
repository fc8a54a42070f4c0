"""The same money through two doors: a card webhook and a bank file, an export, or two bank files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain import facts
from domain.cash.matching import Candidate
from domain.facts import Fact
from domain.fold import apart
from domain.money import Money

BANK = "bank"
"""The source of facts that come from a bank's file."""
WAITS_DAYS = 7
"""So long chasing waits for a person to say whose, or whether twice, money is."""
DAYS = 5
"""Money needs so many days from one door to the other: a weekend, and a bank's booking day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money of a customer that another door has brought."""

    source: str
    payment: str
    amount: Money
    invoice: str | None
    on: date


def same_money(amount: Money, candidate: Candidate, on: date, receipts: Iterable[Receipt]) -> Receipt | None:
    """Return what came in by another door and may be this very money; the nearest in time."""
    amounts = {amount, *(part for _, part in candidate.parts)}
    near = [
        receipt
        for receipt in receipts
        if receipt.amount in amounts
        and abs((receipt.on - on).days) <= DAYS
        and (receipt.invoice is None or not candidate.about or receipt.invoice in candidate.about)
    ]
    return min(near, key=lambda receipt: (abs((receipt.on - on).days), receipt.payment), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """Money of a bank's file that came in again by another door, if it is the same.

    Attributes:
        learned_at: when the second one was learned, and what both are became a question.
    """

    payment: str
    other: str
    source: str
    amount: Money
    learned_at: datetime

    def waits_until(self, on: date) -> date:
        """The last day on which chasing waits, when the question came up on this day."""
        return on + timedelta(days=WAITS_DAYS)


class Doors:
    """The part of an account's fold that sees money come in by a second door after a bank's file had it.

    When the file comes second, its line is held back and a person is asked (store/bank): nothing to see here.
    """

    def __init__(self) -> None:
        self.banked: dict[Money, tuple[tuple[Fact, str | None], ...]] = {}
        self.others: dict[Money, tuple[tuple[Fact, str | None], ...]] = {}
        self.found: dict[tuple[str, str], Double] = {}
        self.gone: set[str] = set()

    def copy(self) -> "Doors":
        """Return the same state, which facts that are taken here do not change."""
        return apart(self)

    def doubles(self) -> tuple[Double, ...]:
        """Return what may have come in twice, and of which nothing was taken back."""
        return (
            tuple(each for names, each in self.found.items() if self.gone.isdisjoint(names))
            if self.found
            else ()
        )

    def take(self, fact: Fact) -> None:
        """Take one fact of money into account."""
        match fact.body:
            case facts.PaymentReceived() as body:
                self._receive(fact, body)
            case facts.Refunded() | facts.ChargedBack() | facts.PaymentCancelled() as body:
                self.gone.add(body.payment)

    def _receive(self, fact: Fact, body: facts.PaymentReceived) -> None:
        amount = Money.of(body.amount, body.currency)
        ours, theirs = (self.banked, self.others) if fact.source == BANK else (self.others, self.banked)
        for other, invoice in theirs.get(amount, ()):
            near = abs((other.happened_on - fact.happened_on).days) <= DAYS
            if near and (None in (invoice, body.invoice) or invoice == body.invoice):
                self._note(*((fact, other) if fact.source == BANK else (other, fact)), amount)
        ours[amount] = (*ours.get(amount, ()), (fact, body.invoice))

    def _note(self, banked: Fact, other: Fact, amount: Money) -> None:
        if other.learned_at <= banked.learned_at:
            return  # The file came second: a person has said that both are money.
        assert isinstance(banked.body, facts.PaymentReceived)
        assert isinstance(other.body, facts.PaymentReceived)
        names = (banked.body.payment, other.body.payment)
        self.found[names] = Double(
            payment=names[0],
            other=names[1],
            source=other.source,
            amount=amount,
            learned_at=other.learned_at,
        )
