"""Instalments: an invoice with a schedule is several debts for ageing and chasing.

The book keeps one debt an invoice. What is open on it falls on its schedule here, in whole minor
units: money settles the earliest due instalment first, and the parts add up to what is open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.book import Debt, Due
from domain.money import Money


def split(debt: Debt, contested: Money | None = None) -> list[Debt]:
    """Return the open parts of a debt, the earliest due first; without a schedule the debt itself."""
    if not debt.instalments:
        return [debt]
    currency, whole = debt.open.currency, _agreed(debt)
    parts = [
        replace(
            debt,
            part=f"instalment {number}",
            original=Money(whole[number - 1], currency),
            open=Money(minor, currency),
            due_on=due.due_on,
            opening=due.opening,
            opened_on=due.opened_on or debt.opened_on,
            instalments=(),
        )
        for number, (due, minor) in enumerate(zip(debt.instalments, left(debt), strict=True), 1)
        if minor
    ]
    return contest(parts, contested)


def contest(parts: Iterable[Debt], contested: Money | None) -> list[Debt]:
    """Return parts of one invoice with what is disputed of it, on those first that are asked for first."""
    found, rest = [], 0 if contested is None else contested.minor
    for part in parts:
        minor = min(rest, part.open.minor)
        rest -= minor
        found.append(replace(part, contested=Money(minor, part.open.currency)))
    return found


def falls_due(debt: Debt, balance: Money) -> list[Due]:
    """Return what of a balance of a debt falls due when; the amounts add up to it."""
    if not debt.instalments:
        return [Due(due_on=debt.due_on, amount=balance)]
    minors = fill(_agreed(debt), balance.minor)
    return [
        replace(due, amount=Money(minor, balance.currency))
        for due, minor in zip(debt.instalments, minors, strict=True)
        if minor
    ]


def left(debt: Debt) -> list[int]:
    """Return what is left of each instalment of a debt, in minor units."""
    return fill(_agreed(debt), debt.open.minor)


def fill(agreed: Sequence[int], balance: int) -> list[int]:
    """Return what is left of each of these amounts, of all of them `balance`: the first are settled first."""
    minors = list[int]()
    for number in range(len(agreed) - 1, -1, -1):
        minor = balance if number == 0 else min(balance, agreed[number])
        balance -= minor
        minors.append(minor)
    return minors[::-1]


def opens_again(least: int, owed: int) -> bool:
    """Whether what is owed is a debt opened again: it has at least doubled (docs/decisions/0005)."""
    return owed > least and owed >= 2 * least


def _agreed(debt: Debt) -> list[int]:
    """Return the amounts of the schedule so that they add up to the invoice: the last has the difference."""
    rest, minors = debt.original.minor, list[int]()
    for due in debt.instalments[:-1]:
        minor = min(rest, due.amount.minor)
        rest -= minor
        minors.append(minor)
    return [*minors, rest]
