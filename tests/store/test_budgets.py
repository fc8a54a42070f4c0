"""Budgets in the ledger, on both databases: of whom they are due, and the one task."""

from datetime import timedelta
from decimal import Decimal

from domain.facts import UsageProfileAgreed
from domain.money import Money
from domain.usage.provider_budget import Wish
from store import budgets, service_accounts, tasks
from tests.store.conftest import Business, at

WISH = Wish(account="tenant-1", amount=Money.of("80.00", "EUR"))
AGREED = UsageProfileAgreed(expected=Decimal("80.00"), currency="EUR", by="maria")


def test_a_budget_is_due_when_something_is_agreed_and_again_after_a_day(business: Business) -> None:
    business.customer()
    business.customer("UMBRELLA")
    ledger = business.ledger
    assert budgets.due(ledger, now=at(0)) == []
    business.record("ACME", AGREED, now=at(0))
    assert budgets.due(ledger, now=at(0)) == ["ACME"]
    assert budgets.stands(ledger, "ACME", WISH, Decimal("80.0"), now=at(0))
    assert budgets.due(ledger, now=at(0, 23)) == []
    assert budgets.due(ledger, now=at(0) + budgets.AGAIN) == ["ACME"]
    business.record("ACME", AGREED.model_copy(update={"budget": Decimal("90.00")}), now=at(0, 11))
    assert budgets.due(ledger, now=at(0, 12)) == ["ACME"]


def test_what_is_agreed_while_the_provider_is_asked_is_looked_at_soon(business: Business) -> None:
    business.customer()
    ledger = business.ledger
    business.record("ACME", AGREED, now=at(0))
    business.record("ACME", AGREED.model_copy(update={"budget": Decimal("90.00")}), now=at(0, 11))
    assert budgets.stands(ledger, "ACME", WISH, Decimal(80), now=at(0))
    assert budgets.due(ledger, now=at(0, 11)) == ["ACME"]


def test_a_difference_is_one_task_that_ends_by_itself(business: Business) -> None:
    business.customer()
    ledger = business.ledger
    business.record("ACME", AGREED, now=at(0))
    budgets.asked(ledger, "ACME", WISH, "r-1", now=at(0))
    for hours in range(2):
        assert not budgets.stands(ledger, "ACME", WISH, None, now=at(0) + timedelta(hours=hours))
    [task] = tasks.worklist(ledger)
    assert task.why == "ACME: the provider has no budget for tenant-1, and 80.00 EUR was agreed"
    assert budgets.stands(ledger, "ACME", WISH, Decimal(80), now=at(0, 15))
    assert tasks.worklist(ledger) == []


def test_what_is_wanted_follows_from_what_was_agreed(business: Business) -> None:
    business.customer()
    ledger = business.ledger
    business.record("ACME", AGREED.model_copy(update={"budget": Decimal("90.00")}), now=at(0))
    assert budgets.wanted(ledger, "ACME", "partner_center", now=at(0)) is None
    service_accounts.link(ledger, "ACME", "tenant-1")
    wished = budgets.wanted(ledger, "ACME", "partner_center", now=at(0))
    assert wished == Wish(account="tenant-1", amount=Money.of("90.00", "EUR"))
