"""Customers and reports at the desk, in a real browser: read, commanded and taken apart without a script."""

from typing import Any

import pytest

from domain.facts import DisputeOpened
from tests.browser.browsing import PHONE, accessible, expect
from tests.browser.test_desk import TOO_SMALL, Served, business, journal_of, served
from tests.store.conftest import at

__all__ = ["business", "served"]
pytestmark = pytest.mark.slow

PAGES = (
    "/desk/customers",
    "/desk/customers?search=nobody",
    *(f"/desk/customers/ACME{path}" for path in ("", "/timeline", "/messages", "/facts", "/evidence")),
    *(f"/desk/customers/ACME/do/{name}" for name in ("promise", "agree_plan", "complete_task", "resume")),
    "/desk/customers/ACME/contact",
    "/desk/reports",
    "/desk/reports/ageing?list=1",
    "/desk/reports/dso?in=USD",
    "/desk/reports/allowance",
)


@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, {"viewport": PHONE}], ids=["light", "dark", "phone"]
)
async def test_nothing_is_in_the_way_of_anybody(browser: Any, served: Served, look: dict[str, Any]) -> None:
    async with served.page(browser, "adam", bypass_csp=True, **look) as page:
        for path in PAGES:
            await page.goto(served.url + path)
            for summary in await page.locator("summary").all():
                await summary.click()
            await accessible(page)
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            if look.get("viewport") == PHONE:
                assert await page.evaluate(TOO_SMALL) == [], path


async def test_a_promise_is_noted_and_a_dispute_resolved_without_a_script(
    browser: Any,
    served: Served,
) -> None:
    served.business.record("BETA", DisputeOpened(dispute="D-1", invoice="BETA-1", amount="90.00"), now=at(30))
    async with served.page(browser, "carl", java_script_enabled=False) as page:
        await page.get_by_role("link", name="Customers").click()
        await page.get_by_label("Find").fill("BETA-1")
        await page.get_by_role("button", name="Find").click()
        await page.get_by_role("link", name="BETA", exact=True).click()
        await expect(page.get_by_text("90.00 EUR disputed")).to_be_visible()

        await page.get_by_role("link", name="Resolve dispute").click()
        await expect(page.get_by_label("Name of the dispute")).to_have_value("D-1")
        await page.get_by_label("Who was right").select_option("won")
        await page.get_by_role("button", name="Resolve dispute").click()
        await expect(page.get_by_role("status")).to_have_text("Resolved dispute D-1: won.")

        await page.get_by_role("link", name="Promise", exact=True).click()
        await page.get_by_label("Pays by the end of").fill("2026-04-06")
        await page.get_by_role("button", name="Promise").click()
        await expect(page.get_by_role("status")).to_contain_text("Noted a promise")
        await expect(page.get_by_role("heading", name="Promised, agreed, resting")).to_be_visible()
    assert len(journal_of(served.business, "carl")) == 2


async def test_a_figure_is_taken_apart_down_to_the_customer(browser: Any, served: Served) -> None:
    async with served.page(browser, "vera") as page:
        await page.get_by_role("link", name="Reports").click()
        await page.get_by_role("link", name="Ageing", exact=True).click()
        await page.get_by_role("link", name="4,470.00 EUR").first.click()
        await expect(page.get_by_text("3 items")).to_be_visible()
        await page.get_by_role("link", name="GAMMA").click()
        await expect(page.get_by_role("heading", name="GAMMA: Reminded")).to_be_visible()
        # Who may change nothing is offered nothing.
        await expect(page.get_by_role("link", name="Promise", exact=True)).to_have_count(0)
