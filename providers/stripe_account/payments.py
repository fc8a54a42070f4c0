"""Money on its way, charges that failed, refunds and disputes, as facts.

A payment is named by its PaymentIntent, and by its charge where there is none; for which invoice it is, the
store knows from what Stripe said of the invoice's payments, or asks.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from domain import facts
from domain.charges.cards import ENGINE
from domain.incidents.notice import Notice
from domain.reported_facts import Named, Report, Reported
from providers.stripe_account.instruments import Object, name_of
from providers.stripe_account.outcomes import decline_of
from providers.stripe_account.reading import (
    CUSTOMER,
    SOURCE,
    Reading,
    amount,
    currency,
    instant,
    listed,
    metadata,
    minor,
    money_behind,
    words,
)

REFERENCE, INVOICE = "arrears_charge", "arrears_invoice"
"""In the metadata of a PaymentIntent: the charge of ours that it was made for, and for which invoice."""

FRAUD = "fraudulent"


def intent(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return what a PaymentIntent says: which money it is, that it is on its way, came in, or failed."""
    id, names = str(about["id"]), _names(about)
    reports = tuple(_of_intent(about, at)) if names or reading.asks else ()
    if not names and not reports:
        return None
    customer = name_of(about.get("customer")) or None
    return Reported(source=SOURCE, customer=customer, about=(id,), reports=reports, names=names, as_of=at)


def money(about: Object, at: datetime) -> Reported:
    """Return whose money a PaymentIntent is, where it is for no invoice."""
    named = Named(kind="payment", ours=str(about["id"]))
    customer = name_of(about.get("customer")) or None
    return Reported(source=SOURCE, customer=customer, names={named.ours: named}, as_of=at)


def refund(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return money that was given back; one that failed after it was given is for a person."""
    behind, id = money_behind(about), str(about["id"])
    if not behind:
        return None
    reports, tasks = list[Report](), list[str]()
    if about.get("status") == "succeeded":
        body = facts.Refunded(payment=behind[0], amount=amount(about, minor(about, "amount")))
        reports.append(Report(body=body, name=f"refunded:{id}", at=instant(about["created"])))
    elif about.get("status") == "failed":
        tasks.append(f"refund {id} failed: the money is with us again, correct what was booked")
    return Reported(source=SOURCE, about=behind, reports=tuple(reports), tasks=tuple(tasks), as_of=at)


def refunds_of_charge(about: Object, at: datetime, reading: Reading) -> Iterator[Reported]:
    """Yield the refunds of a charge, where the version of the API has them in it."""
    for each in listed(about.get("refunds")):
        told = refund({"payment_intent": about.get("payment_intent"), **each}, at, reading)
        if told is not None:
            yield told


def dispute(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return a dispute: chasing rests for what it is about, and where money was taken it is owed again."""
    behind, id = money_behind(about), str(about["id"])
    if not behind:
        return None
    status, created_at = str(about.get("status")), instant(about["created"])
    disputed = amount(about, minor(about, "amount"))
    opened = facts.DisputeOpened(dispute=id, invoice=behind[0], amount=disputed, by=SOURCE)
    reports = [Report(body=opened, at=created_at)]
    notices: tuple[Notice, ...] = ()
    if not _is_inquiry(status):
        taken = facts.ChargedBack(payment=behind[0], amount=disputed, reason=words(about, "reason"))
        reports.append(Report(body=taken, name=f"charged_back:{id}", at=created_at))
    elif about.get("reason") == FRAUD:
        notices = (_notice(id, FRAUD, created_at),)
    return Reported(source=SOURCE, about=behind, reports=tuple(reports), notices=notices, as_of=at)


def dispute_closed(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return how a dispute was decided."""
    id, status = str(about["id"]), str(about.get("status"))
    if status not in ("won", "lost", "warning_closed", "prevented"):
        return dispute(about, at, reading)
    outcome = "lost" if status == "lost" else "won"
    body = facts.DisputeResolved(dispute=id, outcome=outcome, by=SOURCE)
    report = Report(body=body, name=f"dispute_resolved:{id}", at=at)
    return Reported(source=SOURCE, about=money_behind(about), reports=(report,), as_of=at)


def money_returned(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return that the money of a dispute is ours again."""
    behind, id = money_behind(about), str(about["id"])
    if not behind:
        return None
    body = facts.ChargebackReversed(payment=behind[0], amount=amount(about, minor(about, "amount")))
    report = Report(body=body, name=f"chargeback_reversed:{id}", at=at)
    return Reported(source=SOURCE, about=behind, reports=(report,), as_of=at)


def warning(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return what a card network warns of before anybody disputes."""
    word = words(about, "fraud_type") or "early fraud warning"
    notice = _notice(str(about["id"]), word, instant(about["created"]))
    return Reported(source=SOURCE, about=money_behind(about), notices=(notice,), as_of=at)


def charge(about: Object, at: datetime, reading: Reading) -> Reported | None:
    """Return which payment a charge is of: it is asked for where something names the charge alone."""
    id, of = str(about["id"]), name_of(about.get("payment_intent"))
    named = Named(kind="payment", ours=of or id, invoice=name_of(about.get("invoice")) or of or None)
    customer = name_of(about.get("customer")) or None
    return Reported(source=SOURCE, customer=customer, about=(id, of), names={id: named}, as_of=at)


def _names(about: Object) -> dict[str, Named]:
    """Return which money a PaymentIntent is, where it says so: a charge of ours, or of an invoice."""
    reference, of = metadata(about, REFERENCE), name_of(about.get("invoice"))
    invoice = metadata(about, INVOICE) or of or None
    if reference is None and not of:
        return {}
    return {str(about["id"]): Named(kind="payment", ours=reference or of, invoice=invoice)}


def _of_intent(about: Object, at: datetime) -> Iterator[Report]:
    id, status = str(about["id"]), about.get("status")
    money = {"payment": id, "currency": currency(about)}
    if status == "processing":
        coming = amount(about, minor(about, "amount"))
        body = facts.PaymentInFlight(**money, amount=coming, invoice=id)
        yield Report(body=body, name=f"payment_in_flight:{id}", at=at)
    elif status == "succeeded" and metadata(about, INVOICE):
        came = amount(about, minor(about, "amount_received"))
        yield Report(body=facts.PaymentReceived(**money, amount=came, invoice=id), at=at)
    error = about.get("last_payment_error")
    if status in ("requires_payment_method", "canceled") and isinstance(error, Mapping):
        yield _failed(id, error, at)


def _failed(id: str, error: Object, at: datetime) -> Report:
    """Return a charge that failed; a card that is left with us was tried by whoever collects."""
    tried = error.get("payment_method") or error.get("source")
    left_with_us = isinstance(tried, Mapping) and tried.get("customer") is not None
    body = facts.PaymentFailed(
        invoice=id,
        payment=id,
        decline=decline_of(error),
        by=ENGINE if left_with_us else CUSTOMER,
        instrument=name_of(tried) or None,
    )
    attempt = name_of(error.get("charge")) or f"{id}:{int(at.timestamp())}"
    return Report(body=body, name=f"payment_failed:{attempt}", at=at)


def _is_inquiry(status: str) -> bool:
    """Whether a bank only asks: no money was taken, and perhaps none will be."""
    return status.startswith("warning") or status == "prevented"


def _notice(id: str, word: str, at: datetime) -> Notice:
    """Return a sign of fraud. The cardholder can cause it alone, so it rests nothing until a person looks."""
    return Notice(
        source=SOURCE,
        id=id,
        kind="stolen_instrument",
        word=word,
        occurred_at=at,
        signs=(f"told by Stripe as {word}",),
    )
