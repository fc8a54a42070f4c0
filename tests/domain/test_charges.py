"""Charges of cards: when a card is tried again, what a decline means, and how often a network allows it.

The standard invoice A is due on Monday 2 March 2026, in UTC; retries run from 06:00, messages from 09:00.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.charges.declines import DECLINES, classify
from domain.charges.networks import NETWORKS, caps_of, never_again
from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.plan import plan
from domain.policy import Policy
from domain.policy_lint import lint
from domain.reasons import Reason
from domain.rules.charges import declined_as
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Line, Outcome
from domain.view_words import contact_says
from tests.domain.playing import (
    CALL,
    CUSTOMER,
    FIRST,
    LADDER,
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

LADDER_OF_CHARGES = {"retry_days": [1, 3, 5, 7]}
VISA = event("2026-02-01", "card_added", instrument="v1", network="visa")
UP_TO_FIRST = ["03-03 06:00 charge_1/charge A", "03-03 09:00 first/email A"]


def failed(at: str = "2026-03-02T07:00:00Z", decline: str | None = "soft", **more: Any) -> Event:
    return event(at, "payment_failed", **{"invoice": "A", "by": "engine", "decline": decline, **more})


def under(*steps: Any, **charges: Any) -> Policy:
    return policy(*steps, charges={**LADDER_OF_CHARGES, **charges})


def charged(*events: Event, under: Policy, until: str = "2026-03-31", **more: Any) -> list[str]:
    """The attempts and requests for a card, as `03-03 06:00 charge_1/charge A`."""
    lines = effects(play(*events, under=under, until=until, **more))
    return [line for line in lines if "charge_" in line or "card_update" in line]


# --- the ladder ----------------------------------------------------------------------------------


def test_a_soft_decline_is_tried_again_on_the_days_of_the_ladder() -> None:
    assert charged(VISA, A, failed(), under=under(before_steps=False)) == [
        "03-03 06:00 charge_1/charge A",
        "03-05 06:00 charge_2/charge A",
        "03-07 06:00 charge_3/charge A",  # a Saturday: contact hours are for messages
        "03-09 06:00 charge_4/charge A",
    ]


def test_each_instalment_is_charged_by_itself_and_an_invoice_once_a_day() -> None:
    parts = [{"due_on": "2026-03-02", "amount": "40.00"}, {"due_on": "2026-03-05", "amount": "60.00"}]
    outcome = play(VISA, invoice(instalments=parts), failed(), under=under(), until="2026-03-07")

    tried = [line for line in outcome.lines if line.effect == "charge"]
    assert [(f"{line.at:%m-%d}", line.debts[0].key, line.debts[0].amount.plain()) for line in tried] == [
        ("03-03", "A instalment 1", "40.00"),
        ("03-05", "A instalment 1", "40.00"),
        ("03-06", "A instalment 2", "60.00"),
        ("03-07", "A instalment 1", "40.00"),
    ]


def test_without_charges_in_the_policy_no_card_is_charged() -> None:
    assert charged(VISA, A, failed(), under=policy()) == []


def test_a_policy_without_charges_keeps_its_version_and_one_with_them_has_another() -> None:
    assert policy(charges=None).version == policy().version
    assert "charges" not in policy().canonical()
    assert under().version != policy().version
    assert Policy.model_validate_json(under().canonical()).version == under().version


def test_who_has_no_card_is_not_charged_and_the_plan_says_so() -> None:
    outcome = play(A, failed(), under=under(), until="2026-03-20")
    assert [line for line in effects(outcome) if "charge" in line] == []
    assert "03-03 charge_1 charge.no_card" in holds(outcome)


@pytest.mark.parametrize("by", ["customer", "admin", None])
def test_only_the_engines_own_attempts_count(by: str | None) -> None:
    """PL-08: what a customer tries does not move the schedule."""
    rules = under(before_steps=False)
    assert charged(VISA, A, failed(by=by), under=rules) == []
    alone = charged(VISA, A, failed(), under=rules)
    both = charged(VISA, A, failed(), failed("2026-03-03T20:00:00Z", by=by), under=rules)
    assert both == alone


def test_a_rung_that_was_missed_is_not_made_up_for() -> None:
    down = event("2026-03-02T12:00:00Z", "workers_down", until="2026-03-08T12:00:00Z")
    got = charged(VISA, A, failed(), down, under=under(before_steps=False))
    assert got == ["03-08 12:00 charge_3/charge A", "03-09 06:00 charge_4/charge A"]


def test_nothing_is_charged_before_it_is_due() -> None:
    later = invoice(due="2026-03-09")
    got = charged(VISA, later, failed(), under=under(before_steps=False))
    assert got == ["03-09 06:00 charge_4/charge A"]


def test_what_is_open_is_charged_and_not_what_is_disputed_or_paid_on_account() -> None:
    dispute = event("2026-03-02", "dispute_opened", dispute="D", invoice="A", amount="30.00")
    outcome = play(VISA, A, failed(), dispute, under=under(), until="2026-03-03")
    (charge,) = [line for line in outcome.lines if line.effect == "charge"]
    assert [str(debt.amount) for debt in charge.debts] == ["70.00 EUR"]


def test_the_oldest_invoice_is_charged_first_and_each_by_itself() -> None:
    b = invoice("B", due="2026-03-01")
    both = [VISA, A, b, failed(), failed(invoice="B")]
    got = charged(*both, under=under(before_steps=False), until="2026-03-04")
    assert got == ["03-03 06:00 charge_1/charge B", "03-03 06:00 charge_1/charge A"]


def test_days_are_the_customers_also_when_the_clock_changes() -> None:
    """Berlin goes to summer time on 29 March 2026: 06:00 there is 05:00, then 04:00 in UTC."""
    late = invoice(due="2026-03-27")
    berlin = Customer(id="c-1", timezone="Europe/Berlin", currency="EUR")
    rules = policy(FIRST, charges={"retry_days": [1, 3], "before_steps": False})
    got = charged(VISA, late, failed("2026-03-27T07:00:00Z"), under=rules, customer=berlin)
    assert got == ["03-28 05:00 charge_1/charge A", "03-30 04:00 charge_2/charge A"]


# --- answers -------------------------------------------------------------------------------------


def test_money_within_a_day_is_the_answer_and_the_step_waits_for_it() -> None:
    outcome = play(VISA, A, failed(), paid("2026-03-03T15:00:00Z", invoice="A"), under=under())
    assert effects(outcome) == ["03-03 06:00 charge_1/charge A"]
    assert "03-03 first hold.charge_first" in holds(outcome)


def test_a_decline_within_a_day_is_the_answer() -> None:
    hard = failed("2026-03-03T15:00:00Z", "lost_card")
    outcome = play(VISA, A, failed(), hard, under=under(), until="2026-03-06")
    assert effects(outcome)[:1] == ["03-03 06:00 charge_1/charge A"]
    assert "03-05 charge_2 charge.hard" in holds(outcome)
    assert len(outcome.account.attempts) == 2


def test_what_comes_later_than_a_day_answers_nothing() -> None:
    outcome = play(VISA, A, failed(), failed("2026-03-04T07:00:00Z"), under=under(), until="2026-03-04")
    assert effects(outcome) == UP_TO_FIRST
    assert len(outcome.account.attempts) == 3


def test_money_in_flight_is_an_answer_that_holds_everything_until_it_fails() -> None:
    flying = event(
        "2026-03-03T08:00:00Z", "payment_in_flight", payment="F", amount="100.00", currency="EUR", invoice="A"
    )
    down = event("2026-03-06T12:00:00Z", "payment_failed", payment="F", decline="insufficient_funds")
    outcome = play(VISA, A, failed(), flying, down, under=under(before_steps=False), until="2026-03-06")
    assert effects(outcome) == [
        "03-03 06:00 charge_1/charge A",
        "03-06 12:00 charge_2/charge A",
        "03-06 12:00 first/email A",
    ]
    assert [each.decline for each in outcome.account.attempts][1] == "insufficient_funds"


def test_failures_after_the_payment_change_nothing() -> None:
    """PL-09: a late failure of an invoice that is paid is only history."""
    settled = [VISA, A, paid("2026-03-02T06:00:00Z", invoice="A")]
    assert effects(play(*settled, failed(), under=under())) == []


@pytest.mark.parametrize("end", ["invoice_voided", "write_off"])
def test_failures_after_the_end_change_nothing(end: str) -> None:
    """PL-10."""
    ended = [VISA, A, event("2026-03-02", end, invoice="A")]
    assert effects(play(*ended, failed(), under=under())) == []


def test_a_debit_from_a_bank_account_that_fails_says_nothing_of_the_card() -> None:
    flying = event("2026-03-02T06:00:00Z", "payment_in_flight", payment="F", amount="100.00", currency="EUR")
    bounced = event("2026-03-02T07:00:00Z", "payment_failed", payment="F", decline="hard")
    outcome = play(VISA, A, flying, bounced, under=under(), until="2026-03-02")
    assert outcome.account.attempts == ()


# --- what a decline means ------------------------------------------------------------------------

NEVER = "04 07 12 14 15 41 43 46 57 R0 R1 R3".split()


@pytest.mark.parametrize("code", NEVER)
def test_visa_category_1_is_never_tried_again(code: str) -> None:
    """Visa, decline category 1, as Evolve and TabaPay list it (reference, section 5)."""
    assert classify(code, "visa", {}) == "hard"
    assert classify(code, "Visa", {code: "soft"}) == "hard"


@pytest.mark.parametrize("network", [None, "mastercard", "girocard"])
def test_a_network_whose_codes_nobody_has_read_has_those_of_all(network: str | None) -> None:
    assert all(never_again(code, network) for code in NEVER)


@pytest.mark.parametrize(
    ("decline", "means"),
    [
        (None, "soft"),
        ("soft", "soft"),
        ("hard", "hard"),
        ("insufficient_funds", "soft"),
        ("processing_error", "technical"),
        ("expired_card", "customer"),
        ("incorrect_cvc", "customer"),
        ("authentication_required", "customer"),
        ("lost_card", "hard"),
        ("stolen_card", "hard"),
        ("transaction_not_allowed", "hard"),
        ("no_such_code", "unknown"),
    ],
)
def test_a_decline_has_a_class(decline: str | None, means: str) -> None:
    """Hard as Stripe lists it; expired, incorrect CVC and authentication need the customer (section 5)."""
    assert classify(decline, "visa", {}) == means


# All of docs.stripe.com/declines/codes, cards, as of November 2026, deprecated ones too.
STRIPE = """approve_with_id authentication_not_handled authentication_required call_issuer card_not_supported
    card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction
    expired_card fraudulent generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_pin
    incorrect_zip insufficient_funds invalid_account invalid_amount invalid_cvc invalid_expiry_month
    invalid_expiry_year invalid_number invalid_pin issuer_not_available lost_card merchant_blacklist
    mobile_device_authentication_required new_account_information_available no_action_taken not_permitted
    offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded processing_error
    reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization
    security_violation service_not_allowed stolen_card stop_payment_order testmode_decline
    transaction_not_allowed try_again_later withdrawal_count_limit_exceeded""".split()


@pytest.mark.parametrize("code", STRIPE)
def test_somebody_has_said_what_each_decline_of_stripe_means(code: str) -> None:
    assert classify(code, "visa", {}) != "unknown"


def test_what_stripe_itself_never_tries_again_is_not_tried_again() -> None:
    """Its list of hard declines, at which Smart Retries stop until there is another card."""
    hard = """incorrect_number lost_card pickup_card stolen_card revocation_of_authorization
        revocation_of_all_authorizations authentication_required highest_risk_level transaction_not_allowed"""
    assert {classify(code, "visa", {}) for code in hard.split()} <= {"hard", "customer"}


def test_the_policy_says_what_a_code_of_its_provider_means() -> None:
    assert classify("no_such_code", "visa", {"no_such_code": "soft"}) == "soft"
    assert classify("insufficient_funds", "visa", {"insufficient_funds": "customer"}) == "customer"


def test_no_table_of_ours_contradicts_a_network() -> None:
    for network in NETWORKS:
        assert {DECLINES.get(code, "hard") for code in network.never} <= {"hard"}


@pytest.mark.parametrize("decline", ["lost_card", "41", "no_such_code", "expired_card"])
def test_after_such_a_decline_the_card_is_left_alone_and_the_customer_asked_once(decline: str) -> None:
    got = charged(VISA, A, failed(decline=decline), under=under(), until="2026-04-30")
    assert got == ["03-02 09:00 card_update_1/email A"]


def test_the_request_obeys_the_hours_and_the_gap_and_the_reminder_follows_after_it() -> None:
    saturday = failed("2026-03-07T10:00:00Z", "expired_card")
    got = effects(play(VISA, A, saturday, under=under(), until="2026-03-12"))
    assert got == [
        "03-03 09:00 charge_before_first/charge A",
        "03-03 09:00 first/email A",
        "03-04 06:00 charge_1/charge A",
        "03-06 06:00 charge_2/charge A",
        "03-09 09:00 card_update_1/email A",
        "03-11 09:00 second/email A",
    ]


def test_the_same_card_with_new_data_is_tried_again_but_not_after_a_hard_decline() -> None:
    again = event("2026-03-10T10:00:00Z", "card_added", instrument="v1", network="visa")
    rules = under(before_steps=False)
    expired = charged(VISA, A, failed(decline="expired_card"), again, under=rules)
    assert "03-10 10:00 charge_card_2/charge A" in expired
    stolen = charged(VISA, A, failed(decline="stolen_card"), again, under=rules)
    assert [line for line in stolen if "charge_" in line] == []


def test_after_a_chargeback_no_card_from_before_is_charged() -> None:
    taken = paid("2026-02-20T10:00:00Z", invoice="A")
    back = event("2026-03-05T10:00:00Z", "charged_back", payment="P")
    outcome = play(VISA, A, taken, back, failed("2026-03-06T07:00:00Z"), under=under(), until="2026-03-20")
    assert [line for line in effects(outcome) if "charge" in line] == []
    assert any(line.endswith("charge.charged_back") for line in holds(outcome))
    reversed_ = event("2026-03-07T10:00:00Z", "chargeback_reversed", payment="P")
    refunded = event("2026-03-08T10:00:00Z", "refunded", payment="P")
    late = failed("2026-03-09T10:00:00Z")
    again = charged(VISA, A, taken, back, reversed_, refunded, late, under=under(before_steps=False))
    assert again[0] == "03-10 06:00 charge_1/charge A"


# --- a new card ----------------------------------------------------------------------------------


def added(at: str, instrument: str = "v2", **more: Any) -> Event:
    return event(at, "card_added", instrument=instrument, **more)


def test_a_new_card_is_tried_at_once_once() -> None:
    """Recurly documents that it does not: what its users complain about (reference, section 3)."""
    rules = under(retry_days=[])
    got = charged(VISA, A, failed(decline="lost_card"), added("2026-03-14T22:30:00Z"), under=rules)
    assert got[:2] == ["03-02 09:00 card_update_1/email A", "03-14 22:30 charge_card_2/charge A"]
    assert sum("charge_card_2" in line for line in got) == 1


def test_a_new_card_is_tried_for_every_late_invoice_and_also_after_the_deadline() -> None:
    b = invoice("B", due="2026-03-05")
    events = [VISA, A, b, failed(decline="lost_card"), added("2026-03-20T10:00:00Z")]
    rules = under(retry_days=[], stop_days=3, before_steps=False)
    got = [line for line in charged(*events, under=rules) if "card_2" in line]
    assert got == ["03-20 10:00 charge_card_2/charge A", "03-20 10:00 charge_card_2/charge B"]


def test_a_card_from_before_the_invoice_was_late_is_not_new() -> None:
    assert charged(added("2026-02-20"), A, under=under(before_steps=False)) == []


def test_a_card_that_was_removed_is_not_charged() -> None:
    gone = event("2026-03-04", "card_removed", instrument="v1", reason="expired")
    outcome = play(VISA, A, failed(), gone, under=under(before_steps=False), until="2026-03-10")
    assert [line for line in effects(outcome) if "charge" in line] == ["03-03 06:00 charge_1/charge A"]
    assert "03-05 charge_2 charge.no_card" in holds(outcome)


# --- before a step -------------------------------------------------------------------------------


def test_a_last_attempt_is_made_before_each_step_that_is_about_to_happen() -> None:
    """Kill Bill 455, KB-22: one last charge attempt before each escalation."""
    rules = policy(*LADDER[:3], CALL, LADDER[3], charges={"stop_declines": 20})
    got = effects(play(VISA, A, under=rules))
    assert [line.split()[2] for line in got] == [
        *("charge_before_first/charge", "first/email", "charge_before_second/charge", "second/email"),
        *("charge_before_final/charge", "final/email", "charge_before_call/charge", "call/task"),
        *("charge_before_suspend/charge", "suspend/service", "suspended/email"),
    ]


def test_a_last_attempt_that_is_paid_saves_the_customer_the_step() -> None:
    answer = paid("2026-03-03T09:00:30Z", invoice="A")
    assert effects(play(VISA, A, answer, under=under())) == ["03-03 09:00 charge_before_first/charge A"]


def test_the_attempt_of_the_same_day_is_the_last_one() -> None:
    assert effects(play(VISA, A, failed(), under=under(), until="2026-03-03")) == UP_TO_FIRST


def test_before_steps_can_be_switched_off() -> None:
    assert charged(VISA, A, under=under(before_steps=False)) == []


# --- what holds a charge -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "rule"),
    [
        (event("2026-03-02", "paused", reason="r", to="2026-03-10"), "hold.paused"),
        (event("2026-03-02", "hold_set", reason="attorney", to="2026-03-10"), "hold.absolute"),
        (event("2026-03-02", "promise_made", pay_on="2026-03-10"), "hold.promised"),
        (
            event("2026-03-02T08:00:00Z", "payment_in_flight", payment="F", amount="100.00", currency="EUR"),
            "hold.in_flight",
        ),
        (event("2026-03-02", "dispute_opened", dispute="D", invoice="A"), "hold.disputed"),
    ],
    ids=["pause", "hold", "promise", "in flight", "dispute"],
)
def test_what_rests_is_not_charged_and_the_plan_says_why(rest: Event, rule: str) -> None:
    outcome = play(VISA, A, failed(), rest, under=under(), until="2026-03-09")
    assert effects(outcome) == []
    assert any(line.split()[1].startswith("charge_") and line.endswith(rule) for line in holds(outcome))


def test_after_so_many_days_no_other_attempt_follows() -> None:
    rules = under(retry_days=[1, 3], stop_days=8)
    got = charged(VISA, A, failed(), under=rules, until="2026-05-01")
    assert got == ["03-03 06:00 charge_1/charge A", "03-05 06:00 charge_2/charge A"]


def test_after_so_many_declines_no_other_attempt_follows() -> None:
    outcome = play(VISA, A, failed(), under=under(stop_declines=3), until="2026-03-12")
    assert [line.split()[2] for line in effects(outcome) if "charge" in line] == [
        "charge_1/charge",
        "charge_2/charge",
    ]
    assert "03-07 charge_3 charge.declines" in holds(outcome)


def test_the_fifteenth_attempt_in_30_days_is_visas_last() -> None:
    """Visa: 15 re-attempts in 30 days, by PayPal, Payway and Evolve; TabaPay blocks at 20 (section 5)."""
    others = [failed(f"2026-03-0{day}T0{hour}:00:00Z", by="admin") for day in (1, 2) for hour in range(7)]
    rules = under(before_steps=False)
    outcome = play(VISA, A, failed(), *others[:14], under=rules, until="2026-04-05")
    got = [line for line in effects(outcome) if "charge" in line]
    assert len(outcome.account.attempts) == 15 + len(got)
    assert "03-03 charge_1 charge.cap" in holds(outcome)
    assert got == ["03-31 06:00 charge_4/charge A"]


@pytest.mark.parametrize(
    ("network", "caps"),
    [
        ("visa", [(15, 30)]),
        ("mastercard", [(10, 1), (35, 30)]),
        ("girocard", [(15, 30), (10, 1), (35, 30)]),
        (None, [(15, 30), (10, 1), (35, 30)]),
    ],
)
def test_the_caps_of_a_network(network: str | None, caps: list[tuple[int, int]]) -> None:
    """Visa 15 in 30 days; Mastercard 10 a day and 35 in 30 days, by TabaPay (section 5).

    Stripe's own 8 in 14 days, and Recurly's 7 declines in 60 days, are for comparison: they are products.
    """
    assert [(cap.most, cap.within.days) for cap in caps_of(network)] == caps


def test_a_cap_is_full_until_its_oldest_attempt_is_old_enough() -> None:
    (cap,) = caps_of("visa")
    start = datetime(2026, 3, 1, tzinfo=UTC)
    made = [start + timedelta(hours=hour) for hour in range(15)]
    assert cap.full_until(made[:14], made[14]) is None
    assert cap.full_until(made, made[14]) == start + timedelta(days=30)
    assert cap.full_until(made, start + timedelta(days=30)) is None


# --- properties ----------------------------------------------------------------------------------

CODES = ["soft", "insufficient_funds", "hard", "lost_card", "41", "expired_card", "no_such_code", None]
START = datetime(2026, 3, 1, tzinfo=UTC)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Policy, list[Event]]:
    """A customer with cards, whose charges fail in many ways."""
    days = sorted(draw(st.sets(st.integers(1, 20), max_size=8)))
    rules = policy(
        FIRST,
        *LADDER[1:],
        charges={
            "retry_days": days,
            "before_steps": draw(st.booleans()),
            "stop_days": draw(st.integers(21, 90)),
            "stop_declines": draw(st.integers(1, 30)),
        },
    )
    events = [invoice(name, due="2026-03-02") for name in "ABCDEFGH"[: draw(st.integers(1, 8))]]
    for n in range(draw(st.integers(1, 14))):
        at = (START + timedelta(hours=draw(st.integers(0, 24 * 60)), minutes=n)).isoformat()
        name = draw(st.sampled_from("ABC"))
        kind = draw(st.sampled_from(["card", "card", "fail", "fail", "fail", "pay", "remove"]))
        card = draw(st.sampled_from(["one", "two", "three"]))
        match kind:
            case "card":
                network = draw(st.sampled_from(["visa", "mastercard", None]))
                events.append(event(at, "card_added", instrument=card, network=network))
            case "fail":
                by = draw(st.sampled_from(["engine", "engine", "admin", "customer"]))
                decline = draw(st.sampled_from(CODES))
                named = draw(st.sampled_from([None, card]))
                more = {"invoice": name, "by": by, "decline": decline, "instrument": named}
                events.append(event(at, "payment_failed", **more))
            case "pay":
                events.append(paid(at, name=f"P{n}", invoice=name))
            case _:
                events.append(event(at, "card_removed", instrument=card))
    known = {each["invoice"] for each in events if each["type"] == "invoice_issued"}
    return rules, [each for each in events if each.get("invoice") in {None, *known}]


def played(rules: Policy, events: list[Event]) -> Outcome:
    return simulate(rules, CUSTOMER, read_events(CUSTOMER, events), date(2026, 6, 30))


def charges_of(outcome: Outcome) -> list[Line]:
    return [line for line in outcome.lines if line.effect == "charge"]


@given(lives())
def test_no_network_ever_sees_more_attempts_than_it_allows(life: tuple[Policy, list[Event]]) -> None:
    outcome = played(*life)
    account = outcome.account
    for line in charges_of(outcome):
        card = account.wallet.card_at(line.at)
        if card is None:
            continue  # it was removed in the same instant, after the attempt
        seen = [each.at for each in account.attempts if each.instrument == card.instrument]
        for cap in caps_of(card.network):
            assert sum(line.at - cap.within < at <= line.at for at in seen) <= cap.most


@given(lives())
def test_a_card_is_never_charged_again_after_a_hard_decline(life: tuple[Policy, list[Event]]) -> None:
    rules, _ = life
    outcome = played(*life)
    attempts, cards = outcome.account.attempts, {c.instrument: c for c in outcome.account.wallet.cards}
    ours = {(line.at, line.debts[0].invoice) for line in charges_of(outcome)}
    for i, dead in enumerate(attempts):
        card = cards.get(dead.instrument or "")
        if card is None or not dead.declined or classify(dead.decline, card.network, {}) != "hard":
            continue
        assert declined_as(outcome.account, rules.charges, card)[0] == "hard"  # type: ignore[arg-type]
        later = [each for each in attempts[i + 1 :] if each.instrument == card.instrument]
        assert [each for each in later if (each.at, each.invoice) in ours and each.at > dead.at] == []


@given(lives())
def test_nothing_is_charged_after_the_payment_and_a_new_card_at_most_once(
    life: tuple[Policy, list[Event]],
) -> None:
    rules, events = life
    outcome = played(rules, events)
    paid_at: dict[str, datetime] = {}
    for each in events:
        if each["type"] == "payment_received":
            at = datetime.fromisoformat(each["at"])
            paid_at[each["invoice"]] = min(at, paid_at.get(each["invoice"], at))
    steps = [(line.step, line.debts[0].invoice) for line in charges_of(outcome)]
    assert len(steps) == len(set(steps))
    for line in charges_of(outcome):
        assert line.debts[0].invoice not in paid_at or line.at < paid_at[line.debts[0].invoice]


# --- the policy's own words ----------------------------------------------------------------------

GOOD = """
policy: cards
title: Cards
for: {segments: [business]}
charges:
  retry_days: [1, 3, 5, 7]
steps:
  - {kind: notice, id: first, offset_days: 1, template: reminder_first}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[1, 3, 5, 7]", "[1, 3, 3]", "cards.yaml:6: charges.retry_days.2: day 3 comes no later than"),
        ("[1, 3, 5, 7]", "[1, 60]", "cards.yaml:6: charges.retry_days.1: day 60 never happens"),
        ("[1, 3, 5, 7]", "[0]", "cards.yaml:6: charges.retry_days.0: "),
        (
            "[1, 3, 5, 7]",
            "[1]\n  declines: {'41': soft}",
            "cards.yaml:7: charges.declines.41: visa forbids to try again after 41: only `hard` is possible",
        ),
        ("id: first", "id: charge_1", "cards.yaml:8: steps.0.id: 'charge_1' is how the engine names"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_remedy(old: str, new: str, words: str) -> None:
    with pytest.raises(BadDocument) as caught:
        read(GOOD.replace(old, new), model=Policy, name="cards.yaml")
    assert words in str(caught.value)


def test_lint_looks_for_the_words_of_the_request() -> None:
    good = read(GOOD, model=Policy, name="cards.yaml")
    found = lint(good, templates={"email": ["reminder_first"]})
    assert [each.rule for each in found] == ["template-missing"]
    assert lint(good, templates={"email": ["reminder_first", "card_update"]}) == ()


def test_each_attempt_is_shown_with_its_answer() -> None:
    answers = [
        failed("2026-03-03T06:10:00Z", "insufficient_funds"),
        paid("2026-03-05T06:10:00Z", invoice="A"),
    ]
    account = play(VISA, A, failed(), *answers, under=under(before_steps=False), until="2026-03-06").account
    says = [contact_says(claim, ZoneInfo("UTC")) for claim in account.claims if claim.channel == "charge"]
    assert says == ["3 Mar 2026: charge 1, declined: insufficient_funds", "5 Mar 2026: charge 2, taken"]


def test_the_plan_shows_the_next_attempt_and_the_reason() -> None:
    history = read_events(CUSTOMER, [VISA, A, failed()])
    outcome = simulate(under(), CUSTOMER, history, date(2026, 3, 3))
    fresh = plan(under(), outcome.account, at_noon("2026-03-04"))
    assert (fresh.forecast[0].effect, fresh.forecast[0].step) == ("charge", "charge_2")
    reason = fresh.forecast[0].reason
    assert isinstance(reason, Reason)
    assert reason.words == "charge_2: 3 days after the failure of 2026-03-02, the policy says day 3"
