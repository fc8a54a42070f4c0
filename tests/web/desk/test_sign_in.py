"""Signing in at a real provider over HTTP: the code flow with PKCE and a nonce, and what is not believed."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest

from domain.roles import Appointed
from providers.loopback.oidc import SigningKey
from providers.loopback.server import Loopback
from tests.web.desk.conftest import KEY, PUBLIC, Browser, Office
from web.desk.gates import SESSION_COOKIE, SessionGate
from web.desk.open_id import OpenId
from web.desk.seals import Seals

LONG_AGO = 1_700_000_000
BACK = f"{PUBLIC}/desk/signed-in"


@pytest.fixture(scope="module")
def vendors() -> Iterator[Loopback]:
    with Loopback() as vendors:
        yield vendors


@pytest.fixture
def provider(vendors: Loopback) -> Iterator[Loopback]:
    vendors.desk_environment(PUBLIC)
    yield vendors
    vendors.openid.changed.clear()
    vendors.openid.signs = None


@pytest.fixture
def there(provider: Loopback, office_with: Callable[..., Office]) -> Office:
    seals = Seals([KEY])
    appointed = Appointed(people={"vera": "viewer"}, groups={"approvers": "approver"})
    open_id = OpenId(
        issuer=provider.base + "/oidc",
        client_id=provider.openid.client_id,
        client_secret=provider.openid.client_secret,
        name_claim="preferred_username",
        groups_claim="groups",
        scopes="profile",
    )
    return office_with(gate=SessionGate(seals=seals, appointed=appointed), seals=seals, open_id=open_id)


def asked_of(browser: Browser, to: str = "/desk/") -> str:
    """Where a browser is sent that wants a page."""
    answer = browser.get(f"/desk/sign-in?to={to}")
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def chosen(url: str, person: str) -> str:
    """The path by which somebody comes back who said at the provider who they are."""
    page = httpx.get(url)
    links = {name: unescape(link) for link, name in re.findall(r'<a href="([^"]+)">(\w+)</a>', page.text)}
    answer = httpx.get(str(httpx.URL(url).join(links[person])))
    assert answer.status_code == 302
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    return f"{back.path}?{back.query}"


def in_browser(there: Office, person: str, to: str = "/desk/") -> tuple[Browser, httpx.Response]:
    browser = there.browser(None)
    return browser, browser.get(chosen(asked_of(browser, to), person))


def test_whoever_has_not_signed_in_is_led_there_and_then_to_the_page(there: Office) -> None:
    led = there.browser(None).get("/desk/worklist?late=true").headers["location"]
    assert led == "/desk/sign-in?to=%2Fdesk%2Fworklist%3Flate%3Dtrue"

    _, answer = in_browser(there, "anna", to="/desk/%3Flate%3Dyes")

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/?late=yes")


def test_the_flow_asks_with_pkce_and_a_nonce_that_are_new_each_time(there: Office) -> None:
    first, second = (parse_qs(urlsplit(asked_of(there.browser(None))).query) for _ in range(2))

    assert first["response_type"] == ["code"]
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [BACK]
    assert first["scope"] == ["openid profile"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 20
        assert first[name] != second[name]


def test_the_session_is_sealed_and_the_browser_gives_it_to_us_alone(there: Office) -> None:
    _, answer = in_browser(there, "anna")

    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(SESSION_COOKIE))
    for said in ("HttpOnly", "Path=/desk/", "SameSite=lax", "Secure", "Max-Age=28800"):
        assert said in cookie


def test_a_session_that_is_not_ours_is_none(there: Office) -> None:
    browser, _ = in_browser(there, "anna")
    kept = browser.client.cookies.get(SESSION_COOKIE)
    assert kept is not None
    name, groups, session = there.desk.seals.read("session", kept, lives=time_of_a_day())
    assert (name, groups, len(session) > 10) == ("anna", ["approvers"], True)

    for forged in (
        kept[:-2],
        Seals(["another key, which is as long as ours is"]).seal("session", [name, groups, "x"]),
    ):
        browser.client.cookies.set(SESSION_COOKIE, forged, domain="desk.example", path="/desk/")
        assert browser.post("/desk/sign-out", {}).status_code == 401


def time_of_a_day():

    return timedelta(days=1)


def test_whoever_has_no_role_is_told_so_and_gets_no_session(there: Office) -> None:
    browser, answer = in_browser(there, "carl")

    assert answer.status_code == 403
    assert "carl has no role at this desk" in answer.text
    assert browser.client.cookies.get(SESSION_COOKIE) is None


def test_signing_out_ends_the_session(there: Office) -> None:
    browser, _ = in_browser(there, "vera")
    form = browser.form_of("/desk/", "/desk/sign-out")
    copied = browser.client.cookies.get(SESSION_COOKIE)

    assert browser.post("/desk/sign-out", {"token": "x"}).status_code == 403
    answer = browser.post("/desk/sign-out", form)

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/signed-out")
    assert "You are signed out" in browser.get("/desk/signed-out").text
    assert browser.get("/desk/").status_code == 303
    assert browser.client.cookies.get(SESSION_COOKIE) is None
    browser.client.cookies.set(SESSION_COOKIE, copied or "", domain="desk.example", path="/desk/")
    assert browser.get("/desk/").status_code == 303


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another-client"},
        {"nonce": "of another sign-in"},
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in (
                {"iss": "https://elsewhere.example"},
                {"nonce": None},
                {"exp": LONG_AGO},
                {"exp": None},
                {"sub": None},
                {"preferred_username": None},
                {"preferred_username": ""},
                {"preferred_username": {"a": 1}},
            )
        ),
    ],
    ids=str,
)
def test_a_token_that_is_otherwise_than_it_should_be_lets_nobody_in(
    there: Office, provider: Loopback, changed: dict[str, object]
) -> None:
    provider.openid.changed.update(changed)

    browser, answer = in_browser(there, "anna")

    assert answer.status_code == 503
    assert "Signing in did not work" in answer.text
    assert browser.client.cookies.get(SESSION_COOKIE) is None


def test_a_token_of_a_key_that_is_not_published_lets_nobody_in(there: Office, provider: Loopback) -> None:
    provider.openid.signs = SigningKey()

    assert in_browser(there, "anna")[1].status_code == 503


@pytest.mark.slow
def test_a_key_that_changed_is_fetched(there: Office, provider: Loopback) -> None:
    assert in_browser(there, "anna")[1].status_code == 303
    provider.openid.rotate()

    assert in_browser(there, "anna")[1].status_code == 303


def test_a_code_is_good_once_and_in_the_browser_that_asked(there: Office) -> None:
    mine, other = there.browser(None), there.browser(None)
    back = chosen(asked_of(mine), "anna")

    assert other.get(back).status_code == 503
    assert mine.get(back).status_code == 303
    assert mine.get(back).status_code == 503


def test_what_the_provider_says_instead_is_not_shown(there: Office) -> None:
    answer = there.browser(None).get("/desk/signed-in?error=x&error_description=call+this+number&state=x")

    assert answer.status_code == 503
    assert "call this number" not in answer.text


def test_a_provider_that_is_away_or_another_one_is_said(
    there: Office, provider: Loopback, office_with: Callable[..., Office]
) -> None:
    def opened(issuer: str) -> Browser:
        open_id = OpenId(
            issuer=issuer,
            client_id="x",
            client_secret="x",
            name_claim="sub",
            groups_claim="groups",
            scopes="",
        )
        return office_with(gate=there.desk.gate, open_id=open_id).browser(None)

    away = opened("http://127.0.0.1:1").get("/desk/sign-in")
    assert (away.status_code, "does not answer" in away.text) == (503, True)
    # Discovery of the right host under another name: whose tokens these are is not known.
    other = opened(provider.base.replace("127.0.0.1", "localhost") + "/oidc/../oidc").get("/desk/sign-in")
    assert other.status_code == 503
