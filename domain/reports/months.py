"""Months of receivables per currency: from what was open to what was open, with everything between.

A month's parts add up to the cent: opening, what moved in each way, closing. What is paid and pays
nothing yet is no receivable: it stands as `unapplied`, and makes the sum right.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from domain.money import Money
from domain.reports.conversion import Conversion
from domain.reports.items import Flow, Item
from domain.reports.sheet import Cell, Sheet, column

SHOWN: tuple[Flow, ...] = ("invoiced", "credited", "fees", "received", "written_off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of one currency, its running part where it is not over; amounts in minor units.

    Attributes:
        first_on: its first day.
        last_on: its last day, or the day of the report.
        unapplied: money that came in and paid nothing, less such money that pays something now.
        not_due: what of `closing` was not past due; None for a month that is not shown.
    """

    currency: str
    first_on: date
    last_on: date
    opening: int = 0
    invoiced: int = 0
    credited: int = 0
    fees: int = 0
    received: int = 0
    written_off: int = 0
    unapplied: int = 0
    closing: int = 0
    not_due: int | None = None

    @property
    def days(self) -> int:
        """How many days of it are over."""
        return (self.last_on - self.first_on).days + 1

    @property
    def running(self) -> bool:
        """Whether the report was made before its end."""
        return self.last_on != last_day(self.first_on)

    @property
    def sales(self) -> int:
        """Credit sales: what was charged, invoices and fees, less what was credited of it."""
        return self.invoiced + self.fees + self.credited

    @property
    def label(self) -> str:
        """Its name; one that is still running says until when."""
        return f"{self.first_on:%Y-%m}{f' to {self.last_on:%d}' if self.running else ''}"


_MOVES = (*SHOWN, "unapplied")
_SUMS = ("opening", *_MOVES, "closing")


def last_day(of: date) -> date:
    """Return the last day of a month."""
    return of.replace(day=monthrange(of.year, of.month)[1])


def month_before(first_on: date) -> date:
    """Return the first day of the month before."""
    return (first_on - timedelta(days=1)).replace(day=1)


def ends(as_of: date, months: int) -> list[date]:
    """Return the last days of so many months, the newest, which may be running, first."""
    found, first_on = [as_of], as_of.replace(day=1)
    while len(found) < months and first_on > date.min:
        found.append(first_on - timedelta(days=1))
        first_on = month_before(first_on)
    return found


def months_of(items: Iterable[Item], *, as_of: date, shown: int) -> list[Month]:
    """Return every month per currency since its first entry, in one pass over the items.

    Args:
        shown: for so many months, the newest, it is told what was not due yet.
    """
    days = ends(as_of, shown)
    moved: dict[str, dict[tuple[date, str], int]] = defaultdict(lambda: defaultdict(int))
    not_due: dict[tuple[str, date], int] = defaultdict(int)
    for item in items:
        sums = moved[item.currency]
        for each in item.posted:
            first_on = each.on.replace(day=1)
            sums[first_on, each.flow] += each.minor
            sums[first_on, "closing" if item.invoice is not None else "loose"] += each.minor
        for day in days:
            not_due[item.currency, day] += item.not_due_on(day)
    return [
        month
        for currency in sorted(moved)
        for month in _rolled(currency, moved[currency], as_of, lambda of, day: not_due[of, day], set(days))
    ]


def _rolled(
    currency: str,
    sums: dict[tuple[date, str], int],
    as_of: date,
    not_due: Callable[[str, date], int],
    shown: set[date],
) -> list[Month]:
    """Return the months of a currency without a gap, each opening with what the one before closed with."""
    months: list[Month] = []
    first_on = min((first_on for first_on, _ in sums), default=as_of.replace(day=1))
    closing = 0
    while first_on <= as_of:
        last_on = min(last_day(first_on), as_of)
        opening, closing = closing, closing + sums.get((first_on, "closing"), 0)
        months.append(
            Month(
                currency=currency,
                first_on=first_on,
                last_on=last_on,
                opening=opening,
                **{flow: sums.get((first_on, flow), 0) for flow in SHOWN},
                unapplied=-sums.get((first_on, "loose"), 0),
                closing=closing,
                not_due=not_due(currency, last_on) if last_on in shown else None,
            )
        )
        first_on = last_day(first_on) + timedelta(days=1)
    return months


def converted(months: Sequence[Month], conversion: Conversion) -> list[Month]:
    """Return months in one currency; each still adds up, and ends as the converted ageing does."""
    conversion.need(month.currency for month in months)
    by_month: dict[date, list[Month]] = defaultdict(list)
    for month in months:
        by_month[month.first_on].append(_in_one(month, conversion))
    return [_added_up(by_month[first_on]) for first_on in sorted(by_month)]


def _in_one(month: Month, conversion: Conversion) -> Month:
    opening, closing, not_due = (
        conversion.money(Money(minor or 0, month.currency))
        for minor in (month.opening, month.closing, month.not_due)
    )
    moved = [Money(getattr(month, name), month.currency) for name in _MOVES]
    parts = zip(_MOVES, conversion.parts(moved, closing - opening), strict=True)
    moves: dict[str, Any] = {name: part.minor for name, part in parts}
    return replace(
        month,
        currency=conversion.into,
        opening=opening.minor,
        closing=closing.minor,
        not_due=None if month.not_due is None else not_due.minor,
        **moves,
    )


def _added_up(months: Sequence[Month]) -> Month:
    """Return months of one currency and one time as one."""
    sums: dict[str, Any] = {name: sum(getattr(each, name) for each in months) for name in _SUMS}
    shown = all(each.not_due is not None for each in months)
    not_due = sum(each.not_due or 0 for each in months) if shown else None
    return replace(months[0], not_due=not_due, **sums)


def newest(months: Iterable[Month], shown: int) -> list[Month]:
    """Return the newest months of each currency, the oldest of them first."""
    found: list[Month] = []
    for _, of in groupby(months, key=lambda each: each.currency):
        found += list(of)[-shown:]
    return found


def roll_forward(months: Sequence[Month], *, shown: int, notes: tuple[str, ...] = ()) -> Sheet:
    """Return how what was open at the beginning of each month became what was open at its end."""
    rows: list[tuple[Cell, ...]] = [
        (each.currency, each.label, *(Money(getattr(each, name), each.currency) for name in _SUMS))
        for each in newest(months, shown)
    ]
    return Sheet(
        title="Receivables month by month",
        columns=(column("currency", "", words=True), column("month", words=True), *map(column, _SUMS)),
        rows=tuple(rows),
        notes=notes,
        empty="Nothing was booked until that day.",
    )
