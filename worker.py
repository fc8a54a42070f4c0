"""Runs the Temporal workers: `python worker.py`. Ends cleanly on SIGTERM and Ctrl-C."""

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack
from time import monotonic

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

from temporalio.client import Client  # noqa: E402

from activities.once import Mark, unmarked  # noqa: E402
from composition import (  # noqa: E402
    connected,
    parts,
    start_digest,
    start_events,
    start_monitors,
    start_sweep,
    watched,
    workers,
)
from ending import Unreachable, leave, status_of  # noqa: E402
from lawbooks import law_of  # noqa: E402
from selfcheck import problems_of_server  # noqa: E402
from settings import Settings  # noqa: E402
from store import rates  # noqa: E402
from store.database import Ledger, migrate  # noqa: E402

PATIENCE_SECONDS = 30
"""How long a server is waited for that does not answer yet: it may have been started with us."""

PAUSE_SECONDS = 1


async def run(settings: Settings, *, mark: Mark = unmarked) -> int:
    """Work until told to stop; return the exit status."""
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url, law_of=law_of(settings))
    rates.shipped()  # A file that cannot be read is told now, and not at every customer.
    client, problems = await meet(settings)
    if problems:
        for problem in problems:
            print(problem, file=sys.stderr)
        return 1
    if (another := await start_sweep(client, settings.task_queue, ledger)) is not None:
        print(another, file=sys.stderr)
        return 1
    await start_digest(client, settings)
    made = parts(settings, ledger, mark=mark)
    await start_monitors(client, settings.task_queue, ledger, names=watched(made))
    await start_events(client, settings.task_queue, ledger, made.endpoints)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as running:
        for worker in workers(client, settings.task_queue, made):
            await running.enter_async_context(worker)
        print(f"working on {settings.task_queue} at {settings.temporal_address}; Ctrl-C stops", flush=True)
        await stop.wait()
    ledger.close()
    return 0


async def meet(settings: Settings) -> tuple[Client, list[str]]:
    """Connect and ask the server what it lacks; one that does not answer yet is waited for.

    Raises:
        Unreachable: it did not answer for `PATIENCE_SECONDS`.
    """
    began, said = monotonic(), False
    while True:
        try:
            async with connected(settings) as client:
                return client, await problems_of_server(client)
        except Unreachable as error:
            if monotonic() - began >= PATIENCE_SECONDS:
                raise
            if not said:
                print(f"{error}; trying again for {PATIENCE_SECONDS} seconds", file=sys.stderr, flush=True)
            said = True
        await asyncio.sleep(PAUSE_SECONDS)


def main() -> int:
    """Run with the environment's settings."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return status_of(lambda: asyncio.run(run(Settings.from_env())))


if __name__ == "__main__":
    leave(main())
