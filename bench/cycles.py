"""Measures how fast customers are looked at and written to, against bare workflows beside them.

Everything is real: a Temporal dev server, and in this process the workers that `worker.py` runs, an
SQLite ledger and the outbox, in a folder that is removed afterwards. Rates on a shared machine swing
by a quarter, so bare workflows run before every two kinds of our own work: the ratio of the two holds.
A rate is counted while all places in flight are taken: our work is over at a commit in the ledger, and
what its workflow does after that counts against the next one. `make bench` lets Python keep bytecode;
without it the sandbox compiles our workflows for every new customer.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter
from typing import Any

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

from temporalio.client import Client  # noqa: E402
from temporalio.worker import Worker  # noqa: E402

from activities.books import Books  # noqa: E402
from bench._bare import Bare, nothing  # noqa: E402
from bench._driver import drive  # noqa: E402
from composition import GRACEFUL, Parts, code_version, connect, parts, waker, workers  # noqa: E402
from domain.clock import BusinessClock  # noqa: E402
from domain.customer import Customer  # noqa: E402
from domain.documents import read  # noqa: E402
from domain.facts import InvoiceIssued  # noqa: E402
from domain.policy import Policy  # noqa: E402
from ending import leave  # noqa: E402
from settings import ROOT, Settings  # noqa: E402
from store import clock as clocks  # noqa: E402
from store import customers, doors, policies, switches  # noqa: E402
from store.assess import Assessment, Rests  # noqa: E402
from store.customers import ContactData  # noqa: E402
from store.database import Ledger, migrate  # noqa: E402
from store.facts import NewFact  # noqa: E402

AIM = 0.8
"""What the cycle of an existing customer is to reach of the rate of a bare workflow."""

POLICY = ROOT / "policies" / "business.yaml"
FIRST_DAY = datetime(2026, 9, 1, 10, tzinfo=UTC)
"""A Tuesday in the policy's hours, so that every reminder may go out at once."""

PATIENCE_SECONDS = 120
"""Longer than any effect may take: a customer who is not done then never will be."""

BARE_QUEUE = "bare"
THREADS = 8  # as the worker of the workflows has

Job = Callable[[str], Awaitable[object]]


class Milestones:
    """Tells the loop what the ledger has written for a customer, so that nobody has to ask."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._awaited: dict[tuple[str, str], asyncio.Event] = {}

    def expect(self, what: str, customer_id: str) -> asyncio.Event:
        """Return what will be set once; ask before whatever leads to it."""
        return self._awaited.setdefault((what, customer_id), asyncio.Event())

    def reached(self, what: str, customer_id: str) -> None:
        """Say so, from any thread."""
        self._loop.call_soon_threadsafe(self._reach, what, customer_id)

    def _reach(self, what: str, customer_id: str) -> None:
        awaited = self._awaited.pop((what, customer_id), None)
        if awaited is not None:
            awaited.set()


@dataclass(frozen=True, kw_only=True)
class WatchedBooks(Books):
    """The books, which say what is committed in the ledger."""

    milestones: Milestones

    def assess(self, customer_id: str, now: datetime, *, put_off: Sequence[Rests] = ()) -> Assessment:
        """Plan for a customer, and say so."""
        assessment = super().assess(customer_id, now, put_off=put_off)
        self.milestones.reached("assessed", customer_id)
        return assessment

    def confirm(self, *given: Any, **more: Any) -> Assessment:
        """Write down how an effect went, and say so."""
        assessment = super().confirm(*given, **more)
        self.milestones.reached("confirmed", assessment.customer.id)
        return assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of work of ours, with its rates and those of the bare workflows just before.

    Attributes:
        aimed: the one whose ratio has an aim.
    """

    name: str
    aimed: bool = False
    rates: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """The ratio to bare of each round."""
        return [rate / bare for rate, bare in zip(self.rates, self.bare, strict=True)]


OPEN_CASE = "existing customer, case open: one reminder"
NEW_CASE = "existing customer, nothing overdue: a case and its first reminder"
NEW_CUSTOMER = "new customer: the workflow, a case and its first reminder"
LOOK = "existing customer, woken: one look, nothing to do"


class Bench:
    """One run, while server and workers are there."""

    def __init__(
        self, client: Client, queue: str, ledger: Ledger, *, count: int, in_flight: int, rounds: int
    ) -> None:
        self.client = client
        self.ledger = ledger
        self.count = count
        self.in_flight = in_flight
        self.rounds = rounds
        self.wake = waker(client, queue)
        self.milestones = Milestones()
        self.kinds = {
            name: Kind(name=name, aimed=name == OPEN_CASE)
            for name in (OPEN_CASE, NEW_CASE, NEW_CUSTOMER, LOOK)
        }

    def watched(self, made: Parts) -> Parts:
        """Return the parts with books that say what they write."""
        books = made.books
        watched = WatchedBooks(
            ledger=books.ledger,
            clock=books.clock,
            code_version=books.code_version,
            milestones=self.milestones,
        )
        return replace(made, books=watched)

    async def run(self) -> None:
        """Measure all rounds; the first look at anything is slow, so a small one is thrown away before."""
        await self._round(0, self.in_flight)
        for kind in self.kinds.values():
            kind.rates.clear()
            kind.bare.clear()
        for number in range(1, self.rounds + 1):
            await self._round(number, self.count)
            print(f"round {number} of {self.rounds} is done", file=sys.stderr, flush=True)

    async def _round(self, number: int, count: int) -> None:
        """Take customers of their own through every kind of work, in a week of their own."""
        tuesday = FIRST_DAY + timedelta(weeks=number)
        thursday = tuesday + timedelta(days=2)  # the policy leaves two days between two reminders
        existing = [f"E{number}-{i}" for i in range(count)]
        new = [f"N{number}-{i}" for i in range(count)]
        await self._set_clock(tuesday)
        await asyncio.to_thread(self._add, [*existing, *new], tuesday)
        await self._complete(self._look, existing)
        bare = await self._complete(self._bare, [f"bare/{number}/tuesday/{i}" for i in range(count)])
        await self._measure(NEW_CASE, self._remind, existing, bare)
        await self._measure(NEW_CUSTOMER, self._remind, new, bare)
        await self._set_clock(thursday)
        bare = await self._complete(self._bare, [f"bare/{number}/thursday/{i}" for i in range(count)])
        await self._measure(OPEN_CASE, self._remind, existing, bare)
        await self._measure(LOOK, self._look, existing, bare)

    async def _measure(self, kind: str, job: Job, ids: Sequence[str], bare: float) -> None:
        """Measure a kind of work, beside the rate that bare workflows had just now."""
        self.kinds[kind].rates.append(await self._complete(job, ids))
        self.kinds[kind].bare.append(bare)

    async def _complete(self, job: Job, ids: Sequence[str]) -> float:
        """Do a job for everyone, so many in flight; return how many a second."""
        waiting, ended = iter(ids), list[float]()

        async def one_after_the_other() -> None:
            for each in waiting:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await job(each)
                ended.append(perf_counter())

        async with asyncio.TaskGroup() as group:
            for _ in range(self.in_flight):
                group.create_task(one_after_the_other())
        full = ended[self.in_flight - 1 : len(ended) - self.in_flight]
        return (len(full) - 1) / (full[-1] - full[0]) if len(full) > 1 else 0.0

    async def _bare(self, workflow_id: str) -> None:
        await self.client.execute_workflow(Bare.run, workflow_id, id=workflow_id, task_queue=BARE_QUEUE)

    async def _look(self, customer_id: str) -> None:
        """Wake a customer's workflow, until it has planned."""
        assessed = self.milestones.expect("assessed", customer_id)
        await self.wake(customer_id)
        await assessed.wait()

    async def _remind(self, customer_id: str) -> None:
        """Record an invoice that is three days late, until its reminder is confirmed in the ledger."""
        confirmed = self.milestones.expect("confirmed", customer_id)
        recorded = await asyncio.to_thread(self._record_late_invoice, customer_id)
        assert recorded.wake, f"the plan of {customer_id} does not change: nothing would be measured"
        await self.wake(customer_id)
        await confirmed.wait()

    def _record_late_invoice(self, customer_id: str) -> doors.Recorded:
        now = self.clock.business(datetime.now(UTC))
        due_on = now.date() - timedelta(days=3)
        invoice = f"INV-{customer_id}-{due_on:%m%d}"
        body = InvoiceIssued(invoice=invoice, amount=Decimal("250.00"), currency="EUR", due_on=due_on)
        new = NewFact(source="bench", id=invoice, happened_on=due_on - timedelta(days=30), body=body)
        return doors.record(self.ledger, customer_id, [new], now=now)

    def _add(self, ids: Iterable[str], now: datetime) -> None:
        with self.ledger.write() as session:
            for each in ids:
                contact = ContactData(name=f"Customer {each}", email=f"ap@{each.lower()}.example")
                customers.add(session, Customer(id=each), contact, now=now)

    async def _set_clock(self, business_at: datetime) -> None:
        self.clock = BusinessClock(real_at=datetime.now(UTC), business_at=business_at)
        await asyncio.to_thread(clocks.set_clock, self.ledger, self.clock)


def report(kinds: Iterable[Kind]) -> str:
    """Return the table: rates a second, and ratios to the bare workflows of the same minute."""
    kinds = list(kinds)
    width = max(len(kind.name) for kind in kinds)
    bare = [rate for kind in kinds for rate in kind.bare]
    head = f"{'':{width}}  {'per second':^20}  {'ratio to bare':^20}"
    names = f"{'':{width}}  {'median   min   max':>20}  {'median   min   max':>20}"
    lines = [head, names, f"{'bare workflow: one activity, done':{width}}  {_spread(bare, 1)}"]
    for kind in kinds:
        aim = f"  aim {AIM}" if kind.aimed else ""
        lines.append(f"{kind.name:{width}}  {_spread(kind.rates, 1)}  {_spread(kind.ratios, 2)}{aim}")
    return "\n".join(lines)


def _spread(values: Sequence[float], places: int) -> str:
    numbers = (median(values), min(values), max(values))
    return "{:8.{p}f}{:6.{p}f}{:6.{p}f}".format(*numbers, p=places)


def bare_worker(client: Client) -> Worker:
    """Return a worker for bare workflows, set as `composition.workers` sets that of ours."""
    return Worker(
        client,
        task_queue=BARE_QUEUE,
        workflows=[Bare],
        activities=[nothing],
        activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix=BARE_QUEUE),
        max_concurrent_activities=THREADS,
        max_concurrent_local_activities=THREADS,
        graceful_shutdown_timeout=GRACEFUL,
        build_id=code_version(),
    )


async def measure(settings: Settings, *, count: int, in_flight: int, rounds: int) -> str:
    """Run workers over a new ledger, and return the table."""
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url, durable=False)
    policy = read(POLICY.read_text(encoding="utf-8"), model=Policy, name=POLICY.name)
    policies.adopt(ledger, policy, now=FIRST_DAY, by="bench")
    # Some thousand reminders in an hour are meant here.
    switches.set_blast_limit(ledger, 1_000_000, by="bench", now=FIRST_DAY)
    client = await connect(settings)
    bench = Bench(client, settings.task_queue, ledger, count=count, in_flight=in_flight, rounds=rounds)
    made = bench.watched(parts(settings, ledger))
    async with AsyncExitStack() as running:
        for worker in [*workers(client, settings.task_queue, made), bare_worker(client)]:
            await running.enter_async_context(worker)
        await bench.run()
    ledger.close()
    return report(bench.kinds.values())


def main() -> int:
    """Run as the command line says; return the exit status."""
    return drive(measure, doc=__doc__, per="of each kind in each round", count=80, in_flight=20, times=4)


if __name__ == "__main__":
    leave(main())
