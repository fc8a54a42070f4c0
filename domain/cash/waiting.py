"""Money that chasing waits for: on its way, nobody knows whose, or come in twice."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Protocol

from domain.cash.doors import Double
from domain.cash.questions import Question
from domain.money import Money
from domain.reasons import Reason, because
from domain.rest import FOREVER


class Coming(Protocol):
    """Money on its way; without an invoice it is for the account, with a deposit for that alone."""

    @property
    def payment(self) -> str: ...

    @property
    def amount(self) -> Money: ...

    @property
    def invoice(self) -> str | None: ...

    @property
    def deposit(self) -> str | None: ...


def on_its_way(coming: Iterable[Coming], debts: Mapping[str, str]) -> Reason | None:
    """Return why these debts wait for money on its way; if it names none, those in its currency do.

    Args:
        debts: the invoices, with their currencies.
    """
    for money in coming:
        if money.deposit is not None:
            continue  # It pays no debt.
        if money.invoice in debts or (money.invoice is None and money.amount.currency in debts.values()):
            return because("hold.in_flight", payment=money.payment, amount=money.amount)
    return None


def came_twice(
    doubles: Iterable[Double], currencies: Iterable[str], today: date, day_of: Callable[[datetime], date]
) -> tuple[Reason, date] | None:
    """Return why debts in these currencies wait for money that may have come in twice, and until when."""
    asked = set(currencies)
    for each in doubles:
        last = each.waits_until(day_of(each.learned_at))
        if each.amount.currency in asked and today <= last:
            reason = because(
                "hold.twice", amount=each.amount, payment=each.payment, other=each.other, until=last
            )
            return reason, last
    return None


def in_question(
    questions: Iterable[Question], debts: Mapping[str, str], today: date
) -> tuple[Reason, date] | None:
    """Return why these debts wait for money that may pay them, and until which day.

    Args:
        debts: the invoices, with their currencies.
    """
    about = [each for each in questions if each.rest.holds(today) and each.concerns(debts)]
    last = max(about, key=lambda each: (each.rest.last, each.question), default=None)
    if last is None:
        return None
    until = "decided" if last.rest.last == FOREVER else last.rest.last
    reason = because("hold.in_question", amount=last.amount, why=last.rest.reason, until=until)
    return reason, last.rest.last
