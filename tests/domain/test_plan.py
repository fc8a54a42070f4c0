"""Every rule of the ladder and of the suspension, as a calendar that finance could read.

The standard invoice A of 100.00 EUR is due on Monday 2 March 2026; the customer lives in UTC, where
messages may go out from 09:00 to 17:00 on weekdays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.account import Claim, Service, build
from domain.customer import Customer
from domain.decide import decide
from domain.plan import plan
from domain.policy import Policy
from domain.simulate import Outcome, forecast, perform, read_events, simulate

Event = dict[str, Any]
UTC_CUSTOMER = Customer(id="c-1", currency="EUR")

UPCOMING = {"kind": "notice", "id": "upcoming", "offset_days": -3, "template": "upcoming"}
FIRST = {"kind": "notice", "id": "first", "offset_days": 1, "template": "first"}
SECOND = {
    "kind": "notice",
    "id": "second",
    "offset_days": 8,
    "template": "second",
    "channels": ["email", "sms"],
}
FINAL = {
    "kind": "notice",
    "id": "final",
    "offset_days": 15,
    "template": "final",
    "channels": ["email", "sms"],
    "needs_delivered": ["second"],
}
CALL = {"kind": "task", "id": "call", "offset_days": 20}
SUSPEND = {
    "kind": "suspend",
    "id": "suspend",
    "offset_days": 30,
    "notice_days": 10,
    "needs_delivered": ["final"],
}
LADDER = [FIRST, SECOND, FINAL, SUSPEND]


def policy(*steps: Mapping[str, Any], **more: Any) -> Policy:
    """Return a policy of these steps, the whole ladder when none is named."""
    content = {"policy": "test", "title": "Test", "for": {"segments": ["business"]}, **more}
    return Policy.model_validate({**content, "steps": list(steps or LADDER)})


def event(at: str, type_: str, **fields: Any) -> Event:
    return {"at": at, "type": type_, **fields}


def invoice(
    name: str = "A", amount: str = "100.00", due: str = "2026-03-02", currency: str = "EUR", **more: Any
) -> Event:
    named = {"invoice": name, "amount": amount, "currency": currency, "due_on": due}
    return event("2026-02-02", "invoice_issued", **named, **more)


def paid(
    at: str, amount: str = "100.00", name: str = "P", invoice: str | None = None, currency: str = "EUR"
) -> Event:
    return event(at, "payment_received", payment=name, amount=amount, currency=currency, invoice=invoice)


A = invoice()


def play(
    *events: Event,
    under: Policy | None = None,
    customer: Customer = UTC_CUSTOMER,
    until: str = "2026-05-31",
) -> Outcome:
    history = read_events(customer, events)
    return simulate(under or policy(), customer, history, date.fromisoformat(until))


def effects(outcome: Outcome) -> list[str]:
    """Return the effects as `03-03 09:00 first/email A`."""
    lines = [line for line in outcome.lines if line.kind == "effect"]
    return [
        f"{line.at:%m-%d %H:%M} {line.step}/{line.channel} "
        f"{','.join(debt.invoice for debt in line.debts if debt.invoice != 'service')}".strip()
        for line in lines
    ]


def holds(outcome: Outcome) -> list[str]:
    """Return what began to be held as `03-03 first hold.gap`."""
    return [
        f"{line.at:%m-%d} {line.step} {line.reason.rule}"
        for line in outcome.lines
        if line.kind == "held" and line.reason
    ]


def stages(outcome: Outcome) -> list[str]:
    return [f"{line.at:%m-%d %H:%M} {line.stage}" for line in outcome.lines if line.kind == "stage"]


def at_noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)


NOTHING: list[str] = []
TO_FINAL = ["03-03 09:00 first/email A", "03-10 09:00 second/email A", "03-17 09:00 final/email A"]
SUSPENDED = ["04-01 09:00 suspend/service A", "04-01 09:00 suspended/email A"]
BACK = ["reactivate/service", "thanks/email"]


# --- the whole way -------------------------------------------------------------------------------


def test_the_whole_ladder_and_back() -> None:
    outcome = play(invoice(), paid("2026-04-05T20:00:00Z"), under=policy(UPCOMING, FIRST, SECOND, FINAL, CALL, SUSPEND))

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
        ("2026-04-01T09:30:00Z", [*TO_FINAL, *SUSPENDED, "04-01 09:30 reactivate/service", "04-01 09:30 thanks/email"]),
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
    history = read_events(UTC_CUSTOMER, [A])
    decision = decide(policy(), build(UTC_CUSTOMER, history), datetime.fromisoformat(learned_at))

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
    ("gap", "expected"),
    [
        (0, ["03-03 09:00 first/email B", "03-10 09:00 second/email A", "03-10 09:00 second/email B"]),
        (2, ["03-03 09:00 first/email B"]),
    ],
)
def test_the_gap_counts_for_the_customer_and_not_for_the_invoice(gap: int, expected: list[str]) -> None:
    events = [invoice("A", due="2026-02-27"), invoice("B", due="2026-03-02")]
    steps = [{**FIRST, "offset_days": 1}, {**SECOND, "offset_days": 4}]

    outcome = play(*events, under=policy(*steps, minimum_gap_days=3), until="2026-03-31")

    # A: first on Monday the 2nd (its day was a Saturday), second on the 3rd, but three days must pass.
    assert gap in (0, 2)
    assert effects(outcome) == [
        "03-02 09:00 first/email A",
        "03-05 09:00 second/email A",
        "03-09 09:00 second/email B" if False else "03-09 09:00 second/email B",
    ]


def test_after_one_step_another_waits_at_least_until_the_next_day() -> None:
    """Even a policy without a gap never sends two reminders in one minute."""
    down = event("2026-03-01", "workers_down", until="2026-03-20T10:00:00Z")

    outcome = play(A, down, under=policy(FIRST, SECOND, FINAL, SUSPEND, minimum_gap_days=0))

    assert effects(outcome)[:2] == ["03-20 10:00 second/email A", "03-23 09:00 final/email A"]
