"""Hostile webhooks in Partner Center's name, over real HTTP: counted and harmless."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from providers.loopback.partner_center.signing import CERTIFICATE_URL, Signer, event
from providers.loopback.server import Loopback
from providers.partner_center.certificates import Certificates, roots_in
from providers.partner_center.door import PartnerCenterDoor
from store.tables import InboxRow
from tests.web.test_hostile import (
    NOW,
    Request,
    Server,
    changed,
    harmless,
    headed,
    server,  # noqa: F401 - the fixture
    without,
)
from web.doors import Door

PATH = "/webhooks/partner-center"
SIGNER, STRANGER = Signer(now=NOW), Signer(now=NOW)
URI = "http://api.partnercenter.microsoft.com/v1/customers/t/subscriptions/s"
TOLD = event("subscription-updated", URI, NOW)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        there = loopback.partner_center.signer
        there.__dict__.update(certificate=SIGNER.certificate, issuer=SIGNER.issuer)
        yield loopback


@pytest.fixture
def more_doors(loopback: Loopback) -> dict[str, Door]:
    certificates = Certificates(roots=roots_in(SIGNER.roots), base=loopback.partner_center_base)
    return {"partner_center": PartnerCenterDoor(certificates=certificates)}


def said(body: Any, signer: Signer = SIGNER, **more: str) -> Request:
    call = signer.call(PATH, body, **more)
    return Request(PATH, call.body, dict(call.headers))


SOUND = said(TOLD)
CASES: list[tuple[str, Request, int, str | None]] = [
    ("sound", SOUND, 200, None),
    ("no signature", without(SOUND, "Authorization"), 403, "signature"),
    ("a password", headed(SOUND, Authorization="Basic YTpi"), 403, "signature"),
    ("garbage", headed(SOUND, Authorization="Signature !!!!"), 403, "signature"),
    ("signature of 60 kB", headed(SOUND, Authorization="Signature " + "A" * 60_000), 403, "signature"),
    ("two signatures", headed(SOUND, x_ms_signature="Signature QUJD"), 403, "signature"),
    ("another key", said(TOLD, STRANGER), 403, "signature"),
    ("a weak hash", said(TOLD, algorithm="rsa-sha1"), 403, "signature"),
    ("no hash", headed(SOUND, X_MS_Signature_Algorithm=""), 403, "signature"),
    ("another hash", headed(SOUND, X_MS_Signature_Algorithm="rsa-sha512"), 403, "signature"),
    ("another body", changed(SOUND, raw=SOUND.raw + b" "), 403, "signature"),
    ("no body", changed(SOUND, raw=b""), 403, "signature"),
    ("no certificate named", without(SOUND, "X-MS-Certificate-Url"), 403, "signature"),
    ("foreign host", said(TOLD, certificate="https://evil.example/a.cer"), 403, "certificate"),
    ("our own network", said(TOLD, certificate="http://169.254.169.254/latest"), 403, "certificate"),
    ("by http", said(TOLD, certificate=CERTIFICATE_URL.replace("https", "http")), 403, "certificate"),
    ("a file", said(TOLD, certificate="file:///etc/passwd"), 403, "certificate"),
    ("a port", said(TOLD, certificate=CERTIFICATE_URL.replace("/cert", ":22/cert")), 403, "certificate"),
    ("none there", said(TOLD, certificate=CERTIFICATE_URL + "x"), 424, "no_certificate"),
    ("two weeks old", said(event("x", None, NOW - timedelta(days=15))), 403, "stale"),
    ("of tomorrow", said(event("x", None, NOW + timedelta(days=1))), 403, "future"),
    ("signed nothing", said(b""), 400, "malformed"),
    ("not UTF-8", said(b"\xff\xfe\xfd"), 400, "malformed"),
    ("depths", said(b"[" * 100_000), 400, "malformed"),
    ("a list", said(b"[]"), 400, "malformed"),
    ("no name", said({**TOLD, "EventName": None}), 400, "malformed"),
    ("no date", said({**TOLD, "ResourceChangeUtcDate": ""}), 400, "malformed"),
    ("a name of 10 kB", said({**TOLD, "EventName": "\0x" * 5_000}), 200, None),
    ("half a character", said(b'{"EventName": "\\ud800", "ResourceChangeUtcDate": "%s"}'), 400, "malformed"),
    ("an address of anything", said({**TOLD, "ResourceUri": "http://[::1/customers/\0"}), 200, None),
    ("an address that is none", said({**TOLD, "ResourceUri": {"a": 1}}), 200, None),
    ("as a form", headed(SOUND, Content_Type="application/x-www-form-urlencoded"), 415, "media_type"),
    ("2 MB", changed(SOUND, raw=b" " * (2 << 20)), 413, "too_large"),
    ("seen", changed(SOUND, method="GET", raw=b""), 405, None),
]


async def test_every_hostile_request_is_refused_counted_and_harmless(
    server: Server,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong = []
    for name, request, status, why in CASES:
        before = kept(server)
        answer = await server.send(request)
        harmless(answer)
        counted = {reason for (_, reason), _ in server.web.site.tally.take().items()}
        if (answer.status_code, counted) != (status, {why} if why else set()):
            wrong.append(f"{name}: {answer.status_code} {counted}, not {status} {why}")
        if why:
            assert kept(server) == before, name
    assert wrong == []
    assert "Traceback" not in caplog.text
    assert all(record.levelname != "ERROR" for record in caplog.records), caplog.text


def kept(server: Server) -> int:  # noqa: F811
    with server.web.business.ledger.read() as session:
        return len(session.exec(select(InboxRow)).all())
