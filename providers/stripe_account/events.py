"""Stripe's events in our words, one line a type: what each becomes stands in docs/stripe.md.

Events come late, twice and in disorder, and each carries the whole object. So a fact is named by the object
and what became of it, never by the event: whatever tells of it first, it is the same fact. No later event
takes back that an invoice was paid or voided.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from domain.hints import Hint
from domain.reported_facts import Reported
from domain.staleness import Shown
from providers.stripe_account import customers, invoices, payments
from providers.stripe_account.client import VERSION
from providers.stripe_account.instruments import Object, name_of
from providers.stripe_account.reading import SOURCE, Reading, instant

Read = Callable[[Object, datetime, Reading], Reported | None]
Changed = Callable[..., Reported | None]

_INVOICE = """invoice.finalized invoice.sent invoice.updated invoice.paid invoice.payment_succeeded
    invoice.voided invoice.overdue invoice.will_be_due
    invoice.payment_action_required invoice.payment_attempt_required"""
READ: Mapping[str, Read] = {
    **dict.fromkeys(_INVOICE.split(), invoices.invoice),
    "invoice.overpaid": invoices.for_a_person,
    "invoice.marked_uncollectible": invoices.for_a_person,
    "invoice.payment_failed": invoices.failed_alone,
    "invoice_payment.paid": invoices.invoice_payment,
    "credit_note.created": invoices.credit_note,
    "credit_note.updated": invoices.credit_note,
    "credit_note.voided": invoices.credit_note,
    "payment_intent.processing": payments.intent,
    "payment_intent.succeeded": payments.intent,
    "payment_intent.payment_failed": payments.intent,
    "payment_intent.canceled": payments.intent,
    "refund.created": payments.refund,
    "refund.updated": payments.refund,
    "refund.failed": payments.refund,
    "charge.refund.updated": payments.refund,
    "charge.dispute.created": payments.dispute,
    "charge.dispute.updated": payments.dispute,
    "charge.dispute.funds_withdrawn": payments.dispute,
    "charge.dispute.closed": payments.dispute_closed,
    "charge.dispute.funds_reinstated": payments.money_returned,
    "radar.early_fraud_warning.created": payments.warning,
    "radar.early_fraud_warning.updated": payments.warning,
    "customer.created": customers.customer,
    "customer.deleted": customers.deleted,
    "payment_method.attached": customers.instrument_added,
    "payment_method.automatically_updated": customers.instrument_added,
}
READ_WITH_BEFORE: Mapping[str, Changed] = {
    "customer.updated": customers.changed,
    "payment_method.updated": customers.instrument_changed,
    "payment_method.detached": customers.instrument_removed,
}
HINTS = frozenset(
    f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed")
)
"""What says that a subscription changed: it is looked at where it is kept."""

REFUNDED = "charge.refunded"
NOTHING = frozenset(
    """charge.succeeded charge.pending charge.failed charge.updated charge.captured payment_intent.created
    payment_intent.requires_action invoice.created invoice.deleted invoice.finalization_failed
    setup_intent.created setup_intent.succeeded""".split()
)
"""What is said by another event as well, or says nothing to whoever collects."""

WANTED: Sequence[str] = (*sorted({*READ, *READ_WITH_BEFORE, *HINTS, REFUNDED}),)
"""The events to subscribe to."""

READ_OBJECT: Mapping[str, Read] = {
    "invoice": invoices.invoice,
    "invoice_payment": invoices.invoice_payment,
    "credit_note": invoices.credit_note,
    "payment_intent": payments.intent,
    "charge": payments.charge,
    "refund": payments.refund,
    "dispute": payments.dispute,
    "customer": customers.customer,
}
"""How an object is read that Stripe was asked for."""

FINAL: Mapping[str, frozenset[str]] = {
    "invoice": frozenset({"paid", "void"}),
    "payment_intent": frozenset({"succeeded", "canceled"}),
    "refund": frozenset({"failed", "canceled"}),
    "dispute": frozenset({"won", "lost", "warning_closed", "prevented"}),
    "credit_note": frozenset({"void"}),
    "customer": frozenset(),
}
"""What is read again where an event of it may be stale, and after which states nothing follows.

Cards are not among them: whoever charges asks for the cards that there are. Nor are subscriptions, which are
looked at in any case, nor what says one thing once: a payment of an invoice, and a warning.
"""


def read_event(event: Mapping[str, Any], reading: Reading) -> list[Reported | Hint]:
    """Return what an event says; one that nobody knows, or can read, is kept as such."""
    type = str(event["type"])
    if type in NOTHING:
        return []
    id, word = str(event["id"]), f"{type} ({event.get('api_version')})"
    about, at = event["data"]["object"], instant(event["created"])
    if type in HINTS:
        return [_hint(about, at, event=id, word=word)]
    try:
        told = [*_told(type, about, at, event["data"].get("previous_attributes") or {}, reading)]
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError):
        words = f"{word} cannot be read: {_id(about)} has to be looked at in Stripe's dashboard"
        return [Reported(source=SOURCE, event=id, word=word, tasks=(words,))]
    if told:
        names = [id] if len(told) == 1 else [f"{id}/{number}" for number in range(len(told))]
        shown = _shown(about, event.get("api_version"), reading) if len(told) == 1 else None
        return [
            replace(each, event=name, word=word, asks=reading.asks, shown=shown)
            for each, name in zip(told, names, strict=True)
        ]
    known = type in READ or type in READ_WITH_BEFORE or type == REFUNDED
    return [] if known else [Reported(source=SOURCE, event=id, word=word)]


def read_object(about: Object, at: datetime, reading: Reading) -> Reported:
    """Return what an object says that Stripe was asked for; of one that says nothing, just that.

    Raises:
        ValueError: it cannot be read.
    """
    kind = str(about.get("object"))
    try:
        read = customers.deleted if about.get("deleted") else READ_OBJECT[kind]
        told = read(about, at, reading) or Reported(source=SOURCE, as_of=at)
        if kind not in FINAL:
            return told
        shown = Shown(object=str(about["id"]), final=_is_final(about), read=True)
        return replace(told, word=f"{shown.object}, as it was read", shown=shown)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"an object of Stripe cannot be read: {type(error).__name__}") from None


def _shown(about: Object, version: Any, reading: Reading) -> Shown | None:
    """Return which object an event shows, where it can be read again."""
    if not reading.asks or about.get("object") not in FINAL or not isinstance(about.get("id"), str):
        return None
    if about["object"] == "customer" and not reading.adds:
        return None  # Stripe is not asked about customers then, of whom most are strangers.
    foreign = None if version == VERSION else str(version)[:40]
    return Shown(object=about["id"], final=_is_final(about), version=foreign)


def _is_final(about: Object) -> bool:
    return about.get("deleted") is True or about.get("status") in FINAL[str(about["object"])]


def _told(
    type: str, about: Object, at: datetime, before: Mapping[str, Any], reading: Reading
) -> Iterator[Reported]:
    if type == REFUNDED:
        yield from payments.refunds_of_charge(about, at, reading)
        return
    if type in READ_WITH_BEFORE:
        told = READ_WITH_BEFORE[type](about, at, reading, before=before)
    else:
        read = READ.get(type)
        told = None if read is None else read(about, at, reading)
    if told is not None:
        yield told


def _hint(about: Any, at: datetime, *, event: str, word: str) -> Hint:
    known = about if isinstance(about, Mapping) else {}
    return Hint(
        source=SOURCE,
        dedupe=event,
        provider=SOURCE,
        kind="subscription",
        account=name_of(known.get("customer")) or None,
        resource=name_of(known.get("id")) or None,
        at=at,
        word=word,
    )


def _id(about: Any) -> str:
    return name_of(about.get("id"))[:64] if isinstance(about, Mapping) else "its object"
