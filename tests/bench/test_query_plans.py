"""The pages find what they show by indexes: every question that they ask PostgreSQL is explained.

On a ledger in which reading a table to its end is no good plan any more; no time is measured.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from bench import _ledger, pages
from bench._postgres import postgresql
from bench.pages import PAGES, Page, settings_of
from composition import page_links, site
from store.database import Ledger

pytestmark = pytest.mark.slow

MANY = 3000
CUSTOMER = _ledger.name_of(1234)
LARGE = {"customers", "contact_data", "facts", "entries", "debts", "claims", "journal", "words"}
"""Tables that grow with the customers."""

MAY_READ_WHOLE = {
    # It counts every customer by stage, and adds up every open invoice.
    "overview": {"customers", "debts"},
    # The order is one over all that waits; the list of open tasks is an index.
    "worklist": {"customers"},
    "worklist, one kind of late work": {"customers"},
    # A part of an id or of a name may stand anywhere in it.
    "customers, found by the id": {"customers", "contact_data"},
    "customers, found by the name": {"customers", "contact_data"},
}
"""What a page reads to the end of, and why it has to."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="arrears-pg-") as name, postgresql(Path(name) / "pg") as url:
        if url is None:
            pytest.skip("no PostgreSQL starts here")
        _ledger.fill(url, many=MANY, today=datetime.now(UTC).date())
        yield url


async def nobody(name: str) -> None:
    """Wake nobody: no page asks for it."""


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    ledger = Ledger(url)
    app = site(settings_of(url), ledger, nobody, nobody, nobody, public_url="http://127.0.0.1")
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000)) as client:
        client.headers["X-User"] = "bench"
        yield client
    ledger.close()


@pytest.fixture(scope="module")
def token(url: str) -> str:
    """Of the link to the own page of a customer."""
    ledger = Ledger(url)
    links = page_links(settings_of(url), ledger)
    assert links is not None
    address = links.url(CUSTOMER, datetime.now(UTC).date())
    ledger.close()
    return address.rpartition("/")[2]


@pytest.fixture
def asked() -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its values, as the driver gets it."""
    found: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            found.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_reads_no_large_table_to_its_end(
    page: Page, url: str, token: str, client: TestClient, asked: list[tuple[str, Any]]
) -> None:
    assert client.get(page.of(CUSTOMER, token)).status_code == 200
    assert bool(asked) == (page.name != pages.BARE)
    whole = {
        table: statement
        for statement, table in read_whole(url, asked)
        if table in LARGE - MAY_READ_WHOLE.get(page.name, set[str]())
    }
    assert whole == {}


def read_whole(url: str, asked: list[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each statement with a table that PostgreSQL would read to its end for it."""
    with psycopg.connect(url) as connection:
        for statement, values in asked:
            [(plans,)] = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}", values).fetchall()
            for node in nodes(plans[0]["Plan"]):
                if node["Node Type"] == "Seq Scan":
                    yield statement, node["Relation Name"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
