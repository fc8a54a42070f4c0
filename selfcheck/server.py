"""The Temporal server: what it lacks, what stands still there, and whether anybody works."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from composition import connected, queues, schedules
from ending import Unreachable
from selfcheck.finding import Finding
from settings import Settings
from workflows.search_attributes import INDEXED_TYPES, SEARCH_ATTRIBUTES

POLLED_WITHIN = timedelta(minutes=2)
"""A worker that listens asks anew within one; the server remembers those that are gone for some."""


async def problems_of_server(client: Client) -> list[str]:
    """Return what a server lacks, with the remedy; an unregistered attribute would stall every workflow."""
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    known = dict(answer.custom_attributes)
    problems = []
    for name, kind in SEARCH_ATTRIBUTES.items():
        command = f"temporal operator search-attribute create --name {name} --type {kind}"
        if name not in known:
            problems.append(f"search attribute {name} is not registered: run `{command}`")
        elif known[name] != INDEXED_TYPES[kind]:
            problems.append(
                f"search attribute {name} has another type than {kind}: remove it, then run `{command}`"
            )
    return problems


async def of_server(settings: Settings) -> list[Finding]:
    """Look at the server, and at what this deployment has on it."""
    about = f"Temporal at {settings.temporal_address}"
    try:
        async with connected(settings) as client:
            problems = await problems_of_server(client)
            findings = [Finding(about=about, ok=False, words=problem) for problem in problems]
            if not problems:
                findings.append(Finding(about=about, ok=True, words=f"namespace {client.namespace}"))
            findings.append(await _stuck(client))
            findings += [each async for each in _schedules(client, settings)]
            findings += [each async for each in _workers(client, settings)]
    except Unreachable as error:
        return [Finding(about=about, ok=False, words=error.why, then="nothing is waited for or sent")]
    return findings


async def _stuck(client: Client) -> Finding:
    stuck = await client.count_workflows("TemporalReportedProblems IS NOT NULL")
    words = f"{stuck.count} workflows cannot go on" + (
        ": filter the UI's list by Failures" if stuck.count else ""
    )
    return Finding(about="workflows", ok=not stuck.count, words=words)


async def _schedules(client: Client, settings: Settings) -> AsyncIterator[Finding]:
    """Say which schedules are missing or paused; somebody may have paused one in the UI, and forgotten it."""
    running = 0
    for name, then in schedules(settings).items():
        about = f"schedule {name}"
        try:
            there = (await client.get_schedule_handle(name).describe()).schedule
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            words = "is not there: a worker that starts makes it"
            yield Finding(about=about, ok=False, words=words, then=then)
            continue
        running += not there.state.paused
        if there.state.paused:
            words = f"is paused: go on with `temporal schedule toggle --unpause --schedule-id {name}`"
            yield Finding(about=about, ok=False, words=words, then=then)
    if running:
        yield Finding(about="schedules", ok=True, words=f"{running} run")


async def _workers(client: Client, settings: Settings) -> AsyncIterator[Finding]:
    """Say on which queues nobody listens."""
    listening = 0
    for name, then in queues(settings).items():
        kinds = [TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY]
        if name == settings.task_queue:
            kinds.append(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
        if all([await _polled(client, name, kind) for kind in kinds]):
            listening += 1
        else:
            words = "no worker listens: start one, `worker.py`"
            yield Finding(about=f"queue {name}", ok=False, words=words, then=then)
    if listening:
        yield Finding(about="workers", ok=True, words=f"listen on {listening} queues")


async def _polled(client: Client, name: str, kind: "TaskQueueType.ValueType") -> bool:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=name), task_queue_type=kind
    )
    answer = await client.workflow_service.describe_task_queue(request)
    since = datetime.now(UTC) - POLLED_WITHIN
    return any(poller.last_access_time.ToDatetime(UTC) > since for poller in answer.pollers)
