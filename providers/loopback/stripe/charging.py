"""PaymentIntents that no invoice has made, and that may pay a part of one."""

from collections.abc import Iterator
from typing import Any

from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Object, Stripe, invalid, missing
from providers.loopback.stripe.cards import card_error, code_of, decline_of, declined, new_charge

LEAST = 50
"""Minor units: less than this no card is charged with."""

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(stripe: Stripe, given: dict[str, Any]) -> Object:
    """Make a PaymentIntent, which takes no money yet."""
    amount, owner = int(given["amount"]), stripe.get(given["customer"], "customer")
    if amount < LEAST:
        raise invalid("Amount must be at least 50", code="amount_too_small", param="amount")
    method = stripe.get(given["payment_method"], "payment_method")
    if method["customer"] != owner["id"]:
        raise invalid("The PaymentMethod does not belong to the Customer", param="payment_method")
    made = stripe.new(
        "pi",
        "payment_intent",
        amount=amount,
        amount_received=0,
        currency=given["currency"],
        customer=owner["id"],
        payment_method=method["id"],
        status="requires_confirmation",
        last_payment_error=None,
        latest_charge=None,
        metadata=dict(given.get("metadata") or {}),
    )
    stripe.happen("payment_intent.created", made)
    return made


def confirm(stripe: Stripe, intent: Object, given: dict[str, Any]) -> Object:
    """Take the money of a PaymentIntent that no invoice has made.

    Raises:
        Refusal: it is declined, or is not to be confirmed.
    """
    _must_be(intent, "confirmed", "requires_confirmation", "requires_payment_method")
    method = intent["payment_method"]
    if method is None:
        raise invalid("There is no PaymentMethod", code="payment_intent_unexpected_state")
    if (decline := decline_of(stripe, method)) is not None:
        charge = new_charge(stripe, intent, method, "failed", failure_code=code_of(decline))
        intent.update(
            status="requires_payment_method",
            payment_method=None,
            latest_charge=charge["id"],
            last_payment_error=card_error(stripe, charge, method, decline),
        )
        stripe.happen("charge.failed", charge)
        stripe.happen("payment_intent.payment_failed", intent)
        raise declined(intent)
    if method in stripe.debits:
        charge = new_charge(stripe, intent, method, "pending")
        intent.update(status="processing", latest_charge=charge["id"])
        stripe.happen("payment_intent.processing", intent)
        return intent
    charge = new_charge(stripe, intent, method, "succeeded")
    intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"])
    stripe.happen("charge.succeeded", charge)
    stripe.happen("payment_intent.succeeded", intent)
    for payment in payments_by(stripe, intent):
        billing.take_part(stripe, payment, intent["amount"])
    return intent


def cancel(stripe: Stripe, intent: Object, given: dict[str, Any]) -> Object:
    """Cancel a PaymentIntent: it takes no money any more."""
    _must_be(intent, "canceled", *_OPEN)
    payments = [*payments_by(stripe, intent)]
    if any(each["is_default"] for each in payments):
        raise invalid("You cannot cancel PaymentIntents that were created by an Invoice")
    intent["status"] = "canceled"
    for each in payments:
        each["status"] = "canceled"
    stripe.happen("payment_intent.canceled", intent)
    return intent


def payments_by(stripe: Stripe, intent: Object) -> Iterator[Object]:
    """Yield the payments of invoices that a PaymentIntent is to make."""
    for each in stripe.all("invoice_payment"):
        if each["payment"].get("payment_intent") == intent["id"]:
            yield each


def attach_payment(stripe: Stripe, about: Object, given: dict[str, Any]) -> Object:
    """Let a PaymentIntent pay a part of an invoice, once it succeeds."""
    intent = stripe.get(given["payment_intent"], "payment_intent")
    if about["status"] != "open" or intent["amount"] > about["amount_remaining"]:
        raise invalid("The payment is more than is open on the invoice")
    stripe.new(
        "inpay",
        "invoice_payment",
        invoice=about["id"],
        amount_requested=intent["amount"],
        amount_paid=None,
        currency=about["currency"],
        is_default=False,
        status="open",
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    return about


def methods_of(stripe: Stripe, owner: str) -> list[Object]:
    """Return the PaymentMethods of a customer, the newest first."""
    if owner not in stripe.objects:
        raise missing(owner)
    return [*stripe.all("payment_method", customer=owner)]


def _must_be(intent: Object, to_be: str, *states: str) -> None:
    if intent["status"] not in states:
        raise invalid(
            f"This PaymentIntent could not be {to_be} because it has a status of {intent['status']}",
            code="payment_intent_unexpected_state",
            payment_intent=dict(intent),
        )
