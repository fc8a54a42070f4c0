"""Codes by Twilio Verify, over the real SDK at the loopback vendor: started, checked once, looked up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.notice import OneTimeCode, Seller
from providers.loopback.faults import LOST_REPLY, refused, throttled, unwell
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


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


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


def test_a_check_whose_answer_was_lost_is_found_among_the_attempts(loopback: Loopback) -> None:
    verifier, name, code = started(loopback)
    loopback.faults.add("check", [LOST_REPLY])
    assert verifier.check(name, code) is True
    assert verifier.check(name, code) is True


def test_a_wrong_code_whose_answer_was_lost_may_be_entered_again(loopback: Loopback) -> None:
    verifier, name, code = started(loopback)
    loopback.faults.add("check", [LOST_REPLY])
    with pytest.raises(TryAgainLater, match="enter it again"):
        verifier.check(name, "x" + code[1:])


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
        (refused(60203, 429), TryAgainLater),
        (refused(60410, 403), Refused),
        (refused(60605, 403), Misconfigured),
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


def test_a_number_with_too_many_codes_rests_for_ten_minutes(loopback: Loopback) -> None:
    loopback.faults.add("verify", [refused(60203, 429)])
    with pytest.raises(TryAgainLater) as later:
        verifier_of(loopback).send(CODE, to=PHONE, at=now())
    assert later.value.delay == timedelta(minutes=10)


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
