"""Probes at vendors on this machine: what is well, what is broken, and what then does not work."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from composition import probes
from domain.health import CODES, PARTS, Code, Part, Sight
from providers.loopback.faults import DROPPED, REDIRECTED, unwell
from providers.loopback.server import Loopback
from providers.probes.asking import Probe, tls_of
from providers.probes.plain import Absent, FrontDoor, Host
from providers.probes.sendgrid import SendGridProbe
from providers.probes.stripe import StripeProbe
from providers.probes.twilio import TwilioProbe
from settings import Settings


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def sendgrid(loopback: Loopback, **more: Any) -> SendGridProbe:
    given = {"api_key": loopback.sendgrid.api_key, "base": loopback.base, "logs_base": loopback.base}
    return SendGridProbe(**{**given, **more})


def twilio(loopback: Loopback, **more: Any) -> TwilioProbe:
    account = loopback.twilio
    given: dict[str, Any] = {
        "account": account.account,
        "key": account.key,
        "secret": account.secret,
        "auth_token": account.auth_token,
        "number": "+447700900000",
        "service": account.service,
        "bases": dict.fromkeys(("api", "verify"), loopback.base),
    }
    return TwilioProbe(**{**given, **more})


def stripe(loopback: Loopback, key: str = "sk_test_loopback") -> StripeProbe:
    return StripeProbe(key=key, base=loopback.base, kinds=("payment methods", "charges"))


def broken(probe: Probe) -> list[tuple[Part, Code]]:
    return [(sight.part, sight.code) for sight in probe.look() if not sight.ok]


def seen(probe: Probe) -> list[tuple[Part, Code]]:
    return [(sight.part, sight.code) for sight in probe.look()]


def test_every_part_and_code_has_its_words() -> None:
    assert set(PARTS) == set(get_args(Part))
    assert set(CODES) == set(get_args(Code))


def test_what_is_well_is_said_to_be(loopback: Loopback) -> None:
    assert seen(sendgrid(loopback)) == [
        ("sendgrid", "reached"),
        ("sendgrid", "clock"),
        ("sendgrid", "granted"),
        ("sendgrid.log", "usable"),
    ]
    assert seen(twilio(loopback)) == [
        ("twilio", "reached"),
        ("twilio", "clock"),
        ("twilio", "usable"),
        ("twilio.token", "usable"),
        ("twilio.sender", "usable"),
        ("twilio.verify", "usable"),
    ]
    assert seen(stripe(loopback)) == [
        ("stripe", "reached"),
        ("stripe", "clock"),
        ("stripe", "granted"),
        ("stripe", "mode"),
    ]


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (lambda at: sendgrid(at, api_key="hush"), [("sendgrid", "refused"), ("sendgrid.log", "refused")]),
        (lambda at: sendgrid(at, base=None), [("sendgrid", "shut")]),
        (lambda at: sendgrid(at, logs_base="http://127.0.0.1:1"), [("sendgrid.log", "unreachable")]),
        (
            lambda at: twilio(at, secret="hush"),
            [("twilio", "refused"), ("twilio.sender", "refused"), ("twilio.verify", "refused")],
        ),
        (lambda at: twilio(at, auth_token="hush"), [("twilio.token", "refused")]),
        (lambda at: twilio(at, number="+447700900001"), [("twilio.sender", "missing")]),
        (lambda at: twilio(at, number="Acme"), []),
        (lambda at: twilio(at, service="VA" + "1" * 32), [("twilio.verify", "missing")]),
        (lambda at: twilio(at, bases={"api": at.base}), [("twilio.verify", "shut")]),
        (lambda at: stripe(at, key="sk_live_hush"), [("stripe", "refused")]),
        (lambda at: Host("bureau", at.base), []),
        (lambda at: Host("bureau", "http://127.0.0.1:1"), [("bureau", "unreachable")]),
        (lambda at: FrontDoor(at.base), [("public_url", "odd")]),
    ],
)
def test_what_is_broken_is_told_apart_and_no_secret_is(
    probe: Callable[[Loopback], Probe], told: list[tuple[Part, Code]], loopback: Loopback
) -> None:
    assert broken(probe(loopback)) == told
    for sight in probe(loopback).look():
        assert "hush" not in f"{sight.words} {sight.then}"
        assert sight.ok == (not sight.then)


def test_an_account_may_be_less_than_it_should() -> None:
    with Loopback() as loopback:
        _less_than_it_should(loopback)


def _less_than_it_should(loopback: Loopback) -> None:
    loopback.sendgrid.scopes = ["alerts.read"]
    loopback.sendgrid.has_log = False
    assert broken(sendgrid(loopback)) == [("sendgrid", "forbidden"), ("sendgrid.log", "forbidden")]
    (scope, _) = (sight for sight in sendgrid(loopback).look() if not sight.ok)
    assert scope.words == "SENDGRID_API_KEY lacks a permission: mail.send"
    assert scope.then == "no email goes out"
    loopback.twilio.kind = "Trial"
    loopback.twilio.numbers["+447700900000"] = False
    assert ("twilio", "trial") in seen(twilio(loopback))
    assert broken(twilio(loopback)) == [("twilio.sender", "mute")]
    loopback.twilio.standing = "suspended"
    assert ("twilio", "closed") in broken(twilio(loopback))


def test_a_vendor_that_is_unwell_is_not_our_fault(loopback: Loopback) -> None:
    for fault, code in ((unwell(), "unwell"), (REDIRECTED, "odd"), (DROPPED, "unreachable")):
        loopback.faults.add("ask", [fault])
        assert broken(sendgrid(loopback)) == [("sendgrid", code)]


def test_stripe_says_which_permission_a_key_lacks() -> None:
    def answer(path: str) -> tuple[int, bytes]:
        return (403 if path.startswith("/v1/charges/") else 404), b"{}"

    with serving(answer) as base:
        probe = StripeProbe(key="rk_live_1_2", base=base, kinds=("charges", "events"))
        lacking = [sight.words for sight in probe.look() if not sight.ok]
    assert lacking == ["STRIPE_API_KEY lacks a permission: reading charges"]


def test_a_restricted_key_of_twilio_that_lacks_a_permission_is_no_wrong_key() -> None:
    with serving(lambda path: (401, b'{"code": 70051}')) as base:
        probe = TwilioProbe(
            account="AC1",
            key="SK1",
            secret="hush",
            auth_token="hush",
            number=None,
            service=None,
            bases={"api": base},
        )
        assert ("twilio", "forbidden") in broken(probe)


@pytest.mark.parametrize(("offset", "way"), [(-600, "ahead"), (600, "behind")])
def test_a_clock_that_is_off_is_told_with_what_comes_of_it(offset: int, way: str) -> None:
    with serving(lambda path: (200, b'{"status": "ok"}'), clock=timedelta(seconds=offset)) as base:
        (off,) = (sight for sight in FrontDoor(base).look() if not sight.ok)
    assert off.words.startswith("our clock is ")
    assert f" s {way} of its" in off.words
    assert abs(int(off.words.split()[3]) - 600) <= 30
    assert off.then == "signed webhooks are refused as too old or too new"


def test_what_is_not_set_up_says_what_is_done_instead() -> None:
    (sight,) = Absent("sendgrid").look()
    assert (sight.ok, sight.words) == (True, "not set up: emails go to the outbox, and nobody gets them")


def test_our_own_front_door(tmp_path: Path) -> None:
    with serving(lambda path: (200, b'{"status": "ok"}')) as base:
        assert seen(FrontDoor(base)) == [
            ("public_url", "reached"),
            ("public_url", "clock"),
            ("public_url", "plain"),
        ]
    with serving(lambda path: (200, b"{}"), tls=certificate(tmp_path)) as base:
        (untrusted,) = FrontDoor(base).look()
        trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        tls = tls_of(base, trusting)
    assert untrusted.code == "untrusted"
    assert "self-signed certificate" in untrusted.words
    assert tls is not None
    assert (tls.version, tls.days_left) == ("TLSv1.3", 9)


def test_a_certificate_that_ends_soon_says_what_breaks_then() -> None:
    expiring = Sight("public_url", "expiring", {"host": "pay.acme.example", "days": 3})
    assert expiring.then == "soon no webhook arrives, and links to unsubscribe lead nowhere"


# --- a vendor in a few lines


@contextmanager
def serving(
    answer: Callable[[str], tuple[int, bytes]],
    *,
    clock: timedelta = timedelta(),
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serve what `answer` says of a path, with a clock that is off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response_only(status)
            self.send_header("Date", format_datetime(datetime.now(UTC) + clock, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            pass

    class Server(HTTPServer):
        def handle_error(self, *told: object) -> None:
            """A client that does not trust us hangs up, which is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate for this machine, of which ten days are left, and nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=10))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


FROM_EVENTS = "events, disputes, refunds, credit notes"


@pytest.mark.parametrize(
    ("charges", "more"), [("false", FROM_EVENTS), ("true", f"{FROM_EVENTS}, subscriptions")]
)
def test_what_stripe_is_read_for_is_what_its_key_is_asked(
    charges: str, more: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_CHARGES", charges)
    with Loopback() as loopback:
        for name, value in loopback.stripe_environment().items():
            monkeypatch.setenv(name, value)
        sights = [sight for probe in probes(Settings.from_env()) for sight in probe.look()]
    said = {sight.code: sight.words for sight in sights if sight.part == "stripe"}
    kinds = f"payment methods, charges, customers, invoices, payment intents, {more}"
    assert said["granted"] == f"STRIPE_API_KEY may do all that is asked of it: reading {kinds}"
    assert said["mode"].startswith("STRIPE_API_KEY is a key of test mode")
