"""The player: one customer at a time through the real workflows, on one time-skipping server.

The server's clock starts at the real now and leaps when a workflow ends, so each customer gets a
clock of its own that maps the server's time to the days of its history. Facts come in at their
instants through the same door as in production; between them the server skips to the next timer.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from composition import Parts, waker, workers
from domain.clock import BusinessClock
from store import doors
from store.facts import NewFact
from workflows.conversion import DATA_CONVERTER
from workflows.search_attributes import INDEXED_TYPES, SEARCH_ATTRIBUTES

CHILDREN = ("suspension", "onboarding")
MOMENT = timedelta(minutes=1)
"""Between two facts of one customer so much time passes at least, as between two clicks."""
AT_ONCE = timedelta(days=30)
"""So much time the server skips in one call, which a slow machine answers well before the client gives up."""
MOST_STANDSTILLS = 3
"""So often a client may give up waiting for one instant: the machine stood still, and the server goes on."""


class ServerClock:
    """The business clock of the customer that is being played."""

    def __init__(self) -> None:
        self.clock = BusinessClock()

    def __call__(self) -> BusinessClock:
        return self.clock


class Player:
    """Plays customers, one after the other, on one server."""

    def __init__(self, env: WorkflowEnvironment, made: Parts, clock: ServerClock, task_queue: str) -> None:
        self.env = env
        self.ledger = made.books.ledger
        self.clock = clock
        self.wake = waker(env.client, task_queue)

    async def begin(self, start_at: datetime) -> None:
        """Set the business clock to `start_at`."""
        self.clock.clock = BusinessClock(real_at=await self.env.get_current_time(), business_at=start_at)

    async def play(
        self, customer_id: str, facts: Sequence[tuple[datetime, NewFact]], until: datetime
    ) -> None:
        """Bring in each fact at its instant, and go on until `until`. The customer is in the ledger."""
        if not facts:
            return
        await self.begin(facts[0][0] - MOMENT)
        for at, group in groupby(facts, key=lambda pair: pair[0]):
            await self.sleep_until(at)
            new = [fact for _, fact in group]
            recorded = await asyncio.to_thread(doors.record, self.ledger, customer_id, new, now=at)
            if recorded.wake:
                await self.wake(customer_id)
                await self.sleep_until(at + MOMENT)
        await self.sleep_until(until)

    async def sleep_until(self, at: datetime) -> None:
        """Let the server's time run, or skip, until a business instant."""
        real, standstills = self.clock.clock.real(at), 0
        while (wait := real - await self.env.get_current_time()) > timedelta(0):
            try:
                await self.env.sleep(min(wait, AT_ONCE))
            except RPCError as error:
                standstills += 1
                if error.status is not RPCStatusCode.CANCELLED or standstills > MOST_STANDSTILLS:
                    raise

    async def end(self, customer_id: str) -> None:
        """Terminate what still waits, so that its timers do not run in the next customer's time."""
        for workflow_id in (f"customer/{customer_id}", *(f"{kind}/{customer_id}" for kind in CHILDREN)):
            with suppress(RPCError):
                await self.env.client.get_workflow_handle(workflow_id).terminate("the replay is over")


def test_server() -> str:
    """Return the path of the time-skipping server, a program beside the interpreter."""
    path = Path(sys.executable).with_name("temporal-test-server")
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is not installed: run `make check` once, it makes .venv")
    return str(path)


@asynccontextmanager
async def player(made: Parts, *, task_queue: str = "arrears") -> AsyncIterator[Player]:
    """Start a time-skipping server with workers of its own, and give a player for it."""
    clock = ServerClock()
    made = replace(made, books=replace(made.books, clock=clock))
    async with AsyncExitStack() as running:
        env = await running.enter_async_context(
            await WorkflowEnvironment.start_time_skipping(
                test_server_existing_path=test_server(), data_converter=DATA_CONVERTER
            )
        )
        await _register(env)
        for worker in workers(env.client, task_queue, made):
            await running.enter_async_context(worker)
        yield Player(env, made, clock, task_queue)


async def _register(env: WorkflowEnvironment) -> None:
    """Register the search attributes; this server takes them by this call only."""
    types = {name: INDEXED_TYPES[kind] for name, kind in SEARCH_ATTRIBUTES.items()}
    request = AddSearchAttributesRequest(namespace="default", search_attributes=types)  # type: ignore[arg-type]
    await env.client.operator_service.add_search_attributes(request)
