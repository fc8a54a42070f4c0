"""The judge of the ledger: it knows what was claimed and what arrived, and none of the plan's rules."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from domain.facts import Bounced, FeeBooked, FeeCancelled, SubscriptionSuspended
from store import invariants
from store.tables import ClaimRow, DebtRow, FactRow


@pytest.fixture
def suspended(business):
    """A customer who was warned, and suspended on day 30."""
    name = business.customer()
    business.invoice(name)
    for day in (3, 10, 20, 30):
        for effect in business.assess(name, business.at(day)).plan.effects:
            begun = business.begun(name, effect.key, business.at(day))
            off = business.fact(SubscriptionSuspended(subscription=name), now=business.at(day))
            business.confirm(
                name,
                begun.message,
                business.at(day),
                outcome="delivered" if effect.kind == "notice" else None,
                new=[off] if effect.kind == "suspend" else [],
            )
    return name


def claim(session, step):
    return session.exec(select(ClaimRow).where(ClaimRow.step == step)).one()


def test_a_warned_customer_may_be_suspended(business, suspended):
    with business.ledger.read() as session:
        assert claim(session, "suspend").claimed_at == business.at(30)
    assert invariants.broken(business.ledger) == []


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        (7 * 24, None),
        (7 * 24 - 1, "although final had not been delivered 7 days before"),
        (-1, "although final had not been delivered"),
    ],
)
def test_the_notice_period_is_counted_to_the_hour(business, suspended, hours, says):
    with business.ledger.write() as session:
        final = claim(session, "final").message
        told = session.exec(select(FactRow).where(FactRow.source_id == f"{final}/delivered")).one()
        told.happened_at = business.at(30) - timedelta(hours=hours)
    found = invariants.broken(business.ledger)
    assert [sentence.partition(" for INV-1 ")[2] for sentence in found] == ([says] if says else [])


def test_the_announced_day_is_kept(business, suspended):
    with business.ledger.write() as session:
        claim(session, "final").suspend_on = date(2026, 4, 2)
    [sentence] = invariants.broken(business.ledger)
    assert sentence.endswith("for INV-1 although final had announced 2026-04-02")


@pytest.mark.parametrize(("day", "broken"), [(25, True), (31, False)])
def test_what_came_back_is_no_warning(business, suspended, day, broken):
    """What was learned after the suspension could not forbid it."""
    with business.ledger.write() as session:
        final = claim(session, "final").message
    body = Bounced(message=final, step="final", channel="email")
    business.record(suspended, body, now=business.at(31))
    with business.ledger.write() as session:
        session.exec(select(FactRow).where(FactRow.kind == "bounced")).one().learned_at = business.at(day)
    assert bool(invariants.broken(business.ledger)) == broken


def interest(name, **more):
    what = {"fee": name, "invoice": "INV-1", "kind": "interest", "amount": "5.00", "currency": "EUR"}
    return FeeBooked.model_validate({**what, "until": date(2026, 3, 12), "basis": "Terms", **more})


def test_interest_is_not_charged_twice_for_one_day_unless_the_first_was_cancelled(business):
    name = business.customer()
    business.invoice(name)
    business.record(name, interest("F-1"), interest("F-2"), now=business.at(10))
    business.record(name, interest("F-3", until=date(2026, 3, 13)), now=business.at(11))
    assert invariants.broken(business.ledger) == [
        "ACME: F-2 and F-1 are both interest on INV-1 to 2026-03-12"
    ]
    business.record(name, FeeCancelled(fee="F-1", reason="twice"), now=business.at(11))
    assert invariants.broken(business.ledger) == []


def test_a_fee_suspends_nobody(business, suspended):
    business.record(suspended, interest("F-1"), now=business.at(31))
    with business.ledger.write() as session:
        claim(session, "suspend").debt = "F-1"
        session.get_one(DebtRow, ("ACME", "F-1")).main = True
    found = invariants.broken(business.ledger)
    assert {"ACME: fee F-1 is no side debt", "ACME: suspended for fee F-1"} <= set(found)
