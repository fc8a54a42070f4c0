"""Promises to pay: what was promised, what has come in since, and what became of it.

A promise is about the debts that are past due when it is made, else about those due by the promised
day. Nobody marks it kept or broken: what came in by the end of the grace says so.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.book import Book, Debt, Due, Entry
from domain.facts import PromiseMade
from domain.instalments import falls_due
from domain.money import Money, MoneyError, per_currency
from domain.policy_rests import Promises
from domain.rest import Rest

State = Literal["open", "kept", "broken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise.

    Attributes:
        asked: the amount that was promised; None for all that is owed on `invoices`.
        owed: what was owed on these, per currency, when it was made.
        came_in: what has been paid or credited on them since, by day; that of the same day counts.
    """

    made_on: date
    pay_on: date
    by: str
    asked: Money | None
    invoices: tuple[str, ...]
    owed: tuple[Money, ...]
    came_in: tuple[tuple[date, Money], ...]

    @property
    def promised(self) -> tuple[Money, ...]:
        """The amount, per currency."""
        return self.owed if self.asked is None else (self.asked,)

    def deadline(self, terms: Promises) -> date:
        """The last day on which the money may arrive."""
        pay_on = min(self.pay_on, self.made_on + timedelta(days=terms.max_days))
        return pay_on + timedelta(days=terms.grace_days)

    def fulfilled_on(self, tolerances: Iterable[Money] = ()) -> date | None:
        """The day on which all of it had come in; a rest up to the tolerance of its currency is none."""
        tolerated = {each.currency: each.minor for each in tolerances} if self.asked is None else {}
        left = {each.currency: each.minor - tolerated.get(each.currency, 0) for each in self.promised}
        on = self.made_on
        for day, amount in self.came_in:
            if all(minor <= 0 for minor in left.values()):
                break
            if amount.currency in left:
                left[amount.currency] -= amount.minor
                on = day
        return on if all(minor <= 0 for minor in left.values()) else None

    def state(self, terms: Promises, today: date, tolerances: Iterable[Money] = ()) -> State:
        """What has become of it by `today`."""
        fulfilled_on, deadline = self.fulfilled_on(tolerances), self.deadline(terms)
        if fulfilled_on is not None and fulfilled_on <= deadline:
            return "kept"
        return "open" if today <= deadline else "broken"

    def rest(self, terms: Promises, tolerances: Iterable[Money] = ()) -> Rest:
        """The days on which chasing rests for it: until it is kept, or its grace is over."""
        rest = Rest(first=self.made_on, last=self.deadline(terms), reason=self.words)
        fulfilled_on = self.fulfilled_on(tolerances)
        return rest if fulfilled_on is None else rest.cut(fulfilled_on)

    @property
    def words(self) -> str:
        """What was promised: `250.00 EUR by 2026-03-20`."""
        return f"{' and '.join(map(str, self.promised)) or 'nothing'} by {self.pay_on}"


def asked_for(body: PromiseMade, debts: Iterable[Debt], own: str | None) -> Money | None:
    """Return the amount of a promise, in its currency, else the customer's own, else the oldest open debt's.

    None where it names no amount, or nothing says in which currency.

    Raises:
        MoneyError: the currency does not have such an amount.
    """
    oldest = next((debt.open.currency for debt in debts if debt.open), None)
    currency = body.currency or own or oldest
    return None if body.amount is None or currency is None else Money.of(body.amount, currency)


def promise(book: Book, *, made_on: date, pay_on: date, by: str, asked: Money | None) -> Promise:
    """Return a promise with what its debts owed then and what has come in on them since."""
    balances = _balances(book.entries, made_on)
    open_then = [
        (debt, due)
        for debt in book.debts
        if (minor := balances.get(debt.invoice, 0)) > 0
        for due in falls_due(debt, Money(minor, debt.open.currency))
    ]
    about = _about(open_then, made_on, pay_on)
    invoices = {debt.invoice for debt, _ in about}
    return Promise(
        made_on=made_on,
        pay_on=pay_on,
        by=by,
        asked=asked,
        invoices=tuple(sorted(invoices)),
        owed=per_currency(due.amount for _, due in about),
        came_in=tuple(
            (entry.on, -entry.amount)
            for entry in sorted(book.entries, key=lambda entry: entry.on)
            if entry.invoice in invoices and entry.on >= made_on and entry.amount.minor < 0
        ),
    )


def told(book: Book, on: date, body: PromiseMade, own: str | None) -> Promise:
    """Return the promise that a fact tells of; an amount that its currency does not have is none."""
    asked = None
    with suppress(MoneyError):
        asked = asked_for(body, book.debts, own)
    return promise(book, made_on=on, pay_on=body.pay_on, by=body.by or "finance", asked=asked)


def _balances(entries: Iterable[Entry], on: date) -> dict[str, int]:
    """What was open per invoice at the end of a day, before what came in on it."""
    balances: dict[str, int] = {}
    for entry in entries:
        if entry.invoice is not None and (entry.on < on or (entry.on == on and entry.amount.minor > 0)):
            balances[entry.invoice] = balances.get(entry.invoice, 0) + entry.amount.minor
    return balances


def _about(open_then: Sequence[tuple[Debt, Due]], made_on: date, pay_on: date) -> list[tuple[Debt, Due]]:
    late = [each for each in open_then if each[1].due_on < made_on]
    return late or [each for each in open_then if each[1].due_on <= pay_on]


def worth_resting(
    promises: Sequence[Promise], terms: Promises, today: date, tolerances: Sequence[Money]
) -> list[Promise]:
    """The promises for which chasing rests: all but those that follow too many that were not kept.

    One that is replaced before its day by another about the same debts was not kept either.
    """
    worth: list[Promise] = []
    for i, each in enumerate(promises):
        before = [
            earlier
            for earlier in promises[:i]
            if set(earlier.invoices) & set(each.invoices)
            and earlier.state(terms, today, tolerances) != "kept"
        ]
        if len(before) < terms.most:
            worth.append(each)
    return worth
