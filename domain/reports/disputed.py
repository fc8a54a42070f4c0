"""Disputes: how many were opened, won and lost, how much they were about, and how long an answer took."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from statistics import median_low

from domain.book import Book
from domain.facts import DisputeOpened, DisputeResolved, Fact
from domain.money import Money, MoneyError
from domain.reports.sheet import Cell, Sheet, column

_HEAD = (column("currency", "", words=True), column("month", "opened in", words=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contested:
    """One dispute of one invoice.

    Attributes:
        amount: what was contested, at most what was open on the day on which it was opened.
        outcome: won for us, lost, another word of finance, or none where none was given.
    """

    customer: str
    dispute: str
    invoice: str
    opened_on: date
    amount: Money
    resolved_on: date | None = None
    outcome: str | None = None

    @property
    def days(self) -> int | None:
        """How many days the answer took; None while there is none."""
        return None if self.resolved_on is None else (self.resolved_on - self.opened_on).days


def contested(customer: str, known: Iterable[Fact], book: Book) -> list[Contested]:
    """Return the disputes of a customer; one that is opened again counts again."""
    found: list[Contested] = []
    told = [fact for fact in known if isinstance(fact.body, DisputeOpened | DisputeResolved)]
    # On one day what opens a dispute comes before what ends it, whatever was learned first.
    for fact in sorted(told, key=lambda fact: (fact.happened_on, isinstance(fact.body, DisputeResolved))):
        match fact.body:
            case DisputeOpened() as body:
                waiting = _waiting(found, body.dispute, body.invoice)
                if not waiting and (amount := _amount(body, book, fact.happened_on)) is not None:
                    found.append(
                        Contested(
                            customer=customer,
                            dispute=body.dispute,
                            invoice=body.invoice,
                            opened_on=fact.happened_on,
                            amount=amount,
                        )
                    )
            case DisputeResolved() as body:
                for place in _waiting(found, body.dispute, body.invoice):
                    found[place] = replace(
                        found[place], resolved_on=fact.happened_on, outcome=body.outcome or "resolved"
                    )
    return found


def _waiting(found: Sequence[Contested], dispute: str, invoice: str | None) -> list[int]:
    return [
        place
        for place, each in enumerate(found)
        if each.dispute == dispute and invoice in (None, each.invoice) and each.resolved_on is None
    ]


def _amount(body: DisputeOpened, book: Book, on: date) -> Money | None:
    """What of an invoice is contested; None for an invoice that nobody knows."""
    entries = [entry for entry in book.entries if entry.invoice == body.invoice]
    if not entries:
        return None
    currency = entries[0].amount.currency
    left = Money(sum(entry.amount.minor for entry in entries if entry.on <= on), currency)
    if body.amount is not None:
        with suppress(MoneyError):
            return min(Money.of(body.amount, currency), left)
    return left


def disputes_sheet(disputes: Iterable[Contested], *, as_of: date) -> Sheet:
    """Return disputes by the month in which they were opened and currency."""
    found: dict[tuple[str, str], list[Contested]] = {}
    for each in disputes:
        found.setdefault((each.amount.currency, f"{each.opened_on:%Y-%m}"), []).append(each)
    return Sheet(
        title="Disputes",
        columns=(
            *_HEAD,
            column("opened"),
            column("amount"),
            column("won"),
            column("lost"),
            column("lost_amount", "amount lost"),
            column("otherwise"),
            column("days_median", "days to answer"),
            column("days_longest", "longest"),
            column("open"),
            column("open_amount", "amount open"),
            column("open_days_longest", "open for days"),
        ),
        rows=tuple(_row(*key, of, as_of) for key, of in sorted(found.items())),
        notes=("Days to answer: half of the answers took no longer. Lost is: decided for the customer.",),
        empty="Nobody disputed anything.",
    )


def _row(currency: str, month: str, of: Sequence[Contested], as_of: date) -> tuple[Cell, ...]:
    lost = [each for each in of if each.outcome == "lost"]
    won = sum(each.outcome == "won" for each in of)
    answered = [each.days for each in of if each.days is not None]
    waiting = [each for each in of if each.resolved_on is None]
    return (
        currency,
        month,
        len(of),
        _total(of, currency),
        won,
        len(lost),
        _total(lost, currency),
        len(answered) - won - len(lost),
        median_low(answered) if answered else None,
        max(answered, default=None),
        len(waiting),
        _total(waiting, currency),
        max(((as_of - each.opened_on).days for each in waiting), default=None),
    )


def _total(of: Iterable[Contested], currency: str) -> Money:
    return Money(sum(each.amount.minor for each in of), currency)


def disputes_listed(disputes: Iterable[Contested]) -> Sheet:
    """Return the disputes themselves."""
    return Sheet(
        title="Disputes",
        columns=(
            column("customer", words=True),
            column("invoice", words=True),
            column("dispute", words=True),
            column("opened_on", "opened on"),
            column("currency", "", words=True),
            column("amount"),
            column("outcome", words=True),
            column("resolved_on", "answered on"),
            column("days"),
        ),
        rows=tuple(
            (
                each.customer,
                each.invoice,
                each.dispute,
                each.opened_on,
                each.amount.currency,
                each.amount,
                each.outcome or "open",
                each.resolved_on,
                each.days,
            )
            for each in sorted(disputes, key=lambda each: (each.opened_on, each.customer, each.invoice))
        ),
        empty="Nobody disputed anything.",
    )
