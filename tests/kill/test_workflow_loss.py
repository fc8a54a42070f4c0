"""Workflows are reset, terminated, or lost with their whole namespace: the ledger brings all of it back.

Nobody wakes anybody after the loss: only the sweep, every second here. Business time stands at the
customers' day and is moved on by the test.
"""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.client import WorkflowExecution as Run

from activities.books import AT_WORK, SWITCHING
from composition import connect, start_sweep
from domain.facts import PaymentReceived
from providers.temporal_server import TemporalServer
from settings import Settings
from store import doors
from tests.kill.staging import DUE, Stage, at, fact, new_server, set_stage, until
from workflows.patience import EFFECT, TURN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(480)]

PATIENT = 120
SWEEP_EVERY = timedelta(seconds=1)
LATE, SUSPENDED = "LATE", "SUSPENDED"
LATE_DUE = 14
"""The one is due so many days after the other: it hears of us first when the other is suspended."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    server = new_server(tmp_path / "server")
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
async def stage(server: TemporalServer, tmp_path: Path) -> AsyncIterator[Stage]:
    client = await connect(Settings(temporal_address=server.address))
    stage = set_stage(server, tmp_path, queue="loss", client=client)
    await start_sweep(client, "loss", stage.ledger, every=SWEEP_EVERY)
    yield stage
    stage.workers.kill()
    stage.ledger.close()


# --- what strikes --------------------------------------------------------------------------------

Disaster = Callable[[Stage, TemporalServer], Awaitable[None]]


async def ours(stage: Stage) -> list[Run]:
    """The running workflows of customers and their services."""
    running = [each async for each in stage.client.list_workflows("ExecutionStatus = 'Running'")]
    return [each for each in running if each.id.startswith(("customer/", "suspension/"))]


async def reset(client: Client, run: Run) -> None:
    """Reset a workflow to its first task: it forgets all that it has seen."""
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    completed = [
        event.event_id
        async for event in handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]
    request = ResetWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=run.id, run_id=run.run_id),
        reason="test",
        request_id=str(uuid.uuid4()),
        workflow_task_finish_event_id=completed[0],
    )
    await client.workflow_service.reset_workflow_execution(request)


async def reset_everything(stage: Stage, server: TemporalServer) -> None:
    for run in await ours(stage):
        await reset(stage.client, run)


async def terminate_everything(stage: Stage, server: TemporalServer) -> None:
    for run in await ours(stage):
        await stage.client.get_workflow_handle(run.id, run_id=run.run_id).terminate("test")


async def lose_the_namespace(stage: Stage, server: TemporalServer) -> None:
    """Server and workers die, and the server comes back without its database."""
    stage.workers.kill()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await asyncio.to_thread(server.stop)
    for file in server.database.parent.glob(f"{server.database.name}*"):
        file.unlink()
    await asyncio.to_thread(server.start)
    assert await ours(stage) == []
    await start_sweep(stage.client, "loss", stage.ledger, every=SWEEP_EVERY)
    stage.workers.start()


# --- what must hold ------------------------------------------------------------------------------


def prepare(stage: Stage) -> list[str]:
    """Two customers, of whom one has had its warnings; return the messages of that history."""
    stage.customer(SUSPENDED, now=at(-20))
    stage.invoice(SUSPENDED)
    stage.customer(LATE, now=at(-20))
    stage.invoice(LATE, due=DUE + timedelta(days=LATE_DUE))
    for day, key in ((2, "first/email"), (5, "second/email"), (6, "call/task"), (9, "final/email")):
        stage.send(SUSPENDED, key, at(day))
    stage.send(SUSPENDED, "final/sms", at(9))
    stage.set_clock(at(16))
    return stage.messages("notice")


async def taken(stage: Stage, name: str, *steps: str) -> None:
    """Wait until these steps of a customer were taken, and no other beyond them."""
    wanted = set(steps)
    await until(
        lambda: {step for step, _, state in stage.states(name) if state == "sent"} == wanted,
        seconds=PATIENT,
        otherwise=lambda: (name, stage.states(name), stage.workers.end_of_log()),
    )


@pytest.mark.parametrize("disaster", [reset_everything, terminate_everything, lose_the_namespace])
async def test_nothing_is_missing_and_nothing_twice_after_the_loss_of(
    disaster: Disaster, stage: Stage, server: TemporalServer
) -> None:
    before = prepare(stage)
    warned = ("first", "second", "call", "final")
    stage.workers.start()
    for name in (LATE, SUSPENDED):
        await stage.wake(name)
    await taken(stage, LATE, "first")
    await taken(stage, SUSPENDED, *warned, "suspend", "suspended")
    await stage.rest()
    await disaster(stage, server)

    paid = PaymentReceived(payment="P-1", amount="100.00", currency="EUR", invoice=f"{SUSPENDED}-1")
    doors.record(stage.ledger, SUSPENDED, [fact("P-1", paid, at(18))], now=at(18))
    stage.set_clock(at(18))
    await taken(stage, SUSPENDED, *warned, "suspend", "suspended", "reactivate", "thanks")
    for day, count in ((5, 2), (6, 3), (9, 4)):
        stage.set_clock(at(LATE_DUE + day))
        await taken(stage, LATE, *warned[:count])
    stage.set_clock(at(LATE_DUE + 16))
    await taken(stage, LATE, *warned, "suspend", "suspended")
    await stage.rest()

    for name in (LATE, SUSPENDED):
        assert stage.steps(name) == stage.simulated(name)
    stage.promises_hold(sent_before=before)


@pytest.mark.parametrize("disaster", [reset_everything, terminate_everything])
async def test_a_message_that_is_being_sent_when_its_workflow_is_lost_goes_out_once(
    disaster: Disaster, stage: Stage, server: TemporalServer
) -> None:
    stage.customer(LATE, now=at(-20))
    stage.invoice(LATE)
    stage.set_clock(at(2))
    stage.workers.start("--rest-at", "claimed", "--rest-seconds", "3")
    await stage.wake(LATE)
    await until(lambda: stage.states(LATE) != [], seconds=PATIENT, otherwise=stage.workers.end_of_log)
    assert stage.states(LATE) == [("first", "email", "claimed")]
    await disaster(stage, server)
    await stage.wake(LATE)
    await taken(stage, LATE, "first")
    await stage.rest()
    stage.promises_hold()


def test_an_effect_is_taken_to_be_at_work_for_as_long_as_it_may_be() -> None:
    assert EFFECT["start_to_close_timeout"] <= AT_WORK
    assert TURN["start_to_close_timeout"] <= SWITCHING
