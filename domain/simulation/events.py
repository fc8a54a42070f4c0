"""Events of the simulation format become facts, or problems, each with its position."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from domain import facts
from domain.customer import Customer
from domain.facts import Fact
from domain.facts.dating import end_of_day, instant
from domain.sentences import sentences
from domain.simulation.event_money import check_money, currencies_of


def read_events(customer: Customer, events: Sequence[Mapping[str, Any]]) -> list[Fact]:
    """Turn events of the simulation format into facts, learned when they happened.

    Raises:
        ValueError: a problem per wrong event, one a line, each with its position.
    """
    history: dict[int, Fact] = {}
    problems: dict[int, str] = {}
    for number, event in enumerate(events):
        try:
            history[number] = _read_event(customer, number, event)
        except ValueError as error:
            problems[number] = f"events.{number}: {_words(error, event.get('type'))}"
    currencies = currencies_of(fact.body for fact in history.values())
    for number, fact in history.items():
        try:
            check_money(fact.body, currencies)
        except ValueError as error:
            problems[number] = f"events.{number}: {error}"
    if problems:
        raise ValueError("\n".join(problems[number] for number in sorted(problems)))
    return sorted(history.values(), key=learned_key)


def learned_key(fact: Fact) -> tuple[datetime, str, str]:
    """Order facts as they were learned."""
    return (fact.learned_at, fact.source, fact.id)


def _words(error: ValueError, name: object) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    models = {body.model_fields["type"].default: body for body in facts.Body.__subclasses__()}
    return "; ".join(sentences(error, model=models.get(name), tag=str(name)))


def _read_event(customer: Customer, number: int, event: Mapping[str, Any]) -> Fact:
    rest = {key: value for key, value in event.items() if key != "at"}
    if not isinstance(rest.get("type"), str):
        raise ValueError("every event needs a type, such as invoice_issued")
    happened_on, happened_at = read_at(event.get("at"), customer.timezone)
    if rest["type"] == "workers_down":
        on, at = read_at(rest.get("until"), customer.timezone, field="until")
        rest["until"] = at or datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(customer.timezone))
    body = facts.read_body(rest)
    if early := facts.ends_too_early(body, happened_on):
        place = "instalments" if isinstance(body, facts.PlanAgreed) else "to"
        raise ValueError(f"{place}: {early}")
    fact = Fact(
        source="event",
        id=f"{number:06d}",
        happened_on=happened_on,
        happened_at=happened_at,
        learned_at=datetime.max.replace(tzinfo=UTC),
        body=body,
    )
    outcome_of_the_day = happened_at is None and isinstance(body, facts.Delivered | facts.Bounced)
    learned = end_of_day if outcome_of_the_day else instant
    return replace(fact, learned_at=learned(fact, customer.timezone))


def read_at(value: object, zone: str, *, field: str = "at") -> tuple[date, datetime | None]:
    """Read a date, or an instant with its zone, as (day for the customer, instant or None).

    Raises:
        ValueError: neither a date nor an instant with an offset.
    """
    remedy = "write a date (2026-02-03) or an instant with its offset (2026-02-03T09:00:00Z)"
    if not isinstance(value, str):
        raise ValueError(f"{field}: {remedy}")
    only_date = len(value) == len("2026-02-03")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{field}: {value!r} is no time: {remedy}") from None
    if not facts.FIRST_DAY <= at.date() <= facts.LAST_DAY:
        raise ValueError(f"{field}: {value!r} is beyond all business: {remedy}")
    if only_date:
        return at.date(), None
    if at.tzinfo is None:
        raise ValueError(f"{field}: {value!r} has no offset: {remedy}")
    return at.astimezone(ZoneInfo(zone)).date(), at.astimezone(UTC)
