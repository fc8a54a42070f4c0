"""Receivables from any CSV: a mapping document says what its columns mean, rows become facts.

One row is one invoice. Fact ids come from the invoice number alone, so reading a file again gives
the same facts. Messages name lines, columns, numbers and dates, never a customer's name or address.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Literal, TypeVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.customer import Customer, known_zone
from domain.documents import Document, Fault, Faults, Whole, closest
from domain.facts import NO_INVOICES, Body, DisputeOpened, DisputeResolved, InvoiceIssued, PaymentReceived
from domain.money import CURRENCIES, Money, MoneyError

# Outside these years a date is a spreadsheet's zero or a slip of the hand.
FIRST_YEAR, LAST_YEAR = 1970, 2100
MOST_DAYS = 3650
"""Ten years: a dispute that begins or ends later than that is a slip of the hand."""

_DATE_DIGITS = {"year": "4", "month": "1,2", "day": "1,2"}

Severity = Literal["error", "warning"]
Kind = Literal[
    "amount",
    "contact",
    "contradiction",
    "currency",
    "customer",
    "date",
    "dispute",
    "duplicate",
    "file",
    "invoice number",
    "negative amount",
    "row",
]
"""What a problem is about: the many problems of a large file are counted by it."""


# --- the mapping document


def _date_form(form: str) -> str:
    words = Counter(re.findall("year|month|day", form))
    if any(words[word] != 1 for word in _DATE_DIGITS):
        raise ValueError(f"{form!r} is no form of a date: write it like day.month.year or year-month-day")
    return form


def _column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


DateForm = Annotated[str, AfterValidator(_date_form)]
Mark = Annotated[str, Field(min_length=1, max_length=1)]


class Source(Document):
    """Where a value comes from: a column, one fixed value, or a value per country.

    `translate` replaces what a column says, `otherwise` stands in for an empty cell and for a
    country that is not listed. A plain text in place of a source is the name of a column.
    """

    column: str | None = None
    fixed: str | None = None
    by_country: dict[str, str] | None = None
    translate: dict[str, str] | None = None
    otherwise: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Source":
        ways = [way for way in (self.column, self.fixed, self.by_country) if way]
        if len(ways) != 1:
            raise ValueError("write exactly one of column, fixed or by_country")
        if self.translate is not None and self.column is None:
            raise Faults(Fault(path=("translate",), message="only what a column says can be translated"))
        return self

    def constants(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every value that the mapping itself spells out, with its path."""
        for name, value in (("fixed", self.fixed), ("otherwise", self.otherwise)):
            if value is not None:
                yield (name,), value
        for name, table in (("by_country", self.by_country), ("translate", self.translate)):
            for key, value in (table or {}).items():
                yield (name, key), value


From = Annotated[Source, BeforeValidator(_column)]


class CustomerColumns(Document):
    """What is known of the customer of a row.

    Name, email, phone and address are personal data and stay out of plans. A phone number may be
    written as in the customer's country; it becomes the international form.
    """

    id: From
    name: From | None = None
    email: From | None = None
    phone: From | None = None
    address: From | None = None
    segment: From = Source(fixed="business")
    country: From | None = None
    timezone: From = Source(fixed="UTC")
    language: From = Source(fixed="en")


class InvoiceColumns(Document):
    """The invoice of a row."""

    number: From
    issued_on: From
    due_on: From
    amount: From
    currency: From


class PaymentColumns(Document):
    """A part of the invoice that was paid; empty cells mean that nothing was."""

    amount: From
    paid_on: From


class DisputeColumn(Document):
    """What a yes in the dispute column means: a dispute of the whole invoice, from when to when.

    It opens `opens_after_days` after the date `counted_from`, though never before the invoice nor
    after its settlement. It is resolved after `lasts_days`, or at the settlement if that is earlier;
    without `lasts_days`, at the settlement alone.
    """

    column: str
    yes: Annotated[tuple[str, ...], Field(min_length=1)]
    no: tuple[str, ...] = ()
    counted_from: Literal["issued_on", "due_on"]
    opens_after_days: Annotated[Whole, Field(ge=-MOST_DAYS, le=MOST_DAYS)]
    lasts_days: Annotated[Whole, Field(ge=0, le=MOST_DAYS)] | None = None
    outcome: Literal["won", "lost"] = "won"

    @model_validator(mode="after")
    def _yes_or_no(self) -> "DisputeColumn":
        both = [i for i, word in enumerate(self.no) if word in self.yes]
        if both:
            words = "{!r} stands under yes as well: keep it under one of them"
            raise Faults(*(Fault(path=("no", i), message=words.format(self.no[i])) for i in both))
        return self


class Amounts(Document):
    """How amounts are written."""

    decimal: Mark = "."
    thousands: Mark | None = None

    @model_validator(mode="after")
    def _two_marks(self) -> "Amounts":
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands must be two different characters")
        return self


class Mapping(Document):
    """What the columns of a receivables CSV mean."""

    delimiter: Mark = ","
    dates: Annotated[tuple[DateForm, ...], Field(min_length=1)]
    amounts: Amounts = Amounts()
    customer: CustomerColumns
    invoice: InvoiceColumns
    settled_on: From | None = None
    payment: PaymentColumns | None = None
    dispute: DisputeColumn | None = None

    @model_validator(mode="after")
    def _values_exist(self) -> "Mapping":
        faults = [*self._constant_faults()]
        country = self.customer.country
        if country is not None and country.by_country is not None:
            faults.append(
                Fault(
                    path=("customer", "country", "by_country"), message="a country cannot follow from itself"
                )
            )
        for path, source in self.sources():
            for code in source.by_country or {}:
                if country is None:
                    message = "a value per country needs customer.country"
                    faults.append(Fault(path=(*path, "by_country"), message=message))
                    break
                if not _is_country(code):
                    faults.append(Fault(path=(*path, "by_country", code), message=_NO_COUNTRY.format(code)))
        if faults:
            raise Faults(*faults)
        return self

    def _constant_faults(self) -> Iterator[Fault]:
        customer = self.customer
        for path, value in customer.country.constants() if customer.country else ():
            if not _is_country(value):
                yield Fault(path=("customer", "country", *path), message=_NO_COUNTRY.format(value))
        for path, value in customer.timezone.constants():
            if not known_zone(value):
                message = f"{value!r} is no time zone: use a name such as Europe/Berlin or UTC"
                yield Fault(path=("customer", "timezone", *path), message=message)
        for path, value in self.invoice.currency.constants():
            if value not in CURRENCIES:
                message = f"unknown currency {value!r}: write an ISO 4217 code such as EUR"
                place = ("invoice", "currency", *path)
                yield Fault(path=place, message=message, suggestion=closest(value, sorted(CURRENCIES)))

    def sources(self) -> Iterator[tuple[tuple[str, ...], Source]]:
        """Every source with its path in the document."""
        for name in ("customer", "invoice", "payment"):
            part = getattr(self, name)
            for key in type(part).model_fields if part is not None else ():
                source = getattr(part, key)
                if source is not None:
                    yield (name, key), source
        if self.settled_on is not None:
            yield ("settled_on",), self.settled_on

    def columns(self) -> dict[str, str]:
        """Every column that is read, with the path of the first key that names it."""
        found: dict[str, str] = {}
        for path, source in self.sources():
            if source.column is not None:
                found.setdefault(source.column, ".".join(path))
        if self.dispute is not None:
            found.setdefault(self.dispute.column, "dispute")
        return found


_NO_COUNTRY = "{!r} is no country code: use two capital letters such as DE or JP"


def _is_country(code: str) -> bool:
    return re.fullmatch("[A-Z]{2}", code) is not None


# --- what an import gives


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """What is wrong at a line; a row with an error is not imported, one with a warning is."""

    file: str
    line: int
    column: str | None
    message: str
    kind: Kind
    severity: Severity = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " + (f"{self.column}: " if self.column else "")
        return f"{place}{'warning: ' if self.severity == 'warning' else ''}{self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedBody:
    """A fact that nobody has learned yet; `id` is the same each time the file is read."""

    id: str
    happened_on: date
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCustomer:
    """One customer of a file, with facts by day.

    Attributes:
        line: where the customer first stands in the file.
        name, email, phone, address: personal data; `phone` is in international form.
        lines: where each invoice stands.
    """

    line: int
    customer: Customer
    name: str | None
    email: str | None
    phone: str | None
    address: str | None
    facts: tuple[DatedBody, ...]
    lines: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """All that a file says: `rows` are data rows, `accepted` those whose facts are here."""

    customers: tuple[ImportedCustomer, ...]
    problems: tuple[RowProblem, ...]
    rows: int
    accepted: int

    @property
    def errors(self) -> tuple[RowProblem, ...]:
        """The problems that kept a row, or the whole file, out."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def read_rows(lines: Iterable[str], mapping: Mapping, *, file: str, today: date | None = None) -> Import:
    """Return the customers and facts of a CSV whose first line is its header.

    `lines` are physical lines, ends kept, as an open text file gives them; `file` is for messages.
    Money that arrives after `today` is odd, and warned of.
    Nothing is raised for bad content: every problem is in the result, by line.
    """
    reading = _Reading(mapping=mapping, file=file, today=today)
    records = _records(lines, mapping.delimiter)
    header = next(records, None)
    if header is None:
        reading.problem(1, None, "the file is empty: export it again, with its header line", kind="file")
    elif reading.header(header):
        for record in records:
            reading.row(record)
        if not reading.rows:
            message = "there is a header and no row"
            reading.problem(header.line, None, message, kind="file", severity="warning")
    return reading.result()


# --- from lines to records


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """One logical row: the line it starts on, and its fields or why it has none."""

    line: int
    fields: list[str]
    broken: str | None = None


def _records(lines: Iterable[str], delimiter: str) -> Iterator[_Record]:
    """Yield the rows; blank ones are none. After a broken row, reading goes on at the next line."""
    nul = False

    def clean() -> Iterator[str]:
        nonlocal nul
        for number, line in enumerate(lines):
            nul = nul or "\0" in line
            yield (line.removeprefix("\ufeff") if number == 0 else line).replace("\0", "")

    reader = csv.reader(clean(), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = [value.strip() for value in next(reader)]
            broken = "a NUL byte: the export is damaged, or is not text; export it again" if nul else None
        except StopIteration:
            return
        except csv.Error as error:
            fields, broken = [], _csv_words(str(error), reader.line_num)
        nul = False
        # Spreadsheets end with rows of delimiters alone.
        if any(fields) or broken:
            yield _Record(line=line, fields=fields, broken=broken)


def _csv_words(error: str, last_line: int) -> str:
    if "unexpected end" in error:
        return (
            f"a quote that opens here is never closed (the file ends on line {last_line}): close or double it"
        )
    if "expected after" in error:
        return "text follows a closing quote: write a quote inside a quoted field twice"
    if "field larger" in error:
        return "a field is longer than 131,072 characters: look for a quote that is not closed"
    return "a line end stands inside the row: save the file with usual line ends, or put the field in quotes"


# --- from records to facts

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contact:
    """How the customer of a row is called and reached."""

    name: str | None
    email: str | None
    phone: str | None
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row that was understood."""

    line: int
    fields: list[str]
    customer: Customer
    contact: _Contact
    facts: tuple[DatedBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """What is wrong in one cell of a row."""

    column: str | None
    message: str
    kind: Kind
    severity: Severity


@dataclass(slots=True, kw_only=True)
class _Cells:
    """The cells of one row by column; what is wrong or odd is collected while they are read."""

    mapping: Mapping
    cells: dict[str, str]
    today: date | None
    faults: list[_Fault] = field(default_factory=list)

    def fault(self, source: Source | None, message: str, *, kind: Kind, severity: Severity = "error") -> None:
        column = source.column if source else None
        self.faults.append(_Fault(column=column, message=message, kind=kind, severity=severity))

    def errors(self) -> int:
        return sum(fault.severity == "error" for fault in self.faults)

    def read(
        self,
        source: Source,
        convert: Callable[[str], T],
        *,
        kind: Kind,
        country: str | None = None,
        optional: bool = False,
    ) -> T | None:
        """Return the converted value; None when it is absent, or was reported as a fault."""
        try:
            text = self._text(source, country)
            if text:
                return convert(text)
            if not optional:
                raise ValueError("nothing is written here: fill it in")
        except ValueError as error:
            self.fault(source, str(error), kind=kind)
        return None

    def text(self, source: Source, *, country: str | None = None, optional: bool = False) -> str | None:
        return self.read(source, str, kind="customer", country=country, optional=optional)

    def day(self, source: Source, *, optional: bool = False) -> date | None:
        return self.read(source, lambda text: _day(text, self.mapping.dates), kind="date", optional=optional)

    def past_day(self, source: Source) -> date | None:
        """Read the day on which money arrived, where some did."""
        found = self.day(source, optional=True)
        if found and self.today and found > self.today:
            message = f"{found} is still to come, and counts as paid: check it"
            self.fault(source, message, kind="date", severity="warning")
        return found

    def money(self, source: Source, currency: str, *, optional: bool = False) -> Money | None:
        return self.read(
            source,
            lambda text: _money(text, currency, self.mapping.amounts),
            kind="amount",
            optional=optional,
        )

    def _text(self, source: Source, country: str | None) -> str:
        if source.fixed is not None:
            return source.fixed
        if source.by_country is not None:
            value = source.by_country.get(country or "", source.otherwise)
            if value is None:
                raise ValueError(
                    f"no value for country {country}: add it to by_country in the mapping, or set otherwise"
                )
            return value
        value = self.cells[source.column or ""]
        if not value or source.translate is None:
            return value or source.otherwise or ""
        if value not in source.translate:
            raise ValueError(f"{value!r} is in no table: add it to translate in the mapping")
        return source.translate[value]


def _day(text: str, forms: tuple[str, ...]) -> date:
    for form in forms:
        match = _date_pattern(form).fullmatch(text)
        if match is None:
            continue
        try:
            day = date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            raise ValueError(f"{text!r} is no day of the calendar (read as {form}): correct it") from None
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(f"{text!r} is in an impossible year: correct it ({FIRST_YEAR} to {LAST_YEAR})")
        return day
    raise ValueError(
        f"{text!r} is no date like {' or '.join(forms)}: correct it, or add its form to dates in the mapping"
    )


@lru_cache(maxsize=64)
def _date_pattern(form: str) -> re.Pattern[str]:
    pattern = re.escape(form)
    separated = re.search("(year|month|day)(year|month|day)", form) is None
    for word, digits in _DATE_DIGITS.items():
        # Without a separator, only two digits for day and month can be told apart.
        pattern = pattern.replace(word, f"(?P<{word}>[0-9]{{{digits if separated else digits[-1]}}})")
    return re.compile(pattern)


def _money(text: str, currency: str, amounts: Amounts) -> Money:
    whole = "[0-9]+"
    if amounts.thousands is not None:
        whole = rf"([0-9]{{1,3}}({re.escape(amounts.thousands)}[0-9]{{3}})+|[0-9]+)"
    if not re.fullmatch(rf"[+-]?{whole}({re.escape(amounts.decimal)}[0-9]+)?", text):
        sample = f"1490{amounts.decimal}00"
        raise ValueError(f"{text!r} is no amount: write it like {sample}, or set amounts in the mapping")
    plain = text.replace(amounts.thousands, "") if amounts.thousands else text
    if len(plain) > 15:
        raise ValueError(f"{text!r} is too large to be believed: correct it")
    try:
        return Money.of(plain.replace(amounts.decimal, "."), currency)
    except MoneyError as error:
        raise ValueError(f"{error}: correct the amount or the currency") from None


def _currency(text: str) -> str:
    if text in CURRENCIES:
        return text
    guess = closest(text, sorted(CURRENCIES)) if text.upper() in CURRENCIES else None
    hint = f" (did you mean {guess}?)" if guess else ""
    raise ValueError(f"unknown currency {text!r}: write an ISO 4217 code such as EUR{hint}")


def _invoice_number(text: str) -> str:
    # Payments are named after it, with an amount behind.
    if len(text) > 90 or not text.isprintable():
        raise ValueError("an invoice number has at most 90 printable characters: shorten it")
    if text in NO_INVOICES:
        raise ValueError(f"{text!r} is a word of the engine's own: give the invoice another number")
    return text


def _customer(cells: _Cells) -> Customer | None:
    """Return who the row is about; None when the row does not say it properly."""
    columns = cells.mapping.customer
    customer_id = cells.text(columns.id)
    country = cells.text(columns.country) if columns.country else None
    segment = cells.text(columns.segment)
    if cells.errors():
        return None
    timezone = cells.text(columns.timezone, country=country)
    language = cells.text(columns.language, country=country)
    if not (customer_id and segment and timezone and language):
        return None
    try:
        return Customer(
            id=customer_id, segment=segment, country=country, timezone=timezone, language=language
        )
    except ValueError as error:
        cells.fault(columns.id, str(error), kind="customer")
        return None


def _contact(cells: _Cells, *, country: str | None) -> _Contact:
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
    return _Contact(
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


def _facts(cells: _Cells, *, country: str | None) -> tuple[DatedBody, ...]:
    """Return the facts of the row's invoice; none when something is wrong with it."""
    columns = cells.mapping.invoice
    number = cells.read(columns.number, _invoice_number, kind="invoice number")
    issued_on, due_on = cells.day(columns.issued_on), cells.day(columns.due_on)
    currency = cells.read(columns.currency, _currency, kind="currency", country=country)
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


def _payment(payment: str, amount: Money, *, invoice: str, happened_on: date) -> DatedBody:
    body = PaymentReceived(payment=payment, amount=amount.amount, currency=amount.currency, invoice=invoice)
    return DatedBody(id=payment, happened_on=happened_on, body=body)


def _part_payment(cells: _Cells, *, invoiced: Money, issued_on: date) -> tuple[Money, date | None]:
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
    cells: _Cells, *, number: str, issued_on: date, due_on: date, settled_on: date | None
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


def _number(row: _Row) -> str:
    return row.facts[0].id.removeprefix("invoice:")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """The state of one import: the rows by invoice number, and every problem."""

    mapping: Mapping
    file: str
    today: date | None
    problems: list[RowProblem] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    rows: int = 0
    by_invoice: dict[str, _Row] = field(default_factory=dict)
    conflicting: set[str] = field(default_factory=set)

    def problem(
        self, line: int, column: str | None, message: str, *, kind: Kind, severity: Severity = "error"
    ) -> None:
        self.problems.append(
            RowProblem(
                file=self.file, line=line, column=column, message=message, kind=kind, severity=severity
            )
        )

    def header(self, record: _Record) -> bool:
        """Take the header; False when rows cannot be read under it."""
        self.names = record.fields
        wanted = self.mapping.columns()
        missing = [column for column in wanted if column not in record.fields]
        if record.broken:
            self.problem(record.line, None, record.broken, kind="file")
        elif len(missing) == len(wanted):
            self.problem(record.line, None, self._no_header(record.fields), kind="file")
        else:
            for column in missing:
                guess = closest(column, [name for name in record.fields if name])
                hint = f" (did you mean {guess}?)" if guess else f"; it has {', '.join(record.fields)}"
                message = f"the mapping reads this column for {wanted[column]}, and the header lacks it{hint}"
                self.problem(record.line, column, message, kind="file")
            for column in wanted:
                if record.fields.count(column) > 1:
                    message = "two columns have this name: rename one of them"
                    self.problem(record.line, column, message, kind="file")
        return not self.problems

    def _no_header(self, fields: list[str]) -> str:
        used = self.mapping.delimiter
        other = next(
            (mark for mark in ";,\t|" if mark != used and len(fields) == 1 and mark in fields[0]), None
        )
        if other is not None:
            return f"the columns are separated by {other!r}, not by {used!r}: set delimiter in the mapping"
        return "this is no header: none of the mapping's columns is named here; add the line with their names"

    def row(self, record: _Record) -> None:
        """Read one row, and keep it if nothing is wrong with it."""
        self.rows += 1
        if record.broken:
            self.problem(record.line, None, record.broken, kind="row")
            return
        if len(record.fields) != len(self.names):
            counts = f"{len(record.fields)} fields where the header has {len(self.names)}"
            message = f"{counts}: put a field that holds the delimiter in quotes"
            self.problem(record.line, None, message, kind="row")
            return
        named = dict(zip(self.names, record.fields, strict=True))
        cells = _Cells(mapping=self.mapping, cells=named, today=self.today)
        customer = _customer(cells)
        contact = _contact(cells, country=customer.country) if customer else None
        facts = _facts(cells, country=customer.country if customer else None)
        for fault in cells.faults:
            self.problem(record.line, fault.column, fault.message, kind=fault.kind, severity=fault.severity)
        if customer is not None and contact is not None and facts and not cells.errors():
            self._keep(
                _Row(line=record.line, fields=record.fields, customer=customer, contact=contact, facts=facts)
            )

    def _keep(self, row: _Row) -> None:
        number = _number(row)
        first = self.by_invoice.setdefault(number, row)
        column = self.mapping.invoice.number.column
        if first is row:
            return
        if first.fields == row.fields:
            message = f"the same row as line {first.line}: read once"
            self.problem(row.line, column, message, kind="duplicate", severity="warning")
            return
        if number not in self.conflicting:
            message = f"line {row.line} says something else about invoice {number}: keep one of them"
            self.problem(first.line, column, message, kind="contradiction")
        self.conflicting.add(number)
        message = f"line {first.line} says something else about invoice {number}: keep one of them"
        self.problem(row.line, column, message, kind="contradiction")

    def result(self) -> Import:
        """Return what was read: customers as they first appear, problems by line."""
        rows = [row for number, row in self.by_invoice.items() if number not in self.conflicting]
        by_customer: dict[str, list[_Row]] = {}
        for row in rows:
            by_customer.setdefault(row.customer.id, []).append(row)
        customers = tuple(self._merged(rows_of) for rows_of in by_customer.values())
        problems = tuple(sorted(self.problems, key=lambda problem: problem.line))
        return Import(customers=customers, problems=problems, rows=self.rows, accepted=len(rows))

    def _merged(self, rows: list[_Row]) -> ImportedCustomer:
        """Return one customer of several rows; where they differ, the first that says something counts."""
        first, contact = rows[0], rows[0].contact
        for row in rows[1:]:
            differing = [
                key
                for key in ("segment", "country", "timezone", "language")
                if getattr(row.customer, key) != getattr(first.customer, key)
            ]
            for key, value in asdict(row.contact).items():
                known = getattr(contact, key)
                if known is None:
                    contact = replace(contact, **{key: value})
                elif value is not None and value != known:
                    differing.append(key)
            if differing:
                what = f"the customer's {', '.join(differing)}"
                message = f"{what} differs from line {first.line}, which counts: check both"
                column = self.mapping.customer.id.column
                self.problem(row.line, column, message, kind="customer", severity="warning")
        facts = sorted((fact for row in rows for fact in row.facts), key=lambda fact: fact.happened_on)
        currencies = {fact.body.currency for fact in facts if isinstance(fact.body, InvoiceIssued)}
        currency = currencies.pop() if len(currencies) == 1 else None
        return ImportedCustomer(
            line=first.line,
            customer=replace(first.customer, currency=currency),
            **asdict(contact),
            facts=tuple(facts),
            lines={_number(row): row.line for row in rows},
        )
