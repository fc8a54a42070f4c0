"""A fault of ours stops the sender: nobody's claim is burnt on it, one message tries, and all are woken."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.answers import Answer
from activities.messages import Messages
from composition import parts
from domain.customer import Customer
from domain.documents import read
from domain.errors import InDoubt, Misconfigured, Refused
from domain.facts import InvoiceIssued
from domain.notice import Accepted, Message
from domain.policy import Policy
from providers.twilio_door import receipt_of
from settings import Settings
from store import breakers, customers, doors, inbox, journal, policies, sweep, switches, tasks
from store.assess import look
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: breaker
title: Breaker
for: {segments: [business]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 1, template: reminder_first, channels: [sms]}
"""
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
NAMES = ("A", "B", "C")
WHY = "the number has no 10DLC registration: register brand and campaign"


class Vendor:
    """A courier that is set up wrongly until somebody mends it."""

    sender = "+15005550006"

    def __init__(self) -> None:
        self.fault: Exception | None = Misconfigured(WHY)
        self.calls = 0

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        return Accepted(reference=message.reference, provider_ref="SM1")

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        return None


class Scene:
    """Three customers who owe, and one sender for all of them."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.vendor = ledger, Vendor()
        made = parts(Settings(outbox=folder), ledger)
        couriers = {"sms": self.vendor}
        self.messages = Messages(
            books=made.books, letters=made.letters, couriers=couriers, seller=made.seller
        )

    def send(self, name: str, minutes: float = 0) -> Answer:
        environment = ActivityEnvironment()
        at = NOW + timedelta(minutes=minutes)
        environment.info = replace(environment.info, started_time=at)
        answer: Answer = environment.run(self.messages.send, {"customer_id": name, "key": "first/sms"})
        return answer

    def states(self, name: str) -> list[str]:
        return [claim.state for claim in look(self.ledger, name).account.claims]

    def due(self, minutes: float) -> list[str]:
        """Whom the sweep wakes, which lets one try where that is due."""
        at = NOW + timedelta(minutes=minutes)
        breakers.let_one_try(self.ledger, {"sms": self.vendor.sender}, now=at)
        return sweep.due(self.ledger, now=at, limit=10)

    def to_do(self) -> list[str]:
        return [task.why for task in tasks.worklist(self.ledger)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger, then = Ledger(url, durable=False), NOW - timedelta(days=40)
    policies.adopt(ledger, read(POLICY, model=Policy, name="breaker.yaml"), now=then, by="test")
    switches.set_go_live(ledger, None, by="test", now=then)
    for name in NAMES:
        data = ContactData(phone="+4915123456789")
        with ledger.write() as session:
            customers.add(session, Customer(id=name, timezone="UTC", currency="EUR"), data, now=then)
        bill = InvoiceIssued(invoice=name, amount="100.00", currency="EUR", due_on=date(2026, 3, 2))
        doors.record(ledger, name, [NewFact(source="test", id=name, happened_at=then, body=bill)], now=then)
    yield Scene(ledger, tmp_path)
    ledger.close()


def test_one_fault_stops_the_sender_for_all(scene: Scene) -> None:
    first = scene.send("A")
    assert (first["answer"], scene.states("A")) == ("deferred", ["released"])
    assert first["until"] == (NOW + timedelta(minutes=5)).isoformat()
    for name in ("B", "C"):
        assert scene.send(name, 1)["answer"] == "deferred"
        assert scene.states(name) == []
    assert scene.vendor.calls == 1
    (words,) = scene.to_do()
    assert words == f"sms from +15005550006 is stopped since 2026-03-03 12:00 UTC: {WHY}"
    assert breakers.holding(scene.ledger) == [f"{words}; it is tried again from 2026-03-03 12:05 UTC on"]
    held = [line.why for line in journal.read(scene.ledger, "B") if line.what == "held"]
    assert held == [words]


def test_one_message_tries_at_a_time_and_the_rest_grows(scene: Scene) -> None:
    scene.send("A")
    scene.send("B", 6)
    assert scene.vendor.calls == 2
    scene.send("A", 7)
    scene.send("C", 20)
    assert scene.vendor.calls == 2
    scene.send("C", 22)
    assert scene.vendor.calls == 3
    assert "13:22" in breakers.holding(scene.ledger)[0]
    assert len(scene.to_do()) == 1


@pytest.mark.parametrize("end", [None, Refused("the number does not exist")])
def test_a_sender_that_works_again_wakes_everybody(end: Exception | None, scene: Scene) -> None:
    scene.send("A")
    scene.send("B", 1)
    scene.send("C", 1)
    scene.vendor.fault = end
    assert scene.send("A", 6)["answer"] in ("done", "refused")
    assert (breakers.holding(scene.ledger), scene.to_do()) == ([], [])
    assert set(scene.due(6)) >= {"B", "C"}
    scene.vendor.fault = None
    assert scene.send("B", 6)["answer"] == "done"


def test_where_nobody_comes_by_the_sweep_lets_one_try(scene: Scene) -> None:
    scene.send("A")
    scene.send("B", 1)
    scene.send("C", 1)
    before = set(scene.due(4))
    assert not before & {"B", "C"}
    assert len(set(scene.due(6)) & {"B", "C"}) == 1


def test_a_fault_that_comes_back_opens_it_anew(scene: Scene) -> None:
    scene.send("A")
    scene.vendor.fault = None
    scene.send("A", 6)
    scene.vendor.fault = Misconfigured(WHY)
    assert scene.send("B", 10)["until"] == (NOW + timedelta(minutes=15)).isoformat()
    assert len(scene.to_do()) == 1


def test_a_breaker_that_cannot_be_written_leaves_no_claim_in_doubt(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **values: Any) -> datetime:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr(breakers, "trip", away)
    with pytest.raises(RuntimeError):
        scene.send("A")
    assert scene.states("A") == ["released"]


def test_a_sender_that_is_not_used_any_more_is_given_up(scene: Scene) -> None:
    """TWILIO_FROM names another number: nothing goes out from the first one, so nothing would close it."""
    scene.send("A")
    scene.send("B", 1)
    scene.vendor.sender = "+15005550007"
    scene.send("C", 2)
    scene.due(3)
    (held,) = breakers.holding(scene.ledger)
    assert held.startswith("sms from +15005550007")
    assert len(scene.to_do()) == 2, "the channel is still stopped"
    scene.vendor.fault = None
    scene.send("C", 8)
    assert (breakers.holding(scene.ledger), scene.to_do()) == ([], [])


def test_nobody_tries_while_a_switch_keeps_everything_back(scene: Scene) -> None:
    scene.send("A")
    scene.send("B", 1)
    scene.send("C", 1)
    switches.stop(scene.ledger, reason="test", by="maria", now=NOW)
    assert not set(scene.due(6)) & {"B", "C"}


def test_a_vendor_that_cannot_be_asked_is_given_up_after_ten_minutes(scene: Scene) -> None:
    """The key was revoked after the call: an SMS may have gone out, and is not repeated."""

    def unasked(*args: Any, **values: Any) -> None:
        raise Misconfigured("the API key is refused")

    scene.vendor.fault = InDoubt("no answer")
    scene.send("A")
    scene.vendor.find = unasked  # type: ignore[method-assign,assignment]
    assert scene.send("A", 5)["answer"] == "deferred"
    assert (scene.states("A"), scene.to_do()) == (["claimed"], [])
    assert scene.send("A", 11)["answer"] == "done"
    assert (scene.states("A"), scene.to_do()) == (["unknown"], ["the API key is refused"])
    assert scene.vendor.calls == 1


def told(scene: Scene, name: str, status: str, code: str = "", *, minutes: float) -> None:
    """Take what Twilio reports of the newest message to a customer."""
    claim = look(scene.ledger, name).account.claims[-1]
    report = receipt_of(
        f"SM-{claim.message}-{claim.attempt}",
        status,
        code,
        reference=claim.message,
        sender=scene.vendor.sender,
    )
    inbox.take(scene.ledger, report, now=NOW + timedelta(minutes=minutes), code_version="test")


@pytest.mark.parametrize("code", [30002, 30023, 30034])
def test_a_fault_that_is_only_reported_stops_the_sender_too(code: int, scene: Scene) -> None:
    scene.vendor.fault = None
    scene.send("A")
    told(scene, "A", "undelivered", str(code), minutes=1)
    assert scene.send("B", 2)["answer"] == "deferred"
    assert (scene.states("B"), scene.vendor.calls) == ([], 1)
    (words,) = scene.to_do()
    assert words.startswith("sms from +15005550006 is stopped since 2026-03-03 12:01 UTC: ")
    assert words.endswith(f"(undelivered {code})")


def test_messages_that_were_under_way_together_are_one_fault(scene: Scene) -> None:
    scene.vendor.fault = None
    for name in NAMES:
        scene.send(name)
    for name in NAMES:
        told(scene, name, "undelivered", "30034", minutes=1)
        told(scene, name, "undelivered", "30034", minutes=2)
    assert "12:06" in breakers.holding(scene.ledger)[0], "as after the first"
    assert len(scene.to_do()) == 1


def test_only_a_message_that_arrives_closes_what_a_report_has_opened(scene: Scene) -> None:
    scene.vendor.fault = None
    scene.send("A")
    told(scene, "A", "undelivered", "30034", minutes=1)
    scene.send("B", 2)
    scene.due(2)
    assert scene.send("B", 7)["answer"] == "done", "one tries"
    assert scene.send("C", 8)["answer"] == "deferred", "that it was taken says nothing"
    told(scene, "B", "undelivered", "30034", minutes=8)
    assert "12:23" in breakers.holding(scene.ledger)[0], "the rest grows"
    scene.send("C", 24)
    assert breakers.holding(scene.ledger) != []
    told(scene, "C", "delivered", minutes=25)
    assert (breakers.holding(scene.ledger), scene.to_do()) == ([], [])


def test_a_late_report_of_before_it_was_mended_opens_nothing(scene: Scene) -> None:
    scene.vendor.fault = None
    for name in ("A", "B"):
        scene.send(name)
    told(scene, "A", "undelivered", "30034", minutes=1)
    scene.send("C", 7)
    told(scene, "A", "delivered", minutes=8)
    assert breakers.holding(scene.ledger) != [], "it was begun before"
    told(scene, "C", "delivered", minutes=8)
    told(scene, "B", "undelivered", "30034", minutes=9)
    assert (breakers.holding(scene.ledger), scene.to_do()) == ([], [])


def test_what_is_about_the_customer_or_the_words_stops_no_sender(scene: Scene) -> None:
    scene.vendor.fault = None
    for name, code in zip(NAMES, ("30005", "30003", "30007"), strict=True):
        scene.send(name)
        told(scene, name, "undelivered", code, minutes=1)
    assert breakers.holding(scene.ledger) == []
