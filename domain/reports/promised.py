"""Promises to pay: how many of those whose day has come were kept, and how much of the money.

A promise is kept if all of it had come in by the day that was promised, and so many days of grace. What a
policy grants on top lets chasing rest, and changes nothing here: a closed month stays as it was.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.money import Money
from domain.promises import Promise
from domain.reports.ratios import percent, rounded
from domain.reports.sheet import Cell, Sheet, column

Outcome = Literal["kept", "kept late", "broken", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one promise says about one currency.

    Attributes:
        came_in: what had come in of it by its day and the grace, at most what was promised.
    """

    customer: str
    made_on: date
    pay_on: date
    invoices: tuple[str, ...]
    amount: Money
    came_in: Money
    outcome: Outcome


def given(customer: str, promise: Promise, *, as_of: date, grace_days: int) -> list[Given]:
    """Return what became of a promise by a day, per currency."""
    last_on = promise.pay_on + timedelta(days=grace_days)
    fulfilled_on = promise.fulfilled_on()
    if fulfilled_on is not None and fulfilled_on <= last_on:
        outcome: Outcome = "kept"
    elif as_of <= last_on:
        outcome = "open"
    else:
        outcome = "broken" if fulfilled_on is None else "kept late"
    return [
        Given(
            customer=customer,
            made_on=promise.made_on,
            pay_on=promise.pay_on,
            invoices=promise.invoices,
            amount=amount,
            came_in=min(_came_in(promise, amount.currency, last_on), amount),
            outcome=outcome,
        )
        for amount in promise.promised
        if amount
    ]


def _came_in(promise: Promise, currency: str, last_on: date) -> Money:
    came_in = (money for on, money in promise.came_in if on <= last_on)
    return Money(sum(money.minor for money in came_in if money.currency == currency), currency)


def promises_sheet(promises: Iterable[Given], *, grace_days: int) -> Sheet:
    """Return promises by the month of their day and currency; those whose day is to come stand apart."""
    found: dict[tuple[str, str], list[Given]] = {}
    for each in promises:
        found.setdefault((each.amount.currency, f"{each.pay_on:%Y-%m}"), []).append(each)
    grace = f" and {grace_days} days of grace" if grace_days else ""
    return Sheet(
        title="Promises kept",
        columns=(
            column("currency", "", words=True),
            column("month", "promised for", words=True),
            column("due"),
            column("kept"),
            column("kept_late", "late"),
            column("broken"),
            column("kept_percent", "kept %"),
            column("due_amount", "amount due"),
            column("kept_amount", "of kept ones"),
            column("came_in", "came in"),
            column("kept_amount_percent", "kept %"),
            column("open"),
            column("open_amount", "amount open"),
        ),
        rows=tuple(_row(*key, of) for key, of in sorted(found.items())),
        notes=(f"Kept: all of it came in by the promised day{grace}. Open ones are in no ratio.",),
        empty="Nobody promised anything.",
    )


def _row(currency: str, month: str, of: Sequence[Given]) -> tuple[Cell, ...]:
    due = [each for each in of if each.outcome != "open"]
    kept = [each for each in due if each.outcome == "kept"]
    late = sum(each.outcome == "kept late" for each in due)
    came_in = Money(sum(each.came_in.minor for each in due), currency)
    waiting = [each for each in of if each.outcome == "open"]
    asked, brought = _total(due, currency), _total(kept, currency)
    return (
        currency,
        month,
        len(due),
        len(kept),
        late,
        len(due) - len(kept) - late,
        rounded(percent(len(kept), len(due)), 1),
        asked,
        brought,
        came_in,
        rounded(percent(brought.minor, asked.minor), 1),
        len(waiting),
        _total(waiting, currency),
    )


def _total(of: Iterable[Given], currency: str) -> Money:
    return Money(sum(each.amount.minor for each in of), currency)


def promises_listed(promises: Iterable[Given]) -> Sheet:
    """Return the promises themselves."""
    return Sheet(
        title="Promises",
        columns=(
            column("customer", words=True),
            column("made_on", "made on"),
            column("pay_on", "promised for"),
            column("outcome", words=True),
            column("currency", "", words=True),
            column("amount"),
            column("came_in", "came in"),
            column("invoices", "about", words=True),
        ),
        rows=tuple(
            (
                each.customer,
                each.made_on,
                each.pay_on,
                each.outcome,
                each.amount.currency,
                each.amount,
                each.came_in,
                " ".join(each.invoices),
            )
            for each in sorted(promises, key=lambda each: (each.pay_on, each.customer, each.made_on))
        ),
        empty="Nobody promised anything.",
    )
