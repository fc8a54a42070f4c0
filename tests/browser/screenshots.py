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

from composition import page_links, patient_wakers, site
from demo.newcomers import NEWCOMERS
from domain.calendar import use_pinned_zones
from domain.ui_links import VIEWS, start_link, view_link
from providers.loopback.server import Loopback
from providers.temporal_server import HOST
from settings import ROOT, Settings
from tests.browser.browsing import PHONE, browsing, executable, expect, paging
from tests.browser.cast import BEGINS, NOW, people
from tests.browser.stage import Stage, serving, staged
from tests.browser.temporal_ui import NAMESPACE, TemporalUI
from tests.kill.staging import free_ports

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1440, "height": 1500}
NOT_WANTED = ("Run ID", "Type", "Start", "End")
WANTED = ("Stage", "OverdueAmount", "OpenTasks", "NextAction", "NextActionAt")
DAYS_A_SECOND = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One picture while it is taken; the settings say where our own pages are."""

    stage: Stage
    page: Any
    settings: Settings

    @property
    def ui(self) -> TemporalUI:
        """The Temporal UI on this page."""
        return TemporalUI(page=self.page, address=self.stage.server.ui)

    async def take(self, name: str, what: Any, *, height: float | None = None) -> None:
        """Keep a part of the screen, and of a tall one its beginning."""
        await what.scroll_into_view_if_needed()
        box = await what.bounding_box()
        clip = {**box, "height": min(box["height"], height or box["height"])}
        await self.page.screenshot(path=IMAGES / f"{name}.png", clip=clip, animations="disabled")
        print(f"docs/images/{name}.png", flush=True)


Picture = Callable[[Taking], Awaitable[None]]


async def listed(taking: Taking) -> None:
    """What waits for a person, with the columns that finance wants."""
    page, table = taking.page, taking.page.get_by_role("table", name="Workflows")
    await page.goto(taking.stage.server.ui + view_link(NAMESPACE, VIEWS["waiting"]))
    await page.get_by_role("button", name="Configure Columns").click()
    for name in NOT_WANTED:
        await page.get_by_role("button", name=f"Remove {name} column", exact=True).click()
    for name in WANTED:
        await page.get_by_role("button", name=f"Add {name} column", exact=True).click()
    await page.get_by_role("button", name="Close Workflows Table configuration").click()
    await expect(table.get_by_role("columnheader", name="NextActionAt")).to_be_visible()
    await taking.take("temporal-list", page.locator("main"), height=480)


async def details(taking: Taking) -> None:
    """One customer in words."""
    await taking.ui.reads("customer/ALDER", "Final notice sent: 6,400.00 EUR overdue since 21 Apr 2026")
    await taking.take("temporal-details", taking.page.locator("#user-metadata-current-details"), height=960)


async def refused(taking: Taking) -> None:
    """An update that is refused."""
    says = "Cannot resume: Nothing is paused."
    await taking.ui.refused("customer/ALDER", "resume", {"reason": "time is over", "by": "maria"}, says)
    form = taking.page.get_by_role("dialog").filter(visible=True)
    await taking.take("temporal-update", form)


async def chosen(taking: Taking) -> None:
    """The updates that there are, each with what it does and an example."""
    await taking.ui.open_updates("customer/ALDER")
    await taking.take("temporal-updates", taking.page.get_by_role("dialog").filter(visible=True))
    await taking.page.reload()


async def started(taking: Taking) -> None:
    """The form that starts a customer."""
    page = taking.page
    await page.goto(taking.stage.server.ui + start_link(NAMESPACE, taking.stage.settings.task_queue))
    await taking.ui.fill_start({"customer_id": "ALDER"})
    await taking.take("temporal-start", page.locator("main"), height=700)


async def timeline(taking: Taking) -> None:
    """The timeline of a customer who was suspended."""
    page = taking.page
    await taking.ui.open("customer/ASPEN")
    await expect(page.get_by_text("Send • final notice by SMS").first).to_be_visible()
    await taking.take("temporal-timeline", page.locator("main"), height=1150)


async def worklist(taking: Taking) -> None:
    """What waits for a person, at finance's desk."""
    await taking.page.goto(f"{taking.settings.public_url}/desk/worklist")
    await expect(taking.page.get_by_role("heading", name="Worklist")).to_be_visible()
    await taking.take("desk-worklist", taking.page.locator("body"), height=900)


async def overview(taking: Taking) -> None:
    """How everything stands, at finance's desk."""
    await taking.page.goto(f"{taking.settings.public_url}/desk/")
    await expect(taking.page.get_by_role("heading", name="Overview")).to_be_visible()
    await taking.take("desk-overview", taking.page.locator("body"), height=1100)


async def customer(taking: Taking) -> None:
    """One customer at finance's desk."""
    await taking.page.goto(f"{taking.settings.public_url}/desk/customers/ALDER")
    await expect(taking.page.get_by_role("heading", level=1)).to_contain_text("ALDER")
    await taking.take("desk-customer", taking.page.locator("body"), height=1400)


async def own_page(taking: Taking) -> None:
    """What a customer sees behind the link of a message, on a telephone."""
    links = page_links(taking.settings, taking.stage.ledger)
    assert links is not None
    await taking.page.goto(links.url("BIRCH", NOW.date()))
    await expect(taking.page.get_by_role("heading", level=1)).to_be_visible()
    await taking.take("own-page", taking.page.locator("body"), height=1000)


ON_ONE_DAY: Sequence[Picture] = (listed, details, chosen, refused, started)
"""Of customers in every stage, who were brought there day by day."""

AT_THE_DESK: Sequence[Picture] = (overview, worklist, customer)
"""Of the same customers, by somebody who has signed in."""

ON_A_TELEPHONE: Sequence[Picture] = (own_page,)
"""Of the same customers, by themselves."""

IN_TIME: Sequence[Picture] = (timeline,)
"""Of one customer for whom time has passed, so that waits are as long as they are in life."""


async def take_all(folder: Path) -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    async with browsing() as browser:
        async with staged(folder / "day", people("ALDER", "WILLOW", "BIRCH", "ASPEN")) as stage:
            await stage.apply(each for each in NEWCOMERS if each.comes_to == "review")
            await _take(ON_ONE_DAY, stage, browser)
            await _take_our_pages(stage, browser)
        suspended = people("ASPEN")
        async with staged(folder / "time", suspended, until=BEGINS) as stage:
            await stage.hurry(suspended, until=NOW, days_a_second=DAYS_A_SECOND)
            await _take(IN_TIME, stage, browser)


async def _take(pictures: Sequence[Picture], stage: Stage, browser: Any) -> None:
    async with paging(browser, viewport=SIZE) as page:
        for picture in pictures:
            await picture(Taking(stage=stage, page=page, settings=stage.settings))


async def _take_our_pages(stage: Stage, browser: Any) -> None:
    port = free_ports().grpc
    url = f"http://{HOST}:{port}"
    with Loopback() as vendors:
        more = {name.lower(): value for name, value in vendors.desk_environment(url).items()}
        given = {**stage.settings.model_dump(exclude_none=True), **more}
        settings = Settings(**given, public_url=url, page_keys="k" * 32)
        app = site(settings, stage.ledger, *patient_wakers(settings), public_url=url)
        async with serving(app, port=port):
            async with paging(browser, viewport=SIZE) as page:
                await page.goto(f"{url}/desk/")
                await page.get_by_role("link", name="adam").click()
                for picture in AT_THE_DESK:
                    await picture(Taking(stage=stage, page=page, settings=settings))
            async with paging(browser, viewport=PHONE) as page:
                for picture in ON_A_TELEPHONE:
                    await picture(Taking(stage=stage, page=page, settings=settings))


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
