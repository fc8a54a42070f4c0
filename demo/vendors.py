"""The demo's own Twilio and SendGrid: every message goes through the vendors' SDKs, over real HTTP.

What becomes of a message the vendors call back with, as theirs do; a site of ours hears it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from activities.customers import Wake
from activities.incidents import WakeIncident
from composition import site
from providers.loopback.server import Loopback
from providers.outbox import bounces_in_samples
from settings import Settings
from store.database import Ledger

EVENTS_PATH = "/webhooks/sendgrid/events"
UNKNOWN_NUMBER = 30005


@contextmanager
def loopback_vendors(settings: Settings) -> Iterator[tuple[Settings, Loopback]]:
    """Give settings under which both vendors are on this machine and call back to it."""
    with Loopback() as vendors:
        given = {name.lower(): value for name, value in vendors.environment().items()}
        vendors.twilio.fails = lambda to: UNKNOWN_NUMBER if bounces_in_samples(to) else None
        vendors.sendgrid.bounces = bounces_in_samples
        given["public_url"] = f"http://127.0.0.1:{_free_port()}"
        vendors.events_url = given["public_url"] + EVENTS_PATH
        yield Settings(**{**settings.model_dump(exclude_none=True), **given}), vendors


@asynccontextmanager
async def listening(
    settings: Settings, ledger: Ledger, wake: Wake, wake_incident: WakeIncident, wake_watch: Wake
) -> AsyncIterator[None]:
    """Take the vendors' webhooks while the block runs, at the address that `loopback_vendors` gave."""
    public_url = settings.public_url or ""
    port = int(public_url.rpartition(":")[2])
    app = site(settings, ledger, wake, wake_incident, wake_watch, public_url=public_url)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False)
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
