"""What is asked for as a deposit, and how much of it has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.account import Account
from domain.credit.state import UNUSED, Asked, Credit, Order
from domain.money import Money
from domain.policy_credit import Prepayment
from domain.policy_fields import amount_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepaid:
    """What was asked for an order, and what of it has settled: money on its way has not."""

    asked: Money
    received: Money

    @property
    def complete(self) -> bool:
        """Whether all of it is there; nothing is never enough, whatever was asked for."""
        return self.received.minor > 0 and self.received >= self.asked

    @property
    def missing(self) -> Money:
        """What is still to come."""
        return max(self.asked - self.received, Money.zero(self.asked.currency))


def needed(terms: Prepayment, order: Order, credit: Credit = UNUSED) -> Money:
    """Return the deposit of an order: what was agreed for it, else by the policy's percent and minimum.

    Until anything was provisioned it is what the verification asks for at least, in the same currency.
    """
    if order.prepay is not None:
        return order.prepay
    share = order.first_month.portion(Decimal(terms.percent) / 100)
    smallest = Money(1, share.currency)
    first, served = credit.first_deposit, any(each.provisioned_at for each in credit.orders)
    if first is None or first.currency != share.currency or served:
        first = smallest
    return max(share, amount_in(terms.minimum, share.currency) or smallest, first)


def due_on(terms: Prepayment, asked: Asked) -> date:
    """Return the last day on which a deposit is waited for: as it was asked for, else as the policy says."""
    return asked.due_on or asked.on + timedelta(days=terms.wait_days)


def prepaid(account: Account, terms: Prepayment, order: Order) -> Prepaid:
    """Return what is asked for an order, as it was asked for once it was, and what has settled of it."""
    asked = account.credit.asked_for(order.name)
    currency = order.amount.currency
    total = sum(
        (each.amount for each in asked if each.amount.currency == currency), start=Money.zero(currency)
    )
    received = [received_for(account, each) for each in asked]
    settled = sum((each for each in received if each.currency == currency), start=Money.zero(currency))
    return Prepaid(asked=total if asked else needed(terms, order, account.credit), received=settled)


def received_for(account: Account, asked: Asked) -> Money:
    """Return what has settled of a deposit and was not taken back, whatever it paid since."""
    deposit = account.deposits.get(asked.deposit)
    if deposit is None or deposit.received.currency != asked.amount.currency:
        return Money.zero(asked.amount.currency)
    return deposit.received


def left_of(account: Account, deposit: str) -> Money | None:
    """Return what of a deposit has paid nothing yet; None where there is nothing."""
    known = account.deposits.get(deposit)
    return known.left if known is not None and known.left else None


def deposit_named(order: str, known: Iterable[Asked]) -> str:
    """Return the name of an order's deposit, by which the customer's money is known."""
    names = {each.deposit for each in known}
    name, number = f"{order}-D", 1
    while name in names:
        number += 1
        name = f"{order}-D{number}"
    return name
