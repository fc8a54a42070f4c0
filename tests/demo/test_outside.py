"""What is at the vendors is compared with the ledger at the end of a demo: each difference is a sentence."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.outside import BILLED, HOSTED, LICENSED, Outside
from domain.customer import Customer
from domain.facts import InvoiceIssued, OptedOut, PaymentReceived
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from store import customers, doors
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


async def passed(at: datetime) -> None:
    assert at >= NOW


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """Three customers with services at vendors, and one invoice that both sides know."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    with ledger.write() as session:
        for name in (LICENSED, HOSTED, BILLED):
            customers.add(
                session, Customer(id=name, currency="GBP"), ContactData(email="a@b.example"), now=NOW
            )
    made = Outside(
        vendors=Loopback(),
        ledger=ledger,
        start_at=NOW,
        end_at=NOW + timedelta(days=50),
        now=lambda: NOW,
        until=passed,
    )
    owner = made._begin()
    made._link()
    billing.invoice(made.vendors.stripe, owner, 6_400, currency="gbp")
    body = InvoiceIssued(invoice="ARR-0001", amount="64.00", currency="GBP", due_on=NOW.date())
    doors.record(ledger, BILLED, [NewFact(source="stripe", id="1", happened_at=NOW, body=body)], now=NOW)
    yield made
    ledger.close()


async def test_nothing_is_broken_while_both_say_the_same(outside: Outside) -> None:
    assert await outside.broken() == []
    services, *more = outside.summary()
    assert services.endswith("Stripe 0 down, 0 back; the seller's product 0 down, 0 back")
    assert more == [
        "invoices of Stripe: 1, of which 0 are paid; webhooks of all vendors: 0",
        "events to the seller's product: 0; again 0, unsigned 0",
    ]


def test_a_service_that_stands_otherwise_is_told(outside: Outside) -> None:
    vendors = outside.vendors
    base, add_on = vendors.partner_center.subscriptions.held.values()
    base.resource["status"] = "suspended"
    add_on.resource["autoRenewEnabled"] = False
    vendors.product.services[f"workspace-{HOSTED.lower()}"].state = "suspended"
    subscription = next(vendors.stripe.all("subscription"))
    for pause in ({"behavior": "void"}, {"behavior": "keep_as_draft"}):
        billing.change(vendors.stripe, subscription, pause_collection=pause)
    told = [sentence.partition(" at ")[2] for sentence in outside._broken()]
    assert told == [
        "partner_center is suspended, and in the ledger it is active",
        "partner_center is not as it was, and in the ledger it is active",
        "webhook is suspended, and in the ledger it is active",
        "stripe was made suspended twice",
        "stripe is suspended, and in the ledger it is active",
    ]


def test_an_invoice_that_stands_otherwise_is_told(outside: Outside) -> None:
    stripe = outside.vendors.stripe
    billing.pay(stripe, next(stripe.all("invoice")), "pm_card_visa")
    billing.invoice(stripe, next(stripe.all("customer")), 100, currency="gbp")
    assert outside._broken() == [
        "invoice ARR-0002: 1.00 GBP is open at Stripe, and nothing is known here",
        "invoice ARR-0001: 0.00 GBP is open at Stripe, and 64.00 GBP is open here",
    ]


def test_webhooks_and_events_that_went_wrong_are_told(outside: Outside) -> None:
    outside.vendors.calls.answers += [204, 403, 0, 0]
    product = outside.vendors.product
    assert product.arrive(product.secret, b"{}", {}) is None
    assert outside._broken() == [
        "2 webhooks were not taken, but answered by nobody",
        "1 webhooks were not taken, but answered 403",
        "1 requests to the seller's product had no valid signature",
    ]


async def test_money_comes_once_the_service_is_suspended(outside: Outside) -> None:
    paid = PaymentReceived(payment="P", amount="1.00", currency="USD")
    assert outside.brings_back(HOSTED, paid)
    assert not outside.brings_back(HOSTED, OptedOut(channel="sms"))
    assert not outside.brings_back("ORIGAMI", paid)
    service = outside.vendors.product.services[f"workspace-{HOSTED.lower()}"]
    service.state = "suspended"

    async def pay() -> None:
        service.state = "active"

    await outside.comes_back(HOSTED, pay)
    assert service.state == "active"
