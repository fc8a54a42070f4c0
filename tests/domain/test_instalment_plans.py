"""Instalment plans: other dates for open debts, what keeps a plan, and what follows when it is missed.

Source: plans aged and chased per instalment; a missed instalment resumes at the next step
(collections-practice.md, on payment plans and on the state machine).
"""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.account_fold import build
from domain.commands import read
from domain.money import per_currency
from domain.plan import plan
from domain.policy import Policy
from domain.refusals import refusal
from domain.simulation.events import read_events
from domain.simulation.timeline import Outcome
from domain.situation import Situation
from domain.view_words import open_says, rests_say
from tests.domain.playing import (
    CUSTOMER,
    FIRST,
    LADDER,
    A,
    Event,
    at_noon,
    effects,
    event,
    invoice,
    paid,
    play,
    policy,
)
from tests.effort import examples

HALVES = (("2026-04-01", "50.00"), ("2026-05-04", "50.00"))
CONTINUES = policy(plans={"on_missed": "continues"})
CHASED = ["03-03 09:00 first/email A", "03-10 09:00 second/email A"]
LAST = ["final/email A", "suspend/service A", "suspended/email A"]


def agreed(at: str = "2026-03-12", *parts: tuple[str, str], **more: object) -> Event:
    instalments = [{"due_on": due_on, "amount": amount} for due_on, amount in parts or HALVES]
    return event(at, "plan_agreed", instalments=instalments, **more)


def told(outcome: Outcome) -> list[str]:
    """The messages and what else was done, with what it was about: `04-02 first A plan 2026-03-12 ...`."""
    return [
        f"{line.at:%m-%d} {line.step} {', '.join(f'{d.key}={d.amount.plain()}' for d in line.debts)}"
        for line in outcome.lines
        if line.kind == "effect" and line.effect != "reactivate"
    ]


FIRST_HALF = "A plan 2026-03-12 instalment 1=50.00"
SECOND_HALF = "A plan 2026-03-12 instalment 2=50.00"
BEFORE = ["03-03 first A=100.00", "03-10 second A=100.00"]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # Kept: nothing is said, also of what comes within the grace but for the reminder.
        ([paid("2026-04-01", "50.00"), paid("2026-05-04", "50.00", "Q")], []),
        ([paid("2026-03-30", "100.00")], []),
        (
            [paid("2026-04-06", "50.00"), paid("2026-05-04", "50.00", "Q")],
            [f"04-02 first {FIRST_HALF}"],
        ),
        # A credit note pays as well as money.
        (
            [
                event("2026-03-30", "credit_note", credit_note="C", invoice="A", amount="50.00"),
                paid("2026-05-04", "50.00"),
            ],
            [],
        ),
        # Missed: the invoice's own date counts again, and the next step after the last one follows.
        ([], [f"04-02 first {FIRST_HALF}", "04-07 final A=100.00", "04-17 suspend A=100.00"]),
        (
            [paid("2026-04-01", "49.99")],
            ["04-02 first A plan 2026-03-12 instalment 1=0.01", "04-07 final A=50.01"],
        ),
        (
            [paid("2026-04-01", "50.00")],
            [f"05-05 first {SECOND_HALF}", "05-11 final A=50.00", "05-21 suspend A=50.00"],
        ),
        # Money that is taken back after its day misses the instalment.
        (
            [paid("2026-04-01", "50.00"), event("2026-04-14", "charged_back", payment="P")],
            [f"04-14 second {FIRST_HALF}", "04-16 final A=100.00"],
        ),
        # Ended by finance: chased again by the invoice's own date.
        ([event("2026-03-16", "plan_ended")], ["03-17 final A=100.00", "04-01 suspend A=100.00"]),
        # Another plan takes the place of the first.
        (
            [agreed("2026-03-20", ("2026-04-20", "100.00"))],
            ["04-21 first A plan 2026-03-20 instalment 1=100.00", "04-27 final A=100.00"],
        ),
        # What is disputed, or on its way, is not missed.
        (
            [event("2026-03-30", "dispute_opened", dispute="D", invoice="A", amount="50.00")],
            [f"05-05 first {SECOND_HALF}"],
        ),
        ([event("2026-03-30", "payment_in_flight", payment="F", amount="50", currency="EUR")], []),
        ([event("2026-03-30", "exempted", invoice="A", reason="r")], []),
        ([event("2026-03-30", "write_off", invoice="A")], []),
    ],
)
def test_what_becomes_of_a_plan(events: list[Event], expected: list[str]) -> None:
    outcome = play(A, agreed(), *events, until="2026-06-30")

    assert told(outcome)[: 2 + max(len(expected), 1)] == [*BEFORE, *expected]


def test_a_plan_that_continues_chases_each_missed_instalment_by_itself() -> None:
    outcome = play(A, agreed(), under=CONTINUES, until="2026-06-01")

    assert told(outcome) == [
        *BEFORE,
        f"04-02 first {FIRST_HALF}",
        f"04-09 second {FIRST_HALF}",
        f"04-16 final {FIRST_HALF}",
        f"05-01 suspend {FIRST_HALF}",
        f"05-01 suspended service=0.00, {FIRST_HALF}",
        f"05-05 first {SECOND_HALF}",
        f"05-12 second {SECOND_HALF}",
    ]


def test_a_level_that_was_sent_about_an_instalment_is_not_repeated_for_its_invoice() -> None:
    outcome = play(A, agreed("2026-02-20", ("2026-03-16", "50"), ("2026-06-01", "50")), until="2026-06-30")

    steps = [line.split()[2] for line in effects(outcome)]
    assert steps[:4] == ["first/email", "second/email", "final/email", "suspend/service"]
    (second,) = [line for line in outcome.lines if line.step == "second" and line.kind == "effect"]
    assert second.reason is not None
    assert (
        second.reason.words == "second: the plan to pay 100.00 EUR in 2 instalments until 2026-06-01 is over"
    )


@pytest.mark.parametrize(
    ("ended_on", "expected"),
    [
        # The last warning of 17 March announced 1 April. A plan that was over before: it stands.
        ("2026-03-27", ["03-17 final", "04-01 suspend"]),
        # One that went on beyond it made the warning untrue: it alone comes again, with its notice.
        ("2026-04-02", ["03-17 final", "04-02 final", "04-13 suspend"]),
    ],
)
def test_a_plan_that_outlasts_the_announced_day_repeats_the_last_warning_alone(
    ended_on: str, expected: list[str]
) -> None:
    """docs/decisions/0006 and 0008."""
    events = [agreed("2026-03-20", ("2026-06-01", "100.00")), event(ended_on, "plan_ended")]
    outcome = play(A, *events, until="2026-04-30")

    lines = [" ".join(line.split()[:2]) for line in told(outcome) if "suspended" not in line]
    assert lines == ["03-03 first", "03-10 second", *expected]


def test_a_suspended_service_comes_back_for_a_plan_without_thanks_and_goes_only_after_a_fresh_warning() -> (
    None
):
    outcome = play(A, agreed("2026-04-03", ("2026-04-20", "50"), ("2026-05-20", "50")), until="2026-05-31")

    assert [line.split(" ", 2)[2] for line in effects(outcome)][2:] == [
        *LAST,
        "reactivate/service",
        "first/email A",
        *LAST,
    ]
    suspensions = [line for line in outcome.lines if line.effect == "suspend"]
    assert [debt.opening for line in suspensions for debt in line.debts] == [1, 2]


def test_the_oldest_due_debts_are_cut_first_and_new_invoices_are_outside() -> None:
    b, new = invoice("B", "60.00", "2026-03-09"), {**invoice("N", "20.00", "2026-03-30"), "at": "2026-03-13"}
    cut = agreed("2026-03-12", ("2026-04-06", "80"), ("2026-05-04", "80"))
    outcome = play(A, b, new, cut, under=policy(FIRST, plans={"on_missed": "continues"}))

    assert told(outcome) == [
        "03-03 first A=100.00",
        "03-10 first B=60.00",
        "03-31 first N=20.00",
        "04-07 first A plan 2026-03-12 instalment 1=80.00",
        "05-05 first A plan 2026-03-12 instalment 2=20.00, B plan 2026-03-12 instalment 2=60.00",
    ]
    # In the simulation format amounts stand under their invoices.
    assert outcome.json()["timeline"][-1]["debts"] == {"A": "20.00", "B": "60.00"}


def test_what_a_plan_leaves_out_is_chased_as_before() -> None:
    part = agreed("2026-03-12", ("2026-06-01", "70.00"))

    assert told(play(A, part, until="2026-04-30")) == [
        *BEFORE,
        "03-17 final A=30.00",
        "04-01 suspend A=30.00",
        "04-01 suspended service=0.00, A=30.00",
    ]


def test_money_for_any_of_its_invoices_pays_the_instalment_that_is_due_first() -> None:
    b = invoice("B", "60.00", "2026-03-09")
    cut = agreed("2026-03-12", ("2026-04-06", "60.00"), ("2026-05-04", "100.00"))
    outcome = play(A, b, cut, paid("2026-04-05", "60.00", invoice="B"), until="2026-05-05")

    assert told(outcome)[-1] == "05-05 first A plan 2026-03-12 instalment 2=100.00"
    assert per_currency(debt.open for debt in outcome.account.open_debts)[0].plain() == "100.00"


def test_a_plan_is_of_one_currency() -> None:
    dollars = invoice("U", "40.00", "2026-03-09", "USD")
    outcome = play(A, dollars, agreed("2026-03-08", ("2026-06-01", "40.00"), currency="USD"))

    assert told(outcome)[:3] == ["03-03 first A=100.00", "03-10 second A=100.00", "03-17 final A=100.00"]
    assert not any("U=" in line for line in told(outcome))


def test_an_invoice_in_instalments_can_be_under_a_plan() -> None:
    parts = [{"due_on": "2026-03-02", "amount": "40.00"}, {"due_on": "2026-03-23", "amount": "60.00"}]
    cut = agreed("2026-03-12", ("2026-04-06", "70.00"))
    outcome = play(invoice(instalments=parts), cut, under=policy(FIRST), until="2026-04-30")

    assert told(outcome) == [
        "03-03 first A instalment 1=40.00",
        # Of the second instalment 30.00 are left out of the plan.
        "03-24 first A instalment 2=30.00",
        "04-07 first A plan 2026-03-12 instalment 1=70.00",
    ]


@pytest.mark.parametrize(
    ("events", "today", "state"),
    [
        ([], "2026-04-06", "current"),
        ([], "2026-04-07", "missed"),
        ([paid("2026-04-06", "50.00")], "2026-04-30", "current"),
        ([paid("2026-04-06", "100.00")], "2026-04-07", "kept"),
        ([event("2026-03-20", "plan_ended", reason="r")], "2026-04-30", "ended"),
    ],
)
def test_what_came_in_says_whether_a_plan_is_kept(events: list[Event], today: str, state: str) -> None:
    (found,) = play(A, agreed(), *events, until=today).account.plans

    assert found.words == "100.00 EUR in 2 instalments until 2026-05-04"
    assert found.state(policy().plans, date.fromisoformat(today)) == state


def test_the_instalments_of_a_plan_are_of_the_future_and_in_order() -> None:
    wrong = [agreed("2026-04-02"), agreed("2026-03-12", *reversed(HALVES))]
    with pytest.raises(ValueError) as caught:
        read_events(CUSTOMER, wrong)

    first, second = str(caught.value).splitlines()
    assert first.startswith("events.0: instalments: the first instalment would be due on 2026-04-01, before")
    assert second.startswith("events.1: instalments: the instalment of 2026-04-01 comes after")


# --- what finance may do --------------------------------------------------------------------------


def at(*events: Event, on: str = "2026-03-12", under: Policy | None = None) -> Situation:
    account = build(CUSTOMER, read_events(CUSTOMER, events))
    return Situation(policy=under or policy(), account=account, now=at_noon(on))


def answer(situation: Situation, name: str, **data: object) -> str | None:
    return refusal(situation, name, read(name, data))


@pytest.mark.parametrize(
    ("situation", "parts", "more", "words"),
    [
        (at(A), HALVES, {}, None),
        (at(A), HALVES[:1], {}, None),
        (at(), HALVES, {}, "Nothing is open that could be paid in instalments."),
        (
            at(A),
            (*HALVES, ("2026-06-01", "0.01")),
            {},
            "100.01 EUR cannot be paid in instalments: 100.00 EUR are open.",
        ),
        (
            at(A),
            (("2026-03-12", "50"),),
            {},
            "The first instalment is due on 2026-03-12: agree on a day after 2026-03-12.",
        ),
        (
            at(A),
            (HALVES[1], HALVES[0]),
            {},
            (
                "The instalment of 2026-04-01 comes after that of 2026-05-04:"
                " write them in the order of their days, one a day."
            ),
        ),
        (at(A), HALVES, {"currency": "USD"}, "Nothing is open in USD; open are 100.00 EUR."),
        (at(A), (("2026-04-01", "50.001"),), {}, "50.001 EUR: EUR has 2 decimals."),
        (
            at(A, agreed("2026-03-10")),
            HALVES,
            {},
            "A plan to pay 100.00 EUR in 2 instalments until 2026-05-04 is current: end it first.",
        ),
        (
            at(A, under=policy(plans={"most_days": 30})),
            HALVES,
            {},
            "A plan is for 30 days at most: agree on a last instalment until 2026-04-11.",
        ),
    ],
)
def test_whether_a_plan_can_be_agreed_on(
    situation: Situation, parts: tuple[tuple[str, str], ...], more: dict[str, str], words: str | None
) -> None:
    instalments = [{"due_on": due_on, "amount": amount} for due_on, amount in parts]

    assert answer(situation, "agree_plan", instalments=instalments, **more) == words


def test_whether_a_plan_can_be_ended_and_what_may_be_promised_meanwhile() -> None:
    current = at(A, agreed("2026-03-10"))

    assert answer(at(A), "end_plan") == "No instalment plan is current."
    assert answer(current, "end_plan") is None
    assert answer(current, "end_plan", currency="USD") == "No instalment plan in USD is current."
    assert (
        answer(at(A, agreed("2026-03-10"), on="2026-04-07"), "end_plan") == "No instalment plan is current."
    )
    assert answer(current, "promise", pay_on="2026-03-20") == (
        "An instalment plan is current: say which amount was promised."
    )
    assert answer(current, "promise", pay_on="2026-03-20", amount="50") is None


def test_the_page_of_finance_says_which_plan_counts_and_what_is_due_when() -> None:
    account = at(A, agreed("2026-03-10")).account
    shown = plan(policy(), account, at_noon("2026-03-12"))

    assert open_says(shown.debts) == [
        "A plan 2026-03-10 instalment 1: 50.00 EUR, due 1 Apr 2026",
        "A plan 2026-03-10 instalment 2: 50.00 EUR, due 4 May 2026",
    ]
    assert rests_say(account, shown, date(2026, 3, 12)) == [
        "Pays 100.00 EUR in 2 instalments until 2026-05-04"
    ]


def test_a_policy_that_leaves_plans_as_they_are_keeps_its_version() -> None:
    assert policy(plans={"grace_days": 5}).version == policy().version
    assert policy(plans={"grace_days": 4}).version != policy().version


# --- what holds whatever happens ------------------------------------------------------------------

POLICIES = [policy(), CONTINUES, policy(*LADDER, tolerance={"EUR": "2"}, lateness="most_severe")]


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Two invoices, one in instalments, a plan or two about them, and what may happen meanwhile."""
    schedule = [{"due_on": "2026-03-02", "amount": "30.00"}, {"due_on": "2026-03-16", "amount": "70.00"}]
    events = [
        invoice(instalments=draw(st.sampled_from([None, schedule]))),
        invoice("B", "50.00", "2026-03-09"),
    ]
    for _ in range(draw(st.integers(1, 2))):
        at = date(2026, 2, 20) + timedelta(days=draw(st.integers(0, 50)))
        parts = [
            (str(at + timedelta(days=20 * n)), f"{draw(st.integers(1, 90))}.00")
            for n in range(1, 1 + draw(st.integers(1, 4)))
        ]
        events.append(agreed(str(at), *parts))
    for n in range(draw(st.integers(0, 6))):
        at = str(date(2026, 2, 10) + timedelta(days=draw(st.integers(0, 120))))
        amount, name = f"{draw(st.integers(1, 120))}.00", draw(st.sampled_from(["A", "B"]))
        happens = [
            paid(at, amount, f"P{n}", draw(st.sampled_from([None, name]))),
            paid(at, amount, f"P{n}", name),
            event(at, "credit_note", credit_note=f"C{n}", invoice=name, amount=amount),
            event(at, "charged_back", payment=f"P{draw(st.integers(0, 5))}"),
            event(at, "invoice_corrected", invoice=name, amount=amount),
            event(at, "dispute_opened", dispute=f"D{n}", invoice=name, amount=amount),
            event(at, "dispute_resolved", dispute=f"D{draw(st.integers(0, 5))}"),
            event(at, "write_off", invoice=name),
            event(at, "paused", reason="r", to=at[:8] + "28" if at[8:] < "28" else at),
            event(at, "plan_ended"),
        ]
        events.append(draw(st.sampled_from(happens)))
    return events


@settings(max_examples=examples(150), deadline=None, derandomize=True)
@given(histories(), st.sampled_from(POLICIES), st.integers(0, 150))
def test_the_parts_add_up_to_what_is_open_and_to_what_is_disputed(
    events: list[Event], under: Policy, day: int
) -> None:
    now = at_noon(str(date(2026, 2, 10) + timedelta(days=day)))
    account = play(*events, under=under, until=str(now.date())).account
    seen = Situation(policy=under, account=account, now=now)
    for debt in account.open_debts:
        parts = [part for part in seen.open_debts if part.invoice == debt.invoice]
        assert all(part.open.minor > 0 for part in parts)
        assert sum(part.open.minor for part in parts) == debt.open.minor
        assert sum(account.contested(part).minor for part in parts) == account.contested(debt).minor
    assert len({part.key for part in seen.open_debts}) == len(seen.open_debts)
    for each in seen.plans:
        of_plan = [part for part in seen.open_debts if part.part.startswith(f"plan {each.agreed_on}")]
        assert sum(part.open.minor for part in of_plan) == each.left_on(now.date()).minor


@settings(max_examples=examples(150), deadline=None, derandomize=True)
@given(histories(), st.sampled_from(POLICIES), st.randoms(use_true_random=False))
def test_nothing_twice_nobody_unwarned_and_the_order_of_facts_changes_nothing(
    events: list[Event], under: Policy, random: Random
) -> None:
    outcome = play(*events, under=under, until="2026-08-31")
    done = [line for line in outcome.lines if line.kind == "effect"]
    keys = [(line.step, line.channel, debt.key, debt.opening) for line in done for debt in line.debts]
    assert len(keys) == len(set(keys))
    for line in done:
        for debt in line.debts if line.effect == "suspend" else ():
            (warning,) = [
                claim
                for claim in outcome.account.claims
                if claim.step == "final" and (debt.key, debt.opening) in claim.debts
            ]
            assert warning.delivered_at is not None
            assert warning.delivered_at + timedelta(days=10) <= line.at
            assert warning.suspend_on is not None
            assert warning.suspend_on <= line.at.date()
    shuffled = list(events)
    random.shuffle(shuffled)
    assert play(*shuffled, under=under, until="2026-08-31").json() == outcome.json()


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(histories(), st.sampled_from(POLICIES))
def test_looking_more_often_finds_nothing_that_was_not_waited_for(events: list[Event], under: Policy) -> None:
    ticks = [event(f"{date(2026, 2, 12) + timedelta(days=n)}T13:07:00Z", "tick") for n in range(0, 180, 2)]

    assert told(play(*events, *ticks, under=under, until="2026-08-31")) == told(
        play(*events, under=under, until="2026-08-31")
    )
