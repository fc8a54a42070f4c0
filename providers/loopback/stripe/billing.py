"""What happens to customers, invoices and money in an account, with the events that Stripe has for it."""

from typing import Any

from providers.loopback.stripe.account import Object, Refusal, Stripe, invalid
from providers.loopback.stripe.cards import (
    AUTHENTICATION,
    card_error,
    code_of,
    decline_of,
    declined,
    new_charge,
)

DAY = 86_400


def customer(stripe: Stripe, **values: Any) -> Object:
    """Add a customer."""
    defaults: Object = {"email": None, "name": None, "phone": None, "address": None, "metadata": {}}
    more = {"default_source": None, "invoice_settings": {"default_payment_method": None}}
    made = stripe.new("cus", "customer", **{**defaults, **more, "preferred_locales": [], **values})
    stripe.happen("customer.created", made)
    return made


def change(stripe: Stripe, about: Object, **values: Any) -> Object:
    """Change an object, with the event of its kind."""
    previous = {name: about.get(name) for name in values}
    about.update(values)
    kind = {"subscription": "customer.subscription"}.get(about["object"], about["object"])
    stripe.happen(f"{kind}.updated", about, **previous)
    return about


def card(
    stripe: Stripe, owner: Object, *, default: bool = True, id: str | None = None, **values: Any
) -> Object:
    """Attach a card to a customer, as the one to be charged."""
    shown = {
        "brand": "visa",
        "funding": "credit",
        "exp_month": 12,
        "exp_year": 2030,
        "last4": "4242",
        **values,
    }
    made = stripe.new("pm", "payment_method", type="card", card=shown, customer=owner["id"])
    if id is not None:
        made = stripe.objects[id] = {**stripe.objects.pop(made["id"]), "id": id}
    stripe.happen("payment_method.attached", made)
    if default:
        change(stripe, owner, invoice_settings={"default_payment_method": made["id"]})
    return made


def detach(stripe: Stripe, method: Object) -> Object:
    """Take a card away from its customer."""
    owner, method["customer"] = method["customer"], None
    stripe.happen("payment_method.detached", method, customer=owner)
    return method


def draft(stripe: Stripe, owner: Object, *, currency: str = "eur", **values: Any) -> Object:
    """Begin an invoice."""
    method = values.pop("collection_method", "charge_automatically")
    days = int(values.pop("days_until_due", 30))
    made = stripe.new(
        "in",
        "invoice",
        customer=owner["id"],
        customer_name=owner["name"],
        customer_email=owner["email"],
        customer_phone=owner["phone"],
        customer_address=owner["address"],
        currency=currency,
        status="draft",
        number=None,
        collection_method=method,
        due_date=stripe.clock() + days * DAY if method == "send_invoice" else None,
        **dict.fromkeys(("total", "amount_due", "amount_paid", "amount_remaining", "amount_overpaid"), 0),
        **dict.fromkeys(("pre_payment_credit_notes_amount", "post_payment_credit_notes_amount"), 0),
        starting_balance=0,
        ending_balance=None,
        attempt_count=0,
        attempted=False,
        next_payment_attempt=None,
        hosted_invoice_url=None,
        default_payment_method=None,
        effective_at=None,
        parent=None,
        metadata={},
        status_transitions=dict.fromkeys(("finalized_at", "paid_at", "voided_at", "marked_uncollectible_at")),
    )
    made.update(values)
    stripe.happen("invoice.created", made)
    return made


def finalize(stripe: Stripe, invoice: Object, amount: int) -> Object:
    """Issue an invoice: it has a number and a payment, which is open."""
    _must_be(invoice, "draft")
    now = stripe.clock()
    number = f"ARR-{sum(1 for each in stripe.all('invoice') if each['number']) + 1:04d}"
    invoice.update(status="open", number=number, total=amount, amount_due=amount, amount_remaining=amount)
    invoice.update(effective_at=now, hosted_invoice_url=f"https://invoice.stripe.example/{invoice['id']}")
    invoice["status_transitions"]["finalized_at"] = now
    intent = stripe.new(
        "pi",
        "payment_intent",
        amount=amount,
        amount_received=0,
        currency=invoice["currency"],
        customer=invoice["customer"],
        status="requires_payment_method",
        last_payment_error=None,
        latest_charge=None,
        payment_method=None,
        metadata={},
    )
    stripe.new(
        "inpay",
        "invoice_payment",
        invoice=invoice["id"],
        amount_requested=amount,
        amount_paid=None,
        currency=invoice["currency"],
        is_default=True,
        status="open",
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status_transitions={"canceled_at": None, "paid_at": None},
    )
    stripe.happen("payment_intent.created", intent)
    stripe.happen("invoice.finalized", invoice)
    return invoice


def invoice(stripe: Stripe, owner: Object, amount: int, **values: Any) -> Object:
    """Issue an invoice at once."""
    return finalize(stripe, draft(stripe, owner, **values), amount)


def payment_of(stripe: Stripe, about: Object) -> tuple[Object, Object]:
    """Return the default payment of an invoice, and its PaymentIntent."""
    payment = next(stripe.all("invoice_payment", invoice=about["id"], is_default=True))
    return payment, stripe.get(payment["payment"]["payment_intent"])


def pay(stripe: Stripe, about: Object, method: str | None = None) -> Object:
    """Try to collect what is open on an invoice.

    Raises:
        Refusal: it is declined, or nothing can be collected.
    """
    _must_be(about, "open", "uncollectible")
    owner = stripe.get(about["customer"])
    method = method or about["default_payment_method"] or owner["invoice_settings"]["default_payment_method"]
    if method is None:
        raise invalid("There is no PaymentMethod to pay the invoice with", code="invoice_no_payment_method")
    payment, intent = payment_of(stripe, about)
    about.update(attempt_count=about["attempt_count"] + 1, attempted=True)
    intent.update(payment_method=method, last_payment_error=None)
    if (decline := decline_of(stripe, method)) == AUTHENTICATION:
        raise _waits_for_the_cardholder(stripe, about, intent)
    if decline is not None:
        raise _declined(stripe, about, intent, method, decline)
    if method in stripe.debits:
        intent["status"] = "processing"
        intent["latest_charge"] = new_charge(stripe, intent, method, "pending")["id"]
        stripe.happen("payment_intent.processing", intent)
        return about
    _charge_succeeds(stripe, about, payment, intent, new_charge(stripe, intent, method, "succeeded"))
    return about


def settle(stripe: Stripe, about: Object, *, failed: str | None = None) -> Object:
    """Bring money that was on its way to its end: it comes in, or fails with this code."""
    payment, intent = payment_of(stripe, about)
    charge = stripe.get(intent["latest_charge"])
    if failed is None:
        charge.update(status="succeeded", paid=True)
        _charge_succeeds(stripe, about, payment, intent, charge)
        return about
    charge.update(status="failed", failure_code=failed)
    _fails(stripe, about, intent, charge, failed)
    return about


def take_part(stripe: Stripe, payment: Object, amount: int) -> None:
    """Credit an invoice with a payment of a part, or of all that was left."""
    about = stripe.get(payment["invoice"])
    payment.update(status="paid", amount_paid=amount)
    payment["status_transitions"]["paid_at"] = stripe.clock()
    stripe.happen("invoice_payment.paid", payment)
    default, intent = payment_of(stripe, about)
    if amount == about["amount_remaining"]:
        default["status"] = intent["status"] = "canceled"
        _paid(stripe, about, amount)
        return
    about["amount_paid"] += amount
    about["amount_remaining"] -= amount
    intent["amount"] = about["amount_remaining"]
    stripe.happen("invoice.updated", about)


def pay_elsewhere(stripe: Stripe, about: Object) -> Object:
    """Mark an invoice as paid by money that Stripe never saw."""
    _must_be(about, "open", "uncollectible")
    payment, intent = payment_of(stripe, about)
    payment["status"], intent["status"] = "canceled", "canceled"
    record = stripe.new("pr", "payment_record", amount=about["amount_remaining"], currency=about["currency"])
    made = stripe.new(
        "inpay",
        "invoice_payment",
        **{key: payment[key] for key in ("invoice", "currency", "amount_requested")},
        amount_paid=about["amount_remaining"],
        is_default=False,
        status="paid",
        payment={"type": "payment_record", "payment_record": record["id"]},
        status_transitions={"canceled_at": None, "paid_at": stripe.clock()},
    )
    stripe.happen("invoice_payment.paid", made)
    _paid(stripe, about, made["amount_paid"])
    return about


def void(stripe: Stripe, about: Object) -> Object:
    """Void an invoice."""
    _must_be(about, "open", "uncollectible")
    about["status"] = "void"
    about["status_transitions"]["voided_at"] = stripe.clock()
    stripe.happen("invoice.voided", about)
    return about


def give_up(stripe: Stripe, about: Object) -> Object:
    """Mark an invoice as uncollectible."""
    _must_be(about, "open")
    about["status"] = "uncollectible"
    about["status_transitions"]["marked_uncollectible_at"] = stripe.clock()
    stripe.happen("invoice.marked_uncollectible", about)
    return about


def credit(stripe: Stripe, about: Object, amount: int) -> Object:
    """Credit a part of an invoice that is open, or give money back for one that is paid."""
    _must_be(about, "open", "paid", "uncollectible")
    before = min(amount, about["amount_remaining"])
    refunds = []
    if amount > before:
        back = refund(stripe, payment_of(stripe, about)[1], amount - before)
        refunds = [{"refund": back["id"], "amount_refunded": amount - before, "type": "refund"}]
    count = sum(1 for _ in stripe.all("credit_note", invoice=about["id"])) + 1
    made = stripe.new(
        "cn",
        "credit_note",
        invoice=about["id"],
        customer=about["customer"],
        currency=about["currency"],
        amount=amount,
        pre_payment_amount=before,
        post_payment_amount=amount - before,
        out_of_band_amount=None,
        customer_balance_transaction=None,
        refunds=refunds,
        number=f"{about['number']}-CN-{count:02d}",
        status="issued",
        voided_at=None,
    )
    about["pre_payment_credit_notes_amount"] += before
    about["post_payment_credit_notes_amount"] += amount - before
    about["amount_due"] -= before
    about["amount_remaining"] -= before
    stripe.happen("credit_note.created", made)
    if before and about["amount_remaining"] == 0:
        _paid(stripe, about, 0)
    return made


def void_credit(stripe: Stripe, note: Object) -> Object:
    """Take a credit note back."""
    about = stripe.get(note["invoice"])
    note.update(status="void", voided_at=stripe.clock())
    about["pre_payment_credit_notes_amount"] -= note["pre_payment_amount"]
    about["amount_due"] += note["pre_payment_amount"]
    about["amount_remaining"] += note["pre_payment_amount"]
    stripe.happen("credit_note.voided", note)
    return note


def refund(stripe: Stripe, intent: Object, amount: int | None = None, *, status: str = "succeeded") -> Object:
    """Give money back."""
    charge = stripe.get(intent["latest_charge"])
    left = charge["amount"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    if amount > left:
        raise invalid("Refund amount is greater than charge amount", code="charge_already_refunded")
    made = stripe.new(
        "re",
        "refund",
        amount=amount,
        charge=charge["id"],
        payment_intent=intent["id"],
        currency=charge["currency"],
        status=status,
        reason=None,
        metadata={},
    )
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    stripe.happen("charge.refunded", charge)
    stripe.happen("refund.created", made)
    return made


def dispute(stripe: Stripe, intent: Object, reason: str = "fraudulent", amount: int | None = None) -> Object:
    """Let the customer's bank take money back."""
    charge = stripe.get(intent["latest_charge"])
    charge["disputed"] = True
    made = stripe.new(
        "du",
        "dispute",
        amount=charge["amount"] if amount is None else amount,
        charge=charge["id"],
        payment_intent=intent["id"],
        currency=charge["currency"],
        reason=reason,
        status="needs_response",
        is_charge_refundable=False,
        evidence_details={"due_by": stripe.clock() + 7 * DAY},
        metadata={},
    )
    stripe.happen("charge.dispute.created", made)
    stripe.happen("charge.dispute.funds_withdrawn", made)
    return made


def end_dispute(stripe: Stripe, about: Object, outcome: str) -> Object:
    """Decide a dispute: `won` or `lost` by us."""
    about["status"] = outcome
    stripe.happen("charge.dispute.closed", about)
    if outcome == "won":
        stripe.happen("charge.dispute.funds_reinstated", about)
    return about


def warn(stripe: Stripe, intent: Object, fraud_type: str = "made_with_stolen_card") -> Object:
    """Let a card network warn of fraud before anybody disputes."""
    made = stripe.new(
        "issfr",
        "radar.early_fraud_warning",
        charge=intent["latest_charge"],
        payment_intent=intent["id"],
        actionable=True,
        fraud_type=fraud_type,
    )
    stripe.happen("radar.early_fraud_warning.created", made)
    return made


def subscription(stripe: Stripe, owner: Object, **values: Any) -> Object:
    """Begin a subscription."""
    made = stripe.new(
        "sub",
        "subscription",
        customer=owner["id"],
        status="active",
        pause_collection=None,
        cancel_at_period_end=False,
        canceled_at=None,
        ended_at=None,
        items={"object": "list", "data": [], "has_more": False, "url": "/v1/subscription_items"},
        metadata={},
    )
    made.update(values)
    stripe.happen("customer.subscription.created", made)
    return made


def end_subscription(stripe: Stripe, about: Object) -> Object:
    """Cancel a subscription at once."""
    about.update(status="canceled", canceled_at=stripe.clock(), ended_at=stripe.clock())
    stripe.happen("customer.subscription.deleted", about)
    return about


def _must_be(about: Object, *states: str) -> None:
    if about["status"] not in states:
        raise invalid(
            f"This invoice is {about['status']}: it must be {' or '.join(states)}",
            code="invoice_not_editable",
        )


def _charge_succeeds(stripe: Stripe, about: Object, payment: Object, intent: Object, charge: Object) -> None:
    amount = about["amount_remaining"]
    intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"])
    payment.update(status="paid", amount_paid=amount)
    payment["status_transitions"]["paid_at"] = stripe.clock()
    stripe.happen("charge.succeeded", charge)
    stripe.happen("payment_intent.succeeded", intent)
    stripe.happen("invoice_payment.paid", payment)
    _paid(stripe, about, amount)


def _paid(stripe: Stripe, about: Object, amount: int) -> None:
    about["amount_paid"] += amount
    about["amount_remaining"] = about["amount_due"] - about["amount_paid"]
    about.update(status="paid", next_payment_attempt=None)
    about["status_transitions"]["paid_at"] = stripe.clock()
    stripe.happen("invoice.paid", about)
    if amount:
        stripe.happen("invoice.payment_succeeded", about)


def _declined(stripe: Stripe, about: Object, intent: Object, method: str, decline: str) -> Refusal:
    why = {"type": "issuer_declined", "reason": decline}
    charge = new_charge(stripe, intent, method, "failed", failure_code=code_of(decline), outcome=why)
    stripe.happen("charge.failed", charge)
    _fails(stripe, about, intent, charge, decline)
    return declined(intent)


def _waits_for_the_cardholder(stripe: Stripe, about: Object, intent: Object) -> Refusal:
    intent["status"] = "requires_action"
    stripe.happen("payment_intent.requires_action", intent)
    stripe.happen("invoice.payment_action_required", about)
    code = "invoice_payment_intent_requires_action"
    return Refusal(402, "card_error", "This payment requires additional user action.", code=code)


def _fails(stripe: Stripe, about: Object, intent: Object, charge: Object, decline: str) -> None:
    error = card_error(stripe, charge, intent["payment_method"], decline)
    intent.update(status="requires_payment_method", last_payment_error=error, latest_charge=charge["id"])
    stripe.happen("payment_intent.payment_failed", intent)
    stripe.happen("invoice.payment_failed", about)
