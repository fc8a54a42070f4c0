"""The world outside: every vendor that is set up, asked at the same time; nothing is changed there."""

import asyncio
from collections.abc import Callable, Iterator

from composition import probes
from domain.health import Sight
from selfcheck.finding import Finding
from settings import Settings


async def of_vendors(settings: Settings) -> list[Finding]:
    """Look at each vendor, as far as it can be seen from here."""

    looked = await asyncio.gather(*(asyncio.to_thread(_seen, probe.look) for probe in probes(settings)))
    return [_finding(sight) for sights in looked for sight in sights]


def _seen(look: Callable[[], Iterator[Sight]]) -> list[Sight]:
    return list(look())


def _finding(sight: Sight) -> Finding:
    return Finding(about=sight.title, ok=sight.ok, words=sight.words, then=sight.then)
