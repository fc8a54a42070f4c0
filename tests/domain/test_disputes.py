"""Disputes: only what is contested rests, somebody answers in time, and both ways to end it.

Source: a partial dispute freezes only the disputed amount, with a clock and an owner, and the rest is
collected; disputed 300 of 1,000: chase 700 (collections-practice.md, on the state machine and on gaps).
"""

from datetime import date

import pytest

from domain.account_fold import build
from domain.plan import plan
from domain.policy import Policy
from domain.simulation.events import read_events
from domain.simulation.timeline import Outcome
from domain.situation import Situation
from domain.view_words import rests_say
from tests.domain.playing import (
    CALL,
    CUSTOMER,
    LADDER,
    A,
    Event,
    at_noon,
    event,
    holds,
    invoice,
    paid,
    play,
    policy,
)

CLOCK = policy(disputes={"answer_days": 10, "credit_days": 3})


def contested(at: str = "2026-03-05", name: str = "D", *, of: str = "A", **more: object) -> Event:
    return event(at, "dispute_opened", dispute=name, invoice=of, **more)


def resolved(at: str, outcome: str | None = None, name: str = "D") -> Event:
    return event(at, "dispute_resolved", dispute=name, outcome=outcome)


def credited(at: str, amount: str, name: str = "C") -> Event:
    return event(at, "credit_note", credit_note=name, invoice="A", amount=amount)


def done(outcome: Outcome) -> list[str]:
    """The effects with what they are about, in the simulation format: `03-10 second {'A': '70.00'}`."""
    lines = outcome.json()["timeline"]
    return [
        f"{each['at'][5:10]} {each['step']} {each['debts']}" for each in lines if each["kind"] == "effect"
    ]


# --- only the disputed amount rests ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "more", "asked"),
    [
        # Disputed of 1,000.00, what else, and what is asked for.
        ("300.00", [], "700.00"),
        ("0.01", [], "999.99"),
        ("999.99", [], "0.01"),
        ("1000.00", [], None),
        (None, [], None),
        # More than is open is all that is open.
        ("1200.00", [], None),
        # Two disputes add up; what is paid is taken from what is open, not from what is disputed.
        ("300.00", [contested(name="E", amount="200.00")], "500.00"),
        ("300.00", [paid("2026-03-06", "100.00", invoice="A")], "600.00"),
        ("300.00", [paid("2026-03-06", "700.00", invoice="A")], None),
        ("300.00", [credited("2026-03-06", "300.00")], "400.00"),
        ("300.00", [resolved("2026-03-06", "won")], "1000.00"),
        ("300.00", [resolved("2026-03-06")], "1000.00"),
        ("300.00", [resolved("2026-03-06", "lost"), credited("2026-03-06", "300.00")], "700.00"),
    ],
)
def test_only_the_disputed_amount_is_frozen(amount: str | None, more: list[Event], asked: str | None) -> None:
    """It is not asked for by message or by call, does not count for a threshold, and suspends nothing."""
    ladder = [*LADDER[:3], CALL, {**LADDER[3], "approval": {"EUR": "700.01"}}]
    outcome = play(invoice(amount="1000.00"), contested(amount=amount), *more, under=policy(*ladder))

    lines = [line for line in outcome.lines if line.kind == "effect" and f"{line.at:%m-%d}" > "03-06"]
    pressing = {line.step: line.debts[0].amount.plain() for line in lines if line.step != "suspended"}
    if asked is None:
        assert pressing == {}
        return
    approval = float(asked) > 700
    named = ["second", "final", "call", "approve" if approval else "suspend"]
    # What was suspended has its data in danger later: that is about no invoice.
    assert {step: pressing[step] for step in named} == dict.fromkeys(named, asked)
    assert ("suspend" in pressing) is not approval


def test_the_rest_of_the_customer_goes_on() -> None:
    b = invoice("B", "50.00", "2026-03-02")
    outcome = play(A, b, contested("2026-03-01"), until="2026-03-11")

    assert done(outcome) == ["03-03 first {'B': '50.00'}", "03-10 second {'B': '50.00'}"]
    assert "03-03 first hold.disputed" in holds(outcome)


# --- the clock --------------------------------------------------------------------------------------


def tasks(*events: Event, under: Policy = CLOCK, until: str = "2026-04-30") -> list[str]:
    outcome = play(*events, under=under, until=until)
    return [
        f"{line.at:%m-%d %H:%M} {line.step}: {line.reason.words}"
        for line in outcome.lines
        if line.effect == "task" and line.reason
    ]


ANSWER = "dispute_answer: dispute D of {amount} EUR on A is open since 2026-03-05: {owner} is to answer"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # Ten days after Thursday, 5 March it is a Sunday.
        ([contested(owner="maria")], ["03-16 09:00 " + ANSWER.format(amount="100.00", owner="maria")]),
        ([contested(amount="30.00")], ["03-16 09:00 " + ANSWER.format(amount="30.00", owner="finance")]),
        # Told again by another source, it is one dispute; resolved in time, nobody has to hurry.
        (
            [contested(), contested("2026-03-05T10:00:00Z")],
            ["03-16 09:00 " + ANSWER.format(amount="100.00", owner="finance")],
        ),
        ([contested(), resolved("2026-03-15", "won")], []),
        ([contested(), paid("2026-03-10")], []),
        # While nothing may be said or done at all, no task is opened.
        ([contested(), event("2026-03-10", "hold_set", reason="attorney")], []),
    ],
)
def test_the_owner_of_a_dispute_hears_of_it_once_after_so_many_days(
    events: list[Event], expected: list[str]
) -> None:
    assert tasks(A, *events) == expected


def test_each_dispute_has_a_task_of_its_own_and_so_has_one_that_is_opened_again() -> None:
    events = [
        contested(amount="10.00"),
        contested(name="E", amount="20.00"),
        resolved("2026-03-20"),
        contested("2026-03-23", amount="10.00"),
    ]

    assert [line.split(" EUR")[0] for line in tasks(A, *events)] == [
        "03-16 09:00 dispute_answer: dispute D of 10.00",
        "03-16 09:00 dispute_answer: dispute E of 20.00",
        "04-02 09:00 dispute_answer: dispute D of 10.00",
    ]


def test_without_a_clock_nobody_is_asked() -> None:
    events = [A, contested(), contested(name="E"), resolved("2026-03-12", "lost")]

    assert tasks(*events, under=policy()) == []
    assert policy(disputes={}).version == policy().version


# --- both ways to end it ------------------------------------------------------------------------------

CREDIT = (
    "03-16 09:00 dispute_credit: dispute D was lost on 2026-03-12, and {} EUR on A are not credited:"
    " maria is to write the credit note"
)


@pytest.mark.parametrize(
    ("events", "expected", "asked"),
    [
        # Three days after it was lost, a Sunday and a Monday later.
        ([], [CREDIT.format("30.00")], "70.00"),
        ([credited("2026-03-13", "30.00")], [], "70.00"),
        ([credited("2026-03-06", "30.00")], [], "70.00"),
        ([credited("2026-03-13", "20.00")], [CREDIT.format("10.00")], "70.00"),
        # What the credit note had said before the dispute says nothing about it.
        ([credited("2026-03-04", "30.00")], [CREDIT.format("30.00")], "40.00"),
        ([event("2026-03-13", "invoice_corrected", invoice="A", amount="70.00")], [], "70.00"),
        ([event("2026-03-13", "write_off", invoice="A")], [], None),
        # Taken back, it is to be credited again.
        (
            [
                credited("2026-03-13", "30.00"),
                event("2026-03-14", "credit_note_cancelled", credit_note="C", invoice="A"),
            ],
            [CREDIT.format("30.00")],
            "70.00",
        ),
    ],
)
def test_a_lost_dispute_rests_until_its_credit_note_and_a_task_says_if_none_came(
    events: list[Event], expected: list[str], asked: str | None
) -> None:
    told = [A, contested(amount="30.00", owner="maria"), resolved("2026-03-12", "lost"), *events]

    assert tasks(*told) == expected
    finals = [line for line in done(play(*told, under=CLOCK)) if "final" in line]
    assert finals == ([] if asked is None else [f"03-17 final {{'A': '{asked}'}}"])


def test_what_is_lost_altogether_is_held_with_that_reason() -> None:
    outcome = play(A, contested(), resolved("2026-03-12", "lost"), under=CLOCK, until="2026-03-31")

    assert "03-12 second hold.lost" in holds(outcome)
    assert done(outcome) == ["03-03 first {'A': '100.00'}", "03-16 dispute_credit {'A': '100.00'}"]


def test_without_credit_days_a_lost_dispute_is_chased_as_before() -> None:
    told = [A, contested(amount="30.00"), resolved("2026-03-12", "lost")]

    assert "03-17 final {'A': '100.00'}" in done(play(*told))


def test_a_dispute_that_was_won_is_chased_from_the_next_step() -> None:
    """Not from the most severe one that fell due meanwhile."""
    steps = [
        {"kind": "notice", "id": name, "offset_days": day, "template": name}
        for name, day in (("one", 1), ("two", 4), ("three", 7))
    ]
    events = [A, contested("2026-03-04"), resolved("2026-03-30", "won")]
    outcome = play(*events, under=policy(*steps), until="2026-04-30")

    assert [line.split()[1] for line in done(outcome)] == ["one", "two", "three"]
    second = next(line for line in outcome.lines if line.step == "two" and line.kind == "effect")
    assert second.reason is not None
    assert second.reason.words == "two: dispute D was decided for us"


def test_the_clock_runs_for_a_dispute_of_an_invoice_in_instalments() -> None:
    parts = [{"due_on": "2026-03-02", "amount": "40.00"}, {"due_on": "2026-04-02", "amount": "60.00"}]
    told = [invoice(instalments=parts), contested(amount="50.00"), resolved("2026-03-12", "lost")]
    outcome = play(*told, under=CLOCK, until="2026-04-12")

    assert done(outcome) == [
        "03-03 first {'A': '40.00'}",
        "03-16 dispute_credit {'A': '50.00'}",
        "04-03 first {'A': '50.00'}",
        "04-10 second {'A': '50.00'}",
    ]


def test_the_page_of_finance_says_who_is_to_answer() -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A, contested(amount="30.00", owner="maria")]))
    at = Situation(policy=CLOCK, account=account, now=at_noon("2026-03-06"))

    assert rests_say(account, plan(CLOCK, account, at.now), date(2026, 3, 6)) == [
        "Disputed A: 30.00 EUR (D), maria is to answer"
    ]
