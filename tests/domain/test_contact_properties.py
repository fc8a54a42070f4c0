"""Whatever happens, no contact is made outside an hour or beyond a number that the law sets.

The check is written from the sources once more, with nothing of the law's own code: walls of clocks, and sums
over every span of days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Line, Outcome
from tests.domain.playing import Event, event, invoice
from tests.domain.test_contact_in_plan import SHIPPED, call, notice, policy
from tests.effort import examples

ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu")
UNTIL = date(2026, 12, 31)


@dataclass(frozen=True)
class Region:
    """What the sources say of a place: hours by day of the week, Sunday last, and how many in a week."""

    hours: tuple[tuple[int, int], ...]
    calls_and_messages_per_debt: int | None = None
    contacts: int | None = None
    contacts_from: date = date.min


def every_day(opens: int, closes: int) -> tuple[tuple[int, int], ...]:
    return ((opens, closes),) * 7


REGIONS = {
    ("US-IL", ()): Region(every_day(8, 21)),
    ("US-TX", ()): Region((*((9, 21),) * 6, (12, 21))),
    ("US-KY", ()): Region(every_day(10, 21)),
    ("US-RI", ()): Region((*((9, 18),) * 5, (10, 17), (10, 17))),
    ("US-MA", ()): Region(every_day(8, 20), calls_and_messages_per_debt=2),
    ("US-NY", ("US-NYC",)): Region(every_day(8, 21), contacts=3, contacts_from=date(2026, 9, 1)),
}


@dataclass(frozen=True)
class Case:
    region: str
    places: tuple[str, ...]
    zones: tuple[str, ...]
    days: tuple[int, ...]
    channels: tuple[str, ...]
    events: tuple[Event, ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    region, places = draw(st.sampled_from(sorted(REGIONS)))
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True))
    days = sorted(draw(st.sets(st.integers(1, 25), min_size=2, max_size=6)))
    channels = [draw(st.sampled_from(["email", "sms", "both", "call"])) for _ in days]
    events: list[Event] = []
    for number in range(draw(st.integers(1, 3))):
        due = date(2026, 1, 5) + timedelta(days=draw(st.integers(0, 300)))
        issued = invoice(f"I{number}", due=due.isoformat(), currency="USD")
        events.append(issued | {"at": (due - timedelta(days=20)).isoformat()})
        for _ in range(draw(st.integers(0, 4))):
            at = datetime.combine(due, time(18)) + timedelta(days=draw(st.integers(1, 30)))
            step = f"step_{draw(st.sampled_from(days))}"
            reached = draw(st.sampled_from([None, True, False]))
            events.append(event(f"{at.isoformat()}Z", "task_completed", step=step, reached=reached))
    return Case(region, places, tuple(zones), tuple(days), tuple(channels), tuple(events))


def play(case: Case) -> tuple[Outcome, Customer]:
    steps = []
    for day, channel in zip(case.days, case.channels, strict=True):
        both = {"send": "all"} if channel == "both" else {}
        named = ("email", "sms") if channel == "both" else (channel,)
        steps.append(
            call(f"step_{day}", day) if channel == "call" else notice(f"step_{day}", day, *named, **both)
        )
    if not any(step["kind"] == "notice" for step in steps):
        steps.append(notice("last", 30))
    customer = Customer(id="c-1", segment="consumer", country="US", timezone=case.zones[0], currency="USD")
    law = SHIPPED.of(customer, Whereabouts(region=case.region, places=case.places, zones=case.zones))
    history = read_events(customer, case.events)
    return simulate(policy(*steps, minimum_gap_days=0), customer, history, UNTIL, law=law), customer


@dataclass(frozen=True)
class Made:
    """A contact that was made: by a message, or by a call that an event tells of."""

    at: datetime
    channel: str
    debts: frozenset[str]


def messages(outcome: Outcome) -> Iterator[Made]:
    for line in outcome.lines:
        if line.effect == "notice" and line.channel is not None:
            yield Made(line.at, line.channel, frozenset(debt.invoice for debt in line.debts))


def calls(case: Case, outcome: Outcome) -> Iterator[Made]:
    """Every call that was certainly one: it was said so, or its task was a call and had been opened."""
    tasks = [line for line in outcome.lines if line.effect == "task"]
    for each in case.events:
        if each["type"] == "task_completed":
            at = datetime.fromisoformat(each["at"])
            opened = [line for line in tasks if line.step == each["step"] and line.at <= at]
            if opened:
                yield Made(at, "call", frozenset(debt.invoice for debt in opened[-1].debts))


def walls(at: datetime, case: Case) -> list[datetime]:
    return [at.astimezone(ZoneInfo(zone)) for zone in case.zones]


def contacts_that_we_begin(outcome: Outcome) -> Iterator[Line]:
    for line in outcome.lines:
        if line.effect == "notice" or (line.effect == "task" and str(line.step).startswith("step_")):
            yield line


@settings(max_examples=examples(60), deadline=None)
@given(cases())
def test_no_contact_is_begun_outside_an_hour_of_any_zone(case: Case) -> None:
    outcome, _ = play(case)
    hours = REGIONS[case.region, case.places].hours
    for line in contacts_that_we_begin(outcome):
        for wall in walls(line.at, case):
            opens, closes = hours[wall.weekday()]
            assert opens <= wall.hour < closes, f"{line.step} at {wall}"


@settings(max_examples=examples(60), deadline=None)
@given(cases())
def test_no_message_exceeds_a_number_over_any_span_of_days(case: Case) -> None:
    """A message is never the one too many; a call that a person made anyway may be."""
    outcome, _ = play(case)
    rules = REGIONS[case.region, case.places]
    made = [*messages(outcome), *calls(case, outcome)]
    for message in messages(outcome):
        for zone in case.zones:
            today = message.at.astimezone(ZoneInfo(zone)).date()
            span = [
                each
                for each in made
                if each.at <= message.at
                and today - timedelta(days=7) < each.at.astimezone(ZoneInfo(zone)).date() <= today
            ]
            if rules.contacts is not None and today >= rules.contacts_from:
                assert len(span) <= rules.contacts, (message, span)
            if rules.calls_and_messages_per_debt is not None and message.channel == "sms":
                for debt in message.debts:
                    about = [each for each in span if debt in each.debts and each.channel != "email"]
                    assert len(about) <= rules.calls_and_messages_per_debt, (message, about)


@settings(max_examples=examples(60), deadline=None)
@given(cases())
def test_no_call_is_begun_within_seven_days_of_a_conversation(case: Case) -> None:
    """12 CFR 1006.14(b)(2)(i)(B), about the same debt; the day of the conversation is the first of seven."""
    outcome, _ = play(case)
    tasks = [line for line in outcome.lines if line.effect == "task" and str(line.step).startswith("step_")]
    for each in case.events:
        if each["type"] != "task_completed" or not each["reached"]:
            continue
        at = datetime.fromisoformat(each["at"])
        about = [line for line in tasks if line.step == each["step"] and line.at <= at]
        talked = frozenset(debt.invoice for debt in about[-1].debts) if about else frozenset()
        for line in tasks:
            if line.at > at and talked & {debt.invoice for debt in line.debts}:
                days = [
                    (line.at.astimezone(ZoneInfo(zone)).date() - at.astimezone(ZoneInfo(zone)).date()).days
                    for zone in case.zones
                ]
                assert min(days) >= 7, f"{line.step} {min(days)} days after a conversation"


@settings(max_examples=examples(40), deadline=None)
@given(cases())
def test_every_hold_of_the_law_names_its_rule_and_source(case: Case) -> None:
    outcome, _ = play(case)
    for line in outcome.lines:
        if (
            line.reason is not None
            and line.reason.rule.startswith("contact.")
            and "law" in line.reason.values
        ):
            assert line.reason.values["source"] in line.reason.words
            assert line.reason.values["law"] in line.reason.words
