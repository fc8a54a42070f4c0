"""Runs the Temporal workers: `python worker.py`. Ends cleanly on SIGTERM and Ctrl-C."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack
from typing import NoReturn

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

from activities.messages import Mark, unmarked  # noqa: E402
from composition import connect, parts, start_sweep, workers  # noqa: E402
from selfcheck import problems_of_server  # noqa: E402
from settings import BadSettings, Settings  # noqa: E402
from store.database import Ledger, migrate  # noqa: E402


async def run(settings: Settings, *, mark: Mark = unmarked) -> int:
    """Work until told to stop; return the exit status."""
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url)
    client = await connect(settings)
    problems = await problems_of_server(client)
    if problems:
        for problem in problems:
            print(problem, file=sys.stderr)
        return 1
    if (another := await start_sweep(client, settings.task_queue, ledger)) is not None:
        print(another, file=sys.stderr)
        return 1
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as running:
        for worker in workers(client, settings.task_queue, parts(settings, ledger, mark=mark)):
            await running.enter_async_context(worker)
        print(f"working on {settings.task_queue} at {settings.temporal_address}; Ctrl-C stops", flush=True)
        await stop.wait()
    ledger.close()
    return 0


def main() -> int:
    """Run with the environment's settings."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = Settings.from_env()
    except BadSettings as bad:
        print(bad, file=sys.stderr)
        return 2
    return asyncio.run(run(settings))


def leave(status: int) -> NoReturn:
    """Exit without interpreter shutdown, in which a Temporal client may abort.

    Source: github.com/temporalio/sdk-python/issues/300.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main())
