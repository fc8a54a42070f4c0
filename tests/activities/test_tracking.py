"""What never came back is asked for: at the loopback vendor, through the real SDK."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.books import Books
from activities.sweep import Sweeping
from activities.tracking import AGAIN_SECONDS, Asked, Tracking
from domain.clock import BusinessClock
from domain.delivery import Receipt
from domain.documents import read
from domain.errors import Misconfigured, TryAgainLater
from domain.facts import Bounced, Delivered
from domain.policy import Policy
from providers.loopback.server import Loopback
from providers.sendgrid_tracker import SendGridTracker
from providers.twilio_client import RoutedHttp
from providers.twilio_tracker import TwilioTracker
from store import facts, policies
from store.database import Ledger, migrate
from tests.providers.vendors import email, email_of, now, sms, sms_of
from tests.store.conftest import POLICY, Business, at


@pytest.fixture
def business(tmp_path: Path) -> Iterator[Business]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger, policy = Ledger(url, durable=False), read(POLICY, model=Policy, name="test.yaml")
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    yield Business(ledger, policy)
    ledger.close()


def books(business: Any) -> Books:
    return Books(ledger=business.ledger, clock=BusinessClock, code_version="test")


class Answering:
    """A tracker that says of everything what it was told to."""

    a_minute = 600

    def __init__(self, answer: Receipt | Exception | None = None) -> None:
        self.answer, self.asked = answer, list[Asked]()

    def ask(self, asked: Asked) -> Sequence[Receipt]:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return [] if self.answer is None else [self.answer]


@pytest.fixture
def texted(business: Any) -> str:
    """An SMS that Twilio took on the tenth day, under the name SM1."""
    business.customer()
    business.invoice("ACME")
    business.send("ACME", "first/email", business.at(3))
    mail = business.begun("ACME", "second/email", business.at(10))
    business.confirm("ACME", mail.message, business.at(10), state="refused")
    begun = business.begun("ACME", "second/sms", business.at(10))
    business.confirm("ACME", begun.message, business.at(10), provider_ref="SM1")
    return str(begun.message)


def arrived(message: str) -> Receipt:
    return Receipt(
        source="twilio",
        dedupe="SM1/delivered",
        channel="sms",
        reference=message,
        word="delivered",
        state="delivered",
    )


def test_a_message_is_asked_about_after_a_quarter_of_an_hour_and_until_it_has_arrived(
    business: Any, texted: str
) -> None:
    tracker = Answering(arrived(texted))
    tracking = Tracking(books=books(business), trackers={"sms": tracker})
    assert tracking.ask_for(5, business.at(10, 10, 14)) == []
    assert tracker.asked == []
    assert tracking.ask_for(5, business.at(10, 10, 16)) == [], "the plan counted on it: nobody need look"
    (asked,) = tracker.asked
    assert (asked.reference, asked.provider_ref, asked.to) == (texted, "SM1", "+4915112345678")
    assert "+49" not in repr(asked)
    bodies = [fact.body for fact in facts.history(business.ledger, "ACME")]
    assert bodies[-1] == Delivered(message=texted, step="second", channel="sms")
    assert tracking.ask_for(5, business.at(11)) == []
    assert len(tracker.asked) == 1


def test_what_is_not_final_is_asked_about_every_ten_minutes(business: Any, texted: str) -> None:
    seconds = [0.0]
    tracker = Answering()
    tracking = Tracking(books=books(business), trackers={"sms": tracker}, monotonic=lambda: seconds[0])
    for second, times in ((0, 1), (AGAIN_SECONDS - 1, 1), (AGAIN_SECONDS, 2)):
        seconds[0] = second
        tracking.ask_for(5, business.at(11))
        assert len(tracker.asked) == times
    assert tracking.ask_for(5, business.at(15)) == []
    assert len(tracker.asked) == 2, "after four days nothing more comes"


@pytest.mark.parametrize("error", [TryAgainLater("unwell"), Misconfigured("no key")])
def test_a_vendor_that_does_not_say_is_asked_again_later(
    business: Any, texted: str, error: Exception
) -> None:
    tracking = Tracking(books=books(business), trackers={"sms": Answering(error)})
    assert tracking.ask_for(5, business.at(11)) == []


def test_a_vendor_that_wants_rest_is_left_alone_for_so_long(business: Any, texted: str) -> None:
    business.customer("OTHER")
    business.invoice("OTHER", "INV-2")
    mail = business.begun("OTHER", "second/email", business.at(10))
    business.confirm("OTHER", mail.message, business.at(10), provider_ref="SG2")
    seconds = [0.0]
    throttled = Answering(TryAgainLater("too many questions", delay=timedelta(seconds=1200)))
    well = Answering()
    trackers = {"sms": throttled, "email": well}
    tracking = Tracking(books=books(business), trackers=trackers, monotonic=lambda: seconds[0])
    for second, times in ((0, 1), (AGAIN_SECONDS, 1), (1200, 2)):
        seconds[0] = second
        tracking.ask_for(5, business.at(11))
        assert len(throttled.asked) == times
    assert len(well.asked) == 3, "it is no other vendor's matter"


def test_a_vendor_is_asked_so_often_a_minute_and_all_messages_have_their_turn(business: Any) -> None:
    names = set()
    for number in range(5):
        customer = business.customer(f"C{number}")
        business.invoice(customer, f"INV-{number}")
        mail = business.begun(customer, "first/email", business.at(3))
        business.confirm(customer, mail.message, business.at(3), provider_ref=f"SG{number}")
        names.add(mail.message)
    seconds, tracker = [0.0], Answering()
    tracker.a_minute = 2
    tracking = Tracking(books=books(business), trackers={"email": tracker}, monotonic=lambda: seconds[0])
    for second, times in ((0, 2), (30, 2), (60, 4), (120, 5)):
        seconds[0] = second
        tracking.ask_for(5, business.at(4))
        assert len(tracker.asked) == times
    assert {each.reference for each in tracker.asked} == names


def test_a_letter_of_which_nothing_came_back_is_asked_of_sendgrid(business: Any) -> None:
    """A hard bounce that the webhook lost: the address is known to be dead, as if it had been heard."""
    business.customer()
    business.invoice("ACME")
    begun = business.begun("ACME", "first/email", business.at(3))
    with Loopback() as loopback:
        loopback.sendgrid.bounces = lambda to: True
        taken = email_of(loopback).deliver(email(begun.message, to="ACME@example.com"), at=now())
        business.confirm("ACME", begun.message, business.at(3), provider_ref=taken.provider_ref)
        logs = SendGridTracker(api_key=loopback.sendgrid.api_key, logs_base=loopback.base)
        clock = BusinessClock(real_at=now() - timedelta(hours=2), business_at=business.at(3))
        mine = Books(ledger=business.ledger, clock=lambda: clock, code_version="test")
        tracking = Tracking(books=mine, trackers={"email": logs})
        assert tracking.ask_for(5, business.at(4)) == ["ACME"]
        assert tracking.ask_for(5, business.at(5)) == [], "and nobody asks again"
    bounced = [fact.body for fact in facts.history(business.ledger, "ACME")][-1]
    assert isinstance(bounced, Bounced)
    assert (bounced.message, bounced.fault) == (begun.message, None)


def test_no_time_left_asks_nothing(business: Any, texted: str) -> None:
    tracker = Answering()
    assert Tracking(books=books(business), trackers={"sms": tracker}).ask_for(-1, business.at(11)) == []
    assert tracker.asked == []


async def test_the_sweep_asks_and_wakes(business: Any, texted: str) -> None:
    woken = list[str]()

    async def wake(customer_id: str) -> None:
        woken.append(customer_id)

    business.assess("ACME", business.at(10, 10))
    mine = books(business)
    sweeping = Sweeping(
        books=mine,
        wake=wake,
        wake_incident=wake,
        tracking=Tracking(books=mine, trackers={"sms": Answering(arrived(texted))}),
    )
    assert await sweeping.wake_who_is_due({"now": business.at(10, 11).isoformat()}) == 0


def test_twilio_shows_what_became_of_it() -> None:
    with Loopback() as loopback:
        loopback.twilio.fails = lambda to: 30005 if to.endswith("0001") else None
        courier, vendor = sms_of(loopback), loopback.twilio
        tracker = TwilioTracker(
            account=vendor.account,
            key=vendor.key,
            secret=vendor.secret,
            http=RoutedHttp({"api": loopback.base}),
        )
        sent_at = datetime.now(UTC) - timedelta(minutes=20)
        for reference, to, state in (
            ("m-aaaaaaaaaaaaaaaa", "+447700900123", "delivered"),
            ("m-bbbbbbbbbbbbbbbb", "+447700900001", "failed"),
        ):
            taken = courier.deliver(sms(reference, to=to), at=sent_at)
            asked = Asked(reference=reference, provider_ref=taken.provider_ref, to=to, sent_at=sent_at)
            (receipt,) = tracker.ask(asked)
            assert (receipt.state, receipt.reference) == (state, reference)
        with loopback.refusing(), pytest.raises(TryAgainLater):
            tracker.ask(asked)
        unknown = Asked(reference="m-c", provider_ref="SM" + "0" * 32, to="", sent_at=sent_at)
        with pytest.raises(Misconfigured):
            tracker.ask(unknown)
