"""What `doctor` says of a real server: schedules that are missing or paused, and queues without workers."""

from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import SecretStr

from composition import (
    connect,
    parts,
    queues,
    schedules,
    start_digest,
    start_events,
    start_monitors,
    start_sweep,
    sweep_id,
    watched,
    workers,
)
from selfcheck.server import of_server
from settings import Settings
from store.database import Ledger, migrate
from tests.kill.staging import new_server


async def broken(settings: Settings) -> dict[str, str]:
    """Return what is wrong, by what it is about."""
    return {each.about: each.words for each in await of_server(settings) if not each.ok}


async def test_doctor_says_what_of_a_deployment_is_missing_on_the_server(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    with new_server(tmp_path) as server:
        settings = Settings(
            database_url=url,
            temporal_address=server.address,
            outbox=tmp_path / "outbox",
            bank=tmp_path / "bank",
            stripe_api_key=SecretStr("sk_test_hush"),
            stripe_webhook_secret=SecretStr("whsec_hush-hush"),
            events_url="http://127.0.0.1:1/events",
            events_secret=SecretStr("whsec_" + "c2VjcmV0" * 4),
        )
        client = await connect(settings)
        new = await broken(settings)
        assert set(new) == {
            *(f"schedule {name}" for name in schedules(settings)),
            *(f"queue {name}" for name in queues(settings)),
        }
        assert "schedule watch-stripe/arrears" in new
        assert new["queue arrears-sms"] == "no worker listens: start one, `worker.py`"

        await start_sweep(client, "arrears", ledger)
        await start_digest(client, settings)
        given = parts(settings, ledger)
        await start_monitors(client, "arrears", ledger, names=watched(given))
        await start_events(client, "arrears", ledger, given.endpoints)
        made = workers(client, "arrears", given)
        assert {worker.task_queue for worker in made} == set(queues(settings))
        async with AsyncExitStack() as running:
            for worker in made:
                await running.enter_async_context(worker)
            await client.get_schedule_handle(sweep_id("arrears")).pause(note="for a while")
            assert await settled(settings) == {
                "schedule sweep/arrears": (
                    "is paused: go on with `temporal schedule toggle --unpause --schedule-id sweep/arrears`"
                )
            }
    ledger.close()


async def settled(settings: Settings) -> dict[str, str]:
    """Look until the server has heard of every worker, which are only starting."""
    found = await broken(settings)
    while any(about.startswith("queue ") for about in found):
        found = await broken(settings)  # each look is several calls: nobody spins
    return found
