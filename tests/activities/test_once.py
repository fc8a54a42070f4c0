"""A claim is acted on at once or given back: a plan that is older than five seconds may be out of date."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.messages import Messages
from composition import parts
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.documents import read
from domain.facts import InvoiceIssued
from domain.notice import Accepted, Message
from domain.policy import Policy
from settings import Settings
from store import clock, customers, doors, policies, switches
from store.assess import look
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: once
title: Once
for: {segments: [business]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 1, template: reminder_first}
"""
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
ORDER = {"customer_id": "ACME", "key": "first/email"}


class Post:
    """A courier that keeps what it was given."""

    sender = ""

    def __init__(self) -> None:
        self.delivered: list[Message] = []

    def deliver(self, message: Message, *, at: datetime) -> Accepted:
        self.delivered.append(message)
        return Accepted(reference=message.reference, provider_ref="post")

    def find(self, reference: str, *, to: str, since: datetime) -> Accepted | None:
        return None


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    then = NOW - timedelta(days=40)
    policies.adopt(ledger, read(POLICY, model=Policy, name="once.yaml"), now=then, by="test")
    switches.set_go_live(ledger, None, by="test", now=then)
    with ledger.write() as session:
        customers.add(
            session, Customer(id="ACME", currency="EUR"), ContactData(email="a@b.example"), now=then
        )
    bill = InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on=date(2026, 3, 2))
    doors.record(ledger, "ACME", [NewFact(source="test", id="A", happened_at=then, body=bill)], now=then)
    clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=NOW, speed=1))
    yield ledger
    ledger.close()


@pytest.mark.parametrize(
    ("seconds", "word", "sent", "states"),
    [(4.9, "done", 1, ["sent"]), (5.1, "deferred", 0, ["released"])],
)
def test_a_claim_that_grew_old_while_the_letter_was_written_is_given_back(
    seconds: float, word: str, sent: int, states: list[str], ledger: Ledger, tmp_path: Path
) -> None:
    made, post, ticks = parts(Settings(outbox=tmp_path), ledger), Post(), iter([0.0, seconds])
    messages = Messages(
        books=made.books,
        letters=made.letters,
        couriers={"email": post},
        seller=made.seller,
        monotonic=lambda: next(ticks),
    )
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))

    answer = environment.run(messages.send, ORDER)

    assert answer["answer"] == word
    assert len(post.delivered) == sent
    assert [claim.state for claim in look(ledger, "ACME").account.claims] == states
