"""Statutory rates of late-payment interest: dated tables, read from the files of policies/rates/.

A table is one law: for whom, which margin on which reference rate, and which compensation. What a
file says in percent is a fraction of one here. Rows follow each other without a gap, and a day
after the last row has no rate: nothing is carried forward, finance enters the next row.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from domain.calendar import has_holidays
from domain.documents import BadDocument, Document, Fault, Faults, Flag, read
from domain.facts.fields import Day
from domain.money import CURRENCIES, Money, MoneyError
from domain.spelling import closest
from domain.yaml_source import Problem

Party = Literal["b2b", "b2g"]
"""Between businesses, or a business and a public authority; no law here is for consumers."""

Confidence = Literal["verified", "secondary", "unverified"]
"""Read in the law or an official notice; in another source; or known and not looked up."""

_CONFIDENCE: tuple[Confidence, ...] = ("verified", "secondary", "unverified")
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# Of our own, because the precision of the ambient context is anybody's to change.
_WIDE = Context(prec=28)


def _number(value: object) -> object:
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        raise ValueError(f"write a number like 2.40, not {value!r}")
    return value


Number = Annotated[Decimal, BeforeValidator(_number)]
Text = Annotated[str, Field(min_length=1, max_length=400)]
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,31}$")]


class Row(Document):
    """The reference rate of some days.

    Attributes:
        id: shown with every proposal; it begins with the table's name, such as eu-2026-h2.
        from_, to: the first and the last day; where the rate is fixed at the start, of the days on
            which interest starts to run.
        reference_percent: as published, without the margin.
        source: where the rate was read.
    """

    id: Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,63}$")]
    from_: Day = Field(alias="from")
    to: Day
    reference_percent: Number = Field(ge=-20, le=100)
    source: Text
    confidence: Confidence


class Tier(Document):
    """The compensation for what is late by at least `from`."""

    from_: Number = Field(alias="from", ge=0)
    amount: Number = Field(ge=0)


class Compensation(Document):
    """A fixed sum for the cost of recovery, beside the interest.

    Attributes:
        per: due once for a `debt`, or for every `late_payment`: each instalment that is late.
        currency: of the compensation.
        tiers_in: the currency in which the tiers begin, where it is another.
        tiers: the least late amount first, from 0 on.
    """

    per: Literal["debt", "late_payment"]
    currency: str
    tiers_in: str | None = None
    legal_basis: Text
    confidence: Confidence
    tiers: tuple[Tier, ...] = Field(min_length=1)

    @field_validator("currency", "tiers_in")
    @classmethod
    def _known(cls, currency: str | None) -> str | None:
        if currency is not None and currency not in CURRENCIES:
            guess = closest(currency, CURRENCIES)
            raise Faults(
                Fault(path=(), message=f"{currency!r} is no ISO 4217 currency code", suggestion=guess)
            )
        return currency

    @model_validator(mode="after")
    def _rises(self) -> Self:
        faults = [*self._inexact()]
        if self.tiers[0].from_:
            faults.append(Fault(path=("tiers", 0, "from"), message="the first tier begins at 0"))
        for i, (below, tier) in enumerate(pairwise(self.tiers), 1):
            if tier.from_ <= below.from_:
                message = f"this tier must begin above {below.from_}: write the lowest first"
                faults.append(Fault(path=("tiers", i, "from"), message=message))
        if faults:
            raise Faults(*faults)
        return self

    def _inexact(self) -> Iterator[Fault]:
        for i, tier in enumerate(self.tiers):
            places = (
                ("from", tier.from_, self.tiers_in or self.currency),
                ("amount", tier.amount, self.currency),
            )
            for key, amount, currency in places:
                try:
                    Money.of(amount, currency)
                except MoneyError as error:
                    yield Fault(path=("tiers", i, key), message=str(error))

    def of(self, late: Money) -> Money | None:
        """Return what is due for `late`; None where the tier depends on an amount of another currency."""
        if len(self.tiers) > 1 and late.currency != (self.tiers_in or self.currency):
            return None
        tier = next(tier for tier in reversed(self.tiers) if not tier.from_ or late.amount >= tier.from_)
        return Money.of(tier.amount, self.currency)


class RateTable(Document):
    """One law on late payment.

    Attributes:
        table: its name, with which the ids of its rows begin.
        countries: customers of these countries; a country stands in one table only.
        scope: between businesses (`b2b`), with a public authority (`b2g`).
        reference: which rate the rows hold, and of which day.
        margin_points: percentage points that are added to it.
        fixed_at_start: the rate of the day on which interest starts to run stays; else it changes with
            the rows.
        day_count: `act_365`: every day is a 365th part of a year, also in a leap year.
        confidence: of scope, margin and of what is said about the rate's start.
        compensation: the fixed sum, where the law has one.
        rows: in order of time; none where nobody has entered the reference rate yet.
        rows_of: another table whose rows hold the same reference rate.
    """

    table: Name
    title: Text
    legal_basis: Text
    countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] = Field(min_length=1)
    scope: tuple[Party, ...] = Field(min_length=1)
    reference: Text
    margin_points: Number = Field(ge=0, le=100)
    fixed_at_start: Flag
    day_count: Literal["act_365"]
    confidence: Confidence
    compensation: Compensation | None = None
    rows: tuple[Row, ...] | None = None
    rows_of: Name | None = None

    @field_validator("countries")
    @classmethod
    def _countries(cls, countries: tuple[str, ...]) -> tuple[str, ...]:
        faults = [
            Fault(
                path=(i,),
                message=f"{code!r} is no country known here: write an ISO 3166 code such as GB or GR",
            )
            for i, code in enumerate(countries)
            if not has_holidays(code)
        ]
        if faults:
            raise Faults(*faults)
        return countries

    @model_validator(mode="after")
    def _rows_fit_together(self) -> Self:
        faults = []
        if (self.rows is None) == (self.rows_of is None):
            message = (
                "write either rows ([] where the rates are still to be entered) or rows_of another table"
            )
            faults.append(Fault(path=("rows",), message=message))
        faults += [*_wrong_ids(self.table, self.rows or ()), *_wrong_days(self.rows or ())]
        if faults:
            raise Faults(*faults)
        return self

    def annual_rate(self, row: Row) -> Decimal:
        """Return reference rate and margin together, as a fraction of one; never below zero."""
        return max(Decimal(0), as_fraction(_WIDE.add(row.reference_percent, self.margin_points)))


def _wrong_ids(table: str, rows: tuple[Row, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, row in enumerate(rows):
        if not row.id.startswith(f"{table}-"):
            yield Fault(path=("rows", i, "id"), message=f"let the id begin with {table}-, not {row.id!r}")
        if row.id in seen:
            yield Fault(path=("rows", i, "id"), message=f"row id {row.id!r} is used twice: give each its own")
        seen.add(row.id)


def _wrong_days(rows: tuple[Row, ...]) -> Iterator[Fault]:
    for i, row in enumerate(rows):
        if row.to < row.from_:
            yield Fault(
                path=("rows", i, "to"), message=f"{row.to} is before {row.from_}, where the row begins"
            )
    for i, (before, row) in enumerate(pairwise(rows), 1):
        wanted = before.to + timedelta(days=1)
        if row.from_ > wanted:
            message = f"no row is for {wanted} to {row.from_ - timedelta(days=1)}: enter it before this one"
            yield Fault(path=("rows", i, "from"), message=message)
        elif row.from_ < wanted:
            message = f"this row overlaps {before.id!r}, which ends on {before.to}: begin on {wanted}"
            yield Fault(path=("rows", i, "from"), message=message)


@dataclass(frozen=True, slots=True)
class Rates:
    """Every table; `read_rates` checks that they fit together."""

    tables: tuple[RateTable, ...] = ()

    def table_for(self, country: str | None) -> RateTable | None:
        """Return the law for customers of this country, if there is a table of it."""
        return next((table for table in self.tables if country in table.countries), None)

    def rows(self, table: RateTable) -> tuple[Row, ...]:
        """Return the rows of a table, its own or those that it shares."""
        if table.rows_of is None:
            return table.rows or ()
        return next((other.rows or () for other in self.tables if other.table == table.rows_of), ())

    def lacking(self, table: RateTable, on: date) -> str | None:
        """Return the id of the row that a day would need and that nobody has entered."""
        rows = self.rows(table)
        return None if any(row.from_ <= on <= row.to for row in rows) else self.missing(table, on, on)

    def missing(self, table: RateTable, first: date, last: date) -> str:
        """Return the id of the row that would hold `first`, or of those up to `last`: half a year each."""
        ids = [
            f"{table.rows_of or table.table}-{day.year}-h{1 if day.month < 7 else 2}" for day in (first, last)
        ]
        return ids[0] if ids[0] == ids[1] else " to ".join(ids)


def as_fraction(percent: Decimal) -> Decimal:
    """Return 11.75 percent as the rate 0.1175."""
    return percent.scaleb(-2, _WIDE)


def as_percent(rate: Decimal) -> Decimal:
    """Return the rate 0.1175 as 11.75 percent."""
    return rate.scaleb(2, _WIDE)


def weakest(marks: Iterable[Confidence]) -> Confidence:
    """Return the mark of what rests on all of these: that of the least certain one."""
    return max(marks, key=_CONFIDENCE.index, default="verified")


def read_rates(files: Mapping[str, str]) -> Rates:
    """Return the tables of these files, texts by file name.

    Raises:
        BadDocument: with every problem of every file.
    """
    tables: dict[str, RateTable] = {}
    problems: list[Problem] = []
    for name, text in files.items():
        try:
            tables[name] = read(text, model=RateTable, name=name)
        except BadDocument as error:
            problems += error.problems
    for name, key, message in _conflicts(tables):
        problems.append(Problem(file=name, line=_line(files[name], key), path=key, message=message))
    if problems:
        raise BadDocument(tuple(problems))
    return Rates(tuple(tables.values()))


def _conflicts(tables: Mapping[str, RateTable]) -> Iterator[tuple[str, str, str]]:
    """Yield file, key and message of what is wrong between files."""
    named: dict[str, str] = {}
    placed: dict[str, str] = {}
    for name, table in tables.items():
        if (first := named.setdefault(table.table, name)) != name:
            yield name, "table", f"{first} is called {table.table!r} too: give each table its own name"
        for country in table.countries:
            if (other := placed.setdefault(country, name)) != name:
                yield name, "countries", f"{country} stands in {other} too: keep it in one table"
    own = {table.table for table in tables.values() if table.rows is not None}
    for name, table in tables.items():
        if table.rows_of is not None and table.rows_of not in own:
            guess = closest(table.rows_of, own)
            hint = f" (did you mean {guess}?)" if guess else ""
            yield name, "rows_of", f"no table {table.rows_of!r} has rows of its own{hint}"


def _line(text: str, key: str) -> int:
    """Return the line of a key of the outermost level, where it is written as one usually is."""
    found = re.search(rf"^{key}\s*:", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
