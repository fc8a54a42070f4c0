"""A rest: days on which chasing rests."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

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

    def bounded(self, days: int) -> "Rest":
        """Return it with at most so many days."""
        most = (
            date.max
            if self.first > date.max - timedelta(days=days)
            else self.first + timedelta(days=days - 1)
        )
        return self if self.last <= most else replace(self, last=most)

    def cut(self, on: date) -> "Rest":
        """Return it cut short, so that `on` is a working day again."""
        return self if self.last < on else replace(self, last=max(on - timedelta(days=1), date.min))
