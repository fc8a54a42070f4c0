"""Take the pictures of the guides from the real thing: `make screenshots`.

Each picture is one function, in the list of those who stand on the same stage: to add one, write it and
put it there. The days are fixed; clocks and random ids of the Temporal UI differ from run to run.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demo.newcomers import NEWCOMERS
from domain.calendar import use_pinned_zones
from domain.ui_links import VIEWS, view_link
from settings import ROOT
from tests.browser.browsing import browsing, executable, expect, paging
from tests.browser.cast import BEGINS, NOW, people
from tests.browser.stage import Stage, staged
from tests.browser.temporal_ui import NAMESPACE, TemporalUI

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1200, "height": 900}
COLUMNS = ("Stage", "NextAction", "NextActionAt", "OverdueAmount")
DAYS_A_SECOND = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One picture while it is taken."""

    stage: Stage
    page: Any

    @property
    def ui(self) -> TemporalUI:
        """The Temporal UI on this page."""
        return TemporalUI(page=self.page, address=self.stage.server.ui)

    async def take(self, name: str, *, height: int = SIZE["height"]) -> None:
        """Keep what is on the screen, from its top."""
        clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
        await self.page.screenshot(path=IMAGES / f"{name}.png", clip=clip, animations="disabled")
        print(f"docs/images/{name}.png", flush=True)


Picture = Callable[[Taking], Awaitable[None]]


async def listed(taking: Taking) -> None:
    """What waits for a person, with the columns that finance wants."""
    view = VIEWS["waiting"]
    await taking.page.goto(taking.stage.server.ui + view_link(NAMESPACE, view))
    await expect(taking.page.get_by_role("table", name="Workflows")).to_be_visible()
    await taking.take("temporal-list", height=640)


async def details(taking: Taking) -> None:
    """One customer in words."""
    await taking.ui.reads("customer/ALDER", "Final notice sent: 6,400.00 EUR overdue since 21 Apr 2026")
    await taking.take("temporal-details")


async def refused(taking: Taking) -> None:
    """An update that is refused."""
    says = "Cannot resume: Nothing is paused."
    await taking.ui.refused("customer/ALDER", "resume", {"reason": "time is over", "by": "maria"}, says)
    await taking.take("temporal-update", height=760)


async def timeline(taking: Taking) -> None:
    """The timeline of a customer who was suspended."""
    await taking.ui.open("customer/ASPEN")
    await expect(taking.page.get_by_test_id("timeline-tab")).to_be_visible()
    await taking.take("temporal-timeline")


ON_ONE_DAY: Sequence[Picture] = (listed, details, refused)
"""Of customers in every stage, who were brought there day by day."""

IN_TIME: Sequence[Picture] = (timeline,)
"""Of one customer for whom time has passed, so that waits are as long as they are in life."""


async def take_all(folder: Path) -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    async with browsing() as browser:
        async with staged(folder / "day", people("ALDER", "WILLOW", "BIRCH", "ASPEN")) as stage:
            await stage.apply(each for each in NEWCOMERS if each.comes_to == "review")
            await _take(ON_ONE_DAY, stage, browser)
        suspended = people("ASPEN")
        async with staged(folder / "time", suspended, until=BEGINS) as stage:
            await stage.hurry(suspended, until=NOW, days_a_second=DAYS_A_SECOND)
            await _take(IN_TIME, stage, browser)


async def _take(pictures: Sequence[Picture], stage: Stage, browser: Any) -> None:
    async with paging(browser, viewport=SIZE) as page:
        for picture in pictures:
            await picture(Taking(stage=stage, page=page))


def main() -> int:
    """Take the pictures, if there is a browser."""
    if executable() is None:
        print("no browser: install Chromium, on Debian with `apt-get install chromium`", file=sys.stderr)
        return 1
    use_pinned_zones()
    with TemporaryDirectory() as folder:
        asyncio.run(take_all(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
