"""Deadlines: an instant so many business hours after another."""

from datetime import date, datetime, timedelta

from domain.calendar import Calendar


class Deadlines:
    """Reckons in the hours of one calendar, and keeps the days that it has looked up.

    Of thousands of tasks most were opened on the same few days.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._days: dict[date, tuple[datetime, datetime] | None] = {}

    def after(self, at: datetime, hours: int) -> datetime:
        """Return the instant so many business hours after `at`; those begin when the next day opens."""
        left, day = timedelta(hours=hours), self._calendar.local_date(at)
        while True:
            open_hours = self._hours(day)
            if open_hours is not None:
                begins, ends = max(open_hours[0], at), open_hours[1]
                if left <= ends - begins:
                    return begins + left
                left -= max(ends - begins, timedelta(0))
            day += timedelta(days=1)

    def _hours(self, day: date) -> tuple[datetime, datetime] | None:
        if day not in self._days:
            self._days[day] = self._calendar.hours_of(day)
        return self._days[day]
