"""The demo's own vendors: messages go out by the SDKs, and the demo's site hears what became of them."""

import asyncio
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import httpx2 as httpx
from sqlmodel import select

from composition import email, sms
from demo.vendors import listening, loopback_vendors, pages_alone
from domain.notice import Message
from settings import Settings
from store.database import Ledger, migrate
from store.tables import InboxRow

LINK = re.compile(r'<a href="([^"]+)">(\w+)</a>')


async def woken(customer_id: str) -> None:
    raise AssertionError(f"nobody wakes {customer_id} here")


def message(channel: str, to: str) -> Message:
    subject = "Invoice" if channel == "email" else None
    words = {"subject": subject, "text": "Acme: please pay. Ref 3f9a2b00", "sender": "ar@acme.example"}
    return Message(channel=channel, step="first", reference="m-3f9a2b00", customer="ACME", to=to, **words)


async def test_what_becomes_of_a_message_is_heard_at_the_public_address(tmp_path: Path) -> None:
    own = Settings(outbox=tmp_path, database_url=f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(own.database_url)
    ledger = Ledger(own.database_url)
    with loopback_vendors(own) as (settings, vendors):
        async with listening(settings, ledger, woken, woken, woken):
            for courier, sent in (
                (sms(settings), message("sms", "+447700900123")),
                (email(settings), message("email", "x@bounce.example")),
            ):
                assert courier is not None
                await asyncio.to_thread(courier.deliver, sent, at=datetime.now(UTC))
            await asyncio.to_thread(vendors.calls.rest)
    with ledger.read() as session:
        rows = session.exec(select(InboxRow)).all()
    ledger.close()
    heard = sorted((row.source, row.word) for row in rows)
    assert heard == [
        *(("sendgrid", "bounce"), ("sendgrid", "processed")),
        *(("twilio", "delivered"), ("twilio", "sent")),
    ]


async def test_whoever_looks_at_the_demo_signs_in_at_its_desk(tmp_path: Path) -> None:
    own = Settings(outbox=tmp_path, database_url=f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(own.database_url)
    ledger = Ledger(own.database_url)
    with pages_alone(own) as settings:
        async with (
            listening(settings, ledger, woken, woken, woken),
            httpx.AsyncClient(follow_redirects=True) as browser,
        ):
            choice = await browser.get(f"{settings.public_url}/desk/")
            links = {name: unescape(link) for link, name in LINK.findall(choice.text)}
            shown = await browser.get(str(choice.url.join(links["anna"])))
    ledger.close()
    assert str(shown.url) == f"{settings.public_url}/desk/"
    assert "anna, approver" in shown.text
