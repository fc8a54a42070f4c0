"""Invoices, what was paid on them, and credit notes, as facts.

What an invoice is for does not change once it is issued; what is credited before it is paid lowers what
Stripe calls due, and is a credit note here. Money that Stripe keeps as a customer's balance pays the next
invoice there, which is issued for less: so it is no money here.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from domain import facts
from domain.charges.cards import ENGINE
from domain.reported_facts import Named, Report, Reported, Settled
from providers.stripe_account.customers import newcomer
from providers.stripe_account.instruments import Object, name_of
from providers.stripe_account.reading import (
    CUSTOMER,
    SOURCE,
    Reading,
    amount,
    currency,
    instant,
    invoice_name,
    listed,
    minor,
    moment,
    money_behind,
)


def invoice(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return all that an invoice says of itself; None of one that is not issued, or of nothing."""
    issued = minor(about, "amount_due") + minor(about, "pre_payment_credit_notes_amount")
    if about.get("status") == "void" and issued <= 0:
        issued = minor(about, "total")  # Nothing is due any more, and it has to be known that it was.
    if about.get("status") in (None, "draft") or issued <= 0:
        return None
    id, name = str(about["id"]), invoice_name(about)
    return Reported(
        source=SOURCE,
        customer=name_of(about.get("customer")) or None,
        about=(id,),
        reports=(_issued(about, name, issued, reading), *_payments(about), *_ended(about, id, at)),
        names={id: Named(kind="invoice", ours=name), **_names(about, id)},
        settled=_settled(about, id, at),
        as_of=at,
        # The customer itself says who of ours it is: where it can be asked for, it is.
        application=None if reading.asks else newcomer(about),
        adds=reading.adds,
    )


def for_a_person(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return an invoice of which something has just happened that a person has to decide."""
    told = invoice(about, at, reading)
    return None if told is None else replace(told, tasks=tuple(_tasks(about, invoice_name(about))))


def failed_alone(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return an invoice that could not be collected, where Stripe cannot be asked why."""
    told = invoice(about, at, reading)
    if told is None or reading.asks:
        return told
    collected = about.get("collection_method") == "charge_automatically"
    body = facts.PaymentFailed(invoice=str(about["id"]), by=ENGINE if collected else CUSTOMER)
    name = f"payment_failed:{about['id']}:{minor(about, 'attempt_count')}"
    return replace(told, reports=(*told.reports, Report(body=body, name=name, at=at)))


def invoice_payment(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return the money of a payment of an invoice, and which money it is."""
    of = name_of(about.get("invoice"))
    return Reported(
        source=SOURCE, about=(of,), reports=(*_received(about),), names={**_names_of_payment(about)}, as_of=at
    )


def credit_note(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return what a credit note takes off an invoice, and that it was taken back."""
    name, of = str(about.get("number") or about["id"]), name_of(about.get("invoice"))
    credited = _credited(about)
    if credited <= 0:
        return None
    body = facts.CreditNote(credit_note=name, invoice=of, amount=amount(about, credited))
    reports = [Report(body=body, at=instant(about["created"]))]
    if about.get("status") == "void":
        taken_back = facts.CreditNoteCancelled(credit_note=name, invoice=of)
        voided_at = about.get("voided_at")
        when = at if voided_at is None else instant(voided_at)
        reports.append(Report(body=taken_back, name=f"credit_note_cancelled:{about['id']}", at=when))
    customer = name_of(about.get("customer")) or None
    return Reported(source=SOURCE, customer=customer, about=(of,), reports=tuple(reports), as_of=at)


def _issued(about: Object, name: str, issued: int, reading: Reading) -> Report:
    at = moment(about, "finalized_at") or instant(about["created"])
    due = about.get("due_date")
    # Who is charged by himself has no time to pay: it is due as soon as it is issued.
    due_on = reading.day(int(at.timestamp()) if due is None else due)
    body = facts.InvoiceIssued(
        invoice=name, amount=amount(about, issued), currency=currency(about), due_on=due_on
    )
    return Report(body=body, at=at)


def _ended(about: Object, id: str, at: datetime) -> Iterator[Report]:
    if about["status"] == "void":
        voided_at = moment(about, "voided_at") or at
        yield Report(body=facts.InvoiceVoided(invoice=id), name=f"invoice_voided:{id}", at=voided_at)


def _settled(about: Object, id: str, at: datetime) -> Settled | None:
    """Return what was paid in all, where the payments are not said one by one."""
    paid = minor(about, "amount_paid")
    if paid <= 0 or about.get("payments"):
        return None
    body = facts.PaymentReceived(payment=id, amount=amount(about, paid), currency=currency(about), invoice=id)
    return Settled(invoice=id, report=Report(body=body, at=moment(about, "paid_at") or at))


def _payments(about: Object) -> Iterator[Report]:
    for payment in listed(about.get("payments")):
        yield from _received(payment)


def _received(payment: Object) -> Iterator[Report]:
    """Yield the money of a payment; it is called as its money is, and known as the invoice's by its names."""
    paid = minor(payment, "amount_paid")
    money = _money_of(payment)
    if payment.get("status") != "paid" or paid <= 0 or not money:
        return
    body = facts.PaymentReceived(
        payment=money,
        amount=amount(payment, paid),
        currency=currency(payment),
        invoice=name_of(payment.get("invoice")),
    )
    yield Report(body=body, at=moment(payment, "paid_at") or instant(payment["created"]))


def _money_of(payment: Object) -> str:
    behind = payment.get("payment") or {}
    return name_of(behind.get(str(behind.get("type"))))


def _names(about: Object, id: str) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for payment in listed(about.get("payments")):
        found |= _names_of_payment(payment)
    # Older versions of the API say it on the invoice itself.
    for money in money_behind(about):
        found[money] = Named(kind="payment", ours=id, invoice=id)
    return found


def _names_of_payment(payment: Object) -> dict[str, Named]:
    """Return which money it is: that of the payment which an invoice has by itself is called as the invoice.

    So it has one name, whether or not anybody has said by which money an invoice was paid. What was paid
    outside of Stripe stands for the rest of the invoice, and is called so too.
    """
    money, of = _money_of(payment), name_of(payment.get("invoice"))
    if not money:
        return {}
    elsewhere = (payment.get("payment") or {}).get("type") == "payment_record"
    own = of if payment.get("is_default") or elsewhere else money
    return {money: Named(kind="payment", ours=own, invoice=of)}


def _credited(about: Object) -> int:
    """Return what a credit note takes off: what is credited to a balance pays another invoice at Stripe."""
    before = about.get("pre_payment_amount")
    if before is None:  # an older version of the API
        return minor(about, "amount") if about.get("type") == "pre_payment" else 0
    back = sum(minor(each, "amount_refunded") for each in listed(about.get("refunds")))
    return minor(about, "pre_payment_amount") + back


def _tasks(about: Object, name: str) -> Iterator[str]:
    if about["status"] == "uncollectible":
        yield (
            f"invoice {name} was marked as uncollectible at Stripe: write it off with `starter.py write-off`,"
            " or chase it on"
        )
    if minor(about, "amount_overpaid") > 0:
        over = f"{amount(about, minor(about, 'amount_overpaid'))} {currency(about)}"
        yield f"invoice {name} was overpaid by {over}, which Stripe keeps for the customer's next invoice"
