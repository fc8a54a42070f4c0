"""What the engine itself sees of fraud and misuse opens incidents: once each, and resting nothing alone."""

from datetime import date
from decimal import Decimal

import pytest

from domain.facts import (
    ChargedBack,
    HoldSet,
    IncidentOpened,
    PaymentFailed,
    UsageProfileAgreed,
    UsageReported,
)
from domain.reported_facts import Report
from store import doors, incidents, intake
from store import facts as ledger_facts
from tests.store.conftest import Business, at


def opened(business: Business, name: str = "ACME", days: int = 5) -> list[tuple[str, str, bool, int]]:
    listed = incidents.listed(business.ledger, now=at(days))
    found = [each.incident for each in listed if each.incident.customer == name]
    return [(each.kind.name, each.word, each.trusted, each.notices) for each in found]


def rests(business: Business, name: str = "ACME") -> bool:
    history = ledger_facts.history(business.ledger, name)
    return any(isinstance(each.body, IncidentOpened) for each in history)


def decline(
    business: Business, code: str = "stolen_card", *, days: int = 0, card: str | None = "pm_1"
) -> None:
    body = PaymentFailed(invoice="INV-1", decline=code, instrument=card, by="engine")
    business.record("ACME", body, now=at(days))


@pytest.mark.parametrize("code", ["stolen_card", "lost_card", "pickup_card", "43"])
def test_a_reported_card_opens_an_incident_that_rests_nothing(business: Business, code: str) -> None:
    business.customer()
    business.invoice("ACME")
    decline(business, code)
    assert opened(business) == [("stolen_instrument", code, False, 1)]
    assert not rests(business)
    [incident] = incidents.due(business.ledger, now=at(1), limit=9)
    assert incidents.look(business.ledger, incident, now=at(0, 11)).incident.customer == "ACME"


def test_a_card_is_one_incident_a_day_and_while_it_is_open_one(business: Business) -> None:
    business.customer()
    business.invoice("ACME")
    for _ in range(2):
        decline(business)
    assert opened(business) == [("stolen_instrument", "stolen_card", False, 1)]
    decline(business, days=1)
    assert len(opened(business)) == 1
    decline(business, card="pm_2", days=1)
    assert len(opened(business)) == 2


def test_other_declines_and_old_ones_open_none(business: Business) -> None:
    business.customer()
    business.invoice("ACME")
    decline(business, "insufficient_funds")
    body = PaymentFailed(invoice="INV-1", decline="stolen_card")
    business.record("ACME", body, now=at(60), on=date(2026, 3, 3))
    assert opened(business, days=60) == []


def test_a_review_confirms_it_and_then_chasing_rests(business: Business) -> None:
    business.customer()
    business.invoice("ACME")
    decline(business)
    [incident] = incidents.due(business.ledger, now=at(1), limit=9)
    review = {"verdict": "confirmed", "note": "the bank says so", "by": "maria"}
    incidents.perform(business.ledger, incident, "review", review, now=at(0, 12))
    assert rests(business)
    decline(business, days=1)  # and what comes after that adds to it
    assert [notices for *_, notices in opened(business)] == [2]


def test_what_is_refused_at_the_door_opens_none(business: Business) -> None:
    business.customer()
    nameless = PaymentFailed(decline="stolen_card")
    taken = intake.take(business.ledger, "api:billing", "ACME", [Report(body=nameless)], now=at(0))
    assert taken.outcomes[0].refused is not None
    assert opened(business) == []


def test_somebody_on_hold_has_an_incident_as_others_have(business: Business) -> None:
    business.customer()
    business.invoice("ACME")
    business.record("ACME", HoldSet(reason="attorney"), now=at(0))
    decline(business, days=1)
    assert len(opened(business)) == 1
    assert business.assess("ACME", at(2)) is not None


def use(business: Business, amount: str, day: int) -> doors.Recorded:
    body = UsageReported(month="2026-03", amount=Decimal(amount), currency="EUR")
    return business.record("ACME", body, now=at(day))


def test_usage_far_above_its_budget_opens_one_a_month(business: Business) -> None:
    business.customer()
    agreed = UsageProfileAgreed(expected=Decimal(100), currency="EUR", budget=Decimal(100))
    business.record("ACME", agreed, now=at(0))
    use(business, "149.99", 4)
    assert opened(business) == []
    use(business, "150", 5)
    use(business, "151", 6)
    assert opened(business) == [("other", "usage", False, 1)]
    assert not rests(business)


def test_a_day_far_above_the_others_is_looked_at_for_mining(business: Business) -> None:
    business.customer()
    agreed = UsageProfileAgreed(expected=Decimal(1000), currency="EUR", budget=Decimal(1000))
    business.record("ACME", agreed, now=at(0))
    for day in range(14):
        use(business, f"{day + 1}.00", day)
    assert opened(business, days=14) == []
    use(business, "300.00", 14)
    assert opened(business, days=14) == [("mining", "spike", False, 1)]
    use(business, "300.00", 14)
    assert opened(business, days=14) == [("mining", "spike", False, 1)]


def test_a_decline_of_our_own_charge_is_seen_too(business: Business) -> None:
    business.customer()
    business.invoice("ACME")
    begun = business.begun("ACME", business.assess("ACME", at(3)).plan.effects[0].key, at(3))
    failed = PaymentFailed(invoice="INV-1", decline="lost_card", instrument="pm_9", by="engine")
    new = business.fact(failed, now=at(3))
    business.confirm("ACME", begun.message, at(3), state="refused", new=[new])
    assert opened(business) == [("stolen_instrument", "lost_card", False, 1)]


def disputed(business: Business, reason: str | None, *, days: int = 0) -> None:
    business.record("ACME", ChargedBack(payment="pi_1", reason=reason), now=at(days))


@pytest.mark.parametrize("reason", ["fraudulent", "unrecognized", "10.4", "4837"])
def test_a_chargeback_of_which_the_cardholder_knows_nothing_opens_an_incident(
    business: Business, reason: str
) -> None:
    business.customer()
    business.invoice("ACME")
    business.pay("ACME", now=at(0), payment="pi_1")
    disputed(business, reason)
    assert opened(business) == [("stolen_instrument", reason, False, 1)]
    assert not rests(business)


@pytest.mark.parametrize("reason", [None, "product_not_received", "general"])
def test_any_other_chargeback_is_money_alone(business: Business, reason: str | None) -> None:
    business.customer()
    business.invoice("ACME")
    business.pay("ACME", now=at(0), payment="pi_1")
    disputed(business, reason)
    assert opened(business) == []
