"""Events to the seller's own product over real HTTP: signed as the library wants, and once each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from providers import standard_webhooks
from providers.loopback.faults import DROPPED, LOST_REPLY, REDIRECTED, Fault, throttled, unwell
from providers.loopback.product import EVENTS
from providers.loopback.server import Loopback
from providers.webhooks_out.endpoint import WebhookEndpoint
from providers.webhooks_out.posting import MOST_BYTES

OLD = "whsec_" + "b2xk" * 10 + "b2xk"
BODY = '{"type":"notice.sent","timestamp":"2026-03-06T10:00:00Z","data":{"customer":"ACME"}}'


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    with Loopback() as vendors:
        yield vendors


@pytest.fixture
def vendors(running: Loopback) -> Loopback:
    """The product, and nothing that arrived before."""
    running.product.events.clear()
    return running


def endpoint(vendors: Loopback, *secrets: str) -> WebhookEndpoint:
    return WebhookEndpoint(url=vendors.base + EVENTS, secrets=secrets or [vendors.product.secret])


def test_an_event_arrives_as_the_library_wants_it(vendors: Loopback) -> None:
    answered = endpoint(vendors).post("evt_1", BODY)
    assert (answered.status, answered.taken) == (204, True)
    [arrived] = vendors.product.events
    assert (arrived.id, arrived.type, arrived.data) == ("evt_1", "notice.sent", {"customer": "ACME"})


def test_while_the_secret_changes_both_are_signed_with(vendors: Loopback) -> None:
    for secrets in ([OLD, vendors.product.secret], [vendors.product.secret, OLD]):
        assert endpoint(vendors, *secrets).post("evt_1", BODY).taken
    assert endpoint(vendors, OLD).post("evt_1", BODY).status == 401


def test_what_is_signed_is_valid_in_any_zone_and_with_any_letters() -> None:
    raw = '{"name":"Zoë 💥"}'.encode()
    at = datetime.now(UTC).astimezone(datetime.fromisoformat("2026-01-01T00:00:00+02:00").tzinfo)
    signed = standard_webhooks.headers([standard_webhooks.Secret(OLD)], "evt_1", at, raw)
    assert Webhook(OLD).verify(raw, signed) == json.loads(raw)


@pytest.mark.parametrize(
    ("fault", "status", "gone"),
    [
        (Fault(status=410), 410, True),
        (Fault(status=400), 400, False),
        (unwell(503), 503, False),
        (REDIRECTED, 302, False),
        (LOST_REPLY, None, False),
        (DROPPED, None, False),
        (Fault(processed=True, status=200, body=b"x" * (4 * MOST_BYTES)), 200, False),
    ],
)
def test_only_a_success_is_one(vendors: Loopback, fault: Fault, status: int | None, gone: bool) -> None:
    vendors.faults.add("event", [fault])
    answered = endpoint(vendors).post("evt_1", BODY)
    assert (answered.status, answered.gone, answered.taken) == (status, gone, status == 200)


def test_a_wish_for_patience_is_heard_and_an_address_that_nobody_serves_is_no_crash(
    vendors: Loopback,
) -> None:
    vendors.faults.add("event", [throttled(90)])
    assert endpoint(vendors).post("evt_1", BODY).retry_after == timedelta(seconds=90)
    nobody = WebhookEndpoint(url="http://127.0.0.1:9/x", secrets=[OLD])
    assert nobody.post("evt_1", BODY).status is None
    assert (nobody.host, nobody.name[:2]) == ("127.0.0.1:9", "e-")
