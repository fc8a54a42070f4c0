"""Facts about interest and fees that finance booked, waived or took back.

A proposal is no fact: it is an effect with its claim, and a task for finance. Only what finance
books becomes a debt of its own, beside the invoice it is about.
"""

from typing import Literal

from pydantic import Field

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Day, Invoice, Name, Reason


class FeeBooked(Body):
    """Finance charges interest, a compensation or a fee: a side debt, which never suspends a service.

    Attributes:
        fee: its own number, as a debt has one; no invoice has the same.
        invoice: what it is about.
        until: the last day of which interest, or lateness, is charged: what comes later is another fee.
        due_on: its due date; without one it is due on the day it is booked.
        step: the step whose fee it is.
        basis: law or clause, and the formula, as the customer reads them.
        rows: the ids of the rows of the rate table that were used.
        reason: why it is more than was proposed, or less.
    """

    type: Literal["fee_booked"] = "fee_booked"
    fee: Invoice
    invoice: Invoice
    kind: Literal["interest", "compensation", "fee"]
    amount: Amount
    currency: Currency
    until: Day | None = None
    due_on: Day | None = None
    step: Name | None = None
    basis: str = Field(min_length=1, max_length=2000)
    rows: tuple[Name, ...] = ()
    reason: Reason | None = None
    by: Name | None = None


class FeeWaived(Body):
    """Finance gives up a fee that was rightly charged: a part, or without an amount what is open of it."""

    type: Literal["fee_waived"] = "fee_waived"
    fee: Invoice
    amount: Amount | None = None
    reason: Reason
    by: Name | None = None


class FeeCancelled(Body):
    """The fee should never have been, such as interest on an invoice that was void: nothing of it is owed."""

    type: Literal["fee_cancelled"] = "fee_cancelled"
    fee: Invoice
    reason: Reason
    by: Name | None = None
