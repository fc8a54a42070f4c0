"""The notice that the law asks for, after the customer left the list: in its own group, without the link."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.messages import Messages
from composition import parts
from domain.customer import Customer
from domain.documents import read
from domain.facts import InvoiceIssued
from domain.policy import Policy
from providers.loopback.server import Loopback
from settings import Settings
from store import customers, doors, heard, policies, switches
from store.assess import look
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: lawful
title: Lawful
for: {segments: [business]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: first, offset_days: 1, template: reminder_first}
  - {kind: notice, id: final, offset_days: 10, template: final_notice, statutory: true}
"""
GROUP = 4711
DUE = date(2026, 3, 2)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger, then = Ledger(url, durable=False), datetime(2026, 1, 1, tzinfo=UTC)
    policies.adopt(ledger, read(POLICY, model=Policy, name="lawful.yaml"), now=then, by="test")
    switches.set_go_live(ledger, None, by="test", now=then)
    with ledger.write() as session:
        customer = Customer(id="ACME", timezone="UTC", currency="EUR")
        customers.add(session, customer, ContactData(email="ap@acme.example"), now=then)
    bill = InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on=DUE)
    doors.record(ledger, "ACME", [NewFact(source="test", id="A", happened_at=then, body=bill)], now=then)
    yield ledger
    ledger.close()


def send(messages: Messages, key: str, day: int) -> str:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=day)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at)
    return str(environment.run(messages.send, {"customer_id": "ACME", "key": key})["answer"])


def test_leaving_the_list_stops_what_no_law_requires(ledger: Ledger, tmp_path: Path) -> None:
    with Loopback() as loopback:
        given = {name.lower(): value for name, value in loopback.environment().items()}
        public = {"public_url": "https://arrears.example", "sendgrid_statutory_group": GROUP}
        made = parts(Settings(outbox=tmp_path, **{**given, **public}), ledger)
        messages = Messages(
            books=made.books,
            letters=made.letters,
            couriers=made.couriers,
            seller=made.seller,
            headers=made.headers,
            monotonic=lambda: 0.0,
        )
        assert send(messages, "first/email", 1) == "done"
        (first,) = loopback.sendgrid.letters
        assert (first.group, "List-Unsubscribe" in first.headers) == (None, True)
        (claim,) = look(ledger, "ACME").account.claims
        clicked_at = datetime(2026, 3, 4, tzinfo=UTC)
        assert heard.unsubscribe(ledger, claim.message, now=clicked_at).known == "done"
        assert look(ledger, "ACME").account.reach["email"] == "opted_out"
        assert send(messages, "final/email", 10) == "done"
        final = loopback.sendgrid.letters[-1]
        assert (final.group, "List-Unsubscribe" in final.headers) == (GROUP, False)
        assert "Final notice" in final.subject
