"""Microsoft's alerts, over real HTTP: each becomes one incident, and is told once what it was."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.alerts import Alerts, AlertSource
from activities.books import Books
from composition import alert_source
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.incidents.alerts import Alert, AlertsPage, Outcome, Stands
from providers.loopback.partner_center.security import Security
from providers.loopback.server import Loopback
from providers.partner_center.alerts import FraudEvents, GraphAlerts
from settings import Settings
from store import clock, incidents, monitors, tasks
from store.database import Ledger, migrate

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SUBSCRIPTION = "5f6e6521-6e5f-4b0b-80aa-bd44fad7a398"
EVENT = f"{SUBSCRIPTION}_758e2259-f00b-4dec-8087-0950afe6d6a4"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    (tmp_path / "ledger.db").write_bytes(template.read_bytes())
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def security(server: Loopback) -> Security:
    """What Microsoft noticed: nothing yet."""
    there = server.partner_center.security
    there.events.clear()
    there.alerts.clear()
    there.told.clear()
    there.graph_page, there.permitted, there.deaf = 50, True, False
    return there


def settings_of(server: Loopback, **more: Any) -> Settings:
    given = {name.lower(): value for name, value in server.environment().items()}
    return Settings.model_validate({**given, **more})


@pytest.fixture
def graph(server: Loopback) -> AlertSource:
    authority = server.partner_center.authority
    app = {
        "partner_center_tenant": authority.tenant,
        "partner_center_client_id": authority.client_id,
        "partner_center_client_secret": authority.client_secret,
    }
    source = alert_source(settings_of(server, partner_center_token=None, **app))
    assert isinstance(source, GraphAlerts)
    return source


@pytest.fixture
def fraud(server: Loopback) -> AlertSource:
    source = alert_source(settings_of(server))
    assert isinstance(source, FraudEvents)
    return source


async def _nobody(name: str) -> None:
    pass


def watching(ledger: Ledger, source: AlertSource, **more: Any) -> Alerts:
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version="test")
    return Alerts(books=books, source=source, wake=_nobody, wake_incident=_nobody, **more)


def read_all(ledger: Ledger, source: AlertSource, at: datetime = NOON) -> str:
    watch = watching(ledger, source)
    came = watch.read_at(at)[0]
    while came["more"] and not came["wait_seconds"]:
        came = watch.read_at(at)[0]
    return came["words"]


def responded(ledger: Ledger, verdict: str = "confirmed") -> str:
    """Have people answer the one incident, and return its name."""
    [listed] = incidents.listed(ledger, now=NOON)
    return answered(ledger, listed.incident.id, verdict)


def answered(ledger: Ledger, name: str, verdict: str = "confirmed") -> str:
    """Have people answer an incident, and return its name."""

    def done(command: str, **data: Any) -> None:
        incidents.perform(ledger, name, command, {"by": "maria", **data}, now=NOON)

    found = {"confirmed": {"branch": "compromised"}, "legitimate": {"document": "A-1"}}.get(verdict, {})
    done("review", verdict=verdict, **found)
    if verdict == "confirmed":
        done("act", action="reset_credentials")
    done("respond", says="seen to")
    return name


def told_of(ledger: Ledger, name: str) -> list[tuple[str, str]]:
    return [
        (each.what, each.data.get("stands", each.data.get("outcome", each.note)))
        for each in incidents.history(ledger, name)
        if each.what in ("answering", "answered", "unanswered")
    ]


def test_alerts_become_incidents_once_and_page_by_page(
    ledger: Ledger, security: Security, graph: AlertSource
) -> None:
    security.graph_page = 2
    for number in range(5):
        security.alert(f"a-{number}", subscriptionId=f"s-{number}")
    assert read_all(ledger, graph) == "5 new incidents"
    assert read_all(ledger, graph, NOON + timedelta(minutes=10)) == "0 new incidents"
    listed = incidents.listed(ledger, now=NOON)
    assert {each.incident.kind.name for each in listed} == {"mining"}
    assert len(incidents.history(ledger, listed[0].incident.id)) == 1


def test_what_was_over_before_we_heard_of_it_is_no_incident(
    ledger: Ledger, security: Security, graph: AlertSource
) -> None:
    security.alert("a-1", status="resolved", resolvedReason="ignore")
    assert read_all(ledger, graph) == "0 new incidents"
    assert incidents.listed(ledger, now=NOON) == []


def test_both_sources_tell_of_one_event(
    ledger: Ledger, security: Security, graph: AlertSource, fraud: AlertSource
) -> None:
    security.alert(EVENT.replace("_", "-"), subscriptionId=SUBSCRIPTION)
    security.event(EVENT)
    read_all(ledger, graph)
    assert read_all(ledger, fraud) == "0 new incidents"
    [listed] = incidents.listed(ledger, now=NOON)
    assert listed.incident.sources == ("graph", "partner_center")


@pytest.mark.parametrize(
    ("verdict", "reason"), [("confirmed", "fraud"), ("legitimate", "legitimate"), ("false_alarm", "ignore")]
)
def test_graph_is_told_what_people_found(
    ledger: Ledger, security: Security, graph: AlertSource, verdict: str, reason: str
) -> None:
    alert = security.alert("a-1")
    read_all(ledger, graph)
    assert watching(ledger, graph).answer_at(NOON)["words"] == "0 alerts are answered", "nobody has found it"
    name = responded(ledger, verdict)
    assert watching(ledger, graph).answer_at(NOON)["words"] == "1 alerts are answered"
    assert (alert["status"], alert["resolvedReason"]) == ("resolved", reason)
    assert told_of(ledger, name) == [("answering", reason), ("answered", f"resolved, {reason}")]
    watching(ledger, graph).answer_at(NOON)
    assert len(security.told) == 1


def test_a_fraud_event_alone_is_resolved_and_no_other_of_its_subscription(
    ledger: Ledger, security: Security, fraud: AlertSource
) -> None:
    event = security.event(EVENT)
    read_all(ledger, fraud)
    other = security.event(f"{SUBSCRIPTION}_other")
    name = responded(ledger)
    watching(ledger, fraud).answer_at(NOON)
    assert (event["eventStatus"], other["eventStatus"]) == ("Resolved", "Active")
    assert security.told[0][1]["EventIds"] == [EVENT]
    assert told_of(ledger, name) == [("answering", "fraud"), ("answered", "resolved, fraud")]
    with pytest.raises(Refused):
        fraud.resolve(Alert(event="", subscription=SUBSCRIPTION), "fraud", request="r")
    assert len(security.told) == 1


def test_what_somebody_else_has_resolved_is_not_told(
    ledger: Ledger, security: Security, graph: AlertSource
) -> None:
    alert = security.alert("a-1")
    read_all(ledger, graph)
    name = responded(ledger)
    alert |= {"status": "resolved", "resolvedReason": "legitimate"}
    watching(ledger, graph).answer_at(NOON)
    assert security.told == []
    assert told_of(ledger, name) == [("answered", "resolved, legitimate")]


def test_an_alert_that_keeps_no_answer_is_a_persons_after_a_day(
    ledger: Ledger, security: Security, graph: AlertSource
) -> None:
    security.alert("a-1")
    security.deaf = True
    read_all(ledger, graph)
    name = responded(ledger)
    for hours in (0, 12, 25, 36):
        watching(ledger, graph).answer_at(NOON + timedelta(hours=hours))
    assert [what for what, _ in told_of(ledger, name)] == ["answering", "unanswered"]
    assert len(security.told) == 3
    [task] = [task for task in tasks.worklist(ledger) if task.step == "vendor"]
    assert name in task.why


def test_an_alert_that_is_gone_is_a_persons(ledger: Ledger, security: Security, fraud: AlertSource) -> None:
    security.event(EVENT)
    read_all(ledger, fraud)
    name = responded(ledger)
    security.events.clear()
    watching(ledger, fraud).answer_at(NOON)
    assert [what for what, _ in told_of(ledger, name)] == ["unanswered"]


def test_a_missing_permission_is_one_task_and_no_incident_is_given_up(
    ledger: Ledger, security: Security, graph: AlertSource
) -> None:
    security.alert("a-1")
    read_all(ledger, graph)
    name = responded(ledger)
    security.permitted = False
    for _ in range(2):
        assert "PartnerSecurity.ReadWrite.All" in watching(ledger, graph).answer_at(NOON)["words"]
        assert "PartnerSecurity.ReadWrite.All" in read_all(ledger, graph)
    assert told_of(ledger, name) == []
    [task] = [task for task in tasks.worklist(ledger) if task.step == "vendor"]
    assert "PartnerSecurity.ReadWrite.All" in task.why


class Dying:
    """A source that fails once, at the step that is named."""

    name = "graph"

    def __init__(self, source: AlertSource, at: str, error: Exception) -> None:
        self.source, self.at, self.error = source, at, error

    def _fail(self, step: str) -> None:
        if step == self.at:
            self.at = ""
            raise self.error

    def alerts(self, after: str | None) -> AlertsPage:
        self._fail("alerts")
        return self.source.alerts(after)

    def stands(self, alert: Alert) -> Stands:
        self._fail("stands")
        return self.source.stands(alert)

    def resolve(self, alert: Alert, outcome: Outcome, *, request: str) -> None:
        self._fail("before")
        self.source.resolve(alert, outcome, request=request)
        self._fail("after")


class Stubborn:
    """A source that never says how one alert stands."""

    name = "graph"

    def __init__(self, source: AlertSource, event: str) -> None:
        self.source, self.event = source, event
        self.alerts, self.resolve = source.alerts, source.resolve

    def stands(self, alert: Alert) -> Stands:
        if alert.event == self.event:
            raise TryAgainLater("it has a fault of its own")
        return self.source.stands(alert)


def test_an_alert_that_fails_keeps_no_other_back_and_is_a_persons_after_a_day(
    ledger: Ledger, security: Security, graph: AlertSource
) -> None:
    for name in ("a-1", "a-2", "a-3"):
        security.alert(name)
    read_all(ledger, graph)
    names = [answered(ledger, each.incident.id) for each in incidents.listed(ledger, now=NOON)]
    for hours in (0, 25):
        watching(ledger, Stubborn(graph, "a-1")).answer_at(NOON + timedelta(hours=hours))
    entries = [each for name in names for each in incidents.history(ledger, name)]
    assert {(each.what, each.data["event"]) for each in entries if each.what.endswith("answered")} == {
        ("unanswered", "a-1"),
        ("answered", "a-2"),
        ("answered", "a-3"),
    }


@pytest.mark.parametrize("at", ["stands", "before", "after"])
@pytest.mark.parametrize("error", [InDoubt("lost"), TryAgainLater("busy"), KeyboardInterrupt()])
def test_whoever_dies_while_telling_has_told_it_in_the_end(
    ledger: Ledger, security: Security, graph: AlertSource, at: str, error: Exception
) -> None:
    alert = security.alert("a-1")
    read_all(ledger, graph)
    name = responded(ledger)
    dying = watching(ledger, Dying(graph, at, error))
    with suppress(KeyboardInterrupt):
        dying.answer_at(NOON)
    watching(ledger, graph).answer_at(NOON + timedelta(minutes=10))
    assert alert["status"] == "resolved"
    assert told_of(ledger, name)[-1] == ("answered", "resolved, fraud")
    assert len(security.told) == 1, "what was taken is seen, and not told again"


def test_what_keeps_the_watch_from_reading_is_noted_and_the_next_run_goes_on(
    ledger: Ledger, security: Security, graph: AlertSource
) -> None:
    security.alert("a-1")
    for error in (TryAgainLater("busy", delay=timedelta(minutes=3)), Misconfigured("no"), Refused("no")):
        came = watching(ledger, Dying(graph, "alerts", error)).read_at(NOON)[0]
        assert came["words"] == str(error)
        assert came["wait_seconds"] == (180 if isinstance(error, TryAgainLater) else 0)
    assert read_all(ledger, graph) == "1 new incidents"
    [monitor] = monitors.all_of(ledger)
    assert (monitor.name, monitor.succeeded_at, monitor.why) == ("alerts", NOON, None)


SETTINGS: list[tuple[dict[str, Any], type | None]] = [
    ({}, FraudEvents),
    ({"partner_center_alerts": "none"}, None),
    ({"partner_center_token": None}, None),
    ({"partner_center_cloud": "china_21vianet"}, None),
    ({"partner_center_cloud": "us_gov", "partner_center_alerts": "fraud_events"}, FraudEvents),
    ({"partner_center_alerts": "graph"}, None),
]


@pytest.mark.parametrize(("given", "expected"), SETTINGS)
def test_who_is_asked(server: Loopback, given: dict[str, Any], expected: type | None) -> None:
    found = alert_source(settings_of(server, **given))
    assert (None if found is None else type(found)) == expected


def test_no_alert_leads_to_another_address(
    security: Security, graph: AlertSource, fraud: AlertSource
) -> None:
    with pytest.raises(Refused):
        graph.stands(Alert(event="../../../v1.0/users"))
    with pytest.raises(Refused):
        fraud.stands(Alert(event="e", subscription="../x"))
    with pytest.raises(Refused):
        fraud.alerts("1&x=2")
    assert security.told == []
