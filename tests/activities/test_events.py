"""Events go to the seller's product over real HTTP: at least once, in order, under one id, come what may."""

import dataclasses
import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.answers import Went
from activities.books import Books
from activities.events import LEASE, Events
from domain import facts
from domain.clock import BusinessClock
from domain.documents import read
from domain.events.delivering import Answered
from domain.own_steps import ABOUT_EVENTS
from domain.policy import Policy
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, unwell
from providers.loopback.product import EVENTS
from providers.loopback.server import Loopback
from providers.webhooks_out.endpoint import WebhookEndpoint
from store import event_deliveries, policies, tasks
from store.database import Ledger, migrate
from tests.store.conftest import POLICY, Business, at


class Died(Exception):
    """The process is gone: nothing after this point was done."""


@dataclass
class Told:
    """A business whose product is told, and a way to run the activity at any instant."""

    business: Business
    product: Loopback
    endpoint: WebhookEndpoint
    dies: list[int] = field(default_factory=list)
    runs: int = 0

    @property
    def ledger(self) -> Ledger:
        return self.business.ledger

    def _mark(self, point: str) -> None:
        self.runs += 1
        if self.runs in self.dies:
            raise Died

    def tell(self, now: datetime, *endpoints: WebhookEndpoint) -> Went:
        """Run the activity until it has nothing more; an attempt that dies is tried again."""
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, started_time=now)
        line = BusinessClock(real_at=now, business_at=now, speed=1)
        books = Books(ledger=self.ledger, clock=lambda: line, code_version="test")
        events = Events(books=books, endpoints=endpoints or [self.endpoint], mark=self._mark)
        name = (endpoints or [self.endpoint])[0].name
        while True:
            went: Went = environment.run(events.tell, {"endpoint": name})
            if not went["more"]:
                return went

    def disputes(self, name: str, count: int, now: datetime) -> None:
        """Have so many events written of a customer."""
        self.business.customer(name)
        self.business.invoice(name, f"INV-{name}")
        for each in range(count):
            opened = facts.DisputeOpened(dispute=f"D-{each}", invoice=f"INV-{name}", amount="1.00")
            self.business.record(name, opened, now=now)

    def written(self, name: str) -> list[str]:
        """The ids of a customer's events, in order."""
        return [each.id for each in reversed(event_deliveries.listed(self.ledger, customer=name, limit=999))]

    def unsent(self) -> int:
        return len(event_deliveries.listed(self.ledger, unsent=True, limit=999))


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("events") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def told(running: Loopback, template: Path, tmp_path: Path) -> Iterator[Told]:
    shutil.copy(template, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    policy = read(POLICY, model=Policy, name="test.yaml")
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    running.product.events.clear()
    endpoint = WebhookEndpoint(url=running.base + EVENTS, secrets=[running.product.secret])
    event_deliveries.set_up(ledger, {endpoint.name: endpoint.host}, now=at(-60))
    yield Told(business=Business(ledger, policy), product=running, endpoint=endpoint)
    ledger.close()


def test_everything_arrives_once_and_in_order_where_nothing_breaks(told: Told) -> None:
    for name in ("ACME", "BETA", "GAMMA"):
        told.disputes(name, 4, at(1))
    assert told.tell(at(2))["words"] == "12 of 12 events taken"
    assert len(told.product.product.events) == 12
    for name in ("ACME", "BETA", "GAMMA"):
        assert told.product.product.ids(name) == told.written(name)
    assert told.tell(at(3))["words"] == "0 of 0 events taken"


@pytest.mark.parametrize("fault", [LOST_REPLY, DROPPED, unwell(500, processed=True), Fault(status=429)])
def test_what_was_not_answered_goes_out_again_under_its_id(told: Told, fault: Fault) -> None:
    told.disputes("ACME", 3, at(1))
    told.product.faults.add("event", [fault])
    told.tell(at(2))
    assert told.unsent() == 3
    told.tell(at(2) + timedelta(seconds=6))
    arrived = [each.id for each in told.product.product.events]
    assert told.product.product.ids("ACME") == told.written("ACME")
    assert len(arrived) == (4 if fault.processed else 3)
    assert len(set(arrived)) == 3


def test_dying_after_sending_is_a_repetition_and_no_loss(told: Told) -> None:
    told.disputes("ACME", 3, at(1))
    told.dies = [2]
    with pytest.raises(Died):
        told.tell(at(2))
    told.tell(at(2) + LEASE)
    arrived = [each.id for each in told.product.product.events]
    first, second, third = told.written("ACME")
    assert arrived == [first, second, second, third]


def test_faults_and_deaths_by_chance_lose_nothing_and_keep_the_order(told: Told) -> None:
    chance = random.Random(7)
    names = [f"C{each}" for each in range(4)]
    for name in names:
        told.disputes(name, 3, at(1))
    faults = [LOST_REPLY, DROPPED, unwell(), unwell(502, processed=True), Fault(status=400), None, None, None]
    told.product.faults.add("event", [chance.choice(faults) for _ in range(30)])
    told.dies = sorted(chance.sample(range(1, 20), 5))
    now = at(2)
    while told.unsent():
        with suppress(Died):
            told.tell(now)
        now += timedelta(minutes=20)
        assert now < at(2) + timedelta(days=3)
    for name in names:
        assert told.product.product.ids(name) == told.written(name)


def test_a_dead_endpoint_keeps_no_other_waiting_and_takes_little_time(told: Told) -> None:
    dead = WebhookEndpoint(url="http://127.0.0.1:9/dead", secrets=[told.product.product.secret])
    both = {each.name: each.host for each in (told.endpoint, dead)}
    event_deliveries.set_up(told.ledger, both, now=at(-60))
    for each in range(6):
        told.disputes(f"C{each}", 1, at(1))
    assert told.tell(at(2), dead)["words"] == "0 of 6 events taken"
    assert told.tell(at(2, 11), dead)["words"] == "0 of 1 events taken"  # one at a time, by now
    assert told.tell(at(2))["words"] == "6 of 6 events taken"
    told.tell(at(4), dead)
    waits = [each.why for each in tasks.worklist(told.ledger) if each.step == ABOUT_EVENTS]
    assert [why.partition(": ")[0] for why in waits] == [
        f"events for the endpoint {dead.name} at 127.0.0.1:9 wait for more than an hour",
        f"events for the endpoint {dead.name} at 127.0.0.1:9 wait for more than a day",
    ]


def test_gone_is_the_end_of_it_until_a_person_says_otherwise(told: Told) -> None:
    told.disputes("ACME", 2, at(1))
    told.product.faults.add("event", [Fault(status=410)])
    told.tell(at(2))
    assert told.tell(at(9))["words"] == "0 of 0 events taken"
    assert event_deliveries.resume(told.ledger, told.endpoint.name, now=at(9), by="ops") == 2
    told.tell(at(9))
    assert told.product.product.ids("ACME") == told.written("ACME")


def test_an_endpoint_that_is_set_no_more_is_left_in_peace(told: Told) -> None:
    class Other:
        name, host = "e-other", "other.example"

        def post(self, id_: str, body: str) -> Answered:
            raise AssertionError("nothing is to be sent")

    line = BusinessClock(real_at=at(2), business_at=at(2), speed=1)
    books = Books(ledger=told.ledger, clock=lambda: line, code_version="test")
    went: Went = ActivityEnvironment().run(
        Events(books=books, endpoints=[Other()]).tell, {"endpoint": "e-gone"}
    )
    assert went["words"] == "the settings name this endpoint no more"
