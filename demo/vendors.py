"""The demo's own vendors: whatever goes out goes through the vendors' SDKs, over real HTTP.

They call back as theirs do, with what becomes of a message and what is invoiced and paid; a site of ours
hears it.
"""

import asyncio
import secrets
import shlex
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn

from activities.customers import Wake
from activities.incidents import WakeIncident
from composition import site
from providers.loopback.product import Kept
from providers.loopback.server import Loopback
from providers.outbox import bounces_in_samples
from settings import Settings
from store.database import Ledger

EVENTS_PATH = "/webhooks/sendgrid/events"
STRIPE_PATH = "/webhooks/stripe"
UNKNOWN_NUMBER = 30005


@contextmanager
def loopback_vendors(settings: Settings) -> Iterator[tuple[Settings, Loopback]]:
    """Give settings under which all vendors are on this machine and call back to it.

    Stripe does not charge: the test cards of the sample are those of the embedded bank.
    """
    with Loopback() as vendors:
        given = {name.lower(): value for name, value in _environment(vendors).items()}
        vendors.twilio.fails = lambda to: UNKNOWN_NUMBER if bounces_in_samples(to) else None
        vendors.sendgrid.bounces = bounces_in_samples
        public_url = f"http://127.0.0.1:{_free_port()}"
        called_at(vendors, public_url)
        yield _with_pages(settings, vendors, public_url, given), vendors


@contextmanager
def pages_alone(settings: Settings) -> Iterator[Settings]:
    """Give settings under which there are pages on this machine; what goes out goes to the outbox."""
    with Loopback() as vendors:
        yield _with_pages(settings, vendors, f"http://127.0.0.1:{_free_port()}", {})


def _with_pages(settings: Settings, vendors: Loopback, public_url: str, given: dict[str, str]) -> Settings:
    ours = {name.lower(): value for name, value in _pages(vendors, public_url).items()}
    kept = settings.model_dump(exclude_none=True)
    # A day is a second here: a link would be over before anybody has opened it.
    return Settings(**{**kept, "page_days": 3650, **given, **ours})


def by_hand(public_url: str) -> None:
    """Run the vendors until Ctrl-C; print the settings for them, as a shell reads them."""
    with Loopback() as vendors, suppress(KeyboardInterrupt):
        called_at(vendors, public_url)
        print(f"# vendors at {vendors.base}, which forget everything when they end: Ctrl-C")
        for name, value in {**_environment(vendors), **_pages(vendors, public_url)}.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# finance's desk is {public_url}/desk/ then: sign in as {', '.join(vendors.openid.people)}")
        print("# what they have, for `starter.py subscription link CUSTOMER` with:")
        for line in _subscriptions(vendors):
            print(f"#   {line}", flush=True)
        threading.Event().wait()


def _pages(vendors: Loopback, public_url: str) -> dict[str, str]:
    """Return the settings of the customers' pages, and of finance's desk, where one signs in here."""
    desk = vendors.desk_environment(public_url)
    return {"PUBLIC_URL": public_url, "PAGE_KEYS": secrets.token_hex(32), **desk}


def _environment(vendors: Loopback) -> dict[str, str]:
    return vendors.environment() | vendors.stripe_environment() | vendors.product_environment()


def _subscriptions(vendors: Loopback) -> Iterator[str]:
    """Have a licence with an add-on, and a service of the product; yield how each is linked."""
    there, tenant, service = vendors.partner_center.subscriptions, "tenant-1", "service-1"
    base = there.add(tenant).resource["id"]
    add_on = there.add(tenant, offerName="Audio Conferencing", parentSubscriptionId=base).resource["id"]
    vendors.product.services[service] = Kept()
    yield f"--provider partner_center --account {tenant} --resource {base} --kind licence"
    yield f"--provider partner_center --account {tenant} --resource {add_on} --parent {base}"
    yield f"--provider webhook --account {tenant} --resource {service}"


def called_at(vendors: Loopback, public_url: str) -> None:
    """Have the vendors call where `serve` is; Twilio is told with each message."""
    vendors.events_url = public_url + EVENTS_PATH
    vendors.stripe.webhook_url = public_url + STRIPE_PATH


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
