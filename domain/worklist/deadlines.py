"""Deadlines: an instant so many business hours after another."""

from bisect import bisect_right
from datetime import datetime, timedelta

from domain.calendar import Calendar

_DAY = timedelta(days=1)


class Deadlines:
    """Reckons in the hours of one calendar, from an instant on.

    Its days are looked up once: of thousands of tasks most were opened on the same few.
    """

    def __init__(self, calendar: Calendar, *, since: datetime) -> None:
        self._calendar = calendar
        self._next = calendar.local_date(since)
        self._opens: list[datetime] = []
        self._closes: list[datetime] = []

    def after(self, at: datetime, hours: int) -> datetime:
        """Return the instant so many business hours after `at`; those begin when the next day opens."""
        while not self._closes or self._closes[-1] <= at:
            self._look_up()
        day = bisect_right(self._closes, at)
        left, begins = timedelta(hours=hours), self._opens[day]
        if at > begins:
            begins = at
        while (today := self._closes[day] - begins) < left:
            left -= today
            day += 1
            while len(self._opens) <= day:
                self._look_up()
            begins = self._opens[day]
        return begins + left

    def _look_up(self) -> None:
        hours = self._calendar.hours_of(self._next)
        if hours is not None:
            self._opens.append(hours[0])
            self._closes.append(hours[1])
        self._next += _DAY
