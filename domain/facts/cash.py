"""Facts of money that came in and may be this customer's: chasing waits until a person says whose it is."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, End, Invoice, Name, Reason


class MoneyInQuestion(Body):
    """Money came in that may pay these invoices: chasing of them waits until the end of `to`.

    Without invoices it may pay all in its currency.
    """

    type: Literal["money_in_question"] = "money_in_question"
    question: Name
    amount: Amount
    currency: Currency
    invoices: tuple[Invoice, ...] = ()
    to: End
    reason: Reason


class MoneyDecided(Body):
    """A person said whose the money of a question is; what is this customer's comes in as a payment."""

    type: Literal["money_decided"] = "money_decided"
    question: Name
    outcome: Reason | None = None
    by: Name | None = None
