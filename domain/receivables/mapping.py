"""The mapping document: what the columns of a receivables CSV mean."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.customer import known_zone
from domain.documents import Document, Fault, Faults, Whole
from domain.money import CURRENCIES
from domain.spelling import closest

MOST_DAYS = 3650
"""Ten years: a dispute that begins or ends later than that is a slip of the hand."""
DATE_DIGITS = {"year": "4", "month": "1,2", "day": "1,2"}


def _date_form(form: str) -> str:
    words = Counter(re.findall("year|month|day", form))
    if any(words[word] != 1 for word in DATE_DIGITS):
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


WORDS = ("segment", "country", "timezone", "language", "currency", "size", "risk")
"""By what a plan knows a customer, of all that a row says of one."""

PLACES = {"region": "region", "city": "places"}
"""By what contact law knows where a customer is: the key of the mapping, and its name in the ledger."""


class CustomerColumns(Document):
    """What is known of the customer of a row.

    Name, email, phone and address are personal data and stay out of plans. A phone number may be
    written as in the customer's country; it becomes the international form. Region and city are
    what contact law asks: codes such as MA, or words that `translate` makes codes of.
    """

    id: From
    name: From | None = None
    email: From | None = None
    phone: From | None = None
    address: From | None = None
    segment: From = Source(fixed="business")
    country: From | None = None
    region: From | None = None
    city: From | None = None
    timezone: From = Source(fixed="UTC")
    language: From = Source(fixed="en")
    currency: From | None = None
    size: From | None = None
    risk: From | None = None


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
