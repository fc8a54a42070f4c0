"""Facts of money: what came in, is on its way, failed, or was taken back."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Invoice, Name, Reason


class PaymentReceived(Body):
    """Settled money. Without an invoice it pays the oldest due debt of its currency first.

    Money that names a deposit is kept for it, and pays nothing until it is applied.
    """

    type: Literal["payment_received"] = "payment_received"
    payment: Name
    amount: Amount
    currency: Currency
    invoice: Invoice | None = None
    deposit: Name | None = None


class PaymentInFlight(Body):
    """Money on its way (a direct debit in process): holds escalation, settles nothing."""

    type: Literal["payment_in_flight"] = "payment_in_flight"
    payment: Name
    amount: Amount
    currency: Currency
    invoice: Invoice | None = None
    deposit: Name | None = None


class PaymentFailed(Body):
    """A charge, or money in flight, came to nothing.

    Attributes:
        decline: soft, hard, customer, technical, or a code of the card network or the provider.
        by: engine, customer or admin; only the engine's own count on the ladder of charges.
        instrument: the card that was tried; without it the one that was there, unless the customer tried.
    """

    type: Literal["payment_failed"] = "payment_failed"
    invoice: Invoice | None = None
    payment: Name | None = None
    decline: Name | None = None
    by: Name | None = None
    instrument: Name | None = None


class Refunded(Body):
    """Money given back: what it had paid is owed again. Without an amount, all of it."""

    type: Literal["refunded"] = "refunded"
    payment: Name
    amount: Amount | None = None


class PaymentCancelled(Body):
    """The payment was booked by mistake: it was not this customer's, or came in by another door as well."""

    type: Literal["payment_cancelled"] = "payment_cancelled"
    payment: Name
    reason: Reason | None = None
    by: Name | None = None


class ChargedBack(Body):
    """Money taken back by the customer's bank. Without an amount, all of it.

    The reason is the bank's; `fraudulent` says that the cardholder knows nothing of the charge.
    """

    type: Literal["charged_back"] = "charged_back"
    payment: Name
    amount: Amount | None = None
    reason: Name | None = None


class ChargebackReversed(Body):
    """A chargeback decided in our favour: the money is ours again."""

    type: Literal["chargeback_reversed"] = "chargeback_reversed"
    payment: Name
    amount: Amount | None = None
