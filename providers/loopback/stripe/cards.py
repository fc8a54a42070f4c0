"""What a card answers to a charge, as Stripe has it: a charge, or an error that says why not.

A PaymentMethod named as Stripe names its test cards answers so, such as `pm_card_chargeDeclinedLostCard`;
after `__` anything may follow, so that each customer has one of its own. `declines` of the account go before.
"""

from collections.abc import Mapping
from typing import Any

from providers.loopback.stripe.account import Object, Refusal, Stripe

AUTHENTICATION = "authentication_required"
_TEST_CARDS: Mapping[str, str] = {
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
    "pm_card_chargeDeclinedLostCard": "lost_card",
    "pm_card_chargeDeclinedStolenCard": "stolen_card",
    "pm_card_chargeDeclinedExpiredCard": "expired_card",
    "pm_card_chargeDeclinedIncorrectCvc": "incorrect_cvc",
    "pm_card_chargeDeclinedProcessingError": "processing_error",
    "pm_card_chargeDeclinedVelocityLimitExceeded": "card_velocity_exceeded",
    "pm_card_chargeDeclinedFraudulent": "fraudulent",
    "pm_card_authenticationRequired": AUTHENTICATION,
}
_CODES = ("expired_card", "incorrect_cvc", "processing_error", AUTHENTICATION)
"""Declines that are a code of their own, and not only the reason of `card_declined`."""


def decline_of(stripe: Stripe, method: str) -> str | None:
    """Return with which code a charge of a PaymentMethod is declined; None of one that takes it."""
    return stripe.declines.get(method) or _TEST_CARDS.get(method.partition("__")[0])


def new_charge(stripe: Stripe, intent: Object, method: str, status: str, **more: Any) -> Object:
    """Make the charge of one attempt, which keeps what the metadata of its PaymentIntent were then."""
    values = {
        "failure_code": None,
        "outcome": {"type": "authorized", "reason": None},
        **more,
    }
    return stripe.new(
        "ch",
        "charge",
        amount=intent["amount"],
        amount_refunded=0,
        currency=intent["currency"],
        customer=intent["customer"],
        payment_intent=intent["id"],
        payment_method=method,
        status=status,
        paid=status == "succeeded",
        refunded=False,
        disputed=False,
        metadata=dict(intent["metadata"]),
        **values,
    )


def card_error(stripe: Stripe, charge: Object, method: str, decline: str) -> Object:
    """Say why a card was declined, as it stands in an error and in a PaymentIntent."""
    return {
        "type": "card_error",
        "code": code_of(decline),
        "decline_code": decline,
        "charge": charge["id"],
        "payment_method": dict(stripe.get(method, "payment_method")),
    }


def code_of(decline: str) -> str:
    """Return the code of an error whose reason is this decline."""
    return decline if decline in _CODES else "card_declined"


def declined(intent: Object) -> Refusal:
    """Return the answer to an attempt that was declined: it holds the PaymentIntent as it is now."""
    error = intent["last_payment_error"]
    more = {key: error[key] for key in ("code", "decline_code", "charge", "payment_method")}
    return Refusal(402, "card_error", "Your card was declined.", **more, payment_intent=dict(intent))
