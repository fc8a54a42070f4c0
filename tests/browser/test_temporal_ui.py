"""The Temporal Web UI in a real browser, as finance uses it: by what is on the screen alone."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.ui_links import workflow_link
from tests.browser.browsing import expect
from tests.browser.stage import Stage, staged

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> AsyncIterator[Stage]:
    """Customers in every stage. Asked for a browser first: without one nothing is played."""
    async with staged(tmp_path_factory.mktemp("stage")) as played:
        yield played


async def details(page: Any, stage: Stage, customer_id: str) -> Any:
    """Open a customer as people do, by its workflow's address, and return its page in words."""
    await page.goto(stage.server.ui + workflow_link("default", f"customer/{customer_id}"))
    await page.get_by_test_id("user-metadata-tab").click()
    return page.frame_locator("iframe")  # Markdown of ours is shown in a frame of its own.


async def test_a_customer_answers_at_a_glance(stage: Stage, page: Any) -> None:
    shown = await details(page, stage, "ALDER")
    title = "Final notice sent: 6,400.00 EUR overdue since 21 Apr 2026"
    await expect(shown.get_by_role("heading", name=title)).to_be_visible()
