"""The business calendar: windows, holidays, and days on which the clock changes."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import HORIZON_DAYS, Calendar, SendWindow, month_end, use_pinned_zones

ALL_DAYS = frozenset(range(7))
WORKDAYS = frozenset(range(5))
MINUTE = timedelta(minutes=1)


def hours(text: str, weekdays: frozenset[int] = ALL_DAYS) -> SendWindow:
    """Return the window of `09:00-18:00`."""
    opens, closes = (time.fromisoformat(part) for part in text.split("-"))
    return SendWindow(opens=opens, closes=closes, weekdays=weekdays)


def calendar(
    zone: str,
    window: str = "09:00-18:00",
    weekdays: frozenset[int] = ALL_DAYS,
    country: str | None = None,
    subdivision: str | None = None,
) -> Calendar:
    return Calendar(zone=zone, window=hours(window, weekdays), country=country, subdivision=subdivision)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- dates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 4, 30), date(2026, 4, 30)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 1), date(2028, 2, 29)),
        (date(2000, 2, 29), date(2000, 2, 29)),
        (date(2100, 2, 28), date(2100, 2, 28)),
        (date(2026, 12, 15), date(2026, 12, 31)),
    ],
)
def test_the_month_ends_on_its_last_day(on: date, last: date) -> None:
    assert month_end(on) == last


@pytest.mark.parametrize(
    ("zone", "at", "on"),
    [
        ("UTC", "2026-03-01T23:59", date(2026, 3, 1)),
        ("Europe/Berlin", "2026-02-28T23:00", date(2026, 3, 1)),
        ("America/New_York", "2026-03-01T04:59", date(2026, 2, 28)),
        ("Asia/Tokyo", "2028-02-28T15:00", date(2028, 2, 29)),
        ("Pacific/Apia", "2011-12-30T09:59:59", date(2011, 12, 29)),
        ("Pacific/Apia", "2011-12-30T10:00", date(2011, 12, 31)),
    ],
)
def test_an_instant_has_the_date_on_the_customers_wall(zone: str, at: str, on: date) -> None:
    assert calendar(zone).local_date(utc(at)) == on


@pytest.mark.parametrize(
    ("zone", "on", "start", "length_hours"),
    [
        pytest.param("UTC", date(2026, 3, 1), "2026-03-01T00:00", 24, id="utc"),
        pytest.param("Asia/Kolkata", date(2026, 3, 1), "2026-02-28T18:30", 24, id="half-an-hour"),
        pytest.param("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", 23, id="spring"),
        pytest.param("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", 25, id="autumn"),
        pytest.param("America/New_York", date(2026, 3, 8), "2026-03-08T05:00", 23, id="new-york"),
        # At midnight the clock went to 01:00: the day began at 01:00.
        pytest.param("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00", 23, id="no-midnight"),
        # At 23:30 the clock went to 00:30: midnight lay in the middle of what did not exist.
        pytest.param("America/Toronto", date(1919, 3, 31), "1919-03-31T04:30", 23.5, id="across-midnight"),
        pytest.param("America/Toronto", date(1919, 3, 30), "1919-03-30T05:00", 23.5, id="until-half-past"),
        pytest.param("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00", 23, id="cairo-gap"),
        # At midnight the clock went back to 23:00: the day before had that hour twice.
        pytest.param("America/Sao_Paulo", date(2018, 2, 17), "2018-02-17T02:00", 25, id="late-hour-twice"),
        pytest.param("Africa/Cairo", date(2026, 10, 29), "2026-10-28T21:00", 25, id="cairo-fold"),
        # At 01:00 the clock went back to midnight: the first of two midnights is the start.
        pytest.param("Atlantic/Azores", date(2026, 10, 25), "2026-10-25T00:00", 25, id="two-midnights"),
        # At 00:01 the clock went back to 23:01: the first minute of the day came twice.
        pytest.param("America/St_Johns", date(2010, 11, 7), "2010-11-07T02:30", 25, id="st-johns"),
        pytest.param("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00", 24.5, id="lord-howe"),
        pytest.param("Pacific/Apia", date(2011, 12, 29), "2011-12-29T10:00", 24, id="before-the-skip"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00", 0, id="no-such-day"),
        pytest.param("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00", 24, id="after-the-skip"),
    ],
)
def test_a_local_date_starts_and_ends_when_the_clock_says_so(
    zone: str, on: date, start: str, length_hours: float
) -> None:
    there = calendar(zone)

    assert there.start_of(on) == utc(start)
    assert there.end_of(on) - there.start_of(on) == timedelta(hours=length_hours)
    assert there.start_of(on).tzinfo is UTC


# --- reasons -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "rule", "values"),
    [
        # Germany in 2026; winter is UTC+1. Friday 1 May is a holiday, Thursday 30 April is not.
        ("2026-03-02T07:59:59", "window.hours", {"opens": "09:00", "closes": "18:00"}),
        ("2026-03-02T17:00", "window.hours", {"opens": "09:00", "closes": "18:00"}),
        ("2026-03-07T10:00", "window.weekday", {"day": "Saturday"}),
        ("2026-03-08T03:00", "window.weekday", {"day": "Sunday"}),
        ("2026-05-01T10:00", "window.holiday", {"holiday": "Labor Day"}),
        ("2026-12-25T10:00", "window.holiday", {"holiday": "Christmas Day"}),
    ],
)
def test_a_closed_window_says_by_which_rule(at: str, rule: str, values: dict[str, str]) -> None:
    berlin = calendar("Europe/Berlin", "09:00-18:00", WORKDAYS, "DE")
    zone = {"zone": "Europe/Berlin"} if rule == "window.hours" else {}

    reason = berlin.closed(utc(at))

    assert reason is not None
    assert (reason.rule, reason.values) == (rule, values | zone)


@pytest.mark.parametrize("at", ["2026-03-02T08:00", "2026-03-02T16:59:59.999999", "2026-04-30T10:00"])
def test_the_window_is_open_from_its_first_instant_until_before_its_last(at: str) -> None:
    assert calendar("Europe/Berlin", "09:00-18:00", WORKDAYS, "DE").closed(utc(at)) is None


def test_the_reason_follows_the_window() -> None:
    reason = calendar("Asia/Tokyo", "10:30-16:45:30").closed(utc("2026-03-02T12:00"))

    assert reason is not None
    assert reason.values == {"opens": "10:30", "closes": "16:45:30", "zone": "Asia/Tokyo"}


@pytest.mark.parametrize("language", ["de_DE.UTF-8", "fr_FR.UTF-8"])
def test_holidays_are_named_in_english_whatever_the_locale(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.setenv(variable, language)
    # A year of its own for each locale, because tables are kept.
    year = 2041 if language.startswith("de") else 2042

    reason = calendar("Europe/Berlin", country="DE").closed(utc(f"{year}-10-03T10:00"))

    assert reason is not None
    assert reason.values == {"holiday": "German Unity Day"}


def test_a_subdivision_has_holidays_of_its_own() -> None:
    all_saints = utc("2027-11-01T10:00")

    assert calendar("Europe/Berlin", country="DE").closed(all_saints) is None
    assert calendar("Europe/Berlin", country="DE", subdivision="BY").closed(all_saints) is not None
    assert calendar("Europe/Berlin", country="DE", subdivision="BE").closed(all_saints) is None


def test_a_holiday_of_next_year_that_is_observed_this_year_counts() -> None:
    """New Year's Day 2022 was a Saturday, kept on Friday 31 December 2021."""
    reason = calendar("America/New_York", country="US").closed(utc("2021-12-31T17:00"))

    assert reason is not None
    assert reason.rule == "window.holiday"


def test_without_a_country_no_day_is_a_holiday() -> None:
    assert calendar("Europe/Berlin").closed(utc("2026-12-25T10:00")) is None


# --- the next opening ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "country", "at", "opens"),
    [
        pytest.param("Europe/Berlin", "DE", "2026-03-02T10:00", "2026-03-02T10:00", id="open-now"),
        pytest.param("Europe/Berlin", "DE", "2026-03-02T03:00", "2026-03-02T08:00", id="later-today"),
        pytest.param("Europe/Berlin", "DE", "2026-03-02T17:00", "2026-03-03T08:00", id="tomorrow"),
        pytest.param("Europe/Berlin", "DE", "2026-03-06T20:00", "2026-03-09T08:00", id="after-weekend"),
        # Good Friday 3 April to Easter Monday 6 April; summer time since 29 March.
        pytest.param("Europe/Berlin", "DE", "2026-04-02T16:00", "2026-04-07T07:00", id="easter"),
        # Friday before the clock goes forward, and back: 09:00 is another hour of UTC on Monday.
        pytest.param("Europe/Berlin", "DE", "2026-03-27T18:00", "2026-03-30T07:00", id="into-summer"),
        pytest.param("Europe/Berlin", "DE", "2026-10-23T18:00", "2026-10-26T08:00", id="out-of-summer"),
        pytest.param("America/New_York", "US", "2026-03-06T23:00", "2026-03-09T13:00", id="new-york-in"),
        pytest.param("America/New_York", "US", "2026-10-30T23:00", "2026-11-02T14:00", id="new-york-out"),
        # Thanksgiving is 26 November.
        pytest.param("America/New_York", "US", "2026-11-25T23:00", "2026-11-27T14:00", id="thanksgiving"),
        # Golden week: 29 April and, after the weekend, 4 to 6 May are holidays.
        pytest.param("Asia/Tokyo", "JP", "2026-05-01T09:00", "2026-05-07T00:00", id="golden-week"),
        # 26 January is Australia Day, a Monday; Sydney is at UTC+11 then.
        pytest.param("Australia/Sydney", "AU", "2026-01-23T07:00", "2026-01-26T22:00", id="australia-day"),
        pytest.param("Europe/Berlin", "DE", "2026-12-31T18:00", "2027-01-04T08:00", id="new-year"),
        pytest.param("Europe/Berlin", "DE", "2028-02-28T18:00", "2028-02-29T08:00", id="leap-day"),
    ],
)
def test_the_next_opening_skips_nights_weekends_and_holidays(
    zone: str, country: str, at: str, opens: str
) -> None:
    opening = calendar(zone, "09:00-18:00", WORKDAYS, country).next_open(utc(at))

    assert opening == utc(opens)
    assert opening.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "window", "at", "opens"),
    [
        # 02:00 became 03:00 on 29 March 2026: 02:30 did not exist, 03:00 was the first instant after it.
        pytest.param("Europe/Berlin", "02:30-10:00", "2026-03-28T23:00", "2026-03-29T01:00", id="gap"),
        # A window that lies within the gap has no instant that day.
        pytest.param("Europe/Berlin", "02:15-02:45", "2026-03-28T23:00", "2026-03-30T00:15", id="all-gap"),
        # 03:00 became 02:00 on 25 October 2026: the hour came twice, and the window opened twice.
        pytest.param("Europe/Berlin", "02:15-02:45", "2026-10-24T22:00", "2026-10-25T00:15", id="fold-1"),
        pytest.param("Europe/Berlin", "02:15-02:45", "2026-10-25T00:45", "2026-10-25T01:15", id="fold-2"),
        # The clock jumped back into the middle of a window that had closed already.
        pytest.param("Europe/Berlin", "01:30-02:30", "2026-10-25T00:30", "2026-10-25T01:00", id="back-into"),
        pytest.param(
            "America/Sao_Paulo", "00:00-06:00", "2018-11-04T02:59", "2018-11-04T03:00", id="no-midnight"
        ),
        pytest.param("Africa/Cairo", "00:30-06:00", "2026-04-23T21:00", "2026-04-23T22:00", id="cairo"),
        pytest.param("Pacific/Apia", "09:00-18:00", "2011-12-30T04:00", "2011-12-30T19:00", id="apia"),
        # The clock returned from Sunday 00:01 to Saturday 23:01, while Saturday's window was open.
        pytest.param(
            "America/St_Johns", "23:01-23:50", "2010-11-07T02:30:30", "2010-11-07T02:31", id="yesterday-again"
        ),
    ],
)
def test_the_next_opening_is_right_when_the_clock_changes(
    zone: str, window: str, at: str, opens: str
) -> None:
    assert calendar(zone, window).next_open(utc(at)) == utc(opens)


def test_apia_had_no_friday_that_week() -> None:
    """30 December 2011 was skipped: whoever writes on Fridays waited for the next one."""
    fridays = calendar("Pacific/Apia", "09:00-18:00", frozenset({4}))

    assert fridays.opening(date(2011, 12, 30)) == utc("2012-01-05T19:00")


@pytest.mark.parametrize(
    ("on", "opens"),
    [
        (date(2026, 3, 2), "2026-03-02T08:00"),
        (date(2026, 3, 7), "2026-03-09T08:00"),
        (date(2026, 4, 3), "2026-04-07T07:00"),
    ],
)
def test_a_date_opens_at_its_first_open_instant_or_at_that_of_a_later_date(on: date, opens: str) -> None:
    assert calendar("Europe/Berlin", "09:00-18:00", WORKDAYS, "DE").opening(on) == utc(opens)


def test_an_instant_of_another_zone_comes_back_in_utc() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=zoneinfo.ZoneInfo("America/New_York"))

    assert calendar("America/New_York").next_open(noon).isoformat() == "2026-03-02T17:00:00+00:00"


def test_a_window_that_never_opens_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """No country has a holiday every day; one that had would stop the search at its horizon."""
    always = dict.fromkeys((date(2026, 1, 1) + timedelta(days=n) for n in range(800)), "Carnival")
    monkeypatch.setattr("domain.calendar._holidays", lambda country, subdivision, year: always)

    with pytest.raises(ValueError, match=f"does not open within {HORIZON_DAYS} days of 2026-01-01"):
        calendar("Europe/Berlin", country="BR").next_open(utc("2026-01-01T12:00"))


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "closes", "weekdays", "message"),
    [
        (time(18), time(9), ALL_DAYS, "from 18:00 to 09:00 never opens"),
        (time(9), time(9), ALL_DAYS, "from 09:00 to 09:00 never opens"),
        (time(9, tzinfo=UTC), time(18, tzinfo=UTC), ALL_DAYS, "without an offset"),
        (time(9), time(18), frozenset(), "name at least one"),
        (time(9), time(18), frozenset({0, 7}), r"\[7\] are no weekdays: Monday is 0"),
    ],
)
def test_a_window_without_sense_is_refused(
    opens: time, closes: time, weekdays: frozenset[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        SendWindow(opens=opens, closes=closes, weekdays=weekdays)


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/Berlim", "europe/berlin", "../etc/passwd", "/UTC"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match=r"unknown time zone .*: write an IANA name"):
        calendar(zone)


@pytest.mark.parametrize(
    ("country", "subdivision", "message"),
    [
        ("XX", None, "country 'XX': write an ISO 3166 code"),
        ("de", None, "two capital letters"),
        ("DEU", None, "two capital letters"),
        ("", None, "two capital letters"),
        ("HolidayBase", None, "two capital letters"),
        ("DE", "ZZ", "DE has no subdivision 'ZZ'; known are: BB, BE"),
        ("VA", "X", "VA has no subdivision 'X'; known are: none"),
        (None, "BY", "name the country as well"),
    ],
)
def test_an_unknown_country_is_refused(country: str | None, subdivision: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calendar("Europe/Berlin", country=country, subdivision=subdivision)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = utc("2026-03-02T10:00").replace(tzinfo=None)
    berlin = calendar("Europe/Berlin")

    for question in (berlin.local_date, berlin.closed, berlin.next_open):
        with pytest.raises(ValueError, match="an instant is an aware datetime"):
            question(naive)


# --- promises ------------------------------------------------------------------------------------

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
# Half of the instants lie within a day of a change of the clock, where the mistakes are.
CHANGES = [
    "2010-11-07T02:31",
    "2011-12-30T10:00",
    "2018-02-18T02:00",
    "2018-11-04T03:00",
    "2026-03-08T07:00",
    "2026-03-29T01:00",
    "2026-04-04T15:00",
    "2026-04-23T22:00",
    "2026-10-25T01:00",
    "2026-10-29T21:00",
]
instants = st.one_of(
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    st.builds(
        lambda change, minutes: utc(change) + minutes * MINUTE,
        st.sampled_from(CHANGES),
        st.integers(-24 * 60, 24 * 60),
    ),
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    opens, closes = sorted(
        draw(st.lists(st.times().map(lambda t: t.replace(second=0, microsecond=0)), min_size=2, unique=True))
    )[:2]
    return Calendar(
        zone=draw(st.sampled_from(ZONES)),
        window=SendWindow(
            opens=opens, closes=closes, weekdays=draw(st.frozensets(st.integers(0, 6), min_size=1))
        ),
        country=draw(st.sampled_from([None, "DE", "US", "JP", "EG"])),
    )


@given(calendars(), instants)
def test_the_next_opening_is_open_and_not_in_the_past(there: Calendar, at: datetime) -> None:
    opening = there.next_open(at)

    assert opening >= at
    assert there.closed(opening) is None
    assert (opening == at) == (there.closed(at) is None)


@given(calendars(), instants, st.timedeltas(timedelta(0), timedelta(days=10)))
def test_the_next_opening_never_goes_back(there: Calendar, at: datetime, later: timedelta) -> None:
    assert there.next_open(at) <= there.next_open(at + later)


@given(calendars(), instants, st.floats(0, 1, exclude_max=True))
def test_nothing_is_open_before_the_next_opening(there: Calendar, at: datetime, part: float) -> None:
    opening = there.next_open(at)
    before = at + (opening - at) * part

    assert there.closed(before) is not None or before == opening


@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_days_follow_each_other_without_a_gap(zone: str, on: date) -> None:
    there = calendar(zone)
    start, end = there.start_of(on), there.end_of(on)

    assert end == there.start_of(on + timedelta(days=1))
    assert there.local_date(start - timedelta.resolution) < on
    assert there.local_date(start) == (on if start < end else on + timedelta(days=1))


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("zone", ZONES)
def test_the_next_opening_is_the_first_open_minute(zone: str, change: str) -> None:
    """The plain search, backwards minute by minute, through three days around a change of the clock."""
    for window in ["00:00-00:30", "00:30-09:00", "01:30-02:30", "02:15-02:45", "23:01-23:50"]:
        there = calendar(zone, window)
        first_open = None
        for n in range(36 * 60, -36 * 60, -1):
            minute = utc(change) + n * MINUTE
            if there.closed(minute) is None:
                first_open = minute
            if first_open is not None and minute.minute % 15 == 0:
                assert there.next_open(minute) == first_open


# --- zones ---------------------------------------------------------------------------------------


def test_a_zone_comes_from_the_pinned_data_and_not_from_the_machine(tmp_path: Path) -> None:
    """A machine whose Berlin lies in Tokyo: its file is used until the pinned data are asked for."""
    machine = tmp_path / "Europe" / "Berlin"
    machine.parent.mkdir()
    machine.write_bytes((files("tzdata") / "zoneinfo" / "Asia" / "Tokyo").read_bytes())
    january = datetime(2026, 1, 15)
    try:
        zoneinfo.reset_tzpath([tmp_path])
        zoneinfo.ZoneInfo.clear_cache()
        assert zoneinfo.ZoneInfo("Europe/Berlin").utcoffset(january) == timedelta(hours=9)
    finally:
        use_pinned_zones()

    assert zoneinfo.ZoneInfo("Europe/Berlin").utcoffset(january) == timedelta(hours=1)
    assert zoneinfo.TZPATH == ()
