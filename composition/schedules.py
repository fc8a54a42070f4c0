"""The schedules on the Temporal server: the sweep, the digest, what watches by itself, and events."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.events import Endpoint
from composition.assembly import Parts
from composition.product import EVENTS_LOST, event_endpoints
from composition.stripe import stripe_events
from composition.watching import alert_source, budget_keeper
from domain.digest.seen import HOUR
from settings import Settings
from store import clock as clocks
from store import event_deliveries, monitors
from store.database import Ledger
from workflows.daily_digest import DailyDigest
from workflows.events import EventsOut
from workflows.monitoring import (
    ActivityAudit,
    AlertWatch,
    BudgetWatch,
    OutsideWatch,
    ServiceWatch,
    UsageWatch,
)
from workflows.sweep import Sweep


def sweep_id(task_queue: str) -> str:
    """Return the id of the schedule of a queue's sweep; its runs are called so too."""
    return f"sweep/{task_queue}"


def digest_id(task_queue: str) -> str:
    """Return the id of the schedule of a queue's daily digest; its runs are called so too."""
    return f"digest/{task_queue}"


def watch_id(name: str, task_queue: str) -> str:
    """Return the id of the schedule of what watches by itself; its runs are called so too."""
    return f"watch-{name}/{task_queue}"


def events_id(task_queue: str, endpoint: str) -> str:
    """Return the id of the schedule of an endpoint; its runs are called so too."""
    return f"events/{task_queue}/{endpoint}"


UNWATCHED: Mapping[str, str] = {
    monitors.USAGE: "usage is not read",
    monitors.ACTIVITY: "activity logs are not read",
    monitors.SERVICES: "nobody sees what others did to a service",
    monitors.ALERTS: "Microsoft's alerts of fraud are not read",
    monitors.BUDGETS: "no budget is set at Partner Center",
    monitors.STRIPE: "nobody reads what a webhook of Stripe did not bring",
}
"""What does not happen while a watch does not run."""


def schedules(settings: Settings) -> dict[str, str]:
    """Return the ids of a deployment's schedules, and what does not happen without each."""
    queue = settings.task_queue
    names = _watched(alert_source(settings), budget_keeper(settings), stripe_events(settings))
    return {
        sweep_id(queue): "nobody is woken whose wake was lost, and nothing is asked about",
        digest_id(queue): "finance gets no digest",
        **{watch_id(name, queue): lost for name, lost in UNWATCHED.items() if name in names},
        **{events_id(queue, each.name): EVENTS_LOST for each in event_endpoints(settings)},
    }


EVENTS_EVERY = timedelta(minutes=1)

LEDGER = "ledger"
"""In the memo of that schedule: the identity of the ledger that this queue works on."""


async def start_sweep(
    client: Client, task_queue: str, ledger: Ledger, *, every: timedelta = timedelta(minutes=1)
) -> str | None:
    """Create the schedule of the sweep, or leave the one that is there; say when it is another ledger's.

    Two ledgers on one queue would mix their customers in silence.
    """
    name, identity = sweep_id(task_queue), await asyncio.to_thread(lambda: ledger.identity)
    action = ScheduleActionStartWorkflow(Sweep.run, {}, id=name, task_queue=task_queue)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
    try:
        await client.create_schedule(name, Schedule(action=action, spec=spec), memo={LEDGER: identity})
    except ScheduleAlreadyRunningError:
        there = await client.get_schedule_handle(name).describe()
        if await there.memo_value(LEDGER, identity) != identity:
            return (
                f"task queue {task_queue} works on another ledger: give this one a TASK_QUEUE of its own,"
                f" or delete the schedule {name} if that ledger is gone"
            )
    return None


async def start_digest(client: Client, settings: Settings, *, every: timedelta | None = None) -> None:
    """Create the schedule of the daily digest, or bring the one that is there to these settings.

    A day on which nobody worked is made up for by one run.

    Args:
        every: look so often whether one is due, as a demo does whose days pass in seconds.
    """
    name, queue = digest_id(settings.task_queue), settings.task_queue
    action = ScheduleActionStartWorkflow(DailyDigest.run, {}, id=name, task_queue=queue)
    hour = ScheduleCalendarSpec(hour=[ScheduleRange(HOUR.hour)], minute=[ScheduleRange(HOUR.minute)])
    spec = (
        ScheduleSpec(calendars=[hour], time_zone_name=settings.seller_timezone)
        if every is None
        else ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
    )
    wanted = Schedule(action=action, spec=spec)
    try:
        await client.create_schedule(name, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(lambda there: ScheduleUpdate(schedule=wanted))


_MONITORS_EVERY = timedelta(hours=6)
"""So that one failed run is no alarm, which comes after a day."""

WATCHES: Mapping[str, tuple[Any, timedelta]] = {
    monitors.USAGE: (UsageWatch, _MONITORS_EVERY),
    monitors.ACTIVITY: (ActivityAudit, _MONITORS_EVERY),
    # How soon a service is looked at of which a webhook says that it changed; without one it is once a day.
    monitors.SERVICES: (ServiceWatch, timedelta(minutes=5)),
    # Microsoft wants an answer within the hour, and its webhook may never come.
    monitors.ALERTS: (AlertWatch, timedelta(minutes=10)),
    monitors.BUDGETS: (BudgetWatch, timedelta(minutes=15)),
    # So much later is known at most what a webhook would have told.
    monitors.STRIPE: (OutsideWatch, timedelta(hours=1)),
}
"""What watches by itself, and how often."""

ALWAYS = frozenset({monitors.USAGE, monitors.ACTIVITY, monitors.SERVICES})
"""Those that need no provider: files stand in, or there is nothing to look at."""


def watched(made: Parts) -> frozenset[str]:
    """Return what watches by itself, of these parts."""
    return _watched(made.alerts, made.budgets, made.teller)


def _watched(alerts: object, budgets: object, teller: object) -> frozenset[str]:
    given = {monitors.ALERTS: alerts, monitors.BUDGETS: budgets, monitors.STRIPE: teller}
    return ALWAYS | {name for name, provider in given.items() if provider is not None}


async def start_monitors(
    client: Client,
    task_queue: str,
    ledger: Ledger,
    *,
    names: Container[str] = ALWAYS,
) -> None:
    """Create the schedules of what watches by itself, or leave them as they are, and expect them to run.

    What is not set up, or not any more, has none, so that its silence is no alarm.
    """
    for name, (workflow, interval) in WATCHES.items():
        id_ = watch_id(name, task_queue)
        if name not in names:
            await _delete(client, id_)
            await asyncio.to_thread(monitors.expect_no_more, ledger, name)
            continue
        action = ScheduleActionStartWorkflow(workflow.run, {}, id=id_, task_queue=task_queue)
        spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=interval)])
        with suppress(ScheduleAlreadyRunningError):
            await client.create_schedule(id_, Schedule(action=action, spec=spec))
        await asyncio.to_thread(_expect, ledger, name)


async def start_events(
    client: Client,
    task_queue: str,
    ledger: Ledger,
    endpoints: Sequence[Endpoint],
    *,
    every: timedelta = EVENTS_EVERY,
) -> None:
    """Have a schedule for each endpoint, and none for those that the settings name no more."""
    wanted = {each.name: each.host for each in endpoints}
    closed = await asyncio.to_thread(_set_up, ledger, wanted)
    for name in closed:
        await _delete(client, events_id(task_queue, name))
    for name in wanted:
        id_ = events_id(task_queue, name)
        action = ScheduleActionStartWorkflow(EventsOut.run, {"endpoint": name}, id=id_, task_queue=task_queue)
        spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
        with suppress(ScheduleAlreadyRunningError):
            await client.create_schedule(id_, Schedule(action=action, spec=spec))


def _set_up(ledger: Ledger, wanted: Mapping[str, str]) -> list[str]:
    now = clocks.read(ledger).business(datetime.now(UTC))
    return event_deliveries.set_up(ledger, wanted, now=now)


async def _delete(client: Client, schedule: str) -> None:
    try:
        await client.get_schedule_handle(schedule).delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _expect(ledger: Ledger, name: str) -> None:
    monitors.expect(ledger, name, now=clocks.read(ledger).business(datetime.now(UTC)))
