"""What never came back of a letter is asked of SendGrid's log, and is what the webhook would have said."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from activities.tracking import Asked
from domain.claim import Claim
from domain.delivery import Receipt, outcomes
from domain.errors import InDoubt, Misconfigured, TryAgainLater
from providers.loopback.faults import DROPPED, GARBLED, throttled, unwell
from providers.loopback.sendgrid import Event
from providers.loopback.server import Loopback
from providers.sendgrid_door import SIGNATURE, TIMESTAMP, SendGridDoor
from providers.sendgrid_tracker import SendGridTracker
from tests.providers.vendors import MAILBOX, email, email_of, now

REFERENCE = "m-3f9a2b0000000000"
BOUNCE: Event = {"event": "bounce", "type": "bounce", "bounce_classification": "Invalid Address"}
BLOCKED: Event = {"event": "bounce", "type": "blocked", "bounce_classification": "Mailbox Unavailable"}
FATES: dict[str, list[Event]] = {
    "delivered": [{"event": "delivered", "response": "250 OK"}],
    "deferred, then delivered": [
        {"event": "deferred", "attempt": "1", "response": "450 later"},
        {"event": "delivered", "response": "250 OK"},
    ],
    "bounced": [{**BOUNCE, "reason": "550 no such user", "status": "5.1.1"}],
    "blocked": [{**BLOCKED, "reason": "452 full", "status": "4.2.2"}],
    "dropped": [{"event": "dropped", "reason": "Bounced Address"}],
    "opted out": [{"event": "dropped", "reason": "Unsubscribed Address"}],
    "complained": [{"event": "delivered", "response": "250 OK"}, {"event": "spamreport"}],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


@pytest.fixture
def loopback(server: Loopback) -> Loopback:
    server.sendgrid.__init__(told=server.sendgrid.told)  # type: ignore[misc]
    server.faults.__init__()  # type: ignore[misc]
    return server


def tracker(loopback: Loopback, **more: Any) -> SendGridTracker:
    given = {"api_key": loopback.sendgrid.api_key, "logs_base": loopback.base}
    return SendGridTracker(**{**given, **more})


def asked(provider_ref: str, **more: Any) -> Asked:
    given = {"reference": REFERENCE, "to": MAILBOX, "sent_at": now() - timedelta(minutes=20)}
    return Asked(provider_ref=provider_ref, **{**given, **more})


def sent(loopback: Loopback) -> str:
    return email_of(loopback).deliver(email(), at=now()).provider_ref


def as_reported(loopback: Loopback) -> list[Receipt]:
    """The same events through the door of the webhook."""
    letter = loopback.sendgrid.letters[-1]
    events = [{**event, **letter.custom_args} for event in letter.events]
    call = loopback.event_key.call("http://127.0.0.1", events)
    headers = {name.lower(): value for name, value in call.headers.items()}
    assert {SIGNATURE, TIMESTAMP} < set(headers)
    return [*SendGridDoor(public_key=loopback.event_key.public).verify(call.body, headers, "", now())]


@pytest.mark.parametrize("fate", FATES)
def test_the_log_says_what_the_webhook_would_have_said(loopback: Loopback, fate: str) -> None:
    """Under the same names, so that whichever comes second changes nothing."""
    loopback.sendgrid.fates = lambda to: FATES[fate]
    found = tracker(loopback).ask(asked(sent(loopback)))
    assert found == as_reported(loopback)
    assert {receipt.reference for receipt in found} == {REFERENCE}


def test_what_is_only_processed_is_asked_about_again_without_its_events(loopback: Loopback) -> None:
    loopback.sendgrid.fates = lambda to: []
    name = sent(loopback)
    assert tracker(loopback).ask(asked(name)) == []
    loopback.sendgrid.happen(loopback.sendgrid.letters[-1], FATES["delivered"])
    assert [each.state for each in tracker(loopback).ask(asked(name))] == ["accepted", "delivered"]


def test_a_full_name_needs_no_mailbox_and_a_short_one_does(loopback: Loopback) -> None:
    name = sent(loopback)
    full = loopback.sendgrid.letters[-1].id
    assert len(tracker(loopback).ask(asked(full, to=""))) == 2
    assert tracker(loopback).ask(asked(name, to="")) == []
    assert tracker(loopback).ask(asked(name, to="new@elsewhere.example")) == [], "it went to another mailbox"


def test_a_letter_without_a_name_is_known_by_our_reference(loopback: Loopback) -> None:
    email_of(loopback).deliver(email("m-aaaaaaaaaaaaaaaa"), at=now())
    sent(loopback)
    found = tracker(loopback).ask(asked(REFERENCE))
    assert {each.provider_ref for each in found} == {loopback.sendgrid.letters[-1].id}


def test_what_the_log_does_not_show_yet_is_asked_about_again(loopback: Loopback) -> None:
    loopback.sendgrid.lag = timedelta(minutes=5)
    assert tracker(loopback).ask(asked(sent(loopback))) == []
    assert tracker(loopback).ask(asked("nowhere.filterdrecv-1")) == []


@pytest.mark.parametrize("fault", [unwell(), DROPPED, GARBLED], ids=["5xx", "reset", "garbled"])
@pytest.mark.parametrize("at", [0, 1])
def test_faults_of_the_log_are_no_answer(loopback: Loopback, fault: Any, at: int) -> None:
    name = sent(loopback)
    loopback.faults.add("ask", [*([None] * at), fault])
    with pytest.raises((TryAgainLater, InDoubt)):
        tracker(loopback).ask(asked(name))
    assert tracker(loopback).ask(asked(name)) != []


def test_too_many_questions_rest_as_long_as_sendgrid_asks(loopback: Loopback) -> None:
    name = sent(loopback)
    loopback.faults.add("ask", [throttled(90)])
    with pytest.raises(TryAgainLater) as later:
        tracker(loopback).ask(asked(name))
    assert later.value.delay == timedelta(seconds=90)


def test_an_account_without_a_log_says_what_to_mend(loopback: Loopback) -> None:
    name = sent(loopback)
    loopback.sendgrid.has_log = False
    with pytest.raises(Misconfigured, match="may not be read"):
        tracker(loopback).ask(asked(name))
    with pytest.raises(Misconfigured, match="SENDGRID_LOGS_BASE"):
        tracker(loopback, logs_base=None).ask(asked(name))


def test_a_cancelled_letter_counts_as_not_sent(loopback: Loopback) -> None:
    loopback.sendgrid.fates = lambda to: [{"event": "cancel_drop", "reason": "batch canceled"}]
    *_, last = tracker(loopback).ask(asked(sent(loopback)))
    claim = Claim(
        debts=(("INV-1", 1),),
        step="first",
        channel="email",
        state="sent",
        message=REFERENCE,
        claimed_at=now(),
        provider_ref=last.provider_ref,
    )
    (outcome,) = outcomes(last, claim, now())
    assert json.loads(outcome.body.model_dump_json())["fault"] == "ours"
