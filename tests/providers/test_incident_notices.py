"""What Partner Center, Graph and emails say, read into notices; the events are made up, field by field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.incidents.notice import Notice
from providers import incident_mail, microsoft_alerts
from tests.effort import examples

SUBSCRIPTION, ENTITY = "11111111-2222-4333-8444-555555555555", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TENANT = "99999999-8888-4777-8666-555555555555"
OLD: dict[str, Any] = {
    "eventTime": "2026-03-02T08:15:00.5",
    "eventId": f"{SUBSCRIPTION}_{ENTITY}",
    "customerTenantId": TENANT,
    "customerFriendlyName": "Acme Ltd",
    "subscriptionId": SUBSCRIPTION,
    "entityName": "vm-7",
    "hitCount": "12",
    "eventStatus": "Active",
    "firstOccurrence": "2026-03-01T23:00:00.1234567",
    "resolvedReason": "None",
    "resolvedOn": "9999-12-31T23:59:59.9970000",
}
NEW = OLD | {
    "firstObserved": "9999-12-31T23:59:59.9970000",
    "eventType": "NetworkConnectionsToCryptoMiningPools",
    "severity": "High",
    "confidenceLevel": "medium",
    "affectedResources": [{"azureResourceId": "/x", "type": "vm"}],
    "additionalDetails": {"miningPool_IP": '["192.0.2.7"]', "connectionCount": "31"},
    "IsTest": "false",
    "activityLogs": "[]",
}
ALERT: dict[str, Any] = {
    "id": f"{SUBSCRIPTION}-{ENTITY}",
    "alertType": "networkConnectionsToCryptoMiningPools",
    "status": "active",
    "severity": "high",
    "confidenceLevel": "unknownFutureValue",
    "customerTenantId": TENANT,
    "subscriptionId": SUBSCRIPTION,
    "firstObservedDateTime": "2026-03-01T23:00:00.05Z",
    "resolvedOnDateTime": None,
    "isTest": "true",
    "affectedResources": [],
    "additionalDetails": {"ConnectionCount": 5},
}


def read(event: Any, format: str = "partner_center") -> Notice:
    [notice] = microsoft_alerts.read(json.dumps(event).encode(), format)
    return notice


def test_a_fraud_event_of_the_old_model_has_no_type_and_is_read() -> None:
    notice = read([OLD])
    assert (notice.kind, notice.word, notice.trusted) == ("other", "fraud event of no type", True)
    assert (notice.subscription, notice.customer, notice.status) == (SUBSCRIPTION, TENANT, "active")
    assert notice.occurred_at == datetime(2026, 3, 1, 23, 0, 0, 123456, tzinfo=UTC)
    assert notice.signs == ("hits 12",)


def test_a_fraud_event_of_the_new_model() -> None:
    """S9d: pools and machines stay with the text, the number of connections is shown."""
    notice = read([NEW])
    assert (notice.kind, notice.word) == ("mining", "NetworkConnectionsToCryptoMiningPools")
    assert (notice.severity, notice.confidence, notice.test) == ("high", "medium", False)
    assert notice.signs == ("hits 12", "connectionCount 31", "resources 1")
    assert "192.0.2.7" in notice.text
    assert "192.0.2.7" not in str(notice.said)
    assert "Acme" not in str(notice.said)


def test_an_alert_of_graph_names_the_same_event() -> None:
    notice = read({"value": [ALERT]}, "graph")
    assert (notice.kind, notice.test, notice.confidence) == ("mining", True, "unknownfuturevalue")
    assert notice.event_name == read([NEW]).event_name
    assert notice.occurred_at == datetime(2026, 3, 1, 23, 0, 0, 50000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-01T23:00:00Z", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("2026-03-01T23:00:00", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("2026-03-02T00:00:00+01:00", datetime(2026, 3, 1, 23, tzinfo=UTC)),
        ("2026-03-01T23:00:00.1234567+00:00", datetime(2026, 3, 1, 23, 0, 0, 123456, tzinfo=UTC)),
        ("9999-12-31T23:59:59.9970000", None),
        ("0001-01-01T00:00:00", None),
        ("0001-01-01T00:00:00.0000000+01:00", None),
        ("last week", None),
    ],
)
def test_an_instant_is_read_with_and_without_a_fraction(written: str, at: datetime | None) -> None:
    assert read(ALERT | {"firstObservedDateTime": written}, "graph").occurred_at == at


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("UsageAnomalyDetection", "hacking"),
        ("VirtualMachineDeploymentAnomaly", "hacking"),
        ("MultiRegionVirtualMachineScaleSetDeploymentAnomaly", "hacking"),
        ("MultiRegionMachineLearningUsageAnomaly", "hacking"),
        ("ServiceHealthSecurityAdvisory", "other"),
        ("QuantumTeleportationAnomaly", "other"),
    ],
)
def test_a_type_that_nobody_knows_is_kept_as_it_was_written(type_: str, kind: str) -> None:
    """S8: new types come with limited notice."""
    notice = read([NEW | {"eventType": type_}])
    assert (notice.kind, notice.word) == (kind, type_)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"not json", "this is no JSON"),
        (b"[" * 100_000, "this is no JSON"),
        (b"[1]", "give a list of 1000 objects at most"),
        (b'[{"eventType": "x"}]', "event 1 has no eventId"),
        (b"\xff", "this is no JSON"),
    ],
)
def test_what_is_no_answer_of_the_api_is_refused(raw: bytes, says: str) -> None:
    with pytest.raises(microsoft_alerts.Unreadable, match=says):
        microsoft_alerts.read(raw, "partner_center")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=examples(60), deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(NEW)), VALUES), st.sampled_from(["partner_center", "graph"]))
def test_no_value_of_a_field_is_a_crash(values: dict[str, Any], format: str) -> None:
    event = {**NEW, "id": "x", **values}
    try:
        [notice] = [*microsoft_alerts.notices([event], format)]
    except microsoft_alerts.Unreadable:
        return
    assert notice.incident
    assert all(len(value) < 2000 for value in notice.said.values())


MAIL = f"""From: Partner Fraud <no-reply@vendor.example>
To: desk@seller.example
Subject: Action required: cryptocurrency mining detected
Message-ID: <42@vendor.example>
Date: Mon, 02 Mar 2026 09:00:00 +0000
Content-Type: text/plain; charset=utf-8

Subscription {SUBSCRIPTION}, event {SUBSCRIPTION}_{ENTITY}.
"""


def test_an_email_is_read_and_not_believed() -> None:
    """S7."""
    notice = incident_mail.read(MAIL.encode())
    assert (notice.source, notice.id, notice.trusted) == ("mail", "<42@vendor.example>", False)
    assert (notice.kind, notice.subscription) == ("mining", SUBSCRIPTION)
    assert notice.event_name == read([NEW]).event_name
    assert "vendor.example" not in str(notice.said)


@pytest.mark.parametrize(
    ("body", "kind", "suspended"),
    [
        ("Your customer sends unsolicited messages", "spam", False),
        ("Denial of service from your network. The subscription has been suspended.", "ddos", True),
        ("Something odd", "other", False),
    ],
)
def test_what_an_email_seems_to_be_about(body: str, kind: str, suspended: bool) -> None:
    raw = f"From: a@b.example\nSubject: Notice\n\n{body}\n"
    notice = incident_mail.read(raw.encode())
    assert (notice.kind, notice.suspended) == (kind, suspended)


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"\x00\xff" * 100, b"Subject: x\n\nno sender", b"x" * (6 << 20)]
)
def test_what_is_no_email_is_refused(raw: bytes) -> None:
    with pytest.raises(incident_mail.Unreadable):
        incident_mail.read(raw)


@settings(max_examples=examples(40), deadline=None)
@given(st.binary(max_size=200))
def test_no_body_of_an_email_is_a_crash(body: bytes) -> None:
    head = (
        b"From: a@b.example\nContent-Type: text/plain; charset=klingon\nContent-Transfer-Encoding: base64\n\n"
    )
    assert incident_mail.read(head + body).incident


@pytest.mark.parametrize(
    "header", [b"Message-ID: <", b"Message-ID: <a@[", b"Content-Disposition: x\xff=", b"Subject: \xff"]
)
def test_no_forged_header_of_an_email_is_a_crash(header: bytes) -> None:
    notice = incident_mail.read(b"From: a@[\n" + header + b"\n\nunsolicited messages\n")
    assert (notice.kind, notice.trusted) == ("spam", False)
