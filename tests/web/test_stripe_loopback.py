"""The whole way: Stripe on this machine, its webhooks over HTTP in any order, facts, and who is woken."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from activities.books import Books
from activities.outside import Outside
from domain.facts import ChargedBack, InvoiceIssued, PaymentReceived
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.stripe_account.door import StripeDoor
from providers.stripe_account.reading import Reading
from providers.stripe_account.source import StripeEvents
from store import clock, customers, facts, incidents, outside
from tests.providers.vendors import now
from tests.store.conftest import at
from tests.web.conftest import Web
from web.app import application


@pytest.fixture
async def served(web: Web) -> AsyncIterator[tuple[Web, Loopback]]:
    """The application at a port, and Stripe that calls it there."""
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def wake_watch(name: str) -> None:
        web.woken.append(f"watch {name}")

    with Loopback() as loopback:
        door = StripeDoor(secrets=[loopback.stripe.secret], livemode=False, reading=Reading())
        changes: dict[str, Any] = {
            "public_url": base,
            "real_now": now,
            "doors": {"stripe": door},
            "wake_watch": wake_watch,
        }
        for name, value in changes.items():
            object.__setattr__(web.site, name, value)
        running = uvicorn.Server(uvicorn.Config(application(web.site), lifespan="on", log_config=None))
        task = asyncio.create_task(running.serve(sockets=[listening]))
        async with asyncio.timeout(60):
            while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
        loopback.stripe.webhook_url = f"{base}/webhooks/stripe"
        yield web, loopback
        running.should_exit = True
        await task


async def test_an_invoice_of_stripe_wakes_its_customer_and_money_settles_it(
    served: tuple[Web, Loopback],
) -> None:
    web, loopback = served
    web.business.customer()
    stripe = loopback.stripe
    owner = billing.customer(stripe, metadata={"arrears_customer": "ACME"})
    about = billing.invoice(stripe, owner, 149_00, collection_method="send_invoice")
    await asyncio.to_thread(loopback.rest)
    assert web.woken == ["ACME"], "the customer is known: only the invoice is news"
    [issued] = [fact.body for fact in facts.history(web.business.ledger, "ACME")]
    assert isinstance(issued, InvoiceIssued)
    assert issued.invoice == about["number"]
    billing.card(stripe, owner)
    billing.pay(stripe, about)
    await asyncio.to_thread(loopback.rest)
    assert set(loopback.calls.answers) == {200}
    [debt] = web.business.assess("ACME", at(4)).account.debts
    assert (debt.invoice, str(debt.open)) == (about["number"], "0.00 EUR")


async def test_in_any_order_twice_and_with_some_lost_all_of_it_arrives(
    served: tuple[Web, Loopback],
) -> None:
    """What is lost on its way is read from the list of events; a stolen card is an incident."""
    web, loopback = served
    stripe, ledger = loopback.stripe, web.business.ledger
    loopback.calls.times, loopback.calls.chance, loopback.calls.held = 2, random.Random(5), True
    stripe.loses = lambda event: event["type"] in ("invoice_payment.paid", "customer.created")
    owner = billing.customer(stripe, name="New Ltd", email="ap@new.example")
    billing.card(stripe, owner)
    about = billing.pay(stripe, billing.invoice(stripe, owner, 80_00))
    billing.dispute(stripe, billing.payment_of(stripe, about)[1], "fraudulent")
    loopback.let_go()
    await asyncio.to_thread(loopback.rest)
    assert set(loopback.calls.answers) == {200}
    assert outside.waiting(ledger), "nobody knows the customer yet"
    assert "watch stripe" in web.woken

    async def wake(name: str) -> None:
        web.woken.append(name)

    base = loopback.stripe_environment()["STRIPE_BASE"]
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    teller = StripeEvents(key=stripe.key, base=base, reading=Reading())
    reading = Outside(books=books, teller=teller, wake=wake, wake_incident=wake, monotonic=lambda: 0.0)
    went = await reading.read({"now": now().isoformat()})
    assert went["words"] == "all is read; 0 wait"
    assert owner["id"] in web.woken
    bodies = [fact.body for fact in facts.history(ledger, owner["id"])]
    assert [body.payment for body in bodies if isinstance(body, PaymentReceived)] == [about["id"]]
    assert [body.payment for body in bodies if isinstance(body, ChargedBack)] == [about["id"]]
    [debt] = web.business.assess(owner["id"], now()).account.debts
    assert str(debt.open) == "80.00 EUR"
    [listed] = incidents.listed(ledger, now=now())
    assert (listed.incident.kind.name, listed.incident.customer) == ("stolen_instrument", owner["id"])
    with ledger.read() as session:
        assert customers.contact(session, owner["id"]).email == "ap@new.example"
