"""What a report is asked for, as an address says it: read completely, and what is wrong said together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from domain.documents import BadDocument
from domain.documents import read as read_document
from domain.reports.allowance import LossRates
from domain.reports.conversion import BadRate, Conversion, read_currency, read_rate
from store.recovery import By
from store.reporting.catalogue import Offered, Terms
from store.reporting.reading import Asked

ONLY = "only."
"""With this begin the names of what narrows a list: `only.currency`."""

_T = TypeVar("_T")
_D = TypeVar("_D", bound=date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A whole number that a report is asked for: its label, its bounds, and what counts without one."""

    label: str
    least: int
    most: int
    usual: int


NUMBERS: Mapping[str, Number] = {
    "months": Number(label="Months", least=1, most=120, usual=12),
    "period": Number(label="Months of sales", least=1, most=24, usual=3),
    "weeks": Number(label="Weeks", least=1, most=104, usual=13),
    "within": Number(label="Days after a message", least=1, most=365, usual=7),
    "grace": Number(label="Days of grace", least=0, most=60, usual=0),
    "recovery": Number(label="Days after the due date", least=1, most=3650, usual=30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is asked for.

    Attributes:
        only: what narrows its list.
        wrong: what could not be read, with its label; then the rest is as usual.
        said: all of it as it was said, to be said again.
    """

    asked: Asked
    terms: Terms
    only: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict)


def question(offered: Offered | None, said: Mapping[str, str], *, today: date, zone: ZoneInfo) -> Question:
    """Read what a report is asked for; without one, what all of them are."""
    reading = _Reading(said, zone)
    wanted = {*NUMBERS, "rates", "in"} if offered is None else set(offered.terms)
    numbers = {name: reading.number(name) for name in NUMBERS if name in wanted}
    as_of = reading.day("as_of", "As of") or today
    asked = Asked(
        as_of=as_of,
        known_at=reading.instant("known_at", "As known at"),
        conversion=reading.conversion(as_of) if "in" in wanted else None,
        listed=said.get("list") == "1",
        months=numbers.get("months", NUMBERS["months"].usual),
    )
    terms = Terms(
        period_months=numbers.get("period", NUMBERS["period"].usual),
        weeks=numbers.get("weeks", NUMBERS["weeks"].usual),
        within_days=numbers.get("within", NUMBERS["within"].usual),
        grace_days=numbers.get("grace", NUMBERS["grace"].usual),
        recovery_days=numbers.get("recovery", NUMBERS["recovery"].usual),
        recovery_first=reading.day("from", "Overdue from") if "span" in wanted else None,
        recovery_last=reading.day("to", "Overdue until") if "span" in wanted else None,
        recovery_by=cast(By, said["by"]) if said.get("by") in ("arm", "step") else None,
        loss_rates=reading.loss_rates() if "rates" in wanted else None,
    )
    only = {name.removeprefix(ONLY): value for name, value in said.items() if name.startswith(ONLY)}
    return Question(asked=asked, terms=terms, only=only, wrong=tuple(reading.wrong), said=dict(said))


class _Reading:
    """Reads values one by one, and keeps what is wrong with them."""

    def __init__(self, said: Mapping[str, str], zone: ZoneInfo) -> None:
        self._said, self._zone = said, zone
        self.wrong: list[str] = []

    def _text(self, name: str) -> str:
        return self._said.get(name, "").strip()

    def day(self, name: str, label: str) -> date | None:
        """Read a day; None where nothing was said."""
        text, remedy = self._text(name), "write a day like 2026-03-31"
        return self._read(label, lambda: _of_our_time(date.fromisoformat(text)), remedy) if text else None

    def instant(self, name: str, label: str) -> datetime | None:
        """Read an instant; one without a zone is in that of the desk, and a day alone is its end."""
        text = self._text(name)
        if not text:
            return None
        remedy = "write an instant like 2026-03-31T09:30"
        at = self._read(label, lambda: _of_our_time(datetime.fromisoformat(text)), remedy)
        if at is None:
            return None
        whole_day = len(text) == len("2026-03-31")
        at = datetime.combine(at.date(), time.max) if whole_day else at
        return at if at.tzinfo is not None else at.replace(tzinfo=self._zone)

    def number(self, name: str) -> int:
        """Read one of `NUMBERS`."""
        number, text = NUMBERS[name], self._text(name)
        if not text:
            return number.usual
        if text.isascii() and text.isdecimal() and len(text) < 7 and number.least <= int(text) <= number.most:
            return int(text)
        self.wrong.append(f"{number.label}: write a number from {number.least} to {number.most}")
        return number.usual

    def conversion(self, as_of: date) -> Conversion | None:
        """Read the currency of the report and its rates."""
        into, pairs = self._text("in"), self._text("rate").replace(",", " ").split()
        stated_on = self.day("rates_of", "Rates of") or as_of
        if not into:
            if pairs:
                self.wrong.append("Rates: say into which currency they convert")
            return None
        try:
            currency = read_currency(into)
            rates = dict(read_rate(pair, currency) for pair in pairs)
        except BadRate as bad:
            self.wrong.append(f"In one currency: {bad}")
            return None
        return Conversion(into=currency, rates=rates, stated_on=stated_on)

    def loss_rates(self) -> LossRates | None:
        """Read the matrix of loss rates."""
        text = self._text("rates")
        if not text:
            return None
        try:
            return read_document(text, model=LossRates, name="Loss rates")
        except BadDocument as bad:
            self.wrong += str(bad).splitlines()
            return None

    def _read(self, label: str, read: Callable[[], _T], remedy: str) -> _T | None:
        try:
            return read()
        except ValueError:
            self.wrong.append(f"{label}: {remedy}")
            return None


def _of_our_time(day: _D) -> _D:
    """Return a day or an instant.

    Raises:
        ValueError: it is a slip of the hand, and reckoning with months would leave the calendar.
    """
    if not 1970 <= day.year <= 2100:
        raise ValueError(f"{day.year} is an impossible year")
    return day
