"""Rules of contact law as data: what a file under `policies/contact/` may say.

Days are the customer's local days. A rule is valid from the first to the last day that it names, both
included. What the rules mean for one customer at one instant is in `domain.contact_law`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, Self

import holidays
import phonenumbers
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.calendar import has_holidays
from domain.documents import Document, Fault, Faults, Flag, Whole
from domain.policy_fields import Hour, Segment
from domain.policy_window import Weekday
from domain.spelling import closest

Channel = Literal["email", "sms", "call"]
CHANNELS: tuple[Channel, ...] = ("email", "sms", "call")
_WRITTEN_FOR = {"UK": "GB", "EL": "GR"}  # common codes that ISO 3166 gives another letter


def _day(value: object) -> object:
    # Pydantic alone would take a number of seconds for a date.
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise ValueError(f"write a date like 2026-09-01, not {value!r}")


def _rule_id(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", value, re.ASCII):
        raise ValueError(f"write lower-case words with dots between them, like us.regf.hours, not {value!r}")
    return value


def _each_once(entries: tuple[str, ...]) -> tuple[str, ...]:
    twice = [
        Fault(path=(i,), message=f"{entry!r} stands here twice: name each once")
        for i, entry in enumerate(entries)
        if entry in entries[:i]
    ]
    if twice:
        raise Faults(*twice)
    return entries


Day = Annotated[date, BeforeValidator(_day)]
RuleId = Annotated[str, Field(max_length=64), BeforeValidator(_rule_id)]
Channels = Annotated[tuple[Channel, ...], Field(min_length=1), AfterValidator(_each_once)]
Places = Annotated[tuple[str, ...], AfterValidator(_each_once)]
Segments = Annotated[tuple[Segment, ...], AfterValidator(_each_once)]
Words = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class _Rule(Document):
    """What every rule says.

    Attributes:
        id: its name in reasons; a rule keeps it for as long as its file lives.
        places: where it holds: a country (US), a region (US-MA), or one of the file's `areas` (US-NYC);
            without any it holds everywhere.
        protects: segments; without any, everybody.
        channels: those that it counts and those that it holds.
        first_on, last_on: the local days on which it is valid, both included; written `from`, `until`.
        source: the citation.
        confidence: how the text was read: `verified` at the source, `secondary` from somebody else,
            `unverified` from memory; a `proposal` is ours and no law.
    """

    id: RuleId
    places: Places = ()
    protects: Segments = ()
    channels: Channels = CHANNELS
    first_on: Day | None = Field(default=None, alias="from")
    last_on: Day | None = Field(default=None, alias="until")
    source: Annotated[str, Field(min_length=1)]
    confidence: Literal["verified", "secondary", "unverified", "proposal"]
    note: str = ""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.first_on and self.last_on and self.last_on < self.first_on:
            message = f"the rule begins on {self.first_on}: let it end later, or leave `until` out"
            raise Faults(Fault(path=("until",), message=message))
        return self

    def valid_on(self, on: date) -> bool:
        """Whether the rule is valid on a local day."""
        return (self.first_on or date.min) <= on <= (self.last_on or date.max)


class Hours(Document):
    """Local hours: `opens` <= time < `closes`."""

    opens: Hour
    closes: Hour

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            message = f"this opens at {self.opens:%H:%M}: let it close later, on the same day"
            raise Faults(Fault(path=("closes",), message=message))
        return self


class Window(_Rule, Hours):
    """Contact only within these local hours; `days` has other hours for days of the week."""

    kind: Literal["window"]
    days: dict[Weekday, Hours] = Field(default_factory=dict)


class ClosedDays(_Rule):
    """No contact on these days of the week, nor on the public holidays of the rule's places."""

    kind: Literal["closed"]
    weekdays: Annotated[tuple[Weekday, ...], AfterValidator(_each_once)] = ()
    holidays: Flag = False

    @model_validator(mode="after")
    def _closes_something(self) -> Self:
        if not self.weekdays and not self.holidays:
            raise Faults(Fault(path=("kind",), message="name `weekdays`, or write `holidays: true`"))
        return self


class _Counted(_Rule):
    """A rule about contacts that were made.

    Attributes:
        per: whether the contacts of the customer count, or those about one debt.
        together: whether the messages of one occasion on one day count as one contact.
    """

    per: Literal["customer", "debt"] = "customer"
    together: Flag = False


class Cap(_Counted):
    """At most `most` contacts in any `days` consecutive local days, by all its channels together."""

    kind: Literal["cap"]
    most: Whole = Field(ge=1, le=1000)
    days: Whole = Field(ge=1, le=366)


class Gap(_Counted):
    """Between two contacts lie at least so many hours, or the next is at least so many local days later."""

    kind: Literal["gap"]
    hours: Whole | None = Field(default=None, ge=1, le=8784)
    days: Whole | None = Field(default=None, ge=1, le=366)

    @model_validator(mode="after")
    def _hours_or_days(self) -> Self:
        if (self.hours is None) == (self.days is None):
            raise Faults(Fault(path=("kind",), message="write either `hours` or `days`"))
        return self


class Silence(_Rule):
    """No contact within so many local days after a conversation; the day of the conversation is day one."""

    kind: Literal["silence"]
    days: Whole = Field(ge=1, le=366)
    per: Literal["customer", "debt"] = "debt"


class FirstParty(_Rule):
    """Only a creditor in its own name may use these channels, to numbers with these calling codes."""

    kind: Literal["first_party"]
    calling_codes: Annotated[tuple[Annotated[Whole, Field(ge=1, le=999)], ...], Field(min_length=1)]


class OptOutScope(_Rule):
    """How far an opt-out by one of the channels reaches: that channel, or all of the channels."""

    kind: Literal["optout_scope"]
    scope: Literal["address_and_medium", "all"]


class OptOutWords(_Rule):
    """Messages that consist of one of these are an opt-out; a person reads what is none."""

    kind: Literal["optout_words"]
    words: Words


class Retention(_Rule):
    """Records are kept for so many years after the last activity."""

    kind: Literal["retention"]
    years: Whole = Field(ge=1, le=100)


Rule = Window | ClosedDays | Cap | Gap | Silence | FirstParty | OptOutScope | OptOutWords | Retention


class RuleBook(Document):
    """One file of rules; `domain.contact_law.books` reads several.

    Attributes:
        law: its name.
        as_of: the day on which the sources were looked at.
        areas: places that are no country and no region of ISO 3166-2, each with the place it lies in.
        not_read: places whose law nobody has read for this file.
    """

    law: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    title: str
    as_of: Day
    areas: dict[str, str] = Field(default_factory=dict)
    not_read: Places = ()
    rules: tuple[Annotated[Rule, Field(discriminator="kind")], ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = [*_same_ids(self.rules), *_unknown_places(self)]
        if faults:
            raise Faults(*faults)
        return self


def _same_ids(rules: tuple[Rule, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, rule in enumerate(rules):
        if rule.id in seen:
            message = f"rule id {rule.id!r} is used twice: give each its own"
            yield Fault(path=("rules", i, "id"), message=message)
        seen.add(rule.id)


def _unknown_places(book: RuleBook) -> Iterator[Fault]:
    for area, within in book.areas.items():
        if not re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,8}", area, re.ASCII):
            message = f"{area!r} is no code for an area: write the country and a short name, like US-NYC"
            yield Fault(path=("areas", area), message=message)
        yield from _unknown(("areas", area), within, {})
    for i, place in enumerate(book.not_read):
        yield from _unknown(("not_read", i), place, book.areas)
    for i, rule in enumerate(book.rules):
        for j, place in enumerate(rule.places):
            yield from _unknown(("rules", i, "places", j), place, book.areas)
            if isinstance(rule, ClosedDays) and rule.holidays and _without_holidays(place, book.areas):
                message = f"no holidays are known for {place}: name a country or region that has some"
                yield Fault(path=("rules", i, "places", j), message=message)


def _unknown(path: tuple[str | int, ...], place: str, areas: Mapping[str, str]) -> Iterator[Fault]:
    known = _regions()
    country = place.partition("-")[0]
    if place in known or place in areas or place in known.get(country, ()):
        return
    choices = (*known.get(country, ()), *(area for area in areas if area.startswith(f"{country}-")))
    message = (
        f"{place!r} is no place that is known: write a country like US, a region of ISO 3166-2 like US-MA,"
        " or declare it under `areas`"
    )
    guess = _WRITTEN_FOR.get(country) or (closest(place, choices) if choices else None)
    yield Fault(path=path, message=message, suggestion=guess)


def _without_holidays(place: str, areas: Mapping[str, str]) -> bool:
    return place in areas or (place in _regions() and not has_holidays(place))


def known_region(place: str) -> bool:
    """Whether a region is one whose public holidays are known."""
    return place in _regions().get(place.partition("-")[0], ())


def regions_of(country: str) -> tuple[str, ...]:
    """Return the regions of a country, as far as they are known."""
    return _regions().get(country, ())


@lru_cache(maxsize=1)
def _regions() -> Mapping[str, tuple[str, ...]]:
    """The countries, each with its regions, as far as the tables of holidays know them."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {
        country: tuple(f"{country}-{region}" for region in known.get(country, ()))
        for country in sorted(phonenumbers.SUPPORTED_REGIONS | set(known))
    }
