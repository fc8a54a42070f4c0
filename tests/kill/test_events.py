"""A worker dies after an event was sent and before that was written down: it goes out again, and in order."""

import asyncio
import signal
import time
import uuid
from pathlib import Path

import pytest
from temporalio.client import Client

from composition import connect, event_endpoints
from domain.facts import DisputeOpened, DisputeResolved
from providers.loopback.server import Loopback
from providers.temporal_server import TemporalServer
from settings import Settings
from store import doors, event_deliveries
from tests.kill.staging import Stage, at, fact, new_server, set_stage, until
from workflows.events import EventsOut

PATIENT = 100


def written(stage: Stage, name: str) -> list[str]:
    return [each.id for each in reversed(event_deliveries.listed(stage.ledger, customer=name))]


async def tell(client: Client, endpoint: str) -> None:
    """Have what is due told, as the schedule does, and wait until it was."""
    id_ = f"e-{uuid.uuid4().hex}"
    await client.execute_workflow(EventsOut.run, {"endpoint": endpoint}, id=id_, task_queue="events")


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_killed_worker_loses_no_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as vendors, new_server(tmp_path) as server:
        for name, value in vendors.product_environment().items():
            monkeypatch.setenv(name, value)
        await _killed(vendors, server, tmp_path)


async def _killed(vendors: Loopback, server: TemporalServer, folder: Path) -> None:
    client = await connect(Settings(temporal_address=server.address))
    stage = set_stage(server, folder / "case", queue="events", client=client)
    [endpoint] = event_endpoints(Settings())
    # Set up long before, as the first worker of a deployment did.
    event_deliveries.set_up(stage.ledger, {endpoint.name: endpoint.host}, now=at(-60))
    stage.customer("ACME", now=at(-20))
    stage.invoice("ACME")
    for number in range(3):
        opened = DisputeOpened(dispute=f"D-{number}", invoice="ACME-1", amount="1.00")
        resolved = DisputeResolved(dispute=f"D-{number}")
        new = [fact(f"o-{number}", opened, at(-5)), fact(f"r-{number}", resolved, at(-5))]
        doors.record(stage.ledger, "ACME", new, now=at(-5))
    stage.set_clock(at(-4))
    ids = written(stage, "ACME")
    assert len(ids) == 6
    try:
        victim = stage.workers.start("--die-at", "told", "--count", "3")
        dying = asyncio.create_task(tell(client, endpoint.name))
        await until(lambda: victim.poll() is not None, seconds=PATIENT, otherwise=stage.workers.end_of_log)
        assert victim.returncode == -signal.SIGKILL
        dying.cancel()
        stage.set_clock(at(-4, 11))  # so that the lease of what was under way is over
        stage.workers.start()
        deadline = time.monotonic() + PATIENT
        while event_deliveries.listed(stage.ledger, customer="ACME", unsent=True):
            assert time.monotonic() < deadline, stage.workers.end_of_log()
            await tell(client, endpoint.name)
    finally:
        stage.workers.kill()
        stage.ledger.close()
    arrived = [each.id for each in vendors.product.events if each.data.get("customer") == "ACME"]
    assert list(dict.fromkeys(arrived))[: len(ids)] == ids
    assert len(arrived) > len(set(arrived))  # what was sent at the moment of death came twice
