"""From one row to facts: who it is about, its invoice, what was paid of it, whether it is disputed."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from domain.channels import NO_DEBTS
from domain.contact_law.placing import read_city, read_region
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.facts import DisputeOpened, DisputeResolved, InvoiceIssued, PaymentReceived
from domain.money import Money
from domain.receivables.cells import Cells, currency_code
from domain.receivables.imported import DatedBody
from domain.receivables.mapping import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContact:
    """How the customer of a row is called and reached."""

    name: str | None
    email: str | None
    phone: str | None
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that was understood."""

    line: int
    fields: list[str]
    customer: Customer
    where: Whereabouts
    contact: RowContact
    facts: tuple[DatedBody, ...]


def customer_of(cells: Cells) -> Customer | None:
    """Return who the row is about; None when the row does not say it properly."""
    columns = cells.mapping.customer
    customer_id = cells.text(columns.id)
    country = cells.text(columns.country) if columns.country else None
    segment = cells.text(columns.segment)
    if cells.errors():
        return None
    timezone = cells.text(columns.timezone, country=country)
    language = cells.text(columns.language, country=country)
    currency, size, risk = (
        cells.text(column, country=country, optional=True) if column else None
        for column in (columns.currency, columns.size, columns.risk)
    )
    if cells.errors():
        return None
    if not (customer_id and segment and timezone and language):
        return None
    try:
        return Customer(
            id=customer_id,
            segment=segment,
            country=country,
            timezone=timezone,
            language=language,
            currency=currency,
            size=size,
            risk=risk,
        )
    except ValueError as error:
        cells.fault(columns.id, str(error), kind="customer")
        return None


def where_of(cells: Cells, *, country: str | None) -> Whereabouts:
    """Return where the customer is; what is no code is not known, and the law of every region holds.

    A city that is no code is a city like most: no rule is for it alone.
    """
    columns = cells.mapping.customer
    text = cells.text(columns.region, country=country, optional=True) if columns.region else None
    region = None
    if text:
        try:
            region = read_region(text, country)
        except ValueError as error:
            message = f"{error}; the row is imported without it"
            cells.fault(columns.region, message, kind="customer", severity="warning")
    city = cells.listed(columns.city, country=country) if columns.city else None
    return Whereabouts(region=region, places=_places(city, country))


def _places(city: str | None, country: str | None) -> tuple[str, ...]:
    with suppress(ValueError):
        return (read_city(city, country),) if city and "-" in city else ()
    return ()


def contact_of(cells: Cells, *, country: str | None) -> RowContact:
    """Return how the customer is called and reached; what cannot be an address is left out."""
    columns = cells.mapping.customer

    def text(source: Source | None) -> str | None:
        return cells.read(source, str, kind="contact", country=country, optional=True) if source else None

    email, phone = text(columns.email), text(columns.phone)
    usable_email = _email(email) if email else None
    usable_phone = _phone(phone, country) if phone else None
    if email and not usable_email:
        message = "no email address: correct it, like name@example.com; the row is imported without it"
        cells.fault(columns.email, message, kind="contact", severity="warning")
    if phone and not usable_phone:
        message = "no telephone number: correct it, like +44 20 7946 0000; the row is imported without it"
        cells.fault(columns.phone, message, kind="contact", severity="warning")
    return RowContact(
        name=text(columns.name),
        email=usable_email,
        phone=usable_phone,
        address=text(columns.address),
    )


@lru_cache(maxsize=4096)
def _email(text: str) -> str | None:
    try:
        # Asking the DNS would wait for it, and calls an address wrong while it is away.
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


@lru_cache(maxsize=4096)
def _phone(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def facts_of(cells: Cells, *, country: str | None) -> tuple[DatedBody, ...]:
    """Return the facts of the row's invoice; none when something is wrong with it."""
    columns = cells.mapping.invoice
    number = cells.read(columns.number, _invoice_number, kind="invoice number")
    issued_on, due_on = cells.day(columns.issued_on), cells.day(columns.due_on)
    currency = cells.read(columns.currency, currency_code, kind="currency", country=country)
    amount = cells.money(columns.amount, currency) if currency else None
    settled = cells.mapping.settled_on
    settled_on = cells.past_day(settled) if settled else None
    if issued_on and due_on and due_on < issued_on:
        message = f"due on {due_on}, before it was issued on {issued_on}: correct one of them"
        cells.fault(columns.due_on, message, kind="date")
    if issued_on and settled_on and settled_on < issued_on:
        message = f"settled on {settled_on}, before it was issued on {issued_on}: check both"
        cells.fault(settled, message, kind="date", severity="warning")
    if amount and amount.minor < 0:
        message = "a negative amount is a credit, no invoice: leave it out and book a credit note"
        cells.fault(columns.amount, message, kind="negative amount")
    if amount is not None and not amount:
        cells.fault(columns.amount, "an amount of nothing is no debt: leave the row out", kind="amount")
    if not (number and issued_on and due_on and amount and amount.minor > 0):
        return ()
    invoice = InvoiceIssued(
        invoice=number, amount=amount.amount, currency=amount.currency, due_on=due_on, issued_on=issued_on
    )
    facts = [DatedBody(id=f"invoice:{number}", happened_on=issued_on, body=invoice)]
    facts += _dispute(cells, number=number, issued_on=issued_on, due_on=due_on, settled_on=settled_on)
    paid, paid_on = _part_payment(cells, invoiced=amount, issued_on=issued_on)
    if paid_on:
        facts.append(_payment(f"part_payment:{number}", paid, invoice=number, happened_on=paid_on))
    if settled_on and paid < amount:
        facts.append(_payment(f"payment:{number}", amount - paid, invoice=number, happened_on=settled_on))
    return tuple(facts)


def _invoice_number(text: str) -> str:
    # Payments are named after it, with an amount behind.
    if len(text) > 90 or not text.isprintable():
        raise ValueError("an invoice number has at most 90 printable characters: shorten it")
    if text in NO_DEBTS:
        raise ValueError(f"{text!r} is a word of the engine's own: give the invoice another number")
    return text


def _payment(payment: str, amount: Money, *, invoice: str, happened_on: date) -> DatedBody:
    body = PaymentReceived(payment=payment, amount=amount.amount, currency=amount.currency, invoice=invoice)
    return DatedBody(id=payment, happened_on=happened_on, body=body)


def _part_payment(cells: Cells, *, invoiced: Money, issued_on: date) -> tuple[Money, date | None]:
    """Return what was paid of the invoice, and when; nothing and None when nothing was."""
    nothing = Money.zero(invoiced.currency)
    columns = cells.mapping.payment
    if columns is None:
        return nothing, None
    errors = cells.errors()
    paid = cells.money(columns.amount, invoiced.currency, optional=True) or nothing
    paid_on = cells.past_day(columns.paid_on)
    if cells.errors() > errors:
        return nothing, None
    if paid.minor < 0:
        message = "a negative payment is a refund: leave it out and book the refund"
        cells.fault(columns.amount, message, kind="negative amount")
    if paid and paid_on is None:
        message = "something was paid on no date: fill the date in, or empty the amount"
        cells.fault(columns.paid_on, message, kind="date")
    if paid_on and not paid:
        message = "nothing was paid on a date: fill the amount in, or empty the date"
        cells.fault(columns.amount, message, kind="amount")
    if paid > invoiced:
        message = f"{paid} paid on an invoice of {invoiced}: check it, the rest is kept as credit"
        cells.fault(columns.amount, message, kind="amount", severity="warning")
    if paid_on and paid_on < issued_on:
        message = f"paid on {paid_on}, before it was issued on {issued_on}: check both"
        cells.fault(columns.paid_on, message, kind="date", severity="warning")
    return (paid, paid_on) if paid.minor > 0 else (nothing, None)


def _dispute(
    cells: Cells, *, number: str, issued_on: date, due_on: date, settled_on: date | None
) -> list[DatedBody]:
    meaning = cells.mapping.dispute
    if meaning is None:
        return []
    word = cells.cells[meaning.column]
    if word not in meaning.yes:
        if word and word not in meaning.no:
            message = f"{word!r} is neither a yes nor a no: add it to yes or no of the dispute in the mapping"
            cells.fault(Source(column=meaning.column), message, kind="dispute")
        return []
    counted_from = issued_on if meaning.counted_from == "issued_on" else due_on
    opened_on = counted_from + timedelta(days=meaning.opens_after_days)
    if settled_on is not None:
        opened_on = min(opened_on, settled_on)
    opened_on = max(opened_on, issued_on)
    dispute = f"dispute:{number}"
    opened = DatedBody(id=dispute, happened_on=opened_on, body=DisputeOpened(dispute=dispute, invoice=number))
    ends = [settled_on] if settled_on is not None else []
    if meaning.lasts_days is not None:
        ends.append(opened_on + timedelta(days=meaning.lasts_days))
    if not ends:
        return [opened]
    body = DisputeResolved(dispute=dispute, invoice=number, outcome=meaning.outcome)
    resolved_on = max(opened_on, min(ends))
    return [opened, DatedBody(id=f"dispute_resolved:{number}", happened_on=resolved_on, body=body)]


def invoice_of(row: Row) -> str:
    return row.facts[0].id.removeprefix("invoice:")
