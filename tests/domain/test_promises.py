"""Promises to pay: how long chasing rests for one, what keeps it, and what follows when it is broken."""

from datetime import date

import pytest

from domain.account_fold import build
from domain.facts import PromiseMade
from domain.refusals import refusal
from domain.simulation.events import read_events
from domain.situation import Situation
from tests.domain.playing import (
    CUSTOMER,
    A,
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

FIRST = "03-03 09:00 first/email A"
SECOND = "03-10 09:00 second/email A"


def promise(at: str = "2026-03-06", pay_on: str = "2026-03-12", **fields: object) -> Event:
    return event(at, "promise_made", pay_on=pay_on, by="customer", **fields)


def test_chasing_rests_until_the_grace_of_a_promise_is_over_and_goes_on_at_the_next_step() -> None:
    outcome = play(A, promise(), until="2026-03-20")

    assert "03-06 second hold.promised" in holds(outcome)
    # Promised for Thursday the 12th, two days of grace, then a weekend.
    assert effects(outcome) == [FIRST, "03-16 09:00 second/email A", "03-18 09:00 final/email A"]
    broken = next(line for line in outcome.lines if line.step == "second" and line.kind == "effect")
    assert broken.reason is not None
    assert broken.reason.words == "second: the promise of 100.00 EUR by 2026-03-12 was not kept"


def test_what_fell_due_meanwhile_is_not_jumped_to_when_a_promise_is_broken() -> None:
    """A broken promise resumes at the next step, not at the most severe one that is due."""
    steps = [
        {"kind": "notice", "id": name, "offset_days": day, "template": name}
        for name, day in (("one", 1), ("two", 4), ("three", 7))
    ]
    outcome = play(A, promise(), under=policy(*steps), until="2026-03-31")

    assert [line.split()[2] for line in effects(outcome)] == ["one/email", "two/email", "three/email"]


def test_a_promise_that_is_kept_leaves_nothing_to_say() -> None:
    outcome = play(A, promise(), paid("2026-03-14", invoice="A"))

    assert effects(outcome) == [FIRST]
    assert outcome.account.promises[0].state(policy().promises, date(2026, 5, 1)) == "kept"


@pytest.mark.parametrize(
    ("events", "second_on"),
    [
        # In part promised and paid: the rest is asked for when the step falls, with what is left.
        ([promise(amount="40.00"), paid("2026-03-09", "40.00", invoice="A")], "03-10"),
        ([promise(amount="40.00"), paid("2026-03-11", "40.00", invoice="A")], "03-11"),
        ([promise(amount="40.00"), paid("2026-03-11", "39.99", invoice="A")], "03-16"),
        # A credit note is no money, and leaves as little to pay.
        (
            [
                promise(amount="40.00"),
                event("2026-03-11", "credit_note", credit_note="C", invoice="A", amount="40.00"),
            ],
            "03-11",
        ),
        # What was paid on the morning of the promise is part of what was owed then.
        ([paid("2026-03-06", "40.00", invoice="A"), promise()], "03-16"),
        # Longer than the policy takes: it counts for thirty days.
        ([promise(pay_on="2026-06-30")], "04-08"),
        # Nothing was owed any more.
        ([paid("2026-03-05", invoice="A"), promise(), invoice("B", due="2026-03-20")], None),
    ],
)
def test_until_when_a_promise_rests_chasing(events: list[Event], second_on: str | None) -> None:
    outcome = play(A, *events, until="2026-04-10")

    seconds = [line for line in effects(outcome) if "second/" in line and " A" in line]
    assert [line[:5] for line in seconds] == ([] if second_on is None else [second_on])


def test_a_third_promise_about_the_same_debt_rests_nothing() -> None:
    promises = [
        promise("2026-03-04", "2026-03-05"),
        promise("2026-03-08", "2026-03-09"),
        promise("2026-03-12", "2026-03-31"),
    ]
    outcome = play(A, *promises, until="2026-03-15")

    assert effects(outcome) == [FIRST, "03-12 09:00 second/email A"]


def test_a_promise_holds_the_suspension_and_breaking_it_brings_it() -> None:
    outcome = play(A, promise("2026-03-30", "2026-04-07"))

    assert "04-01 suspend hold.promised" in holds(outcome)
    assert "04-10 09:00 suspend/service A" in effects(outcome)


def test_a_promise_does_not_bring_a_service_back() -> None:
    outcome = play(A, promise("2026-04-03", "2026-04-10"))

    assert not any("reactivate" in line for line in effects(outcome))


def test_a_new_promise_in_place_of_an_open_one_counts_to_the_later_day() -> None:
    outcome = play(A, promise(), promise("2026-03-11", "2026-03-20"), until="2026-03-27")

    assert effects(outcome) == [FIRST, "03-23 09:00 second/email A", "03-25 09:00 final/email A"]


BROKEN = [promise("2026-03-04", "2026-03-05"), promise("2026-03-08", "2026-03-09")]


@pytest.mark.parametrize(
    ("before", "asked", "refused"),
    [
        ([], {"pay_on": "2026-03-20"}, None),
        ([], {"pay_on": "2026-03-20", "amount": "100.00"}, None),
        (
            [],
            {"pay_on": "2026-03-11"},
            "The promise would be due on 2026-03-11, before it is made on 2026-03-12.",
        ),
        ([], {"pay_on": "2026-04-12"}, "A promise is for 30 days at most: agree on a day until 2026-04-11."),
        (
            [],
            {"pay_on": "2026-03-20", "amount": "100.01"},
            "100.01 EUR cannot be promised: 100.00 EUR are open.",
        ),
        (
            [],
            {"pay_on": "2026-03-20", "amount": "1.00", "currency": "USD"},
            "The amount needs the currency of something open: add it, like EUR.",
        ),
        (BROKEN[:1], {"pay_on": "2026-03-20"}, None),
        (
            BROKEN,
            {"pay_on": "2026-03-20"},
            "2 promises about these debts were not kept: another one rests nothing.",
        ),
        (
            [paid("2026-03-10", invoice="A")],
            {"pay_on": "2026-03-20"},
            "Nothing is open that could be promised.",
        ),
    ],
)
def test_which_promise_is_refused(before: list[Event], asked: dict[str, str], refused: str | None) -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A, *before]))
    at = Situation(policy=policy(), account=account, now=at_noon("2026-03-12"))

    assert refusal(at, "promise", PromiseMade.model_validate(asked)) == refused
