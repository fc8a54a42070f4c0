"""Temporal: the connection, and what wakes a workflow through it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client, ScheduleOverlapPolicy
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from activities.customers import Wake
from activities.incidents import WakeIncident
from activities.watching import WakeTurn
from composition.schedules import watch_id
from ending import Unreachable
from settings import Settings
from workflows.conversion import DATA_CONVERTER
from workflows.customer_lifecycle import CustomerLifecycle
from workflows.risk_incident import RiskIncident

CONNECT_SECONDS = 5
"""How long a connection to Temporal may take; a command goes on without."""

_REFUSALS = (RPCStatusCode.NOT_FOUND, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED)


async def connect(settings: Settings) -> Client:
    """Connect to Temporal; the JSON that travels is read and written by pydantic.

    Raises:
        Unreachable: it does not answer within five seconds.
    """
    key = settings.temporal_api_key
    connecting = Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=None if key is None else key.get_secret_value(),
        data_converter=DATA_CONVERTER,
    )
    try:
        return await asyncio.wait_for(connecting, timeout=CONNECT_SECONDS)
    except (RPCError, RuntimeError, TimeoutError, ValueError) as error:  # the last: no such address can be
        raise _unreachable(settings, error) from error


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Client]:
    """Give a client of Temporal, for calls without which the caller can go on or say why not.

    Raises:
        Unreachable: it does not answer, or refuses, now or at a call in the block.
    """
    client = await connect(settings)
    try:
        yield client
    except RPCError as error:
        raise _unreachable(settings, error) from error


def _unreachable(settings: Settings, error: Exception) -> Unreachable:
    if isinstance(error, RPCError) and error.status in _REFUSALS:
        remedy = "check TEMPORAL_NAMESPACE and TEMPORAL_API_KEY"
        return Unreachable(settings.temporal_address, f"refuses ({error.message.rstrip('.')}): {remedy}")
    return Unreachable(settings.temporal_address, "does not answer: start it, or set TEMPORAL_ADDRESS")


def waker(client: Client, task_queue: str) -> Wake:
    """Return what starts or wakes a customer's workflow."""
    return _starter(client, task_queue, CustomerLifecycle.run, "customer")


def incident_waker(client: Client, task_queue: str) -> WakeIncident:
    """Return what starts or wakes an incident's workflow."""
    return _starter(client, task_queue, RiskIncident.run, "incident")


def _starter(
    client: Client, task_queue: str, run: Callable[[Any, Any], Awaitable[str]], kind: str
) -> Callable[[str], Awaitable[None]]:
    """Return what starts or wakes a workflow by its subject: one call, whichever it needs."""

    async def wake(subject: str) -> None:
        await client.start_workflow(
            run,
            {f"{kind}_id": subject},
            id=f"{kind}/{subject}",
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="News",
        )

    return wake


def watch_waker(client: Client, task_queue: str) -> Wake:
    """Return what has a monitor run now: after the run that is under way, where one is."""

    async def wake(name: str) -> None:
        handle = client.get_schedule_handle(watch_id(name, task_queue))
        try:
            await handle.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)
        except RPCError as error:
            # Of what is not set up there is no monitor, though its webhook may come.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    return wake


def turn_waker(client: Client) -> WakeTurn:
    """Return what wakes a suspension that waits for its provider; where there is none, nobody waits."""

    async def wake(customer_id: str) -> None:
        try:
            await client.get_workflow_handle(f"suspension/{customer_id}").signal("News")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    return wake


def patient_wakers(settings: Settings) -> tuple[Wake, WakeIncident, Wake]:
    """Return wakers that connect when it is first needed: webhooks are taken while Temporal is away."""
    clients: list[Client] = []

    async def client() -> Client:
        if not clients:
            clients.append(await connect(settings))
        return clients[0]

    async def wake(customer_id: str) -> None:
        await waker(await client(), settings.task_queue)(customer_id)

    async def wake_incident(incident_id: str) -> None:
        await incident_waker(await client(), settings.task_queue)(incident_id)

    async def wake_watch(name: str) -> None:
        await watch_waker(await client(), settings.task_queue)(name)

    return wake, wake_incident, wake_watch
