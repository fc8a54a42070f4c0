"""The judge of the ledger: it knows what was claimed and what arrived, and none of the plan's rules."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from domain.facts import Bounced, SubscriptionSuspended
from store import invariants
from store.tables import ClaimRow, FactRow


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
