"""The frame: who is let in, whose forms are taken, and what every answer says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from starlette.testclient import TestClient

from composition import site
from settings import Settings
from store.database import Ledger
from store.errors import Refused, UnknownCustomer
from tests.web.desk.conftest import KEY, PUBLIC, Office, proxy_gate
from web.desk.app import desk_app
from web.desk.frame import Approver, Entered, TheDesk, Viewer, page, see_other
from web.desk.seals import Seals
from web.desk.sign_in import ours

PROXY = {
    "desk_keys": KEY,
    "desk_people": "maria=admin",
    "desk_proxy_addresses": "10.0.0.9",
    "desk_proxy_user_header": "X-User",
}
PROVIDER = {
    "desk_keys": KEY,
    "desk_people": "maria=admin",
    "desk_oidc_issuer": "https://id.example",
    "desk_oidc_client_id": "arrears",
    "desk_oidc_client_secret": "hush",
}
trial = APIRouter()


@trial.get("/trial")
def show(request: Request, desk: TheDesk, person: Viewer) -> Response:
    return page(
        desk, request, person, "problem", title="<b>Trial</b>", lines=[], back="/desk/", back_says="x"
    )


@trial.post("/trial")
def change(desk: TheDesk, person: Approver, form: Entered) -> Response:
    return see_other(desk, person, "/desk/trial", f"done: {form.get('what')}", wrong=form.get("what") == "no")


@trial.get("/trial/wrong/{what}")
def wrong(person: Viewer, what: str) -> Response:
    raise {"refused": Refused("first\nsecond"), "unknown": UnknownCustomer("none"), "bug": ValueError("x")}[
        what
    ]


@pytest.fixture(scope="module")
def ledger(template: Path) -> Iterator[Ledger]:
    """One for all: nothing is written here."""
    ledger = Ledger(f"sqlite:///{template}", durable=False)
    yield ledger
    ledger.close()


@pytest.fixture
def with_trial(office_with: Callable[..., Office]) -> Callable[..., Office]:
    def opened(**changed: object) -> Office:
        office = office_with(**changed)
        inner, outer = desk_app(office.desk), FastAPI()
        inner.include_router(trial)
        outer.mount("/desk", inner)
        return replace(office, app=outer)

    return opened


@pytest.fixture
def there(with_trial: Callable[..., Office]) -> Office:
    return with_trial()


# --- who is let in -------------------------------------------------------------------------------


def test_a_proxy_that_is_named_is_believed(there: Office) -> None:
    assert "maria, admin" in there.browser().get("/desk/trial").text
    assert "paul, approver" in there.browser("paul", groups="chess, heads").get("/desk/trial").text


@pytest.mark.parametrize(
    "client", [("10.0.1.9", 1), ("127.0.0.1", 1), ("::1", 1), ("testclient", 1)], ids=lambda client: client[0]
)
def test_nobody_else_is_believed_whatever_they_say(there: Office, client: tuple[str, int]) -> None:
    answer = there.browser("maria", client=client).get("/desk/trial", **{"X-Forwarded-For": "10.0.0.9"})

    assert answer.status_code == 401
    assert "Nobody vouches for you" in answer.text
    assert "maria" not in answer.text


def test_an_address_of_the_old_kind_within_one_of_the_new_is_the_same(there: Office) -> None:
    assert there.browser(client=("::ffff:10.0.0.9", 1)).get("/desk/trial").status_code == 200


def test_a_name_that_is_said_twice_is_nobodys(there: Office) -> None:
    browser = there.browser()
    answer = browser.client.get("/desk/trial", headers=[("X-User", "li"), ("X-User", "maria")])

    assert answer.status_code == 401


def test_a_secret_is_asked_for_where_one_is_agreed(with_trial: Callable[..., Office]) -> None:
    browser = with_trial(gate=proxy_gate(secret="what only the proxy knows")).browser()

    assert browser.get("/desk/trial").status_code == 401
    assert browser.get("/desk/trial", **{"X-Arrears-Proxy-Secret": "a guess"}).status_code == 401
    shown = {"X-Arrears-Proxy-Secret": "what only the proxy knows"}
    assert browser.get("/desk/trial", **shown).status_code == 200


def test_without_a_role_nobody_comes_in(there: Office) -> None:
    answer = there.browser("eve", groups="chess").get("/desk/trial")

    assert answer.status_code == 403
    assert "eve has no role at this desk" in answer.text


@pytest.mark.parametrize("name", ["engine", "ENGINE ", "arrears", "a" * 129, " "])
def test_a_name_that_is_no_persons_comes_not_in(with_trial: Callable[..., Office], name: str) -> None:
    gate = proxy_gate(networks=[ip_network("0.0.0.0/0")])

    answer = with_trial(gate=gate).browser(name, groups="heads").get("/desk/trial")

    assert answer.status_code in (401, 403)


# --- forms ---------------------------------------------------------------------------------------


@pytest.fixture
def signed(there: Office) -> dict[str, str]:
    """The token of a form that maria was given."""
    return {"token": there.desk.seals.seal("form", ["maria", ""])}


def test_a_form_of_ours_is_taken_and_the_page_says_so_once(there: Office, signed: dict[str, str]) -> None:
    browser = there.browser()

    answer = browser.post("/desk/trial", {**signed, "what": " <this> "})

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/trial")
    shown = browser.get("/desk/trial").text
    assert '<p class="done" role="status">done: &lt;this&gt;</p>' in shown
    assert "done:" not in browser.get("/desk/trial").text


def test_a_refusal_is_said_as_one(there: Office, signed: dict[str, str]) -> None:
    browser = there.browser()

    browser.post("/desk/trial", {**signed, "what": "no"})

    assert '<p class="wrong" role="alert">done: no</p>' in browser.get("/desk/trial").text


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        # A browser that does not say so says the origin.
        ({"Origin": PUBLIC}, True),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "http://desk.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_form_from_elsewhere_is_not_taken(
    there: Office, signed: dict[str, str], headers: dict[str, str], taken: bool
) -> None:
    client, who = there.browser().client, {"X-User": "maria"}

    answer = client.post("/desk/trial", data=signed, headers={**who, **headers}, follow_redirects=False)

    assert answer.status_code == (303 if taken else 403)


def test_a_token_is_for_one_person_one_purpose_and_some_hours(there: Office) -> None:
    browser, seals = there.browser(), there.desk.seals

    for forged in (
        "",
        "x",
        seals.seal("form", ["li", ""]),
        seals.seal("form", ["maria", "another session"]),
        seals.seal("session", ["maria", ""]),
        Seals(["a key that is not ours, and as long as ours"]).seal("form", ["maria", ""]),
    ):
        answer = browser.post("/desk/trial", {"token": forged, "what": "x"})
        assert answer.status_code == 403
        assert "open the page again" in answer.text
    assert seals.read("form", seals.seal("form", 1), lives=timedelta(seconds=-1)) is None


def test_who_has_not_the_role_is_told_which_it_needs(there: Office) -> None:
    li = {"token": there.desk.seals.seal("form", ["li", ""])}

    answer = there.browser("li").post("/desk/trial", li)

    assert answer.status_code == 403
    assert "This needs the role approver: li is viewer." in answer.text


def test_a_form_that_is_too_large_or_no_form_is_not_read(there: Office, signed: dict[str, str]) -> None:
    browser = there.browser()

    assert browser.post("/desk/trial", {**signed, "what": "x" * (1 << 20)}).status_code == 403
    assert browser.post("/desk/trial", {f"f{n}": "x" for n in range(300)}).status_code == 403
    json = {"Sec-Fetch-Site": "same-origin", "X-User": "maria"}
    assert browser.client.post("/desk/trial", json=signed, headers=json).status_code == 403


def test_a_new_key_signs_while_the_old_one_still_holds() -> None:
    old = Seals([KEY]).seal("form", ["maria", ""])
    both, new = (
        Seals(["the next key, of which nobody knows yet", KEY]),
        Seals(["the next key, of which nobody knows yet"]),
    )

    assert both.read("form", old, lives=timedelta(hours=1)) == ["maria", ""]
    assert new.read("form", old, lives=timedelta(hours=1)) is None
    assert new.read("form", both.seal("form", "x"), lives=timedelta(hours=1)) == "x"


# --- every answer --------------------------------------------------------------------------------


def test_every_answer_forbids_scripts_frames_and_keeping(there: Office) -> None:
    browser = there.browser()
    for path, status in (("/desk/trial", 200), ("/desk/nowhere", 404), ("/desk/trial/wrong/unknown", 404)):
        answer = browser.get(path)
        assert answer.status_code == status
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_what_is_shown_is_text_and_never_markup(there: Office) -> None:
    html = there.browser().get("/desk/trial").text

    assert "&lt;b&gt;Trial&lt;/b&gt;" in html
    assert "<b>Trial" not in html
    assert "<script" not in html
    assert "style=" not in html


def test_the_stylesheet_may_be_kept_and_is_for_everybody(there: Office) -> None:
    answer = there.browser(None).get("/desk/desk.css")

    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "prefers-color-scheme: dark" in answer.text
    assert "@media print" in answer.text


def test_what_goes_wrong_has_a_page(there: Office) -> None:
    browser = there.browser()

    refused = browser.get("/desk/trial/wrong/refused")
    assert (refused.status_code, "<p>first</p>" in refused.text, "<p>second</p>" in refused.text) == (
        422,
        True,
        True,
    )
    assert browser.get("/desk/trial/wrong/unknown").status_code == 404
    browser.client = type(browser.client)(
        there.app, base_url=PUBLIC, client=("10.0.0.9", 1), raise_server_exceptions=False
    )
    failed = browser.get("/desk/trial/wrong/bug")
    assert failed.status_code == 500
    assert "nobody foresaw" in failed.text
    assert "ValueError" not in failed.text


def test_the_desk_has_one_address(office_with: Callable[..., Office]) -> None:
    browser = office_with().browser()

    assert browser.get("/desk").headers["location"] == "/desk/"
    assert browser.get("/desk/sign-in").status_code == 404  # the proxy signs in


@pytest.mark.parametrize(
    ("path", "led"),
    [
        ("/desk/worklist?late=yes", "/desk/worklist?late=yes"),
        ("https://elsewhere.example/", "/desk/"),
        ("//elsewhere.example/desk/", "/desk/"),
        ("/desk/\\elsewhere.example", "/desk/"),
        ("/v1/customers", "/desk/"),
        ("/desk/\r\nSet-Cookie: x", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_after_the_sign_in_one_is_led_to_the_desk_alone(path: str, led: str) -> None:
    assert ours(path) == led


# --- where it is ---------------------------------------------------------------------------------


async def _nobody(name: str) -> None:
    """Wake nobody."""


@pytest.mark.parametrize(
    ("given", "status"), [({}, 404), (PROXY, 404), (PROVIDER, 401)], ids=["none", "proxy", "provider"]
)
def test_the_desk_is_there_where_the_settings_let_somebody_in(
    ledger: Ledger, given: dict[str, str], status: int
) -> None:
    app = site(Settings(**given), ledger, _nobody, _nobody, _nobody, public_url=PUBLIC)  # type: ignore[arg-type]
    client = TestClient(app, base_url=PUBLIC, client=("10.0.0.9", 1))

    assert client.post("/desk/sign-out").status_code == status
    assert client.get("/desk/signed-out").status_code == (200 if given is PROVIDER else 404)
