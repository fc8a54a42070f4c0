"""The Temporal Web UI as somebody uses it who reads what is on the screen."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from domain.ui_links import SavedView, start_link, view_link, workflow_link
from tests.browser.browsing import expect

NAMESPACE = "default"
_TRIES, _ONE_TRY_MS, _GLANCE_MS = 6, 10_000, 3_000
_ID = re.compile(r"^(customer|incident|onboarding|suspension)\W")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporalUI:
    """One page of a browser, and where the UI is."""

    page: Any
    address: str

    async def open(self, workflow_id: str) -> None:
        """Open a workflow by its address, which is that of its newest run."""
        await self.page.goto(self.address + workflow_link(NAMESPACE, workflow_id))
        await expect(self.page.get_by_test_id("workflow-id-heading")).to_contain_text(workflow_id)

    def is_on(self, workflow_id: str) -> bool:
        """Whether a workflow is what is looked at."""
        return f"{workflow_link(NAMESPACE, workflow_id)}/" in self.page.url

    async def details(self, workflow_id: str) -> Any:
        """Open a workflow's page in words, and return it: Markdown of ours is in a frame of its own."""
        await self.open(workflow_id)
        return await self._metadata()

    async def _metadata(self) -> Any:
        await self.page.get_by_test_id("user-metadata-tab").click()
        return self.page.frame_locator("#user-metadata-current-details")

    async def reads(self, workflow_id: str, heading: str) -> Any:
        """Open a workflow's page in words until it has a heading, and return it.

        It is read anew by looking at another tab and coming back, which costs less than to open it; a
        workflow that goes on in another run has to be opened again.
        """
        patience = _GLANCE_MS
        for number in range(_TRIES):
            if number == 0 and self.is_on(workflow_id):
                await self.page.get_by_test_id("timeline-tab").click()
                shown = await self._metadata()
            else:
                shown, patience = await self.details(workflow_id), _ONE_TRY_MS
            with suppress(AssertionError):
                await expect(shown.get_by_role("heading", name=heading)).to_be_visible(timeout=patience)
                return shown
        words = await shown.locator("body").inner_text()
        raise AssertionError(f"{workflow_id} does not read {heading!r}: {words[:200]}")

    async def example(self, shown: Any, name: str) -> str:
        """Return the example of an update that a page in words has, as it is copied from there."""
        line = shown.get_by_role("listitem").filter(has=shown.get_by_text(name, exact=True))
        code = await line.locator("code").all_inner_texts()
        assert code[0] == name, code
        return str(code[-1])

    async def sees(self, what: Any) -> None:
        """See something on the screen."""
        await expect(what).to_be_visible()

    async def open_updates(self, workflow_id: str) -> None:
        """Open the form of an update, and the list of those that there are."""
        if not self.is_on(workflow_id):
            await self.open(workflow_id)
        await self.page.get_by_role("button", name="More Actions").click()
        await self.page.get_by_role("menuitem", name="Send an Update").click()
        await self._seen("update-select-button").click()
        await expect(self.page.get_by_role("option").filter(visible=True).first).to_be_visible()

    async def fill_update(self, workflow_id: str, name: str, data: Mapping[str, Any] | str) -> None:
        """Open the form of an update, choose one and paste its data."""
        await self.open_updates(workflow_id)
        named = self.page.get_by_text(name, exact=True)
        await self.page.get_by_role("option").filter(has=named).filter(visible=True).click()
        await self._paste(self.page.get_by_role("dialog"), data)

    async def update(self, workflow_id: str, name: str, data: Mapping[str, Any] | str) -> None:
        """Send an update, and see that it was taken: the form closes."""
        await self.fill_update(workflow_id, name, data)
        await self._submit()
        await expect(self.page.get_by_role("dialog").filter(visible=True)).to_have_count(0)

    async def refused(self, workflow_id: str, name: str, data: Mapping[str, Any] | str, says: str) -> None:
        """Send an update that is refused: the form stays, with the sentence why."""
        await self.fill_update(workflow_id, name, data)
        await self._submit()
        await expect(self.page.get_by_text(says).filter(visible=True)).to_be_visible()

    async def cancel(self) -> None:
        """Leave the form."""
        await self.page.get_by_role("button", name="Cancel", exact=True).filter(visible=True).last.click()
        await expect(self.page.get_by_role("dialog").filter(visible=True)).to_have_count(0)

    async def start(self, kind: str, queue: str, data: Mapping[str, Any]) -> None:
        """Start a workflow by the form, with the id that it proposes."""
        await self.page.goto(self.address + start_link(NAMESPACE, queue, kind))
        await self.fill_start(data)
        await self.page.get_by_role("main").get_by_role("button", name="Start Workflow").click()
        told = self.page.get_by_test_id("toast-live-region-polite")
        await expect(told).to_contain_text("Workflow started successfully")

    async def fill_start(self, data: Mapping[str, Any]) -> None:
        """Let the form propose an id, and paste the data."""
        await self.page.get_by_role("button", name="Random UUID").click()
        await expect(self.page.get_by_label("Workflow ID")).not_to_have_value("")
        await self._paste(self.page.locator("main"), data)

    async def listed(self, view: SavedView, *, count: int) -> set[str]:
        """Open a list that is to have so many rows, and return the ids on it."""
        await self.page.goto(self.address + view_link(NAMESPACE, view))
        title = self.page.get_by_role("heading", level=1)
        await expect(title).to_contain_text(f"{count} Workflow")
        links = self.page.get_by_role("table", name="Workflows").get_by_role("link", name=_ID)
        await expect(links).to_have_count(count)
        return set(await links.all_inner_texts())

    async def _paste(self, within: Any, data: Mapping[str, Any] | str) -> None:
        box = within.locator(".cm-content").filter(visible=True).first
        await box.click()
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.insert_text(data if isinstance(data, str) else json.dumps(data))
        # The box puts its text in order as it is left, and what is below moves: a click would miss it.
        await box.blur()

    async def _submit(self) -> None:
        await self.page.get_by_role("button", name="Submit").filter(visible=True).click()

    def _seen(self, test_id: str) -> Any:
        return self.page.get_by_test_id(test_id).filter(visible=True)
