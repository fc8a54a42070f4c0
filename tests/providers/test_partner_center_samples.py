"""Microsoft's documented JSON, where it is at hand: read as it stands, and written as it stands."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.incidents.alerts import Alert
from providers import microsoft_alerts
from providers.loopback.partner_center.webhooks import OFFERED
from providers.loopback.server import Loopback
from providers.partner_center import exact_json
from providers.partner_center.alerts import FraudEvents, GraphAlerts
from providers.partner_center.budgets import PartnerCenterBudgets
from providers.partner_center.client import Client
from providers.partner_center.door import hint_of
from providers.partner_center.login import GivenToken
from providers.partner_center.reading import PartnerCenter
from providers.partner_center.registration import Registration, followed

SAMPLES = Path(__file__).parents[3] / "shared/reference/partner-center-samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the documented JSON is not here")


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def client(server: Loopback) -> Client:
    login = GivenToken(server.partner_center.token)
    return Client(base=server.partner_center_base, app=login, user=login)


@pytest.fixture
def graph(server: Loopback) -> GraphAlerts:
    authority = server.partner_center.authority
    login = GivenToken(authority.issue("https://graph.microsoft.com", {"idtyp": "app"})["access_token"])
    return GraphAlerts(Client(base=server.graph_base, app=login))


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_what_is_read_is_written_with_every_digit(file: Path) -> None:
    told = exact_json.read(file.read_bytes())
    assert exact_json.read(exact_json.written(told).encode()) == told


def test_graphs_alerts_are_read_and_resolved(server: Loopback, graph: GraphAlerts) -> None:
    security = server.partner_center.security
    security.alerts = {each["id"]: each for each in sample("graph_partner_security_alerts_list")["value"]}
    mining, usage = graph.alerts(None).notices
    assert (mining.kind, mining.severity, mining.confidence, mining.test) == (
        "mining",
        "high",
        "medium",
        False,
    )
    assert mining.signs == ("connectionCount 5", "resources 1")
    assert (usage.kind, usage.status) == ("hacking", "investigating")
    graph.resolve(Alert(event=usage.event or ""), "fraud", request="r")
    assert security.told[-1][1] == sample("graph_partner_security_alert_update_request")
    assert graph.stands(Alert(event=usage.event or "")).words == "resolved, fraud"


@pytest.mark.parametrize("name", ["fraud_events_new_model", "fraud_events_v1_model"])
def test_fraud_events_are_read_and_resolved(server: Loopback, client: Client, name: str) -> None:
    security, events = server.partner_center.security, FraudEvents(client)
    security.events = sample(name)
    [notice] = events.alerts(None).notices
    assert notice.kind == ("mining" if "new" in name else "other")
    alert = Alert(event=notice.event or "", subscription=notice.subscription)
    assert not events.stands(alert).resolved
    events.resolve(alert, "fraud", request="r")
    path, told = security.told[-1]
    assert told == sample("fraud_event_status_update_request")
    assert path.endswith(f"/v1/fraudEvents/subscription/{notice.subscription}/status")
    assert events.stands(alert).words == "resolved, fraud"
    security.events = sample("fraud_event_status_update_response_new_model")
    assert events.stands(alert).words == "resolved, fraud"


def test_both_models_and_both_sources_name_an_event_alike() -> None:
    names = {
        notice.event_name
        for name in (
            *("fraud_events_new_model", "fraud_events_v1_model", "fraud_event_status_update_response"),
            "fraud_event_status_update_response_new_model",
        )
        for notice in microsoft_alerts.notices(sample(name), "partner_center")
    }
    assert len(names) == 1


def test_budgets_are_read_and_set(server: Loopback, client: Client) -> None:
    there, budgets = server.partner_center.budgets, PartnerCenterBudgets(client)
    there.of["t"] = sample("usage_budget_get_response_ASSUMED_SHAPE")["amount"]
    assert budgets.budget("t") == 100
    budgets.set_budget("t", Decimal(100), request="r")
    assert there.asked[-1][1] == sample("usage_budget_patch_request")["Amount"]


def test_usage_and_audit_records_are_read(server: Loopback, client: Client) -> None:
    there, reading = server.partner_center, PartnerCenter(client)
    there.usage = sample("usage_records_all_customers")["items"]
    readings = reading.readings(None).readings
    assert len(readings) == len(there.usage)
    assert {each.currency for each in readings} >= {"EUR", "GBP"}
    there.audit, there.today = sample("audit_records_list")["items"], lambda: date(2017, 6, 30)
    days = [str(each["operationDate"])[:10] for each in there.audit]
    page = reading.records(date(2017, 6, 1), date(2017, 6, 30), None)
    assert len(page.records) == sum(day.startswith("2017-06") for day in days)


def test_every_event_is_a_hint_and_the_bodies_of_registration_are_ours(
    server: Loopback, client: Client
) -> None:
    bodies = sample("webhook_events_by_name")
    kinds = {}
    for name, body in {**bodies, "again": sample("webhook_test_created_body")}.items():
        at = datetime.fromisoformat(body["ResourceChangeUtcDate"])
        kinds[name] = hint_of(json.dumps(body).encode(), at).kind
    assert len(bodies) == 21
    assert kinds["subscription-updated"] == "subscription"
    assert kinds["usagerecords-thresholdExceeded"] == "usage"
    assert kinds["azure-fraud-event-detected"] == "fraud"
    assert {kind for name, kind in kinds.items() if "-admin-" in name} == {"access"}
    assert sum(kind == "other" for kind in kinds.values()) == 8

    asked = sample("webhook_registration_request")
    registered = Registration(client).register(asked["WebhookUrl"], instead=False)
    there = server.partner_center.webhooks.registered or {}
    assert asked.keys() <= there.keys()
    assert registered.url == sample("webhook_registration_get_response")["WebhookUrl"]
    assert set(registered.events) == {name for name in OFFERED if followed(name)}
    assert set(sample("webhook_events_supported_response")) <= set(OFFERED)
