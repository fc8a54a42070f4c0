"""The application with customers' own pages: real links, real words, a ledger in a file."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from activities.rendering import Letters
from activities.specimens import SPECIMEN_SELLER
from domain.policy import Policy
from store import policies
from store.database import Ledger
from store.own_pages import PATH, PageLinks
from tests.store.conftest import Business, at
from web.app import Site, application
from web.own_page.app import OwnPages

PUBLIC = "https://arrears.example"
SHORT = "https://ar.example"
KEY = b"a key of thirty-two bytes or more"
SELLER = replace(SPECIMEN_SELLER, payment_url="https://pay.harbourlight.example/{customer}")
LETTERS = Letters(Path(__file__).parents[3] / "templates")


@dataclass
class Visitor:
    """Somebody with a telephone, and the ledger behind what is seen."""

    site: Site
    client: httpx.AsyncClient
    business: Business
    links: PageLinks
    woken: list[str]
    now: list[datetime]

    def link(self, name: str = "ACME", on: datetime | None = None) -> str:
        """Return the path of a link as a message of a day has it."""
        url = self.links.url(name, (on or self.now[0]).date())
        assert url.startswith(SHORT + PATH)
        return url.removeprefix(SHORT)

    async def look(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def ask(self, path: str, action: str, headers: Any = None, **form: str) -> httpx.Response:
        given = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return await self.client.post(f"{path}/{action}", data=form, headers=given)

    def account(self, name: str = "ACME") -> Any:
        return self.business.assess(name, self.now[0]).account


def seen(page: httpx.Response) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


@pytest.fixture
async def visitor(ledger: Ledger, policy: Policy) -> AsyncIterator[Visitor]:
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    woken, now = list[str](), [at(4)]

    async def wake(customer_id: str) -> None:
        woken.append(customer_id)

    links = PageLinks(ledger, keys=(KEY,), public_url=SHORT, days=90)
    site = Site(
        ledger=ledger,
        doors={},
        links=None,
        public_url=PUBLIC,
        seller=SPECIMEN_SELLER.name,
        wake=wake,
        wake_incident=wake,
        code_version="test",
        own_pages=OwnPages(links=links, words=LETTERS, seller=SELLER, origins=frozenset({PUBLIC, SHORT})),
        real_now=lambda: now[0],
    )
    business = Business(ledger, policy)
    business.customer()
    business.invoice("ACME")
    transport = httpx.ASGITransport(app=application(site), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield Visitor(site=site, client=client, business=business, links=links, woken=woken, now=now)
