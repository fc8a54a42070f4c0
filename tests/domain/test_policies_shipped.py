"""What the shipped policies do, as calendars that finance can read and correct.

The invoice is due on Wednesday 4 March 2026 in Berlin. Good Friday is 3 April, Easter Monday 6 April;
clocks go forward on 29 March.
"""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from activities.rendering import CHANNELS, Letters
from domain.customer import Customer
from domain.documents import read
from domain.policy import Policy
from domain.policy_lint import lint
from domain.policy_page import show
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Line

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "policies").glob("*.yaml"))
BERLIN = ZoneInfo("Europe/Berlin")
DUE_ON = date(2026, 3, 4)
NO_SMS = {"at": "2026-02-02", "type": "opted_out", "channel": "sms"}


def shipped(name: str) -> Policy:
    path = ROOT / "policies" / f"{name}.yaml"
    return read(path.read_text(encoding="utf-8"), model=Policy, name=path.name)


ISSUED = {
    "at": "2026-02-02",
    "type": "invoice_issued",
    "invoice": "INV-1",
    "currency": "EUR",
    "due_on": DUE_ON.isoformat(),
}
PAID = {
    "at": "2026-05-27T10:30:00+02:00",
    "type": "payment_received",
    "payment": "P-1",
    "currency": "EUR",
    "invoice": "INV-1",
}


def play(policy: Policy, *, amount: str, events: list[dict[str, Any]]) -> list[Line]:
    (segment,) = policy.audience.segments
    customer = Customer(id="c-1", segment=segment, country="DE", timezone="Europe/Berlin")
    facts = read_events(customer, [{**ISSUED, "amount": amount}, *events, {**PAID, "amount": amount}])
    lines = simulate(policy, customer, facts, date(2026, 6, 30)).lines
    return [line for line in lines if line.step and not waits_for_the_morning(line)]


def waits_for_the_morning(line: Line) -> bool:
    return line.reason is not None and line.reason.rule.startswith("window.")


def calendar(lines: list[Line]) -> str:
    """A line an effect or hold: day past due, local time, what, by which channel."""
    rows = []
    for line in lines:
        local = line.at.astimezone(BERLIN)
        day = (local.date() - DUE_ON).days
        held = f"held: {line.reason.words}" if line.kind == "held" and line.reason else line.channel
        rows.append(f"{day:+3}  {local:%a %d %b %H:%M}  {line.step:<15}  {held}")
    return "\n".join(rows)


BUSINESS = """
 -7  Wed 25 Feb 09:00  upcoming         held: upcoming is only for 1,000.00 EUR or more
 +5  Mon 09 Mar 09:00  reminder_first   email
+12  Mon 16 Mar 09:00  reminder_second  email
+19  Mon 23 Mar 09:00  reminder_third   sms
+34  Tue 07 Apr 09:00  final_notice     email
+34  Tue 07 Apr 09:00  final_notice     sms
+47  Mon 20 Apr 09:00  suspend          service
+47  Mon 20 Apr 09:00  suspended        email
+84  Wed 27 May 10:30  reactivate       service
+84  Wed 27 May 10:30  thanks           email
"""

BUSINESS_LARGE = """
 -7  Wed 25 Feb 09:00  upcoming         email
 +5  Mon 09 Mar 09:00  reminder_first   email
+12  Mon 16 Mar 09:00  reminder_second  email
+19  Mon 23 Mar 09:00  reminder_third   sms
+21  Wed 25 Mar 09:00  call             task
+34  Tue 07 Apr 09:00  final_notice     email
+34  Tue 07 Apr 09:00  final_notice     sms
+47  Mon 20 Apr 09:00  suspend          held: 6,000.00 EUR needs approval from 5,000.00 EUR
+47  Mon 20 Apr 09:00  approve          task
+48  Tue 21 Apr 11:00  suspend          service
+48  Tue 21 Apr 11:00  suspended        email
+84  Wed 27 May 10:30  reactivate       service
+84  Wed 27 May 10:30  thanks           email
"""

CONSUMER = """
 -5  Fri 27 Feb 09:00  upcoming         email
 +5  Mon 09 Mar 09:00  reminder_first   email
+15  Thu 19 Mar 09:00  reminder_second  email
+31  Sat 04 Apr 09:00  reminder_third   sms
+45  Sat 18 Apr 09:00  final_notice     email
+45  Sat 18 Apr 09:00  final_notice     sms
+65  Fri 08 May 09:00  suspend          service
+65  Fri 08 May 09:00  suspended        email
+84  Wed 27 May 10:30  reactivate       service
+84  Wed 27 May 10:30  thanks           email
"""

CONSUMER_LARGE = """
 -5  Fri 27 Feb 09:00  upcoming         email
 +5  Mon 09 Mar 09:00  reminder_first   email
+15  Thu 19 Mar 09:00  reminder_second  email
+31  Sat 04 Apr 09:00  reminder_third   sms
+37  Fri 10 Apr 09:00  call             task
+45  Sat 18 Apr 09:00  final_notice     email
+45  Sat 18 Apr 09:00  final_notice     sms
+65  Fri 08 May 09:00  suspend          held: 600.00 EUR needs approval from 500.00 EUR
+65  Fri 08 May 09:00  approve          task
+66  Sat 09 May 11:00  suspend          service
+66  Sat 09 May 11:00  suspended        email
+84  Wed 27 May 10:30  reactivate       service
+84  Wed 27 May 10:30  thanks           email
"""

COMPRESSED = """
 +1  Thu 05 Mar 09:00  reminder_first   email
 +5  Mon 09 Mar 09:00  reminder_second  email
 +7  Wed 11 Mar 09:00  reminder_third   sms
+12  Mon 16 Mar 09:00  final_notice     email
+12  Mon 16 Mar 09:00  final_notice     sms
+20  Tue 24 Mar 09:00  suspend          service
+20  Tue 24 Mar 09:00  suspended        email
+84  Wed 27 May 10:30  reactivate       service
+84  Wed 27 May 10:30  thanks           email
"""


@pytest.mark.parametrize(
    ("name", "amount", "approved_at", "table"),
    [
        ("business", "640.00", None, BUSINESS),
        ("business", "6000.00", "2026-04-21T11:00:00+02:00", BUSINESS_LARGE),
        ("consumer", "64.00", None, CONSUMER),
        ("consumer", "600.00", "2026-05-09T11:00:00+02:00", CONSUMER_LARGE),
        ("compressed", "6000.00", None, COMPRESSED),
    ],
)
def test_an_invoice_that_is_paid_after_the_suspension_has_this_calendar(
    name: str, amount: str, approved_at: str | None, table: str
) -> None:
    events = [{"at": approved_at, "type": "approved"}] if approved_at else []
    assert calendar(play(shipped(name), amount=amount, events=events)) == table.strip("\n")


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("business", ["suspend 2026-04-20"]),
        ("consumer", ["suspend 2026-05-08", "hand_over 2026-06-22", "write_off 2026-08-31"]),
        ("card", ["suspend 2026-04-04", "write_off 2026-06-08"]),
        (
            "reseller",
            ["restrict 2026-04-07", "suspend 2026-04-23", "terminate 2026-07-02", "hand_over 2026-08-03"],
        ),
    ],
)
def test_chasing_ends_on_these_days(name: str, ends: list[str]) -> None:
    customer = Customer(id="c-1", country="DE", timezone="Europe/Berlin", currency="EUR")
    rows = show(shipped(name), due_on=DUE_ON, customer=customer)
    assert [f"{row.step} {row.falls_on}" for row in rows if row.kind not in ("notice", "task")] == ends


def test_a_reseller_ends_no_subscription_without_a_person() -> None:
    customer = Customer(id="c-1", segment="reseller", country="DE", timezone="Europe/Berlin")
    facts = read_events(customer, [{**ISSUED, "amount": "640.00"}])
    steps = [line.step for line in simulate(shipped("reseller"), customer, facts, date(2026, 12, 31)).lines]
    assert "approve-terminate" in steps
    assert "service-ended" not in steps


def test_the_shipped_policies_are_these() -> None:
    assert {path.stem for path in FILES} == {"business", "card", "compressed", "consumer", "reseller"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_policy_lints_clean_and_has_its_words(path: Path) -> None:
    letters = Letters(ROOT / "templates")
    templates = {channel: letters.names(channel) for channel in CHANNELS}
    assert [str(finding) for finding in lint(shipped(path.stem), templates=templates)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_paragraph_with_a_number_says_what_the_number_does(path: Path) -> None:
    for paragraph in path.read_text(encoding="utf-8").split("\n\n"):
        lines = paragraph.splitlines()
        numbers = [line for line in lines if re.search("[0-9]", line.partition("#")[0])]
        assert not numbers or any("# " in line for line in lines), paragraph


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_policy_is_named_like_its_file(path: Path) -> None:
    assert shipped(path.stem).policy == path.stem


@pytest.mark.parametrize(("name", "amount"), [("business", "640.00"), ("consumer", "64.00")])
def test_without_a_phone_a_delinquency_takes_six_messages(name: str, amount: str) -> None:
    lines = play(shipped(name), amount=amount, events=[NO_SMS])
    overdue = [line for line in lines if line.channel == "email" and line.at.date() > DUE_ON]
    assert [line.step for line in overdue] == [
        "reminder_first",
        "reminder_second",
        "reminder_third",
        "final_notice",
        "suspended",
        "thanks",
    ]


def test_a_consumer_comes_back_with_a_rest_below_the_minimum_and_a_business_does_not() -> None:
    suspended = {}
    for name in ("consumer", "business"):
        customer = Customer(id="c-1", segment=name, country="DE", timezone="Europe/Berlin")
        history = read_events(
            customer,
            [
                {**ISSUED, "amount": "100.00"},
                {**PAID, "amount": "92.00"},
            ],
        )
        outcome = simulate(shipped(name), customer, history, date(2026, 6, 30))
        suspended[name] = outcome.account.service.suspended
    assert suspended == {"consumer": False, "business": True}


@pytest.mark.parametrize("weekday", range(7))
def test_the_compressed_policy_suspends_on_the_first_open_day_from_day_20(weekday: int) -> None:
    """Whatever the weekday of the due date: the notice period never adds to it."""
    due_on = date(2026, 6, 15) + timedelta(days=weekday)
    rows = show(
        shipped("compressed"),
        due_on=due_on,
        customer=Customer(id="c", country="DE", timezone="Europe/Berlin"),
    )
    (suspended_on,) = [row.falls_on for row in rows if row.kind == "suspend"]
    open_on = due_on + timedelta(days=20)
    while open_on.weekday() > 4:
        open_on += timedelta(days=1)
    assert suspended_on == open_on
