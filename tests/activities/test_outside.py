"""Reading what Stripe has told, over HTTP: what no webhook brought is found, what is missing is asked."""

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.books import Books
from activities.outside import Outside
from domain.documents import read
from domain.errors import TryAgainLater
from domain.facts import InvoiceIssued, PaymentFailed, PaymentInFlight, PaymentReceived
from domain.policy import Policy
from domain.reported_facts import Answer
from providers.loopback.faults import throttled, unwell
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Stripe
from providers.stripe_account.events import read_event
from providers.stripe_account.reading import Reading
from providers.stripe_account.source import StripeEvents
from store import clock, facts, incidents, monitors, outside, policies, tasks
from store.database import Ledger, migrate
from tests.store.conftest import POLICY

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def stripe(loopback: Loopback) -> Stripe:
    seconds = itertools.count(int(NOON.timestamp()) - 90)  # two events of a second have no order
    loopback.stripe.__init__(clock=seconds.__next__)  # type: ignore[misc] - one that is new
    return loopback.stripe


@pytest.fixture
def ledger(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    template = tmp_path_factory.getbasetemp() / "outside.db"
    if not template.exists():
        migrate(f"sqlite:///{template}")
    shutil.copy(template, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    began = NOON - timedelta(days=90)
    policies.adopt(ledger, read(POLICY, model=Policy, name="t.yaml"), now=began, by="maria")
    yield ledger
    ledger.close()


def reader(
    ledger: Ledger, loopback: Loopback, *, key: str = "sk_test_loopback", adds: bool = True
) -> Outside:
    async def nobody(name: str) -> None:
        """Wake nobody."""

    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    base = loopback.stripe_environment()["STRIPE_BASE"]
    teller = StripeEvents(key=key, base=base, reading=Reading(adds=adds))
    # However slow the machine is, a run goes through.
    return Outside(books=books, teller=teller, wake=nobody, wake_incident=nobody, monotonic=lambda: 0.0)


def kinds(ledger: Ledger, customer: str = "cus_000001") -> list[str]:
    return [type(fact.body).__name__ for fact in facts.history(ledger, customer)]


def test_what_no_webhook_has_brought_is_found_once(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    owner = billing.customer(stripe, name="New Ltd")
    billing.card(stripe, owner)
    for _ in range(6):
        billing.pay(stripe, billing.invoice(stripe, owner, 10_00))
    assert len(stripe.events) > 25, "more than a page"
    went, woken = reader(ledger, loopback).read_at(NOON)
    assert (went["more"], list(woken.customers)) == (False, ["cus_000001"])
    assert kinds(ledger).count("InvoiceIssued") == kinds(ledger).count("PaymentReceived") == 6
    before = facts.history(ledger, "cus_000001")
    _, woken = reader(ledger, loopback).read_at(NOON + timedelta(minutes=30))
    assert (facts.history(ledger, "cus_000001"), list(woken.customers)) == (before, [])
    assert outside.waiting(ledger) == []


def test_a_run_that_is_cut_short_goes_on_where_it_stopped(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    owner = billing.customer(stripe)
    for _ in range(20):
        billing.invoice(stripe, owner, 10_00)
    slow = reader(ledger, loopback)
    slow.monotonic = iter(range(0, 1000, 9)).__next__
    runs = 1
    while slow.read_at(NOON)[0]["more"]:
        runs += 1
    assert runs == 3, "62 events by 25"
    assert kinds(ledger).count("InvoiceIssued") == 20


def test_for_which_invoice_money_on_its_way_is_stripe_is_asked(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    """The webhook of a debit names no invoice: it waits until the watch has asked."""
    owner = billing.customer(stripe)
    stripe.debits.add(billing.card(stripe, owner)["id"])
    about = billing.pay(stripe, billing.invoice(stripe, owner, 10_00))
    for event in stripe.events:
        for told in read_event(event, Reading()):
            outside.take(ledger, told, now=NOON)  # type: ignore[arg-type] - there are no hints
    assert [each.needs for each in outside.waiting(ledger)] == ["pi_000001"]
    reader(ledger, loopback).read_at(NOON)
    bodies = [fact.body for fact in facts.history(ledger, "cus_000001")]
    [coming] = [body for body in bodies if isinstance(body, PaymentInFlight)]
    assert (coming.payment, coming.invoice) == (about["id"], about["number"])
    billing.settle(stripe, about, failed="insufficient_funds")
    reader(ledger, loopback).read_at(NOON)
    bodies = [fact.body for fact in facts.history(ledger, "cus_000001")]
    [failed] = [body for body in bodies if isinstance(body, PaymentFailed)]
    assert (failed.payment, failed.invoice, failed.decline) == (
        about["id"],
        about["number"],
        "insufficient_funds",
    )
    assert outside.waiting(ledger) == []


def test_a_name_that_cannot_be_asked_for_rests_a_little_and_keeps_no_other_back(
    ledger: Ledger, loopback: Loopback, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = billing.customer(stripe)
    stripe.debits.add(billing.card(stripe, owner)["id"])
    for _ in range(2):
        billing.pay(stripe, billing.invoice(stripe, owner, 10_00))
    for event in stripe.events:
        for told in read_event(event, Reading()):
            outside.take(ledger, told, now=NOON)  # type: ignore[arg-type] - there are no hints
    reading, busy = reader(ledger, loopback), ["pi_000001"]
    ask = reading.teller.ask

    def ask_who_is_busy(name: str, at: datetime) -> Answer | None:
        if name in busy:
            busy.remove(name)
            raise TryAgainLater("busy")
        return ask(name, at)

    monkeypatch.setattr(reading.teller, "ask", ask_who_is_busy)
    taken = []
    for minutes in (0, 5, 20):
        reading.read_at(NOON + timedelta(minutes=minutes))
        taken.append(kinds(ledger).count("PaymentInFlight"))
    assert taken == [0, 1, 2]
    assert outside.waiting(ledger) == []


def test_names_are_asked_for_while_there_is_time_and_the_next_run_goes_on(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    owner = billing.customer(stripe)
    stripe.debits.add(billing.card(stripe, owner)["id"])
    for _ in range(3):
        billing.pay(stripe, billing.invoice(stripe, owner, 10_00))
    slow, runs = reader(ledger, loopback), 0
    slow.monotonic = iter(range(0, 1000, 9)).__next__
    while slow.read_at(NOON)[0]["more"]:
        runs += 1
    assert runs >= 3, "a run takes one name, however late it is"
    assert kinds(ledger).count("PaymentInFlight") == 3


def test_money_that_is_for_no_invoice_is_forgotten_once_stripe_has_said_so(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    owner = billing.customer(stripe)
    other = stripe.new(
        "pi",
        "payment_intent",
        amount=5_00,
        currency="eur",
        customer=owner["id"],
        status="processing",
        metadata={},
    )
    stripe.happen("payment_intent.processing", other)
    other["latest_charge"] = None
    billing.warn(stripe, other)
    reader(ledger, loopback).read_at(NOON)
    assert (outside.waiting(ledger), kinds(ledger)) == ([], [])
    [listed] = incidents.listed(ledger, now=NOON)
    assert listed.incident.customer == owner["id"], "whose it is counts all the same"


def test_where_customers_are_not_added_they_are_kept_and_shown(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    billing.invoice(stripe, billing.customer(stripe), 10_00)
    for minutes in (0, 30, 600):
        reader(ledger, loopback, adds=False).read_at(NOON + timedelta(minutes=minutes))
    [customer, invoice] = outside.waiting(ledger)
    assert (customer.needs, invoice.needs) == ("cus_000001", "cus_000001")
    assert ["nobody knows whose cus_000001 is" in task.why for task in tasks.worklist(ledger)] == [True]


def test_what_stands_in_the_way_is_written_down_and_passes(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    billing.invoice(stripe, billing.customer(stripe), 10_00)
    monitors.expect(ledger, monitors.STRIPE, now=NOON)
    loopback.faults.add("read", [throttled(7), unwell()])
    went = [reader(ledger, loopback).read_at(NOON)[0] for _ in range(2)]
    assert [(each["more"], each["wait_seconds"]) for each in went] == [(True, 7.0), (True, 300.0)]
    wrong, _ = reader(ledger, loopback, key="sk_test_wrong").read_at(NOON)
    assert not wrong["more"]
    assert any("STRIPE_API_KEY" in task.why for task in tasks.worklist(ledger))
    late = NOON + monitors.SILENT_AFTER
    assert [each.name for each in monitors.silent(ledger, now=late)] == ["stripe"]
    assert monitors.raise_alarms(ledger, now=late) == 1
    assert reader(ledger, loopback).read_at(late)[0]["more"] is False
    assert monitors.silent(ledger, now=late) == []


def test_the_same_fact_comes_from_the_webhook_the_list_and_a_second_reading(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    owner = billing.customer(stripe)
    billing.card(stripe, owner)
    about = billing.pay(stripe, billing.invoice(stripe, owner, 10_00))
    source = StripeEvents(
        key=stripe.key, base=loopback.stripe_environment()["STRIPE_BASE"], reading=Reading()
    )
    asked = source.ask(about["id"], NOON)
    assert asked is not None
    told = [*source.page(NOON - timedelta(days=1), None).told, *asked.told]
    found = set()
    for each in told:
        outside.take(ledger, each, now=NOON)  # type: ignore[arg-type] - there are no hints
        found = {(type(fact.body), fact.id) for fact in facts.history(ledger, "cus_000001")}
    money = {each for each in found if each[0] in (InvoiceIssued, PaymentReceived)}
    assert money == {
        (InvoiceIssued, "invoice_issued:ARR-0001"),
        (PaymentReceived, "payment_received:in_000001"),
    }
