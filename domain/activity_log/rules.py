"""The rules of the audit as data: which records are noticed, alone or together, and at which hours.

A rule looks at the records of one customer. What it finds is one finding for each local day of the seller,
however many records there are: a burst is one piece of work.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from domain.activity_log.records import Record
from domain.documents import Document, Fault, Faults, Whole, read
from domain.incidents.kinds import KINDS
from domain.policy_fields import Hour, StepId, each_once

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Pattern = Annotated[str, Field(min_length=1, max_length=128)]


class Hours(Document):
    """The hours in which work is usual, in the seller's zone; what happens at other ones is odd."""

    opens: Hour = time(7)
    closes: Hour = time(20)
    weekdays: Annotated[
        tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], AfterValidator(each_once)
    ] = ("mon", "tue", "wed", "thu", "fri")

    def usual(self, local: datetime) -> bool:
        """Whether work is usual at a local instant."""
        return _WEEKDAYS[local.weekday()] in self.weekdays and self.opens <= local.time() < self.closes


class Jump(Document):
    """A number of a resource that grew too much in one step.

    Attributes:
        field: its name, such as Quantity; upper and lower case are one.
        factor: more than this times what it was; nothing before counts as one.
        least: and this at least.
    """

    field: Pattern
    factor: Annotated[Whole, Field(ge=1, le=1000)] = 3
    least: Annotated[Whole, Field(ge=1)] = 1


def _kind(word: str) -> str:
    if word not in KINDS:
        raise ValueError(f"{word!r} is no kind of incident: use one of {', '.join(KINDS)}")
    return word


class Rule(Document):
    """One rule.

    Attributes:
        about: which kind of misuse it may be.
        says: what is found, for whoever has to look.
        kinds: operations, with `*` for any letters.
        statuses: of the operation; what was tried and failed may be noticed too.
        where: values that the record must have, each with `*` for any letters.
        at_least: so many records, or different values of `distinct`, within `within_hours`.
        outside: only what happens outside of these hours.
        jump: only where a number grew too much.
        opens: the kind of incident that a finding opens, unconfirmed; without it a person only has a task.
    """

    id: StepId
    about: Literal["fraud", "misuse"]
    says: Annotated[str, Field(min_length=1, max_length=200)]
    kinds: Annotated[tuple[Pattern, ...], Field(min_length=1), AfterValidator(each_once)]
    statuses: Annotated[tuple[Pattern, ...], Field(min_length=1)] = ("succeeded",)
    where: dict[str, tuple[Pattern, ...]] = Field(default_factory=dict)
    at_least: Annotated[Whole, Field(ge=1, le=10_000)] = 1
    within_hours: Annotated[Whole, Field(ge=1, le=24 * 31)] = 24
    distinct: Pattern | None = None
    outside: Hours | None = None
    jump: Jump | None = None
    opens: Annotated[str, AfterValidator(_kind)] | None = None

    def matches(self, record: Record, local: datetime) -> bool:
        """Whether one record is what this rule looks for, however many there are."""
        return (
            _any(record.kind, self.kinds)
            and _any(record.status, self.statuses)
            and all(_any(record.values.get(name.lower(), ""), wanted) for name, wanted in self.where.items())
            and (self.outside is None or not self.outside.usual(local))
            and (self.jump is None or _jumped(self.jump, record))
        )


class Audit(Document):
    """All rules of the audit."""

    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_id_once(self) -> Self:
        ids = [rule.id for rule in self.rules]
        twice = [i for i, name in enumerate(ids) if name in ids[:i]]
        if twice:
            message = "this id stands twice: give each rule its own"
            raise Faults(*(Fault(path=("rules", i, "id"), message=message) for i in twice))
        return self

    @property
    def longest(self) -> timedelta:
        """How far back any rule looks."""
        return timedelta(hours=max(rule.within_hours for rule in self.rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found on one day.

    Attributes:
        name: the same whenever the same is found again.
    """

    name: str
    rule: Rule
    records: tuple[Record, ...]


def read_audit(text: str, *, name: str) -> Audit:
    """Return the rules of a document.

    Raises:
        BadDocument: with every problem that could be found, by line.
    """
    return read(text, model=Audit, name=name)


def findings(audit: Audit, records: Sequence[Record], new: frozenset[str], zone: str) -> list[Finding]:
    """Return what is found about one customer, where something new is among it.

    Args:
        records: those of the customer, as far back as a rule looks from the first new one.
        new: the ids of those that were not audited yet.
        zone: the seller's.
    """
    local = ZoneInfo(zone)
    ordered = sorted(records, key=lambda record: (record.at, record.id))
    found: dict[str, Finding] = {}
    for rule in audit.rules:
        matching = [each for each in ordered if rule.matches(each, each.at.astimezone(local))]
        for together in _together(rule, matching):
            if not any(each.id in new for each in together):
                continue
            name = f"{rule.id}/{together[-1].at.astimezone(local).date()}"
            earlier = found[name].records if name in found else ()
            merged = {each.id: each for each in (*earlier, *together)}
            found[name] = Finding(name=name, rule=rule, records=tuple(merged.values()))
    return list(found.values())


def _together(rule: Rule, matching: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Yield, for each record, those of the hours before it and itself, where they are enough."""
    within, start = timedelta(hours=rule.within_hours), 0
    for end, record in enumerate(matching):
        while matching[start].at <= record.at - within:
            start += 1
        window = matching[start : end + 1] if rule.at_least > 1 else [record]
        if _count(rule, window) >= rule.at_least:
            yield window


def _count(rule: Rule, records: Sequence[Record]) -> int:
    if rule.distinct is None:
        return len(records)
    values = (record.values.get(rule.distinct.lower(), "") for record in records)
    # Of addresses their domains are what tells one company from another.
    return len({value.rpartition("@")[2].lower() for value in values if value})


def _any(value: str, patterns: Sequence[str]) -> bool:
    return any(_expression(pattern).fullmatch(value) for pattern in patterns)


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE | re.DOTALL)


def _jumped(jump: Jump, record: Record) -> bool:
    after, before = _number(record.values, jump.field), _number(record.before, jump.field)
    if after is None:
        return False
    return after >= jump.least and after > jump.factor * max(before or Decimal(1), Decimal(1))


def _number(values: Mapping[str, str], name: str) -> Decimal | None:
    """The number of a name; of several lines, as `Quantity-0`, their sum."""
    wanted = name.lower()
    numbers = [
        number
        for key, value in values.items()
        if (key == wanted or key.startswith(f"{wanted}-")) and (number := _decimal(value)) is not None
    ]
    return sum(numbers, Decimal()) if numbers else None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
