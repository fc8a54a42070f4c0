"""The schedules of what watches, on a real server: made, woken by a webhook, and gone with their provider."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client

from composition import connect, start_monitors, watch_id, watch_waker
from settings import Settings
from store import monitors
from store.database import Ledger, migrate
from tests.kill.staging import new_server

pytestmark = pytest.mark.slow


async def scheduled(client: Client) -> set[str]:
    return {each.id async for each in await client.list_schedules()}


async def until_scheduled(client: Client, expected: set[str]) -> None:
    """Wait until the server lists these: it does so some time after they were made or deleted."""
    async with asyncio.timeout(60):
        while await scheduled(client) != expected:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.2)


async def test_a_watch_is_there_as_long_as_its_provider_and_runs_when_it_is_woken(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    always = {"usage", "activity", "services"}
    names = {name: watch_id(name, "arrears") for name in (*always, "alerts", "stripe")}
    with new_server(tmp_path) as server:
        client = await connect(Settings(temporal_address=server.address))
        for _ in range(2):
            await start_monitors(client, "arrears", ledger, names=names)
        await until_scheduled(client, {*names.values()})
        assert {each.name for each in monitors.all_of(ledger)} == set(names)

        await watch_waker(client, "arrears")("alerts")
        async with asyncio.timeout(60):
            handle = client.get_schedule_handle(names["alerts"])
            while not (await handle.describe()).info.recent_actions:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.2)

        await start_monitors(client, "arrears", ledger)
        await until_scheduled(client, {names[each] for each in always})
        assert {each.name for each in monitors.all_of(ledger)} == always
    ledger.close()
