"""Several policies in one simulation: whose is chosen, when it changes, and what pins it, as live."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customer import Customer
from domain.policy import Policy
from domain.policy_experiment import HOLD_OUT, Experiment
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome
from tests.domain.playing import FIRST, LADDER, SECOND, A, Event, event, invoice, paid, policy

UNTIL = date(2026, 7, 31)
SLOW = {**FIRST, "offset_days": 5}


def named(
    name: str, *steps: dict[str, Any], segments: tuple[str, ...] = ("business",), **more: Any
) -> Policy:
    content = {"for": {"segments": list(segments)}, **more}
    return policy(*(steps or LADDER), policy=name, **content)


def play(policies: list[Policy], *events: Event, until: date = UNTIL, **who: Any) -> Outcome:
    customer = Customer(id=who.pop("id", "c-1"), currency="EUR", **who)
    return simulate(policies, customer, read_events(customer, events), until)


def chosen(outcome: Outcome) -> list[str]:
    """Return the policies as `02-02 quick assigned.match`."""
    return [
        f"{each.at:%m-%d} {each.policy.policy if each.policy else '-'} {each.reason.rule}"
        for each in outcome.assigned
    ]


def firsts(outcome: Outcome) -> list[str]:
    return [f"{line.at:%m-%d}" for line in outcome.lines if line.step == "first" and line.kind == "effect"]


QUICK, SLOWLY = named("quick"), named("slowly", SLOW, SECOND, segments=("school",))


def test_the_first_policy_that_is_for_the_customer_is_played_and_says_why() -> None:
    outcome = play([QUICK, SLOWLY], A, segment="school")

    assert chosen(outcome) == ["02-02 slowly assigned.match"]
    assert firsts(outcome) == ["03-09"]
    [assigned] = outcome.json()["policies"]
    assert assigned == {
        "at": "2026-02-02T00:00:00Z",
        "policy": "slowly",
        "version": SLOWLY.version,
        "rule": "assigned.match",
        "why": "it is the first policy for segment school",
        "experiment": None,
        "arm": None,
        "passed_over": [
            {"policy": "quick", "rule": "passed.condition", "why": "quick is only for segment business"}
        ],
    }


def test_one_policy_is_played_whomever_it_is_for_and_the_answer_has_no_choice() -> None:
    customer = Customer(id="c-1", segment="school", currency="EUR")
    outcome = simulate(QUICK, customer, read_events(customer, [A]), UNTIL)
    assert (outcome.assigned, set(outcome.json())) == ((), {"timeline", "end"})


@pytest.mark.parametrize("number", range(12))
def test_the_lot_of_an_experiment_is_the_one_that_it_is_live(number: int) -> None:
    experiment = {"name": "e", "arms": [{"id": "late", "share": 50, "policy": "late"}], "hold_out": 50}
    arm = Experiment.model_validate(experiment).arm_of(f"c-{number}")
    policies = [named("quick", experiment=experiment), named("late", SLOW, SECOND, segments=("none",))]

    outcome = play(policies, A, id=f"c-{number}")

    [assigned] = outcome.assigned
    assert assigned.policy is not None
    expected = (arm.policy, arm.id, "03-09") if arm else ("quick", HOLD_OUT, "03-03")
    assert (assigned.policy.policy, assigned.arm, firsts(outcome)[0]) == expected
    assert assigned.experiment == "e"


def test_what_a_person_chose_waits_for_the_next_case_while_one_is_open() -> None:
    outcome = play(
        [QUICK, SLOWLY],
        A,
        event("2026-03-04", "policy_override_set", policy="slowly", reason="asked"),
        paid("2026-03-06"),
        invoice("B", due="2026-04-06"),
    )

    assert chosen(outcome) == ["02-02 quick assigned.match", "03-06 slowly assigned.override"]
    assert firsts(outcome) == ["03-03", "04-13"]


def test_what_a_person_chose_counts_at_once_without_a_case_and_ends_with_its_day() -> None:
    outcome = play(
        [QUICK, SLOWLY],
        A,
        event("2026-02-10", "policy_override_set", policy="slowly", reason="asked", to="2026-02-20"),
    )
    assert chosen(outcome) == [
        *("02-02 quick assigned.match", "02-10 slowly assigned.override", "02-21 quick assigned.match")
    ]
    assert firsts(outcome) == ["03-03"]


def test_an_adopted_policy_counts_for_the_open_case_alone() -> None:
    outcome = play(
        [QUICK, SLOWLY],
        A,
        event("2026-03-05", "policy_adopted", policy="slowly"),
        paid("2026-03-12"),
        invoice("B", due="2026-04-06"),
    )
    assert chosen(outcome) == [
        *("02-02 quick assigned.match", "03-05 slowly assigned.adopted", "03-12 quick assigned.match")
    ]
    assert firsts(outcome) == ["03-03", "04-07"]


def test_a_customer_whom_no_policy_is_for_is_left_alone_until_one_is() -> None:
    alone = play([QUICK, SLOWLY], A, segment="bakery")
    assert (chosen(alone), alone.lines, alone.stage, alone.next) == (["02-02 - assigned.none"], (), "", None)

    asked = event("2026-04-01", "policy_override_set", policy="slowly", reason="asked")
    helped = play([QUICK, SLOWLY], A, asked, segment="bakery")
    assert chosen(helped) == ["02-02 - assigned.none", "04-01 slowly assigned.override"]
    assert any(line.kind == "effect" for line in helped.lines)


def test_money_is_posted_as_the_policy_of_the_day_says() -> None:
    """The policy that a person chose pays the oldest invoice, not the one that is due first."""
    by_age = named("slowly", SLOW, SECOND, segments=("school",), allocation="oldest_invoice")
    newer = {"invoice": "B", "amount": "100.00", "currency": "EUR", "due_on": "2026-03-02"}
    events = (
        invoice("A", due="2026-03-20"),
        event("2026-02-10", "invoice_issued", **newer),
        paid("2026-02-20"),
    )
    asked = event("2026-02-21", "policy_override_set", policy="slowly", reason="asked")

    def left(*events: Event) -> list[str]:
        account = play([QUICK, by_age], *events).account
        return [debt.invoice for debt in account.debts if debt.open]

    assert (left(*events), left(*events, asked)) == (["A"], ["B"])


@given(
    due=st.dates(min_value=date(2026, 2, 20), max_value=date(2026, 4, 1)),
    paid_on=st.none() | st.dates(min_value=date(2026, 2, 20), max_value=date(2026, 6, 1)),
)
def test_among_several_the_chosen_one_plays_as_if_it_were_alone(due: date, paid_on: date | None) -> None:
    events = [invoice("A", due=due.isoformat()), *([paid(paid_on.isoformat())] if paid_on else [])]
    customer = Customer(id="c-1", segment="school", currency="EUR")
    alone = simulate(SLOWLY, customer, read_events(customer, events), UNTIL)
    among = play([QUICK, SLOWLY], *events, segment="school")
    assert (among.lines, among.stage, among.next) == (alone.lines, alone.stage, alone.next)
