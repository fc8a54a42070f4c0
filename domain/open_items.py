"""Open items: each debt that is open, with what has to be known to say why it is owed and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.account import Account
from domain.book import Debt
from domain.money import Money
from domain.plan import Plan
from domain.view_words import day_says


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One debt that is open.

    Attributes:
        days_late: whole days since it was due; negative before.
        chased: what of it is asked for, which is not what is disputed.
        notes: what else has to be known.
    """

    name: str
    original: Money
    open: Money
    chased: Money
    due_on: date
    days_late: int
    notes: tuple[str, ...]


def open_items(account: Account, plan: Plan, today: date) -> list[OpenItem]:
    """Return what is open, the oldest due first."""
    return [
        OpenItem(
            name=debt.key,
            original=debt.original,
            open=debt.open,
            chased=account.chased(debt),
            due_on=debt.due_on,
            days_late=debt.days_late(today),
            notes=tuple(_notes(account, debt)),
        )
        for debt in sorted(plan.debts, key=lambda debt: (debt.due_on, debt.key))
    ]


def _notes(account: Account, debt: Debt) -> Iterator[str]:
    contested = account.contested(debt)
    if contested:
        yield f"{contested} disputed"
    if debt.about is not None:
        yield f"for the lateness of {debt.about}"
    if debt.in_plan:
        yield "by the instalment plan"
    if not debt.main:
        yield "a side debt, which never suspends the service"
    if debt.opening > 1:
        yield f"warnings count anew since {day_says(debt.opened_on)}"


def beside(account: Account) -> list[str]:
    """Say what money there is besides that pays nothing yet."""
    words = [f"{money} received and not applied to any invoice" for money in account.unapplied if money]
    words += [f"{each.amount} on its way: {each.payment}" for each in account.in_flight]
    return [
        *words,
        *(f"{each.left} left of deposit {each.name}" for each in account.deposits.values() if each.left),
    ]
