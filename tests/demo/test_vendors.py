"""The demo's own vendors: messages go out by the SDKs, and a site at the public address hears of them."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from composition import email, sms
from demo.vendors import listening, loopback_vendors
from domain.notice import Message
from settings import Settings


async def woken(customer_id: str) -> None:
    raise AssertionError(f"nobody wakes {customer_id} here")


def message(channel: str, to: str) -> Message:
    subject = "Invoice" if channel == "email" else None
    words = {"subject": subject, "text": "Acme: please pay. Ref 3f9a2b00", "sender": "ar@acme.example"}
    return Message(channel=channel, step="first", reference="m-3f9a2b00", customer="ACME", to=to, **words)


async def test_what_becomes_of_a_message_is_heard_at_the_public_address(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []

    def site(settings: Settings, ledger: Any, wake: Any) -> Any:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                return
            body = (await receive())["body"].decode()
            heard.append((scope["path"], body))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        return application

    own = Settings(outbox=tmp_path)
    ledger: Any = None
    with loopback_vendors(own, heard=True) as (settings, vendors):
        async with listening(site, settings, ledger, woken):
            for courier, sent in (
                (sms(settings), message("sms", "+447700900123")),
                (email(settings), message("email", "x@bounce.example")),
            ):
                assert courier is not None
                courier.deliver(sent, at=datetime.now(UTC))
            await asyncio.to_thread(vendors.calls.rest)
    assert [path for path, _ in heard] == [
        "/webhooks/twilio/status",
        "/webhooks/twilio/status",
        "/webhooks/sendgrid/events",
    ]
    assert "MessageStatus=delivered" in heard[1][1]
    assert '"event": "bounce"' in heard[2][1]


def test_without_a_site_nobody_is_asked_to_call_back(tmp_path: Path) -> None:
    with loopback_vendors(Settings(outbox=tmp_path), heard=False) as (settings, vendors):
        courier = sms(settings)
        assert courier is not None
        courier.deliver(message("sms", "+447700900123"), at=datetime.now(UTC))
        assert [each.callback for each in vendors.twilio.messages] == [None]
