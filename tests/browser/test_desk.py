"""Finance's desk in a real browser: people sign in, work the list by keyboard, and need no script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from composition import site
from domain.clock import BusinessClock
from domain.documents import read
from domain.policy import Policy
from providers.loopback.server import Loopback
from settings import Settings
from store import clock, policies
from store.database import Ledger
from store.tables import JournalRow, TaskRow
from tests.browser.browsing import PHONE, accessible, expect, paging
from tests.browser.stage import serving
from tests.kill.staging import free_ports
from tests.store.conftest import POLICY, Business, at

pytestmark = pytest.mark.slow

APPROVED = POLICY.replace("notice_days: 7", "notice_days: 7, approval: {EUR: 1}")
PAGES = ("/desk/", "/desk/worklist", "/desk/worklist?customer=nobody", "/desk/nowhere")
TOO_SMALL = """
[...document.querySelectorAll("button, summary, input:not([type=hidden]), select, nav a")]
  .filter(each => each.closest("label") === null && each.checkVisibility())
  .filter(each => each.getBoundingClientRect().height < 44)
  .map(each => each.outerHTML.slice(0, 80))
"""


@dataclass
class Served:
    """A site that listens, where people sign in at a provider on this machine."""

    business: Business
    url: str

    @asynccontextmanager
    async def page(self, browser: Any, person: str, **options: Any) -> AsyncIterator[Any]:
        """Open the desk in a browser of its own, as somebody who has just signed in."""
        async with paging(browser, **options) as page:
            await page.goto(f"{self.url}/desk/")
            await page.get_by_role("link", name=person).click()
            await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
            yield page


@pytest.fixture
def business(ledger: Ledger) -> Business:
    """Three customers who are late: a call is to be made, and a suspension to be approved."""
    policy = read(APPROVED, model=Policy, name="test.yaml")
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    business = Business(ledger, policy)
    steps = (("first/email", 3), ("second/email", 10), ("call/task", 15), ("final/email", 20))
    for name, count in (("ACME", 4), ("BETA", 3), ("GAMMA", 1)):
        business.customer(name)
        business.invoice(name, f"{name}-1", "1490.00")
        for step, day in steps[:count]:
            business.send(name, step, at(day))
    (asked,) = (effect.key for effect in business.assess("ACME", at(30)).plan.effects)
    business.send("ACME", asked, at(30))
    clock.set_clock(ledger, BusinessClock(real_at=datetime.now(UTC), business_at=at(31)))
    return business


@pytest.fixture
async def served(business: Business, tmp_path: Path) -> AsyncIterator[Served]:
    url = f"http://127.0.0.1:{free_ports().grpc}"

    async def nobody(name: str) -> None:
        """Wake nobody: no worker runs."""

    with Loopback() as vendors:
        desk = {name.lower(): value for name, value in vendors.desk_environment(url).items()}
        settings = Settings(**desk, public_url=url, outbox=tmp_path / "outbox")
        app = site(settings, business.ledger, nobody, nobody, nobody, public_url=url)
        async with serving(app, port=int(url.rpartition(":")[2])):
            yield Served(business, url)


def journal_of(business: Business, actor: str) -> list[str]:
    """What somebody did."""
    said = select(JournalRow.why).where(JournalRow.actor == actor)
    with business.ledger.read() as session:
        return [*session.exec(said.order_by(col(JournalRow.id)))]


@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"]
)
async def test_nothing_is_in_the_way_of_anybody(browser: Any, served: Served, look: dict[str, Any]) -> None:
    # axe brings a script of its own, which our pages forbid.
    async with served.page(browser, "adam", bypass_csp=True, **look) as page:
        for path in PAGES:
            await page.goto(served.url + path)
            for summary in await page.locator("summary").all():
                await summary.click()
            await accessible(page)
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            if look.get("viewport") == PHONE:
                assert await page.evaluate(TOO_SMALL) == []


async def test_a_call_is_made_and_noted_without_a_mouse_or_a_script(browser: Any, served: Served) -> None:
    async with served.page(browser, "carl", java_script_enabled=False) as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
        await page.goto(f"{served.url}/desk/worklist?kind=call&customer=BETA")
        await page.locator("summary").focus()
        await page.keyboard.press("Enter")
        await page.get_by_label("How it went").focus()
        await page.keyboard.type("pays on Friday")
        await page.keyboard.press("Enter")

        await expect(page.get_by_role("status")).to_have_text(
            "Completed call, somebody was reached: pays on Friday."
        )
        await expect(page.get_by_text("Nothing waits of what you asked for.")).to_be_visible()
    assert journal_of(served.business, "carl") == ["completed call, somebody was reached: pays on Friday"]


async def test_a_suspension_is_approved_by_who_may(browser: Any, served: Served) -> None:
    async with served.page(browser, "vera") as page:
        await page.goto(f"{served.url}/desk/worklist?kind=approval")
        await expect(page.get_by_role("cell", name="ACME")).to_be_visible()
        await expect(page.locator("details")).to_have_count(0)
    async with served.page(browser, "anna") as page:
        await page.get_by_role("link", name="Worklist").click()
        await page.get_by_label("Kind").select_option("approval")
        await page.get_by_role("button", name="Show").click()
        await page.get_by_text("Do something").click()
        await page.get_by_role("button", name="Approve", exact=True).click()

        await expect(page.get_by_role("status")).to_contain_text("Approved")
    assert len(journal_of(served.business, "anna")) == 1
    with served.business.ledger.read() as session:
        task = session.exec(select(TaskRow).where(TaskRow.step == "approve")).one()
        assert (task.closed_by, task.outcome) == ("anna", "approved")


async def test_whoever_signs_out_has_to_sign_in_again(browser: Any, served: Served) -> None:
    async with served.page(browser, "adam") as page:
        await expect(page.get_by_text("adam, admin")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        await page.goto(f"{served.url}/desk/worklist")
        await expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
        # One is led back to where one wanted to be.
        await page.get_by_role("link", name="vera").click()
        await expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


async def test_another_site_cannot_act_in_somebodys_name(browser: Any, served: Served) -> None:
    async with served.page(browser, "adam") as page:
        await page.goto(f"{served.url}/desk/worklist?kind=call&customer=BETA")
        action = await page.locator('form[action$="/complete"]').get_attribute("action")
        token = await page.locator('form[action$="/complete"] input[name="token"]').get_attribute("value")
        # A page of another origin, on the same machine, that has even got hold of the token.
        await page.goto(served.url.replace("127.0.0.1", "localhost") + "/healthz")
        await page.set_content(
            f'<form method="post" action="{served.url}{action}">'
            f'<input name="token" value="{token}"><button>win</button></form>'
        )
        await page.get_by_role("button").click()
        await expect(page.locator("body")).not_to_contain_text("win")
    assert journal_of(served.business, "adam") == []
