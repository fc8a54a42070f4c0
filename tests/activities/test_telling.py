"""Twilio is told of the opt-outs that it did not hear itself, over the real SDK at the loopback vendor."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.books import Books
from activities.sweep import Sweeping
from activities.telling import MOST, Telling
from domain.clock import BusinessClock
from domain.consent import Consent
from domain.documents import read
from domain.errors import Misconfigured
from domain.facts import ContactChanged, OptedIn, OptedOut
from domain.policy import Policy
from domain.replies import Reply
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, refused, throttled, unwell
from providers.loopback.server import Loopback
from providers.twilio_client import RoutedHttp
from providers.twilio_consents import TwilioConsents
from store import customers, heard, journal, policies, tasks
from store.customers import ContactData
from store.database import Ledger, migrate
from tests.providers.vendors import now
from tests.store.conftest import POLICY, Business, at

PHONE = "+4915112345678"


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("telling") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def business(template: Path, tmp_path: Path) -> Iterator[Business]:
    shutil.copy(template, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    policy = read(POLICY, model=Policy, name="test.yaml")
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    yield Business(ledger, policy)
    ledger.close()


def registrar(loopback: Loopback, **more: Any) -> TwilioConsents:
    loopback.twilio.consents.clear()
    given = {"account": loopback.twilio.account, "key": loopback.twilio.key, "secret": loopback.twilio.secret}
    http = RoutedHttp({"accounts": loopback.base})
    return TwilioConsents(**{**given, "sender": "+447700900000", "http": http, **more})


@pytest.fixture
def telling(business: Business, loopback: Loopback) -> Telling:
    books = Books(ledger=business.ledger, clock=BusinessClock, code_version="test")
    return Telling(books=books, registrar=registrar(loopback))


def said(loopback: Loopback) -> list[tuple[str, str, str]]:
    return [(each["contact_id"], each["status"], each["source"]) for each in loopback.twilio.consents]


def texted(business: Business, text: str, name: str = "SM1", day: int = 5, keyword: str = "") -> None:
    reply = Reply(
        source="twilio",
        dedupe=f"{name}/received",
        provider_ref=name,
        channel="sms",
        sender=PHONE,
        text=text,
        keyword=keyword,
    )
    heard.take(business.ledger, reply, now=at(day))


def test_an_opt_out_in_other_words_is_told_once_and_written_down(
    business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    texted(business, "please do not text me any more")
    assert telling.tell(at(5, 11)) == 1
    assert said(loopback) == [(PHONE, "opt-out", "opt-out-message")]
    (item,) = loopback.twilio.consents
    assert (item["sender_id"], item["date_of_consent"]) == ("+447700900000", f"{at(5):%Y-%m-%dT%H:%M:%SZ}")
    assert len(item["correlation_id"]) == 32
    assert journal.read(business.ledger, "ACME")[-1].why == "the vendor of SMS was told of the opt-out of SMS"
    assert telling.tell(at(6)) == 0
    assert len(loopback.twilio.consents) == 1
    assert loopback.twilio.blocks(PHONE)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (OptedOut(channel="sms"), [(PHONE, "opt-out", "others")]),
        (OptedOut(), [(PHONE, "opt-out", "others")]),
        (OptedOut(channel="email"), []),
        (ContactChanged(channel="sms"), []),
    ],
)
def test_what_came_through_another_door_is_told_as_far_as_it_is_about_sms(
    body: Any, told: list[tuple[str, str, str]], business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    business.record("ACME", body, now=at(5))
    telling.tell(at(5, 11))
    assert said(loopback) == told
    assert telling.tell(at(6)) == 0


@pytest.mark.parametrize(("text", "keyword"), [("STOP", ""), ("arret", "STOP")])
def test_what_twilio_heard_itself_is_not_told(
    text: str, keyword: str, business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    texted(business, text, keyword=keyword)
    assert telling.tell(at(6)) == 0
    texted(business, "START", name="SM2", day=7, keyword="START")
    assert telling.tell(at(8)) == 0
    assert loopback.twilio.consents == []


def test_how_things_stand_is_told_and_not_each_step_to_it(
    business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    business.record("ACME", OptedOut(channel="sms"), now=at(5))
    business.record("ACME", OptedIn(channel="sms"), now=at(6))
    assert telling.tell(at(6, 11)) == 1
    assert said(loopback) == [(PHONE, "opt-in", "others")]
    business.record("ACME", OptedOut(channel="sms"), now=at(7))
    assert telling.tell(at(7, 11)) == 1
    assert loopback.twilio.blocks(PHONE)


def test_whoever_shares_a_number_and_wants_nothing_there_speaks_for_all(
    business: Business, loopback: Loopback, telling: Telling
) -> None:
    for name in ("ACME", "BETA"):
        business.customer(name)
        business.record(name, OptedOut(channel="sms"), now=at(5))
    business.record("BETA", OptedIn(channel="sms"), now=at(6))
    assert telling.tell(at(6, 11)) == 2
    assert {status for _, status, _ in said(loopback)} == {"opt-out"}


def test_a_new_number_of_who_opted_out_is_told_too(
    business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    business.record("ACME", OptedOut(channel="sms"), now=at(5))
    telling.tell(at(5, 11))
    with business.ledger.write() as session:
        row = customers.lock(session, "ACME")
        customers.change_contact(session, row, ContactData(phone="+4915100000001"), now=at(6))
    assert telling.tell(at(6, 11)) == 1
    assert said(loopback)[-1] == ("+4915100000001", "opt-out", "others")


def test_nothing_is_told_of_a_number_that_is_forgotten(
    business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    business.record("ACME", OptedOut(channel="sms"), now=at(5))
    with business.ledger.write() as session:
        customers.destroy_contact(session, "ACME")
    assert telling.tell(at(6)) == 0
    assert loopback.twilio.consents == []


@pytest.mark.parametrize(
    ("fault", "rest"),
    [
        (throttled(3600), timedelta(hours=1)),
        (unwell(503), timedelta(minutes=1)),
        (LOST_REPLY, timedelta(minutes=1)),
        (DROPPED, timedelta(minutes=1)),
        (Fault(processed=True, status=201, body=b"<html>"), timedelta(minutes=1)),
        (refused(20003, 401), timedelta(days=1)),
        (refused(20404, 404), timedelta(days=1)),
        (refused(20001, 400), timedelta(days=1)),
    ],
)
def test_what_fails_is_told_again_and_less_and_less_often(
    fault: Fault, rest: timedelta, business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    business.record("ACME", OptedOut(channel="sms"), now=at(5))
    loopback.faults.add("tell", [fault])
    assert telling.tell(at(5, 11)) == 1
    assert telling.tell(at(5, 11) + rest - timedelta(seconds=1)) == 0
    assert telling.tell(at(5, 11) + rest) == 1
    assert loopback.twilio.blocks(PHONE)
    ours = [task.why for task in tasks.worklist(business.ledger) if task.step == "vendor"]
    assert len(ours) == (rest == timedelta(days=1))


def test_one_item_that_twilio_does_not_take_keeps_no_other_back(
    business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer("ACME")
    business.customer("BETA")
    with business.ledger.write() as session:
        changed = customers.lock(session, "BETA")
        customers.change_contact(session, changed, ContactData(phone="0151 2345678"), now=at(4))
    for name in ("BETA", "ACME"):
        business.record(name, OptedOut(channel="sms"), now=at(5))
    assert telling.tell(at(5, 11)) == 2
    assert said(loopback) == [(PHONE, "opt-out", "others")]
    (task,) = [task for task in tasks.worklist(business.ledger) if task.step == "vendor"]
    assert task.why == "the vendor of SMS does not take the opt-out of SMS: 30646 INVALID_CONTACT_ID"
    assert "0151" not in task.why
    assert telling.tell(at(9)) == 0, "it would be refused again"


def test_no_more_than_twilio_takes_at_once(business: Business, loopback: Loopback, telling: Telling) -> None:
    for number in range(MOST + 1):
        business.customer(f"C{number}")
        business.record(f"C{number}", OptedOut(channel="sms"), now=at(5))
    assert [telling.tell(at(6)), telling.tell(at(6)), telling.tell(at(6))] == [MOST, 1, 0]


def test_with_another_base_url_set_no_real_host_is_told(loopback: Loopback) -> None:
    shut = registrar(loopback, http=RoutedHttp({"api": loopback.base}))
    consent = Consent(name="0" * 32, number=PHONE, status="out", how="other", at=now())
    with pytest.raises(Misconfigured, match=r"no base URL is set for accounts\.twilio\.com"):
        shut.tell([consent])
    assert PHONE not in repr(consent)


async def test_a_sweep_tells_and_wakes_whatever_the_vendor_does(
    business: Business, loopback: Loopback, telling: Telling
) -> None:
    business.customer()
    business.record("ACME", OptedOut(channel="sms"), now=at(5))
    woken: list[str] = []

    async def wake(customer_id: str) -> None:
        woken.append(customer_id)

    loopback.faults.add("tell", [LOST_REPLY])
    sweeping = Sweeping(books=telling.books, wake=wake, wake_incident=wake, telling=telling)
    for day in (6, 7):
        await sweeping.wake_who_is_due({"now": at(day).isoformat()})
    assert woken == ["ACME", "ACME"], "nobody assesses in this test"
    assert loopback.twilio.blocks(PHONE)
