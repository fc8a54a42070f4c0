"""What `doctor` sees of Partner Center: each login, what its token says, and what it may read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from composition import partner_center_client, probes
from domain.clouds import CLOUDS
from domain.health import Sight
from providers.loopback.server import Loopback
from providers.partner_center.login import App, AppAndUser, AppOnly, GivenToken, Login
from providers.partner_center.refresh_file import RefreshFile
from providers.probes.partner_center import PartnerCenterProbe
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
    assert all(sight.ok for sight in sights)
