"""The digest's workflow and its schedule, on a real server."""

import asyncio
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client, ScheduleActionExecutionStartWorkflow

from composition import connect, digest_id, parts, start_digest, workers
from settings import Settings
from store.database import Ledger, migrate
from tests.kill.staging import new_server
from workflows.daily_digest import DailyDigest


async def triggered(client: Client, schedule: str) -> str:
    """Have a schedule start its workflow now, and return what that came to."""
    handle = client.get_schedule_handle(schedule)
    await handle.trigger()
    actions = (await handle.describe()).info.recent_actions
    while not actions:  # the server tells nobody
        await asyncio.sleep(0.05)
        actions = (await handle.describe()).info.recent_actions
    started = actions[0].action
    assert isinstance(started, ScheduleActionExecutionStartWorkflow)
    return str(await client.get_workflow_handle(started.workflow_id).result())


async def test_a_schedule_is_made_once_follows_the_settings_and_leaves_one_digest(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    with new_server(tmp_path) as server:
        settings = Settings(
            database_url=url,
            outbox=tmp_path / "outbox",
            temporal_address=server.address,
            finance_email="finance@seller.example",
            seller_timezone="Europe/Berlin",
        )
        client, name = await connect(settings), digest_id(settings.task_queue)
        await start_digest(client, settings, every=timedelta(days=1))
        for _ in range(2):
            await start_digest(client, settings)
        spec = (await client.get_schedule_handle(name).describe()).schedule.spec
        (looking, *_) = workers(client, settings.task_queue, parts(settings, ledger))
        async with looking:
            first = await triggered(client, name)
            second = await client.execute_workflow(
                DailyDigest.run, {}, id="by-hand", task_queue=settings.task_queue
            )

    (hour,) = spec.calendars
    assert (hour.hour[0].start, hour.minute[0].start) == (7, 0)
    assert (spec.time_zone_name, spec.intervals) == ("Europe/Berlin", [])
    assert first == second
    assert first.endswith(": sent")
    assert len([*(tmp_path / "outbox").glob("*.eml")]) == 1
    ledger.close()
