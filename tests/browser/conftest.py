"""What browser tests are given: a page of a real browser, which is started once, and an empty ledger."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.database import Ledger, migrate

# `browsing` is imported where it is used: without Playwright it skips whoever imports it, which this
# file must not be.


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Any]:
    """One browser for all tests of a process."""
    from tests.browser.browsing import browsing

    async with browsing() as started:
        yield started


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    yield ledger
    ledger.close()


@pytest.fixture
async def page(browser: Any) -> AsyncIterator[Any]:
    """A page on a large screen, with cookies of its own."""
    from tests.browser.browsing import paging

    async with paging(browser) as opened:
        yield opened


@pytest.fixture
async def phone(browser: Any) -> AsyncIterator[Any]:
    """A page on a telephone, without JavaScript: what customers have must be enough."""
    from tests.browser.browsing import PHONE, paging

    async with paging(browser, viewport=PHONE, has_touch=True, java_script_enabled=False) as opened:
        yield opened
