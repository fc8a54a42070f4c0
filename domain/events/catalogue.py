"""The catalogue: every event by its type, when it comes, and what its `data` has besides `customer`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of `data`."""

    name: str
    says: str
    always: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """One event of the catalogue.

    Attributes:
        when: when it is told; a sentence.
        example: a whole `data`.
    """

    type: str
    when: str
    fields: Sequence[Field]
    example: Mapping[str, Any]


def _fields(**says: str) -> tuple[Field, ...]:
    """Fields by name; a sentence that begins with `?` is of one that may be missing."""
    return tuple(
        Field(name=name.rstrip("_"), says=words.removeprefix("?"), always=not words.startswith("?"))
        for name, words in says.items()
    )


_MESSAGE, _STEP, _CHANNEL = (
    "names the message; the same in all events about it",
    "id of the policy's step",
    "email or sms",
)
_DEBTS = "what it is about: a list of `invoice`, `amount`, `currency`"
_SUBSCRIPTION = _fields(subscription="its id in the ledger, which is the customer's for the main one")
_ACME = {"customer": "ACME"}
_INVOICE = {"invoice": "INV-1042"}
_OWED = [{**_INVOICE, "amount": "1490.00", "currency": "EUR"}]
_NOTICE = {**_ACME, "message": "m-4f2a9c0d11e8b7a3", "step": "final_notice", "channel": "email"}

_NOTICES = (
    EventKind(
        type="notice.sent",
        when="A message to the customer was taken by its vendor, or is known to have been.",
        fields=_fields(message=_MESSAGE, step=_STEP, channel=_CHANNEL, debts=_DEBTS),
        example={**_NOTICE, "debts": _OWED},
    ),
    EventKind(
        type="notice.delivered",
        when="A message is known to have arrived.",
        fields=_fields(message=f"?{_MESSAGE}", step=f"?{_STEP}", channel=f"?{_CHANNEL}"),
        example=_NOTICE,
    ),
    EventKind(
        type="notice.undelivered",
        when="A message was refused or did not arrive, or is still on its way after a day.",
        fields=_fields(
            message=f"?{_MESSAGE}",
            step=f"?{_STEP}",
            channel=f"?{_CHANNEL}",
            because="refused, bounced, passing, ours, or slow: only this one may still arrive",
        ),
        example={**_NOTICE, "because": "bounced"},
    ),
    EventKind(
        type="suspension.announced",
        when="A message went out that announces a suspension; it comes on that day at the earliest.",
        fields=_fields(
            message=_MESSAGE, step=_STEP, channel=_CHANNEL, suspend_on="the day announced", debts=_DEBTS
        ),
        example={**_NOTICE, "suspend_on": "2026-04-01", "debts": _OWED},
    ),
)

_SERVICES = (
    EventKind(
        type="subscription.restricted",
        when="The service was restricted, and that was verified.",
        fields=_SUBSCRIPTION,
        example={**_ACME, "subscription": "ACME"},
    ),
    EventKind(
        type="subscription.suspended",
        when="The service was suspended, and that was verified.",
        fields=_SUBSCRIPTION,
        example={**_ACME, "subscription": "ACME"},
    ),
    EventKind(
        type="subscription.reactivated",
        when="The service is back, and that was verified.",
        fields=_SUBSCRIPTION,
        example={**_ACME, "subscription": "ACME"},
    ),
    EventKind(
        type="subscription.terminated",
        when="The subscription was ended for good, and that was verified.",
        fields=_SUBSCRIPTION,
        example={**_ACME, "subscription": "ACME"},
    ),
    EventKind(
        type="orders.blocked",
        when="Nothing that the customer orders is provisioned any more.",
        fields=_fields(incident="?the incident that it is for"),
        example={**_ACME, "incident": "inc-7"},
    ),
    EventKind(
        type="orders.unblocked",
        when="A block of orders is over; another one may still hold.",
        fields=_fields(incident="?the incident that it was for"),
        example=_ACME,
    ),
    EventKind(
        type="order.provisioned",
        when="An order was provisioned, and that was verified.",
        fields=_fields(order="its id", subscription="?what it became"),
        example={**_ACME, "order": "O-17", "subscription": "S-9"},
    ),
)

_MONEY = (
    EventKind(
        type="invoice.settled",
        when="Nothing is open on an invoice any more: paid or credited.",
        fields=_fields(invoice="its number", opening="counts how often it was opened, from 1"),
        example={**_ACME, **_INVOICE, "opening": 1},
    ),
    EventKind(
        type="invoice.voided",
        when="An invoice that was open was voided.",
        fields=_fields(invoice="its number", opening="counts how often it was opened, from 1"),
        example={**_ACME, **_INVOICE, "opening": 1},
    ),
    EventKind(
        type="invoice.written_off",
        when="What was open on an invoice was written off.",
        fields=_fields(invoice="its number", opening="counts how often it was opened, from 1"),
        example={**_ACME, **_INVOICE, "opening": 1},
    ),
    EventKind(
        type="invoice.reopened",
        when="An invoice that was settled, void or written off is open again.",
        fields=_fields(
            invoice="its number",
            opening="counts how often it was opened, from 1",
            open="what is open on it",
            currency="of it",
        ),
        example={**_ACME, **_INVOICE, "opening": 2, "open": "1490.00", "currency": "EUR"},
    ),
    EventKind(
        type="payment.recorded",
        when="Money was recorded, whatever door it came by.",
        fields=_fields(
            payment="its id", amount="how much", currency="of it", invoice="?the invoice that it names"
        ),
        example={**_ACME, "payment": "P-88", "amount": "1490.00", "currency": "EUR"},
    ),
    EventKind(
        type="payment.failed",
        when="A charge, or money on its way, came to nothing.",
        fields=_fields(
            payment="?its id", invoice="?what it was for", decline="?soft, hard, or the provider's code"
        ),
        example={**_ACME, **_INVOICE, "decline": "soft"},
    ),
    EventKind(
        type="payment.returned",
        when="Money that had been recorded is ours no more.",
        fields=_fields(
            payment="its id", how="refunded, charged_back or cancelled", amount="?without it, all of it"
        ),
        example={**_ACME, "payment": "P-88", "how": "charged_back"},
    ),
)

_AGREED = (
    EventKind(
        type="promise.made",
        when="The customer promised to pay by the end of a day.",
        fields=_fields(pay_on="the day", amount="?without it, all that is past due", currency="?of it"),
        example={**_ACME, "pay_on": "2026-04-03", "amount": "500.00", "currency": "EUR"},
    ),
    EventKind(
        type="promise.kept",
        when="All that was promised has come in, in time.",
        fields=_fields(made_on="the day it was made", pay_on="the day promised", invoices="what it is about"),
        example={**_ACME, "made_on": "2026-03-20", "pay_on": "2026-04-03", "invoices": ["INV-1042"]},
    ),
    EventKind(
        type="promise.broken",
        when="The day and its grace are over, and not all has come in.",
        fields=_fields(made_on="the day it was made", pay_on="the day promised", invoices="what it is about"),
        example={**_ACME, "made_on": "2026-03-20", "pay_on": "2026-04-03", "invoices": ["INV-1042"]},
    ),
    EventKind(
        type="plan.agreed",
        when="What is open is to be paid in instalments.",
        fields=_fields(instalments="a list of `due_on`, `amount`", currency="?of them"),
        example={**_ACME, "instalments": [{"due_on": "2026-04-15", "amount": "745.00"}], "currency": "EUR"},
    ),
    EventKind(
        type="plan.ended",
        when="An instalment plan is over, kept or not.",
        fields=_fields(currency="?without it, every plan"),
        example={**_ACME, "currency": "EUR"},
    ),
    EventKind(
        type="dispute.opened",
        when="The customer contests an invoice, or a part of it.",
        fields=_fields(dispute="its id", invoice="contested", amount="?without it, all of it"),
        example={**_ACME, "dispute": "D-3", **_INVOICE, "amount": "120.00"},
    ),
    EventKind(
        type="dispute.resolved",
        when="A dispute is settled.",
        fields=_fields(
            dispute="its id",
            invoice="?contested",
            amount="?how much of it",
            outcome="?won or lost, where that was said",
        ),
        example={**_ACME, "dispute": "D-3", **_INVOICE, "outcome": "won"},
    ),
    EventKind(
        type="chasing.rests",
        when="Chasing rests by a decision of a person.",
        fields=_fields(
            what="pause, exemption or hold",
            from_="?the first day",
            to="?the last day",
            invoice="?of this one alone",
        ),
        example={**_ACME, "what": "pause", "to": "2026-04-20"},
    ),
    EventKind(
        type="chasing.goes_on",
        when="A pause, an exemption or a hold was ended by a person; without that it ends on its last day.",
        fields=_fields(what="pause, exemption or hold", from_="?from this day", invoice="?of this one alone"),
        example={**_ACME, "what": "pause"},
    ),
)

_LIFE = (
    EventKind(
        type="customer.verified",
        when="The verification of a new customer has ended.",
        fields=_fields(
            outcome="approved, approved_prepayment or rejected",
            deposit="?what is asked in advance",
            currency="?of it",
        ),
        example={**_ACME, "outcome": "approved"},
    ),
    EventKind(
        type="stage.changed",
        when="A look at the customer found another stage than the one before.",
        fields=_fields(
            before="?the stage before; missing at the first look",
            stage="onboarding, rejected, current, overdue, reminder, final_notice, restricted, suspended,"
            " terminated or handed_over",
            case="number of the case that was worked on last, from 1; 0 before the first",
        ),
        example={**_ACME, "before": "overdue", "stage": "reminder", "case": 3},
    ),
    EventKind(
        type="debts.handed_over",
        when="An agency or a lawyer collects from now on.",
        fields=_fields(invoice="?this one; without it, all that is past due"),
        example=_ACME,
    ),
    EventKind(
        type="debts.taken_back",
        when="We collect again what was handed over.",
        fields=_fields(invoice="?this one; without it, all of it"),
        example=_ACME,
    ),
    EventKind(
        type="incident.opened",
        when="Fraud or misuse is being looked into; chasing rests.",
        fields=_fields(incident="its id", kind="such as spam", category="fraud or misuse"),
        example={**_ACME, "incident": "inc-7", "kind": "spam", "category": "misuse"},
    ),
    EventKind(
        type="incident.closed",
        when="The incident is over for this customer.",
        fields=_fields(incident="its id"),
        example={**_ACME, "incident": "inc-7"},
    ),
    EventKind(
        type="task.opened",
        when="Something waits for a person; `customer` is missing where it is about the whole ledger.",
        fields=_fields(task="its number", step="what it is about", kind="such as call, review or approval"),
        example={**_ACME, "task": 12, "step": "call", "kind": "call"},
    ),
    EventKind(
        type="events.test",
        when="`starter.py events test` asked for it; without `customer`.",
        fields=(),
        example={},
    ),
)

CATALOGUE: tuple[EventKind, ...] = (*_NOTICES, *_SERVICES, *_MONEY, *_AGREED, *_LIFE)
TEST = "events.test"
