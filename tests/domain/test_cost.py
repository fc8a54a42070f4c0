"""What a plan costs, counted in calls: time would depend on the machine.

A customer with many open invoices is planned for as often as any other, so the cost grows in step with
the invoices, and not as their square. `bench/policy.py` measures the time.
"""

import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import FrameType

import pytest

from domain.account import Account
from domain.account_fold import build
from domain.customer import Customer
from domain.documents import read
from domain.facts import Fact, InvoiceIssued
from domain.plan import plan
from domain.policy import Policy
from settings import ROOT

NOW = datetime(2025, 6, 16, 10, tzinfo=UTC)


def indebted(invoices: int) -> Account:
    """Return a customer with so many invoices, all of them some days late, whom messages reach."""
    history = [
        Fact(
            source="test",
            id=f"I{number}",
            happened_on=date(2025, 5, 1),
            happened_at=None,
            learned_at=datetime.combine(date(2025, 5, 1), time(10), UTC),
            body=InvoiceIssued(
                invoice=f"I{number}",
                amount=Decimal(100),
                currency="EUR",
                due_on=date(2025, 6, 2) - timedelta(days=number % 30),
            ),
        )
        for number in range(invoices)
    ]
    customer = Customer(id="c-1", timezone="Europe/Berlin", country="DE", currency="EUR")
    return build(customer, history, channels=("email", "sms"))


def calls(policy: Policy, invoices: int) -> int:
    """Return how many functions a plan calls, those of the interpreter as well."""
    account, counted = indebted(invoices), 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        plan(policy, account, NOW)
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("name", ["business", "card", "consumer", "reseller"])
def test_twice_the_open_invoices_cost_a_plan_twice_the_calls(name: str) -> None:
    file = ROOT / "policies" / f"{name}.yaml"
    policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
    calls(policy, 30)  # What is loaded once is not counted.

    assert calls(policy, 240) < 2.2 * calls(policy, 120)
