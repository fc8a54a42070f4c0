"""A rest: days on which chasing rests; a hand-over: days on which others chase."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Self

FOREVER = date.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Days on which chasing rests, both inclusive: of a pause, a hold, a promise, a dispute, an exemption.

    One that ended on the day on which it began has its last day before its first.
    """

    first: date
    last: date
    reason: str
    invoice: str | None = None

    def holds(self, on: date) -> bool:
        """Whether `on` is one of its days."""
        return self.first <= on <= self.last

    def to_come(self, on: date) -> bool:
        """Whether any of its days is `on` or later: what is over cannot be ended."""
        return max(self.first, on) <= self.last

    def over(self, on: date) -> bool:
        """Whether it had begun, if only for hours, and ended before `on`."""
        return self.last < on and self.first <= self.last + timedelta(days=1)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def bounded(self, days: int) -> Self:
        """Return it with at most so many days."""
        most = (
            date.max
            if self.first > date.max - timedelta(days=days)
            else self.first + timedelta(days=days - 1)
        )
        return self if self.last <= most else replace(self, last=most)

    def cut(self, on: date) -> Self:
        """Return it cut short, so that `on` is a working day again."""
        return self if self.last < on else replace(self, last=max(on - timedelta(days=1), date.min))


class Withheld(Rest):
    """Days on which all rests that nobody can release: of an incident, or of a suspension by others."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver(Rest):
    """Days on which others collect: one invoice, or without a name all that was past due on the first.

    `back` has the invoices that were taken back one by one out of such a whole, and since which day.
    """

    back: Mapping[str, date] = field(default_factory=dict)

    def taken_back(self, invoice: str | None, on: date) -> Self:
        """Return it after one invoice was taken back on a day, or without a name all."""
        if invoice in (None, self.invoice):
            return self.cut(on)
        if self.invoice is not None or self.last < on or invoice in self.back:
            return self
        return replace(self, back={**self.back, invoice: on})

    def of(self, *names: str | None) -> Self:
        """Return it as it is for an invoice, or for a fee about one."""
        days = [self.back[name] for name in names if name is not None and name in self.back]
        return self.cut(min(days)) if days else self
