"""Until when a message may still arrive: the window or the law, whichever closes first."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, SendWindow
from domain.contact_law.books import read_books
from domain.contact_law.law import Law
from domain.contact_law.whereabouts import Whereabouts
from domain.contacting import OPEN_AHEAD, Contacting
from domain.customer import Customer

FOLDER = Path(__file__).parents[2] / "policies" / "contact"
SHIPPED = read_books({path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")})
ZONE = ZoneInfo("America/New_York")
EVERY_DAY = frozenset(range(7))
CONSUMER = SHIPPED.of(
    Customer(id="c-1", segment="consumer", country="US", timezone="America/New_York", currency="USD"),
    Whereabouts(region="US-PA"),
    first_party=True,
)


def contacting(opens: str, closes: str, now: datetime, law: Law) -> Contacting:
    clocks = [datetime.strptime(text, "%H:%M").time() for text in (opens, closes)]
    window = SendWindow(opens=clocks[0], closes=clocks[1], weekdays=EVERY_DAY)
    return Contacting(law, Calendar(zone=ZONE.key, window=window, country=None), (), now)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("opens", "closes", "law", "now", "until"),
    [
        ("09:00", "18:00", Law(), "2026-03-03T12:00", "2026-03-03T18:00"),
        ("09:00", "17:59", Law(), "2026-03-03T17:58:59", "2026-03-03T17:59"),
        ("08:00", "23:00", CONSUMER, "2026-03-03T15:00:07", "2026-03-03T20:00"),
        ("08:00", "19:00", CONSUMER, "2026-03-03T15:00", "2026-03-03T19:00"),
        ("07:00", "23:00", Law(), "2026-03-03T08:00", "2026-03-03T18:00"),
    ],
    ids=["window", "to the second", "the house.us_hours, 8 pm", "window before law", "ten hours at most"],
)
def test_it_closes_when_the_first_of_them_does(
    opens: str, closes: str, law: Law, now: str, until: str
) -> None:
    assert contacting(opens, closes, at(now), law).open_until("sms", ["A"], "first") == at(until)


def test_a_message_that_the_window_leaves_alone_is_not_stopped_by_it_later() -> None:
    asked = contacting("09:00", "18:00", at("2026-03-03T19:00"), Law())
    assert asked.open_until("sms", [], "suspended") == asked.now + OPEN_AHEAD


@given(
    minutes=st.integers(0, 14 * 24 * 60),
    opens=st.integers(0, 22),
    closes=st.integers(1, 23),
    offset=st.integers(0, 99),
)
def test_until_then_nothing_is_closed(minutes: int, opens: int, closes: int, offset: int) -> None:
    if opens >= closes:
        return
    now = at("2026-03-01T00:00") + timedelta(minutes=minutes)
    asked = contacting(f"{opens:02}:00", f"{closes:02}:00", now, CONSUMER)
    if asked.calendar.closed(now) or asked.barred("sms", ["A"], "first"):
        return
    until = asked.open_until("sms", ["A"], "first")
    assert now < until <= now + OPEN_AHEAD
    before = now + (until - now) * offset / 100
    assert asked.calendar.closed(before) is None
    assert CONSUMER.bars("sms", ["A"], (), before, occasion="first") is None
