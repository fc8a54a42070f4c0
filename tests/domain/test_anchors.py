"""What the days of a step are counted from; tests/domain/playing.py has the terms.

Anchors as Kill Bill (invoice date), Polar (first failed charge), OCA's credit control (previous notice,
end of month) and Fineract (due date) have them: open-source lessons, section 3, "clock anchor".
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account_fold import build
from domain.customer import Customer
from domain.documents import Faults
from domain.policy import Policy
from domain.policy_lint import lint
from domain.policy_page import show
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.situation import Situation
from tests.domain.playing import (
    CUSTOMER,
    FINAL,
    FIRST,
    LADDER,
    NOTHING,
    SECOND,
    SUSPEND,
    TO_FINAL,
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
)

AFTER = {"anchor": "previous_delivered"}
CHARGED = event("2026-02-27", "payment_failed", invoice="A")


@pytest.mark.parametrize(
    ("anchor", "offset", "day"),
    [
        ("due_date", 5, "03-07"),
        ("invoice_date", 30, "03-04"),  # issued on 2 February
        ("invoice_date", 10, "03-03"),  # never before the debt is late
        ("month_end", 0, "03-31"),
        ("month_end", 5, "04-05"),
        ("first_failed_charge", 14, "03-13"),
        ("first_failed_charge", 0, "03-03"),
    ],
)
def test_a_step_counts_from_its_anchor(anchor: str, offset: int, day: str) -> None:
    step = {**FIRST, "anchor": anchor, "offset_days": offset}
    assert days(policy(step), A, CHARGED) == {"first": day}


def days(under: Policy, *events: Event, on: str = "2026-05-01", claims: Any = ()) -> dict[str, str | None]:
    """The day of each step for A, as its rule has it."""
    account = build(CUSTOMER, read_events(CUSTOMER, events), claims)
    at = Situation(policy=under, account=account, now=at_noon(on))
    (debt,) = at.open_debts
    on_days = {step.id: at.step_on(step, debt) for step in under.steps}
    return {step: day and f"{day:%m-%d}" for step, day in on_days.items()}


def test_a_debt_without_a_failed_charge_never_reaches_the_step() -> None:
    under = policy({**FIRST, "anchor": "first_failed_charge"})
    others = event("2026-03-09", "payment_failed", invoice="B")
    assert effects(play(A, others, under=under)) == NOTHING
    assert effects(play(A, event("2026-03-09", "payment_failed", payment="P"), under=under)) == NOTHING


def test_the_first_failed_charge_counts_and_not_the_next() -> None:
    under = policy({**FIRST, "anchor": "first_failed_charge", "offset_days": 3})
    again = event("2026-03-12", "payment_failed", invoice="A")
    first = event("2026-03-06", "payment_failed", invoice="A")
    assert effects(play(A, again, first, under=under)) == ["03-09 09:00 first/email A"]


def test_a_suspension_counts_from_a_charge_only_where_one_failed_and_only_there_it_is_announced() -> None:
    under = policy(FIRST, SECOND, FINAL, {**SUSPEND, "anchor": "first_failed_charge"})
    assert effects(play(A, under=under)) == TO_FINAL
    never = play(A, under=under).account.claims
    assert [each.suspend_on for each in never if each.step == "final"] == [None]
    charged = play(A, CHARGED, under=under)
    assert [each.suspend_on for each in charged.account.claims if each.step == "final"] == [date(2026, 3, 30)]
    assert "03-30 09:00 suspend/service A" in effects(charged)


@pytest.mark.parametrize(
    "failed",
    [
        [event("2026-03-05T10:00:00Z", "payment_failed", payment="m1")],
        [
            event("2026-03-04", "payment_in_flight", payment="D", amount="100", currency="EUR", invoice="A"),
            event("2026-03-05", "payment_failed", payment="D"),
        ],
    ],
    ids=["our own charge", "a direct debit on its way"],
)
def test_a_failed_charge_that_names_no_invoice_counts_for_what_was_charged(failed: list[Event]) -> None:
    ours = [claim("charge_1", at="2026-03-04", channel="charge")]
    step = {**FIRST, "anchor": "first_failed_charge", "offset_days": 3}
    assert days(policy(step), A, *failed, claims=[replace(ours[0], message="m1")]) == {"first": "03-08"}


SCHEDULE = [{"due_on": "2026-03-02", "amount": "40"}, {"due_on": "2026-04-02", "amount": "60"}]


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("due_date", ["03-07", "04-07"]),
        ("invoice_date", ["03-07", "04-07"]),
        ("month_end", ["04-05", "05-05"]),
        ("first_failed_charge", ["03-10", "04-09"]),
    ],
)
def test_each_instalment_counts_from_what_is_its_own(anchor: str, expected: list[str]) -> None:
    """Instalments age by themselves: practice, section on payment plans. Failures from before are others'."""
    step = {**FIRST, "anchor": anchor, "offset_days": 5}
    failed = [event(f"2026-{day}", "payment_failed", invoice="A") for day in ("03-05", "04-04")]
    account = build(CUSTOMER, read_events(CUSTOMER, [invoice(instalments=SCHEDULE), *failed]))
    at = Situation(policy=policy(step), account=account, now=at_noon("2026-05-01"))
    on_days = [at.step_on(at.policy.steps[0], debt) for debt in at.open_debts]
    assert [day and f"{day:%m-%d}" for day in on_days] == expected


def test_each_instalment_waits_for_the_delivery_of_its_own_notice() -> None:
    later = [{"due_on": "2026-03-02", "amount": "40"}, {"due_on": "2026-03-16", "amount": "60"}]
    under = policy(FIRST, {**SECOND, **AFTER, "offset_days": 10})
    assert effects(play(invoice(instalments=later), under=under)) == [
        "03-03 09:00 first/email A",
        "03-13 09:00 second/email A",
        "03-17 09:00 first/email A",
        "03-27 09:00 second/email A",
    ]


def test_under_an_instalment_plan_the_plan_s_dates_count() -> None:
    agreed = event(
        "2026-03-20", "plan_agreed", instalments=[{"due_on": "2026-04-13", "amount": "100"}], by="finance"
    )
    under = policy({**FIRST, "anchor": "invoice_date", "offset_days": 3})
    assert effects(play(A, agreed, under=under, until="2026-04-17"))[-1] == "04-16 09:00 first/email A"


CHAIN = policy(FIRST, {**SECOND, **AFTER, "offset_days": 10}, {**FINAL, **AFTER, "offset_days": 14})


def test_the_next_notice_counts_from_the_delivery_of_the_one_before() -> None:
    expected = ["03-03 09:00 first/email A", "03-13 09:00 second/email A", "03-27 09:00 final/email A"]
    assert effects(play(A, under=CHAIN)) == expected


def test_nothing_is_due_until_the_notice_before_is_delivered() -> None:
    late = play(A, event("2026-03-09T15:00:00Z", "delivered", step="first"), under=CHAIN)
    assert effects(late)[:2] == ["03-03 09:00 first/email A", "03-19 09:00 second/email A"]
    assert "03-03 second hold.not_delivered" in holds(late)


def test_a_message_without_an_answer_holds_the_next_and_says_so() -> None:
    sent = claim("first", at="2026-03-03")
    waiting = [type(sent)(**{**fields(sent), "delivered_at": None})]
    assert days(CHAIN, A, claims=waiting) == {"first": "03-03", "second": None, "final": None}


def fields(sent: Any) -> dict[str, Any]:
    return {name: getattr(sent, name) for name in sent.__slots__}


def test_a_notice_that_bounced_is_not_counted_from() -> None:
    bounced = event("2026-03-04T10:00:00Z", "bounced", step="first")
    new = event("2026-03-16T10:00:00Z", "contact_changed", channel="email")
    played = effects(play(A, bounced, new, under=CHAIN))
    assert [each for each in played if "task" not in each] == [
        "03-03 09:00 first/email A",
        "03-16 10:00 first/email A",
        "03-26 09:00 second/email A",
        "04-09 09:00 final/email A",
    ]


def test_a_notice_for_others_is_passed_over() -> None:
    large = {**SECOND, **AFTER, "offset_days": 10, "when": {"minimum": {"EUR": "5000"}}}
    under = policy(FIRST, large, {**FINAL, **AFTER, "offset_days": 14, "needs_delivered": []})
    assert effects(play(A, under=under)) == ["03-03 09:00 first/email A", "03-17 09:00 final/email A"]


def test_a_warning_that_waits_for_its_delivery_day_is_not_overtaken() -> None:
    """`never_skip`: whatever the anchors, nothing goes beyond a warning of the suspension."""
    late = {"kind": "notice", "id": "late", "offset_days": 16, "template": "late"}
    under = policy(
        FIRST, {**SECOND, **AFTER, "offset_days": 20}, late, {**SUSPEND, "needs_delivered": ["second"]}
    )
    assert effects(play(A, under=under))[:4] == [
        "03-03 09:00 first/email A",
        "03-23 09:00 second/email A",
        "03-25 09:00 late/email A",
        "04-02 09:00 suspend/service A",
    ]
    calm = policy(FIRST, {**SECOND, **AFTER, "offset_days": 20}, late)
    assert effects(play(A, under=calm)) == ["03-03 09:00 first/email A", "03-18 09:00 late/email A"]


def test_a_debt_that_is_opened_again_waits_for_the_delivery_of_its_own_notice() -> None:
    again = [paid("2026-03-16"), event("2026-04-01T08:00:00Z", "charged_back", payment="P")]
    assert effects(play(A, *again, under=CHAIN))[-3:] == [
        "04-01 09:00 first/email A",
        "04-13 09:00 second/email A",  # the eleventh is a Saturday
        "04-27 09:00 final/email A",
    ]


def test_what_fell_before_the_ledger_went_live_counts_as_said_on_its_day() -> None:
    account = build(CUSTOMER, read_events(CUSTOMER, [A]), go_live_on=date(2026, 3, 9))
    at = Situation(policy=CHAIN, account=account, now=at_noon("2026-03-09"))
    (debt,) = at.open_debts
    assert at.step_on(at.policy.steps[1], debt) == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([{**FIRST, "id": "mild"}], "03-13 09:00 second/email A"),  # said on 3 March in other words
        ([{**FIRST, "id": "mild", "offset_days": 3}], "03-16 09:00 second/email A"),  # the 15th is a Sunday
        ([FIRST], "03-13 09:00 second/email A"),
    ],
)
def test_a_policy_adopted_under_an_open_case_counts_from_what_the_one_before_said(
    steps: list[dict[str, Any]], expected: str
) -> None:
    """docs/policy.md, "Editing a policy": a level that was said is not said again; the next one follows."""
    adopted = event("2026-03-06T20:00:00Z", "policy_adopted", policy=CHAIN.version)
    old = policy(*steps)
    played = simulate(
        old,
        CUSTOMER,
        read_events(CUSTOMER, [A, adopted]),
        date(2026, 5, 31),
        adoptable={CHAIN.version: CHAIN},
    )
    assert expected in effects(played)


def test_a_suspension_that_counts_from_the_last_warning_announces_that_day() -> None:
    under = policy(FIRST, SECOND, FINAL, {**SUSPEND, **AFTER, "offset_days": 21})
    played = play(A, under=under)
    (final,) = [each for each in played.account.claims if each.step == "final"]
    assert final.suspend_on == date(2026, 4, 7)
    assert "04-07 09:00 suspend/service A" in effects(played)
    later = play(A, event("2026-03-20T15:00:00Z", "delivered", step="final"), under=under)
    assert "04-10 09:00 suspend/service A" in effects(later)


@pytest.mark.parametrize(
    ("anchor", "rested"),
    [
        ("due_date", "04-08"),
        ("invoice_date", "03-11"),
        ("month_end", "05-07"),
        ("first_failed_charge", "04-05"),
    ],
)
@pytest.mark.parametrize("rest", ["paused", "hold_set"])
def test_pauses_and_holds_stop_the_days_of_every_anchor(anchor: str, rested: str, rest: str) -> None:
    """Only days that overlap the overdue time are credited: 3 to 9 March are seven."""
    resting = event("2026-02-20", rest, to="2026-03-09", reason="r")
    step = {**FIRST, "anchor": anchor, "offset_days": 30}
    over = days(policy(step), A, CHARGED, resting)
    assert over == {"first": rested}


def test_a_pause_after_the_delivery_stops_the_days_that_count_from_it() -> None:
    pause = event("2026-03-05", "paused", to="2026-03-09", reason="r")
    assert effects(play(A, pause, under=CHAIN))[1] == "03-18 09:00 second/email A"


# --- grace ---------------------------------------------------------------------------------------


def test_within_the_days_of_grace_nothing_presses() -> None:
    """Grace as Stripe, Zuora and Paddle have it: practice, section 1, "grace period"."""
    under = policy(grace_days=10)
    assert effects(play(A, under=under))[:1] == ["03-13 09:00 second/email A"]
    calm = policy(FIRST, grace_days=4)
    assert effects(play(A, under=calm)) == ["03-09 09:00 first/email A"]  # the seventh is a Saturday


def test_friendly_words_before_the_due_date_know_no_grace() -> None:
    before = {**FIRST, "id": "upcoming", "offset_days": -3}
    assert effects(play(A, under=policy(before, grace_days=30)))[:1] == ["02-27 09:00 upcoming/email A"]


# --- maximum -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "goes_out"), [("100.00", True), ("100.01", False)])
def test_a_step_up_to_an_amount(amount: str, goes_out: bool) -> None:
    under = policy({**FIRST, "when": {"maximum": {"EUR": "100"}}})
    played = play(invoice(amount=amount), under=under)
    assert bool(effects(played)) == goes_out
    assert goes_out or holds(played) == ["03-03 first hold.condition"]


# --- what a policy may say ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{**FIRST, **AFTER}], "step 'first' follows no notice after the due date: write one before it"),
        (
            [{**FIRST, "offset_days": -1}, {**SECOND, **AFTER}],
            "step 'second' follows no notice after the due date: write one before it",
        ),
        (
            [FIRST, {**SECOND, **AFTER, "offset_days": 0}],
            "step 'second' would follow on the day of the notice before: write 1 or more",
        ),
        (
            [{**FIRST, "anchor": "month_end", "offset_days": -1}],
            "only the due date has days before it: step 'first' needs 0 or more, or no `anchor`",
        ),
        (
            [FIRST, {**SECOND, "anchor": "month_end"}, {**FINAL, "offset_days": 1}],
            "step 'final' (day 1) must come after 'first' (day 1): write steps mildest first, one a day",
        ),
    ],
)
def test_steps_that_do_not_fit_together(steps: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValueError) as caught:
        policy(*steps)
    (error,) = caught.value.errors()  # type: ignore[attr-defined]  # pydantic's own
    found = error["ctx"]["error"]
    assert isinstance(found, Faults)
    assert words in [fault.message for fault in found.faults]


def test_days_of_different_anchors_are_not_compared() -> None:
    policy({**FIRST, "offset_days": 20}, {**SECOND, "anchor": "month_end", "offset_days": 1})
    policy({**FIRST, "offset_days": 20}, {**SECOND, **AFTER, "offset_days": 3})


def test_interest_may_be_proposed_at_a_step_that_counts_from_another_day() -> None:
    step = {**FIRST, "anchor": "month_end", "offset_days": 0}
    terms = {"basis": "contract", "annual_percent": "9", "clause": "7", "propose_at": "first"}
    assert policy(step, interest=terms).interest.propose_at == "first"


def test_lint_says_which_order_is_not_known_and_what_grace_moves() -> None:
    mixed = policy(FIRST, {**SECOND, "anchor": "month_end", "offset_days": 5}, grace_days=3)
    order, grace = lint(mixed)
    assert (order.rule, order.step) == ("order-unknown", "second")
    assert order.message == (
        "it counts from the end of the month of the due date and first from the due date: whichever day comes"
        " first, first is left out once second went out; give both the same `anchor`, or judge it"
    )
    assert (grace.rule, grace.step) == ("within-grace", "first")
    assert grace.message == (
        "day 1 is within the 3 days of grace: it waits for their end; set `offset_days` to 4 or more, or"
        " `grace_days` to less"
    )
    assert lint(CHAIN) == ()


def test_a_maximum_below_the_minimum_is_found() -> None:
    never = policy({**FIRST, "when": {"minimum": {"EUR": "10"}, "maximum": {"EUR": "5"}}})
    assert [finding.rule for finding in lint(never)] == ["never"]


def test_the_calendar_explains_anchors() -> None:
    under = policy(FIRST, {**SECOND, **AFTER, "offset_days": 10}, {**FINAL, "anchor": "month_end"})
    rows = show(under, due_on=date(2026, 3, 2), customer=Customer(id="c-1"))
    assert [(row.day, row.planned_on, row.falls_on, row.condition) for row in rows] == [
        (1, date(2026, 3, 3), date(2026, 3, 3), ""),
        (None, date(2026, 3, 13), date(2026, 3, 13), "10 days from the delivery of the notice before"),
        (
            44,
            date(2026, 4, 15),
            date(2026, 4, 15),
            "15 days from the end of the month of the due date; second delivered",
        ),
    ]


def test_a_policy_that_uses_none_of_this_keeps_its_version() -> None:
    assert policy().version == policy(grace_days=0).version
    same = [{**step, "anchor": "due_date", "when": {"maximum": {}}} for step in LADDER]
    assert policy(*same).version == policy().version == "935ca2a1a816"  # as before there were anchors
    assert policy({**FIRST, "anchor": "month_end"}).version != policy(FIRST).version
    assert policy(grace_days=1).version != policy().version


@given(st.integers(-40, 40), st.integers(0, 60), st.integers(0, 20))
def test_what_presses_never_falls_before_the_grace_is_over(charged: int, offset: int, grace: int) -> None:
    due = date(2026, 3, 2)
    failed = event((due + timedelta(days=charged)).isoformat(), "payment_failed", invoice="A")
    for anchor in ("invoice_date", "first_failed_charge", "month_end"):
        under = policy({**FIRST, "anchor": anchor, "offset_days": offset}, grace_days=grace)
        account = build(CUSTOMER, read_events(CUSTOMER, [A, failed]))
        at = Situation(policy=under, account=account, now=at_noon("2026-05-01"))
        (debt,) = at.open_debts
        day = at.step_on(under.steps[0], debt)
        assert day is not None
        assert day > due + timedelta(days=grace)
