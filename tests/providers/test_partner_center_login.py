"""Logging in to Partner Center over real HTTP: tokens kept, renewed, checked, and refused in words."""

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.switching import Exchange
from providers.loopback.faults import DROPPED, GARBLED, LOST_REPLY, Fault, refused, throttled, unwell
from providers.loopback.partner_center.login import API, Authority
from providers.loopback.server import Loopback
from providers.partner_center.client import Client, quoted
from providers.partner_center.login import App, AppAndUser, AppOnly, GivenToken
from providers.partner_center.refresh_file import RefreshFile

USAGE, AUDIT = "/v1/customers/usagerecords", "/v1/auditrecords"
TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def authority(server: Loopback) -> Authority:
    found = server.partner_center.authority
    found.methods, found.audience, found.rotates = ("pwd", "mfa"), None, True
    found.lives, found.now = timedelta(hours=1), lambda: datetime.now(UTC)
    found.asked.clear()
    return found


@pytest.fixture
def file(tmp_path: Path, authority: Authority) -> RefreshFile:
    path = tmp_path / "refresh"
    path.write_text(authority.consent() + "\n", encoding="utf-8")
    path.chmod(0o600)
    return RefreshFile(path)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def app(server: Loopback, **other: str) -> App:
    authority = server.partner_center.authority
    given: dict[str, Any] = {
        "authority": server.login_base,
        "tenant": authority.tenant,
        "client_id": authority.client_id,
        "client_secret": authority.client_secret,
        "resource": API,
    }
    return App(**(given | other))


def asking(server: Loopback, **logins: Any) -> Client:
    return Client(base=server.partner_center_base, **logins)


def audit(client: Client, **more: Any) -> Any:
    return client.get(AUDIT, params={"startDate": TODAY, "endDate": TODAY}, **more).body["items"]


# --- tokens --------------------------------------------------------------------------------------


def test_an_app_alone_logs_in_once_and_again_before_its_token_ends(
    server: Loopback, authority: Authority
) -> None:
    clock = Clock()
    login = AppOnly(app(server), clock=clock)
    first = login.token()
    clock.at = 3299.0
    assert (login.token(), len(authority.asked)) == (first, 1)
    clock.at = 3301.0
    assert login.token() != first
    assert authority.asked == [{"grant_type": "client_credentials", "resource": API}] * 2
    assert audit(asking(server, app=login)) == []


def test_one_thread_renews_for_all(server: Loopback, authority: Authority) -> None:
    login = AppOnly(app(server))
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(login.token()), daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(set(got)), len(authority.asked)) == (8, 1, 1)


def test_a_refused_token_is_not_used_again(server: Loopback, authority: Authority) -> None:
    client = asking(server, app=AppOnly(app(server)))
    assert audit(client) == []
    authority.issued.clear()
    with pytest.raises(
        Misconfigured, match=r"given no token\. PARTNER_CENTER_CLIENT_ID.*\(401, code 800001\)"
    ):
        audit(client)
    assert audit(client) == []


def test_a_user_logs_in_by_a_refresh_token_and_the_next_one_is_kept(
    server: Loopback, authority: Authority, file: RefreshFile
) -> None:
    first = file.read()
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    login = AppAndUser(app(server), file=file, now=lambda: now)
    assert asking(server, user=login).get(USAGE).body["items"] == []
    following = file.read()
    assert following.token != first.token
    assert (following.since, following.token in authority.refresh) == (now, True)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert authority.asked == [{"grant_type": "refresh_token", "resource": API, "scope": "openid"}]
    assert [each.name for each in file.path.parent.iterdir() if each.suffix == f".{os.getpid()}"] == []


def test_the_next_refresh_token_is_on_the_disk_before_the_login_is_used(
    server: Loopback, authority: Authority, file: RefreshFile
) -> None:
    login = AppAndUser(app(server), file=file)
    token = login.token()
    assert json.loads(file.path.read_text(encoding="utf-8"))["refresh_token"] in authority.refresh
    assert AppAndUser(app(server), file=file).token() != token


def test_a_file_that_cannot_be_written_stops_the_login(
    server: Loopback, authority: Authority, file: RefreshFile
) -> None:
    login = AppAndUser(app(server), file=file)
    file.path.with_name(f".{file.path.name}.{os.getpid()}").mkdir()
    with pytest.raises(Misconfigured, match="cannot be written"):
        login.token()


def test_where_no_new_refresh_token_comes_the_old_one_stays(
    server: Loopback, authority: Authority, file: RefreshFile
) -> None:
    authority.rotates = False
    before = file.read()
    AppAndUser(app(server), file=file).token()
    assert file.read() == before


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        (0o640, "abc", "chmod 600"),
        (0o600, "", "holds no refresh token"),
        (0o600, "two words", "holds no refresh token"),
        (0o600, '{"refresh_token": 1}', "holds no refresh token"),
        (0o600, '{"refresh_token": "a", "since": "2026-01-01"}', "holds no refresh token"),
    ],
)
def test_a_refresh_file_that_will_not_do_is_named(
    tmp_path: Path, mode: int, content: str, words: str
) -> None:
    path = tmp_path / "refresh"
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(Misconfigured, match=words):
        RefreshFile(path).read()
    with pytest.raises(Misconfigured, match="cannot be read"):
        RefreshFile(tmp_path / "none").read()


def test_two_processes_do_not_renew_at_once(file: RefreshFile) -> None:
    with (
        file.alone(),
        pytest.raises(TryAgainLater, match="another worker"),
        RefreshFile(file.path).alone(),
    ):
        pytest.fail("both were let in")


# --- what is wrong with a login ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"client_secret": "wrong"}, r"PARTNER_CENTER_CLIENT_ID .*\(401, invalid_client, AADSTS7000215\)"),
        ({"tenant": "elsewhere"}, r"\(400, invalid_request, AADSTS90002\): check PARTNER_CENTER_TENANT"),
    ],
)
def test_a_wrong_app_is_named(
    server: Loopback, authority: Authority, other: dict[str, str], words: str
) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        AppOnly(app(server, **other)).token()
    assert "Trace" not in str(caught.value)


def test_a_refresh_token_that_is_too_old_asks_for_a_new_consent(
    server: Loopback, authority: Authority, file: RefreshFile
) -> None:
    authority.now = lambda: datetime.now(UTC) + timedelta(days=91)
    with pytest.raises(Misconfigured, match=r"does not hold any more \(400, invalid_grant, AADSTS700082\)"):
        AppAndUser(app(server), file=file).token()


def test_a_login_without_mfa_is_told_before_partner_center_says_so(
    server: Loopback, authority: Authority, file: RefreshFile
) -> None:
    authority.methods = ("pwd",)
    with pytest.raises(Misconfigured, match=r"without multi-factor authentication: consent again"):
        AppAndUser(app(server), file=file).token()


def test_partner_center_says_itself_that_mfa_is_missing(server: Loopback, authority: Authority) -> None:
    issued = authority.issue(API, {"amr": ["pwd"], "scp": "user_impersonation"})
    login = GivenToken(issued["access_token"])
    with pytest.raises(Misconfigured, match=r"multi-factor authentication\. PARTNER_CENTER_TOKEN.*\(401\)"):
        audit(asking(server, app=login, user=login))


def test_a_token_for_somebody_else_is_told(server: Loopback, authority: Authority) -> None:
    authority.audience = "https://graph.windows.net"
    with pytest.raises(Misconfigured, match="another audience than https:"):
        AppOnly(app(server)).token()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (unwell(503), TryAgainLater, r"is unwell \(503, temporarily_unavailable"),
        (throttled(9), TryAgainLater, r"is unwell \(429"),
        (DROPPED, TryAgainLater, "cannot be reached"),
        (LOST_REPLY, TryAgainLater, "cannot be reached"),
        (Fault(status=200, body=b"<html>"), TryAgainLater, "without a token"),
    ],
)
def test_an_unwell_login_is_asked_again(
    server: Loopback, authority: Authority, fault: Fault, error: type[Exception], words: str
) -> None:
    login = AppOnly(app(server))
    server.faults.add("log_in", [fault])
    with pytest.raises(error, match=words):
        login.token()
    assert login.token()


# --- which login a call needs --------------------------------------------------------------------


def test_what_only_a_user_may_ask_is_asked_for_one(server: Loopback, authority: Authority) -> None:
    alone = asking(server, app=AppOnly(app(server)))
    with pytest.raises(Misconfigured, match="set PARTNER_CENTER_REFRESH_TOKEN_FILE"):
        alone.get(USAGE)
    with pytest.raises(Misconfigured, match="there is no login"):
        asking(server).get(AUDIT)
    sneaked = asking(server, user=AppOnly(app(server)))
    with pytest.raises(Misconfigured, match=r"not answered to an app alone.*\(403, code 900329\)"):
        sneaked.get(USAGE)


# --- one call ------------------------------------------------------------------------------------


def test_each_call_is_evidence_without_its_token(server: Loopback, authority: Authority) -> None:
    seen: list[Exchange] = []
    login = GivenToken(authority.given)
    client = asking(server, app=login, user=login)
    audit(client, note=seen.append)
    server.faults.add("read", [refused(2000, 400), DROPPED])
    for error in (Refused, TryAgainLater):
        with pytest.raises(error):
            audit(client, note=seen.append)
    assert [each.status for each in seen] == [200, 400, None]
    assert len({each.correlation for each in seen} | {each.request for each in seen}) == 6
    assert seen[0].path == f"{AUDIT}?startDate={TODAY}&endDate={TODAY}"
    assert authority.given not in repr(seen)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (DROPPED, InDoubt),
        (LOST_REPLY, InDoubt),
        (unwell(502), InDoubt),
        (refused(800003, 500), InDoubt),
        (throttled(57), TryAgainLater),
        (refused(800082, 409), TryAgainLater),
        (GARBLED, None),
    ],
)
def test_a_lost_answer_to_a_change_is_in_doubt(
    server: Loopback, authority: Authority, fault: Fault, error: type[Exception] | None
) -> None:
    client = asking(server, app=GivenToken(authority.given))
    server.faults.add("change", [fault])
    made = {"request": "8e9b1f0c-0000-4000-8000-000000000001"}
    if error is None:
        assert client.change("POST", "/v1/customers/c/x", {}, **made).status == 201  # type: ignore[arg-type]
    else:
        with pytest.raises(error):
            client.change("POST", "/v1/customers/c/x", {}, **made)  # type: ignore[arg-type]


def test_where_nobody_listens_nothing_was_changed(server: Loopback, authority: Authority) -> None:
    client = asking(server, app=GivenToken(authority.given))
    with server.refusing(), pytest.raises(TryAgainLater, match="cannot be reached"):
        client.change("POST", "/v1/customers/c/x", {}, request="1")


def test_an_etag_is_sent_in_double_quotes() -> None:
    assert [quoted(each) for each in ("eyJ2", '"eyJ2"', 'W/"eyJ2"')] == ['"eyJ2"'] * 3


def test_what_an_app_alone_is_refused_is_asked_on_behalf_of_a_user(
    server: Loopback, authority: Authority, file: RefreshFile
) -> None:
    """Microsoft's page of a call and its answer need not agree."""
    client = asking(server, app=AppOnly(app(server)), user=AppAndUser(app(server), file=file))
    server.faults.add("read", [refused(900329, 403)])
    with pytest.raises(TryAgainLater, match=r"900329.*on behalf of a user") as caught:
        audit(client)
    assert caught.value.delay == timedelta(seconds=1)
    assert audit(client) == []
    assert [each["grant_type"] for each in authority.asked] == ["client_credentials", "refresh_token"]


def test_nothing_is_begun_that_cannot_be_waited_for(server: Loopback, authority: Authority) -> None:
    client = asking(server, app=GivenToken(authority.given))
    with pytest.raises(TryAgainLater, match="too little time"):
        client.get(AUDIT, by=time.monotonic() + 2.0)


def test_no_secret_is_shown(server: Loopback, file: RefreshFile) -> None:
    assert server.partner_center.authority.client_secret not in repr(app(server))
    assert file.read().token not in repr(file.read())
