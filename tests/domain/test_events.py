"""Events: ids that follow from their causes, bodies in one form, and what of a fact is passed on."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain import facts
from domain.events import from_facts, from_work
from domain.events.catalogue import CATALOGUE
from domain.events.delivering import RESTS, Answered, rest_after
from domain.events.event import Event
from domain.facts import Body, Fact
from domain.money import Money

AT = datetime(2026, 3, 6, 10, tzinfo=UTC)


def event(**values: Any) -> Event:
    given = {"type": "notice.sent", "cause": "c", "customer": "ACME", "at": AT, "data": {"step": "first"}}
    return Event(**{**given, **values})


def told(body: Body, *, since: date = date(2026, 1, 1), source: str = "s", id: str = "1") -> list[Event]:
    on, at = date(2026, 3, 6), AT
    fact = Fact(source=source, id=id, happened_on=on, happened_at=at, learned_at=at, body=body)
    return [*from_facts.of_facts("ACME", [fact], since=since, at=at)]


def test_an_id_follows_from_type_customer_and_cause_alone() -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert event().id == event(at=later, data={}).id
    others = [event(type="x"), event(cause="d"), event(customer="BETA"), event(customer=None)]
    assert len({event().id, *(each.id for each in others)}) == 5


def test_a_body_is_json_in_the_form_of_standard_webhooks() -> None:
    said = {
        "type": "notice.sent",
        "timestamp": "2026-03-06T10:00:00Z",
        "data": {"customer": "ACME", "step": "first"},
    }
    assert json.loads(event().body) == said
    assert json.loads(event(customer=None, data={}).body)["data"] == {}


@pytest.mark.parametrize(
    ("body", "type_", "data"),
    [
        (
            facts.Bounced(message="m-1", step="first", channel="email"),
            "notice.undelivered",
            {"message": "m-1", "step": "first", "channel": "email", "because": "bounced"},
        ),
        (facts.Bounced(fault="slow"), "notice.undelivered", {"because": "slow"}),
        (
            facts.Refunded(payment="P", amount="1.50"),
            "payment.returned",
            {"payment": "P", "amount": "1.50", "how": "refunded"},
        ),
        (
            facts.PaymentCancelled(payment="P", reason="x"),
            "payment.returned",
            {"payment": "P", "how": "cancelled"},
        ),
        (facts.HoldSet(reason="she died"), "chasing.rests", {"what": "hold"}),
        (facts.Onboarded(outcome="approved", by="maria"), "customer.verified", {"outcome": "approved"}),
        (
            facts.DisputeResolved(dispute="D", outcome="won"),
            "dispute.resolved",
            {"dispute": "D", "outcome": "won"},
        ),
        (facts.DisputeResolved(dispute="D", outcome="Ms X"), "dispute.resolved", {"dispute": "D"}),
        (facts.HandedOver(to="Ms X"), "debts.handed_over", {}),
    ],
)
def test_of_a_fact_its_ids_days_and_amounts_are_passed_on(
    body: Body, type_: str, data: dict[str, str]
) -> None:
    [event] = told(body)
    assert (event.type, dict(event.data)) == (type_, data)


def test_what_is_not_in_the_table_or_is_history_is_not_told() -> None:
    assert told(facts.OptedOut(channel="email")) == []
    assert told(facts.PaymentReceived(payment="P", amount="1", currency="EUR"), since=date(2026, 3, 7)) == []


def test_a_message_adds_up_the_parts_of_an_invoice_and_leaves_the_service_out() -> None:
    euros = Money(1_00, "EUR")
    debts = [
        ("INV-1 instalment 1", euros),
        ("INV-1 instalment 2", euros),
        ("INV-2", euros),
        ("service", euros),
    ]
    message = from_work.Message(
        reference="m-1", attempt=1, step="first", channel="email", suspend_on=None, debts=debts
    )
    [sent] = from_work.of_message("ACME", message, state="sent", at=AT)
    amounts = {each["invoice"]: each["amount"] for each in sent.data["debts"]}
    assert amounts == {"INV-1": "2.00", "INV-2": "1.00"}
    [refused] = from_work.of_message("ACME", message, state="refused", at=AT)
    assert (refused.type, refused.data["because"]) == ("notice.undelivered", "refused")


@pytest.mark.parametrize(
    ("before", "state", "type_"),
    [
        ("open", "settled", "invoice.settled"),
        ("open", "void", "invoice.voided"),
        ("settled", "written_off", "invoice.written_off"),
        ("written_off", "open", "invoice.reopened"),
        ("open", "open", None),
    ],
)
def test_a_debt_that_stands_otherwise_is_told_once(before: str, state: str, type_: str | None) -> None:
    found = [*from_work.of_debt("ACME", "INV-1", before, state, opening=1, open_=Money(5, "EUR"), at=AT)]
    assert [each.type for each in found] == ([type_] if type_ else [])
    assert {each.type for each in found} <= {kind.type for kind in CATALOGUE}


def test_rests_grow_for_three_days_and_then_it_is_enough() -> None:
    rests = [rest_after(attempts) for attempts in range(1, len(RESTS) + 2)]
    assert rests == [*RESTS, None]
    assert [*RESTS] == sorted(RESTS)


def test_only_a_success_is_taken() -> None:
    taken = [
        status
        for status in (None, 100, 199, 200, 204, 299, 300, 302, 410, 500)
        if Answered(status=status, words="").taken
    ]
    assert taken == [200, 204, 299]
