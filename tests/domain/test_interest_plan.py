"""Interest and fees in the plan: when they are proposed, in which words, and when no more.

The invoice was due on Monday 31 August 2026; the customer lives in UTC, where the window is open
from 09:00 to 17:00 on weekdays. The tables of rates are those that ship.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account_fold import build
from domain.claim import Claim
from domain.customer import Customer
from domain.interest.rates import Rates, read_rates
from domain.policy import Policy
from domain.rules.interest import over
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Line, Outcome
from domain.situation import Situation
from tests.domain.playing import Event, event, paid, policy

ROOT = Path(__file__).parents[2]
RATES = read_rates(
    {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "policies" / "rates").glob("*.yaml")}
)
NOTICE = {"kind": "notice", "id": "first", "offset_days": 10, "template": "t", "channels": ["email", "sms"]}
LAW = {"basis": "statutory", "compensation": True, "propose_at": 60}
AGREED = {
    "basis": "contract",
    "clause": "Terms, section 7",
    "annual_percent": 12,
    "propose_at": 30,
    "fees": {"first": {"EUR": 5}},
    "cap": {"EUR": 100},
}
OPEN = {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "holidays": False}


def under(**interest: Any) -> Policy:
    return policy(NOTICE, interest=interest, window=OPEN)


def who(country: str = "NL", segment: str = "business") -> Customer:
    return Customer(id="c-1", country=country, segment=segment)


def issued(name: str = "A", amount: str = "10000.00", currency: str = "EUR", **more: Any) -> Event:
    fields = {"invoice": name, "amount": amount, "currency": currency, "due_on": "2026-08-31", **more}
    return event("2026-08-01", "invoice_issued", **fields)


def booked(at: str, amount: str, kind: str = "interest", fee: str = "F", **more: Any) -> Event:
    what = {"fee": fee, "invoice": "A", "kind": kind, "amount": amount, "currency": "EUR", "basis": "b"}
    return event(at, "fee_booked", **{**what, "until": at[:10], **more})


def play(
    *events: Event,
    terms: dict[str, Any] = LAW,
    customer: Customer | None = None,
    until: str = "2026-12-20",
    rates: Rates = RATES,
) -> Outcome:
    customer = customer or who()
    history = read_events(customer, events)
    return simulate(under(**terms), customer, history, date.fromisoformat(until), rates=rates)


def work(outcome: Outcome) -> list[Line]:
    return [line for line in outcome.lines if line.effect == "task"]


def says(outcome: Outcome) -> list[str]:
    """Return the tasks as `10-30 09:00 interest A 293.15`."""
    return [
        f"{line.at:%m-%d %H:%M} {line.step} {each.invoice} {each.amount.plain()}"
        for line in work(outcome)
        for each in line.debts
    ]


# --- golden cases --------------------------------------------------------------------------------


def test_uk_the_governments_example_is_proposed_booked_and_paid_to_10_293_15() -> None:
    """10,000 for 60 days at 11.75 %: 193.15, and 100. Source: collections-practice.md, 7.2."""
    debt = issued(currency="GBP")
    fee = {"fee": "A-I1", "invoice": "A", "currency": "GBP", "basis": "b", "until": "2026-10-30"}
    interest = event("2026-10-30T10:00Z", "fee_booked", kind="interest", amount="193.15", **fee)
    fee["fee"] = "A-C1"
    sum_ = event("2026-10-30T10:00Z", "fee_booked", kind="compensation", amount="100.00", **fee)

    outcome = play(debt, interest, sum_, customer=who("GB"), until="2026-10-31")

    assert says(outcome) == ["10-30 09:00 interest A 293.15"]
    (line,) = work(outcome)
    assert line.reason is not None
    assert line.reason.words == (
        "193.15 GBP interest and 100.00 GBP compensation on A to 2026-10-30:"
        " 10,000.00 GBP × 11.75 % × 60/365 = 193.15 GBP; compensation 100.00 GBP;"
        " Late Payment of Commercial Debts (Interest) Act 1998; SI 2002/1675 art. 4: Bank Rate and 8 %,"
        " simple; Late Payment of Commercial Debts (Interest) Act 1998, s. 5A;"
        " rows uk-2026-h2; figures secondary"
    )
    assert outcome.json()["end"]["balance"] == {"GBP": "10293.15"}
    settled = paid("2026-11-02", "10293.15", currency="GBP")
    after = play(debt, interest, sum_, settled, customer=who("GB"))
    assert after.json()["end"]["balance"] == {"GBP": "0.00"}


def test_eu_10_000_euro_45_days_late_in_the_second_half_of_2026() -> None:
    """ECB 2.40 + 8: 10,000 × 0.1040 × 45 / 365 = 128.22, and 40.

    Source: Directive 2011/7/EU, art. 3 and 6.
    """
    outcome = play(issued(), terms={**LAW, "propose_at": 45})

    assert says(outcome) == ["10-15 09:00 interest A 168.22"]


def test_what_was_paid_in_part_bears_interest_until_its_day_and_is_rounded_once() -> None:
    """10,000 × 10.40 % × 22/365 + 6,000 × 10.40 % × 23/365 = 102.0055: 102.01, and not 62.68 + 39.32."""
    outcome = play(issued(), paid("2026-09-23", "4000.00", invoice="A"), terms={**LAW, "propose_at": 45})

    assert says(outcome) == ["10-15 09:00 interest A 142.01"]


def test_each_instalment_brings_a_proposal_on_what_is_late_of_its_invoice() -> None:
    """4,000 × 10.40 % × 60/365 + 6,000 × 10.40 % × 30/365 = 119.67, then × 90 and × 60: 205.15; twice 40."""
    parts = [{"due_on": "2026-08-31", "amount": "4000.00"}, {"due_on": "2026-09-30", "amount": "6000.00"}]
    outcome = play(issued(instalments=parts))

    assert says(outcome) == ["10-30 09:00 interest A 199.67", "11-29 09:00 interest A 285.15"]


# --- when and for whom ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "customer", "expected"),
    [
        (LAW, who(), ["10-30 09:00 interest A 210.96"]),
        ({"basis": "none"}, who(), []),
        ({}, who(), []),
        (LAW, who(segment="consumer"), []),
        (LAW, who(segment="school"), []),
        ({**LAW, "b2g": ["school"]}, who(segment="school"), ["10-30 09:00 interest A 210.96"]),
        ({**LAW, "compensation": False}, who(), ["10-30 09:00 interest A 170.96"]),
        ({**LAW, "propose_at": "first"}, who(), ["09-10 09:00 interest A 68.49"]),
        (AGREED, who(), ["09-10 09:00 fee.first A 5.00", "09-30 09:00 interest A 98.63"]),
        (AGREED, who(segment="consumer"), []),
        (
            {**AGREED, "cap": {"EUR": 50}},
            who(),
            ["09-10 09:00 fee.first A 5.00", "09-30 09:00 interest A 50.00"],
        ),
        (LAW, who("US"), []),
    ],
)
def test_once_a_debt_and_never_where_policy_or_law_give_nothing(
    terms: dict[str, Any], customer: Customer, expected: list[str]
) -> None:
    assert says(play(issued(), terms=terms, customer=customer)) == expected


def test_each_debt_has_its_own_proposal_and_a_fee_none() -> None:
    outcome = play(issued(), issued("B", "100.00"), booked("2026-09-02", "9.00"), until="2027-01-20")

    # Interest of A was booked until 2 September: 58 days are left, and no day twice.
    assert says(outcome) == ["10-30 09:00 interest A 205.26", "10-30 09:00 interest B 41.71"]


def test_a_debt_that_is_opened_again_gets_a_proposal_of_what_is_left() -> None:
    events = [
        issued(),
        booked("2026-10-30T10:00Z", "170.96"),
        booked("2026-10-30T10:00Z", "40.00", kind="compensation", fee="G"),
        paid("2026-11-05", "10000.00", invoice="A"),
        event("2026-11-25", "charged_back", payment="P"),
    ]

    outcome = play(*events)

    # 31 October to 4 November, and 25 November: 6 days.
    assert says(outcome) == ["10-30 09:00 interest A 210.96", "11-25 00:00 interest A 17.10"]


def test_instalments_that_wait_together_are_one_proposal_and_a_fee_is_one_for_all() -> None:
    parts = [{"due_on": "2026-08-31", "amount": "6000.00"}, {"due_on": "2026-09-02", "amount": "4000.00"}]
    promise = event("2026-09-20", "promise_made", pay_on="2026-10-05")

    outcome = play(issued(instalments=parts), promise, terms=AGREED)

    assert [line.step for line in work(outcome)] == ["fee.first", "interest"]
    (_, proposal) = work(outcome)
    # 6,000 × 12 % × 38/365 + 4,000 × 12 % × 36/365 = 122.30, of which the cap leaves 100.
    assert [(each.part, each.amount.plain()) for each in proposal.debts] == [
        ("instalment 1", "100.00"),
        ("instalment 2", "0.00"),
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([event("2026-10-20", "paused", reason="r", to="2026-11-08")], ["11-19 09:00 interest A"]),
        ([event("2026-10-20", "hold_set", reason="attorney")], []),
        ([event("2026-10-20", "exempted", reason="r", invoice="A")], []),
        ([event("2026-10-20", "dispute_opened", dispute="D", invoice="A")], []),
        ([event("2026-10-20", "promise_made", pay_on="2026-11-03")], ["11-06 00:00 interest A"]),
        ([paid("2026-10-20", "10000.00")], []),
        ([event("2026-10-20", "credit_note", credit_note="C", invoice="A", amount="10000.00")], []),
        ([event("2026-10-20", "invoice_voided", invoice="A")], []),
    ],
)
def test_a_proposal_waits_while_chasing_rests(more: list[Event], expected: list[str]) -> None:
    assert [line.rpartition(" ")[0] for line in says(play(issued(), *more))] == expected


def test_interest_runs_in_a_pause_unless_the_policy_says_otherwise() -> None:
    pause = event("2026-09-10", "paused", reason="r", to="2026-09-19")

    runs = play(issued(), pause, terms={**LAW, "compensation": False})
    rests = play(issued(), pause, terms={**LAW, "compensation": False, "runs_in_pauses": False})

    # Both come ten days later, since the pause froze the age; the days of interest differ.
    assert says(runs) == ["11-09 09:00 interest A 199.45"]
    assert says(rests) == ["11-09 09:00 interest A 170.96"]
    (line,) = work(rests)
    assert line.reason is not None
    assert line.reason.words.endswith(
        "; not asked for: paused from 2026-09-10 to 2026-09-19, and the policy lets interest rest"
    )


def test_a_missing_row_is_named_where_it_keeps_everything_back() -> None:
    outcome = play(issued(currency="GBP", due_on="2027-01-15"), customer=who("GB"), until="2027-04-30")

    assert work(outcome) == []
    held = [line.reason.words for line in outcome.lines if line.step == "interest" and line.reason]
    assert held == ["table uk has no row uk-2027-h1: no interest on what went late on 2027-01-16"]


def test_before_the_ledger_went_live_nothing_is_proposed() -> None:
    history = read_events(who(), [issued()])

    outcome = simulate(
        under(**LAW), who(), history, date(2026, 12, 1), rates=RATES, go_live_on=date(2026, 11, 1)
    )

    assert work(outcome) == []


def test_a_fee_is_for_a_notice_that_went_out() -> None:
    nowhere = event("2026-09-01", "contact_invalid")

    assert says(play(issued(), terms=AGREED))[0] == "09-10 09:00 fee.first A 5.00"
    assert "fee.first" not in str(says(play(issued(), nowhere, terms=AGREED)))


def test_the_fee_of_a_step_is_proposed_once_however_often_the_debt_opens() -> None:
    events = [
        issued(),
        booked("2026-09-11", "5.00", kind="fee", step="first"),
        paid("2026-09-15", "10000.00", invoice="A"),
        event("2026-09-20", "charged_back", payment="P"),
    ]

    outcome = play(*events, terms={**AGREED, "propose_at": 300})

    assert says(outcome) == ["09-10 09:00 fee.first A 5.00"]
    first = [line.debts[0].invoice for line in outcome.lines if (line.kind, line.step) == ("effect", "first")]
    assert first == ["A", "A", "F"]


# --- what turns out wrong ------------------------------------------------------------------------


def situation(
    *events: Event, claims: list[Claim], on: str = "2026-11-20", terms: dict[str, Any] = LAW
) -> Situation:
    account = build(who(), read_events(who(), events), claims, rates=RATES)
    now = datetime.fromisoformat(f"{on}T12:00").replace(tzinfo=UTC)
    return Situation(policy=under(**terms), account=account, now=now)


def claim(step: str, debt: str = "A", *, at: str = "2026-10-30", channel: str = "task", **more: Any) -> Claim:
    claimed_at = datetime.fromisoformat(f"{at}T09:00").replace(tzinfo=UTC)
    fields = {"message": f"m-{step}-{channel}", "step": step, "channel": channel, "debts": ((debt, 1),)}
    return Claim(**{**fields, "claimed_at": claimed_at, **more})


INTEREST = booked("2026-10-30T10:00Z", "170.96")
COMPENSATED = booked("2026-10-30T10:00Z", "40.00", kind="compensation", fee="G")
WHOLE = event("2026-11-05", "credit_note", credit_note="C", invoice="A", amount="10000.00")
VOID = event("2026-11-05", "invoice_voided", invoice="A")


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([], None),
        ([INTEREST], None),  # the compensation is not booked yet
        ([INTEREST, COMPENSATED], "booked"),
        ([booked("2026-10-20", "9.00")], None),  # that was before the proposal
        ([paid("2026-11-05", "10000.00")], None),  # late is late
        ([VOID], "withdrawn: nothing is asked for on A any more"),
        ([WHOLE], "withdrawn: nothing is asked for on A any more"),
        ([event("2026-11-05", "dispute_opened", dispute="D", invoice="A")], None),  # it may be won
    ],
)
def test_a_proposal_is_over_when_it_is_booked_or_its_ground_is_gone(
    events: list[Event], why: str | None
) -> None:
    at = situation(issued(), *events, claims=[claim("interest")])

    assert [each.why for each in over(at)] == ([why] if why else [])


@pytest.mark.parametrize(
    ("events", "sms", "why"),
    [
        ([], "sent", None),
        ([booked("2026-10-31", "5.00", kind="fee", step="first")], "sent", "booked"),
        ([VOID], "sent", "withdrawn: no fee for first is owed"),
        ([], "refused", "withdrawn: no fee for first is owed"),
    ],
)
def test_a_fee_goes_with_its_notice(events: list[Event], sms: str, why: str | None) -> None:
    notice = claim("first", channel="sms", at="2026-09-10", state=sms)
    at = situation(issued(), *events, claims=[notice, claim("fee.first")], terms=AGREED)

    assert [each.why for each in over(at)] == ([why] if why else [])


@pytest.mark.parametrize("wrong", [VOID, WHOLE])
def test_what_was_booked_on_an_invoice_that_was_wrong_is_to_be_cancelled_once_each(wrong: Event) -> None:
    outcome = play(issued(), INTEREST, COMPENSATED, wrong)

    assert says(outcome)[1:] == ["11-05 00:00 cancel_fee F 170.96", "11-05 00:00 cancel_fee G 40.00"]
    assert work(outcome)[1].reason.words == (  # type: ignore[union-attr]
        "F of 170.96 EUR is to be cancelled: nothing of A was ever owed"
    )


def test_a_fee_is_to_be_cancelled_when_its_notice_comes_back() -> None:
    events = [issued(), booked("2026-09-11", "5.00", kind="fee", step="first")]
    events += [event("2026-09-01", "contact_invalid", channel="sms")]
    events += [event("2026-09-12T11:00Z", "bounced", channel="email")]

    assert "09-12 11:00 cancel_fee F 5.00" in says(play(*events, terms=AGREED))


def test_a_credit_of_a_part_cancels_nothing() -> None:
    part = event("2026-11-05", "credit_note", credit_note="C", invoice="A", amount="9999.00")

    assert says(play(issued(), INTEREST, COMPENSATED, part))[1:] == []


def test_a_cancelled_fee_may_be_booked_again_and_its_task_is_over() -> None:
    gone = event("2026-11-06", "fee_cancelled", fee="F", reason="r")
    tasks = [claim("cancel_fee", "F", at="2026-11-05")]

    assert [each.why for each in over(situation(issued(), INTEREST, VOID, claims=tasks))] == []
    assert [each.why for each in over(situation(issued(), INTEREST, VOID, gone, claims=tasks))] == [
        "cancelled"
    ]
    assert situation(issued(), INTEREST, gone, claims=[]).account.fees == ()


# --- promises ------------------------------------------------------------------------------------

money = st.sampled_from(["1.00", "40.00", "99.99", "2500.00"])
days = st.dates(date(2026, 9, 1), date(2026, 12, 31)).map(date.isoformat)
happenings = st.lists(
    st.one_of(
        st.builds(
            lambda d, m, n: paid(d, m, name=f"P-{d}-{m}", invoice=n),
            days,
            money,
            st.sampled_from(["A", None, "F"]),
        ),
        st.builds(lambda d, m: booked(d, m), days, money),
        st.builds(lambda d, m: booked(d, m, kind="fee", fee="G", step="first"), days, money),
        st.builds(lambda d: event(d, "fee_cancelled", fee="F", reason="r"), days),
        st.builds(lambda d: event(d, "fee_waived", fee="G", reason="r"), days),
        st.builds(lambda d: event(d, "invoice_voided", invoice="A"), days),
        st.builds(lambda d: event(d, "paused", reason="r", to="2026-12-31"), days),
        st.builds(
            lambda d, m: event(d, "credit_note", credit_note=f"C-{d}", invoice="A", amount=m), days, money
        ),
    ),
    max_size=6,
)


@given(happenings, st.sampled_from([LAW, AGREED]), st.sampled_from(["business", "consumer"]))
def test_never_on_consumers_never_on_a_fee_and_never_twice(
    events: list[Event], terms: dict[str, Any], segment: str
) -> None:
    outcome = play(issued(), issued("B", "75.00"), *events, terms=terms, customer=who(segment=segment))

    asked = [line for line in work(outcome) if line.step != "cancel_fee"]
    assert not (segment == "consumer" and asked)
    assert all(each.invoice in ("A", "B") and each.amount.minor > 0 for line in asked for each in line.debts)
    keys = [(line.step, each.invoice, each.opening) for line in work(outcome) for each in line.debts]
    assert len(keys) == len(set(keys))
    assert all(line.effect != "suspend" for line in outcome.lines)
