"""What Stripe tells late: its object is read before it is believed, over HTTP, and never by the webhook."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.books import Books
from activities.outside import Outside
from domain.customer import Customer
from domain.documents import read
from domain.facts import InvoiceIssued, InvoiceVoided, PaymentReceived
from domain.policy import Policy
from domain.reported_facts import Reported
from domain.staleness import BELIEVED_AFTER
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Object, Stripe
from providers.stripe_account.events import read_event
from providers.stripe_account.reading import Reading
from providers.stripe_account.source import StripeEvents
from store import assess, clock, customers, facts, outside, policies, service_accounts, tasks
from store.customers import ContactData
from store.database import Ledger, migrate
from tests.store.conftest import POLICY

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATE = NOON + timedelta(hours=3)


class Time:
    """The clock of the account."""

    at = NOON

    def __call__(self) -> int:
        return int(self.at.timestamp())


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def stripe(loopback: Loopback, time: Time) -> Stripe:
    loopback.stripe.__init__(clock=time)  # type: ignore[misc] - one that is new
    return loopback.stripe


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stale") / "template.db"
    migrate(f"sqlite:///{path}")
    ledger = Ledger(f"sqlite:///{path}", durable=False)
    policies.adopt(
        ledger,
        read(POLICY, model=Policy, name="t.yaml"),
        now=NOON - timedelta(days=90),
        by="maria",
    )
    ledger.close()
    return path


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copy(template, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    yield ledger
    ledger.close()


def hear(ledger: Ledger, events: list[Object], now: datetime) -> list[outside.Taken]:
    """Take events as the webhook does, which asks nobody."""
    told = [each for event in events for each in read_event(event, Reading())]
    return [outside.take(ledger, each, now=now) for each in told if isinstance(each, Reported)]


def watch(ledger: Ledger, loopback: Loopback, now: datetime, *, adds: bool = True) -> list[str]:
    """Run the watch once, which a webhook wakes where something waits; return whom it woke."""
    woken: list[str] = []

    async def wake(name: str) -> None:
        woken.append(name)

    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    base = loopback.stripe_environment()["STRIPE_BASE"]
    teller = StripeEvents(key=loopback.stripe.key, base=base, reading=Reading(adds=adds))
    run = Outside(books=books, teller=teller, wake=wake, wake_incident=wake, monotonic=lambda: 0.0)
    asyncio.run(run.read({"now": now.isoformat()}))
    return woken


def owed(ledger: Ledger, now: datetime, name: str = "ACME") -> list[str]:
    return [str(debt.open) for debt in assess.peek(ledger, name, now=now).account.debts]


def acme(stripe: Stripe, ledger: Ledger) -> Object:
    """A customer who is known, and of whom all was told."""
    owner = billing.customer(stripe, metadata={"arrears_customer": "ACME"}, email="ap@acme.example")
    billing.card(stripe, owner)
    hear(ledger, stripe.events[:1], NOON)
    return owner


def test_nobody_is_chased_for_an_invoice_that_is_told_late_and_was_paid_meanwhile(
    ledger: Ledger, loopback: Loopback, stripe: Stripe, time: Time
) -> None:
    owner = acme(stripe, ledger)
    about = billing.invoice(stripe, owner, 80_00, collection_method="send_invoice")
    issued = stripe.events[-1]
    time.at += timedelta(hours=1)
    billing.pay(stripe, about)
    stripe.events.clear()  # The webhook that tells of the money is late too, and no list shows it yet.
    [taken] = hear(ledger, [issued], LATE)
    assert (taken.known, taken.ask, taken.wake) == ("waits", True, ())
    assert (owed(ledger, LATE), stripe.asked) == ([], []), "the webhook has asked nobody"
    [waiting] = outside.waiting(ledger)
    assert (waiting.needs, waiting.why) == (about["id"], f"{about['id']} was told late: it is read again")
    assert watch(ledger, loopback, LATE) == ["ACME"]
    assert (owed(ledger, LATE), outside.waiting(ledger)) == (["0.00 EUR"], [])
    history = facts.history(ledger, "ACME")
    assert [type(fact.body) for fact in history] == [InvoiceIssued, PaymentReceived]
    assert [fact.happened_at for fact in history] == [NOON, NOON + timedelta(hours=1)]
    gets = [path for method, path, _ in stripe.asked if path.startswith("/v1/invoices")]
    assert gets == [f"/v1/invoices/{about['id']}"]


def test_what_is_told_late_is_asked_for_once_however_much_of_it_there_is(
    ledger: Ledger, loopback: Loopback, stripe: Stripe, time: Time
) -> None:
    about = billing.invoice(stripe, acme(stripe, ledger), 80_00, collection_method="send_invoice")
    for number in range(4):
        time.at += timedelta(minutes=1)
        billing.change(stripe, about, metadata={"number": str(number)})
    time.at += timedelta(minutes=1)
    billing.void(stripe, about)
    *told, voided = [event for event in stripe.events if event["type"].startswith("invoice.")]
    stripe.events.clear()
    hear(ledger, [event for event in told if event["type"] != "invoice.created"], LATE)
    assert {each.needs for each in outside.waiting(ledger)} == {about["id"]}
    assert len(outside.waiting(ledger)) == 5
    watch(ledger, loopback, LATE)
    assert [path for _, path, _ in stripe.asked].count(f"/v1/invoices/{about['id']}") == 1
    assert outside.waiting(ledger) == []
    assert [taken.known for taken in hear(ledger, [voided], LATE)] == ["done"], "what is final is believed"
    assert [type(fact.body) for fact in facts.history(ledger, "ACME")] == [InvoiceIssued, InvoiceVoided]


def test_of_two_tellings_of_one_second_the_object_says_which_is_the_last(
    ledger: Ledger, loopback: Loopback, stripe: Stripe, time: Time
) -> None:
    owner = acme(stripe, ledger)
    time.at += timedelta(minutes=1)
    billing.change(stripe, owner, email="typo@acme.example")
    billing.change(stripe, owner, email="right@acme.example")
    first, second = stripe.events[-2:]
    hear(ledger, [second, first], time.at)
    with ledger.read() as session:
        assert customers.contact(session, "ACME").email == "right@acme.example"
    assert [each.needs for each in outside.waiting(ledger)] == [owner["id"]]
    watch(ledger, loopback, time.at)
    with ledger.read() as session:
        assert customers.contact(session, "ACME").email == "right@acme.example"
    assert outside.waiting(ledger) == []


def test_what_is_written_in_another_version_is_read_in_ours(
    ledger: Ledger, loopback: Loopback, stripe: Stripe
) -> None:
    about = billing.invoice(stripe, acme(stripe, ledger), 80_00, collection_method="send_invoice")
    event = {**stripe.events[-1], "api_version": "2020-08-27"}
    event["data"] = {"object": {**event["data"]["object"], "amount_due": 1}}
    hear(ledger, [event], NOON)
    assert [each.needs for each in outside.waiting(ledger)] == [about["id"]]
    watch(ledger, loopback, NOON)
    assert owed(ledger, NOON) == ["80.00 EUR"]


def test_what_cannot_be_read_for_a_day_is_believed(ledger: Ledger, stripe: Stripe) -> None:
    billing.invoice(stripe, acme(stripe, ledger), 80_00, collection_method="send_invoice")
    hear(ledger, stripe.events[-1:], LATE)
    assert outside.go_on(ledger, now=LATE + timedelta(hours=23)).wake == ()
    assert outside.go_on(ledger, now=LATE + BELIEVED_AFTER).wake == ("ACME",)
    assert owed(ledger, LATE + BELIEVED_AFTER) == ["80.00 EUR"]


def test_what_was_read_of_a_stranger_is_kept_and_taken_before_what_was_told(
    ledger: Ledger, loopback: Loopback, stripe: Stripe, time: Time
) -> None:
    """Until he is linked a person is asked whose it is; then how it stands comes first."""
    about = billing.invoice(stripe, billing.customer(stripe), 80_00, collection_method="send_invoice")
    issued = stripe.events[-1]
    hear(ledger, [issued], NOON)
    time.at += timedelta(hours=1)
    billing.pay_elsewhere(stripe, about)
    stripe.events.clear()
    watch(ledger, loopback, LATE, adds=False)
    assert ["nobody knows whose cus_000001 is" in task.why for task in tasks.worklist(ledger)] == [True]
    with ledger.write() as session:
        known = Customer(id="ACME", timezone="UTC", currency="EUR")
        customers.add(session, known, ContactData(), now=LATE)
    service_accounts.link(ledger, "ACME", "cus_000001")
    linked_at = LATE + timedelta(hours=5)
    assert outside.try_again(ledger, now=linked_at).wake == (), "it has waited for long, so it is read again"
    assert watch(ledger, loopback, linked_at, adds=False) == ["ACME"]
    assert owed(ledger, linked_at) == ["0.00 EUR"]
    assert (outside.waiting(ledger), tasks.worklist(ledger)) == ([], [])


@pytest.mark.parametrize("what", ["refund", "dispute", "credit_note", "payment_intent"])
def test_whatever_is_told_late_can_be_read(
    what: str, ledger: Ledger, loopback: Loopback, stripe: Stripe, time: Time
) -> None:
    owner = acme(stripe, ledger)
    about = billing.pay(stripe, billing.invoice(stripe, owner, 80_00))
    money = billing.payment_of(stripe, about)[1]
    time.at += timedelta(minutes=1)
    match what:
        case "refund":
            billing.refund(stripe, money, 30_00)
        case "dispute":
            billing.dispute(stripe, money, amount=30_00)
        case "credit_note":
            billing.credit(stripe, about, 30_00)
        case _:
            stripe.debits.add(billing.card(stripe, owner)["id"])
            billing.pay(stripe, billing.invoice(stripe, owner, 30_00))
    watch(ledger, loopback, LATE)
    assert outside.waiting(ledger) == []
    read = [path for method, path, _ in stripe.asked]
    assert any(path.startswith(f"/v1/{what}s/") for path in read), read
    open_now = 0.0 if what == "credit_note" else 30.0  # it gave the money back as well
    assert sum(float(each.split()[0]) for each in owed(ledger, LATE)) == open_now
