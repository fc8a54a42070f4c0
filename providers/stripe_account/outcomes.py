"""What became of a charge, as a PaymentIntent or an error says it, and with which code it was declined."""

from collections.abc import Mapping
from typing import Any, Literal

from domain.charges.declines import AGAIN, DECLINES
from domain.charges.networks import never_again

Outcome = Literal["paid", "in_flight", "declined"]

AUTHENTICATION = "authentication_required"
_TO_AUTHENTICATE = frozenset(
    {"invoice_payment_intent_requires_action", "payment_intent_action_required", "requires_action"}
)
"""What Stripe calls it elsewhere that the cardholder has to authenticate, with nobody there to do so."""

DECLINES_OF_REQUESTS = frozenset({"amount_too_small", "amount_too_large", *_TO_AUTHENTICATE})
"""Codes of errors that are no card's and yet say that this cannot be charged, or not without the customer."""


def outcome_of(intent: Mapping[str, Any]) -> Outcome | None:
    """Return what became of a PaymentIntent; None of one that was never confirmed, or has another end."""
    status = intent.get("status")
    if status == "succeeded":
        return "paid"
    if status == "processing":
        return "in_flight"
    if intent.get("last_payment_error") or status == "requires_action":
        return "declined"
    return None


def decline_of_intent(intent: Mapping[str, Any]) -> str:
    """Return the code with which the last attempt at a PaymentIntent was declined."""
    error = intent.get("last_payment_error")
    return decline_of(error) if isinstance(error, Mapping) else AUTHENTICATION


def decline_of(error: Mapping[str, Any]) -> str:
    """Return the code that says most of what may be done after an error of a card.

    What a card network forbids comes first, whatever Stripe makes of it. Its advice counts where it is
    stricter than the code, which often gives no reason.
    """
    code = str(error.get("decline_code") or error.get("code") or "")
    if code in _TO_AUTHENTICATE:
        return AUTHENTICATION
    code = "generic_decline" if code in ("", "card_declined") else code
    network = str(error.get("network_decline_code") or "")
    if network and never_again(network, brand_of(error)):
        return network
    advice = str(error.get("advice_code") or "")
    if advice in ("do_not_try_again", "confirm_card_data") and DECLINES.get(code, "unknown") in AGAIN:
        return advice
    return code


def brand_of(error: Mapping[str, Any]) -> str | None:
    """Return the network of the card that an error is about, where it says so."""
    method = error.get("payment_method") or error.get("source") or {}
    card = method.get("card") or {} if isinstance(method, Mapping) else {}
    brand = card.get("brand")
    return str(brand) if brand else None
