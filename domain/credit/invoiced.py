"""Which invoice an order became: the first that names it, else the first after it."""

from datetime import date

from domain.account import Account
from domain.book import Debt
from domain.credit.state import Order


def first_invoice(account: Account, order: Order) -> Debt | None:
    """Return the first invoice of an order; None while there is none.

    Where invoices do not name their orders it is the first that was issued on or after the day on which
    the order was provisioned, and names no other order.
    """
    named = account.credit.invoiced.get(order.name)
    if named is not None:
        return next((debt for debt in account.debts if debt.invoice == named), None)
    if order.provisioned_on is None:
        return None
    return _first_since(account, order.provisioned_on, order.amount.currency)


def invoice_for_deposit(account: Account, order: Order | None, on: date, currency: str) -> Debt | None:
    """Return the invoice that a deposit is for: that of its order, else the first since it was asked for."""
    if order is not None and order.name in account.credit.invoiced:
        return first_invoice(account, order)
    return _first_since(account, on, currency)


def _first_since(account: Account, on: date, currency: str) -> Debt | None:
    others = set(account.credit.invoiced.values())
    since = [
        debt
        for debt in account.debts
        if debt.issued_on >= on
        and debt.main
        and debt.state != "void"
        and debt.original.currency == currency
        and debt.invoice not in others
    ]
    return min(since, key=lambda debt: (debt.issued_on, debt.due_on, debt.invoice), default=None)
