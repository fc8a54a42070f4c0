"""The sample business: invented customers and their histories, read from a YAML file.

The file is in the simulation format, but for days: `day` counts from the start of the demo, `time`
is the customer's own clock, and dates and months inside an event end in `_day` too. The currency of an
event is the customer's where none is written; `source` is the door that it comes by, where that
matters. Whoever reads the file never needs a calendar, and it starts whenever it is wanted.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain import facts
from domain.customer import Customer
from domain.documents import Document, Fault, Faults, Whole, read
from domain.facts import Body, Fact
from domain.facts.dating import instant
from domain.money import Money, MoneyError
from domain.onboarding import Application
from domain.spelling import closest

_ROOT = Path(__file__).parent.parent
SAMPLE = _ROOT / "samples" / "demo.yaml"
POLICIES = tuple(
    _ROOT / file
    for file in (
        *("policies/business.yaml", "policies/consumer.yaml", "policies/card.yaml"),
        *("samples/policies/trade.yaml", "samples/policies/terms.yaml", "samples/policies/cloud.yaml"),
    )
)
"""Under which its customers are, each segment under one."""

START_ON = date(2026, 8, 31)
"""The day 0 of the shipped demo: a Monday, before a season with many public holidays."""

DAYS = 120
SOURCE = "sample"

_Day = Annotated[Whole, Field(ge=0, le=DAYS)]
_Text = Annotated[str, Field(min_length=1)]
_DATE_KEYS = {
    "due_day": "due_on",
    "issued_day": "issued_on",
    "pay_on_day": "pay_on",
    "from_day": "from",
    "to_day": "to",
    "until_day": "until",
    "month_day": "month",
}
_DAY_KEYS = {date_key: day_key for day_key, date_key in _DATE_KEYS.items()}
_NO_DATES = {("handed_over", "to")}  # to whom
_WITH_CURRENCY = frozenset(
    {
        *("invoice_issued", "payment_received", "payment_in_flight", "fee_booked"),
        *("order_placed", "credit_granted", "money_in_question", "usage_profile_agreed", "usage_reported"),
    }
)


class _Event(BaseModel):
    """One line of a history; what else it says depends on its type."""

    model_config = ConfigDict(frozen=True, extra="allow")

    day: _Day
    time: Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    type: str
    source: _Text = SOURCE

    @property
    def fields(self) -> Mapping[str, Any]:
        """What is written besides day, time, type and source."""
        return self.model_extra or {}


class _Customer(Document):
    """A customer with its contact data and its history; `story` says in words what happens."""

    id: _Text
    name: _Text
    story: _Text
    segment: _Text = "business"
    country: _Text
    timezone: _Text
    currency: _Text
    tags: tuple[str, ...] = ()
    email: _Text | None = None
    phone: _Text | None = None
    address: _Text | None = None
    vat_id: _Text | None = None
    events: Annotated[tuple[_Event, ...], Field(min_length=1)]

    def customer(self) -> Customer:
        """Return the customer as a plan knows it."""
        known = {"id", "segment", "country", "timezone", "currency", "tags"}
        return Customer(**self.model_dump(include=known))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        try:
            self.customer()
        except ValueError as error:
            raise Faults(Fault(path=(), message=str(error))) from None
        faults = [fault for i, event in enumerate(self.events) for fault in _faults(i, event, self.currency)]
        if not faults:
            faults = list(_unknown_names(self.events))
        if faults:
            raise Faults(*faults)
        return self


class _Sample(Document):
    """The whole file."""

    customers: Annotated[tuple[_Customer, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        faults = []
        ids: set[str] = set()
        invoices: set[str] = set()
        for i, customer in enumerate(self.customers):
            if customer.id in ids:
                message = f"customer {customer.id} stands here twice: give each its own id"
                faults.append(Fault(path=("customers", i, "id"), message=message))
            ids.add(customer.id)
            for j, event in enumerate(customer.events):
                invoice = event.fields.get("invoice")
                if event.type != "invoice_issued":
                    continue
                if invoice in invoices:
                    message = f"invoice {invoice} is issued twice: give each its own number"
                    faults.append(Fault(path=("customers", i, "events", j, "invoice"), message=message))
                invoices.add(str(invoice))
        if faults:
            raise Faults(*faults)
        return self


def _faults(i: int, event: _Event, currency: str) -> Iterator[Fault]:
    """Say what is wrong with one event; its dates do not matter for that."""
    if event.type not in facts.KNOWN_TYPES - {"unknown", "workers_down"}:
        guess = closest(event.type, facts.KNOWN_TYPES)
        message = f"{event.type!r} is no type of event"
        yield Fault(path=("events", i, "type"), message=message, suggestion=guess)
        return
    wrong = [*_wrong_days(event)]
    if wrong:
        yield from (Fault(path=("events", i, key), message=message) for key, message in wrong)
        return
    try:
        body = _body(event, START_ON, currency)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            key = str(details["loc"][-1])
            message = details["msg"].removeprefix("Value error, ")
            yield Fault(path=("events", i, _DAY_KEYS.get(key, key)), message=message)
    else:
        amount, in_currency = getattr(body, "amount", None), getattr(body, "currency", None) or currency
        try:
            if amount is not None:
                Money.of(amount, in_currency)
        except MoneyError as error:
            yield Fault(path=("events", i, "amount"), message=str(error))


def _wrong_days(event: _Event) -> Iterator[tuple[str, str]]:
    """Find dates that are no day numbers, by key with a sentence."""
    within = [each.items() for each in event.fields.get("instalments", ()) if isinstance(each, Mapping)]
    for key, value in chain(event.fields.items(), *within):
        if key in _DAY_KEYS and (event.type, key) not in _NO_DATES:
            yield key, f"write {_DAY_KEYS[key]}, a number of days from the start: a date would not move"
        elif key in _DATE_KEYS and not re.fullmatch("-?[0-9]{1,3}", str(value)):
            yield key, f"write a number of days from the start, not {value!r}"


def _unknown_names(events: tuple[_Event, ...]) -> Iterator[Fault]:
    """Find what names an invoice, a payment or a fee that the history does not have."""
    names = {
        "invoice": {"invoice_issued": "invoice", "fee_booked": "fee"},
        "payment": {"payment_received": "payment", "payment_in_flight": "payment"},
        "fee": {"fee_booked": "fee"},
    }
    for key, begins in names.items():
        known = {str(event.fields.get(begins[event.type])) for event in events if event.type in begins}
        for i, event in enumerate(events):
            name = event.fields.get(key)
            if name is not None and name not in known:
                message = f"no {key} of this customer is called {name!r}"
                yield Fault(path=("events", i, key), message=message, suggestion=closest(name, known))


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCustomer:
    """One customer of the sample.

    Attributes:
        story: what happens to it, in words.
        vat_id: what a new customer writes into its application; in the US the EIN.
        facts: its history in order of `learned_at`, the instant at which the demo tells each.
            Those of a verification say what applicant and finance do then: they are to be brought
            about, not written, for the engine writes them itself.
    """

    customer: Customer
    name: str
    story: str
    email: str | None
    phone: str | None
    address: str | None
    vat_id: str | None
    facts: tuple[Fact, ...]

    @property
    def application(self) -> Application | None:
        """What it applies with, where its history begins with an onboarding."""
        if not any(isinstance(fact.body, facts.OnboardingStarted) for fact in self.facts):
            return None
        return Application(
            customer_id=self.customer.id,
            name=self.name,
            email=self.email,
            phone=self.phone,
            address=self.address,
            vat_id=self.vat_id,
            country=self.customer.country,
            timezone=self.customer.timezone,
            segment=self.customer.segment,
            language=self.customer.language,
            currency=self.customer.currency,
            tags=self.customer.tags,
        )


def read_sample(text: str, start_on: date = START_ON, *, name: str = "demo.yaml") -> list[SampleCustomer]:
    """Read a sample, its days counted from `start_on`; `name` is the file's, for messages.

    Raises:
        BadDocument: the file cannot be used; every fault with line, path and remedy.
    """
    sample = read(text, model=_Sample, name=name)
    return [_sample_customer(each, start_on) for each in sample.customers]


def _sample_customer(each: _Customer, start_on: date) -> SampleCustomer:
    history = [_fact(each, number, start_on) for number in range(len(each.events))]
    history.sort(key=lambda fact: (fact.learned_at, fact.id))
    return SampleCustomer(
        customer=each.customer(),
        name=each.name,
        story=each.story,
        email=each.email,
        phone=each.phone,
        address=each.address,
        vat_id=each.vat_id,
        facts=tuple(history),
    )


def _fact(each: _Customer, number: int, start_on: date) -> Fact:
    event = each.events[number]
    happened_on = start_on + timedelta(days=event.day)
    happened_at = None
    if event.time is not None:
        local = datetime.combine(happened_on, time.fromisoformat(event.time), ZoneInfo(each.timezone))
        happened_at = local.astimezone(UTC)
    fact = Fact(
        source=event.source,
        id=f"{each.id}/{number:02d}",
        happened_on=happened_on,
        happened_at=happened_at,
        learned_at=datetime.max.replace(tzinfo=UTC),
        body=_body(event, start_on, each.currency),
    )
    return replace(fact, learned_at=instant(fact, each.timezone))


def _body(event: _Event, start_on: date, currency: str) -> Body:
    """Return what the event says, its days as dates.

    Raises:
        ValidationError: a field is wrong or missing.
    """
    said: dict[str, Any] = {"type": event.type} | _dated(event.fields, start_on)
    if event.type in _WITH_CURRENCY:
        said.setdefault("currency", currency)
    return facts.read_body(said)


def _dated(fields: Mapping[str, Any], start_on: date) -> dict[str, Any]:
    """Return fields with their day numbers as dates, those of instalments too."""
    said: dict[str, Any] = {}
    for key, value in fields.items():
        if key in _DATE_KEYS:
            day, name = start_on + timedelta(days=int(value)), _DATE_KEYS[key]
            said[name] = f"{day:%Y-%m}" if name == "month" else day
        elif key == "instalments":
            said[key] = [_dated(each, start_on) if isinstance(each, Mapping) else each for each in value]
        else:
            said[key] = value
    return said
