"""Measures how many webhooks a second are taken, against bare signal-with-start at the same server.

Taken is: verified, its fact committed, and the workflow woken. Everything is real: a Temporal dev server,
the application that `serve` serves, over HTTP, and a process that posts signed requests, each of its
threads on a connection of its own. The ledger is on SQLite, and then on PostgreSQL, both of which wait for
the disk at each commit. No worker runs, for bare signals neither: what it would take is measured by
`bench.cycles`. Bare signals come from the same client just before, to workflows that there are already
(as replies and invoices do) and to new ones (as incidents and new customers do), as many in flight.

    python -m bench.webhooks [--count 300] [--in-flight 20] [--rounds 3]
"""

import asyncio
import base64
import json
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from os import cpu_count, getloadavg
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

import uvicorn  # noqa: E402
from pydantic import SecretStr  # noqa: E402
from standardwebhooks.webhooks import Webhook  # noqa: E402
from temporalio.client import Client  # noqa: E402
from temporalio.common import WorkflowIDConflictPolicy  # noqa: E402
from twilio.request_validator import RequestValidator  # noqa: E402

from bench._driver import drive  # noqa: E402
from bench._postgres import postgresql  # noqa: E402
from bench._posting import Request, post  # noqa: E402
from composition import connect, incident_waker, site, waker, watch_waker  # noqa: E402
from domain.customer import Customer  # noqa: E402
from domain.documents import read  # noqa: E402
from domain.policy import Policy  # noqa: E402
from ending import leave  # noqa: E402
from providers.loopback.callbacks import stripe_call  # noqa: E402
from providers.loopback.stripe import billing  # noqa: E402
from providers.loopback.stripe.account import Stripe  # noqa: E402
from settings import ROOT, Settings  # noqa: E402
from store import customers, policies  # noqa: E402
from store.condition import condition  # noqa: E402
from store.customers import ContactData  # noqa: E402
from store.database import Ledger, migrate  # noqa: E402
from workflows.customer_lifecycle import CustomerLifecycle  # noqa: E402

POLICY = ROOT / "policies" / "business.yaml"
PATIENCE_SECONDS = 120
"""A webhook whose workflow is not woken then never will be."""

ACCOUNT, TOKEN = "AC" + "0" * 32, "the auth token of a benchmark"
API_TOKEN = "a-token-of-a-benchmark-that-is-long-enough"
STRIPE = Stripe()
"""An account whose events they are: one for both ledgers, so that no name comes twice."""

SECRET = base64.b64encode(b"k" * 32).decode()

EXISTING, NEW = "bare signal to a workflow that is there", "bare signal that starts a workflow"
REPLY = "Twilio: an SMS of a customer"
INVOICE = "REST API: an invoice"
INCIDENT = "Standard Webhooks: a notice of an incident"
STRIPES = "Stripe: an invoice, and whose it is"
BESIDE = {REPLY: EXISTING, INVOICE: EXISTING, INCIDENT: NEW, STRIPES: NEW}
"""Each door, and the bare signals that wake as much."""


def reply(url: str, number: int, customer: int) -> Request:
    """Return what Twilio posts of an SMS."""
    path = "/webhooks/twilio/inbound"
    fields = {
        "AccountSid": ACCOUNT,
        "MessageSid": f"SM{number:032}",
        "SmsStatus": "received",
        "From": _phone(customer),
        "To": "+447700900000",
        "Body": "I will pay on Friday",
        "NumMedia": "0",
    }
    signature = RequestValidator(TOKEN).compute_signature(url + path, fields)
    media_type = "application/x-www-form-urlencoded"
    headers = {"Content-Type": media_type, "X-Twilio-Signature": signature}
    return path, urlencode(fields).encode(), headers


def invoice(url: str, number: int, customer: int) -> Request:
    """Return what a billing system posts."""
    due = (datetime.now(UTC) + timedelta(days=14)).date()
    said = {"customer": f"E{customer}", "invoice": f"INV-{number}", "amount": "250.00", "currency": "EUR"}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {API_TOKEN}"}
    return "/v1/invoices", json.dumps({**said, "due_on": due.isoformat()}).encode(), headers


def incident(url: str, number: int, customer: int) -> Request:
    """Return a signed notice; it names nobody, so that a workflow of its own is all that it wakes."""
    name = f"{url}/{number}"  # the workflow's name comes of it, and there are two ledgers at one server
    body = json.dumps({"id": name, "kind": "crypto_mining", "event": name})
    now = datetime.now(UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": f"msg_{number}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(f"msg_{number}", now, body),
    }
    return "/webhooks/incidents", body.encode(), headers


def stripes_invoice(url: str, number: int, customer: int) -> Request:
    """Return an event of Stripe about the invoice of somebody new, whom it makes known."""
    path = "/webhooks/stripe"
    owner = billing.customer(STRIPE, name=f"New {number}", email=f"ap@new{number}.example")
    billing.invoice(STRIPE, owner, 250_00, collection_method="send_invoice")
    call = stripe_call(url + path, STRIPE.events[-1], secret=STRIPE.secret)
    return path, call.body, dict(call.headers)


DOORS: dict[str, Callable[[str, int, int], Request]] = {
    REPLY: reply,
    INVOICE: invoice,
    INCIDENT: incident,
    STRIPES: stripes_invoice,
}


def _phone(customer: int) -> str:
    return f"+4915{customer:09}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Rates a second of one kind, and those of the bare signals just before."""

    woken: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


class Woken:
    """When each workflow was woken, and who waits for the last."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self._wanted, self._enough = 0, asyncio.Event()

    def expect(self, count: int) -> None:
        """Begin to count."""
        self.at, self._wanted, self._enough = [], count, asyncio.Event()

    async def all(self) -> list[float]:
        """Wait for the last, and return when each was."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._enough.wait()
        return self.at

    def counted(self, wake: Callable[[str], Awaitable[None]]) -> Callable[[str], Awaitable[None]]:
        """Return what wakes, and counts."""

        async def count(name: str) -> None:
            await wake(name)
            self.at.append(perf_counter())
            if len(self.at) >= self._wanted:
                self._enough.set()

        return count


class Bench:
    """One run over one ledger, while the server is there."""

    def __init__(
        self, client: Client, queue: str, url: str, *, woken: Woken, poster: Executor, in_flight: int
    ) -> None:
        self.client, self.queue, self.url = client, queue, url
        self.woken, self.poster, self.in_flight = woken, poster, in_flight
        self.rates = {name: Rates() for name in (EXISTING, NEW, *DOORS)}
        self._posted = 0

    async def run(self, *, count: int, rounds: int) -> None:
        """Measure all rounds; the first request to anything is slow, so a small one is thrown away before."""
        await self._bare([f"bare/{self.queue}/{i}" for i in range(count)])
        await self._bare([f"customer/E{i}" for i in range(count)])
        for number in range(rounds + 1):
            await self._round(number, count if number else 4 * self.in_flight)
            if number == 0:
                self.rates = {name: Rates() for name in self.rates}
            print(f"round {number} of {rounds} is done", file=sys.stderr, flush=True)

    async def _round(self, number: int, count: int) -> None:
        there = [f"bare/{self.queue}/{i}" for i in range(count)]
        bare = {
            EXISTING: await self._bare(there),
            NEW: await self._bare([f"{each}/{number}" for each in there]),
        }
        for name, rate in bare.items():
            self.rates[name].bare.append(rate)
        for name, made in DOORS.items():
            first, self._posted = self._posted, self._posted + count
            requests = [made(self.url, first + i, i) for i in range(count)]
            woken, answered = await self._post(requests)
            self.rates[name].woken.append(woken)
            self.rates[name].answered.append(answered)
            self.rates[name].bare.append(bare[BESIDE[name]])

    async def _post(self, requests: Sequence[Request]) -> tuple[float, float]:
        """Have the requests posted; return how many a second were woken for, and answered."""
        self.woken.expect(len(requests))
        loop = asyncio.get_running_loop()
        answered = await loop.run_in_executor(self.poster, post, self.url, requests, self.in_flight)
        return self._rate(await self.woken.all()), self._rate(answered)

    async def _bare(self, ids: Sequence[str]) -> float:
        """Signal each of these workflows, starting those that there are not; return how many a second."""
        waiting, ended = iter(ids), list[float]()

        async def one_after_the_other() -> None:
            for each in waiting:
                await self.client.start_workflow(
                    CustomerLifecycle.run,
                    {"customer_id": each},
                    id=each,
                    task_queue=self.queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    start_signal="News",
                )
                ended.append(perf_counter())

        async with asyncio.TaskGroup() as group:
            for _ in range(self.in_flight):
                group.create_task(one_after_the_other())
        return self._rate(ended)

    def _rate(self, ended: Sequence[float]) -> float:
        """Return how many a second ended while all places were taken."""
        full = sorted(ended)[self.in_flight - 1 : len(ended) - self.in_flight]
        return (len(full) - 1) / (full[-1] - full[0]) if len(full) > 1 else 0.0


@asynccontextmanager
async def served(settings: Settings, ledger: Ledger, client: Client, woken: Woken) -> AsyncIterator[str]:
    """Serve the application while the block runs, and give its URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    queue = settings.task_queue
    app = site(
        settings,
        ledger,
        woken.counted(waker(client, queue)),
        woken.counted(incident_waker(client, queue)),
        watch_waker(client, queue),
        public_url=url,
    )
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))  # whoever comes early waits in the queue
    try:
        yield url
    finally:
        server.should_exit = True
        await serving


def add_customers(ledger: Ledger, count: int) -> None:
    """Add whom the webhooks are about."""
    now = datetime.now(UTC) - timedelta(days=1)
    policies.adopt(
        ledger, read(POLICY.read_text("utf-8"), model=Policy, name=POLICY.name), now=now, by="bench"
    )
    with ledger.write() as session:
        for i in range(count):
            contact = ContactData(name=f"Customer {i}", email=f"ap@e{i}.example", phone=_phone(i))
            customers.add(session, Customer(id=f"E{i}", timezone="UTC", currency="EUR"), contact, now=now)


async def measured(settings: Settings, *, count: int, in_flight: int, rounds: int) -> str:
    """Measure over one ledger, and return its table."""
    migrate(settings.database_url)
    ledger, woken, client = Ledger(settings.database_url), Woken(), await connect(settings)
    await asyncio.to_thread(add_customers, ledger, count)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as poster:
        async with served(settings, ledger, client, woken) as url:
            bench = Bench(client, settings.task_queue, url, woken=woken, poster=poster, in_flight=in_flight)
            await bench.run(count=count, rounds=rounds)
    kept = condition(ledger)
    ledger.close()
    return report(f"{kept.version}; {'; '.join(kept.wrong) or 'each commit waits for the disk'}", bench.rates)


def report(database: str, rates: dict[str, Rates]) -> str:
    """Return the table of one database: rates a second, and ratios to the bare signals of the same minute."""
    width = max(len(name) for name in rates)
    lines = [database, f"{'':{width}}  {'woken a second':^20}  {'answered':^20}  {'ratio to bare':^20}"]
    lines.append(f"{'':{width}}" + f"  {'median   min   max':>20}" * 3)
    for name in (EXISTING, NEW):
        lines.append(f"{name:{width}}  {_spread(rates[name].bare, 1)}")
    for name in DOORS:
        each = rates[name]
        ratios = [woken / bare for woken, bare in zip(each.woken, each.bare, strict=True)]
        spreads = (_spread(each.woken, 1), _spread(each.answered, 1), _spread(ratios, 2))
        lines.append(f"{name:{width}}  {'  '.join(spreads)}")
    return "\n".join(lines)


def _spread(values: Iterable[float], places: int) -> str:
    several = [*values]
    numbers = (median(several), min(several), max(several))
    return "{:8.{p}f}{:6.{p}f}{:6.{p}f}".format(*numbers, p=places)


async def measure(settings: Settings, *, count: int, in_flight: int, rounds: int) -> str:
    """Measure over a ledger on SQLite, and over one on PostgreSQL where it starts; return the tables."""
    vendors: dict[str, Any] = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": SecretStr(TOKEN),
        "incident_webhook_secret": SecretStr(f"whsec_{SECRET}"),
        "stripe_webhook_secret": SecretStr(STRIPE.secret),
        "stripe_mode": "test",
        "api_tokens": SecretStr(f"bench={API_TOKEN}"),
    }
    given = {"count": count, "in_flight": in_flight, "rounds": rounds}
    ours = settings.model_copy(update=vendors)
    tables = [await measured(ours, **given)]
    with tempfile.TemporaryDirectory(prefix="arrears-pg-") as name, postgresql(Path(name)) as url:
        if url is None:
            tables.append("PostgreSQL: none starts here")
        else:
            other = {"database_url": url, "task_queue": "arrears-pg"}
            tables.append(await measured(ours.model_copy(update=other), **given))
    busy = f"{getloadavg()[0]:.1f} on {cpu_count()} processors"
    tables.append(f"load of the machine at the end: {busy}; with more than one a processor even ratios swing")
    return "\n\n".join(tables)


def main() -> int:
    """Run as the command line says; return the exit status."""
    return drive(
        measure, doc=__doc__, per="webhooks of each kind in each round", count=300, in_flight=20, times=4
    )


if __name__ == "__main__":
    leave(main())
