"""Hostile webhooks, over real HTTP: never a 5xx, never a stack trace, nothing written, all counted."""

import asyncio
import base64
import json
import logging
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from domain.errors import Unverified
from providers.sendgrid_door import SIGNATURE, TIMESTAMP, SendGridDoor
from providers.twilio_door import TwilioDoor
from store import facts, inbox
from store.database import Ledger
from tests.effort import examples
from tests.store.conftest import at
from tests.web.conftest import ACCOUNT, FORM, JSON, PUBLIC, SHARED_KEYS, TOKEN, Vendors, Web
from web.app import application, tell
from web.doors import MOST_BYTES, Door
from web.log import Traceless

STATUS, INBOUND, EVENTS = "/webhooks/twilio/status", "/webhooks/twilio/inbound", "/webhooks/sendgrid/events"
VENDORS = Vendors()
NOW = at(4)
GOOD_STATUS = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": ""}
GOOD_REPLY = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "From": "+4915112345678", "Body": "Hello", "To": ""}
GOOD_EVENT = {
    "event": "delivered",
    "rid": "m-1",
    "sg_message_id": "SG1.x",
    "email": "a@b.example",
    "timestamp": 1,
}


@dataclass(frozen=True)
class Request:
    """One request as an attacker, or a broken proxy, would send it."""

    path: str
    raw: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def signed(path: str, fields: dict[str, str], **headers: str) -> Request:
    raw, good = VENDORS.twilio(path, fields)
    return Request(path, raw, {**good, **headers})


def mailed(events: Any, *, age: timedelta = timedelta(), **headers: str) -> Request:
    raw, good = VENDORS.sendgrid(events, NOW - age)
    return Request(
        EVENTS, raw, {**good, **{name.replace("_", "-"): value for name, value in headers.items()}}
    )


def without(request: Request, name: str) -> Request:
    kept = {key: value for key, value in request.headers.items() if key.lower() != name.lower()}
    return Request(request.path, request.raw, kept, request.method)


def changed(request: Request, **values: Any) -> Request:
    return Request(**{**vars(request), **values})


def headed(request: Request, **headers: str) -> Request:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {
        key: value for key, value in request.headers.items() if key.lower() not in {k.lower() for k in more}
    }
    return changed(request, headers={**kept, **more})


def sneaked(request: Request, secret: str) -> Request:
    """Sign with another secret than the account's."""
    fields = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "MessageStatus": "delivered"}
    signature = RequestValidator(secret).compute_signature(PUBLIC + request.path, fields)
    return headed(changed(request, raw=urlencode(fields).encode()), X_Twilio_Signature=signature)


KEY, SECRET = next(iter(SHARED_KEYS.items()))
SHA256 = ",algorithm=HMAC_SHA256"


def by_key(settings: str, secret: str = SECRET) -> Request:
    """Sign by a shared key, as the header says."""
    signature = RequestValidator(secret).compute_signature(PUBLIC + STATUS, GOOD_STATUS, "HMAC_SHA256")
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
    headers["X-Twilio-Webhooks-Signature-Settings"] = settings
    return Request(STATUS, urlencode(GOOD_STATUS).encode(), headers)


S, R, E = signed(STATUS, GOOD_STATUS), signed(INBOUND, GOOD_REPLY), mailed([GOOD_EVENT])
TWILIO = "X-Twilio-Signature"
OTHER = Vendors()

# Name, request, status, and what it is counted as; None where it is taken or nobody's.
CASES: list[tuple[str, Request, int, str | None]] = [
    # Twilio: who it is from
    ("no signature", without(S, TWILIO), 403, "signature"),
    ("empty signature", headed(S, X_Twilio_Signature=""), 403, "signature"),
    ("garbage signature", headed(S, X_Twilio_Signature="!!!!"), 403, "signature"),
    ("signature of right length", headed(S, X_Twilio_Signature="A" * 27 + "="), 403, "signature"),
    ("signature of 60 kB", headed(S, X_Twilio_Signature="A" * 60_000), 403, "signature"),
    ("signature of another secret", sneaked(S, "guess"), 403, "signature"),
    ("signature of an empty secret", sneaked(S, ""), 403, "signature"),
    ("signature of another path", changed(S, path=INBOUND), 403, "signature"),
    ("signature without the query", changed(S, path=f"{STATUS}?k=m-1"), 403, "signature"),
    ("signature of another field", changed(S, raw=S.raw.replace(b"delivered", b"failed")), 403, "signature"),
    ("a field more", changed(S, raw=S.raw + b"&Extra=1"), 403, "signature"),
    ("a blank field more", changed(S, raw=S.raw + b"&Extra="), 403, "signature"),
    ("a blank field less", changed(S, raw=S.raw.replace(b"&ErrorCode=", b"")), 403, "signature"),
    (
        "algorithm that nobody knows",
        headed(S, X_Twilio_Webhooks_Signature_Settings="algorithm=NONE"),
        403,
        "signature",
    ),
    ("shared key that nobody knows", by_key("key=guess,algorithm=HMAC_SHA256"), 403, "signature"),
    ("shared key without an algorithm", by_key(f"key={KEY}"), 403, "signature"),
    ("shared key with a new algorithm", by_key(f"key={KEY},algorithm=HMAC_SHA512"), 403, "signature"),
    ("shared key of another secret", by_key(f"key={KEY}{SHA256}", secret="guess"), 403, "signature"),
    ("shared key and no signature", without(by_key(f"key={KEY}{SHA256}"), TWILIO), 403, "signature"),
    ("shared key, signed by the token", by_key(f"key={KEY}{SHA256}", secret=TOKEN), 403, "signature"),
    ("shared key unnamed", by_key("algorithm=HMAC_SHA256"), 403, "signature"),
    ("settings that say nothing", headed(S, X_Twilio_Webhooks_Signature_Settings=",=,;"), 403, "signature"),
    ("shared key", by_key(f"key={KEY}{SHA256}"), 200, None),
    ("shared key, blanks", by_key(f"key = {KEY} , algorithm=HMAC_SHA256"), 200, None),
    ("host in a header", headed(S, X_Forwarded_Host="evil.example"), 200, None),
    ("scheme in a header", headed(S, X_Forwarded_Proto="http"), 200, None),
    ("body hash in the query", changed(S, path=f"{STATUS}?bodySHA256=00"), 403, "signature"),
    ("body hash, blank, in the query", changed(S, path=f"{STATUS}?bodySHA256"), 403, "signature"),
    ("another account", signed(STATUS, {**GOOD_STATUS, "AccountSid": "AC2"}), 403, "account"),
    ("no account", signed(STATUS, {"MessageSid": "SM1", "MessageStatus": "sent"}), 403, "account"),
    # Twilio: what it says
    ("no body", changed(S, raw=b""), 403, "signature"),
    ("body of NULs", changed(S, raw=b"\0" * 100), 403, "signature"),
    ("body that is not UTF-8", changed(S, raw=b"a=\xff\xfe"), 403, "signature"),
    ("escapes that are not UTF-8", changed(S, raw=b"a=%ff%fe"), 403, "signature"),
    ("raw bytes that are not UTF-8", changed(S, raw=b"\xff\xfe=1"), 403, "signature"),
    ("a thousand fields", changed(S, raw=b"&".join(b"a%d=1" % n for n in range(1000))), 403, "signature"),
    ("only separators", changed(S, raw=b"&" * 5000), 403, "signature"),
    ("JSON in a form", changed(S, raw=b'{"a": 1}'), 403, "signature"),
    ("no status", signed(STATUS, {"AccountSid": ACCOUNT, "MessageSid": "SM1"}), 400, "malformed"),
    ("blank status", signed(STATUS, {**GOOD_STATUS, "MessageStatus": ""}), 400, "malformed"),
    ("no message", signed(STATUS, {"AccountSid": ACCOUNT, "MessageStatus": "sent"}), 400, "malformed"),
    ("NUL in the message", signed(STATUS, {**GOOD_STATUS, "MessageSid": "a\0b"}), 400, "malformed"),
    ("NUL in the status", signed(STATUS, {**GOOD_STATUS, "MessageStatus": "a\0"}), 400, "malformed"),
    ("NUL in the reference", signed(f"{STATUS}?k=%00", GOOD_STATUS), 200, None),
    ("status that nobody knows", signed(STATUS, {**GOOD_STATUS, "MessageStatus": "x" * 5000}), 200, None),
    ("code that is no number", signed(STATUS, {**GOOD_STATUS, "ErrorCode": "'; DROP TABLE"}), 200, None),
    ("code beyond all numbers", signed(STATUS, {**GOOD_STATUS, "ErrorCode": "9" * 5000}), 200, None),
    ("code in other digits", signed(STATUS, {**GOOD_STATUS, "ErrorCode": "²٣"}), 200, None),
    (
        "failed with a code too long",
        signed(STATUS, {**GOOD_STATUS, "MessageStatus": "failed", "ErrorCode": "9" * 99}),
        200,
        None,
    ),
    ("references twice", signed(f"{STATUS}?k=a&k=b", GOOD_STATUS), 200, None),
    ("reference of 5 kB", signed(f"{STATUS}?k={'a' * 5000}", GOOD_STATUS), 200, None),
    ("reference of quotes", signed(f"{STATUS}?k=%27%20OR%201=1--", GOOD_STATUS), 200, None),
    ("reply without words", signed(INBOUND, {"AccountSid": ACCOUNT, "MessageSid": "SM1"}), 400, "malformed"),
    ("reply of blanks", signed(INBOUND, {**GOOD_REPLY, "Body": ""}), 200, None),
    ("reply with NULs", signed(INBOUND, {**GOOD_REPLY, "Body": "a\0b\0"}), 200, None),
    ("reply of 100 kB", signed(INBOUND, {**GOOD_REPLY, "Body": "stop " * 20_000}), 200, None),
    ("reply of emoji", signed(INBOUND, {**GOOD_REPLY, "Body": "💥" * 2000}), 200, None),
    ("reply from anonymous", signed(INBOUND, {**GOOD_REPLY, "From": "anonymous"}), 200, None),
    ("reply from nobody", signed(INBOUND, {**GOOD_REPLY, "From": ""}), 200, None),
    ("reply from SQL", signed(INBOUND, {**GOOD_REPLY, "From": "' OR ''='"}), 200, None),
    ("reply with words in its keyword", signed(INBOUND, {**GOOD_REPLY, "OptOutType": "\ud7ff☃"}), 200, None),
    # SendGrid: who it is from
    ("mail without signature", without(E, SIGNATURE), 403, "signature"),
    ("mail without time", without(E, TIMESTAMP), 403, "signature"),
    ("mail with neither", without(without(E, SIGNATURE), TIMESTAMP), 403, "signature"),
    ("mail signed with garbage", headed(E, **{SIGNATURE: "?"}), 403, "signature"),
    ("mail signed with blanks", headed(E, **{SIGNATURE: "===="}), 403, "signature"),
    ("mail signed with short base64", headed(E, **{SIGNATURE: "A"}), 403, "signature"),
    (
        "mail signed with other base64",
        headed(E, **{SIGNATURE: base64.b64encode(b"x" * 70).decode()}),
        403,
        "signature",
    ),
    (
        "mail signed by another key",
        changed(E, headers={"Content-Type": JSON, **OTHER.sendgrid([GOOD_EVENT], NOW)[1]}),
        403,
        "signature",
    ),
    ("mail of another body", changed(E, raw=E.raw + b" "), 403, "signature"),
    ("mail without its line end", changed(E, raw=E.raw.rstrip()), 403, "signature"),
    ("mail of another time", headed(E, **{TIMESTAMP: "1"}), 403, "signature"),
    ("mail of no time", headed(E, **{TIMESTAMP: "now"}), 403, "signature"),
    ("mail of a negative time", headed(E, **{TIMESTAMP: "-1"}), 403, "signature"),
    ("mail of 27 hours ago", mailed([GOOD_EVENT], age=timedelta(hours=27)), 403, "stale"),
    ("mail of 1970", mailed([GOOD_EVENT], age=NOW - NOW.replace(year=1971)), 403, "stale"),
    ("mail of tomorrow", mailed([GOOD_EVENT], age=-timedelta(days=1)), 403, "future"),
    ("mail of 2200", mailed([GOOD_EVENT], age=NOW - NOW.replace(year=2200)), 403, "future"),
    # SendGrid: what it says
    ("mail of nothing", changed(E, raw=b""), 403, "signature"),
    ("signed nothing", mailed(b""), 400, "malformed"),
    ("signed bytes that are not UTF-8", mailed(b"[\xff]"), 403, "signature"),
    ("signed words", mailed(b"hello"), 400, "malformed"),
    ("signed half", mailed(b'[{"event": "deliv'), 400, "malformed"),
    ("signed object", mailed(b'{"event": "delivered"}'), 400, "malformed"),
    ("signed number", mailed(b"1"), 400, "malformed"),
    ("signed null", mailed(b"null"), 400, "malformed"),
    ("signed depths", mailed(b"[" * 100_000), 400, "malformed"),
    ("signed deep and whole", mailed(b"[" * 900 + b"]" * 900), 200, None),
    ("signed NaN", mailed(b'[{"event": "delivered", "timestamp": NaN}]'), 200, None),
    ("signed number of 10,000 digits", mailed(b"[" + b"9" * 10_000 + b"]"), 400, "malformed"),
    ("events that are none", mailed([1, "a", None, [], {}, True]), 200, None),
    ("event of no name", mailed([{"event": None}, {"event": 7}, {"event": {}}, {"event": ""}]), 200, None),
    ("event that nobody knows", mailed([{"event": "teleported"}]), 200, None),
    ("events of wrong types", mailed([{name: [1] for name in GOOD_EVENT} | {"event": "bounce"}]), 200, None),
    (
        "event with NULs",
        mailed([{**GOOD_EVENT, "rid": "a\0", "sg_message_id": "\0", "email": "\0"}]),
        200,
        None,
    ),
    ("event with half a character", mailed(b'[{"event": "delivered", "rid": "\\ud800"}]'), 200, None),
    ("event of year 9999999", mailed([{**GOOD_EVENT, "timestamp": 10**14}]), 200, None),
    ("event before 1970", mailed([{**GOOD_EVENT, "timestamp": -(10**9)}]), 200, None),
    ("unsubscribed, of nobody", mailed([{"event": "unsubscribe", "email": "' OR ''='"}]), 200, None),
    # Whatever it says, the way it comes
    ("form of another type", headed(S, Content_Type=JSON), 415, "media_type"),
    ("no type", without(S, "Content-Type"), 415, "media_type"),
    ("multipart", headed(S, Content_Type="multipart/form-data; boundary=x"), 415, "media_type"),
    ("type of 10 kB", headed(S, Content_Type="a" * 10_000), 415, "media_type"),
    ("mail of another type", headed(E, Content_Type="text/plain"), 415, "media_type"),
    ("form with charset", headed(S, Content_Type=f"{FORM}; charset=UTF-8"), 200, None),
    ("mail of 2 MB", mailed(b" " * (2 << 20)), 413, "too_large"),
    ("form of 2 MB", changed(S, raw=b"a" * (2 << 20)), 413, "too_large"),
    ("compressed", headed(S, Content_Encoding="gzip"), 200, None),
    ("seen", changed(S, method="GET", raw=b""), 405, None),
    ("put", changed(S, method="PUT"), 405, None),
    ("another door", changed(S, path="/stripe/events"), 404, None),
    ("door with a slash", changed(S, path=f"{STATUS}/"), 404, None),
    ("door beside", changed(S, path="/webhooks/twilio/../twilio/status2"), 404, None),
    ("another host", headed(S, Host="evil.example"), 400, None),
]
assert len(CASES) >= 60


@dataclass
class Server:
    """The application behind uvicorn, at a port of its own."""

    url: str
    port: int
    web: Web

    async def send(self, request: Request) -> httpx.Response:
        headers = {"Host": "arrears.example", **request.headers}
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as client:
            return await client.request(
                request.method, request.path, content=request.raw or None, headers=headers
            )


@pytest.fixture
async def server(
    web: Web, monkeypatch: pytest.MonkeyPatch, more_doors: dict[str, Door]
) -> AsyncIterator[Server]:
    # The tests read what was counted themselves: nobody else may tell it to the ledger in between.
    monkeypatch.setattr("web.app.TELL_SECONDS", 3600.0)
    object.__setattr__(
        web.site,
        "doors",
        {
            "twilio": TwilioDoor(account_sid=ACCOUNT, auth_token=TOKEN, shared_keys=SHARED_KEYS),
            "sendgrid": SendGridDoor(public_key=VENDORS.public_key),
            **more_doors,
        },
    )
    web.business.customer()
    traceless = Traceless()  # as `composition.site` has it
    logging.getLogger("uvicorn.error").addFilter(traceless)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    config = uvicorn.Config(application(web.site), lifespan="on", log_config=None, server_header=False)
    running = uvicorn.Server(config)
    task = asyncio.create_task(running.serve(sockets=[listening]))
    async with asyncio.timeout(20):
        while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield Server(url=f"http://127.0.0.1:{port}", port=port, web=web)
    running.should_exit = True
    await task
    logging.getLogger("uvicorn.error").removeFilter(traceless)


def harmless(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    for trace in ("Traceback", "Error", 'File "', TOKEN):
        assert trace not in answer.text


async def test_every_hostile_request_is_refused_counted_and_harmless(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = []
    for name, request, status, why in CASES:
        before = len(facts.history(server.web.business.ledger, "ACME"))
        answer = await server.send(request)
        harmless(answer)
        counted = {reason for (_, reason), _ in server.web.site.tally.take().items()}
        if (answer.status_code, counted) != (status, {why} if why else set()):
            wrong.append(f"{name}: {answer.status_code} {counted}, not {status} {why}")
        if why:
            assert len(facts.history(server.web.business.ledger, "ACME")) == before, name
    assert wrong == []
    assert "Traceback" not in caplog.text
    assert all(record.levelname != "ERROR" for record in caplog.records), caplog.text


async def test_what_was_refused_is_told_to_the_ledger(server: Server) -> None:
    from store import refusals

    for _ in range(3):
        await server.send(without(S, TWILIO))
    tell(server.web.site)
    told = refusals.since(server.web.business.ledger, at(0).date())
    assert told == {("twilio", "signature"): 3}
    assert server.web.site.tally.take() == {}


async def test_a_body_that_never_ends_is_cut_off(server: Server) -> None:
    """Without a declared length, and far beyond what may be sent."""
    sent = 0

    async def forever() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64 * MOST_BYTES:
            sent += 1 << 16
            yield b"x" * (1 << 16)

    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        try:
            answer = await client.post(
                STATUS, content=forever(), headers={"Host": "arrears.example", "Content-Type": FORM}
            )
            assert answer.status_code == 413
        except httpx.TransportError:
            pass  # The connection was closed on us.
    assert sent < 32 * MOST_BYTES


async def test_a_body_that_does_not_come_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.app.SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"POST {STATUS} HTTP/1.1\r\nHost: arrears.example\r\nContent-Type: {FORM}\r\n"
    head += "Content-Length: 100\r\n\r\na"
    writer.write(head.encode())
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


@pytest.mark.parametrize(
    "wire",
    [
        b"POST /webhooks/twilio/status HTTP/1.1\r\nHost: arrears.example\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: arrears.example\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /webhooks/twilio/status HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /webhooks/twilio/status\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\nHost: arrears.example\r\n\r\n",
        b"POST /webhooks/twilio/status HTTP/1.1\r\nHost: arrears.example\r\n"
        + b"A: b\r\n" * 20_000
        + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: arrears.example\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\0" * 1000,
    ],
    ids=range(9),
)
async def test_what_is_no_http_is_no_trouble(
    server: Server, wire: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(wire)
    answer = b""
    try:
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 5)
    except (ConnectionError, TimeoutError):
        pass
    assert b" 50" not in answer[:20]
    assert b"Traceback" not in answer
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    assert (await server.send(S)).status_code == 200, "it still serves"
    assert "Traceback" not in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []


async def test_changed_requests_are_never_a_5xx(server: Server) -> None:
    """300 sound requests with bytes changed at random, in body, path and headers."""
    chance = random.Random(4)
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        for _ in range(300):
            request = chance.choice([S, R, E, by_key(f"key={KEY}{SHA256}")])
            raw = bytearray(request.raw)
            for _ in range(chance.randint(0, 6)):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            headers = {
                name: "".join(chance.choice(value + "=%,;~") for _ in value).strip()
                if chance.random() < 0.3
                else value
                for name, value in {"Host": "arrears.example", **request.headers}.items()
            }
            path = request.path + chance.choice(["", "?", "?k=%", "?k=&k", "?%00", "#x", "?k=m-1%23"])
            harmless(await client.post(path, content=bytes(raw), headers=headers))


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
EVENT = st.fixed_dictionaries(
    {"event": st.sampled_from(["bounce", "dropped", "delivered", "spamreport", "unsubscribe", "x"])},
    optional=dict.fromkeys(
        ("rid", "sg_message_id", "timestamp", "type", "reason", "bounce_classification", "email", "attempt"),
        JSONISH,
    ),
)
FUZZ = settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(events=st.lists(EVENT | JSONISH, max_size=5))
def test_signed_events_of_any_shape_are_taken(ledger: Ledger, events: list[Any]) -> None:
    raw, headers = VENDORS.sendgrid(events, NOW)
    door = SendGridDoor(public_key=VENDORS.public_key)
    lower = {name.lower(): value for name, value in headers.items()}
    for receipt in door.verify(raw, lower, PUBLIC + EVENTS, NOW):
        inbox.take(ledger, receipt, now=NOW, code_version="test")


@FUZZ
@given(
    fields=st.dictionaries(
        st.sampled_from(["MessageSid", "MessageStatus", "ErrorCode", "From", "Body", "OptOutType", "k"]),
        st.text(max_size=30),
    ),
    query=st.text(alphabet="k=&%0aé#?", max_size=12),
)
def test_signed_fields_of_any_kind_are_taken_or_refused(
    ledger: Ledger, fields: dict[str, str], query: str
) -> None:
    from domain.replies import Reply
    from store import heard

    url = f"{PUBLIC}{STATUS}?{query}"
    said = {"AccountSid": ACCOUNT, **fields}
    try:
        raw = urlencode(said).encode()
        signature = RequestValidator(TOKEN).compute_signature(url, said)
    except UnicodeEncodeError:
        return
    door = TwilioDoor(account_sid=ACCOUNT, auth_token=TOKEN)
    try:
        for report in door.verify(raw, {"x-twilio-signature": signature}, url, NOW):
            if isinstance(report, Reply):
                heard.take(ledger, report, now=NOW)
            else:
                inbox.take(ledger, report, now=NOW, code_version="test")
    except Unverified:
        pass


@FUZZ
@given(raw=st.binary(max_size=300), signature=st.text(max_size=80), stamp=st.text(max_size=20))
def test_unsigned_bytes_are_refused(raw: bytes, signature: str, stamp: str) -> None:
    doors: list[Callable[[], Any]] = [
        lambda: TwilioDoor(account_sid=ACCOUNT, auth_token=TOKEN).verify(
            raw, {"x-twilio-signature": signature}, PUBLIC + STATUS, NOW
        ),
        lambda: SendGridDoor(public_key=VENDORS.public_key).verify(
            raw, {SIGNATURE: signature, TIMESTAMP: stamp}, PUBLIC + EVENTS, NOW
        ),
    ]
    for verify in doors:
        with pytest.raises(Unverified):
            verify()


def test_a_batch_of_a_thousand_events_fits() -> None:
    raw, _ = VENDORS.sendgrid([{**GOOD_EVENT, "reason": "x" * 300}] * 1000, NOW)
    assert len(raw) < MOST_BYTES
    assert json.loads(raw)
