"""The desk behind a proxy on this machine, over a ledger in a file; browsers send what browsers send."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from domain.documents import read
from domain.policy import Policy
from domain.roles import Appointed
from domain.worklist.rules import WorklistRules
from settings import ROOT
from store import policies
from store.database import Ledger
from tests.store.conftest import Business, at
from web.app import Site, application
from web.desk.frame import Desk
from web.desk.gates import ProxyGate
from web.desk.remembered import Remembered
from web.desk.seals import Seals

PUBLIC = "https://desk.example"
KEY = "a key of the desk that is as long as it has to be"
_RULES = (ROOT / "policies" / "worklist" / "rules.yaml").read_text(encoding="utf-8")
RULES = read(_RULES, model=WorklistRules, name="worklist.yaml")
PROXY = ("10.0.0.9", 41000)
APPOINTED = Appointed(
    people={"maria": "admin", "li": "viewer"}, groups={"collectors": "collector", "heads": "approver"}
)


def proxy_gate(**changed: Any) -> ProxyGate:
    """A gate that believes the proxies of 10.0.0.0/24."""
    given: dict[str, Any] = {
        "networks": [ip_network("10.0.0.0/24")],
        "user_header": "X-User",
        "groups_header": "X-Groups",
        "secret": None,
        "appointed": APPOINTED,
    }
    return ProxyGate(**{**given, **changed})


@dataclass
class Browser:
    """A person's browser: it keeps cookies, follows no redirect, and sends forms as browsers do."""

    client: TestClient
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={**self.headers, **headers}, follow_redirects=False)

    def form_of(self, path: str, action: str | None = None) -> dict[str, str]:
        """The hidden fields of a form on a page."""
        html = self.get(path).text
        start = html.index(f'action="{action}"') if action else html.index("<form")
        form = html[start : html.index("</form>", start)]
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
        return {name: unescape(value) for name, value in hidden}

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx.Response:
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": PUBLIC, **self.headers, **headers}
        return self.client.post(path, data=dict(fields), headers=sent, follow_redirects=False)

    def send(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Fill a form of a page in and send it; return where the browser is led to."""
        answer = self.post(action, {**self.form_of(page, action), **fields})
        return self.get(answer.headers["location"]) if answer.status_code == 303 else answer


@dataclass
class Office:
    """The desk, and what stands around it."""

    desk: Desk
    app: FastAPI
    business: Business
    woken: list[str]
    now: list[datetime]

    def browser(
        self, name: str | None = "maria", groups: str = "", client: tuple[str, int] = PROXY
    ) -> Browser:
        headers = {} if name is None else {"X-User": name, "X-Groups": groups}
        return Browser(TestClient(self.app, base_url=PUBLIC, client=client), headers)

    @property
    def ledger(self) -> Ledger:
        return self.desk.ledger


def site_of(desk: Desk) -> Site:
    async def wake(name: str) -> None:
        await desk.woken([name])

    return Site(
        ledger=desk.ledger,
        doors={},
        links=None,
        public_url=desk.public_url,
        seller=desk.seller,
        wake=wake,
        wake_incident=wake,
        code_version="test",
        desk=desk,
    )


@pytest.fixture
def office_with(ledger: Ledger, policy: Policy) -> Callable[..., Office]:
    """Return what opens a desk; what a test wants otherwise is given by name."""
    woken: list[str] = []
    now = [at(4)]

    async def wake(customers: Sequence[str]) -> None:
        woken.extend(customers)

    desk = Desk(
        ledger=ledger,
        gate=proxy_gate(),
        seals=Seals([KEY]),
        now=lambda: now[0],
        view=lambda customer_id: {},
        woken=wake,
        temporal_ui="http://127.0.0.1:8233",
        namespace="default",
        public_url=PUBLIC,
        seller="Example Cloud",
        zone=ZoneInfo("UTC"),
        worklist=RULES,
        figures=Remembered(seconds=0),
    )

    def opened(**changed: Any) -> Office:
        made = replace(desk, **changed)
        return Office(made, application(site_of(made)), Business(ledger, policy), woken, now)

    return opened


@pytest.fixture
def office(office_with: Callable[..., Office], ledger: Ledger, policy: Policy) -> Office:
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    return office_with()
