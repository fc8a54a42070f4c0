"""A real browser for tests: Debian's Chromium, driven by Playwright, and axe to look at a page.

Without either the tests that import from here are skipped, and say what is missing.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

_MISSING = "install it with `make browser`"
_api: Any = pytest.importorskip("playwright.async_api", reason=f"no Playwright: {_MISSING}")
_axe: Any = pytest.importorskip("axe_playwright_python.async_playwright", reason=f"no axe: {_MISSING}")

expect = _api.expect
PATIENCE_MS = 30_000
"""How long a page may take until it shows what is expected: machines differ."""

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
expect.set_options(timeout=PATIENCE_MS)


def executable() -> str | None:
    """Return the path of the browser of this machine; None where there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


@asynccontextmanager
async def browsing() -> AsyncIterator[Any]:
    """Start a browser; skip the test, and say so, where there is none."""
    path = executable()
    if path is None:
        pytest.skip("no browser: install Chromium, on Debian with `apt-get install chromium`")
    # A container's root has no user namespaces to make a sandbox of.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with _api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def paging(browser: Any, **options: Any) -> AsyncIterator[Any]:
    """Open one page with cookies of its own, for a reader in Berlin with a large screen unless told else."""
    given = {"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "Europe/Berlin", **options}
    context = await browser.new_context(**given)
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def accessible(page: Any, *, but: tuple[str, ...] = ()) -> None:
    """Assert that axe finds nothing wrong on a page, besides the rules named in `but`."""
    found = await _axe.Axe().run(page)
    wrong = [_says(rule) for rule in found.response["violations"] if rule["id"] not in but]
    assert not wrong, "\n".join([page.url, *wrong])


def _says(rule: dict[str, Any]) -> str:
    where = ", ".join(str(node["target"]) for node in rule["nodes"])
    return f"{rule['id']} ({rule['impact']}): {rule['help']}: {where}"
