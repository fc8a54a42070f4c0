"""The view of the nastiest customer we could think of keeps to its bytes, and still says what counts."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain import facts
from domain.account import Account
from domain.account_fold import build
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.decide import decide
from domain.documents import read
from domain.effects import Held
from domain.facts import Fact
from domain.plan import Plan, plan
from domain.policy import Policy
from domain.reasons import SENTENCES, because
from domain.simulation.forecast import perform
from domain.view import MAX_BYTES, View, view_of

CUSTOMER = Customer(
    id="C" * 64,
    timezone="America/Argentina/ComodRivadavia",
    country="AR",
    currency="EUR",
    tags=tuple(f"a-rather-long-tag-{number}" for number in range(5)),
)
CURRENCIES = ("EUR", "USD", "JPY", "GBP")
FIRST = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOW = datetime(2026, 4, 1, 14, tzinfo=UTC)


def policy() -> Policy:
    file = Path(__file__).parents[2] / "policies" / "business.yaml"
    return read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)


def fact(number: int, at: datetime, **said: object) -> Fact:
    body = facts.read_body(said)
    return Fact(
        source="test",
        id=f"{number:03d}",
        happened_on=at.date(),
        happened_at=at,
        learned_at=at,
        body=body,
    )


def invoices() -> list[Fact]:
    """Thirty open invoices in four currencies, a quarter of them side debts, overdue since January."""
    found = []
    for number in range(30):
        due_on = date(2026, 1, 20) + timedelta(days=2 * number)
        body = {
            "invoice": f"INVOICE-2026-EMEA-{number:06d}",
            "amount": str(987_654 + number),
            "currency": CURRENCIES[number % 4],
            "due_on": due_on.isoformat(),
            "main": number % 4 != 3,
        }
        found.append(fact(number, FIRST, type="invoice_issued", **body))
    return found


def troubled() -> Account:
    """The account in April: reminded, warned, then disputed, exempt, waiting for money, half reachable."""
    rules, account = policy(), build(CUSTOMER, invoices())
    for day in range(80):
        at = FIRST + timedelta(days=day, hours=2)
        for effect in decide(rules, account, at).effects:
            account = perform(account, effect, at)
    trouble = [
        fact(50, NOW - timedelta(days=1), type="opted_out", channel="sms"),
        fact(51, NOW - timedelta(days=1), type="dispute_opened", dispute="D-1", invoice=_invoice(3)),
        fact(52, NOW - timedelta(days=1), type="exempted", invoice=_invoice(4), reason="strategic " * 20),
        fact(
            53, NOW - timedelta(days=1), type="payment_in_flight", payment="P-1", amount="5", currency="GBP"
        ),
    ]
    return build(CUSTOMER, [*invoices(), *trouble], account.claims)


def _invoice(number: int) -> str:
    return f"INVOICE-2026-EMEA-{number:06d}"


def with_every_hold(planned: Plan) -> Plan:
    """The plan with one hold by each rule that holds, all with long values."""
    held = []
    for rule, sentence in SENTENCES.items():
        if rule.startswith(("hold.", "window.")):
            values = dict.fromkeys(
                re.findall(r"{(\w+)}", sentence), "a value of some length, as finance writes"
            )
            held.append(Held(step="reminder_second", reason=because(rule, **values)))
    return replace(planned, held=(*planned.held, *held))


def seen(planned: Plan, account: Account) -> View:
    return view_of(
        planned,
        account=account,
        now=NOW,
        news=123_456,
        case=1_234,
        policy="business/0123456789ab",
        contacts=account.claims[-5:],
        tasks=[f"task_number_{number}: {'a reason that finance has to read ' * 9}" for number in range(5)],
        clock=BusinessClock(real_at=NOW, business_at=NOW - timedelta(days=3650), speed=86_400.5),
        halted=True,
    )


@pytest.fixture(scope="module")
def account() -> Account:
    return troubled()


def test_the_nasty_customer_is_as_nasty_as_it_should_be(account: Account) -> None:
    planned = plan(policy(), account, NOW)
    assert len([debt for debt in account.debts if debt.open]) == 30
    assert len(planned.overdue) == 4
    assert len(account.claims) >= 10
    assert {held.reason.rule for held in planned.held} >= {"hold.disputed", "hold.exempt", "hold.approval"}


def test_the_view_of_a_nasty_customer_keeps_to_its_bytes(account: Account) -> None:
    view = seen(with_every_hold(plan(policy(), account, NOW)), account)
    assert len(json.dumps(view).encode()) <= MAX_BYTES


def test_a_view_that_was_cut_still_says_what_is_owed_and_what_waits_for_us(account: Account) -> None:
    view = seen(with_every_hold(plan(policy(), account, NOW)), account)
    assert len(view["owed"]) == 4
    assert view["tasks"]
    assert view["held"]
    assert view["next"]
    assert view["effects"]
