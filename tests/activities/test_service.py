"""The switch is asked for a moment after the hours in which it was wanted: it waits, and is not forgotten."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.answers import SwitchAnswer
from activities.service import Service
from composition import parts
from domain.customer import Customer
from domain.documents import read
from domain.facts import InvoiceIssued
from domain.policy import Policy
from settings import Settings
from store import customers, doors, policies, subscriptions, switches
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: business
title: For tests
for: {segments: [business]}
window: {opens: 09:00, closes: 17:00, weekdays: [mon, tue, wed, thu, fri], holidays: false}
steps:
  - {kind: restrict, id: restrict, offset_days: 1}
  - {kind: notice, id: first, offset_days: 60, template: reminder_first}
"""
FRIDAY = datetime(2026, 3, 6, 16, 59, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 9, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger, then = Ledger(url, durable=False), FRIDAY - timedelta(days=40)
    policies.adopt(ledger, read(POLICY, model=Policy, name="service.yaml"), now=then, by="test")
    switches.set_go_live(ledger, None, by="test", now=then)
    with ledger.write() as session:
        customers.add(
            session, Customer(id="ACME", currency="EUR"), ContactData(email="a@b.example"), now=then
        )
    bill = InvoiceIssued(invoice="A", amount="100.00", currency="EUR", due_on=date(2026, 3, 2))
    doors.record(ledger, "ACME", [NewFact(source="test", id="A", happened_at=then, body=bill)], now=then)
    yield ledger
    ledger.close()


@pytest.mark.parametrize(
    ("at", "word", "until", "state"),
    [
        (FRIDAY, "done", None, "restricted"),
        (FRIDAY + timedelta(minutes=2), "deferred", MONDAY, "active"),
        (MONDAY, "done", None, "restricted"),
    ],
)
def test_what_the_hour_alone_keeps_back_is_tried_when_the_hours_begin(
    at: datetime, word: str, until: datetime | None, state: str, ledger: Ledger, tmp_path: Path
) -> None:
    async def wake(customer_id: str) -> None:
        assert customer_id == "ACME"

    made = parts(Settings(outbox=tmp_path), ledger)
    service = Service(books=made.books, switches=made.switches, wake=wake)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at)

    answer: SwitchAnswer = asyncio.run(environment.run(service.restrict, {"customer_id": "ACME"}))

    assert answer["answer"] == word
    assert answer["until"] == (until and until.isoformat())
    assert subscriptions.state(ledger, "ACME") == state
