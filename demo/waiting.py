"""Waiting for what workers write to the ledger: nobody tells the demo's driver."""

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 30
LOOK_SECONDS = 0.05


async def until(true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it was not, for so long.
    """
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110  # workers write it to the ledger
            await asyncio.sleep(LOOK_SECONDS)
