"""Stripe of our own, asked through Stripe's own SDK: state, pages, idempotency, errors, and signed events."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from stripe import (
    AuthenticationError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    RateLimitError,
    StripeClient,
    Webhook,
)

from providers.loopback.callbacks import Call
from providers.loopback.faults import throttled
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import API_VERSION, Stripe


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def stripe(loopback: Loopback) -> Stripe:
    loopback.stripe.__init__(call=loopback.stripe.call)  # type: ignore[misc] - an account that is new
    return loopback.stripe


def client(loopback: Loopback, key: str = "sk_test_loopback") -> StripeClient:
    base: Any = {"api": loopback.stripe_environment()["STRIPE_BASE"]}
    return StripeClient(key, base_addresses=base, max_network_retries=0)


def test_an_invoice_goes_its_way_with_the_events_of_stripe(loopback: Loopback, stripe: Stripe) -> None:
    api = client(loopback)
    owner = api.v1.customers.create({"email": "ap@acme.example", "metadata": {"arrears_customer": "ACME"}})
    billing.card(stripe, stripe.get(owner.id))
    made = api.v1.invoices.create({"customer": owner.id, "currency": "eur"})
    api.v1.invoice_items.create(
        {"customer": owner.id, "invoice": made.id, "amount": 149_00, "currency": "eur"}
    )
    issued = api.v1.invoices.finalize_invoice(made.id)
    assert (issued.status, issued.number, issued.amount_due) == ("open", "ARR-0001", 149_00)
    paid = api.v1.invoices.pay(made.id, {"expand": ["payments"]})
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    assert paid.payments is not None
    assert paid.payments.data[0].status == "paid"
    assert [event["type"] for event in stripe.events] == [
        "customer.created",
        "payment_method.attached",
        "customer.updated",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_a_decline_is_said_as_stripe_says_it_and_kept_under_its_key(
    loopback: Loopback, stripe: Stripe
) -> None:
    api, owner = client(loopback), billing.customer(stripe)
    method = billing.card(stripe, owner)
    stripe.declines[method["id"]] = "insufficient_funds"
    about = billing.invoice(stripe, owner, 10_00)
    for _ in range(2):
        with pytest.raises(CardError) as declined:
            api.v1.invoices.pay(about["id"], options={"idempotency_key": "m-1"})
        assert declined.value.code == "card_declined"
        assert declined.value.error is not None
        assert declined.value.error.decline_code == "insufficient_funds"
    assert about["attempt_count"] == 1, "the second was answered, and not tried"


def test_the_same_key_for_another_request_is_refused(loopback: Loopback, stripe: Stripe) -> None:
    api, options = client(loopback), {"idempotency_key": "k-1"}
    first = api.v1.customers.create({"name": "One"}, options)  # type: ignore[arg-type]
    assert api.v1.customers.create({"name": "One"}, options).id == first.id  # type: ignore[arg-type]
    with pytest.raises(IdempotencyError):
        api.v1.customers.create({"name": "Two"}, options)  # type: ignore[arg-type]
    assert len(list(stripe.all("customer"))) == 1


def test_events_come_by_the_page_newest_first(loopback: Loopback, stripe: Stripe) -> None:
    clock = iter(range(1_000, 2_000))
    stripe.clock = lambda: next(clock)
    for _ in range(5):
        billing.customer(stripe)
    seen = [each.id for each in client(loopback).v1.events.list({"limit": 2}).auto_paging_iter()]
    assert seen == [event["id"] for event in reversed(stripe.events)]
    since = stripe.events[2]["created"]
    late = client(loopback).v1.events.list({"created": {"gte": since}, "types": ["customer.created"]})
    assert [each.id for each in late.data] == seen[:3]


def test_errors_have_the_form_of_stripe(loopback: Loopback, stripe: Stripe) -> None:
    with pytest.raises(AuthenticationError):
        client(loopback, "sk_test_wrong").v1.customers.list()
    with pytest.raises(InvalidRequestError) as missing:
        client(loopback).v1.invoices.retrieve("in_none")
    assert (missing.value.code, missing.value.http_status) == ("resource_missing", 404)
    loopback.faults.add("read", [throttled(7)])
    with pytest.raises(RateLimitError) as slow:
        client(loopback).v1.customers.list()
    assert slow.value.headers is not None
    assert slow.value.headers["Retry-After"] == "7"


def test_what_is_sent_is_signed_and_what_is_lost_is_in_the_list_all_the_same() -> None:
    calls: list[Call] = []
    stripe = Stripe(webhook_url="http://127.0.0.1:1/webhooks/stripe", call=calls.append)
    stripe.loses = lambda event: event["type"] == "customer.updated"
    owner = billing.customer(stripe)
    billing.change(stripe, owner, email="a@b.example")
    assert [event["type"] for event in stripe.events] == ["customer.created", "customer.updated"]
    [call] = calls
    event = Webhook.construct_event(call.body, call.headers["Stripe-Signature"], stripe.secret)
    assert (event.type, event.api_version) == ("customer.created", API_VERSION)
    assert json.loads(call.body)["livemode"] is False


def test_money_that_takes_days_comes_in_or_fails() -> None:
    stripe = Stripe()
    owner = billing.customer(stripe)
    stripe.debits.add(billing.card(stripe, owner)["id"])
    good, bad = billing.invoice(stripe, owner, 10_00), billing.invoice(stripe, owner, 20_00)
    for about in (good, bad):
        billing.pay(stripe, about)
        assert billing.payment_of(stripe, about)[1]["status"] == "processing"
    billing.settle(stripe, good)
    billing.settle(stripe, bad, failed="insufficient_funds")
    assert (good["status"], bad["status"]) == ("paid", "open")
