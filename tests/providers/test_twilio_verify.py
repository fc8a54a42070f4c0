"""Codes by Twilio Verify, over the real SDK at the loopback vendor: started, checked once, looked up."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.notice import OneTimeCode, Seller
from providers.loopback.faults import LOST_REPLY, refused, slow, throttled, unwell
from providers.loopback.server import Loopback
from providers.twilio_client import RoutedHttp
from providers.twilio_verify import TwilioVerify
from tests.providers.vendors import PHONE, SETTLE, now

SELLER = Seller(
    name="Acme", support_email="a@b.example", support_phone="+1", payment_url="", address="", account=""
)
CODE = OneTimeCode(
    channel="sms",
    language="en",
    reference="c-1",
    customer="ACME",
    seller=SELLER,
    addressee="Ann",
    code="000000",
    expires_minutes=10,
)


@pytest.fixture(scope="module")
def vendor() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


@pytest.fixture
def loopback(vendor: Loopback) -> Loopback:
    """The vendor, of which nobody has asked anything."""
    vendor.twilio.verifications.clear()
    vendor.twilio.line_types.clear()
    return vendor


def verifier_of(loopback: Loopback, **more: Any) -> TwilioVerify:
    twilio = loopback.twilio
    http = RoutedHttp({"verify": loopback.base, "lookups": loopback.base})
    given: dict[str, Any] = {"account": twilio.account, "key": twilio.key, "secret": twilio.secret}
    return TwilioVerify(**{**given, "service": twilio.service, "http": http, "settle": SETTLE, **more})


def started(loopback: Loopback) -> tuple[TwilioVerify, str, str]:
    """A verification that was started: the verifier, its id, and the code on the telephone."""
    verifier = verifier_of(loopback)
    accepted = verifier.send(CODE, to=PHONE, at=now())
    (sent,) = loopback.twilio.verifications
    return verifier, accepted.provider_ref, sent.code


def test_a_right_code_is_approved_and_a_wrong_one_is_not(loopback: Loopback) -> None:
    verifier, name, code = started(loopback)
    assert verifier.check(name, "x" + code[1:]) is False
    assert verifier.check(name, code) is True


@pytest.mark.parametrize("fault", [LOST_REPLY, unwell(), unwell(500, processed=True), slow()])
def test_a_check_without_an_answer_is_in_doubt_and_asks_once(fault: Any, loopback: Loopback) -> None:
    verifier, name, code = started(loopback)
    loopback.faults.add("check", [fault])
    began = time.monotonic()
    with pytest.raises(InDoubt):
        verifier.check(name, code)
    assert time.monotonic() - began < 5, "it fits into the activity that asks"
    assert loopback.twilio.verifications[0].checks == int(fault.processed)
    assert verifier.was_right(name) == fault.processed


def test_a_wrong_code_was_not_right_and_who_cannot_be_asked_says_so(loopback: Loopback) -> None:
    verifier, name, code = started(loopback)
    assert verifier.check(name, "x" + code[1:]) is False
    assert verifier.was_right(name) is False
    loopback.faults.add("ask", [unwell(), refused(20003, 401)])
    with pytest.raises(TryAgainLater):
        verifier.was_right(name)
    with pytest.raises(Misconfigured):
        verifier.was_right(name)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (refused(60202, 429), Refused, "entered too often: wait ten minutes"),
        (refused(60203, 429), Refused, "sent to this number too often: wait ten minutes"),
        (refused(20404, 404), Refused, "was used, has expired"),
        (refused(60410, 403), Refused, "fraud protection blocks this number"),
        (refused(60605, 403), Refused, "codes may not be sent to this country"),
        (refused(60200), Refused, "no telephone number"),
        (refused(60204), Misconfigured, "its settings"),
        (throttled(7), TryAgainLater, "too many requests"),
    ],
)
def test_each_refusal_of_a_check_says_what_is_wrong_and_is_not_repeated(
    fault: Any, error: type[Exception], words: str, loopback: Loopback
) -> None:
    verifier, name, code = started(loopback)
    loopback.faults.add("check", [fault])
    with pytest.raises(error, match=words):
        verifier.check(name, code)
    assert loopback.twilio.verifications[0].checks == 0


def test_a_code_that_is_gone_or_was_tried_too_often_says_so(loopback: Loopback) -> None:
    verifier, name, code = started(loopback)
    with pytest.raises(Refused, match="has expired") as gone:
        verifier.check("VE" + "0" * 32, code)
    for _ in range(5):
        verifier.check(name, "x" + code[1:])
    with pytest.raises(Refused, match="too often") as often:
        verifier.check(name, code)
    assert (gone.value.reaction, often.value.reaction) == ("verification", "verification")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (refused(60200), Refused),
        (refused(60203, 429), Refused),
        (refused(60410, 403), Refused),
        (refused(60605, 403), Refused),
        (refused(20404, 404), Misconfigured),
        (refused(60223), Misconfigured),
        (refused(20003, 401), Misconfigured),
        (throttled(), TryAgainLater),
        (unwell(), InDoubt),
        (LOST_REPLY, InDoubt),
    ],
)
def test_a_start_ends_as_any_other_call(fault: Any, error: type[Exception], loopback: Loopback) -> None:
    loopback.faults.add("verify", [fault])
    with pytest.raises(error):
        verifier_of(loopback).send(CODE, to=PHONE, at=now())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refused(60203, 429), "too often"),
        (refused(60605, 403), "Geo Permissions"),
        (refused(60410, 403), "fraud protection"),
    ],
)
def test_what_is_withheld_from_a_number_is_for_a_person(fault: Any, words: str, loopback: Loopback) -> None:
    loopback.faults.add("verify", [fault])
    with pytest.raises(Refused, match=words) as withheld:
        verifier_of(loopback).send(CODE, to=PHONE, at=now())
    assert withheld.value.reaction == "verification"
    assert loopback.twilio.verifications == []


def test_a_start_in_doubt_is_found_or_asked_about_again(loopback: Loopback) -> None:
    verifier = verifier_of(loopback)
    with pytest.raises(TryAgainLater):
        verifier.find("c-1", to=PHONE, since=now())
    with pytest.raises(InDoubt):
        verifier.find("c-1", to=PHONE, since=now() - SETTLE)
    sent = verifier.send(CODE, to=PHONE, at=now())
    assert verifier.find("c-1", to=PHONE, since=now()) == sent


def test_a_landline_gets_no_code(loopback: Loopback) -> None:
    loopback.twilio.line_types[PHONE] = "landline"
    verifier = verifier_of(loopback)
    assert verifier.line_type(PHONE) == "landline"
    with pytest.raises(Refused) as caught:
        verifier.send(CODE, to=PHONE, at=now())
    assert caught.value.reaction == "invalid_contact"
    assert loopback.twilio.verifications == []
