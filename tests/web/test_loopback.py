"""The whole way: the real SDK, the loopback vendor, its callbacks in any order and twice, our webhooks."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from domain.facts import Delivered
from providers.loopback.server import Loopback
from providers.sendgrid_door import SendGridDoor
from providers.twilio_door import TwilioDoor
from store import facts, inbox
from tests.providers.vendors import email, email_of, now, sms, sms_of
from tests.store.conftest import at
from tests.web.conftest import Web
from web.app import application


@pytest.fixture
async def served(web: Web) -> AsyncIterator[tuple[Web, Loopback, str]]:
    """The application at a port, and vendors that call it there."""
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with Loopback() as loopback:
        vendor = loopback.twilio
        changes: dict[str, Any] = {
            "public_url": base,
            "real_now": now,
            "doors": {
                "twilio": TwilioDoor(account_sid=vendor.account, auth_token=vendor.auth_token),
                "sendgrid": SendGridDoor(public_key=loopback.event_key.public),
            },
        }
        for name, value in changes.items():
            object.__setattr__(web.site, name, value)
        running = uvicorn.Server(uvicorn.Config(application(web.site), lifespan="on", log_config=None))
        task = asyncio.create_task(running.serve(sockets=[listening]))
        async with asyncio.timeout(20):
            while not running.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
        loopback.events_url = f"{base}/webhooks/sendgrid/events"
        loopback.calls.times, loopback.calls.chance, loopback.calls.held = 3, random.Random(7), True
        yield web, loopback, base
        running.should_exit = True
        await task


async def test_callbacks_that_beat_our_bookkeeping_settle_every_message(
    served: tuple[Web, Loopback, str],
) -> None:
    """The worker died after the vendor had accepted: nobody confirmed, and all that came were callbacks."""
    web, loopback, base = served
    sent = {}
    for number in range(3):
        name = web.business.customer(f"C{number}")
        web.business.invoice(name, f"INV-{number}")
        mail = web.business.begun(name, "first/email", at(3))
        letter = email(mail.message, to=f"c{number}@example.com")
        await asyncio.to_thread(email_of(loopback).deliver, letter, at=now())
        web.business.confirm(name, mail.message, at(3))
        gone = web.business.begun(name, "second/email", at(10))
        web.business.confirm(name, gone.message, at(10), state="refused")
        text = web.business.begun(name, "second/sms", at(10))
        courier = sms_of(loopback, public_url=base)
        await asyncio.to_thread(courier.deliver, sms(text.message, to="+4915112345678"), at=now())
        sent[name] = {mail.message, text.message}
    loopback.let_go()
    await asyncio.to_thread(loopback.calls.rest)
    assert set(loopback.calls.answers) == {200}
    for name, messages in sent.items():
        outcomes = [f.body for f in facts.history(web.business.ledger, name) if isinstance(f.body, Delivered)]
        assert sorted(str(each.message) for each in outcomes) == sorted(messages), "each once"
        with web.business.ledger.read() as session:
            claims = {each.message: each for each in facts.read_claims(session, name)}
        assert {claims[message].state for message in messages} == {"sent"}
    assert inbox.unknown_since(web.business.ledger, at(0)) == {}
