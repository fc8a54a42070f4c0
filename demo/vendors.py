"""The demo's own Twilio and SendGrid: every message goes through the vendors' SDKs, over real HTTP.

What becomes of a message the vendors call back with, as theirs do; a `Site` hears it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from activities.customers import Wake
from providers.loopback.server import Loopback
from providers.outbox import bounces_in_samples
from settings import Settings
from store.database import Ledger

Site = Callable[[Settings, Ledger, Wake], Any]
"""Makes the web application that takes webhooks, as ASGI; without one nobody hears what arrived."""

EVENTS_PATH = "/webhooks/sendgrid/events"
UNKNOWN_NUMBER = 30005


@contextmanager
def loopback_vendors(settings: Settings, *, heard: bool) -> Iterator[tuple[Settings, Loopback]]:
    """Give settings under which both vendors are on this machine; `heard` says that a site will listen."""
    with Loopback() as vendors:
        given = {name.lower(): value for name, value in vendors.environment().items()}
        vendors.twilio.fails = lambda to: UNKNOWN_NUMBER if bounces_in_samples(to) else None
        vendors.sendgrid.bounces = bounces_in_samples
        if heard:
            given["public_url"] = f"http://127.0.0.1:{_free_port()}"
            vendors.events_url = given["public_url"] + EVENTS_PATH
        yield Settings(**{**settings.model_dump(exclude_none=True), **given}), vendors


@asynccontextmanager
async def listening(site: Site | None, settings: Settings, ledger: Ledger, wake: Wake) -> AsyncIterator[None]:
    """Serve a site at its public address while the block runs."""
    if site is None or settings.public_url is None:
        yield
        return
    port = int(settings.public_url.rpartition(":")[2])
    config = uvicorn.Config(
        site(settings, ledger, wake), host="127.0.0.1", port=port, log_config=None, access_log=False
    )
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn says it no other way
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Quiet(uvicorn.Server):
    """A server in a process that hears Ctrl-C itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
