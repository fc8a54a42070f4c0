"""The cells of one row: each is read as the text, day or amount that the mapping says it is."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TypeVar

from domain.money import CURRENCIES, Money, MoneyError
from domain.receivables.imported import Kind, Severity
from domain.receivables.mapping import DATE_DIGITS, Amounts, Mapping, Source
from domain.spelling import closest

# Outside these years a date is a spreadsheet's zero or a slip of the hand.
FIRST_YEAR, LAST_YEAR = 1970, 2100
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFault:
    """What is wrong in one cell of a row."""

    column: str | None
    message: str
    kind: Kind
    severity: Severity


@dataclass(slots=True, kw_only=True)
class Cells:
    """The cells of one row by column; what is wrong or odd is collected while they are read."""

    mapping: Mapping
    cells: dict[str, str]
    today: date | None
    faults: list[CellFault] = field(default_factory=list)

    def fault(self, source: Source | None, message: str, *, kind: Kind, severity: Severity = "error") -> None:
        column = source.column if source else None
        self.faults.append(CellFault(column=column, message=message, kind=kind, severity=severity))

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

    def listed(self, source: Source, *, country: str | None) -> str | None:
        """Return a text that may be in no table, and then says nothing."""
        try:
            return self._text(source, country) or None
        except ValueError:
            return None

    def day(self, source: Source, *, optional: bool = False) -> date | None:
        return self.read(
            source, lambda text: read_day(text, self.mapping.dates), kind="date", optional=optional
        )

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
            lambda text: read_money(text, currency, self.mapping.amounts),
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


def read_day(text: str, forms: tuple[str, ...]) -> date:
    """Return the day that a text is in one of these forms.

    Raises:
        ValueError: it is none; the sentence says what would be right.
    """
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
    for word, digits in DATE_DIGITS.items():
        # Without a separator, only two digits for day and month can be told apart.
        pattern = pattern.replace(word, f"(?P<{word}>[0-9]{{{digits if separated else digits[-1]}}})")
    return re.compile(pattern)


def read_money(text: str, currency: str, amounts: Amounts) -> Money:
    """Return the amount that a text is, written as the mapping says.

    Raises:
        ValueError: it is none; the sentence says what would be right.
    """
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


def currency_code(text: str) -> str:
    if text in CURRENCIES:
        return text
    guess = closest(text, sorted(CURRENCIES)) if text.upper() in CURRENCIES else None
    hint = f" (did you mean {guess}?)" if guess else ""
    raise ValueError(f"unknown currency {text!r}: write an ISO 4217 code such as EUR{hint}")
