"""Notices of incidents by webhook: taken once from whoever has the secret, and from nobody else."""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from domain.errors import Unverified
from providers.incident_door import IncidentDoor
from store import incidents
from tests.effort import examples
from tests.web.conftest import INCIDENTS, JSON, Web
from web.doors import MOST_BYTES

PATH = "/webhooks/incidents"
SECRET = INCIDENTS
NOW = datetime(2026, 3, 6, 10, tzinfo=UTC)
NOTICE = {"id": "C-7", "kind": "spam", "customer": "ACME", "severity": "High", "text": "spam!"}


def signed(
    body: Any, now: datetime = NOW, *, secret: str = SECRET, name: str = "msg_1"
) -> tuple[bytes, dict[str, str]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = Webhook(secret).sign(name, now, raw.decode("utf-8", "replace"))
    stamp = str(int(now.timestamp()))
    headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}
    return raw, {"Content-Type": JSON, **headers}


@pytest.fixture
def door() -> IncidentDoor:
    return IncidentDoor(secret=SECRET)


@pytest.fixture
def taking(web: Web) -> Web:
    """The application with this door too."""
    web.business.customer()
    web.now[0] = NOW
    return web


async def test_a_notice_is_taken_once_and_wakes_both_workflows(taking: Web) -> None:
    raw, headers = signed(NOTICE)
    for _ in range(2):
        assert (await taking.post(PATH, raw, headers)).status_code == 200
    [listed] = incidents.listed(taking.site.ledger, now=NOW)
    assert (listed.incident.kind.name, listed.incident.severity) == ("spam", "high")
    assert taking.woken == [f"incident {listed.incident.id}", "ACME"]


async def test_events_of_a_vendor_are_taken_as_they_are(taking: Web) -> None:
    events = [{"eventId": "E-1", "subscriptionId": "S", "eventType": "Unheard"}, {"eventId": "E-2"}]
    raw, headers = signed({"format": "partner_center", "events": events})
    assert (await taking.post(PATH, raw, headers)).status_code == 200
    found = incidents.listed(taking.site.ledger, now=NOW)
    assert {each.incident.word for each in found} == {"Unheard", "fraud event of no type"}


GOOD, HEADERS = signed(NOTICE)


def headed(**values: str) -> dict[str, str]:
    return {**HEADERS, **{name.replace("_", "-"): value for name, value in values.items()}}


@pytest.mark.parametrize(
    ("raw", "headers", "why"),
    [
        (GOOD, {"Content-Type": JSON}, "signature"),
        (GOOD, headed(webhook_signature=""), "signature"),
        (GOOD, headed(webhook_signature="v1,"), "signature"),
        (GOOD, headed(webhook_signature="v1"), "signature"),
        (GOOD, headed(webhook_signature="v2," + HEADERS["webhook-signature"][3:]), "signature"),
        (GOOD, headed(webhook_signature="v1,AAAA " * 2000), "signature"),
        (GOOD, headed(webhook_id="msg_2"), "signature"),
        (GOOD, headed(webhook_id=""), "signature"),
        (GOOD, headed(webhook_timestamp="1"), "signature"),
        (GOOD, headed(webhook_timestamp="now"), "signature"),
        (GOOD, headed(webhook_timestamp="-1"), "signature"),
        (GOOD, headed(webhook_timestamp="9" * 400), "signature"),
        (GOOD + b" ", HEADERS, "signature"),
        (b"\xff\xfe", HEADERS, "signature"),
        (*signed(NOTICE, secret="whsec_" + base64.b64encode(b"x" * 32).decode()), "signature"),
        (*signed(NOTICE, NOW - timedelta(minutes=6)), "stale"),
        (*signed(NOTICE, NOW + timedelta(minutes=6)), "future"),
        (*signed(b"not json"), "malformed"),
        (*signed(b"[" * 50_000), "malformed"),
        (*signed([NOTICE]), "malformed"),
        (*signed({"id": "x"}), "malformed"),
        (*signed({**NOTICE, "id": 7}), "malformed"),
        (*signed({**NOTICE, "customer": "A\0"}), "malformed"),
        (*signed({**NOTICE, "subscription": "\ud800"}), "malformed"),
        (*signed({**NOTICE, "occurred_at": "2026-03-02T10:00:00"}), "malformed"),
        (*signed({"format": "carrier_pigeon", "events": [{}]}), "malformed"),
        (*signed({"format": "graph", "events": []}), "malformed"),
        (*signed({"format": "graph", "events": [{"alertType": "x"}]}), "malformed"),
    ],
)
def test_what_is_not_from_whom_it_says_is_refused(
    door: IncidentDoor, raw: bytes, headers: Mapping[str, str], why: str
) -> None:
    with pytest.raises(Unverified, match=f"^{why}$"):
        door.verify(raw, headers, "", NOW)


async def test_hostile_requests_leave_nothing_but_a_count(taking: Web) -> None:
    plain = {**HEADERS, "Content-Type": "text/plain"}
    sent = [(GOOD + b" ", HEADERS), signed([NOTICE]), (GOOD, plain), (b"x" * (MOST_BYTES + 1), HEADERS)]
    answers = [await taking.post(PATH, raw, headers) for raw, headers in sent]
    assert [(each.status_code, each.text) for each in answers] == [(403, ""), (400, ""), (415, ""), (413, "")]
    refused = ("signature", "malformed", "media_type", "too_large")
    assert taking.site.tally.take() == {("incidents", why): 1 for why in refused}
    assert incidents.listed(taking.site.ledger, now=NOW, closed=True) == []
    assert taking.woken == []


def test_one_of_two_secrets_is_enough(door: IncidentDoor) -> None:
    raw, headers = signed(NOTICE)
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"
    assert len(door.verify(raw, headers, "", NOW)) == 1


@settings(max_examples=examples(60), deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "kind", "text", "customer", "x"]), st.text() | st.integers()))
def test_no_body_is_a_crash(body: dict[str, Any]) -> None:
    raw, headers = signed(body)
    with suppress(Unverified):
        assert all(each.said for each in IncidentDoor(secret=SECRET).verify(raw, headers, "", NOW))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "not base64!", "whsec_" + "A" * 400])
def test_what_is_no_secret_is_refused_at_the_start(secret: str) -> None:
    with pytest.raises(ValueError):
        IncidentDoor(secret=secret)
