"""Invoices in instalments: each ages and is chased by itself, and the invoice owes what they owe.

Source: instalments age by their own due dates, and only overdue ones count in chasing
(collections-practice.md, sections on ageing and on payment plans).
"""

import json
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.account_fold import build
from domain.book import Debt
from domain.claim import Claim
from domain.claim_key import invoice_of
from domain.facts import InvoiceIssued
from domain.instalments import falls_due
from domain.money import Money, per_currency
from domain.posting import post
from domain.rules.suspension import not_yet
from domain.simulation.events import read_events
from domain.simulation.timeline import Line, Outcome
from domain.situation import Situation
from tests.domain.playing import (
    CUSTOMER,
    FIRST,
    SECOND,
    Event,
    at_noon,
    effects,
    event,
    holds,
    invoice,
    paid,
    play,
    policy,
)
from tests.effort import examples

SCHEDULE = [
    {"due_on": "2026-03-02", "amount": "33.34"},
    {"due_on": "2026-03-09", "amount": "33.33"},
    {"due_on": "2026-04-02", "amount": "33.33"},
]
A = invoice(instalments=SCHEDULE)
REMINDERS = policy(FIRST, SECOND)


def asked(*events: Event, until: str = "2026-04-30") -> list[str]:
    """What was sent, with the amounts by invoice: `03-03 first {"A": "33.34"}`."""
    timeline = play(*events, under=REMINDERS, until=until).json()["timeline"]
    return [
        f"{line['at'][5:10]} {line['step']} {json.dumps(line['debts'])}"
        for line in timeline
        if line["kind"] == "effect"
    ]


def sent(outcome: Outcome) -> list[Line]:
    return [line for line in outcome.lines if line.kind == "effect"]


def dues(amount: str, open_: str, *instalments: tuple[str, str]) -> list[str]:
    """What of a debt of an amount falls due when, as `03-02 40.00`."""
    debt = booked(amount, [{"due_on": f"2026-{day}", "amount": each} for day, each in instalments])
    return [f"{due.due_on:%m-%d} {due.amount.plain()}" for due in falls_due(debt, Money.of(open_, "EUR"))]


def booked(amount: str, instalments: list[dict[str, str]]) -> Debt:
    """The debt of an invoice, also of one whose instalments do not add up: no door would take it."""
    (fact,) = read_events(CUSTOMER, [invoice(amount=amount)])
    body = InvoiceIssued.model_validate({**fact.body.model_dump(), "instalments": instalments})
    (debt,) = post([replace(fact, body=body)]).debts
    return debt


@pytest.mark.parametrize(
    ("amount", "open_", "instalments", "expected"),
    [
        # Nothing paid: the schedule.
        ("100", "100", (("03-02", "40"), ("04-02", "60")), ["03-02 40.00", "04-02 60.00"]),
        # What was paid settles the earliest due one first.
        ("100", "90", (("03-02", "40"), ("04-02", "60")), ["03-02 30.00", "04-02 60.00"]),
        ("100", "60", (("03-02", "40"), ("04-02", "60")), ["04-02 60.00"]),
        ("100", "0.01", (("03-02", "40"), ("04-02", "60")), ["04-02 0.01"]),
        ("100", "0", (("03-02", "40"), ("04-02", "60")), []),
        # A difference to the invoice falls on the last.
        ("110", "110", (("03-02", "40"), ("04-02", "60")), ["03-02 40.00", "04-02 70.00"]),
        ("70", "70", (("03-02", "40"), ("04-02", "60")), ["03-02 40.00", "04-02 30.00"]),
        ("30", "30", (("03-02", "40"), ("04-02", "60")), ["03-02 30.00"]),
        ("30", "20", (("03-02", "40"), ("04-02", "60")), ["03-02 20.00"]),
        # Whole pennies.
        ("0.10", "0.10", (("03-02", "0.03"), ("04-02", "0.07")), ["03-02 0.03", "04-02 0.07"]),
    ],
)
def test_what_is_open_falls_on_the_schedule(
    amount: str, open_: str, instalments: tuple[tuple[str, str], ...], expected: list[str]
) -> None:
    assert dues(amount, open_, *instalments) == expected


def test_each_instalment_climbs_the_ladder_by_itself() -> None:
    assert asked(A) == [
        '03-03 first {"A": "33.34"}',
        '03-10 second {"A": "33.34"}',
        '03-12 first {"A": "33.33"}',
        '03-17 second {"A": "33.33"}',
        '04-03 first {"A": "33.33"}',
        '04-10 second {"A": "33.33"}',
    ]


def test_one_message_lists_all_that_have_reached_its_step() -> None:
    """In the simulation format an amount stands under its invoice: the instalments of one are added up."""
    both = [{"due_on": "2026-02-27", "amount": "40.00"}, {"due_on": "2026-02-28", "amount": "60.00"}]

    assert asked(invoice(instalments=both), until="2026-03-06") == ['03-02 first {"A": "100.00"}']


@pytest.mark.parametrize(
    "settled_by",
    [
        paid("2026-03-02", "40.00", invoice="A"),
        paid("2026-03-02", "40.00"),
        event("2026-03-02", "credit_note", credit_note="C", invoice="A", amount="40.00"),
    ],
)
def test_money_and_credit_settle_the_instalment_that_is_due_first(settled_by: Event) -> None:
    assert asked(A, settled_by, until="2026-03-20") == [
        '03-10 first {"A": "26.67"}',
        '03-17 second {"A": "26.67"}',
    ]


def test_money_that_names_no_invoice_pays_what_is_due_first_over_all_invoices() -> None:
    b = invoice("B", "50.00", "2026-03-20")

    assert asked(A, b, paid("2026-03-02", "116.67"), until="2026-04-30") == [
        '04-03 first {"A": "33.33"}',
        '04-10 second {"A": "33.33"}',
    ]


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        # Disputed is what would be asked for first: 40.00 of 66.66 are still asked for, in time.
        (
            event("2026-03-01", "dispute_opened", dispute="D", invoice="A", amount="60.00"),
            ['03-10 first {"A": "6.67"}', '03-17 second {"A": "6.67"}', '04-03 first {"A": "33.33"}'],
        ),
        (event("2026-03-01", "dispute_opened", dispute="D", invoice="A"), []),
        (event("2026-03-01", "exempted", invoice="A", reason="r"), []),
        (event("2026-03-01", "write_off", invoice="A"), []),
        (event("2026-03-01", "invoice_voided", invoice="A"), []),
        (
            event("2026-03-01", "payment_in_flight", payment="F", amount="9", currency="EUR", invoice="A"),
            [],
        ),
        (event("2026-03-01", "paused", reason="r", to="2026-04-04"), ['04-06 first {"A": "100.00"}']),
        # A promise without an amount is about the instalment that is late.
        (event("2026-03-04", "promise_made", pay_on="2026-03-06"), ['03-03 first {"A": "33.34"}']),
    ],
)
def test_what_holds_an_invoice_holds_its_instalments(happens: Event, expected: list[str]) -> None:
    assert asked(A, happens, until="2026-04-06")[: max(len(expected), 1)] == expected


def test_a_promise_of_what_is_past_due_is_kept_by_the_instalment_that_is_late() -> None:
    promised = event("2026-03-04", "promise_made", pay_on="2026-03-07")
    outcome = play(A, promised, paid("2026-03-06", "33.34", invoice="A"), under=REMINDERS, until="2026-03-31")

    (promise,) = outcome.account.promises
    assert promise.words == "33.34 EUR by 2026-03-07"
    assert promise.state(REMINDERS.promises, date(2026, 3, 31)) == "kept"


@pytest.mark.parametrize(
    ("correction", "expected"),
    [
        # An amount alone: the schedule stays, the difference falls on the last.
        ({"amount": "80.00"}, ["03-03 33.34", "03-10 33.34", "03-12 33.33", "03-17 33.33", "04-03 13.33"]),
        # A due date alone: the invoice is due as a whole.
        ({"due_on": "2026-03-16"}, ["03-03 33.34", "03-17 100.00", "03-24 100.00"]),
        # New instalments: what was put off is warned of afresh, what was not goes on.
        (
            {
                "instalments": [
                    {"due_on": "2026-03-02", "amount": "33.34"},
                    {"due_on": "2026-03-20", "amount": "66.66"},
                ]
            },
            ["03-03 33.34", "03-10 33.34", "03-23 66.66", "03-30 66.66"],
        ),
        (
            {
                "instalments": [
                    {"due_on": "2026-03-16", "amount": "33.34"},
                    {"due_on": "2026-05-20", "amount": "66.66"},
                ]
            },
            ["03-03 33.34", "03-17 33.34", "03-24 33.34"],
        ),
    ],
)
def test_a_correction_keeps_or_replaces_the_schedule(correction: dict[str, Any], expected: list[str]) -> None:
    corrected = event("2026-03-05", "invoice_corrected", invoice="A", **correction)
    sent = play(A, corrected, under=REMINDERS, until="2026-04-05").json()["timeline"]

    assert [
        f"{line['at'][5:10]} {line['debts']['A']}" for line in sent if line["kind"] == "effect"
    ] == expected


def test_a_suspension_needs_the_warning_of_the_instalment_that_it_is_for() -> None:
    outcome = play(A, paid("2026-03-18", "33.34", invoice="A"), until="2026-04-30")

    # The first had its last warning and was paid: the second, late as long, had to have its own.
    assert effects(outcome) == [
        "03-03 09:00 first/email A",
        "03-10 09:00 second/email A",
        "03-12 09:00 first/email A",
        "03-17 09:00 final/email A",
        "03-19 09:00 second/email A",
        "03-24 09:00 final/email A",
        "04-03 09:00 first/email A",
        "04-08 09:00 suspend/service A",
        "04-08 09:00 suspended/email A,A",
        "04-10 09:00 second/email A",
    ]
    claims = outcome.account.claims
    assert [claim.debts for claim in claims if claim.step == "suspend"] == [(("A instalment 2", 1),)]


def test_a_charged_back_payment_opens_again_the_instalments_that_it_had_settled() -> None:
    """A re-opened debt keeps its age and gets a fresh warning (docs/decisions/0005), by instalment."""
    back = [paid("2026-04-08", "66.67", invoice="A"), event("2026-04-20", "charged_back", payment="P")]
    outcome = play(A, *back, under=REMINDERS, until="2026-05-31")

    told = [(line.step, [(debt.key, debt.opening) for debt in line.debts]) for line in sent(outcome)]
    assert told[:4] == [
        ("first", [("A instalment 1", 1)]),
        ("second", [("A instalment 1", 1)]),
        ("first", [("A instalment 2", 1)]),
        ("second", [("A instalment 2", 1)]),
    ]
    assert told[4:] == [
        ("first", [("A instalment 3", 1)]),
        ("second", [("A instalment 3", 1)]),
        ("second", [("A instalment 1", 2), ("A instalment 2", 2)]),
    ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"instalments": SCHEDULE[:2]},
            "instalments: the instalments add up to 66.67, and the invoice to 100.00: correct one of them",
        ),
        (
            {"instalments": [SCHEDULE[1], SCHEDULE[0], SCHEDULE[2]]},
            (
                "instalments: the instalment of 2026-03-02 comes after that of 2026-03-09:"
                " write them in the order of their days, one a day"
            ),
        ),
        (
            {"instalments": [{"due_on": "2026-03-02", "amount": "100.001"}]},
            "instalments: 100.001 EUR: EUR has 2 decimals",
        ),
        (
            {"invoice": "INV-1 instalment 2"},
            (
                "invoice: 'INV-1 instalment 2' is how the engine names a part of 'INV-1':"
                " name the invoice, or give it another number"
            ),
        ),
    ],
)
def test_a_wrong_schedule_is_refused_with_a_sentence(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_events(CUSTOMER, [{**A, **wrong}])

    assert str(caught.value) == f"events.0: {words}"


@pytest.mark.parametrize(
    ("key", "of"),
    [
        ("INV-1", "INV-1"),
        ("INV-1 instalment 2", "INV-1"),
        ("INV 1 plan 2026-03-05 instalment 12", "INV 1"),
        ("instalment 2", "instalment 2"),
        ("INV-1 instalment", "INV-1 instalment"),
    ],
)
def test_a_key_tells_its_invoice(key: str, of: str) -> None:
    assert invoice_of(key) == of


# --- what holds whatever happens ------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Two invoices, one of them in instalments, and what may happen to them."""
    cuts = sorted(draw(st.sets(st.integers(1, 9_998), min_size=1, max_size=4)))
    amounts = [b - a for a, b in zip([0, *cuts], [*cuts, 9_999], strict=True)]
    start, gap = date(2026, 2, 10) + timedelta(days=draw(st.integers(0, 40))), draw(st.integers(1, 30))
    schedule = [
        {"due_on": (start + timedelta(days=n * gap)).isoformat(), "amount": f"{minor / 100:.2f}"}
        for n, minor in enumerate(amounts)
    ]
    events = [invoice(amount="99.99", instalments=schedule), invoice("B", "50.00", "2026-03-20")]
    for n in range(draw(st.integers(0, 6))):
        at = (date(2026, 2, 5) + timedelta(days=draw(st.integers(0, 90)))).isoformat()
        amount, name = f"{draw(st.integers(1, 12_000)) / 100:.2f}", draw(st.sampled_from([None, "A", "B"]))
        happens = {
            "payment": paid(at, amount, f"P{n}", name),
            "credit": event(at, "credit_note", credit_note=f"C{n}", invoice=name or "A", amount=amount),
            "back": event(at, "charged_back", payment=f"P{draw(st.integers(0, 5))}"),
            "corrected": event(at, "invoice_corrected", invoice="A", amount=amount),
            "dispute": event(at, "dispute_opened", dispute=f"D{n}", invoice=name or "A", amount=amount),
            "due": event(at, "invoice_corrected", invoice="A", due_on="2026-05-05"),
            "put off": event(
                at,
                "invoice_corrected",
                invoice="A",
                instalments=[{"due_on": "2026-05-05", "amount": "60.00"}],
            ),
        }
        events.append(draw(st.sampled_from(list(happens.values()))))
    return events


@settings(max_examples=examples(150), deadline=None, derandomize=True)
@given(histories(), st.integers(0, 100))
def test_the_parts_add_up_to_what_is_open_and_to_what_is_disputed(events: list[Event], day: int) -> None:
    now = at_noon((date(2026, 2, 5) + timedelta(days=day)).isoformat())
    history = [fact for fact in read_events(CUSTOMER, events) if fact.learned_at <= now]
    account = play(*events, under=REMINDERS, until=str(now.date())).account
    at = Situation(policy=REMINDERS, account=account, now=now)
    for debt in account.open_debts:
        parts = [part for part in at.open_debts if part.invoice == debt.invoice]
        assert all(part.open.minor > 0 for part in parts)
        assert sum(part.open.minor for part in parts) == debt.open.minor
        assert sum(account.contested(part).minor for part in parts) == account.contested(debt).minor
        assert sum(due.amount.minor for due in falls_due(debt, debt.open)) == debt.open.minor
    totals = per_currency(debt.open for debt in at.open_debts)
    assert totals == per_currency(debt.open for debt in account.open_debts)
    book = post(history)
    entries = sum(entry.amount.minor for entry in book.entries if entry.invoice is not None)
    assert entries == sum(debt.open.minor for debt in book.debts)


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(histories(), st.randoms(use_true_random=False))
def test_no_step_twice_for_an_opening_of_a_part_and_the_order_of_facts_changes_nothing(
    events: list[Event], random: Random
) -> None:
    outcome = play(*events, until="2026-07-31")
    told = [
        (line.step, line.channel, debt.key, debt.opening)
        for line in outcome.lines
        if line.kind == "effect"
        for debt in line.debts
    ]
    assert len(told) == len(set(told))
    shuffled = list(events)
    random.shuffle(shuffled)
    assert play(*shuffled, until="2026-07-31").json() == outcome.json()


@given(st.lists(st.integers(1, 500), min_size=1, max_size=5), st.integers(0, 2_600), st.integers(1, 2_600))
def test_earlier_instalments_are_settled_before_later_ones(
    amounts: list[int], left: int, original: int
) -> None:
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(len(amounts))]
    instalments = [
        {"due_on": str(day), "amount": f"{minor / 100:.2f}"} for day, minor in zip(days, amounts, strict=True)
    ]
    debt = booked(f"{original / 100:.2f}", instalments)
    whole = {due.due_on: due.amount.minor for due in falls_due(debt, debt.original)}
    parts = falls_due(debt, Money(min(left, original), "EUR"))
    assert sum(part.amount.minor for part in parts) == min(left, original)
    # Only the first that is left may be paid in part.
    assert all(part.amount.minor == whole[part.due_on] for part in parts[1:])


@pytest.mark.parametrize(("key", "rule"), [("A instalment 1", "hold.announced"), ("A instalment 2", None)])
def test_a_day_that_another_step_announced_for_an_instalment_holds(key: str, rule: str | None) -> None:
    """A policy adopted since may not have that step; the customer was told the day all the same."""
    at, told = at_noon("2026-03-10"), {"A instalment 1": 1, key: 1}
    claims = [
        Claim(
            message=f"m-{step}",
            step=step,
            channel="email",
            debts=tuple(debts.items()),
            claimed_at=at,
            delivered_at=at,
            suspend_on=day,
        )
        for step, debts, day in (
            ("final", told, date(2026, 3, 25)),
            ("gone", {key: 1}, date(2026, 4, 20)),
        )
    ]
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), claims)
    situation = Situation(policy=policy(), account=account, now=at_noon("2026-04-01"))
    suspension, first = policy().suspension, situation.open_debts[0]
    assert suspension is not None
    held = not_yet(situation, suspension, first)
    assert (held[0].rule if held else None) == rule


def test_a_part_that_rests_says_so_with_its_invoice() -> None:
    disputed = event("2026-03-01", "dispute_opened", dispute="D", invoice="A", amount="33.34")

    assert "03-03 first hold.disputed" in holds(play(A, disputed))
