"""What the loopback vendors call back with is what the vendors' own validators accept."""

import json
import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook
from twilio.request_validator import RequestValidator

from providers.loopback.server import Loopback
from tests.providers.vendors import email, email_of, now, sms, sms_of


class Hook:
    """A webhook that keeps what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], str]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hook.calls.append((self.path, dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook() -> Iterator[Hook]:
    started = Hook()
    yield started
    started.server.shutdown()
    started.server.server_close()


def test_a_status_is_signed_over_the_address_without_its_fragment(hook: Hook) -> None:
    with Loopback() as loopback:
        loopback.twilio.fails = lambda to: 30005 if to.endswith("0000") else None
        courier = sms_of(loopback, public_url=hook.base)
        courier.deliver(sms(), at=now())
        courier.deliver(sms("m-aaaaaa", to="+447700900000"), at=now())
        loopback.rest()
    validator = RequestValidator(loopback.twilio.auth_token)
    told = []
    for path, headers, body in hook.calls:
        form = dict(parse_qsl(body, keep_blank_values=True))
        assert validator.validate(hook.base + path, form, headers["X-Twilio-Signature"])
        told.append((path.partition("=")[2], form["MessageStatus"], form.get("ErrorCode")))
    assert told == [
        ("m-3f9a2b0000000000", "sent", None),
        ("m-3f9a2b0000000000", "delivered", None),
        ("m-aaaaaa", "sent", None),
        ("m-aaaaaa", "undelivered", "30005"),
    ]


def test_events_are_signed_with_the_key_of_the_server(hook: Hook) -> None:
    with Loopback() as loopback:
        loopback.events_url = f"{hook.base}/events"
        loopback.sendgrid.bounces = lambda to: to.endswith("@bounce.example")
        email_of(loopback).deliver(email(), at=now())
        email_of(loopback).deliver(email("m-aaaaaa", to="x@bounce.example"), at=now())
        loopback.rest()
    key = EventWebhook(loopback.environment()["SENDGRID_WEBHOOK_KEY"])
    told = []
    for _, headers, body in hook.calls:
        signature = headers["X-Twilio-Email-Event-Webhook-Signature"]
        assert key.verify_signature(body, signature, headers["X-Twilio-Email-Event-Webhook-Timestamp"])
        told += [(event["rid"], event["event"]) for event in json.loads(body)]
    assert told == [
        ("m-3f9a2b0000000000", "processed"),
        ("m-3f9a2b0000000000", "delivered"),
        ("m-aaaaaa", "processed"),
        ("m-aaaaaa", "bounce"),
    ]


def test_calls_come_twice_and_in_disorder_where_that_is_asked_for(hook: Hook) -> None:
    with Loopback() as loopback:
        loopback.calls.times, loopback.calls.held = 2, True
        loopback.calls.chance = random.Random(4)
        courier = sms_of(loopback, public_url=hook.base)
        for number in range(5):
            courier.deliver(sms(f"m-{number:06}"), at=now())
        assert hook.calls == []
        loopback.let_go()
        loopback.rest()
    told = [(path, dict(parse_qsl(body))["MessageStatus"]) for path, _, body in hook.calls]
    assert len(told) == 20
    assert len(set(told)) == 10
    assert told != sorted(told)
