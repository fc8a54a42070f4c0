"""The five ways a vendor's call may end, and what becomes of the claim, the customer and the plan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select
from temporalio.testing import ActivityEnvironment

from activities.answers import Answer
from activities.messages import Messages
from composition import parts
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.decide import decide
from domain.documents import read
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.facts import InvoiceIssued
from domain.notice import Accepted, Message
from domain.policy import Policy
from domain.reaction import Reaction
from settings import Settings
from store import clock, consents, customers, doors, policies, switches
from store.assess import look
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact, history
from store.tables import JournalRow

POLICY = """
policy: outcomes
title: Outcomes
for: {segments: [business]}
window: {opens: 08:00, closes: 18:00, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 1, template: reminder_first, channels: [%s]%s}
"""
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
SETTLE = timedelta(minutes=5)


@dataclass
class Vendor:
    """A courier whose next answers are written down beforehand; what it took it knows for ever."""

    sender: str = "+447700900000"
    answers: list[Exception | None] = field(default_factory=list)
    findings: list[Exception | Accepted | None] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    asked: list[tuple[str, str, datetime]] = field(default_factory=list)

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        self.messages.append(message)
        if self.answers and (answer := self.answers.pop(0)) is not None:
            raise answer
        return Accepted(reference=message.reference, provider_ref="SM1")

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        self.asked.append((reference, to, since))
        found = self.findings.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Scene:
    """ACME owes since yesterday, and the activity that sends is called by hand."""

    ledger: Ledger
    vendor: Vendor
    messages: Messages

    def send(self, channel: str, *, after: timedelta = timedelta()) -> Answer:
        """Send so long after noon, as an attempt that starts then."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=NOW + after)
        answer: Answer = environment.run(
            self.messages.send, {"customer_id": "ACME", "key": f"first/{channel}"}
        )
        return answer

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(claim.channel, claim.state) for claim in look(self.ledger, "ACME").account.claims]

    @property
    def wanted(self) -> list[str]:
        loaded = look(self.ledger, "ACME")
        return [effect.key for effect in decide(loaded.policy, loaded.account, NOW).effects]

    @property
    def facts(self) -> list[str]:
        return [fact.body.type for fact in history(self.ledger, "ACME") if fact.source == "courier"]

    @property
    def why(self) -> list[str]:
        """What the journal says became of the message."""
        with self.ledger.read() as session:
            lines = select(JournalRow.why).where(JournalRow.what == "outcome", JournalRow.effect == "notice")
            return list(session.exec(lines.order_by(col(JournalRow.id))))


Stage = Callable[..., Scene]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)

    def built(channels: str, more: str = "") -> Scene:
        then = NOW - timedelta(days=40)
        policy = read(POLICY % (channels, more), model=Policy, name="outcomes.yaml")
        policies.adopt(ledger, policy, now=then, by="test")
        switches.set_go_live(ledger, None, by="test", now=then)
        data = ContactData(email="ap@acme.example", phone="+4915123456789")
        with ledger.write() as session:
            customers.add(session, Customer(id="ACME", timezone="UTC", currency="EUR"), data, now=then)
        bill = InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on=date(2026, 3, 2))
        doors.record(ledger, "ACME", [NewFact(source="test", id="A", happened_at=then, body=bill)], now=then)
        made, vendor = parts(Settings(outbox=tmp_path), ledger), Vendor()
        couriers = {"email": vendor, "sms": vendor}
        messages = Messages(books=made.books, letters=made.letters, couriers=couriers, seller=made.seller)
        return Scene(ledger=ledger, vendor=vendor, messages=messages)

    yield built
    ledger.close()


def test_accepted_is_sent(stage: Stage) -> None:
    scene = stage("email")
    assert scene.send("email")["answer"] == "done"
    assert scene.states == [("email", "sent")]
    assert scene.wanted == []


@pytest.mark.parametrize(
    ("reaction", "facts"),
    [
        ("invalid_contact", ["contact_invalid"]),
        ("opted_out", ["opted_out"]),
        ("content", []),
        ("expired", []),
    ],
)
def test_refused_is_a_fact_and_the_next_channel_has_its_turn(
    reaction: Reaction, facts: list[str], stage: Stage
) -> None:
    scene = stage("sms, email")
    scene.vendor.answers = [Refused("the number does not exist", reaction=reaction)]
    assert scene.send("sms")["answer"] == "refused"
    assert scene.states == [("sms", "refused")]
    assert scene.facts == facts
    assert scene.wanted == ["first/email"]
    assert consents.untold(scene.ledger, now=NOW, limit=9) == [], "the vendor told us, and not we the vendor"


@pytest.mark.parametrize("fault", [TryAgainLater("busy"), Misconfigured("the key is refused")])
def test_what_was_certainly_not_sent_gives_its_claim_back(fault: Exception, stage: Stage) -> None:
    scene = stage("sms")
    scene.vendor.answers = [fault]
    answer = scene.send("sms")
    assert (answer["answer"], scene.states, scene.facts) == ("deferred", [("sms", "released")], [])
    assert scene.send("sms", after=timedelta(hours=1))["answer"] == "done"
    assert scene.states == [("sms", "sent")]


def test_the_delay_of_the_vendor_is_heard(stage: Stage) -> None:
    scene = stage("sms")
    scene.vendor.answers = [TryAgainLater("busy", delay=timedelta(minutes=20))]
    assert scene.send("sms")["until"] == (NOW + timedelta(minutes=20)).isoformat()


def test_in_doubt_keeps_its_claim_and_is_settled_by_asking(stage: Stage) -> None:
    scene = stage("sms")
    scene.vendor.answers = [InDoubt("no answer")]
    answer = scene.send("sms")
    assert (answer["answer"], scene.states) == ("deferred", [("sms", "claimed")])
    assert answer["until"] == (NOW + timedelta(seconds=10)).isoformat()
    (message,) = scene.vendor.messages

    scene.vendor.findings = [Accepted(reference=message.reference, provider_ref="SM2")]
    assert scene.send("sms", after=timedelta(seconds=10))["answer"] == "done"
    assert scene.vendor.asked == [(message.reference, "+4915123456789", NOW)]
    assert scene.states == [("sms", "sent")]
    assert len(scene.vendor.messages) == 1


def test_while_it_may_be_invisible_it_is_asked_again_and_less_and_less(stage: Stage) -> None:
    scene = stage("sms")
    scene.vendor.answers = [InDoubt("no answer")]
    scene.vendor.findings = [TryAgainLater("too early", delay=SETTLE), TryAgainLater("down")]
    scene.send("sms")
    assert scene.send("sms", after=timedelta(seconds=10))["answer"] == "deferred"
    late = timedelta(hours=4)
    assert scene.send("sms", after=late)["until"] == (NOW + late * 1.5).isoformat()
    assert scene.states == [("sms", "claimed")]
    assert len(scene.vendor.messages) == 1


def test_an_sms_that_nobody_can_tell_of_never_goes_out_again(stage: Stage) -> None:
    scene = stage("sms, email")
    scene.vendor.answers, scene.vendor.findings = [InDoubt("no answer")], [InDoubt("unknown there")]
    scene.send("sms")
    assert scene.send("sms", after=SETTLE)["answer"] == "done"
    assert scene.states == [("sms", "unknown")]
    assert len(scene.vendor.messages) == 1
    assert scene.wanted == ["in-doubt-first-sms/task"]
    (why,) = scene.why
    assert why.startswith("first by sms may have gone out: not even asking could tell")
    assert why.endswith("it does not go out again: the rule for sms")


def test_an_email_that_nobody_can_tell_of_goes_out_again(stage: Stage) -> None:
    scene = stage("email")
    scene.vendor.answers, scene.vendor.findings = [InDoubt("no answer")], [InDoubt("unknown there")]
    scene.send("email")
    assert scene.send("email", after=SETTLE)["answer"] == "done"
    assert scene.states == [("email", "sent")]
    first, second = scene.vendor.messages
    assert first.reference == second.reference


def test_an_sms_goes_out_again_where_the_policy_says_so(stage: Stage) -> None:
    scene = stage("sms", ", in_doubt: {sms: repeat}")
    scene.vendor.answers, scene.vendor.findings = [InDoubt("no answer")], [InDoubt("unknown there")]
    scene.send("sms")
    assert scene.send("sms", after=SETTLE)["answer"] == "done"
    assert scene.states == [("sms", "sent")]
    assert len({message.reference for message in scene.vendor.messages}) == 1
    assert len(scene.vendor.messages) == 2
    assert scene.why == [
        (
            "first by sms may have gone out: not even asking could tell, and it goes out again:"
            " the policy says so of first by sms"
        ),
        "first by sms went out",
    ]


def test_an_email_goes_out_once_or_never_where_the_policy_says_so(stage: Stage) -> None:
    scene = stage("email", ", in_doubt: {email: never}")
    scene.vendor.answers, scene.vendor.findings = [InDoubt("no answer")], [InDoubt("unknown there")]
    scene.send("email")
    assert scene.send("email", after=SETTLE)["answer"] == "done"
    assert (scene.states, len(scene.vendor.messages)) == ([("email", "unknown")], 1)
    assert scene.wanted == ["in-doubt-first-email/task"]


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_what_certainly_never_went_out_goes_out(channel: str, stage: Stage) -> None:
    scene = stage(channel)
    scene.vendor.answers, scene.vendor.findings = [InDoubt("no answer")], [None]
    scene.send(channel)
    assert scene.send(channel, after=SETTLE)["answer"] == "done"
    assert scene.states == [(channel, "sent")]
    assert len(scene.vendor.messages) == 2


def test_our_own_fault_while_asking_settles_nothing(stage: Stage) -> None:
    scene = stage("sms")
    scene.vendor.answers = [InDoubt("no answer")]
    scene.vendor.findings = [Misconfigured("the key is refused")]
    scene.send("sms")
    assert scene.send("sms", after=SETTLE)["answer"] == "deferred"
    assert scene.states == [("sms", "claimed")]


def test_a_message_says_until_when_it_may_arrive(stage: Stage) -> None:
    scene = stage("sms")
    scene.send("sms")
    assert scene.vendor.messages[0].not_after == NOW.replace(hour=18)


def test_on_a_fast_clock_no_hour_of_real_time_bounds_a_message(stage: Stage) -> None:
    scene = stage("sms")
    clock.set_clock(scene.ledger, BusinessClock(real_at=NOW, business_at=NOW, speed=86_400))
    scene.send("sms")
    assert scene.vendor.messages[0].not_after is None


def test_words_that_cannot_be_rendered_are_no_matter_of_doubt(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = stage("sms")
    monkeypatch.setattr(scene.messages.letters, "message", lambda *_, **__: {}["ap@acme.example"])
    assert scene.send("sms")["answer"] == "deferred"
    assert scene.states == [("sms", "released")]
    assert "KeyError at test_outcomes.py" in caplog.text
    assert "ap@acme.example" not in caplog.text
