"""Facts of deposits: money asked for before anything is delivered. Until it is applied it is a liability."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Day, Invoice, Name, Reason


class DepositRequested(Body):
    """A deposit is asked for, for an order or, without one, as a security; money names it by `deposit`.

    Attributes:
        due_on: the last day on which it is waited for; an order without it is cancelled then.
    """

    type: Literal["deposit_requested"] = "deposit_requested"
    deposit: Name
    amount: Amount
    currency: Currency
    order: Name | None = None
    due_on: Day | None = None
    by: Name | None = None


class DepositApplied(Body):
    """The deposit, or `amount` of it, pays an invoice: as much as is open there."""

    type: Literal["deposit_applied"] = "deposit_applied"
    deposit: Name
    invoice: Invoice
    amount: Amount | None = None
    by: Name | None = None


class DepositRefunded(Body):
    """What is left of the deposit, or `amount` of it, was given back."""

    type: Literal["deposit_refunded"] = "deposit_refunded"
    deposit: Name
    amount: Amount | None = None
    reason: Reason | None = None
    by: Name | None = None
