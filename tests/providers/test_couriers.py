"""Both real couriers, over the vendors' SDKs, at the loopback vendors: every way in which a call may end."""

import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from activities.messages import Courier
from domain.delivery import names_of
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.notice import Message
from providers.loopback.faults import (
    DROPPED,
    GARBLED,
    LOST_REPLY,
    REDIRECTED,
    Fault,
    refused,
    slow,
    throttled,
    unwell,
)
from providers.loopback.server import Loopback
from providers.twilio_client import RoutedHttp
from tests.providers.vendors import MAILBOX, PHONE, SETTLE, email, email_of, now, sms, sms_of

SECRETS = ("loopback-secret", "SG.loopback", PHONE, MAILBOX, "o'hara", "Please pay", "INV-1")


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


@pytest.fixture
def loopback(server: Loopback) -> Loopback:
    """The vendors, without anything that an earlier test left there."""
    server.twilio.__init__(told=server.twilio.told)  # type: ignore[misc]
    server.sendgrid.__init__(told=server.sendgrid.told)  # type: ignore[misc]
    server.faults.__init__()  # type: ignore[misc]
    return server


class Way:
    """One channel with its adapter, its message, and what the vendor took."""

    def __init__(self, loopback: Loopback, channel: str) -> None:
        self.loopback, self.channel = loopback, channel
        self.courier: Courier = self.adapter()

    def adapter(self, **more: Any) -> Courier:
        return sms_of(self.loopback, **more) if self.channel == "sms" else email_of(self.loopback, **more)

    @property
    def message(self) -> Message:
        return sms() if self.channel == "sms" else email()

    @property
    def taken(self) -> int:
        twilio, sendgrid = self.loopback.twilio, self.loopback.sendgrid
        return len(twilio.messages if self.channel == "sms" else sendgrid.letters)

    def deliver(self, *faults: Fault | None) -> str:
        self.loopback.faults.add("send", faults)
        return self.courier.deliver(self.message, at=now()).provider_ref

    def find(self, **more: Any) -> str | None:
        """Ask for the message, as one that was begun a moment ago, or `age` ago."""
        since = now() - more.pop("age", timedelta(seconds=10))
        message = self.message
        found = self.courier.find(message.reference, to=message.to, since=since)
        return None if found is None else found.provider_ref


@pytest.fixture(params=["sms", "email"])
def way(request: pytest.FixtureRequest, loopback: Loopback) -> Way:
    return Way(loopback, request.param)


def test_accepted(way: Way) -> None:
    name = way.deliver()
    assert way.taken == 1
    assert name in names_of(way.find() or "")


@pytest.mark.parametrize(
    ("code", "reaction"),
    [
        (21211, "invalid_contact"),
        (21610, "opted_out"),
        (21617, "content"),
        (30004, "soft_failure"),
        (99, "content"),
    ],
)
def test_sms_refused(code: int, reaction: str, loopback: Loopback) -> None:
    way = Way(loopback, "sms")
    with pytest.raises(Refused) as caught:
        way.deliver(refused(code))
    assert (caught.value.reaction, way.taken) == (reaction, 0)


@pytest.mark.parametrize("status", [400, 413])
def test_email_refused(status: int, loopback: Loopback) -> None:
    way = Way(loopback, "email")
    with pytest.raises(Refused) as caught:
        way.deliver(refused(0, status))
    assert (caught.value.reaction, way.taken) == ("content", 0)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_our_own_fault(status: int, way: Way) -> None:
    with pytest.raises(Misconfigured, match=r"check|verify"):
        way.deliver(refused(20003 if status == 401 else 20404, status))
    assert way.taken == 0


@pytest.mark.parametrize("code", [30034, 21606, 21408])
def test_a_sender_that_is_not_registered_is_our_own_fault(code: int, loopback: Loopback) -> None:
    with pytest.raises(Misconfigured):
        Way(loopback, "sms").deliver(refused(code))


def test_a_wrong_key_is_our_own_fault(loopback: Loopback) -> None:
    for courier, message in (
        (sms_of(loopback, secret="wrong"), sms()),
        (email_of(loopback, api_key="SG.wrong"), email()),
    ):
        with pytest.raises(Misconfigured, match="check"):
            courier.deliver(message, at=now())


@pytest.mark.parametrize(("asked", "delay"), [(90, 90), (None, 300), (10**8, 6 * 3600)])
def test_a_throttled_call_was_not_processed_and_waits_as_long_as_asked(
    asked: int | None, delay: int, way: Way
) -> None:
    with pytest.raises(TryAgainLater) as caught:
        way.deliver(throttled(asked))
    assert (caught.value.delay, way.taken) == (timedelta(seconds=delay), 0)


def test_a_refused_connection_was_certainly_not_sent(way: Way) -> None:
    with way.loopback.refusing(), pytest.raises(TryAgainLater):
        way.deliver()
    assert way.taken == 0
    way.deliver()


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        pytest.param(LOST_REPLY, 1, id="accepted, and the reply lost"),
        pytest.param(DROPPED, 0, id="reset before it was processed"),
        pytest.param(unwell(500), 0, id="500, not processed"),
        pytest.param(unwell(503, processed=True), 1, id="503, processed"),
        pytest.param(REDIRECTED, 0, id="redirected"),
        pytest.param(GARBLED, 1, id="an answer that cannot be read"),
        pytest.param(slow(4), 1, id="answered too late"),
    ],
)
def test_in_doubt(fault: Fault, taken: int, way: Way) -> None:
    began = time.monotonic()
    with pytest.raises(InDoubt):
        way.deliver(fault)
    assert time.monotonic() - began < 5
    assert way.taken == taken
    if taken:
        assert way.find() is not None
        return
    with pytest.raises(TryAgainLater):
        way.find()
    with pytest.raises(InDoubt):
        way.find(age=SETTLE)


def test_while_it_is_invisible_the_courier_asks_for_time(way: Way) -> None:
    way.deliver()
    way.loopback.twilio.lag = way.loopback.sendgrid.lag = timedelta(hours=1)
    with pytest.raises(TryAgainLater) as caught:
        way.find(age=timedelta(minutes=2))
    assert timedelta(minutes=2, seconds=55) < caught.value.delay <= timedelta(minutes=3)


@pytest.mark.parametrize("fault", [throttled(90), unwell(500), DROPPED, slow(4)])
def test_a_question_that_nobody_answers_is_asked_again(fault: Fault, way: Way) -> None:
    way.deliver()
    way.loopback.faults.add("ask", [fault])
    with pytest.raises(TryAgainLater):
        way.find(age=SETTLE)


def test_a_message_of_another_time_or_reference_is_not_the_one(way: Way) -> None:
    way.deliver()
    with pytest.raises(TryAgainLater):
        way.find(age=timedelta(minutes=-3))
    other = "m-999999"
    with pytest.raises(TryAgainLater):
        way.courier.find(other, to=way.message.to, since=now())


def test_an_account_without_a_log_cannot_tell(loopback: Loopback) -> None:
    way = Way(loopback, "email")
    way.deliver()
    loopback.sendgrid.has_log = False
    with pytest.raises(TryAgainLater):
        way.find()
    with pytest.raises(InDoubt):
        way.find(age=SETTLE)


def test_no_error_and_no_log_says_anything_personal(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in (refused(21211), refused(20003, 401), throttled(), LOST_REPLY, unwell()):
        with pytest.raises((Refused, Misconfigured, TryAgainLater, InDoubt)) as caught:
            way.deliver(fault)
        assert not [secret for secret in SECRETS if secret in str(caught.value)]
    way.deliver()
    way.find()
    assert not [secret for secret in SECRETS if secret in caplog.text]


def test_the_sms_as_twilio_gets_it(loopback: Loopback) -> None:
    courier = sms_of(loopback, public_url="https://ar.acme.example")
    courier.deliver(sms(not_after=now() + timedelta(hours=2)), at=now())
    (taken,) = loopback.twilio.messages
    assert taken.callback == (
        "https://ar.acme.example/webhooks/twilio/status?k=m-3f9a2b0000000000#rc=5&rp=all"
    )
    assert 7195 <= (taken.valid_seconds or 0) <= 7200
    assert (taken.to, taken.sender) == (PHONE, "+447700900000")
    assert taken.body.endswith("Ref 3f9a2b00.")


@pytest.mark.parametrize(("left", "valid"), [(1.9, 1), (11 * 3600, 36_000)])
def test_the_validity_stays_in_what_twilio_takes(left: float, valid: int, loopback: Loopback) -> None:
    sms_of(loopback).deliver(sms(not_after=now() + timedelta(seconds=left)), at=now())
    assert loopback.twilio.messages[0].valid_seconds == valid


@pytest.mark.parametrize("left", [-60, 0.5])
def test_nothing_is_handed_over_once_the_hours_of_contact_are_over(left: float, loopback: Loopback) -> None:
    with pytest.raises(TryAgainLater):
        sms_of(loopback).deliver(sms(not_after=now() + timedelta(seconds=left)), at=now())
    assert loopback.twilio.messages == []


def test_a_messaging_service_in_place_of_a_number(loopback: Loopback) -> None:
    service = "MG" + "0" * 32
    sms_of(loopback, sender=service).deliver(sms(), at=now())
    assert loopback.twilio.messages[0].sender == service


def test_the_letter_as_sendgrid_gets_it(loopback: Loopback) -> None:
    email_of(loopback).deliver(email(), at=now())
    (taken,) = loopback.sendgrid.letters
    assert taken.to == MAILBOX
    assert taken.custom_args == {"rid": "m-3f9a2b0000000000"}
    assert list(taken.content) == ["text/plain", "text/html"]
    assert taken.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_with_one_base_url_no_other_host_is_asked(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: Any) -> None:
        raise AssertionError("a request left for the network")

    monkeypatch.setattr(socket, "create_connection", no_network)
    monkeypatch.setattr(socket.socket, "connect", no_network)
    closed = [
        (sms_of(loopback, http=RoutedHttp({"verify": loopback.base})), sms()),
        (email_of(loopback, base=None), email()),
    ]
    for courier, message in closed:
        with pytest.raises(Misconfigured, match="no other host is asked"):
            courier.deliver(message, at=now())


def test_a_sandbox_sends_nothing_and_is_not_taken_for_success(loopback: Loopback) -> None:
    way = Way(loopback, "email")
    with pytest.raises(Misconfigured, match="sandbox"):
        way.deliver(Fault(status=200))


def test_sixteen_threads_get_each_their_own_answer(way: Way) -> None:
    make = sms if way.channel == "sms" else email
    messages = [make(f"m-{number:08x}0000") for number in range(160)]
    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(lambda message: way.courier.deliver(message, at=now()), messages))
    if way.channel == "sms":
        told = {each.sid: each.body for each in way.loopback.twilio.messages}
        assert all(f"Ref {a.reference[2:10]}" in told[a.provider_ref] for a in accepted)
    else:
        rids = {each.name: each.custom_args["rid"] for each in way.loopback.sendgrid.letters}
        assert all(rids[a.provider_ref] == a.reference for a in accepted)
