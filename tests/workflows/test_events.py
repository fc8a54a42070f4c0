"""Each endpoint has a schedule and a workflow of its own; one that is set no more has none."""

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.answers import Went
from activities.books import Books
from activities.events import Events
from composition import connect, event_endpoints, start_events
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.facts import Paused
from providers.loopback.server import Loopback
from replay.player import test_server as server_path
from settings import Settings
from store import clock, customers, doors, event_deliveries
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from tests.kill.staging import new_server, until
from workflows.conversion import DATA_CONVERTER
from workflows.events import EventsOut

NOW = datetime.now(UTC)


class Product:
    """Answers as the activity does: there is more, twice."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @activity.defn(name="Tell the seller's product")
    async def tell(self, order: dict[str, str]) -> Went:
        self.asked.append(order["endpoint"])
        return Went(more=len(self.asked) < 3, wait_seconds=0.0, words=f"{len(self.asked)} of 4 events taken")


async def test_a_run_goes_on_while_something_is_taken() -> None:
    product, queue = Product(), f"q-{uuid.uuid4().hex[:8]}"
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=DATA_CONVERTER, test_server_existing_path=server_path()
    ) as env:
        events: Any = [product.tell]
        async with (
            Worker(env.client, task_queue=queue, workflows=[EventsOut]),
            Worker(env.client, task_queue=f"{queue}-events", activities=events),
        ):
            running = env.client.execute_workflow(
                EventsOut.run, {"endpoint": "e-1"}, id="e", task_queue=queue
            )
            assert await asyncio.wait_for(running, 60) == "3 of 4 events taken"
    assert product.asked == ["e-1"] * 3


def told(ledger: Ledger) -> None:
    """Have something happen that is told."""
    with ledger.write() as session:
        customers.add(session, Customer(id="ACME", currency="EUR"), ContactData(name="Acme"), now=NOW)
    new = NewFact(source="test", id="1", happened_at=NOW, body=Paused(reason="asked for time"))
    doors.record(ledger, "ACME", [new], now=NOW)


async def schedules(client: Client) -> list[str]:
    return [each.id async for each in await client.list_schedules()]


@pytest.mark.slow
async def test_the_schedule_tells_the_product_and_goes_with_its_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    with Loopback() as vendors, new_server(tmp_path) as server:
        for name, value in vendors.product_environment().items():
            monkeypatch.setenv(name, value)
        endpoints = event_endpoints(Settings())
        client = await connect(Settings(temporal_address=server.address))
        second = timedelta(seconds=1)
        for _ in range(2):  # as each worker does that starts
            await start_events(client, "arrears", ledger, endpoints, every=second)
        assert await schedules(client) == [f"events/arrears/{endpoints[0].name}"]
        told(ledger)
        line = BusinessClock(real_at=NOW, business_at=NOW, speed=1)
        events = Events(
            books=Books(ledger=ledger, clock=lambda: line, code_version="test"), endpoints=endpoints
        )
        async with (
            Worker(client, task_queue="arrears", workflows=[EventsOut]),
            Worker(
                client,
                task_queue="arrears-events",
                activities=[events.tell],
                activity_executor=ThreadPoolExecutor(1),
            ),
        ):
            arrived = vendors.product.events
            await until(lambda: bool(arrived), seconds=90, otherwise=lambda: event_deliveries.listed(ledger))
        assert [each.type for each in arrived] == ["chasing.rests"]
        await start_events(client, "arrears", ledger, [])
        assert await schedules(client) != []  # it may be another worker's
        clock.set_clock(ledger, replace(line, business_at=NOW + event_deliveries.LEFT_AFTER * 2))
        await start_events(client, "arrears", ledger, [])
        assert await schedules(client) == []
    ledger.close()
