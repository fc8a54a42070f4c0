"""Every rule of the ladder, as a calendar that finance could read; tests/domain/playing.py has its terms."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.account_fold import build
from domain.customer import Customer
from domain.decide import decide
from domain.plan import plan
from domain.simulation.events import read_events
from domain.simulation.forecast import forecast, perform
from tests.domain.playing import (
    CALL,
    CUSTOMER,
    FINAL,
    FIRST,
    LADDER,
    NOTHING,
    SECOND,
    SUSPEND,
    SUSPENDED,
    TO_FINAL,
    UPCOMING,
    A,
    Event,
    at_noon,
    claim,
    effects,
    event,
    holds,
    invoice,
    paid,
    play,
    policy,
    stages,
)

# --- the whole way -------------------------------------------------------------------------------


def test_the_whole_ladder_and_back() -> None:
    outcome = play(
        invoice(), paid("2026-04-05T20:00:00Z"), under=policy(UPCOMING, FIRST, SECOND, FINAL, CALL, SUSPEND)
    )

    assert effects(outcome) == [
        "02-27 09:00 upcoming/email A",
        *TO_FINAL,
        "03-23 09:00 call/task A",  # the 22nd is a Sunday
        *SUSPENDED,
        "04-05 20:00 reactivate/service",  # a Sunday evening: the return waits for nothing
        "04-06 09:00 thanks/email",
    ]
    assert stages(outcome) == [
        "02-02 00:00 current",
        "03-03 00:00 overdue",
        "03-03 09:00 reminder",
        "03-17 09:00 final_notice",
        "04-01 09:00 suspended",
        "04-05 20:00 current",
    ]


@pytest.mark.parametrize(
    ("paid_at", "expected"),
    [
        ("2026-02-20", NOTHING),
        ("2026-03-03T08:59:59Z", NOTHING),
        ("2026-03-03T09:00:00Z", NOTHING),  # what is known at that instant counts
        ("2026-03-03T09:00:01Z", TO_FINAL[:1]),
        ("2026-03-16", TO_FINAL[:2]),
        ("2026-04-01", TO_FINAL),
        (
            "2026-04-01T09:30:00Z",
            [*TO_FINAL, *SUSPENDED, "04-01 09:30 reactivate/service", "04-01 09:30 thanks/email"],
        ),
    ],
)
def test_money_ends_it_at_once(paid_at: str, expected: list[str]) -> None:
    assert effects(play(invoice(), paid(paid_at))) == expected


# --- when a message goes out ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (-7, "02-23 09:00 step/email A"),
        (-2, "NOTHING"),  # Saturday, and on Monday it is due: too late for a word before it
        (0, "03-02 09:00 step/email A"),
        (1, "03-03 09:00 step/email A"),
        (5, "03-09 09:00 step/email A"),  # Saturday waits for Monday
        (30, "04-01 09:00 step/email A"),
    ],
)
def test_offsets_before_and_after_the_due_date(offset: int, expected: str) -> None:
    outcome = play(A, under=policy({**FIRST, "id": "step", "offset_days": offset}))

    assert effects(outcome) == ([] if expected == "NOTHING" else [expected])


@pytest.mark.parametrize(
    ("customer", "window", "expected"),
    [
        ({"timezone": "America/New_York"}, {}, "03-03 14:00"),
        ({"timezone": "Asia/Tokyo"}, {}, "03-03 00:00"),
        ({"timezone": "Pacific/Auckland"}, {}, "03-02 20:00"),
        ({}, {"opens": "08:30:00", "closes": "12:00:00"}, "03-03 08:30"),
        ({}, {"weekdays": ["fri"]}, "03-06 09:00"),
        ({}, {"weekdays": ["sat", "sun"]}, "03-07 09:00"),
        ({"country": "BG", "timezone": "Europe/Sofia"}, {}, "03-04 07:00"),  # 3 March is a holiday there
        ({"country": "BG", "timezone": "Europe/Sofia"}, {"holidays": False}, "03-03 07:00"),
        ({"country": "EU"}, {}, "03-03 09:00"),  # no country: it has no holidays, and is no error
    ],
)
def test_messages_wait_for_the_customers_hours(
    customer: dict[str, str], window: dict[str, Any], expected: str
) -> None:
    outcome = play(A, under=policy(FIRST, window=window), customer=Customer(id="c-1", **customer))

    assert effects(outcome) == [f"{expected} first/email A"]


@pytest.mark.parametrize(
    ("learned_at", "rule", "until"),
    [
        ("2026-03-04T08:00:00Z", "window.hours", "2026-03-04T09:00"),
        ("2026-03-04T17:00:00Z", "window.hours", "2026-03-05T09:00"),
        ("2026-03-07T12:00:00Z", "window.weekday", "2026-03-09T09:00"),
    ],
)
def test_a_closed_window_is_named_and_has_an_end(learned_at: str, rule: str, until: str) -> None:
    history = read_events(CUSTOMER, [A])
    decision = decide(policy(), build(CUSTOMER, history), datetime.fromisoformat(learned_at))

    (held,) = decision.held
    assert (held.reason.rule, held.until) == (rule, datetime.fromisoformat(until).replace(tzinfo=UTC))
    assert decision.wake_at == held.until
    assert held.reason.words


def test_a_holiday_is_named() -> None:
    sofia = Customer(id="c-1", country="BG", timezone="Europe/Sofia")
    account = build(sofia, read_events(sofia, [A]))

    (held,) = decide(policy(), account, at_noon("2026-03-03")).held

    assert held.reason.rule == "window.holiday"
    assert "Liberation" in held.reason.words


@pytest.mark.parametrize(
    ("gap", "second_message"),
    [(0, "03-04 09:00"), (2, "03-04 09:00"), (3, "03-05 09:00"), (5, "03-09 09:00")],
)
def test_the_gap_counts_for_the_customer_and_not_for_the_invoice(gap: int, second_message: str) -> None:
    """A's word goes out on Monday the 2nd; B's would be due on Wednesday."""
    outcome = play(
        invoice("A", due="2026-02-27"),
        invoice("B", due="2026-03-03"),
        under=policy(FIRST, minimum_gap_days=gap),
    )

    assert effects(outcome) == ["03-02 09:00 first/email A", f"{second_message} first/email B"]


def test_after_one_step_another_waits_at_least_until_the_next_day() -> None:
    """Even a policy without a gap never sends two reminders in one minute."""
    down = event("2026-03-01", "workers_down", until="2026-03-20T10:00:00Z")

    outcome = play(A, down, under=policy(FIRST, SECOND, FINAL, SUSPEND, minimum_gap_days=0))

    assert effects(outcome)[:2] == ["03-20 10:00 second/email A", "03-23 09:00 final/email A"]
    assert "03-20 final window.weekday" not in holds(outcome)


# --- by which channel ----------------------------------------------------------------------------

BOUNCE = event("2026-03-10T09:30:00Z", "bounced", step="second", channel="email")
BOTH = {**SECOND, "send": "all"}


@pytest.mark.parametrize(
    ("step", "events", "expected"),
    [
        (SECOND, [], ["03-10 09:00 second/email A"]),
        (BOTH, [], ["03-10 09:00 second/email A", "03-10 09:00 second/sms A"]),
        (SECOND, [BOUNCE], ["03-10 09:00 second/email A", "03-10 09:30 second/sms A"]),
        (
            SECOND,
            [event("2026-03-10", "bounced", step="second")],  # some time that day
            ["03-10 09:00 second/email A", "03-11 09:00 second/sms A"],
        ),
        (BOTH, [BOUNCE], ["03-10 09:00 second/email A", "03-10 09:00 second/sms A"]),
        (SECOND, [event("2026-03-01", "opted_out", channel="email")], ["03-10 09:00 second/sms A"]),
        (SECOND, [event("2026-03-01", "opted_out", channel="sms")], ["03-10 09:00 second/email A"]),
        (SECOND, [event("2026-03-01", "contact_invalid", channel="email")], ["03-10 09:00 second/sms A"]),
        (
            BOTH,  # a number that comes within the gap is still used, a later one does not repeat old news
            [
                event("2026-03-01", "contact_invalid", channel="sms"),
                event("2026-03-11T10:00:00Z", "contact_changed", channel="sms"),
            ],
            ["03-10 09:00 second/email A", "03-11 10:00 second/sms A"],
        ),
        (
            BOTH,
            [
                event("2026-03-01", "contact_invalid", channel="sms"),
                event("2026-03-13T10:00:00Z", "contact_changed", channel="sms"),
            ],
            ["03-10 09:00 second/email A"],
        ),
        (SECOND, [event("2026-03-01", "opted_out")], ["03-10 09:00 unreachable/task A"]),
        (
            SECOND,
            [
                event("2026-03-01", "contact_invalid"),
                event("2026-03-12T10:00:00Z", "contact_changed", channel="sms"),
            ],
            ["03-10 09:00 unreachable/task A", "03-12 10:00 second/sms A"],
        ),
        (
            SECOND,  # tried by both, and neither arrived
            [BOUNCE, event("2026-03-10T09:45:00Z", "bounced", step="second", channel="sms")],
            ["03-10 09:00 second/email A", "03-10 09:30 second/sms A", "03-10 09:45 unreachable/task A"],
        ),
        (
            SECOND,
            [BOUNCE, event("2026-03-02", "opted_out", channel="sms")],
            ["03-10 09:00 second/email A", "03-10 09:30 unreachable/task A"],
        ),
    ],
)
def test_which_channel_a_step_goes_by(step: dict[str, Any], events: list[Event], expected: list[str]) -> None:
    assert effects(play(A, *events, under=policy(step))) == expected


def test_a_refused_message_goes_by_the_next_channel() -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), [claim("second", state="refused")])

    (effect,) = decide(policy(SECOND), account, at_noon("2026-03-10")).effects

    assert effect.key == "second/sms"
    assert effect.reason.rule == "step.next_channel"


def test_one_unreachable_customer_is_one_task_and_a_held_message() -> None:
    steps = [FIRST, {**SECOND, "channels": ["sms"]}]
    outcome = play(
        invoice("A"),
        invoice("B", due="2026-02-23"),
        event("2026-02-03", "contact_invalid"),
        under=policy(*steps),
    )

    assert effects(outcome) == ["02-24 09:00 unreachable/task B", "03-03 09:00 unreachable/task A"]
    assert "03-03 second hold.unreachable" in holds(outcome)


def test_what_reached_nobody_goes_to_a_new_address() -> None:
    """A's second reminder bounced everywhere; it goes to the new address, and B's after the gap."""
    outcome = play(
        invoice("A"),
        invoice("B", due="2026-03-04"),
        event("2026-02-03", "contact_invalid", channel="sms"),
        BOUNCE,
        event("2026-03-11T12:00:00Z", "contact_changed", channel="email"),
        under=policy(SECOND),
    )

    assert effects(outcome) == [
        "03-10 09:00 second/email A",
        "03-10 09:30 unreachable/task A",
        "03-11 12:00 second/email A",
        "03-13 09:00 second/email B",
    ]


@pytest.mark.parametrize("changed", ["email", "sms"])
def test_a_new_address_ends_the_wait_of_a_final_notice(changed: str) -> None:
    lost = [event("2026-03-17T12:00:00Z", "bounced", step="final", channel=each) for each in ("email", "sms")]
    new = event("2026-03-20T10:00:00Z", "contact_changed", channel=changed)

    outcome = play(A, *lost, new, under=policy(SECOND, {**FINAL, "send": "all"}, SUSPEND))

    assert effects(outcome)[3:6] == [
        "03-17 12:00 unreachable/task A",
        f"03-20 10:00 final/{changed} A",
        "04-01 09:00 suspend/service A",
    ]


def test_the_next_channel_keeps_the_gap_to_another_step() -> None:
    """A's reminder bounced an hour after B's final notice: the SMS waits, although it was begun before."""
    outcome = play(
        invoice("A"),
        invoice("B", due="2026-02-26"),
        event("2026-03-13T10:00:00Z", "bounced", step="second"),
        under=policy(SECOND, {**FINAL, "needs_delivered": []}, minimum_gap_days=2),
    )

    assert effects(outcome) == [
        "03-06 09:00 second/email B",
        "03-10 09:00 second/email A",
        "03-13 09:00 final/email B",
        "03-16 09:00 second/sms A",
        "03-18 09:00 final/sms A",
    ]


THIRD = {**FINAL, "id": "third", "offset_days": 12, "needs_delivered": []}
LATE_BOUNCE = event("2026-03-16T12:00:00Z", "bounced", step="second", channel="email")


@pytest.mark.parametrize(
    ("events", "more", "expected"),
    [
        (  # the third is out when the second comes back: its SMS keeps the gap, and the final notice follows
            [LATE_BOUNCE],
            {},
            ["03-10 second/email", "03-18 second/sms", "03-20 final/sms", "04-01 suspend/service"],
        ),
        (
            [event("2026-03-01", "opted_out", channel="sms"), LATE_BOUNCE],
            {},
            ["03-10 second/email", "03-16 unreachable/task"],
        ),
        (  # the third reminder stands for it
            [LATE_BOUNCE],
            {"lateness": "most_severe"},
            ["03-10 second/email", "03-18 final/sms", "04-01 suspend/service"],
        ),
        (  # nothing builds on it any more
            [event("2026-03-19T12:00:00Z", "bounced", step="second", channel="email")],
            {},
            ["03-10 second/email", "03-18 final/email", "04-01 suspend/service"],
        ),
    ],
)
def test_a_warning_that_comes_back_late_is_sent_again(
    events: list[Event], more: dict[str, Any], expected: list[str]
) -> None:
    outcome = play(A, *events, under=policy(SECOND, THIRD, FINAL, SUSPEND, **more))

    found = [f"{line[:5]} {line.split()[2]}" for line in effects(outcome)]
    assert [line for line in found if "third" not in line and "suspended" not in line] == expected


def test_a_warning_by_one_channel_that_comes_back_is_a_persons_work_although_the_next_is_due() -> None:
    """The final notice could go by SMS, but builds on a reminder that reached nobody."""
    down = event("2026-03-11", "workers_down", until="2026-03-18T10:00:00Z")
    bounced = event("2026-03-12T10:00:00Z", "bounced", step="second")

    outcome = play(A, bounced, down, under=policy({**SECOND, "channels": ["email"]}, FINAL, SUSPEND))

    assert effects(outcome) == ["03-10 09:00 second/email A", "03-18 10:00 unreachable/task A"]
    assert {"03-18 second hold.unreachable", "03-18 final hold.not_delivered"} <= set(holds(outcome))


# --- how much ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "events", "expected"),
    [
        ({"minimum": {"EUR": "100"}}, [], ["03-03 09:00 first/email A"]),
        ({"minimum": {"EUR": "100.01"}}, [], NOTHING),
        ({"minimum": {"USD": "1000"}}, [], ["03-03 09:00 first/email A"]),
        (  # B is late on the 13th: together they are enough, and time alone says so
            {"minimum": {"EUR": "150"}},
            [invoice("B", "60", due="2026-03-12")],
            ["03-13 09:00 first/email A,B"],
        ),
        ({"minimum": {"EUR": "150"}}, [invoice("U", "60", currency="USD")], ["03-03 09:00 first/email U"]),
        ({"minimum": {"EUR": "50"}}, [paid("2026-03-01", "60")], NOTHING),
        ({"tolerance": {"EUR": "40"}}, [paid("2026-03-01", "60")], NOTHING),
        ({"tolerance": {"EUR": "39.99"}}, [paid("2026-03-01", "60")], ["03-03 09:00 first/email A"]),
        ({"tolerance": {"USD": "40"}}, [paid("2026-03-01", "60")], ["03-03 09:00 first/email A"]),
        ({}, [paid("2026-03-01", "100", invoice="X")], NOTHING),  # for an invoice nobody knows: still paid
        ({}, [paid("2026-03-01", "99", invoice="X")], ["03-03 09:00 first/email A"]),
        ({}, [paid("2026-03-01", currency="USD")], ["03-03 09:00 first/email A"]),
    ],
)
def test_amounts_that_are_worth_a_message(
    more: dict[str, Any], events: list[Event], expected: list[str]
) -> None:
    assert effects(play(A, *events, under=policy(FIRST, **more))) == expected


def test_too_little_is_said_with_both_amounts() -> None:
    outcome = play(A, under=policy(FIRST, minimum={"EUR": "150"}))

    (held,) = [line for line in outcome.lines if line.kind == "held"]
    assert held.reason is not None
    assert held.reason.words == "100.00 EUR overdue is below the minimum of 150.00 EUR"


@pytest.mark.parametrize(
    ("when", "customer", "events", "expected"),
    [
        ({"minimum": {"EUR": "100"}}, {}, [], True),
        ({"minimum": {"EUR": "101"}}, {}, [], False),
        ({"minimum": {"EUR": "101"}}, {}, [invoice("B", "1")], True),
        ({"minimum": {"USD": "101"}}, {}, [], True),
        ({"invoices_at_least": 2}, {}, [], False),
        ({"invoices_at_least": 2}, {}, [invoice("B", "1")], True),
        ({"segments": ["business"]}, {}, [], True),
        ({"segments": ["consumer"]}, {}, [], False),
        ({"countries": ["DE", "JP"]}, {"country": "JP"}, [], True),
        ({"countries": ["DE", "JP"]}, {"country": "FR"}, [], False),
        ({"countries": ["DE", "JP"]}, {}, [], False),
        ({"tags": ["vip"]}, {"tags": ("old", "vip")}, [], True),
        ({"tags": ["vip"]}, {}, [], False),
        ({"without_tags": ["vip"]}, {}, [], True),
        ({"without_tags": ["vip"]}, {"tags": ("vip",)}, [], False),
    ],
)
def test_conditions_of_a_step(
    when: dict[str, Any], customer: dict[str, Any], events: list[Event], expected: bool
) -> None:
    customer_ = Customer(id="c-1", **customer)
    noon = at_noon("2026-03-04")
    decided = {
        kind: decide(policy(step), build(customer_, read_events(customer_, [A, *events])), noon).effects
        for kind, step in {
            "notice": {**FIRST, "when": when},
            "task": {**CALL, "offset_days": 1, "when": when},
        }.items()
    }

    assert {kind: bool(found) for kind, found in decided.items()} == {"notice": expected, "task": expected}


def test_a_condition_can_come_true_by_time_alone() -> None:
    outcome = play(
        A, invoice("B", due="2026-03-19"), under=policy({**FIRST, "when": {"invoices_at_least": 2}})
    )

    assert holds(outcome)[0] == "03-03 first hold.condition"
    assert effects(outcome) == ["03-20 09:00 first/email A,B"]


def test_a_step_for_others_never_stands_in_the_way() -> None:
    outcome = play(A, under=policy({**FIRST, "when": {"segments": ["consumer"]}}, SECOND))

    assert effects(outcome) == ["03-10 09:00 second/email A"]


# --- what must have been delivered ---------------------------------------------------------------


def test_no_step_before_what_it_builds_on_was_delivered() -> None:
    events = [
        event("2026-03-01", "opted_out", channel="sms"),
        event("2026-03-16T09:00:00Z", "delivered", step="second", channel="email"),
    ]
    lost = event("2026-03-16T09:00:00Z", "bounced", step="second", channel="email")

    assert effects(play(A, *events))[:3] == TO_FINAL
    outcome = play(A, events[0], lost)
    assert effects(outcome) == [*TO_FINAL[:2], "03-16 09:00 unreachable/task A"]
    assert "03-17 final hold.not_delivered" in holds(outcome)


@pytest.mark.parametrize(
    ("lateness", "final", "expected"),
    [
        # Nobody worked until Friday the 20th: all three steps are due.
        (
            "never_skip",
            FINAL,
            ["03-20 10:00 second/email A", "03-23 09:00 final/email A", "04-02 09:00 suspend/service A"],
        ),
        (
            "never_skip",
            {**FINAL, "needs_delivered": []},
            ["03-20 10:00 final/email A", "04-01 09:00 suspend/service A"],
        ),
        (
            "most_severe",
            {**FINAL, "needs_delivered": []},
            ["03-20 10:00 final/email A", "04-01 09:00 suspend/service A"],
        ),
        (
            "most_severe",  # a step that names what it builds on is not sent into the blue either
            FINAL,
            ["03-20 10:00 second/email A", "03-23 09:00 final/email A", "04-02 09:00 suspend/service A"],
        ),
    ],
)
def test_after_downtime(lateness: str, final: dict[str, Any], expected: list[str]) -> None:
    down = event("2026-03-02", "workers_down", until="2026-03-20T10:00:00Z")

    outcome = play(A, down, under=policy(FIRST, SECOND, final, SUSPEND, lateness=lateness))

    assert effects(outcome)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("lateness", "expected"),
    [
        ("never_skip", ["second", "final", "suspend"]),
        ("most_severe", ["final", "suspend"]),
    ],
)
def test_two_warnings_after_downtime(lateness: str, expected: list[str]) -> None:
    final = {**FINAL, "needs_delivered": []}
    suspend = {**SUSPEND, "needs_delivered": ["second", "final"]}
    down = event("2026-03-02", "workers_down", until="2026-03-20T10:00:00Z")

    outcome = play(A, down, under=policy(FIRST, SECOND, final, suspend, lateness=lateness))

    steps = [line.step for line in outcome.lines if line.kind == "effect"]
    assert steps[: len(expected)] == expected


def test_any_later_notice_stands_for_a_warning_that_was_passed_over() -> None:
    """The third reminder, no warning itself, went out: the final notice does not wait for the second."""
    third = {**FINAL, "id": "third", "offset_days": 12, "needs_delivered": []}
    down = event("2026-03-02", "workers_down", until="2026-03-20T10:00:00Z")

    outcome = play(A, down, under=policy(FIRST, SECOND, third, FINAL, SUSPEND, lateness="most_severe"))

    assert effects(outcome)[:3] == [
        "03-20 10:00 third/email A",
        "03-23 09:00 final/email A",
        "04-02 09:00 suspend/service A",
    ]


@pytest.mark.parametrize("lateness", ["never_skip", "most_severe"])
def test_nothing_stands_for_the_last_warning(lateness: str) -> None:
    """A word after the final notice announces no day: it neither replaces it nor overtakes it."""
    after = {"kind": "notice", "id": "after", "offset_days": 18, "template": "after"}
    down = event("2026-03-02", "workers_down", until="2026-03-25T10:00:00Z")

    outcome = play(
        A, down, under=policy(SECOND, {**FINAL, "needs_delivered": []}, after, SUSPEND, lateness=lateness)
    )

    assert effects(outcome)[:3] == [
        "03-25 10:00 final/email A",
        "03-27 09:00 after/email A",
        "04-06 09:00 suspend/service A",  # announced: the 4th is a Saturday
    ]


# --- several debts, one conversation -------------------------------------------------------------


def test_one_message_lists_every_debt_that_has_reached_the_step() -> None:
    outcome = play(invoice("A"), invoice("U", "70", currency="USD"), invoice("J", "9000", currency="JPY"))

    assert effects(outcome)[0] == "03-03 09:00 first/email A,J,U"
    amounts = {debt.invoice: str(debt.amount) for debt in outcome.lines[2].debts}
    assert amounts == {"A": "100.00 EUR", "J": "9,000 JPY", "U": "70.00 USD"}
    assert "04-01 09:00 suspend/service A,J,U" in effects(outcome)


def test_the_severest_step_goes_first_and_the_others_wait() -> None:
    outcome = play(
        invoice("A"), invoice("B", due="2026-03-09"), under=policy(FIRST, SECOND, minimum_gap_days=2)
    )

    assert effects(outcome) == [
        "03-03 09:00 first/email A",
        "03-10 09:00 second/email A",
        "03-12 09:00 first/email B",
        "03-17 09:00 second/email B",
    ]
    assert "03-10 first hold.gap" in holds(outcome)


def test_the_contested_part_is_not_asked_for() -> None:
    outcome = play(
        A, event("2026-03-01", "dispute_opened", dispute="D", invoice="A", amount="30"), under=policy(FIRST)
    )

    (line,) = [line for line in outcome.lines if line.kind == "effect"]
    assert line.debts[0].amount.plain() == "70.00"


# --- what rests ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "expected", "why"),
    [
        (
            [event("2026-03-03", "paused", to="2026-03-12", reason="r")],
            "03-13 09:00",
            "03-03 first hold.paused",
        ),
        ([event("2026-03-02", "paused", to="2026-03-04", reason="r")], "03-05 09:00", None),
        ([event("2026-03-03", "paused", reason="r")], None, "03-03 first hold.paused"),
        (
            [event("2026-03-03", "paused", reason="r"), event("2026-03-12T10:00:00Z", "resumed")],
            "03-12 10:00",
            "03-03 first hold.paused",
        ),
        ([event("2026-02-20", "exempted", reason="r")], None, "03-03 first hold.exempt"),
        ([event("2026-02-20", "exempted", reason="r", invoice="A")], None, "03-03 first hold.exempt"),
        ([event("2026-02-20", "exempted", reason="r", invoice="B")], "03-03 09:00", None),
        (
            [event("2026-02-20", "exempted", reason="r", to="2026-03-11")],
            "03-12 09:00",
            "03-03 first hold.exempt",
        ),
        (
            [event("2026-02-20", "exempted", reason="r"), event("2026-03-12T10:00:00Z", "exemption_ended")],
            "03-12 10:00",
            "03-03 first hold.exempt",
        ),
        (
            [event("2026-02-20", "dispute_opened", dispute="D", invoice="A")],
            None,
            "03-03 first hold.disputed",
        ),
        (
            [event("2026-03-01", "payment_in_flight", payment="P", amount="100", currency="EUR")],
            None,
            "03-03 first hold.in_flight",
        ),
        (
            [
                event(
                    "2026-03-01", "payment_in_flight", payment="P", amount="100", currency="EUR", invoice="B"
                )
            ],
            "03-03 09:00",
            None,
        ),
        (
            [event("2026-03-01", "payment_in_flight", payment="P", amount="1", currency="USD")],
            "03-03 09:00",
            None,
        ),
    ],
)
def test_what_rests_and_for_how_long(events: list[Event], expected: str | None, why: str | None) -> None:
    outcome = play(A, *events, under=policy(FIRST))

    assert effects(outcome) == ([f"{expected} first/email A"] if expected else [])
    assert why is None or why in holds(outcome)


@pytest.mark.parametrize(
    "rest",
    [
        event("2026-03-20", "paused", reason="r"),
        event("2026-03-20", "exempted", reason="r"),
        event("2026-03-20", "dispute_opened", dispute="D", invoice="A"),
        event("2026-03-20", "payment_in_flight", payment="P", amount="100", currency="EUR"),
        paid("2026-03-20", invoice="X"),
        paid("2026-03-20"),
    ],
)
def test_nobody_calls_a_customer_whose_debt_rests(rest: Event) -> None:
    assert effects(play(A, under=policy(CALL))) == ["03-23 09:00 call/task A"]
    assert effects(play(A, rest, under=policy(CALL))) == NOTHING


# --- go-live -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("go_live_on", "expected"),
    [
        (None, ["second/email", "final/email", "suspend/service"]),
        ("2026-03-10", ["second/email", "final/email", "suspend/service"]),
        ("2026-03-11", ["final/email", "suspend/service", "suspended/email"]),
        ("2026-03-18", NOTHING),  # a suspension whose warning was never sent by us does not come
    ],
)
def test_steps_before_the_go_live_are_not_taken(go_live_on: str | None, expected: list[str]) -> None:
    live = date.fromisoformat(go_live_on) if go_live_on else None
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), go_live_on=live)
    under = policy(FIRST, SECOND, {**FINAL, "needs_delivered": []}, SUSPEND)

    lines = forecast(under, account, at_noon("2026-03-10"), lines=3)

    assert [f"{line.step}/{line.channel}" for line in lines] == expected


def test_a_step_before_the_go_live_is_named() -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), go_live_on=date(2026, 3, 5))

    (held,) = decide(policy(), account, at_noon("2026-03-06")).held

    assert held.reason.words == "first fell on 2026-03-03, before the ledger went live on 2026-03-05"


# --- claims --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "channel", "kind"),
    [
        ("final", "email", "notice"),
        ("call", "task", "task"),
        ("suspend", "service", "suspend"),
        ("reactivate", "service", "reactivate"),
        ("unreachable", "task", "task"),
    ],
)
def test_what_nobody_knows_is_settled_before_anything_of_its_kind(step: str, channel: str, kind: str) -> None:
    begun = claim(step, channel, at="2026-03-20", state="claimed", suspend_on=date(2026, 4, 1))
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), [begun])

    effect = decide(policy(FIRST, SECOND, FINAL, CALL, SUSPEND), account, at_noon("2026-03-24")).effects[0]

    assert (effect.kind, effect.key, effect.settles) == (kind, f"{step}/{channel}", begun.message)
    assert effect.reason.rule == "step.settle"
    assert effect.suspend_on == begun.suspend_on
    after = perform(account, effect, at_noon("2026-03-24"))
    assert not [each for each in decide(policy(), after, at_noon("2026-03-24")).effects if each.settles]


@pytest.mark.parametrize(
    ("state", "again"),
    [("sent", False), ("claimed", False), ("unknown", False), ("refused", False), ("released", True)],
)
def test_only_a_released_claim_frees_its_step(state: str, again: bool) -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), [claim("first", at="2026-03-03", state=state)])

    wanted = [
        effect
        for effect in decide(policy(FIRST), account, at_noon("2026-03-04")).effects
        if not effect.settles
    ]

    assert ("first/email" in [effect.key for effect in wanted]) == again


def test_an_unknown_outcome_is_no_delivery() -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), [claim("second", state="unknown")])

    decision = decide(policy(), account, at_noon("2026-03-20"))

    assert [held.reason.rule for held in decision.held] == ["hold.not_delivered"]


# --- when to look again --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "now", "wake_at"),
    [
        ([], "2026-02-10T12:00", None),
        ([A], "2026-02-10T12:00", "2026-03-03T00:00"),  # overdue begins with the day, the step at nine
        ([A], "2026-03-03T00:00", "2026-03-03T09:00"),
        ([A, paid("2026-02-20")], "2026-03-01T12:00", None),
        (
            [A, event("2026-02-20", "exempted", reason="r", to="2026-03-20")],
            "2026-03-04T12:00",
            "2026-03-21T00:00",
        ),
        ([A, event("2026-02-20", "exempted", reason="r")], "2026-03-04T12:00", None),
        (
            [A, event("2026-02-20", "exempted", reason="r", **{"from": "2026-02-25"})],
            "2026-02-22T12:00",
            "2026-02-25T00:00",
        ),
        (
            [A, event("2026-03-03", "paused", reason="r", to="2026-03-08")],
            "2026-03-04T12:00",
            "2026-03-09T00:00",
        ),
        ([A, event("2026-03-03", "paused", reason="r")], "2026-03-04T12:00", None),
        ([A, event("2026-02-20", "dispute_opened", dispute="D", invoice="A")], "2026-03-04T12:00", None),
        ([invoice(due="2999-12-31")], "2026-02-10T12:00", "3000-01-01T00:00"),
    ],
)
def test_the_next_look_is_when_time_alone_changes_something(
    events: list[Event], now: str, wake_at: str | None
) -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, events))

    decision = decide(policy(FIRST), account, datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert decision.wake_at == (
        None if wake_at is None else datetime.fromisoformat(wake_at).replace(tzinfo=UTC)
    )


def test_now_is_never_before_the_newest_fact() -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A, event("2026-03-03T10:00:00Z", "card_added")]))

    decision = decide(policy(), account, at_noon("2026-02-10"))

    assert [effect.key for effect in decision.effects] == ["first/email"]


# --- the plan around it --------------------------------------------------------------------------


def test_a_plan_says_what_is_owed_what_is_late_and_what_comes() -> None:
    events = [A, invoice("B", "50", due="2026-04-30"), invoice("U", "7", currency="USD", due="2026-03-05")]
    history = read_events(
        CUSTOMER, [*events, event("2026-03-01", "dispute_opened", dispute="D", invoice="A", amount="30")]
    )

    made = plan(policy(), build(CUSTOMER, history), at_noon("2026-03-04"))

    assert made.stage == "overdue"
    assert [str(money) for money in made.owed] == ["150.00 EUR", "7.00 USD"]
    assert [str(money) for money in made.overdue] == ["70.00 EUR"]
    assert made.overdue_since == date(2026, 3, 2)
    assert made.case_open
    assert [(line.step, line.at.date().isoformat()) for line in made.forecast] == [
        ("first", "2026-03-04"),
        ("first", "2026-03-06"),
        ("second", "2026-03-10"),
    ]


@pytest.mark.parametrize(
    ("events", "claims", "stage", "case_open"),
    [
        ([], [], "current", False),
        ([invoice(due="2026-04-30")], [], "current", False),
        ([A], [], "overdue", True),
        ([A], ["first"], "reminder", True),
        ([A], ["first", "second", "final"], "final_notice", True),
        ([A, paid("2026-03-18")], ["first", "second", "final"], "current", False),
        ([A, event("2026-03-01", "exempted", reason="r")], [], "current", False),
        ([event("2026-03-01", "onboarding_started"), A], [], "onboarding", True),
        (
            [event("2026-03-01", "onboarding_started"), event("2026-03-02", "onboarded", outcome="rejected")],
            [],
            "rejected",
            False,
        ),
    ],
)
def test_stages(events: list[Event], claims: list[str], stage: str, case_open: bool) -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, events), [claim(step) for step in claims])

    decision = decide(policy(), account, at_noon("2026-03-18"))

    assert (decision.stage, decision.case_open) == (stage, case_open)


def test_the_forecast_takes_what_was_sent_as_delivered() -> None:
    sent = replace(claim("second"), delivered_at=None)
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), [claim("first", at="2026-03-03"), sent])

    lines = forecast(policy(), account, at_noon("2026-03-11"), lines=2)

    assert [(line.step, f"{line.at:%m-%d}") for line in lines] == [("final", "03-17"), ("suspend", "04-01")]


@pytest.mark.parametrize("step", LADDER)
def test_after_it_was_done_nothing_is_wanted_twice(step: dict[str, Any]) -> None:
    outcome = play(A)
    for line in outcome.lines:
        if line.step == step["id"] and line.kind == "effect":
            then = decide(policy(), outcome.account, line.at + timedelta(minutes=1))
            assert step["id"] not in [effect.step for effect in then.effects]
            break
    else:
        pytest.fail(f"{step['id']} did not happen")


def test_effects_of_one_plan_have_different_keys() -> None:
    """Three debts on three steps, nobody reachable, all at once."""
    events = [invoice("A"), invoice("B", due="2026-02-21"), invoice("C", due="2026-02-10")]
    account = build(CUSTOMER, read_events(CUSTOMER, events), channels=())

    found = [effect.key for effect in decide(policy(), account, at_noon("2026-03-04")).effects]

    assert found == ["unreachable/task"]
