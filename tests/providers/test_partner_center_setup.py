"""Partner Center as it is set up: by a token or by an app, in one cloud, with what stands in for it."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from composition import activity_log, partner_center_client, partner_center_switch, parts, usage_source
from providers.drop_folder import ActivityFiles, UsageFiles
from providers.loopback.server import Loopback
from providers.partner_center.reading import PartnerCenter
from providers.partner_center.switch import PartnerCenterSwitch
from selfcheck.deployment import refresh_token
from selfcheck.finding import Finding
from settings import BadSettings, Settings
from store.database import Ledger

APP = {
    "PARTNER_CENTER_TENANT": "seller.onmicrosoft.example",
    "PARTNER_CENTER_CLIENT_ID": "23ec45a3-5127-4185-9eff-c8887839e6ab",
    "PARTNER_CENTER_CLIENT_SECRET": "hush",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Settings.from_env()


def standing_in(server: Loopback) -> dict[str, str]:
    authority = server.partner_center.authority
    return {
        "PARTNER_CENTER_BASE": server.partner_center_base,
        "PARTNER_CENTER_LOGIN_BASE": server.login_base,
        "PARTNER_CENTER_TENANT": authority.tenant,
        "PARTNER_CENTER_CLIENT_ID": authority.client_id,
        "PARTNER_CENTER_CLIENT_SECRET": authority.client_secret,
    }


def test_without_a_login_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, PARTNER_CENTER_CLOUD="us_gov")
    assert (partner_center_client(settings), partner_center_switch(settings)) == (None, {})
    assert isinstance(usage_source(settings), UsageFiles)


def test_an_app_alone_turns_and_audits_but_reads_no_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **APP)
    assert isinstance(partner_center_switch(settings)["partner_center"], PartnerCenterSwitch)
    assert isinstance(usage_source(settings), UsageFiles)
    assert isinstance(activity_log(settings), PartnerCenter)
    assert "hush" not in repr(settings)


def test_in_china_subscriptions_are_turned_and_files_tell_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, PARTNER_CENTER_TOKEN="t", PARTNER_CENTER_CLOUD="china_21vianet")
    assert set(partner_center_switch(settings)) == {"partner_center"}
    assert isinstance(usage_source(settings), UsageFiles)
    assert isinstance(activity_log(settings), ActivityFiles)


def test_what_is_set_up_works_from_the_settings_on(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "refresh"
    file.write_text(server.partner_center.authority.consent(), encoding="utf-8")
    file.chmod(0o600)
    settings = read(monkeypatch, **standing_in(server), PARTNER_CENTER_REFRESH_TOKEN_FILE=str(file))
    assert usage_source(settings).readings(None).readings == []
    today = datetime.now(UTC).date()
    assert activity_log(settings).records(today, today, None).records == []
    grants = [each["grant_type"] for each in server.partner_center.authority.asked]
    assert grants == ["refresh_token", "client_credentials"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"PARTNER_CENTER_TENANT": "t.example"},
            "app is set up by half: set PARTNER_CENTER_CLIENT_ID, ",
        ),
        ({**APP, "PARTNER_CENTER_TOKEN": "hush"}, "set either PARTNER_CENTER_TOKEN or PARTNER_CENTER_TENANT"),
        ({"PARTNER_CENTER_REFRESH_TOKEN_FILE": "f"}, "PARTNER_CENTER_REFRESH_TOKEN_FILE needs the app"),
        ({**APP, "PARTNER_CENTER_BASE": "http://127.0.0.1:1"}, "PARTNER_CENTER_LOGIN_BASE stands in too"),
        ({**APP, "PARTNER_CENTER_TENANT": "a/b"}, "PARTNER_CENTER_TENANT: "),
    ],
)
def test_half_a_login_is_none(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], words: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read(monkeypatch, **given)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)


def test_with_another_stand_in_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, **APP, STRIPE_BASE="http://127.0.0.1:1")
    assert partner_center_client(settings) is None


def test_turns_are_slowed_down_only_where_partner_center_is_set_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    made = parts(read(monkeypatch), ledger)
    assert (made.turns_per_second, set(made.switches)) == (None, {"ledger"})
    made = parts(read(monkeypatch, **APP), ledger)
    assert (made.turns_per_second, set(made.switches)) == (1.0, {"ledger", "partner_center"})


def doctor(settings: Settings) -> list[Finding]:
    return [*refresh_token(settings)]


@pytest.mark.parametrize(
    ("days", "ok", "words"),
    [
        (0, True, "0 days old; each use renews it"),
        (59, True, "59 days old; each use renews it"),
        (60, False, "nothing has used it for long"),
        (80, False, "It ends in 10 days: see today"),
        (90, False, "holds no more: consent again"),
    ],
)
def test_doctor_says_how_old_the_refresh_token_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: int, ok: bool, words: str
) -> None:
    since = datetime.now(UTC) - timedelta(days=days, minutes=5)
    file = tmp_path / "refresh"
    file.write_text(json.dumps({"refresh_token": "hush", "since": since.isoformat()}), encoding="utf-8")
    file.chmod(0o600)
    settings = read(monkeypatch, **APP, PARTNER_CENTER_REFRESH_TOKEN_FILE=str(file))
    [finding] = doctor(settings)
    assert (finding.ok, words in finding.words) == (ok, True)
    file.write_text("hush", encoding="utf-8")
    os.utime(file, (since.timestamp(), since.timestamp()))
    assert doctor(settings) == [finding]
    file.chmod(0o644)
    [finding] = doctor(settings)
    assert (finding.ok, "chmod 600" in finding.words, "hush" in finding.words) == (False, True, False)
