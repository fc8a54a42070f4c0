"""An order is provisioned once, whatever its provisioner answers; what is in doubt is asked about."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.answers import Answer
from activities.provisioning import LedgerProvisioner, Provision, Provisioning
from composition import parts
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.documents import read
from domain.errors import TryAgainLater
from domain.facts import CreditGranted, OrderPlaced, Provisioned
from domain.policy import Policy
from settings import Settings
from store import claims, clock, customers, doors, facts, policies, provisions, switches
from store.assess import look
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact

POLICY = """
policy: orders
title: Orders
for: {segments: [business]}
steps:
  - {kind: notice, id: first, offset_days: 1, template: reminder_first}
"""
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
PROVISION = {"customer_id": "ACME", "key": "provision-order/provision"}
NOTE = {"customer_id": "ACME", "key": "note-exposure/book"}


@dataclass
class Vendor:
    """A provisioner that counts, and may be unwell or forgetful."""

    ledger: Ledger
    unwell: bool = False
    forgets: bool = False
    asked: list[str] = field(default_factory=list)

    def provision(self, order: Provision, *, at: datetime) -> None:
        self.asked.append(order.order)
        if self.unwell:
            raise TryAgainLater("down", delay=timedelta(minutes=3))
        if not self.forgets:
            LedgerProvisioner(self.ledger).provision(order, at=at)

    def done(self, order: Provision) -> bool:
        return LedgerProvisioner(self.ledger).done(order)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger, then = Ledger(url, durable=False), NOW - timedelta(days=1)
    policies.adopt(ledger, read(POLICY, model=Policy, name="orders.yaml"), now=then, by="test")
    switches.set_go_live(ledger, None, by="test", now=then)
    with ledger.write() as session:
        customers.add(
            session, Customer(id="ACME", currency="EUR"), ContactData(email="a@b.example"), now=then
        )
    told = (
        CreditGranted(limit="1000", currency="EUR", reason="table"),
        OrderPlaced(order="O-1", amount="800.00", currency="EUR"),
    )
    new = [NewFact(source="test", id=str(i), happened_at=then, body=body) for i, body in enumerate(told)]
    doors.record(ledger, "ACME", new, now=then)
    clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=NOW, speed=1))
    yield ledger
    ledger.close()


def perform(ledger: Ledger, vendor: Vendor, tmp_path: Path, order: dict[str, str] = PROVISION) -> Answer:
    provisioning = Provisioning(books=parts(Settings(outbox=tmp_path), ledger).books, provisioner=vendor)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=datetime.now(UTC))
    performing = provisioning.book if order is NOTE else provisioning.provision
    answer: Answer = environment.run(performing, order)
    return answer


def told(ledger: Ledger) -> list[str]:
    return [each.body.order for each in facts.history(ledger, "ACME") if isinstance(each.body, Provisioned)]


def states(ledger: Ledger) -> list[str]:
    return [claim.state for claim in look(ledger, "ACME").account.claims]


def test_an_order_is_provisioned_verified_and_told_and_then_not_wanted(
    ledger: Ledger, tmp_path: Path
) -> None:
    vendor = Vendor(ledger)
    assert [perform(ledger, vendor, tmp_path)["answer"] for _ in range(2)] == ["done", "unwanted"]
    assert (vendor.asked, told(ledger), states(ledger)) == (["O-1"], ["O-1"], ["sent"])


def test_a_provisioner_that_is_unwell_is_asked_again_later(ledger: Ledger, tmp_path: Path) -> None:
    answer = perform(ledger, Vendor(ledger, unwell=True), tmp_path)
    assert answer["answer"] == "deferred"
    assert answer["until"] is not None
    assert (told(ledger), states(ledger)) == ([], ["released"])
    assert perform(ledger, Vendor(ledger), tmp_path)["answer"] == "done"
    assert told(ledger) == ["O-1"]


def test_one_that_says_nothing_and_does_nothing_is_no_success(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="O-1 was to be provisioned, but nothing followed"):
        perform(ledger, Vendor(ledger, forgets=True), tmp_path)
    assert told(ledger) == []


@pytest.mark.parametrize(("was_done", "asked"), [(True, []), (False, ["O-1"])])
def test_a_claim_from_before_is_settled_by_asking(
    was_done: bool, asked: list[str], ledger: Ledger, tmp_path: Path
) -> None:
    before, vendor = NOW - timedelta(hours=1), Vendor(ledger)
    begun = claims.begin(ledger, "ACME", PROVISION["key"], now=before, code_version="test")
    assert isinstance(begun, claims.Begun)
    if was_done:
        provisions.provision(ledger, "ACME", "O-1", subscription=None, reference=begun.message, now=before)
    assert perform(ledger, vendor, tmp_path)["answer"] == "done"
    assert (vendor.asked, told(ledger), states(ledger)) == (asked, ["O-1"], ["sent"])


def test_what_the_plan_decided_is_written_down_once_with_its_claim(ledger: Ledger, tmp_path: Path) -> None:
    vendor = Vendor(ledger)
    perform(ledger, vendor, tmp_path)
    # An attempt that died before it wrote anything is followed by another one.
    assert isinstance(claims.begin(ledger, "ACME", NOTE["key"], now=NOW, code_version="test"), claims.Begun)
    later = BusinessClock(real_at=datetime.now(UTC), business_at=NOW + timedelta(hours=1), speed=1)
    clock.set_clock(ledger, later)
    assert [perform(ledger, vendor, tmp_path, NOTE)["answer"] for _ in range(2)] == ["done", "unwanted"]
    noted = look(ledger, "ACME").account.credit.noted["EUR"]
    assert (noted.level, noted.times) == (70, 1)
