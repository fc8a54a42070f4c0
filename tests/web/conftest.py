"""The application with the real doors: keys of our own, a ledger in a file, requests as vendors sign them."""

import base64
import json
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from domain.documents import read
from domain.policy import Policy
from providers.incident_door import IncidentDoor
from providers.one_click import OneClick
from providers.sendgrid_door import SIGNATURE, TIMESTAMP, SendGridDoor
from providers.twilio_door import TwilioDoor
from store import policies
from store.database import Ledger, migrate
from tests.store.conftest import POLICY, Business, at
from web.app import Site, application
from web.doors import Door

PUBLIC = "https://arrears.example"
INCIDENTS = "whsec_" + base64.b64encode(b"k" * 32).decode()
ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "the auth token of a test"
SHARED_KEYS = {
    "webhooks_sharedkey_1": "the secret of a shared key",
    "webhooks_sharedkey_2": "that of the next",
}
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass
class Vendors:
    """Signs requests as the vendors do."""

    url: str = PUBLIC
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public_key(self) -> str:
        der = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def twilio(self, path: str, fields: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        signature = RequestValidator(TOKEN).compute_signature(self.url + path, dict(fields))
        return urlencode(fields).encode(), {"Content-Type": FORM, "X-Twilio-Signature": signature}

    def sendgrid(self, events: Any, at: datetime) -> tuple[bytes, dict[str, str]]:
        raw = events if isinstance(events, bytes) else json.dumps(events).encode() + b"\r\n"
        stamp = str(int(at.timestamp()))
        signature = self.key.sign(stamp.encode() + raw, ec.ECDSA(hashes.SHA256()))
        headers = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: stamp}
        return raw, {"Content-Type": JSON, **headers}


@dataclass
class Web:
    """The application and what stands around it."""

    site: Site
    client: httpx.AsyncClient
    business: Business
    vendors: Vendors
    woken: list[str]
    now: list[datetime]

    async def post(self, path: str, raw: bytes, headers: Mapping[str, str]) -> httpx.Response:
        return await self.client.post(path, content=raw, headers=dict(headers))

    async def status(self, message: str | None, **fields: str) -> httpx.Response:
        """Post a status callback of Twilio."""
        path = f"/webhooks/twilio/status?k={message}&a=1" if message else "/webhooks/twilio/status"
        said = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "ErrorCode": "", **fields}
        said = said if said["ErrorCode"] else {k: v for k, v in said.items() if k != "ErrorCode"}
        return await self.post(path, *self.vendors.twilio(path, said))

    async def inbound(self, text: str, sid: str = "SM9", **fields: str) -> httpx.Response:
        """Post an SMS of a customer."""
        sender = {"From": "+4915112345678", "To": "+447700900000", "ToCity": "", "NumMedia": "0"}
        said = {
            "AccountSid": ACCOUNT,
            "MessageSid": sid,
            "SmsStatus": "received",
            "Body": text,
            **sender,
            **fields,
        }
        return await self.post(
            "/webhooks/twilio/inbound", *self.vendors.twilio("/webhooks/twilio/inbound", said)
        )

    async def events(self, *events: Any, signed_at: datetime | None = None) -> httpx.Response:
        """Post a batch of events of SendGrid."""
        raw, headers = self.vendors.sendgrid(list(events), signed_at or self.now[0])
        return await self.post("/webhooks/sendgrid/events", raw, headers)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("web") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def policy() -> Policy:
    return read(POLICY, model=Policy, name="test.yaml")


@pytest.fixture
def ledger(template: Path, tmp_path: Path) -> Iterator[Ledger]:
    shutil.copy(template, tmp_path / "ledger.db")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", durable=False)
    yield ledger
    ledger.close()


@pytest.fixture
def more_doors() -> dict[str, Door]:
    """Doors besides those that every test has; a file of tests may have its own."""
    return {}


@pytest.fixture
async def web(ledger: Ledger, policy: Policy, more_doors: dict[str, Door]) -> AsyncIterator[Web]:
    policies.adopt(ledger, policy, now=at(-60), by="maria")
    vendors, woken, now = Vendors(), [], [at(4)]

    async def wake(customer_id: str) -> None:
        woken.append(customer_id)

    async def wake_incident(incident_id: str) -> None:
        woken.append(f"incident {incident_id}")

    async def wake_watch(name: str) -> None:
        woken.append(f"watch {name}")

    site = Site(
        ledger=ledger,
        doors={
            "twilio": TwilioDoor(account_sid=ACCOUNT, auth_token=TOKEN, shared_keys=SHARED_KEYS),
            "sendgrid": SendGridDoor(public_key=vendors.public_key),
            "incidents": IncidentDoor(secret=INCIDENTS),
            **more_doors,
        },
        links=OneClick(key=ledger.code_key, public_url=PUBLIC),
        public_url=PUBLIC,
        seller="Example Cloud",
        wake=wake,
        wake_incident=wake_incident,
        wake_watch=wake_watch,
        code_version="test",
        real_now=lambda: now[0],
    )
    transport = httpx.ASGITransport(app=application(site), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        yield Web(
            site=site, client=client, business=Business(ledger, policy), vendors=vendors, woken=woken, now=now
        )


@pytest.fixture
def texted(web: Web) -> str:
    """An SMS of the second step that Twilio took and of which nothing is known."""
    web.business.customer()
    web.business.invoice("ACME")
    web.business.send("ACME", "first/email", at(3))
    web.now[0] = at(10, 12)
    begun = web.business.begun("ACME", "second/email", at(10))
    web.business.confirm("ACME", begun.message, at(10), state="refused")
    begun = web.business.begun("ACME", "second/sms", at(10))
    return begun.message


@pytest.fixture
def mailed(web: Web) -> str:
    """An email of the first step that SendGrid took and of which nothing is known."""
    web.business.customer()
    web.business.invoice("ACME")
    begun = web.business.begun("ACME", "first/email", at(3))
    web.business.confirm("ACME", begun.message, at(3), provider_ref="SG1")
    return begun.message
