"""What `doctor` sees of Partner Center: each login, what its token says, and what it may read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from composition import partner_center_client, probes
from domain.clouds import CLOUDS
from domain.health import Sight
from providers.loopback.server import Loopback
from providers.partner_center.alerts import GRAPH_RESOURCE
from providers.partner_center.login import App, AppAndUser, AppOnly, GivenToken, Login
from providers.partner_center.refresh_file import RefreshFile
from providers.probes.partner_center import GraphProbe, PartnerCenterProbe
from settings import Settings

RESOURCE = CLOUDS["commercial"].api


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def app(loopback: Loopback) -> App:
    authority = loopback.partner_center.authority
    return App(
        authority=loopback.login_base,
        tenant=authority.tenant,
        client_id=authority.client_id,
        client_secret=authority.client_secret,
        resource=RESOURCE,
    )


@pytest.fixture
def user(loopback: Loopback, app: App, tmp_path: Path) -> Login:
    file = tmp_path / "refresh"
    file.touch(0o600)
    file.write_text(loopback.partner_center.authority.consent())
    return AppAndUser(app, file=RefreshFile(file))


def seen(loopback: Loopback, app: Login | None, user: Login | None) -> list[Sight]:
    probe = PartnerCenterProbe(
        base=loopback.partner_center_base, resource=RESOURCE, app=app, user=user, reads=True
    )
    return list(probe.look())


def told(sights: list[Sight]) -> list[tuple[str, str]]:
    return [(sight.part, sight.code) for sight in sights]


def test_both_logins_are_tried_and_asked_something(loopback: Loopback, app: App, user: Login) -> None:
    sights = seen(loopback, AppOnly(app), user)
    each = ["logged_in", "reached", "clock", "granted"]
    assert told(sights) == [
        *(("partner_center", code) for code in each),
        *(("partner_center.user", code) for code in each),
    ]
    assert sights[0].words.startswith("logs in, for 59 minutes")


def test_an_app_alone_says_what_is_done_without_a_user(loopback: Loopback, app: App) -> None:
    assert told(seen(loopback, AppOnly(app), None))[-1] == ("partner_center.user", "absent")


def test_a_login_without_mfa_is_told(loopback: Loopback, user: Login) -> None:
    loopback.partner_center.authority.methods = ("pwd",)
    (wrong,) = seen(loopback, None, user)
    assert (wrong.ok, "without multi-factor authentication" in wrong.words) == (False, True)
    assert wrong.then.startswith("usage is not read")


def test_a_consent_that_is_over_and_a_token_that_is_refused_are_told(
    loopback: Loopback, app: App, user: Login
) -> None:
    given = GivenToken("hush")
    assert told(seen(loopback, given, given))[-1] == ("partner_center.user", "refused")
    for token, made in loopback.partner_center.authority.refresh.items():
        loopback.partner_center.authority.refresh[token] = made - timedelta(days=91)
    (over,) = seen(loopback, None, user)
    assert (over.ok, "does not hold any more" in over.words) == (False, True)
    for sight in [*seen(loopback, given, given), over]:
        assert "hush" not in sight.words
        assert app.client_secret not in sight.words


def test_it_is_looked_at_where_it_is_set_up(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in loopback.environment().items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_env()
    assert partner_center_client(settings) is not None
    sights = [sight for probe in probes(settings) for sight in probe.look()]
    assert ("partner_center.user", "granted") in told(sights)
    assert ("partner_center.graph", "absent") in told(sights), "a token that is given is not for Graph"
    assert all(sight.ok for sight in sights)


def graph(loopback: Loopback, app: App) -> list[Sight]:
    for_graph = replace(app, resource=GRAPH_RESOURCE)
    return [*GraphProbe(base=loopback.graph_base, resource=GRAPH_RESOURCE, app=AppOnly(for_graph)).look()]


def test_graph_is_asked_for_an_alert_by_a_token_of_its_own(loopback: Loopback, app: App) -> None:
    each = ["logged_in", "reached", "clock", "granted"]
    assert told(graph(loopback, app)) == [("partner_center.graph", code) for code in each]
    secret = replace(app, client_secret="hush")
    (wrong,) = graph(loopback, secret)
    assert (wrong.ok, "hush" in wrong.words) == (False, False)
    assert wrong.then == "Microsoft's alerts of fraud are neither read nor answered"


@pytest.mark.parametrize(("alerts", "asked"), [(None, True), ("graph", True), ("fraud_events", False)])
def test_graph_is_looked_at_where_alerts_are_read_from_it(
    loopback: Loopback, app: App, alerts: str | None, asked: bool
) -> None:
    given = {
        "partner_center_tenant": app.tenant,
        "partner_center_client_id": app.client_id,
        "partner_center_client_secret": app.client_secret,
        "partner_center_login_base": loopback.login_base,
        "partner_center_base": loopback.partner_center_base,
        "partner_center_graph_base": loopback.graph_base,
        **({} if alerts is None else {"partner_center_alerts": alerts}),
    }
    sights = [sight for probe in probes(Settings(**given)) for sight in probe.look()]  # type: ignore[arg-type]
    found = [sight for sight in sights if sight.part == "partner_center.graph"]
    assert [sight.code == "absent" for sight in found[:1]] == [not asked]
    assert all(sight.ok for sight in found)
