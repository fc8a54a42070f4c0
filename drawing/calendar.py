"""The calendar of a sample invoice as a drawing: a line a step, closed days shaded, what moved and why."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from xml.etree.ElementTree import Element

from domain.account import Account
from domain.calendar import Calendar
from domain.contact_law.law import NO_LAW, Law
from domain.customer import Customer
from domain.policy import Policy
from domain.policy_page import Row, show
from domain.situation import Situation
from drawing.elements import element, svg_file
from drawing.style import COLOURS, PLOTS

WIDTH, LEFT, RIGHT = 960, 170, 310
HEAD, LINE, FOOT = 78, 50, 34
_PLOT = WIDTH - LEFT - RIGHT
_WORDS_AT = WIDTH - RIGHT + 18
_MOST_WORDS = 42
_KEY = "full: when it happens; hollow: the policy's day; shaded: nothing goes out"

_STYLE = """
svg { background: var(--paper); }
svg text.title { font-size: 16px; font-weight: 600; }
svg text.strong { font-weight: 600; }
svg .due { stroke: var(--ink); stroke-width: 1.5; fill: none; }
"""


def calendar_file(policy: Policy, *, due_on: date, customer: Customer, law: Law = NO_LAW) -> str:
    """Return the calendar of an invoice that `customer` never pays as an SVG file, for light and for dark."""
    rows = show(policy, due_on=due_on, customer=customer, law=law)
    calendar = Situation(
        policy=policy, account=Account(customer=customer), now=datetime(due_on.year, 1, 1, tzinfo=UTC)
    ).calendar
    drawn = _drawn(f"{policy.title} ({policy.policy} {policy.version})", rows, due_on, calendar)
    return svg_file(drawn, COLOURS + PLOTS + _STYLE)


def _drawn(title: str, rows: Sequence[Row], due_on: date, calendar: Calendar) -> Element:
    days = [due_on, *(day for row in rows for day in (row.planned_on, row.falls_on) if day is not None)]
    first, last = min(days) - timedelta(days=1), max(days) + timedelta(days=2)
    a_day = _PLOT / (last - first).days
    bottom = HEAD + LINE * len(rows)
    height = bottom + FOOT
    drawn = element(
        "svg",
        element("title", title),
        element("rect", width=WIDTH, height=height, class_="paper"),
        element("text", title, x=16, y=28, class_="title"),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
    )

    def across(day: date) -> float:
        return LEFT + (day - first).days * a_day

    _days(drawn, first, last, across, calendar, bottom)
    middle = across(due_on) + a_day / 2
    drawn.append(element("path", d=f"M{middle:.1f} {HEAD - 8}V{bottom}", class_="due"))
    due = {"x": middle, "y": HEAD - 28, "text_anchor": "middle", "class_": "strong"}
    drawn.append(element("text", f"due {due_on:%a %d %b %Y}", **due))
    for number, row in enumerate(rows):
        at = {day: across(day) + a_day / 2 for day in (row.planned_on, row.falls_on) if day is not None}
        _line(drawn, row, HEAD + number * LINE, at)
    drawn.append(element("text", _KEY, x=16, y=bottom + 20, class_="quiet"))
    return drawn


def _days(
    drawn: Element,
    first: date,
    last: date,
    across: Callable[[date], float],
    calendar: Calendar,
    bottom: float,
) -> None:
    """Shade the days on which nothing goes out, and name the months."""
    for number in range((last - first).days):
        day = first + timedelta(days=number)
        left, right = across(day), across(day + timedelta(days=1))
        if calendar.local_date(calendar.opening(day)) != day:
            shut = {"x": left, "y": HEAD - 8, "width": right - left, "height": bottom - HEAD + 8}
            drawn.append(element("rect", class_="shade", **shut))
        if day.day == 1:
            drawn.append(element("path", d=f"M{left:.1f} {HEAD - 12}V{bottom}", class_="rule"))
            drawn.append(element("text", f"{day:%b}", x=left + 3, y=HEAD - 12, class_="quiet"))


def _line(drawn: Element, row: Row, top: float, at: dict[date, float]) -> None:
    """Draw one step: where it was planned, where it falls, and in words when and why."""
    middle = top + LINE / 2 - 3
    drawn.append(element("text", row.step, x=16, y=middle - 1, class_="strong"))
    drawn.append(element("text", row.channels, x=16, y=middle + 13, class_="quiet"))
    planned = at[row.planned_on]
    if row.falls_on != row.planned_on:
        if row.falls_on is not None:
            moved = f"M{planned:.1f} {middle}H{at[row.falls_on]:.1f}"
            drawn.append(element("path", d=moved, class_=f"{row.kind} moved"))
        drawn.append(element("circle", cx=planned, cy=middle, r=4, class_=f"{row.kind} hollow"))
    if row.falls_on is not None:
        drawn.append(element("circle", cx=at[row.falls_on], cy=middle, r=5, class_=row.kind))
    day = "" if row.day is None else f"day {row.day:+}, "
    falls_on = "never" if row.falls_on is None else f"{row.falls_on:%a %d %b %Y}"
    drawn.append(element("text", f"{day}{falls_on}", x=_WORDS_AT, y=middle - 8))
    for number, words in enumerate((row.why, row.condition)):
        shown = words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…"
        at_line = {"x": _WORDS_AT, "y": middle + 6 + 14 * number, "class_": "quiet"}
        drawn.append(element("text", element("title", words), shown, **at_line))
