"""What other systems report by webhook: taken once, as by the REST API, and what is refused is told."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from standardwebhooks.webhooks import Webhook

from composition import site
from providers.facts_door import MOST_ITEMS, FactsDoor
from settings import Settings
from store import customers, facts, refusals, tasks
from store.database import Ledger
from tests.store.conftest import at
from tests.web.conftest import JSON, PUBLIC, Web
from web.app import application
from web.doors import MOST_BYTES

PATH = "/webhooks/facts"
NOW = at(4)
OLD, NEW, OTHER = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"o", b"n", b"x"))
INVOICE = {
    "type": "invoice_issued",
    "customer": "ACME",
    "invoice": "INV-7",
    "amount": "100.00",
    "currency": "EUR",
    "due_on": "2026-03-31",
}
PAYMENT = {
    "type": "payment_received",
    "customer": "ACME",
    "payment": "P-7",
    "amount": "100.00",
    "currency": "EUR",
}
CUSTOMER = {"type": "customer", "customer": "BETA", "email": "beta@example.com", "country": "DE"}
NAMELESS = {"type": "card_removed", "customer": "ACME", "instrument": "pm_1"}


def signed(
    body: Any, now: datetime = NOW, *, secret: str = NEW, name: str = "msg_1"
) -> tuple[bytes, dict[str, str]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = Webhook(secret).sign(name, now, raw.decode("utf-8", "replace"))
    stamp = str(int(now.timestamp()))
    headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}
    return raw, {"Content-Type": JSON, **headers}


@pytest.fixture
async def reporting(web: Web) -> Any:
    """The application with this door, and one customer."""
    door = FactsDoor(secrets=[("billing", OLD), ("billing", NEW), ("shop", OTHER)])
    web.business.customer()
    web.now[0] = NOW
    web.site = replace(web.site, reports=door)
    transport = httpx.ASGITransport(app=application(web.site), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        web.client = client
        yield web


def kinds(ledger: Ledger, customer: str = "ACME") -> list[tuple[str, str, str]]:
    return [(fact.source, fact.id, fact.body.type) for fact in facts.history(ledger, customer)]  # type: ignore[attr-defined]


def refused_tasks(ledger: Ledger) -> list[str]:
    return [task.why for task in tasks.worklist(ledger) if task.step == "refused-reports"]


async def test_one_report_a_list_and_a_list_of_items_are_taken_and_wake_once(reporting: Web) -> None:
    for number, body in enumerate((INVOICE, [PAYMENT], {"items": [NAMELESS]})):
        answer = await reporting.post(PATH, *signed(body, name=f"msg_{number}"))
        assert (answer.status_code, answer.json()["recorded"]) == (200, 1)
    assert kinds(reporting.site.ledger) == [
        ("webhook:billing", "invoice_issued:INV-7", "invoice_issued"),
        ("webhook:billing", "payment_received:P-7", "payment_received"),
        ("webhook:billing", "msg_2/0", "card_removed"),
    ]
    assert set(reporting.woken) == {"ACME"}


async def test_a_repetition_changes_nothing_and_says_so(reporting: Web) -> None:
    sent = signed([INVOICE, PAYMENT, NAMELESS, CUSTOMER])
    first, again = [(await reporting.post(PATH, *sent)).json() for _ in range(2)]
    assert (first["recorded"], again["recorded"], again["already"]) == (4, 0, 4)
    assert len(kinds(reporting.site.ledger)) == 3


async def test_a_late_repetition_does_not_undo_what_was_said_of_a_customer_since(reporting: Web) -> None:
    early = signed(CUSTOMER, name="msg_1")
    await reporting.post(PATH, *early)
    await reporting.post(PATH, *signed({**CUSTOMER, "email": "new@example.com"}, name="msg_2"))
    assert (await reporting.post(PATH, *early)).json()["already"] == 1
    with reporting.site.ledger.read() as session:
        assert customers.contact(session, "BETA").email == "new@example.com"


async def test_a_customer_and_what_they_owe_come_together_in_any_order(reporting: Web) -> None:
    owed = {**INVOICE, "customer": "BETA"}
    answer = await reporting.post(PATH, *signed([owed, CUSTOMER]))
    assert [each["status"] for each in answer.json()["results"]] == ["recorded", "recorded"]
    assert len(kinds(reporting.site.ledger, "BETA")) == 1


async def test_what_is_refused_is_told_by_its_place_and_left_to_a_person(reporting: Web) -> None:
    nobody = {**PAYMENT, "customer": "NOBODY"}
    wrong = {**CUSTOMER, "customer": "GAMMA", "email": "not an address", "country": "Germany"}
    sent = [INVOICE, nobody, {**PAYMENT, "amount": 7.5}, 7, wrong]
    answer = await reporting.post(PATH, *signed(sent))
    assert answer.status_code == 422
    told = answer.json()
    assert (told["recorded"], told["refused"]) == (1, 4)
    assert [each["index"] for each in told["results"] if each["problems"]] == [1, 2, 3, 4]
    assert "There is no customer 'NOBODY'" in told["results"][1]["problems"][0]
    assert told["results"][2]["problems"][0].startswith("amount: ")
    [why] = refused_tasks(reporting.site.ledger)
    assert why.startswith(
        "billing was refused 4 of 5 items of delivery msg_1: item 1 ('payment_received', NOBODY)"
    )
    assert "not an address" not in why


async def test_the_task_ends_once_all_of_the_delivery_was_taken(reporting: Web) -> None:
    owed = {**INVOICE, "customer": "BETA"}
    for _ in range(2):
        assert (await reporting.post(PATH, *signed([owed], name="msg_1"))).status_code == 422
    assert len(refused_tasks(reporting.site.ledger)) == 1
    await reporting.post(PATH, *signed(CUSTOMER, name="msg_2"))
    assert (await reporting.post(PATH, *signed([owed], name="msg_1"))).status_code == 200
    assert refused_tasks(reporting.site.ledger) == []


async def test_every_secret_of_a_name_counts_and_each_system_has_a_source_of_its_own(reporting: Web) -> None:
    for number, secret in enumerate((OLD, NEW, OTHER)):
        sent = signed({**NAMELESS, "instrument": f"pm_{number}"}, secret=secret, name="msg_1")
        status = (await reporting.post(PATH, *sent)).status_code
        assert status == (200, 422, 200)[number]  # the same name for another report is a conflict
    sources = {source for source, _, _ in kinds(reporting.site.ledger)}
    assert sources == {"webhook:billing", "webhook:shop"}


async def test_it_is_the_same_fact_as_by_the_rest_api(reporting: Web) -> None:
    """The bodies, and the sentences where one is wrong, are the API's."""
    from web.api.reports import take_items

    bad = [{**INVOICE, "due_on": "31.3.2026"}, {**INVOICE, "surprise": 1}, {"type": "no_such"}, {}]
    told = (await reporting.post(PATH, *signed(bad))).json()["results"]
    by_api, _ = take_items(reporting.site.ledger, "api:x", enumerate(bad), now=NOW)
    assert [each["problems"] for each in told] == [each.problems for each in by_api]


GOOD, HEADERS = signed(INVOICE)


def headed(**values: str) -> dict[str, str]:
    return {**HEADERS, **{name.replace("_", "-"): value for name, value in values.items()}}


HOSTILE: list[tuple[bytes, Mapping[str, str], int, str]] = [
    (GOOD, {"Content-Type": JSON}, 403, "signature"),
    (GOOD, headed(webhook_signature="v1,"), 403, "signature"),
    (GOOD, headed(webhook_signature="v1,AAAA " * 2000), 403, "signature"),
    (GOOD, headed(webhook_signature="v1a," + HEADERS["webhook-signature"][3:]), 403, "signature"),
    (GOOD, headed(webhook_id="msg_2"), 403, "signature"),
    (GOOD, headed(webhook_timestamp="9" * 400), 403, "signature"),
    (GOOD, headed(webhook_timestamp="١٢٣"), 403, "signature"),
    (GOOD + b" ", HEADERS, 403, "signature"),
    (b"\xff\xfe", HEADERS, 403, "signature"),
    (*signed(INVOICE, secret="whsec_" + base64.b64encode(b"y" * 32).decode()), 403, "signature"),
    (*signed(INVOICE, NOW - timedelta(minutes=6)), 403, "stale"),
    (*signed(INVOICE, NOW + timedelta(minutes=6)), 403, "future"),
    (*signed(b"not json"), 400, "malformed"),
    (*signed(b"[" * 50_000), 400, "malformed"),
    (*signed(b'{"type": ' + b"1" * 5000 + b"}"), 400, "malformed"),
    (*signed(b"7"), 400, "malformed"),
    (*signed([]), 400, "malformed"),
    (*signed({}), 400, "malformed"),
    (*signed({"items": []}), 400, "malformed"),
    (*signed({"items": [INVOICE], "more": 1}), 400, "malformed"),
    (*signed({"items": {"type": "x"}}), 400, "malformed"),
    (*signed([{}] * (MOST_ITEMS + 1)), 400, "malformed"),
    (*signed(INVOICE, name="x" * 101), 400, "malformed"),
    (*signed(INVOICE, name=""), 400, "malformed"),
    (*signed(INVOICE, name="two words"), 400, "malformed"),
    (GOOD, headed(Content_Type="text/plain"), 415, "media_type"),
    (b"x" * (MOST_BYTES + 1), HEADERS, 413, "too_large"),
]


async def test_hostile_requests_leave_nothing_but_a_count(reporting: Web) -> None:
    for raw, headers, status, why in HOSTILE:
        sent = {key: value.encode() for key, value in headers.items()}
        answer = await reporting.client.post(PATH, content=raw, headers=sent)
        assert (answer.status_code, answer.text) == (status, ""), (raw[:50], why)
        assert reporting.site.tally.take() == {("facts", why): 1}, raw[:50]
    assert kinds(reporting.site.ledger) == []
    assert refused_tasks(reporting.site.ledger) == []
    assert refusals.__doc__


STRANGE: list[Any] = [
    *(
        None,
        7,
        "x",
        [],
        {"type": None},
        {"type": ["invoice_issued"]},
        {"type": "\ud800"},
        {"type": "unknown"},
    ),
    {**INVOICE, "customer": "A\0"},
    {**INVOICE, "customer": "' OR ''='"},
    {**INVOICE, "invoice": "a\0b"},
    {**INVOICE, "invoice": "\ud800"},
    {**INVOICE, "invoice": "service"},
    {**INVOICE, "amount": float("nan")},
    {**INVOICE, "amount": 10**300},
    {**INVOICE, "amount": "-1"},
    {**INVOICE, "due_on": 1e308},
    {**INVOICE, "due_on": "9999-99-99"},
    {**INVOICE, "by": "root"},
    {**INVOICE, "id": "x" * 129},
    {**INVOICE, "at": "2026-03-06T10:00:00"},
    {**INVOICE, "on": "2099-01-01"},
    {**INVOICE, "\ud800": 1},
    {**CUSTOMER, "customer": "../../etc"},
    {**CUSTOMER, "name": "a\0b"},
    {**CUSTOMER, "name": "\ud800"},
    {**CUSTOMER, "timezone": "Mars/Olympus"},
    {**CUSTOMER, "segment": {"a": 1}},
    {**CUSTOMER, "verify": True, "checks": {"card": {"number": "4242424242424242"}}},
]


async def test_strange_items_are_refused_one_by_one_and_the_good_one_is_taken(reporting: Web) -> None:
    answer = await reporting.post(PATH, *signed([*STRANGE, INVOICE]))
    assert answer.status_code == 422
    told = answer.json()
    assert [each for each in told["results"] if each["status"] == "recorded"] == told["results"][-1:]
    assert (told["recorded"], told["refused"]) == (1, len(STRANGE))
    assert all(each["problems"] for each in told["results"][:-1])
    assert kinds(reporting.site.ledger) == [("webhook:billing", "invoice_issued:INV-7", "invoice_issued")]
    [why] = refused_tasks(reporting.site.ledger)
    assert "4242" not in why


async def test_where_nobody_may_report_there_is_no_door(web: Web) -> None:
    assert (await web.post(PATH, *signed(INVOICE))).status_code == 404


async def test_the_settings_open_the_door(ledger: Ledger, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `serve` is put together: two secrets of one system, from the environment."""

    async def nobody(name: str) -> None:
        pass

    monkeypatch.setenv("FACTS_WEBHOOK_SECRETS", f"billing={OLD}, billing={NEW},shop={OTHER}")
    web.business.customer()
    app = site(Settings.from_env(), ledger, nobody, nobody, nobody, public_url=PUBLIC)
    now = datetime.now(UTC)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        for number, secret in enumerate((OLD, NEW, OTHER)):
            raw, headers = signed({**PAYMENT, "payment": f"P-{number}"}, now, secret=secret)
            assert (await client.post(PATH, content=raw, headers=headers)).status_code == 200
    sources = [source for source, _, _ in kinds(ledger)]
    assert sources == ["webhook:billing", "webhook:billing", "webhook:shop"]
