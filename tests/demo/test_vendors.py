"""The demo's own vendors: messages go out by the SDKs, and the demo's site hears what became of them."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import select

from composition import email, sms
from demo.vendors import listening, loopback_vendors
from domain.notice import Message
from settings import Settings
from store.database import Ledger, migrate
from store.tables import InboxRow


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
