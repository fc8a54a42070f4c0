"""Waking: after a fact is written, the workflows that have to look are told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

Wake = Callable[[str], Awaitable[None]]
Woken = tuple[Wake, str]
"""Who is to be woken, and by what."""

WAKE_SECONDS = 5.0

_log = logging.getLogger("arrears.web")


async def wake_all(waking: Sequence[Woken]) -> None:
    """Wake workflows until one fails: Temporal is away then, and the sweep wakes the rest within a minute."""
    try:
        for wake, name in waking:
            await asyncio.wait_for(wake(name), timeout=WAKE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it is, the fact is written
        _log.warning("a workflow was not woken (%s): the sweep does it", type(error).__name__)


def by(wake: Wake) -> Callable[[Sequence[str]], Awaitable[None]]:
    """Return what wakes the workflows of several by their names."""

    async def woken(names: Sequence[str]) -> None:
        await wake_all([(wake, name) for name in names])

    return woken
