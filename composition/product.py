"""The seller's own product: the systems that report to us, and what it is told and asked."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleSpec,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.events import Endpoint
from ending import WRONG_USAGE, Stop
from settings import Settings
from store import clock as clocks
from store import event_deliveries
from store.database import Ledger
from workflows.events import EventsOut

if TYPE_CHECKING:
    from providers.facts_door import FactsDoor
    from providers.webhooks_out.switch import ProductSwitch

EVENTS_EVERY = timedelta(minutes=1)
EVENTS_LOST = "your product is told of no events: they wait"
"""What does not happen without a schedule, or a worker on the queue of events."""

_REMEDY = "write whsec_ and a key of 24 to 64 bytes in base64"


def reports_door(settings: Settings) -> "FactsDoor | None":
    """Return what takes the reports of other systems; None where none may report by webhook.

    Raises:
        Stop: a secret cannot be used.
    """
    if not settings.reporters:
        return None
    from providers.facts_door import FactsDoor

    try:
        return FactsDoor(secrets=settings.reporters)
    except ValueError:
        words = f"FACTS_WEBHOOK_SECRETS has an entry that is no secret: {_REMEDY}"
        raise Stop(words, status=WRONG_USAGE) from None


def event_endpoints(settings: Settings) -> list[Endpoint]:
    """Return where events go; nowhere without EVENTS_URL.

    Raises:
        Stop: a secret cannot be used.
    """
    if not settings.event_urls:
        return []
    from providers.webhooks_out.endpoint import WebhookEndpoint

    try:
        return [WebhookEndpoint(url=url, secrets=settings.event_secrets) for url in settings.event_urls]
    except ValueError:
        raise Stop(f"EVENTS_SECRET is no secret: {_REMEDY}", status=WRONG_USAGE) from None


def product_switch(settings: Settings) -> "ProductSwitch | None":
    """Return the seller's product as who keeps services, provider `webhook`; None without SERVICE_URL.

    Raises:
        Stop: a secret cannot be used.
    """
    if settings.service_url is None:
        return None
    from providers.webhooks_out.switch import ProductSwitch

    try:
        return ProductSwitch(url=settings.service_url, secrets=settings.service_secrets)
    except ValueError:
        raise Stop(f"SERVICE_SECRET is no secret: {_REMEDY}", status=WRONG_USAGE) from None


def events_id(task_queue: str, endpoint: str) -> str:
    """Return the id of the schedule of an endpoint; its runs are called so too."""
    return f"events/{task_queue}/{endpoint}"


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


async def _delete(client: Client, id_: str) -> None:
    try:
        await client.get_schedule_handle(id_).delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
