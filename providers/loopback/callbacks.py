"""What the vendors call back with: signed as theirs are, twice and in disorder where that is asked for."""

import base64
import json
import queue
import random
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from stripe import WebhookSignature
from twilio.request_validator import RequestValidator

from providers.vendor_http import new_session

TIMEOUT_SECONDS = 15
"""Twilio's: after it the callback is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a webhook, ready to be made as often as anybody likes."""

    url: str
    body: bytes
    headers: Mapping[str, str]


def status_call(url: str, said: Mapping[str, str], *, auth_token: str) -> Call:
    """Return a callback of Twilio: a form, signed over the address without its fragment."""
    address = url.partition("#")[0]
    signature = RequestValidator(auth_token).compute_signature(address, dict(said))
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return Call(url=address, body=urlencode(said).encode(), headers=headers)


def stripe_call(
    url: str, event: Mapping[str, Any], *, secret: str, at: float | None = None, also: str | None = None
) -> Call:
    """Return a request of Stripe's: an event, signed with its time; while a secret is changed by both."""
    body, stamp = json.dumps(event, indent=2), int(time.time() if at is None else at)
    signature = WebhookSignature.generate_signature_header(body, secret, stamp)
    if also is not None:
        signature += "," + WebhookSignature.generate_signature_header(body, also, stamp).partition(",")[2]
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
    return Call(url=url, body=body.encode(), headers=headers)


class EventKey:
    """The key pair with which SendGrid signs its events, made anew with each server."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> str:
        """The public key as SendGrid shows it: base64 of its DER form."""
        kind = serialization.PublicFormat.SubjectPublicKeyInfo
        der = self._key.public_key().public_bytes(serialization.Encoding.DER, kind)
        return base64.b64encode(der).decode()

    def call(self, url: str, events: list[dict[str, Any]], *, at: float | None = None) -> Call:
        """Return a request of the event webhook: JSON with a line end, signed with its time."""
        stamp = str(int(time.time() if at is None else at))
        body = (json.dumps(events) + "\r\n").encode()
        signature = self._key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }
        return Call(url=url, body=body, headers=headers)


@dataclass
class Caller:
    """Makes the calls, in a thread of its own.

    Attributes:
        times: how often each is made.
        chance: shuffles what waits together, where there is one.
        held: keep them back until `let_go`.
    """

    times: int = 1
    chance: random.Random | None = None
    held: bool = False
    answers: list[int] = field(default_factory=list)
    _waiting: list[Call] = field(default_factory=list)
    _queue: "queue.Queue[Call | None]" = field(default_factory=queue.Queue)
    _thread: threading.Thread | None = None

    def add(self, call: Call) -> None:
        """Make a call, soon or once it is let go."""
        if self.held:
            self._waiting.extend([call] * self.times)
            return
        for _ in range(self.times):
            self._put(call)

    def let_go(self) -> None:
        """Make what was held back, in any order where there is a chance."""
        calls, self._waiting = self._waiting, []
        if self.chance is not None:
            self.chance.shuffle(calls)
        for call in calls:
            self._put(call)

    def _put(self, call: Call) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)
            self._thread.start()
        self._queue.put(call)

    def rest(self) -> None:
        """Wait until every call was made."""
        self._queue.join()

    def stop(self) -> None:
        """Make what waits, and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        session = new_session()
        while (call := self._queue.get()) is not None:
            try:
                self.answers.append(_made(session, call))
            finally:
                self._queue.task_done()
        self._queue.task_done()


def answered(call: Call) -> int:
    """Make one call here and now; return the status of its answer, or 0."""
    return _made(new_session(), call)


def _made(session: requests.Session, call: Call) -> int:
    """Call, and once more where nobody answered, as Twilio does; return the status, or 0."""
    for _ in range(2):
        with suppress(requests.RequestException):
            return session.post(
                call.url,
                data=call.body,
                headers=dict(call.headers),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            ).status_code
        time.sleep(0.1)
    return 0
