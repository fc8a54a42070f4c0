"""Measures how soon a service is back after its money, while suspensions wait at Partner Center.

Partner Center takes so many requests a minute, so the queue in which services are turned starts one attempt
a second. Everything is real: a Temporal dev server, in this process the workers that `worker.py` runs, an
SQLite ledger, and Partner Center as a stand-in over HTTP. `--count` customers are to be suspended at one
moment, and while they wait, `--in-flight` others pay whose services are down. Printed is how long each of
those waited from the commit of the payment until Partner Center had the subscription active again, renewal
included, and the ledger knew; beside it how long the queue was at that moment: what a return would have to
wait for in its turn.

    python -m bench.returns [--count 60] [--in-flight 3] [--rounds 3]
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

from pydantic import SecretStr  # noqa: E402
from temporalio.client import Client  # noqa: E402

from bench._driver import drive  # noqa: E402
from composition import connect, parts, waker, workers  # noqa: E402
from domain.customer import Customer  # noqa: E402
from domain.documents import read  # noqa: E402
from domain.facts import InvoiceIssued, PaymentReceived, SubscriptionReactivated  # noqa: E402
from domain.policy import Policy  # noqa: E402
from domain.switching import Place  # noqa: E402
from ending import leave  # noqa: E402
from providers.loopback.partner_center.subscriptions import Held  # noqa: E402
from providers.loopback.server import Loopback  # noqa: E402
from settings import Settings  # noqa: E402
from store import claims, customers, doors, facts, places, policies, switches  # noqa: E402
from store.customers import ContactData  # noqa: E402
from store.database import Ledger, migrate  # noqa: E402
from store.facts import NewFact  # noqa: E402

POLICY = """
policy: business
title: Suspended eight days after the due date
for: {segments: [business]}
window: {opens: 00:00, closes: 23:59, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
steps:
  - {kind: notice, id: final, offset_days: 1, template: final_notice}
  - {kind: suspend, id: suspend, offset_days: 8, notice_days: 7, needs_delivered: [final]}
"""
TENANT = "d8202a51-69f9-4228-b900-d0e081af17d7"
LATE_DAYS = 20
PATIENCE_SECONDS = 600
"""What has not happened then never will: an attempt that failed rests five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """One round.

    Attributes:
        seconds: how long each return took, in all.
        behind: how many suspensions waited when it was paid, and `still` when the last was back.
    """

    seconds: Sequence[float]
    behind: int
    still: int


class Scene:
    """A ledger whose customers have licences at Partner Center, and the workers."""

    def __init__(self, client: Client, queue: str, ledger: Ledger, server: Loopback) -> None:
        self.client, self.ledger, self.server = client, ledger, server
        self.wake = waker(client, queue)
        self.held: dict[str, Held] = {}

    def debtor(self, name: str) -> None:
        """Add a customer who is to be suspended as soon as anybody looks."""
        now, due_on = datetime.now(UTC), datetime.now(UTC).date() - timedelta(days=LATE_DAYS)
        with self.ledger.write() as session:
            contact = ContactData(email=f"ap@{name.lower()}.example")
            customers.add(session, Customer(id=name, currency="EUR"), contact, now=_at(due_on, -30))
        issued = InvoiceIssued(invoice=f"INV-{name}", amount="100.00", currency="EUR", due_on=due_on)
        fact = NewFact(source="bench", id=f"INV-{name}", happened_at=_at(due_on, -30), body=issued)
        doors.record(self.ledger, name, [fact], now=_at(due_on, -30))
        warned_at = _at(due_on, 1)
        begun = claims.begin(self.ledger, name, "final/email", now=warned_at, code_version="bench")
        assert isinstance(begun, claims.Begun), begun
        claims.confirm(
            self.ledger,
            name,
            begun.message,
            state="sent",
            now=warned_at,
            outcome="delivered",
            code_version="bench",
        )
        self.held[name] = self.server.partner_center.subscriptions.add(TENANT)
        resource = str(self.held[name].resource["id"])
        place = Place(
            customer=name, provider="partner_center", account=TENANT, resource=resource, kind="licence"
        )
        places.link(self.ledger, place, by="bench", now=now)

    def pay(self, name: str) -> None:
        """Record the money of a customer."""
        now = datetime.now(UTC)
        body = PaymentReceived(payment=f"P-{name}", amount="100.00", currency="EUR", invoice=f"INV-{name}")
        fact = NewFact(source="bench", id=f"P-{name}", happened_at=now, body=body)
        doors.record(self.ledger, name, [fact], now=now)

    def is_down(self, name: str) -> bool:
        """Whether the service is down at Partner Center."""
        return self.held[name].status == "suspended"

    def is_back(self, name: str) -> bool:
        """Whether the service is as it was at Partner Center, and the ledger knows."""
        if self.is_down(name) or self.held[name].resource["autoRenewEnabled"] is not True:
            return False
        return any(
            isinstance(each.body, SubscriptionReactivated) for each in facts.history(self.ledger, name)
        )

    async def all_down(self, names: Sequence[str]) -> None:
        """Wait until the services are down."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all(map(self.is_down, names)):  # noqa: ASYNC110 - the stand-in has no event for it
                await asyncio.sleep(0.1)

    async def paid_and_back(self, name: str) -> float:
        """Pay, and return how many seconds it took until the service was back."""
        began = perf_counter()
        await asyncio.to_thread(self.pay, name)
        await self.wake(name)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await asyncio.to_thread(self.is_back, name):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.1)
        return perf_counter() - began

    async def wait(self, waiting: Sequence[str], paying: Sequence[str]) -> Waited:
        """Let these be suspended, and then those pay while these wait."""
        for name in (*paying, *waiting):
            await asyncio.to_thread(self.debtor, name)
        await asyncio.gather(*map(self.wake, paying))
        await self.all_down(paying)
        await asyncio.gather(*map(self.wake, waiting))
        await self._queued(len(self.held))
        behind = len(waiting) - sum(map(self.is_down, waiting))
        seconds = await asyncio.gather(*map(self.paid_and_back, paying))
        still = len(waiting) - sum(map(self.is_down, waiting))
        return Waited(seconds=seconds, behind=behind, still=still)

    async def _queued(self, count: int) -> None:
        """Wait until there is a workflow for each service that is turned, so that its attempt waits."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._turned() < count:  # noqa: ASYNC110 - nor has the server
                await asyncio.sleep(0.2)

    async def _turned(self) -> int:
        return (await self.client.count_workflows('WorkflowType="SubscriptionSuspension"')).count


def _at(day: date, days: int) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=UTC) + timedelta(days=days)


@asynccontextmanager
async def scene(settings: Settings, *, per_second: float | None = None) -> AsyncIterator[Scene]:
    """Give a ledger without customers, with workers and a Partner Center, while the block runs.

    Args:
        per_second: how many attempts are begun; as many as with any Partner Center where none is said.
    """
    migrate(settings.database_url)
    ledger, then = Ledger(settings.database_url, durable=False), datetime.now(UTC) - timedelta(days=90)
    policies.adopt(ledger, read(POLICY, model=Policy, name="returns.yaml"), now=then, by="bench")
    switches.set_go_live(ledger, None, by="bench", now=then)
    with Loopback() as server:
        there = {
            "partner_center_cloud": "commercial",
            "partner_center_token": SecretStr(server.partner_center.token),
            "partner_center_base": server.partner_center_base,
        }
        ours = settings.model_copy(update=there)
        client, made = await connect(ours), parts(ours, ledger)
        made = replace(made, turns_per_second=per_second or made.turns_per_second)
        async with AsyncExitStack() as running:
            for worker in workers(client, ours.task_queue, made):
                await running.enter_async_context(worker)
            yield Scene(client, ours.task_queue, ledger, server)
    ledger.close()


async def measure(settings: Settings, *, count: int, in_flight: int, rounds: int) -> str:
    """Measure all rounds, and return the table."""
    found = list[Waited]()
    async with scene(settings) as staged:
        for number in range(rounds):
            waiting = [f"W{number}-{i}" for i in range(count)]
            found.append(await staged.wait(waiting, [f"P{number}-{i}" for i in range(in_flight)]))
            await staged.all_down(waiting)
            print(f"round {number + 1} of {rounds} is done", file=sys.stderr, flush=True)
    return report(found)


def report(found: Sequence[Waited]) -> str:
    """Return the table: seconds of a return, and the suspensions that waited meanwhile."""
    seconds = [each for waited in found for each in waited.seconds]
    ratios = [
        max(each.seconds) / max(each.behind, 1) for each in found
    ]  # an attempt a second: so long is the queue
    middle, most = median(seconds), max(seconds)
    waited = ", ".join(f"{each.behind} ({each.still} still when all were back)" for each in found)
    return (
        f"seconds from the money to the service: median {middle:.1f}, max {most:.1f} of {len(seconds)}\n"
        f"suspensions that waited when it was paid: {waited}\n"
        f"ratio to waiting behind them: median {median(ratios):.2f}, max {max(ratios):.2f}"
    )


def main() -> int:
    """Run as the command line says; return the exit status."""
    return drive(measure, doc=__doc__, per="suspensions that wait", count=60, in_flight=3)


if __name__ == "__main__":
    leave(main())
