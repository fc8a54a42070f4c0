"""Budgets at Partner Center, over real HTTP: set as they were agreed, and read back."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.books import Books
from activities.budgets import BudgetKeeper, Budgets
from composition import budget_keeper
from domain.customer import Customer
from domain.documents import read
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.facts import UsageProfileAgreed, UsageReported
from domain.policy import Policy
from domain.switching import Place
from providers.loopback.partner_center.budgets import Budgets as Kept
from providers.loopback.server import Loopback
from providers.partner_center.budgets import PartnerCenterBudgets
from settings import Settings
from store import (
    budgets,
    clock,
    controls,
    customers,
    doors,
    monitors,
    places,
    policies,
    service_accounts,
    tasks,
)
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

ROOT = Path(__file__).parents[2]
BUSINESS = read(
    (ROOT / "policies" / "business.yaml").read_text(encoding="utf-8"), model=Policy, name="b.yaml"
)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "template.db"
    migrate(f"sqlite:///{path}")
    ledger = Ledger(f"sqlite:///{path}", durable=False)
    policies.adopt(ledger, BUSINESS, now=NOON - timedelta(days=90), by="maria")
    contact = ContactData(name="Acme Ltd", email="ap@acme.example")
    with ledger.write() as session:
        customers.add(session, Customer(id="ACME", currency="EUR"), contact, now=NOON - timedelta(days=89))
    service_accounts.link(ledger, "ACME", "tenant-1")
    ledger.close()
    return path


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copy(template, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def kept(server: Loopback) -> Kept:
    """What Partner Center has: a customer without a budget."""
    there = server.partner_center.budgets
    there.of.clear()
    there.asked.clear()
    there.of["tenant-1"] = None
    there.sandbox, there.keeps, there.field_name = False, lambda amount: amount, "amount"
    return there


@pytest.fixture
def keeper(server: Loopback) -> BudgetKeeper:
    given = {name.lower(): value for name, value in server.environment().items()}
    found = budget_keeper(Settings.model_validate(given))
    assert isinstance(found, PartnerCenterBudgets)
    return found


def agree(ledger: Ledger, name: str, *, at: datetime = NOON, **more: Any) -> None:
    body = UsageProfileAgreed(expected=Decimal("800.00"), currency="EUR", by="maria", **more)
    doors.record(ledger, "ACME", [NewFact(source="test", id=name, happened_at=at, body=body)], now=at)


def run(ledger: Ledger, keeper: BudgetKeeper, at: datetime = NOON) -> str:
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    return Budgets(books=books, keeper=keeper).set_at(at)["words"]


def open_tasks(ledger: Ledger) -> list[str]:
    return [task.why for task in tasks.worklist(ledger) if task.step == "usage-budget"]


@pytest.mark.parametrize("name", ["amount", "usageSpendingBudget", "UsageSpendingBudget"])
def test_what_was_agreed_is_set_read_back_and_left_alone(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper, name: str
) -> None:
    kept.field_name = name
    assert run(ledger, keeper) == "0 budgets stand", "nothing was agreed"
    agree(ledger, "1", budget=Decimal("960.50"))
    assert run(ledger, keeper) == "1 budgets stand"
    assert kept.of == {"tenant-1": 960.5}
    assert run(ledger, keeper, NOON + timedelta(minutes=15)) == "0 budgets stand", "nothing is due"
    assert run(ledger, keeper, NOON + timedelta(days=1)) == "1 budgets stand"
    agree(ledger, "2", at=NOON + timedelta(days=1), budget=Decimal("1000.00"))
    assert run(ledger, keeper, NOON + timedelta(days=1, minutes=1)) == "1 budgets stand"
    assert [amount for _, amount, _ in kept.asked] == [960.5, 1000.0]
    assert len({request for *_, request in kept.asked}) == 2
    [stands] = budgets.all_of(ledger)
    assert (stands.wanted, stands.read, stands.says) == ("1000.00", "1000.0", "")
    assert open_tasks(ledger) == []


def test_somebody_who_changed_it_there_is_undone_within_a_day(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper
) -> None:
    agree(ledger, "1", budget=Decimal("960.00"))
    run(ledger, keeper)
    kept.of["tenant-1"] = None
    run(ledger, keeper, NOON + timedelta(days=1))
    assert kept.of == {"tenant-1": 960.0}


def test_a_month_of_the_peak_has_a_budget_of_its_own(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper
) -> None:
    agree(ledger, "1", budget=Decimal("900.00"), peak=Decimal("2000.00"), peak_months=(4,))
    for days in (0, 25, 55):
        run(ledger, keeper, NOON + timedelta(days=days))
    assert [amount for _, amount, _ in kept.asked] == [900.0, 2400.0, 900.0]


def test_what_is_read_back_otherwise_is_a_task_until_it_stands(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper
) -> None:
    agree(ledger, "1", budget=Decimal("960.50"))
    kept.keeps = lambda amount: int(amount)
    for hours in (0, 1, 2):
        run(ledger, keeper, NOON + timedelta(hours=hours))
    assert open_tasks(ledger) == [
        "ACME: the provider has a budget of 960 for tenant-1, and 960.50 EUR was agreed"
    ]
    kept.keeps = lambda amount: amount
    assert run(ledger, keeper, NOON + timedelta(hours=4)) == "1 budgets stand"
    assert open_tasks(ledger) == []


def test_what_cannot_be_set_is_said_and_keeps_nobody_else_from_it(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper
) -> None:
    agree(ledger, "1", budget=Decimal("960.00"))
    kept.sandbox = True
    assert run(ledger, keeper) == "0 budgets stand"
    [why] = open_tasks(ledger)
    assert "sandbox" in why
    [monitor] = [each for each in monitors.all_of(ledger) if each.name == "budgets"]
    assert monitor.succeeded_at == NOON


def test_a_customer_who_is_served_elsewhere_is_left_alone(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper
) -> None:
    contact = ContactData(name="Umbrella", email="ap@umbrella.example")
    with ledger.write() as session:
        customers.add(session, Customer(id="UMBRELLA", currency="EUR"), contact, now=NOON)
    body = UsageProfileAgreed(expected=Decimal("1.00"), currency="EUR", by="maria")
    doors.record(ledger, "UMBRELLA", [NewFact(source="t", id="u", happened_at=NOON, body=body)], now=NOON)
    assert run(ledger, keeper) == "0 budgets stand"
    assert (open_tasks(ledger), kept.asked) == ([], [])


def test_two_accounts_or_another_currency_are_a_persons(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper
) -> None:
    agree(ledger, "1")
    place = Place(customer="ACME", provider="partner_center", account="tenant-2", resource="s-2")
    places.link(ledger, place, by="maria", now=NOON)
    run(ledger, keeper)
    [why] = open_tasks(ledger)
    assert "several accounts" in why
    places.unlink(ledger, "ACME", "partner_center", "s-2", by="maria", now=NOON)
    used = UsageReported(month="2026-03", amount=Decimal("5.00"), currency="GBP")
    doors.record(ledger, "ACME", [NewFact(source="t", id="u", happened_at=NOON, body=used)], now=NOON)
    run(ledger, keeper, NOON + timedelta(hours=2))
    [stands] = budgets.all_of(ledger)
    assert "measured in GBP" in stands.says
    assert kept.asked == []


class Dying:
    """A keeper that fails once, at the step that is named."""

    name = "partner_center"

    def __init__(self, keeper: BudgetKeeper, at: str, error: BaseException) -> None:
        self.keeper, self.at, self.error = keeper, at, error

    def _fail(self, step: str) -> None:
        if step == self.at:
            self.at = ""
            raise self.error

    def budget(self, account: str) -> Decimal | None:
        self._fail("read")
        return self.keeper.budget(account)

    def set_budget(self, account: str, amount: Decimal | None, *, request: str) -> None:
        self._fail("before")
        self.keeper.set_budget(account, amount, request=request)
        self._fail("after")


@pytest.mark.parametrize("at", ["read", "before", "after"])
@pytest.mark.parametrize(
    "error", [InDoubt("lost"), TryAgainLater("busy"), Misconfigured("no"), KeyboardInterrupt()]
)
def test_whoever_dies_while_setting_has_set_it_once_in_the_end(
    ledger: Ledger, kept: Kept, keeper: BudgetKeeper, at: str, error: BaseException
) -> None:
    agree(ledger, "1", budget=Decimal("960.00"))
    with suppress(KeyboardInterrupt):
        run(ledger, Dying(keeper, at, error))
    assert run(ledger, keeper, NOON + timedelta(minutes=15)) == "1 budgets stand"
    assert kept.of == {"tenant-1": 960.0}
    assert len(kept.asked) == 1, "what was taken is seen, and not asked for again"
    assert open_tasks(ledger) == []


def test_a_watch_that_is_off_sets_nothing(ledger: Ledger, kept: Kept, keeper: BudgetKeeper) -> None:
    agree(ledger, "1")
    until = NOON + timedelta(days=3)
    controls.switch_off(ledger, "S21b", by="maria", reason="moving", until=until, now=NOON)
    run(ledger, keeper)
    assert kept.asked == []


def test_a_budget_can_be_taken_away(kept: Kept, keeper: BudgetKeeper) -> None:
    kept.of["tenant-1"] = 5
    keeper.set_budget("tenant-1", None, request="r")
    assert keeper.budget("tenant-1") is None
    for account in ("tenant-9", "../subscriptions", "..", ""):
        with pytest.raises(Refused):
            keeper.budget(account)


@pytest.mark.parametrize(
    ("cloud", "there"), [("commercial", True), ("us_gov", True), ("china_21vianet", False)]
)
def test_a_cloud_without_budgets_has_no_keeper(cloud: str, there: bool) -> None:
    given = {"partner_center_token": "t", "partner_center_cloud": cloud}
    assert (budget_keeper(Settings.model_validate(given)) is not None) == there
