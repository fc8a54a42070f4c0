"""What keeps a customer from being forgotten, and until when."""

from datetime import UTC, date, datetime

import pytest

from domain.account_fold import build
from domain.claim import Claim
from domain.contact_law.rules import Retention
from domain.customer import Customer
from domain.retention import kept_because, kept_until
from domain.simulation.events import read_events
from tests.domain.playing import Event, event, invoice, paid
from tests.domain.test_contact_in_plan import SHIPPED

AMERICAN = Customer(id="c-1", segment="consumer", country="US", timezone="America/New_York", currency="USD")
GERMAN = Customer(id="c-1", segment="consumer", country="DE", timezone="Europe/Berlin", currency="EUR")


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)


def kept(
    *events: Event, customer: Customer = GERMAN, on: str = "2026-06-01", claims: tuple = ()
) -> str | None:
    account = build(customer, read_events(customer, events), claims, law=SHIPPED.of(customer))
    return kept_because(account, at(on))


def settled(currency: str = "EUR") -> tuple[Event, Event]:
    return invoice("A", currency=currency), paid("2026-04-01", invoice="A", currency=currency)


def test_a_customer_who_owes_nothing_may_be_forgotten() -> None:
    assert kept(*settled()) is None
    assert kept() is None


def test_what_is_open_is_named() -> None:
    assert kept(invoice("A"), invoice("B", "50.00")) == (
        "150.00 EUR is open: it is collected or written off before the customer is forgotten"
    )


def test_money_that_is_the_customers_own_is_named() -> None:
    more = paid("2026-04-02", "12.00", name="Q")
    assert kept(*settled(), more) == (
        "12.00 EUR is the customer's own money: it goes back before the customer is forgotten"
    )


def test_a_message_on_its_way_is_waited_for() -> None:
    claim = Claim(
        message="m-1",
        step="first",
        channel="email",
        debts=(("A", 1),),
        claimed_at=at("2026-03-10"),
        state="claimed",
    )
    assert kept(*settled(), claims=(claim,)) == (
        "a message is on its way: ask again when it is known whether it went out"
    )


HOLD = event("2026-04-10", "hold_set", reason="litigation")
DISPUTE = event("2026-03-10", "dispute_opened", dispute="D", invoice="A")
REPLIED = event("2026-04-10", "replied", channel="sms", says="other")


@pytest.mark.parametrize(
    ("open_", "ended", "sentence"),
    [
        (HOLD, event("2026-04-20", "hold_released"), "a hold is set (litigation): it is released"),
        ({**HOLD, "from": "2026-08-01"}, None, "a hold is set (litigation): it is released"),
        (DISPUTE, event("2026-04-20", "dispute_resolved", dispute="D"), "dispute D is open: it is resolved"),
        (REPLIED, event("2026-04-20", "task_completed", step="customer_reply"), "a reply waits to be read"),
    ],
)
def test_nobody_is_forgotten_while_a_person_has_to_end_something(
    open_: Event, ended: Event | None, sentence: str
) -> None:
    """A legal hold keeps what may be evidence, whatever is owed."""
    assert (kept(*settled(), open_) or "").startswith(sentence)
    if ended is not None:
        assert kept(*settled(), open_, ended) is None


@pytest.mark.parametrize(("on", "may"), [("2029-04-01", False), ("2029-04-02", True)])
def test_12_cfr_1006_100_a_counts_three_years_from_the_last_activity(on: str, *, may: bool) -> None:
    sentence = kept(*settled("USD"), customer=AMERICAN, on=on)
    expected = (
        "us.regf.records keeps records until 2029-04-01 (12 CFR 1006.100): "
        "the last activity was on 2026-04-01"
    )
    assert sentence == (None if may else expected)


def test_what_we_began_is_an_activity_too() -> None:
    claim = Claim(
        message="m-1",
        step="first",
        channel="email",
        debts=(("A", 1),),
        claimed_at=at("2026-05-05"),
        state="sent",
        sent_at=at("2026-05-05"),
    )
    sentence = kept(*settled("USD"), customer=AMERICAN, claims=(claim,))
    assert sentence is not None
    assert "until 2029-05-05" in sentence


def test_a_leap_day_is_kept_to_the_end_of_february() -> None:
    rule = Retention(kind="retention", id="x.y", places=("US",), years=3, source="s", confidence="proposal")
    assert kept_until(rule, date(2028, 2, 29)) == date(2031, 2, 28)


def test_a_word_from_the_customer_is_an_activity() -> None:
    late = event("2026-05-20", "opted_out", channel="sms")
    assert "until 2029-05-20" in (kept(*settled("USD"), late, customer=AMERICAN) or "")
