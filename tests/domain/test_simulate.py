"""The simulation format, exactly: what it takes, what it answers, and what it refuses."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.channels import NO_DEBTS
from domain.customer import Customer
from domain.facts import KNOWN_TYPES, Unknown, read_body, write_body
from domain.simulation.events import read_at, read_events
from domain.simulation.play import simulate
from domain.simulation.scenario import Scenario
from domain.simulation.timeline import Outcome
from tests.domain.playing import (
    FINAL,
    FIRST,
    SECOND,
    SUSPEND,
    A,
    Event,
    effects,
    event,
    invoice,
    paid,
    play,
    policy,
)
from tests.effort import examples

CUSTOMER: dict[str, Any] = {"id": "c-1"}


def run(given_: dict[str, Any]) -> Outcome:
    """Play a document of the simulation format, as the command line does."""
    scenario = Scenario.model_validate(json.loads(json.dumps(given_)))
    customer = scenario.customer.customer()
    return simulate(policy(), customer, read_events(customer, scenario.events), scenario.until)


def document(*events: Event, until: str = "2026-04-10", **customer: Any) -> dict[str, Any]:
    return {"customer": {**CUSTOMER, **customer}, "until": until, "events": list(events)}


# --- what it answers -----------------------------------------------------------------------------

LINE = {"at", "kind", "stage", "effect", "step", "channel", "debts", "rule", "why"}


def test_an_answer_in_full() -> None:
    answer = run(document(A, paid("2026-03-04T10:00:00Z", "60.00"), until="2026-03-05")).json()

    assert answer == {
        "timeline": [
            {
                "at": "2026-02-02T00:00:00Z",
                "kind": "stage",
                "stage": "current",
                "effect": None,
                "step": None,
                "channel": None,
                "debts": {},
                "rule": None,
                "why": None,
            },
            {
                "at": "2026-03-03T00:00:00Z",
                "kind": "stage",
                "stage": "overdue",
                "effect": None,
                "step": None,
                "channel": None,
                "debts": {},
                "rule": None,
                "why": None,
            },
            {
                "at": "2026-03-03T00:00:00Z",
                "kind": "held",
                "stage": "overdue",
                "effect": None,
                "step": "first",
                "channel": None,
                "debts": {"A": "100.00"},
                "rule": "window.hours",
                "why": "outside 09:00 to 17:00 in UTC",
            },
            {
                "at": "2026-03-03T09:00:00Z",
                "kind": "effect",
                "stage": "overdue",
                "effect": "notice",
                "step": "first",
                "channel": "email",
                "debts": {"A": "100.00"},
                "rule": "step.due",
                "why": "first: 1 days past due, the policy says day 1",
            },
            {
                "at": "2026-03-03T09:00:00Z",
                "kind": "stage",
                "stage": "reminder",
                "effect": None,
                "step": None,
                "channel": None,
                "debts": {},
                "rule": None,
                "why": None,
            },
        ],
        "end": {
            "stage": "reminder",
            "balance": {"EUR": "40.00"},
            "next": {"at": "2026-03-10T09:00:00Z", "effect": "notice", "step": "second"},
        },
    }


def test_an_answer_has_these_keys_and_amounts_are_text() -> None:
    answer = run(document(A, invoice("J", "9000", currency="JPY"))).json()

    assert list(answer) == ["timeline", "end"]
    assert list(answer["end"]) == ["stage", "balance", "next"]
    assert answer["end"]["balance"] == {"EUR": "100.00", "JPY": "9000"}
    for line in answer["timeline"]:
        assert set(line) == LINE
        assert line["kind"] in {"effect", "stage", "held"}
        assert datetime.fromisoformat(line["at"]).utcoffset() is not None
        assert line["at"].endswith("Z")
        assert (line["effect"] is None) == (line["kind"] != "effect")
    (final,) = [line for line in answer["timeline"] if line["effect"] == "suspend"]
    assert final["debts"] == {"A": "100.00", "J": "9000"}
    assert json.loads(json.dumps(answer)) == answer


def test_an_answer_is_sorted_and_stable() -> None:
    given_ = document(
        A, invoice("U", "7", currency="USD"), event("2026-03-12", "paused", reason="r", to="2026-03-20")
    )
    first, second = json.dumps(run(given_).json()), json.dumps(run(given_).json())

    assert first == second
    instants = [line["at"] for line in json.loads(first)["timeline"]]
    assert instants == sorted(instants)


def test_nothing_that_the_service_counts_by_is_a_debt() -> None:
    answer = run(document(A, paid("2026-04-02"))).json()

    (back,) = [line for line in answer["timeline"] if line["effect"] == "reactivate"]
    assert back["debts"] == {}


def test_nothing_happened() -> None:
    assert run(document()).json() == {
        "timeline": [],
        "end": {"stage": "current", "balance": {}, "next": None},
    }


def test_what_happens_after_the_end_is_not_played() -> None:
    answer = run(document(A, until="2026-02-01")).json()

    assert answer == {"timeline": [], "end": {"stage": "current", "balance": {}, "next": None}}


def test_the_last_day_is_played_to_its_end_where_the_customer_lives() -> None:
    late = paid("2026-03-03T07:30:00Z")  # half past nine in the evening of the 2nd in Honolulu
    answer = run(document(A, late, until="2026-03-02", timezone="Pacific/Honolulu")).json()

    assert answer["end"]["balance"] == {"EUR": "0.00"}


def test_the_order_in_which_events_are_written_changes_nothing() -> None:
    events = [A, invoice("B", "50", due="2026-03-09"), paid("2026-03-12T10:00:00Z", "120")]

    assert run(document(*events)).json() == run(document(*reversed(events))).json()


# --- what it takes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "zone", "on", "instant"),
    [
        ("2026-02-03", "Asia/Tokyo", "2026-02-03", None),
        ("2026-02-03T09:00:00Z", "UTC", "2026-02-03", "2026-02-03T09:00"),
        ("2026-02-03T23:00:00Z", "Asia/Tokyo", "2026-02-04", "2026-02-03T23:00"),
        ("2026-02-03T09:00:00+05:30", "UTC", "2026-02-03", "2026-02-03T03:30"),
        ("2026-02-03T00:00:00+01:00", "UTC", "2026-02-02", "2026-02-02T23:00"),
    ],
)
def test_at_is_a_day_of_the_customer_or_an_instant(at: str, zone: str, on: str, instant: str | None) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC) if instant else None

    assert read_at(at, zone) == (date.fromisoformat(on), expected)


def test_a_day_begins_where_the_customer_lives() -> None:
    tokyo = Customer(id="c-1", timezone="Asia/Tokyo")

    (fact,) = read_events(tokyo, [event("2026-03-03", "paused", reason="r")])

    assert (fact.happened_on, fact.happened_at) == (date(2026, 3, 3), None)
    assert fact.learned_at == datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "type_",
    ["invented_tomorrow", "subscription_renamed"],
)
def test_a_type_that_nobody_knows_yet_is_kept(type_: str) -> None:
    fields = {"invoice": "A", "amount": "100.00", "instalments": [{"due_on": "2026-04-01", "amount": "10"}]}
    outcome = play(A, event("2026-03-01", type_, **fields))

    assert type_ not in KNOWN_TYPES
    assert outcome.account.kept == (type_,)
    assert effects(outcome) == effects(play(A))


def test_an_unknown_fact_keeps_all_that_it_said() -> None:
    (fact,) = read_events(Customer(id="c-1"), [event("2026-03-01", "invented_tomorrow", pay_on="2026-03-09")])

    assert fact.body == Unknown(name="invented_tomorrow", data={"pay_on": "2026-03-09"})


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        ("invoice_issued", {"invoice": "B", "amount": "1", "currency": "EUR", "due_on": "2026-04-01"}),
        (
            "invoice_issued",
            {
                "invoice": "B",
                "amount": "1",
                "currency": "EUR",
                "due_on": "2026-04-01",
                "issued_on": "2026-03-01",
                "main": False,
            },
        ),
        (
            "invoice_issued",
            {
                "invoice": "B",
                "amount": "10",
                "currency": "EUR",
                "due_on": "2026-04-01",
                "instalments": [
                    {"due_on": "2026-04-01", "amount": "4"},
                    {"due_on": "2026-05-01", "amount": "6.00"},
                ],
            },
        ),
        ("invoice_voided", {"invoice": "A"}),
        ("write_off", {"invoice": "A"}),
        ("write_off_undone", {"invoice": "A"}),
        ("payment_received", {"payment": "P", "amount": "1", "currency": "EUR"}),
        ("payment_in_flight", {"payment": "P", "amount": "1", "currency": "EUR", "invoice": "A"}),
        ("payment_failed", {}),
        ("payment_failed", {"invoice": "A", "decline": "insufficient_funds", "by": "engine"}),
        ("refunded", {"payment": "P"}),
        ("charged_back", {"payment": "P", "amount": "1"}),
        ("chargeback_reversed", {"payment": "P"}),
        ("credit_note", {"credit_note": "C", "invoice": "A", "amount": "1"}),
        ("credit_note_cancelled", {"credit_note": "C", "invoice": "A", "amount": "1"}),
        ("dispute_opened", {"dispute": "D", "invoice": "A", "amount": "1"}),
        ("dispute_opened", {"dispute": "D", "invoice": "A", "outcome": "won"}),
        ("dispute_resolved", {"dispute": "D", "invoice": "A", "amount": "1", "outcome": "lost"}),
        ("paused", {"from": "2026-03-03", "to": "2026-03-04", "reason": "r"}),
        ("resumed", {"reason": "r"}),
        ("resumed", {"from": "2026-03-03", "to": "2026-03-04", "reason": "r"}),
        ("exempted", {"from": "2026-03-03", "to": "9999-12-31", "reason": "r"}),
        ("exemption_ended", {"reason": "r"}),
        ("exemption_ended", {"from": "2026-03-03", "to": "9999-12-31", "reason": "r"}),
        ("plan_agreed", {"instalments": [{"due_on": "2026-04-01", "amount": "10"}]}),
        ("plan_agreed", {"instalments": [{"due_on": "2026-04-01", "amount": "1"}], "currency": "EUR"}),
        ("plan_ended", {}),
        ("plan_ended", {"currency": "EUR", "reason": "r", "by": "maria"}),
        ("opted_out", {}),
        ("opted_out", {"channel": "sms", "step": "first"}),
        ("opted_in", {"channel": "sms"}),
        ("replied", {"channel": "sms", "says": "paid"}),
        ("contact_invalid", {}),
        ("contact_invalid", {"channel": "email", "step": "first"}),
        ("delivered", {"channel": "email", "step": "first"}),
        ("bounced", {}),
        ("bounced", {"channel": "email", "fault": "passing"}),
        ("approved", {"step": "suspend", "outcome": "approved"}),
        ("task_completed", {"step": "call", "outcome": "will pay"}),
        ("workers_down", {"until": "2026-03-09"}),
        ("workers_down", {"until": "2026-03-09T09:00:00Z"}),
    ],
)
def test_every_type_of_the_format_can_be_played(type_: str, fields: dict[str, Any]) -> None:
    outcome = play(A, event("2026-03-05", type_, **fields))

    assert type_ in KNOWN_TYPES
    assert outcome.account.kept == ()
    assert outcome.json()["end"]["stage"]


def test_instalments_are_written_as_they_were_read() -> None:
    parts = [{"due_on": "2026-03-02", "amount": "40.00"}, {"due_on": "2026-04-02", "amount": "60.00"}]
    (fact,) = read_events(Customer(id="c-1"), [{**A, "instalments": parts}])

    assert write_body(fact.body)["instalments"] == parts
    assert read_body(write_body(fact.body)) == fact.body


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"name": 7},
        {"name": "x"},
        {"name": "x", "data": 1},
        {"data": {}},
        {"name": "x", "data": {}, "y": 1},
    ],
)
def test_a_type_that_is_called_unknown_is_kept_like_others_that_nobody_knows(said: dict[str, Any]) -> None:
    (fact,) = read_events(Customer(id="c-1"), [event("2026-03-01", "unknown", **said)])

    assert fact.body == Unknown(name="unknown", data=said)
    assert read_body(write_body(fact.body)) == fact.body


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (
            event("2026-03-01", "paused", reason="r", to="2026-03-31"),
            event("2026-03-02", "resumed", **{"from": "2026-03-04"}),
        ),
        (
            event("2026-03-01", "exempted", reason="r"),
            event("2026-03-02", "exemption_ended", **{"from": "2026-03-04"}),
        ),
    ],
)
def test_a_rest_that_is_ended_from_a_day_on_holds_until_the_day_before(begin: Event, end: Event) -> None:
    assert effects(play(A, begin, end, under=policy(FIRST))) == ["03-04 09:00 first/email A"]


@pytest.mark.parametrize(
    ("downs", "expected"),
    [
        ([("2026-03-01", "2026-03-04T10:00:00Z")], "03-04 10:00"),
        ([("2026-03-01", "2026-03-05")], "03-05 09:00"),  # back when that day begins
        ([("2026-03-01", "2026-03-04T20:00:00Z")], "03-05 09:00"),
        ([("2026-03-01", "2026-03-04"), ("2026-03-03", "2026-03-06")], "03-06 09:00"),
        ([("2026-03-04", "2026-03-06")], "03-03 09:00"),
        ([("2026-03-01", "2026-02-01")], "03-03 09:00"),
    ],
)
def test_while_workers_are_down_nothing_goes_out(downs: list[tuple[str, str]], expected: str) -> None:
    outcome = play(A, *[event(at, "workers_down", until=until) for at, until in downs], under=policy(FIRST))

    assert effects(outcome) == [f"{expected} first/email A"]


def test_what_comes_next_comes_after_the_outage() -> None:
    downs = [("2026-03-01", "2026-03-06"), ("2026-03-02", "2026-03-09T12:00:00Z")]

    outcome = play(A, *[event(at, "workers_down", until=until) for at, until in downs], until="2026-03-04")

    assert outcome.next is not None
    assert outcome.next.at == datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_money_that_comes_while_workers_are_down_counts() -> None:
    down = event("2026-03-01", "workers_down", until="2026-03-09")

    assert effects(play(A, down, paid("2026-03-05"))) == []


@pytest.mark.parametrize(
    ("events", "suspended"),
    [
        ([], True),  # without a word to the contrary, what was sent has arrived
        ([event("2026-03-17T09:30:00Z", "delivered", step="final")], True),
        ([event("2026-03-17", "delivered")], True),
        (
            [
                event("2026-03-17T09:30:00Z", "bounced", step="final"),
                event("2026-03-01", "opted_out", channel="sms"),
            ],
            False,
        ),
        # Said of the newest message only: the one before it arrived.
        ([event("2026-03-16T10:00:00Z", "delivered")], True),
        ([event("2026-03-17T10:00:00Z", "delivered")], True),
    ],
)
def test_outcomes(events: list[Event], suspended: bool) -> None:
    steps = [{**FIRST, "offset_days": 6}, {**SECOND, "channels": ["email"]}, FINAL, SUSPEND]

    outcome = play(A, *events, under=policy(*steps))

    assert ("04-01 09:00 suspend/service A" in effects(outcome)) == suspended


def test_an_outcome_that_could_mean_two_messages_means_the_newest_and_the_other_arrived() -> None:
    steps = [{**FIRST, "offset_days": 6}, SECOND, {**FINAL, "needs_delivered": ["first", "second"]}]
    said = event("2026-03-12T10:00:00Z", "delivered")

    outcome = play(A, said, under=policy(*steps))

    assert effects(outcome) == [
        "03-09 09:00 first/email A",
        "03-11 09:00 second/email A",
        "03-17 09:00 final/email A",
    ]
    first, second, _ = outcome.account.claims
    assert first.delivered_at == second.delivered_at == datetime(2026, 3, 12, 10, tzinfo=UTC)


def test_a_bounce_stays_with_its_message_when_more_is_learned() -> None:
    """The SMS goes out at the very instant of the bounce; the next fact must not blame it."""
    bounced, tick = event("2026-03-10T11:00:00Z", "bounced"), event("2026-03-12", "card_added")

    outcome = play(A, bounced, tick, under=policy(SECOND))

    assert effects(outcome) == ["03-10 09:00 second/email A", "03-10 11:00 second/sms A"]
    assert [claim.stands for claim in outcome.account.claims] == [False, True]


# --- what it refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"type": "paused", "reason": "r"}, "at: write a date"),
        ({"at": "2026-02-03"}, "every event needs a type"),
        ({"at": "2026-02-03", "type": 7}, "every event needs a type"),
        ({"at": "2026-02-03T09:00:00", "type": "resumed"}, "has no offset"),
        ({"at": "soon", "type": "resumed"}, "'soon' is no time"),
        ({"at": "2026-02-30", "type": "resumed"}, "'2026-02-30' is no time"),
        ({"at": 20260203, "type": "resumed"}, "at: write a date"),
        ({"at": "0001-01-01", "type": "resumed"}, "beyond all business"),
        ({"at": "9999-12-31T23:59:59-12:00", "type": "resumed"}, "beyond all business"),
        ({**A, "amount": 100.0}, "amount: "),
        ({**A, "amount": "-1"}, "amount: "),
        ({**A, "amount": "0"}, "amount: "),
        ({**A, "amount": "1.005"}, "EUR has 2 decimals"),
        ({**A, "amount": "NaN"}, "amount: "),
        ({**A, "amount": "1_000"}, "amount: write a number like 1490.00, not '1_000'"),
        ({**A, "amount": "1e3"}, "amount: write a number"),
        ({**A, "amount": "١٠٠"}, "amount: write a number"),
        ({**A, "instalments": [{"due_on": "2026-04-01", "amount": "1e3"}]}, "instalments.0.amount: "),
        ({**A, "instalments": [{"due_on": "soon", "amount": "1"}]}, "instalments.0.due_on: "),
        ({**A, "amount": "1" + "0" * 30}, "amount: "),
        ({**A, "currency": "EURO"}, "currency: "),
        ({**A, "currency": "XXX"}, "unknown currency 'XXX'"),
        ({**A, "due_on": "0001-01-01"}, "due_on: "),
        ({**A, "due_on": "9999-12-31"}, "due_on: "),
        ({**A, "due_on": 0}, "due_on: "),
        ({**A, "due_on": "86400"}, "due_on: "),
        ({**A, "due_on": None}, "due_on: "),
        ({**A, "invoice": ""}, "invoice: "),
        ({**A, "invoice": "  "}, "invoice: blanks alone say nothing"),
        ({**A, "invoice": "A\n"}, "invoice: write it on one line"),
        ({**A, "invoice": "A\0"}, "invoice: write it on one line"),
        ({**A, "invoice": "A\x1b[31m"}, "invoice: write it on one line"),
        ({**A, "invoice": "A" * 129}, "invoice: this may have at most 128 characters"),
        ({**A, "invoice": "service"}, "invoice: 'service' is a word of the engine's own"),
        ({**A, "invoice": "onboarding"}, "invoice: 'onboarding' is a word of the engine's own"),
        (event("2026-02-03", "paused", reason=" "), "reason: blanks alone say nothing"),
        (event("2026-02-03", "paused", reason="a\nb"), "reason: write it on one line"),
        (event("2026-02-03", "paused", reason="a" * 501), "reason: this may have at most 500 characters"),
        (event("2026-02-03", "resumed", by="\r"), "by: blanks alone say nothing"),
        ({**A, "invioce": "A"}, "invioce: "),
        ({"at": "2026-02-03", "type": "paused"}, "reason: "),
        ({"at": "2026-02-03", "type": "workers_down"}, "until: write a date"),
        (
            {"at": "2026-02-03", "type": "workers_down", "until": "2026-02-30"},
            "until: '2026-02-30' is no time",
        ),
        ({"at": "2026-02-03", "type": "workers_down", "until": "2026-02-09T09:00:00"}, "until: "),
        (
            {
                "at": "2026-02-03",
                "type": "credit_note",
                "credit_note": "C",
                "invoice": "A",
                "amount": "1.005",
            },
            "amount: 1.005 EUR: EUR has 2 decimals",
        ),
        (
            {"at": "2026-02-03", "type": "dispute_opened", "dispute": "D", "invoice": "A", "amount": "1.005"},
            "amount: 1.005 EUR: EUR has 2 decimals",
        ),
        ({"at": "2026-02-03", "type": "refunded", "payment": "J", "amount": "0.5"}, "JPY has 0 decimals"),
        ({**A, "currency": "USD"}, "currency: invoice A is in EUR: write that, or another invoice"),
        (paid("2026-02-04", "5", "J"), "currency: payment J is in JPY: write that, or another payment"),
        (
            {"at": "2026-02-03", "type": "paused", "reason": "r", "to": "2026-02-02"},
            "to: the pause would end",
        ),
        (
            {"at": "2026-02-03", "type": "exempted", "reason": "r", "from": "2026-03-09", "to": "2026-03-08"},
            "to: the exemption would end on 2026-03-08, before it begins on 2026-03-09",
        ),
    ],
)
def test_a_wrong_event_is_refused_with_its_position(wrong: Event, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_events(Customer(id="c-1"), [A, paid("2026-02-03", "500", "J", currency="JPY"), wrong])

    (problem,) = str(refused.value).splitlines()
    assert problem.startswith("events.2: ")
    assert says in problem


def test_no_invoice_is_called_as_what_claims_count_by_besides() -> None:
    said = {"(what the customer said)", "(usage)", "(activity)", "(access)", "(money by two doors)"}
    assert {"service", "onboarding", "(order)", "(credit)", *said} == NO_DEBTS


def test_a_credit_note_is_cancelled_in_its_own_currency() -> None:
    """The cancelling names another invoice, in which half a unit would be an amount."""
    yen = invoice("J", "9000", currency="JPY")
    credit = event("2026-02-03", "credit_note", credit_note="C", invoice="J", amount="10")
    cancelled = event("2026-02-04", "credit_note_cancelled", credit_note="C", invoice="A", amount="0.5")

    with pytest.raises(ValueError, match=r"events.3: amount: 0.5 JPY: JPY has 0 decimals"):
        read_events(Customer(id="c-1"), [A, yen, credit, cancelled])


def test_all_wrong_events_are_named_together_in_their_order() -> None:
    credit = event("2026-02-03", "credit_note", credit_note="C", invoice="A", amount="1.005")

    with pytest.raises(ValueError) as refused:
        read_events(Customer(id="c-1"), [credit, {"type": "paused"}, A, {**A, "amount": "many"}])

    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "events.0",
        "events.1",
        "events.3",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"customer": CUSTOMER, "events": []},
        {"customer": CUSTOMER, "until": "2026-04-01"},
        {"customer": {}, "until": "2026-04-01", "events": []},
        {"customer": CUSTOMER, "until": "someday", "events": []},
        {"customer": CUSTOMER, "until": "9999-12-31", "events": []},
        {"customer": CUSTOMER, "until": "2026-04-01", "events": {}},
        {"customer": CUSTOMER, "until": "2026-04-01", "events": ["paid"]},
        {"customer": CUSTOMER, "until": "2026-04-01", "events": [], "polcy": "x"},
        {"customer": {"id": "c-1", "zone": "UTC"}, "until": "2026-04-01", "events": []},
    ],
)
def test_a_wrong_document_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Scenario.model_validate(wrong)


@pytest.mark.parametrize(
    "customer",
    [
        {"timezone": "Mars/Olympus"},
        {"country": "Germany"},
        {"currency": "XXX"},
        {"id": "a b"},
        {"segment": "Big One"},
    ],
)
def test_a_wrong_customer_is_refused(customer: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        run(document(A, **customer))


words = st.sampled_from(
    ["type", "at", "invoice", "amount", "currency", "due_on", "payment", "until", "reason", "x"]
)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(["2026-02-03", "2026-02-03T09:00:00Z", "EUR", "A", "10.00", *sorted(KNOWN_TYPES)]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(max_examples=examples(300))
@given(st.lists(st.dictionaries(words, values, max_size=7), max_size=4))
def test_whatever_is_written_is_played_or_refused_but_never_a_crash(events: list[dict[str, Any]]) -> None:
    customer = Customer(id="c-1")
    try:
        history = read_events(customer, [A, *events])
    except ValueError:
        return  # what a refusal says is tested above
    assert simulate(policy(), customer, history, date(2026, 3, 5)).json()["end"]["stage"]
