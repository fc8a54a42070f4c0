"""Partner Center's webhooks: what Microsoft signed is a hint, and whatever else comes is refused."""

import base64
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from fastapi import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from composition import doors
from domain.errors import Unverified
from domain.switching import Place
from ending import Stop
from providers.loopback.callbacks import Call
from providers.loopback.partner_center.signing import CERTIFICATE, CERTIFICATE_URL, ISSUER, Signer, event
from providers.loopback.server import Loopback
from providers.partner_center.certificates import (
    MOST_BYTES,
    MOST_FETCHES,
    MOST_WAITING,
    RENEWED_AFTER,
    Certificates,
    shipped_roots,
)
from providers.partner_center.door import PartnerCenterDoor
from settings import Settings
from store import places, tasks
from tests.effort import examples
from tests.web.conftest import PUBLIC, Web
from web.doors import Door

PATH = "/webhooks/partner-center"
NOW = datetime(2026, 3, 6, 10, tzinfo=UTC)
URI = "http://api.partnercenter.microsoft.com/webhooks/v1/customers/{}/subscriptions/{}"
CHANGED = event("subscription-updated", URI.format("tenant-1", "s-1"), NOW, ResourceName="subscription")
SAMPLES = Path(__file__).parents[3] / "shared/reference/partner-center-samples"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(now=NOW)


@pytest.fixture(scope="module")
def loopback(signer: Signer) -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture(autouse=True)
def _as_new(signer: Signer, loopback: Loopback) -> Iterator[None]:
    served = loopback.partner_center.signer
    yield
    served.served, served.fetched[:] = None, []


Make = Callable[..., PartnerCenterDoor]


@pytest.fixture
def made(signer: Signer, loopback: Loopback) -> Make:
    """Make a door whose certificates come from the loopback, those of `serving`."""

    def make(*, serving: Signer = signer, roots: bytes | None = None, **more: Any) -> PartnerCenterDoor:
        there = loopback.partner_center.signer
        there.__dict__.update({name: getattr(serving, name) for name in ("certificate", "issuer")})
        trusted = x509.load_pem_x509_certificates(roots or signer.roots)
        base = more.pop("base", loopback.partner_center_base)
        return PartnerCenterDoor(certificates=Certificates(roots=trusted, base=base, **more))

    return make


def verified(door: PartnerCenterDoor, call: Call, now: datetime = NOW) -> Any:
    lower = {name.lower(): value for name, value in call.headers.items()}
    return door.verify(call.body, lower, PUBLIC + PATH, now)


def why(door: PartnerCenterDoor, call: Call, now: datetime = NOW) -> str:
    with pytest.raises(Unverified) as refused:
        verified(door, call, now)
    return refused.value.why


def headed(call: Call, **values: str | None) -> Call:
    headers = {**call.headers, **{name.replace("_", "-"): value for name, value in values.items() if value}}
    gone = {name.replace("_", "-") for name, value in values.items() if value is None}
    return replace(call, headers={name: value for name, value in headers.items() if name not in gone})


# --- what is sound -------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Authorization", "x-ms-signature"])
@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha384", "RSA-SHA512"])
def test_a_sound_delivery_is_one_hint(made: Make, signer: Signer, header: str, algorithm: str) -> None:
    call = signer.call(PATH, CHANGED, header=header, algorithm=algorithm.lower())
    [hint] = verified(made(), headed(call, X_MS_Signature_Algorithm=algorithm))
    assert (hint.provider, hint.kind, hint.account, hint.resource) == (
        *("partner_center", "subscription"),
        *("tenant-1", "s-1"),
    )
    assert (hint.at, hint.word) == (NOW, "subscription-updated")


def test_the_certificate_is_fetched_once_with_its_issuer(
    made: Make, signer: Signer, loopback: Loopback
) -> None:
    door = made()
    for _ in range(3):
        verified(door, signer.call(PATH, CHANGED))
    assert loopback.partner_center.signer.fetched == [CERTIFICATE, ISSUER]


def test_a_chain_that_comes_whole_needs_no_issuer(made: Make, signer: Signer, loopback: Loopback) -> None:
    there = loopback.partner_center.signer
    pem = serialization.Encoding.PEM
    door = made()
    there.served = signer.certificate.public_bytes(pem) + signer.issuer.public_bytes(pem)
    verified(door, signer.call(PATH, CHANGED))
    assert there.fetched == [CERTIFICATE]


def test_a_header_that_a_proxy_uses_for_itself_says_nothing(made: Make, signer: Signer) -> None:
    call = signer.call(PATH, CHANGED, header="x-ms-signature")
    assert verified(made(), headed(call, Authorization="Bearer abc"))


def test_a_certificate_that_was_changed_at_its_address_is_fetched_anew(made: Make, signer: Signer) -> None:
    door, following = made(), Signer(now=NOW)
    following.__dict__.update({name: getattr(signer, name) for name in ("_root_key", "_issuer_key")})
    following.__dict__.update({"root": signer.root, "issuer": signer.issuer})
    verified(door, signer.call(PATH, CHANGED))
    made(serving=following)
    assert why(door, following.call(PATH, CHANGED)) == "signature", "not at once, whoever asks"
    assert verified(door, following.call(PATH, CHANGED), NOW + RENEWED_AFTER)


def test_a_certificate_is_used_until_shortly_before_its_end(made: Make, signer: Signer) -> None:
    door, end = made(), signer.certificate.not_valid_after_utc
    told = {**CHANGED, "ResourceChangeUtcDate": (end - timedelta(hours=3)).isoformat()}
    verified(door, signer.call(PATH, CHANGED))
    assert verified(door, signer.call(PATH, told), end - timedelta(hours=2))
    assert why(door, signer.call(PATH, told), end + timedelta(hours=1)) == "certificate"


# --- what is not ---------------------------------------------------------------------------------


def test_what_is_not_signed_by_microsoft_is_refused(made: Make, signer: Signer) -> None:
    stranger = Signer(now=NOW)
    assert why(made(serving=stranger), stranger.call(PATH, CHANGED)) == "certificate", "another root"
    other = Signer(now=NOW, organisation="Mikrosoft Corporation")
    assert why(made(serving=other, roots=other.roots), other.call(PATH, CHANGED)) == "certificate"
    weak = Signer(now=NOW, bits=1024)
    assert why(made(serving=weak, roots=weak.roots), weak.call(PATH, CHANGED)) == "certificate"
    early = Signer(now=NOW + timedelta(days=30))
    assert why(made(serving=early, roots=early.roots), early.call(PATH, CHANGED)) == "certificate"


def test_the_roots_that_ship_are_those_behind_microsoft(made: Make, signer: Signer) -> None:
    roots = shipped_roots()
    pem = b"".join(root.public_bytes(serialization.Encoding.PEM) for root in roots)
    assert 4 <= len(roots) <= 20
    assert why(made(roots=pem), signer.call(PATH, CHANGED)) == "certificate"


GOOD = "https://3psostorageacct.blob.core.windows.net/cert/a.cer"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/cert/a.cer",
        "http://3psostorageacct.blob.core.windows.net/cert/a.cer",
        "https://3psostorageacct.blob.core.windows.net.evil.example/cert/a.cer",
        "https://3psostorageacct.blob.core.windows.net@evil.example/cert/a.cer",
        "https://3psostorageacct.blob.core.windows.net:444/cert/a.cer",
        "https://127.0.0.1/cert/a.cer",
        "file:///etc/passwd",
        "https://[::1",
        "https://3psostorageacct.blob.core.windows.net\\@evil.example/",
        "https://3psostorageacct.blob.core.windows.net/cert/a.cer#b",
        "https://3psostorageacct.blob.core.windows.net/cert/pcnotifications-dispatch.microsoft.com.cer?1",
        "https://www.microsoft.com/pkiops/certs/issuing.crt",
        "//3psostorageacct.blob.core.windows.net/cert/a.cer",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_no_other_address_is_asked_for_a_certificate(
    made: Make, signer: Signer, loopback: Loopback, url: str
) -> None:
    assert why(made(), signer.call(PATH, CHANGED, certificate=url)) == "certificate"
    assert loopback.partner_center.signer.fetched == []


@pytest.mark.parametrize(
    "change",
    [
        {"Authorization": None},
        {"Authorization": ""},
        {"Authorization": "Signature"},
        {"Authorization": "Signature ????"},
        {"Authorization": "Signature " + base64.b64encode(b"x" * 256).decode()},
        {"Authorization": "Signature " + "A" * 100_000},
        {"Authorization": "Signature \u2603"},
        {"x-ms-signature": "Signature " + base64.b64encode(b"x" * 256).decode()},
        {"X-MS-Signature-Algorithm": None},
        {"X-MS-Signature-Algorithm": "rsa-md5"},
        {"X-MS-Signature-Algorithm": "none"},
        {"X-MS-Signature-Algorithm": "rsa-sha384"},
        {"X-MS-Certificate-Url": None},
        {"X-MS-Certificate-Url": "https://a/" + "a" * 10_000},
    ],
)
def test_headers_that_do_not_fit_are_no_signature(
    made: Make, signer: Signer, change: Mapping[str, str | None]
) -> None:
    call = signer.call(PATH, CHANGED)
    headers = {**call.headers, **change}
    sent = replace(call, headers={name: value for name, value in headers.items() if value is not None})
    assert why(made(), sent) == "signature"


def test_another_body_and_a_weak_hash_are_no_signature(made: Make, signer: Signer) -> None:
    call = signer.call(PATH, CHANGED)
    assert why(made(), replace(call, body=call.body + b" ")) == "signature"
    assert why(made(), signer.call(PATH, CHANGED, algorithm="rsa-sha1")) == "signature"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"9" * 10_000, "malformed"),
        (b"[]", "malformed"),
        (b"null", "malformed"),
        ({**CHANGED, "EventName": None}, "malformed"),
        ({**CHANGED, "EventName": ""}, "malformed"),
        ({**CHANGED, "ResourceChangeUtcDate": None}, "malformed"),
        ({**CHANGED, "ResourceChangeUtcDate": "yesterday"}, "malformed"),
        ({**CHANGED, "ResourceChangeUtcDate": [1]}, "malformed"),
        (event("x", None, NOW - timedelta(days=14, seconds=1)), "stale"),
        ({**CHANGED, "ResourceChangeUtcDate": "0001-01-01T00:00:00+14:00"}, "stale"),
        ({**CHANGED, "ResourceChangeUtcDate": "9999-12-31T23:59:59-14:00"}, "future"),
        (event("x", None, NOW + timedelta(hours=2)), "future"),
    ],
)
def test_what_is_signed_and_makes_no_sense_is_refused(
    made: Make, signer: Signer, body: Any, expected: str
) -> None:
    assert why(made(), signer.call(PATH, body)) == expected


@pytest.mark.parametrize(
    ("served", "expected"),
    [
        (b"", "certificate"),
        (b"<html>no such blob</html>", "certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate"),
        (b"x" * (MOST_BYTES + 1), "certificate"),
        (Response(status_code=302, headers={"Location": "http://evil.example/"}), "certificate"),
        (Response(status_code=404), "no_certificate"),
        (Response(status_code=500), "no_certificate"),
    ],
)
def test_what_comes_instead_of_a_certificate_is_none(
    made: Make, signer: Signer, loopback: Loopback, served: Any, expected: str
) -> None:
    door = made()
    loopback.partner_center.signer.served = served
    assert why(door, signer.call(PATH, CHANGED)) == expected


def test_a_certificate_that_cannot_be_had_now_is_asked_for_again(
    made: Make, signer: Signer, loopback: Loopback
) -> None:
    door = made()
    with loopback.refusing():
        assert why(door, signer.call(PATH, CHANGED)) == "no_certificate"
    assert verified(door, signer.call(PATH, CHANGED))


def test_strangers_cannot_have_us_ask_without_an_end(made: Make, signer: Signer, loopback: Loopback) -> None:
    door = made()
    verified(door, signer.call(PATH, CHANGED))
    for number in range(3 * MOST_FETCHES):
        url = CERTIFICATE_URL.replace(".cer", f"{number}.cer")
        assert why(door, signer.call(PATH, CHANGED, certificate=url)) == "no_certificate"
    assert verified(door, signer.call(PATH, CHANGED)), "the one that is known still does"


def test_strangers_do_not_keep_all_threads_waiting(made: Make, signer: Signer) -> None:
    """While one certificate is fetched some may wait for it; whoever comes then is sent away at once."""
    door = made()
    with door._certificates._one:
        waiting = [
            threading.Thread(target=lambda: suppress_unverified(door, signer), daemon=True)
            for _ in range(MOST_WAITING)
        ]
        for thread in waiting:
            thread.start()
        while door._certificates._room.acquire(blocking=False):
            door._certificates._room.release()
            time.sleep(0.01)
        assert why(door, signer.call(PATH, CHANGED)) == "no_certificate"
    for thread in waiting:
        thread.join()


def suppress_unverified(door: PartnerCenterDoor, signer: Signer) -> None:
    with suppress(Unverified):
        verified(door, signer.call(PATH, CHANGED))


def test_with_another_vendor_standing_in_nobody_is_asked(made: Make, signer: Signer) -> None:
    assert why(made(base=None, shut=True), signer.call(PATH, CHANGED)) == "no_certificate"


def test_changed_deliveries_are_refused_and_no_error(made: Make, signer: Signer) -> None:
    door, call, chance = made(), signer.call(PATH, CHANGED), random.Random(7)
    for _ in range(200):
        body = bytearray(call.body)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        headers = {
            name: "".join(chance.choice(value + "=%,;~\u2603") for _ in value).strip()
            if chance.random() < 0.3
            else value
            for name, value in call.headers.items()
        }
        why(door, Call(url=PATH, body=bytes(body), headers=headers))


@settings(max_examples=examples(60))
@given(
    told=st.dictionaries(
        st.sampled_from(["EventName", "ResourceUri", "ResourceName", "AuditUri", "ResourceChangeUtcDate"]),
        st.none() | st.text() | st.integers() | st.lists(st.text(), max_size=2) | st.just(NOW.isoformat()),
    ),
    uri=st.text(alphabet="https:/customer[]?=&%01\0é", max_size=60),
)
def test_signed_bodies_of_any_shape_are_taken_or_refused(told: dict[str, Any], uri: str) -> None:
    from providers.partner_center.door import hint_of

    try:
        hint = hint_of(json.dumps({**told, "ResourceUri": uri}).encode(), NOW)
    except Unverified:
        return
    assert len(hint.account or "") <= 64
    assert len(hint.resource or "") <= 64


# --- what follows --------------------------------------------------------------------------------


@pytest.fixture
def more_doors(made: Make) -> dict[str, Door]:
    return {"partner_center": made()}


@pytest.fixture
def taking(web: Web) -> Web:
    """The application with this door too, and a customer with a subscription there."""
    web.business.customer()
    web.now[0] = NOW
    place = Place(customer="ACME", provider="partner_center", account="tenant-1", resource="s-1")
    places.link(web.site.ledger, place, by="maria", now=NOW)
    return web


async def test_a_changed_subscription_wakes_whose_it_is(taking: Web, signer: Signer) -> None:
    call = signer.call(PATH, CHANGED)
    for _ in range(2):
        assert (await taking.post(PATH, call.body, call.headers)).status_code == 200
    strange = event("subscription-updated", URI.format("t", "s-9"), NOW)
    call = signer.call(PATH, strange)
    assert (await taking.post(PATH, call.body, call.headers)).status_code == 200
    assert taking.woken == ["watch services", "ACME"]
    assert places.due(taking.site.ledger, now=NOW, limit=9) == ["ACME"], "a lost wake is found"


async def test_a_certificate_that_cannot_be_had_is_no_error_of_ours(
    taking: Web, signer: Signer, loopback: Loopback
) -> None:
    call = signer.call(PATH, CHANGED)
    with loopback.refusing():
        answer = await taking.post(PATH, call.body, call.headers)
    assert (answer.status_code, answer.content) == (424, b"")
    assert taking.site.tally.take() == {("partner_center", "no_certificate"): 1}


EVENTS = {
    "test-created": [],
    "subscription-updated": ["watch services", "ACME"],
    "usagerecords-thresholdExceeded": ["watch usage"],
    "azure-fraud-event-detected": ["watch alerts"],
    "granular-admin-relationship-expired": [],
    "dap-admin-relationship-terminated": [],
    "invoice-ready": [],
    "reseller-relationship-accepted-by-customer": [],
    "referral-created": [],
    "a-name-that-nobody-knows": [],
}


@pytest.mark.parametrize("name", EVENTS)
async def test_every_event_is_taken(taking: Web, signer: Signer, name: str) -> None:
    call = signer.call(PATH, event(name, URI.format("tenant-1", "s-1"), NOW))
    assert (await taking.post(PATH, call.body, call.headers)).status_code == 200
    assert taking.woken == EVENTS[name]
    asked = [task.step for task in tasks.worklist(taking.site.ledger)]
    assert asked == (["access-review"] if "-admin-" in name else [])


async def test_every_documented_body_is_taken(taking: Web, signer: Signer) -> None:
    file = SAMPLES / "webhook_events_by_name.json"
    if not file.exists():
        pytest.skip("the documented bodies are not here")
    bodies = json.loads(file.read_text(encoding="utf-8"))
    assert len(bodies) >= 21
    for name, body in bodies.items():
        told = json.dumps({**body, "ResourceChangeUtcDate": NOW.isoformat()})
        told = told.replace("{{CustomerId}}", "tenant-1").replace("{{SubscriptionId}}", "s-1")
        call = signer.call(PATH, told.encode())
        assert (await taking.post(PATH, call.body, call.headers)).status_code == 200, name
    assert taking.woken == ["watch services", "ACME", "watch usage", "watch alerts"]


# --- how it is set up ----------------------------------------------------------------------------


def test_there_is_a_door_where_partner_center_is_set_up(tmp_path: Path, signer: Signer) -> None:
    token = {"partner_center_token": "t"}
    assert "partner_center" not in doors(Settings.model_validate({}))
    assert "partner_center" in doors(Settings.model_validate(token))
    roots = tmp_path / "roots.pem"
    for content in (b"", b"-----BEGIN CERTIFICATE-----\n?"):
        roots.write_bytes(content)
        with pytest.raises(Stop, match="PARTNER_CENTER_WEBHOOK_ROOTS"):
            doors(Settings.model_validate({**token, "partner_center_webhook_roots": roots}))
    roots.write_bytes(signer.roots)
    assert "partner_center" in doors(
        Settings.model_validate({**token, "partner_center_webhook_roots": roots})
    )
