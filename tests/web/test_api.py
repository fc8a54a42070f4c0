"""The REST API, as a billing system uses it: with the real ledger, through HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from activities.books import Books
from domain.reported import TYPES
from store import clock
from store.assess import peek
from tests.store.conftest import DUE, at
from tests.web.conftest import PUBLIC, Web
from web.api.reports import PATHS
from web.api.tokens import Tokens
from web.app import application

TOKEN, OTHER = "a-token-of-the-billing-system", "a-token-of-the-card-processor"
INVOICE = {
    "customer": "ACME",
    "invoice": "INV-7",
    "amount": "250.00",
    "currency": "EUR",
    "due_on": f"{DUE}",
}
ACME = {"customer": "ACME", "name": "Acme Ltd", "email": "ap@acme.example", "country": "GB"}


@dataclass
class Api:
    """A client of the API."""

    client: httpx.AsyncClient
    web: Web
    token: str = TOKEN

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(f"/v1{path}", json=body, headers=self._headers(headers))

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(f"/v1{path}", params=query, headers=self._headers({}))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token}", **named}


@pytest.fixture
async def api(web: Web) -> AsyncIterator[Api]:
    ledger = web.site.ledger
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    site = replace(
        web.site,
        tokens=Tokens({"billing": TOKEN, "cards": OTHER}),
        view=lambda customer: books.view(peek(ledger, customer, now=web.site.now())),
    )
    transport = httpx.ASGITransport(app=application(site))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield Api(client, web)


async def test_an_invoice_that_is_reported_begins_to_be_watched(api: Api) -> None:
    added = await api.post("/customers", ACME)
    assert (added.status_code, added.json()) == (201, {"customer": "ACME", "status": "added"})
    reported = await api.post("/invoices", INVOICE)
    assert reported.status_code == 201
    assert reported.json() == {"customer": "ACME", "id": "invoice_issued:INV-7", "already": False}
    assert api.web.woken == ["ACME", "ACME"]
    shown = (await api.get("/invoices/INV-7")).json()
    assert (shown["open"], shown["currency"], shown["state"]) == ("250.00", "EUR", "open")
    view = (await api.get("/customers/ACME")).json()
    assert view["view"]["stage"] == "overdue"
    assert view["view"]["effects"][0]["key"] == "first/email"


async def test_the_same_report_again_is_answered_alike_and_written_once(api: Api) -> None:
    await api.post("/customers", ACME)
    first, again = await api.post("/invoices", INVOICE), await api.post("/invoices", INVOICE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "already": True}
    assert len((await api.get("/facts", customer="ACME")).json()["items"]) == 1


async def test_the_same_name_with_another_content_is_a_conflict(api: Api) -> None:
    await api.post("/customers", ACME)
    await api.post("/invoices", INVOICE)
    other = await api.post("/invoices", {**INVOICE, "amount": "251.00"})
    assert other.status_code == 409
    assert other.headers["content-type"] == "application/problem+json"
    assert other.json()["problems"] == [
        "api:billing invoice_issued:INV-7: recorded already, with another content"
    ]
    assert (await api.get("/invoices/INV-7")).json()["amount"] == "250.00"


async def test_the_same_invoice_through_another_door_is_refused(api: Api) -> None:
    await api.post("/customers", ACME)
    await api.post("/invoices", INVOICE)
    api.token = OTHER
    again = await api.post("/invoices", INVOICE)
    assert again.status_code == 422
    assert "invoice INV-7 is recorded already, by another fact" in again.json()["problems"][0]


async def test_what_may_be_meant_twice_needs_a_name(api: Api) -> None:
    await api.post("/customers", ACME)
    await api.post("/invoices", INVOICE)
    paid = {"customer": "ACME", "payment": "P-1", "amount": "250.00", "currency": "EUR", "invoice": "INV-7"}
    await api.post("/payments", paid)
    refund = {"customer": "ACME", "payment": "P-1", "amount": "100.00"}
    nameless = await api.post("/payments/refunds", refund)
    assert nameless.status_code == 422
    assert "Idempotency-Key" in nameless.json()["problems"][0]
    named = [await api.post("/payments/refunds", refund, Idempotency_Key="R-1") for _ in range(2)]
    assert [each.status_code for each in named] == [201, 200]
    assert (await api.get("/invoices/INV-7")).json()["open"] == "100.00"
    second = await api.post("/payments/refunds", {**refund, "id": "R-2"})
    assert second.status_code == 201
    assert (await api.get("/invoices/INV-7")).json()["open"] == "200.00"


async def test_many_facts_at_once_have_a_result_each(api: Api) -> None:
    await api.post("/customers", ACME)
    api.web.woken.clear()
    items = [
        {"type": "invoice_issued", **INVOICE},
        {"type": "invoice_issued", **INVOICE},
        {"type": "invoice_issued", **INVOICE, "amount": "1.00"},
        {"type": "invoice_issued", **INVOICE, "invoice": "INV-8", "due_on": "31.3.2026"},
        {"type": "invoice_issued", **INVOICE, "invoice": "INV-8", "customer": "NOBODY"},
        {"type": "promise_made", "customer": "ACME", "pay_on": "2026-04-01"},
        {"type": "payment_received", "customer": "ACME", "payment": "P", "amount": "9.00", "currency": "EUR"},
        {"customer": 7},
    ]
    answer = await api.post("/facts", {"items": items})
    assert answer.status_code == 200
    found = answer.json()
    statuses = [each["status"] for each in found["results"]]
    refused = ["conflict", "refused", "refused", "refused"]
    assert statuses == ["recorded", "already", *refused, "recorded", "refused"]
    assert [each["index"] for each in found["results"]] == list(range(8))
    assert (found["recorded"], found["already"], found["refused"]) == (2, 1, 5)
    assert found["results"][3]["problems"] == ["due_on: write a day like 2026-02-03"]
    assert api.web.woken == ["ACME"], "each customer once"


async def test_what_is_known_of_a_customer_changes_and_the_rest_stays(api: Api) -> None:
    await api.post("/customers", {**ACME, "timezone": "Europe/London"})
    again = await api.post("/customers", ACME)
    assert (again.status_code, again.json()["status"]) == (200, "already")
    changed = await api.post("/customers", {"customer": "ACME", "email": "new@acme.example"})
    assert changed.json()["status"] == "changed"
    listed = (await api.get("/customers")).json()["items"]
    assert [(each["customer"], each["timezone"], each["country"]) for each in listed] == [
        ("ACME", "Europe/London", "GB")
    ]


async def test_a_customer_can_be_verified_first(api: Api) -> None:
    begun = await api.post("/customers", {**ACME, "verify": True, "phone": "+44 20 7946 0000"})
    assert (begun.status_code, begun.json()["status"]) == (201, "verifying")
    assert (await api.get("/facts", customer="ACME")).json()["items"][0]["fact"][
        "type"
    ] == "onboarding_started"


async def test_what_came_with_an_application_is_kept_for_its_checks(api: Api) -> None:
    checks = {
        "card": {"funding": "prepaid", "country": "GB", "fingerprint": "f1"},
        "network": "192.0.2.7",
        "expects": "600.00",
        "currency": "GBP",
    }
    begun = await api.post("/customers", {**ACME, "verify": True, "checks": checks})
    fact = (await api.get("/facts", customer="ACME")).json()["items"][0]["fact"]
    assert (begun.status_code, begun.json()["status"]) == (201, "verifying")
    assert fact["given"] == ["card", "network"]
    assert (fact["expects"], fact["currency"]) == ("600.00", "GBP")


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ({"card": {"number": "4242424242424242"}}, "number looks like a card number"),
        ({"expects": "600.00"}, "an expected amount has a currency"),
        ({"accepts_policy": "nonsense"}, "No policy 'nonsense' was adopted here"),
    ],
)
async def test_what_cannot_be_checked_is_refused_without_showing_it(
    api: Api, checks: dict[str, Any], says: str
) -> None:
    refused = await api.post("/customers", {**ACME, "verify": True, "checks": checks})
    assert 400 <= refused.status_code < 500
    assert says in refused.text
    assert "4242" not in refused.text


async def test_pages_follow_each_other_without_gap_or_repetition(api: Api) -> None:
    for number in range(5):
        await api.post("/customers", {**ACME, "customer": f"C{number}"})
        await api.post("/invoices", {**INVOICE, "customer": f"C{number}", "invoice": f"I{number}"})
    for path, name in (("/customers", "customer"), ("/invoices", "invoice")):
        found, after = [], ""
        while after is not None:
            page = (await api.get(path, after=after, limit=2)).json()
            found += [item[name] for item in page["items"]]
            after = page["next"]
        assert found == [f"{name[0].upper()}{number}" for number in range(5)]


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xff"]
)
async def test_nobody_without_a_token_learns_anything(api: Api, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given.encode("latin-1").decode("latin-1")}
    for method, path in (("GET", "/v1/customers"), ("POST", "/v1/facts"), ("GET", "/v1/invoices/INV-7")):
        content = b"{}" if method == "POST" else None
        sent = {**headers, "Content-Type": "application/json"}
        raw = {name: value.encode("latin-1") for name, value in sent.items()}
        answer = await api.client.request(method, path, headers=raw, content=content)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_fact_from_the_future_is_refused(api: Api) -> None:
    await api.post("/customers", ACME)
    early = await api.post("/invoices", {**INVOICE, "on": f"{at(30).date()}"})
    assert early.status_code == 422
    assert "still to come" in early.json()["problems"][0]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 422, "required"),
        (b"{", 400, "JSON"),
        (b"[]", 422, "keys with values"),
        (b"\xff\xfe", 400, "JSON"),
        (b"[" * 100_000, 400, "JSON"),
        (b'{"customer": "ACME", "amont": 1}', 422, "amont"),
        (
            b'{"customer": "A", "invoice": "I", "amount": 12.5, "currency": "EUR", "due_on": "2026-01-01"}',
            422,
            "a float is not exact",
        ),
        (b'{"customer": "A\\u0000B"}', 422, "right form"),
        (
            b'{"customer": "A", "invoice": "\\ud800"}',
            422,
            "write text",
        ),
    ],
)
async def test_a_body_that_cannot_be_used_is_a_sentence(
    api: Api, body: bytes, status: int, says: str
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    answer = await api.client.post("/v1/invoices", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert says in " ".join(answer.json()["problems"])


async def test_halves_of_characters_among_many_items_are_answered_too(api: Api) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    half = b'{"items": [{"type": "invoice_issued", "customer": "\\ud800", "\\udfff": 1}]}'
    answer = await api.client.post("/v1/facts", content=half, headers=headers)
    assert (answer.status_code, answer.json()["refused"]) == (200, 1)


async def test_a_body_may_be_too_large_or_something_else(api: Api) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    large = await api.client.post("/v1/facts", content=b" " * (1 << 21), headers=headers)
    assert large.status_code == 413
    form = await api.client.post("/v1/facts", content=b"a=b", headers={"Authorization": f"Bearer {TOKEN}"})
    assert form.status_code == 415


async def test_a_ledger_that_is_away_is_no_stack_trace(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    await api.post("/customers", ACME)
    with api.web.site.ledger.write() as session:
        session.execute(text("ALTER TABLE facts RENAME TO away"))
    answer = await api.post("/invoices", INVOICE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "INV-7" not in caplog.text + answer.text


async def test_there_is_no_api_without_tokens(web: Web) -> None:
    assert (await web.client.get("/v1/customers")).status_code == 404


def test_every_kind_of_fact_from_elsewhere_has_a_path() -> None:
    assert set(PATHS.values()) == set(TYPES.values())


# --- incidents

SPAM = {
    "id": "C-77",
    "kind": "spam",
    "customer": "ACME",
    "text": "ann@acme.example sends mail",
    "at": "2026-03-01T09:00:00Z",
}


async def test_a_notice_of_an_incident_opens_one_and_wakes_its_workflow(api: Api) -> None:
    await api.post("/customers", ACME)
    api.web.woken.clear()
    taken = await api.post("/incidents", SPAM)
    assert (taken.status_code, taken.json()["status"]) == (201, "new")
    name = taken.json()["incident"]
    assert sorted(api.web.woken) == ["ACME", f"incident {name}"]
    again = await api.post("/incidents", {**SPAM, "id": None}, Idempotency_Key="C-77")
    assert (again.status_code, again.json()) == (200, {"incident": name, "status": "again"})
    api.token = OTHER
    other = await api.post("/incidents", {**SPAM, "id": "other"})
    assert (other.status_code, other.json()) == (200, {"incident": name, "status": "more"})
    assert len(api.web.woken) == 2


async def test_incidents_are_paged_without_what_was_written(api: Api) -> None:
    await api.post("/customers", ACME)
    told = [await api.post("/incidents", {"id": f"C-{n}", "kind": "my words"}) for n in range(3)]
    told.append(await api.post("/incidents", SPAM))
    assert [each.status_code for each in told] == [201] * 4
    found, after = [], ""
    while after is not None:
        page = (await api.get("/incidents", limit=2, after=after, open="true")).json()
        found, after = [*found, *page["items"]], page["next"]
    assert [each["incident"] for each in found] == sorted(each.json()["incident"] for each in told)
    [spam] = [each for each in found if each["kind"] == "spam"]
    assert (spam["customer"], spam["category"], spam["state"]) == ("ACME", "misuse", "received")
    assert (spam["trusted"], spam["orders_blocked"], spam["closed_at"]) == (True, False, None)
    assert {each["kind"] for each in found} == {"spam", "other"}
    assert "words" not in f"{found}"
    assert "@" not in f"{found}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "spam"}, "Idempotency-Key"),
        ({"id": "C-1"}, "kind: "),
        ({"id": "C-1", "kind": "spam", "at": "2026-03-01T09:00:00"}, "at: "),
        ({"id": "C-1", "kind": "spam", "trusted": False}, "trusted: "),
    ],
)
async def test_a_notice_that_cannot_be_used_says_why(api: Api, body: dict[str, Any], words: str) -> None:
    answer = await api.post("/incidents", body)
    assert answer.status_code == 422
    assert words in answer.json()["problems"][0]
    assert (await api.get("/incidents")).json()["items"] == []
