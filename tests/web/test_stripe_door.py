"""Stripe's webhooks: taken from Stripe alone, in its mode alone, and hostile ones never more than counted."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2 as httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe import WebhookSignature

from domain.errors import Unverified
from domain.facts import InvoiceIssued
from providers.loopback.callbacks import stripe_call
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Stripe
from providers.stripe_account.door import StripeDoor
from providers.stripe_account.reading import Reading
from store import facts, inbox, outside, tasks
from tests.effort import examples
from tests.store.conftest import at
from tests.web.conftest import JSON, PUBLIC, Web
from web.app import application
from web.doors import MOST_BYTES

PATH = "/webhooks/stripe"
SECRET, BEFORE = "whsec_of_the_test", "whsec_of_before"
NOW = at(4)
STAMP = int(NOW.timestamp())


def account() -> Stripe:
    return Stripe(secret=SECRET, clock=lambda: STAMP)


def invoice_event() -> dict[str, Any]:
    stripe = account()
    owner = billing.customer(stripe, name="New Ltd", email="ap@new.example")
    billing.invoice(stripe, owner, 149_00, collection_method="send_invoice")
    return stripe.events[-1]


EVENT = invoice_event()


def signed(
    event: Any = EVENT, *, secret: str = SECRET, when: int = STAMP, **headers: str
) -> tuple[bytes, dict[str, str]]:
    if isinstance(event, bytes):
        header = WebhookSignature.generate_signature_header(event.decode("utf-8", "replace"), secret, when)
        return event, {"Content-Type": JSON, "Stripe-Signature": header, **headers}
    call = stripe_call(PUBLIC + PATH, event, secret=secret, at=when)
    return call.body, {**call.headers, **headers}


def door(**values: Any) -> StripeDoor:
    given = {"secrets": (SECRET, BEFORE), "livemode": False, "reading": Reading(asks=False)}
    return StripeDoor(**{**given, **values})


@pytest.fixture
async def taking(web: Web) -> AsyncIterator[Web]:
    """The application with this door alone, and a watch that can be woken."""

    async def wake_watch(name: str) -> None:
        web.woken.append(f"watch {name}")

    site = replace(web.site, doors={"stripe": door()}, wake_watch=wake_watch)
    transport = httpx.ASGITransport(app=application(site), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield replace(web, site=site, client=client)


async def test_an_invoice_of_stripe_starts_the_engine_by_itself(taking: Web) -> None:
    """Nobody knew the customer: he is added, his address stands in the contact data, and he is woken."""
    raw, headers = signed()
    for _ in range(2):
        answer = await taking.post(PATH, raw, headers)
        assert (answer.status_code, answer.text) == (200, "")
    [fact] = facts.history(taking.site.ledger, "cus_000001")
    assert fact.body == InvoiceIssued(
        invoice="ARR-0001", amount="149.00", currency="EUR", due_on=(NOW + timedelta(days=30)).date()
    )
    assert (fact.source, fact.id) == ("stripe", "invoice_issued:ARR-0001")
    assert taking.woken == ["cus_000001"]


async def test_where_stripe_can_be_asked_who_it_is_the_watch_is_woken(taking: Web) -> None:
    """The customer itself says who of ours it is: the invoice waits for it."""
    doors: dict[str, Any] = dict(taking.site.doors)
    doors["stripe"]._reading = Reading()
    assert (await taking.post(PATH, *signed())).status_code == 200
    assert taking.woken == ["watch stripe"]
    assert [each.needs for each in outside.waiting(taking.site.ledger)] == ["cus_000001"]


@pytest.mark.parametrize("secret", [SECRET, BEFORE])
async def test_while_the_secret_is_changed_both_sign(taking: Web, secret: str) -> None:
    assert (await taking.post(PATH, *signed(secret=secret))).status_code == 200


async def test_stripe_signs_with_both_secrets_at_once(taking: Web) -> None:
    call = stripe_call(PUBLIC + PATH, EVENT, secret="whsec_that_we_never_knew", at=STAMP, also=SECRET)
    assert (await taking.post(PATH, call.body, call.headers)).status_code == 200


GOOD = signed()
HEADER = GOOD[1]["Stripe-Signature"]


def headed(value: str | bytes) -> tuple[bytes, dict[str, Any]]:
    return GOOD[0], {"Content-Type": JSON, "Stripe-Signature": value}


CASES: list[tuple[str, tuple[bytes, dict[str, Any]], int, str | None]] = [
    ("no signature", (GOOD[0], {"Content-Type": JSON}), 403, "signature"),
    ("empty signature", headed(""), 403, "signature"),
    ("garbage", headed("!!!"), 403, "signature"),
    ("letters that are not ASCII", headed("t=1,v1=é".encode("latin-1")), 403, "signature"),
    ("no time", headed(HEADER.partition(",")[2]), 403, "signature"),
    ("no signature but a time", headed(f"t={STAMP}"), 403, "signature"),
    ("an older scheme alone", headed(HEADER.replace("v1=", "v0=")), 403, "signature"),
    ("another time", headed(HEADER.replace(str(STAMP), str(STAMP + 1))), 403, "signature"),
    ("a time of words", headed(f"t=now,{HEADER.partition(',')[2]}"), 403, "signature"),
    ("a header of 100 kB", headed(HEADER + ",v1=" + "a" * 100_000), 403, "signature"),
    ("another secret", signed(secret="whsec_guessed"), 403, "signature"),
    ("another body", (GOOD[0].replace(b"14900", b"1"), GOOD[1]), 403, "signature"),
    ("no body", (b"", GOOD[1]), 403, "signature"),
    ("a body that is not UTF-8", (b"\xff\xfe", GOOD[1]), 403, "signature"),
    ("too old", signed(when=STAMP - 301), 403, "stale"),
    ("old enough", signed(when=STAMP - 299), 200, None),
    ("from the future, which the SDK takes", signed(when=STAMP + 301), 403, "future"),
    ("of next century", signed(when=99_999_999_999), 400, "malformed"),
    ("real money in test mode", signed({**EVENT, "livemode": True}), 403, "account"),
    ("a mode of words", signed({**EVENT, "livemode": "false"}), 400, "malformed"),
    ("no mode", signed({k: v for k, v in EVENT.items() if k != "livemode"}), 400, "malformed"),
    ("no JSON", signed(b"not json"), 400, "malformed"),
    ("nested JSON", signed(b"[" * 5_000 + b"]" * 5_000), 400, "malformed"),
    ("a list", signed([EVENT]), 400, "malformed"),
    ("a thin event", signed({**EVENT, "object": "v2.core.event"}), 400, "malformed"),
    ("no id", signed({**EVENT, "id": None}), 400, "malformed"),
    ("an id too long", signed({**EVENT, "id": "e" * 500}), 400, "malformed"),
    ("no type", signed({k: v for k, v in EVENT.items() if k != "type"}), 400, "malformed"),
    ("no data", signed({**EVENT, "data": None}), 400, "malformed"),
    ("no time of its own", signed({**EVENT, "created": "today"}), 400, "malformed"),
    (
        "a form",
        (GOOD[0], {**GOOD[1], "Content-Type": "application/x-www-form-urlencoded"}),
        415,
        "media_type",
    ),
    ("too large", (b" " * (MOST_BYTES + 1), GOOD[1]), 413, "too_large"),
    ("a type that nobody knows", signed({**EVENT, "type": "person.sneezed"}), 200, None),
    ("an object without anything", signed({**EVENT, "data": {"object": {}}}), 200, None),
    ("an object of words", signed({**EVENT, "data": {"object": "in_1"}}), 200, None),
]


async def test_hostile_webhooks_are_refused_and_counted_and_never_an_error(taking: Web) -> None:
    for name, request, status, counted in CASES:
        answer = await taking.post(PATH, *request)
        assert (name, answer.status_code) == (name, status)
        assert (name, taking.site.tally.take()) == (name, {("stripe", counted): 1} if counted else {})
    assert inbox.unknown_since(taking.site.ledger, at(0)).keys() <= {"stripe"}
    assert len(facts.history(taking.site.ledger, "cus_000001")) == 1, "the one that is good"


async def test_what_nobody_can_read_is_a_task_and_what_nobody_knows_is_counted(taking: Web) -> None:
    broken = {**EVENT["data"]["object"], "currency": "XXX"}
    unknown = {**EVENT, "id": "evt_2", "type": "person.sneezed"}
    for event in ({**EVENT, "data": {"object": broken}}, unknown):
        assert (await taking.post(PATH, *signed(event))).status_code == 200
    [task] = tasks.worklist(taking.site.ledger)
    assert "in_000001 has to be looked at" in task.why
    assert inbox.unknown_since(taking.site.ledger, at(0)) == {"stripe": 2}


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


TYPES = """invoice.paid customer.updated refund.created charge.dispute.created payment_intent.processing
    credit_note.voided payment_method.attached customer.subscription.updated charge.refunded"""


@settings(max_examples=examples(150), deadline=None)
@given(
    field=st.sampled_from(sorted(EVENT["data"]["object"])), value=JSONS, type=st.sampled_from(TYPES.split())
)
def test_whatever_stands_in_an_event_is_read_or_refused(field: str, value: Any, type: str) -> None:
    event = {**EVENT, "type": type, "data": {"object": {**EVENT["data"]["object"], field: value}}}
    raw, headers = signed(json.loads(json.dumps(event)))
    with suppress(Unverified):
        door().verify(raw, {"stripe-signature": headers["Stripe-Signature"]}, PUBLIC + PATH, NOW)


def test_an_event_for_real_money_needs_the_door_of_real_money() -> None:
    raw, headers = signed({**EVENT, "livemode": True})
    told = door(livemode=True).verify(raw, {"stripe-signature": headers["Stripe-Signature"]}, PATH, NOW)
    assert len(told) == 1
