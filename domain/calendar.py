"""The business calendar: when a customer may be written to, in the customer's own time.

Dates are local to the calendar's zone; instants are aware, and those we return are UTC. Between two
changes of the clock local time runs evenly, so every search here goes from one change to the next:
an hour that does not exist is never chosen, and one that happens twice counts twice.
"""

import zoneinfo
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType

import holidays

HORIZON_DAYS = 400
"""How far `next_open` looks ahead: longer than a year, so that every yearly pattern has its turn."""

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOLIDAY_LANGUAGE = "en_US"


def use_pinned_zones() -> None:
    """Take every zone from the pinned `tzdata`, not from the machine's own files.

    The first thing that an entry point does: zones that somebody holds already do not change.
    """
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()


def has_holidays(country: str | None) -> bool:
    """Whether public holidays of this country are known; a few territories have none."""
    return country in holidays.list_supported_countries(include_aliases=False)


def month_end(on: date) -> date:
    """Return the last day of the month of `on`."""
    return on.replace(day=monthrange(on.year, on.month)[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWindow:
    """The local wall-clock hours in which messages may be sent: `opens` <= time < `closes`.

    Attributes:
        weekdays: the days that have this window, Monday is 0; at least one.

    Raises:
        ValueError: hours or days with which the window makes no sense.
    """

    opens: time
    closes: time
    weekdays: frozenset[int]

    def __post_init__(self) -> None:
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise ValueError("a send window has local hours: write them without an offset from UTC")
        if self.opens >= self.closes:
            raise ValueError(
                f"a send window from {_clock(self.opens)} to {_clock(self.closes)} never opens:"
                " it must open before it closes, on the same day"
            )
        if not self.weekdays:
            raise ValueError("a send window without weekdays never opens: name at least one")
        if wrong := sorted(self.weekdays - set(range(7))):
            raise ValueError(f"{wrong} are no weekdays: Monday is 0 and Sunday is 6")


@dataclass(frozen=True, slots=True)
class Closed:
    """Why nothing may be sent: a rule id with its values.

    `window.weekday` has `day`; `window.holiday` has `holiday`, its name in English; `window.hours`
    has `opens`, `closes` and `zone`.
    """

    rule: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The send window in a time zone, without the public holidays of a country.

    Attributes:
        zone: IANA name, such as Europe/Berlin.
        country: ISO 3166 alpha-2 code, or None for a calendar without holidays.
        subdivision: the code of a state or province whose own holidays count too.

    Raises:
        ValueError: a zone, country or subdivision that nobody knows.
    """

    zone: str
    window: SendWindow
    country: str | None
    subdivision: str | None = None

    def __post_init__(self) -> None:
        _zone(self.zone)
        _check_country(self.country, self.subdivision)

    def local_date(self, at: datetime) -> date:
        """Return the date on the customer's wall at this instant."""
        return self._wall(_utc(at)).date()

    def closed(self, at: datetime) -> Closed | None:
        """Return why nothing may be sent at this instant, or None when the window is open.

        The reason that lasts longest comes first: the day, then the hour.
        """
        wall = self._wall(_utc(at))
        return self._closed_day(wall.date()) or self._closed_hour(wall.time())

    def next_open(self, at: datetime) -> datetime:
        """Return `at` itself when the window is open, else the first later instant when it is.

        Raises:
            ValueError: the window does not open within `HORIZON_DAYS`.
        """
        start = moment = _utc(at)
        while moment - start <= timedelta(days=HORIZON_DAYS):
            wait = self._wait(self._wall(moment))
            if not wait:
                return moment
            moment = self._forward(moment, wait)
        raise ValueError(
            f"the send window in {self.zone} does not open within {HORIZON_DAYS} days of"
            f" {self.local_date(start)}: every day of it is a holiday or has no such hour"
        )

    def opening(self, on: date) -> datetime:
        """Return the first open instant on or after this local date."""
        return _opening(self, on)

    def hours_of(self, on: date) -> tuple[datetime, datetime] | None:
        """Return when the window opens and closes on this local date; None where it stays shut."""
        if self._closed_day(on) is not None:
            return None
        zone = _zone(self.zone)
        opens, closes = (
            datetime.combine(on, hour, zone).astimezone(UTC)
            for hour in (self.window.opens, self.window.closes)
        )
        return (opens, closes) if opens < closes else None

    def start_of(self, on: date) -> datetime:
        """Return the first instant of this local date, or of the next one where it was skipped."""
        midnight = datetime.combine(on, time.min)
        moment = midnight.replace(tzinfo=_zone(self.zone)).astimezone(UTC)
        if self._wall(moment) == midnight:
            return moment
        # There is no midnight: reckoned with the new offset it lies before the clock's change.
        before = midnight.replace(tzinfo=_zone(self.zone), fold=1).astimezone(UTC)
        return self._forward(before, moment - before)

    def end_of(self, on: date) -> datetime:
        """Return the first instant of the next local date: the end of `on`, exclusive."""
        return self.start_of(on + timedelta(days=1))

    def days_after(self, at: datetime, days: int) -> datetime:
        """Return the instant so many local days later: the same hour on the wall, or what follows it."""
        # Arithmetic on an aware local time is that of its wall; an hour that was skipped becomes a later one.
        return (_utc(at).astimezone(_zone(self.zone)) + timedelta(days=days)).astimezone(UTC)

    def _closed_day(self, on: date) -> Closed | None:
        if on.weekday() not in self.window.weekdays:
            return Closed("window.weekday", {"day": _DAY_NAMES[on.weekday()]})
        if self.country is None:
            return None
        holiday = _holidays(self.country, self.subdivision, on.year).get(on)
        return Closed("window.holiday", {"holiday": holiday}) if holiday else None

    def _closed_hour(self, hour: time) -> Closed | None:
        window = self.window
        if window.opens <= hour < window.closes:
            return None
        values = {"opens": _clock(window.opens), "closes": _clock(window.closes), "zone": self.zone}
        return Closed("window.hours", values)

    def _wait(self, wall: datetime) -> timedelta:
        """Return how long to wait from `wall`: for today's opening or else for midnight; zero when open."""
        if wall.time() < self.window.closes and self._closed_day(wall.date()) is None:
            opens = datetime.combine(wall.date(), self.window.opens)
            return max(opens - wall, timedelta(0))
        return datetime.combine(wall.date() + timedelta(days=1), time.min) - wall

    def _wall(self, moment: datetime) -> datetime:
        """Return what the customer's clock shows, without a zone: arithmetic on it is even."""
        return moment.astimezone(_zone(self.zone)).replace(tzinfo=None, fold=0)

    def _forward(self, moment: datetime, wait: timedelta) -> datetime:
        """Return `moment` plus `wait`, or the first change of the clock where one comes earlier.

        Two changes that cancel out within one wait, a day at most, would be missed: no zone has any.
        """
        later = moment + wait
        offset = self._offset(moment)
        if self._offset(later) == offset:
            return later
        while later - moment > timedelta.resolution:
            middle = moment + (later - moment) // 2
            if self._offset(middle) == offset:
                moment = middle
            else:
                later = middle
        return later

    def _offset(self, moment: datetime) -> timedelta:
        return self._wall(moment) - moment.replace(tzinfo=None)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone: an instant is an aware datetime")
    return at.astimezone(UTC)


def _clock(hour: time) -> str:
    """Return `09:30`; with seconds only where they say something, so that no reason misleads."""
    return hour.isoformat("auto" if hour.second or hour.microsecond else "minutes")


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    # ZoneInfo opens a file: an odd name may be a folder there, or no path at all.
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}: write an IANA name such as Europe/Berlin") from None


@lru_cache(maxsize=16_384)
def _opening(calendar: Calendar, on: date) -> datetime:
    # Kept, because a plan asks for the same few days of the same calendar again and again.
    return calendar.next_open(calendar.start_of(on))


@lru_cache(maxsize=1024)
def _check_country(country: str | None, subdivision: str | None) -> None:
    if country is None:
        if subdivision is not None:
            raise ValueError(f"subdivision {subdivision!r} has no country: name the country as well")
        return
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        raise ValueError(
            f"no holidays are known for country {country!r}:"
            " write an ISO 3166 code of two capital letters such as DE"
        )
    if subdivision is not None and subdivision not in known[country]:
        codes = ", ".join(known[country]) or "none"
        raise ValueError(f"{country} has no subdivision {subdivision!r}; known are: {codes}")


@lru_cache(maxsize=4096)
def _holidays(country: str, subdivision: str | None, year: int) -> Mapping[date, str]:
    # Without a language the names would follow the locale of the process.
    table = holidays.country_holidays(country, subdiv=subdivision, years=year, language=_HOLIDAY_LANGUAGE)
    return MappingProxyType(dict(table))
