"""The demo: a sample business on a real Temporal server, 120 days at a day a second.

The driver tells the facts of the sample at their business instants through the ordinary doors, and
throws the safety switches now and then; everything else the engine does by itself. Workflows run
in real time against a fast business clock, so they lag by hours of business time: the screen says so.
"""

import asyncio
import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from composition import connect, parts, start_sweep, waker, workers
from demo.sample import SAMPLE, START_ON, SampleCustomer, read_sample
from demo.screen import Screen
from demo.progress import progress_of
from domain.clock import BusinessClock
from domain.documents import read
from domain.policy import Policy
from providers.outbox import Outbox
from providers.temporal_server import NoServer, TemporalServer
from replay.report import counts
from settings import ROOT, Settings
from store import clock as clocks
from store import customers, doors, invariants, policies, switches
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from store.figures import figures
from workflows.search_attributes import SEARCH_ATTRIBUTES

POLICIES = ("business", "consumer")
BEFORE = timedelta(days=1)
"""The clock starts a day early: the first day begins earlier in Tokyo than in UTC."""

SCREEN_SECONDS = 0.5
SWEEP_EVERY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """A safety switch that the demo throws on a day."""

    day: int
    name: str


SWITCHES = (
    Switching(day=33, name="stop"),
    Switching(day=34, name="go"),
    Switching(day=61, name="small blast limit"),
    Switching(day=63, name="allow blast"),
)


def play(*, days: int, days_a_second: float, keep: bool, folder: Path) -> int:
    """Play the demo into `folder`, which is emptied first; return the exit status."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        server = TemporalServer(
            database=folder / "temporal.db",
            log=folder / "temporal.log",
            search_attributes=SEARCH_ATTRIBUTES,
        )
        for change in server.ports.changes:
            print(change)
        with server:
            settings = Settings(
                database_url=f"sqlite:///{folder / 'arrears.db'}",
                outbox=folder / "outbox",
                temporal_address=server.address,
                temporal_ui=server.ui,
            )
            migrate(settings.database_url)
            stage = Stage(settings, days=days, days_a_second=days_a_second, keep=keep)
            return asyncio.run(stage.run())
    except NoServer as reason:
        print(reason)
        return 1
    except KeyboardInterrupt:
        return 0


class Stage:
    """One demo while it runs."""

    def __init__(self, settings: Settings, *, days: int, days_a_second: float, keep: bool) -> None:
        self.settings = settings
        self.days = days
        self.keep = keep
        self.ledger = Ledger(settings.database_url)
        self.start_at = datetime(START_ON.year, START_ON.month, START_ON.day, tzinfo=UTC) - BEFORE
        self.end_at = self.start_at + timedelta(days=days) + BEFORE
        self.speed = days_a_second * 86_400
        self.sample = read_sample(SAMPLE.read_text(encoding="utf-8"))

    async def run(self) -> int:
        """Play, report, and wait for Ctrl-C when asked to keep everything running."""
        client = await connect(self.settings)
        self.prepare()
        async with AsyncExitStack() as running:
            for worker in workers(client, self.settings.task_queue, parts(self.settings, self.ledger)):
                await running.enter_async_context(worker)
            await start_sweep(client, self.settings.task_queue, every=SWEEP_EVERY)
            self.wake = waker(client, self.settings.task_queue)
            watching = asyncio.create_task(self._watch())
            await self._tell()
            await self._until(self.end_at)
            watching.cancel()
            kept = self.report()
            if self.keep:
                print(f"\nEverything goes on at {self.settings.temporal_ui}; Ctrl-C ends it.", flush=True)
                await asyncio.Event().wait()
        self.ledger.close()
        return 0 if kept else 1

    def prepare(self) -> None:
        """Adopt the policies, add the customers, start the clock."""
        for name in POLICIES:
            file = ROOT / "policies" / f"{name}.yaml"
            policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
            policies.adopt(self.ledger, policy, now=self.start_at, by="demo")
        with self.ledger.write() as session:
            for each in self.sample:
                contact = ContactData(
                    name=each.name, email=each.email, phone=each.phone, address=each.address
                )
                customers.add(session, each.customer, contact, now=self.start_at)
        switches.set_go_live(self.ledger, START_ON)
        clock = BusinessClock(real_at=datetime.now(UTC), business_at=self.start_at, speed=self.speed)
        clocks.set_clock(self.ledger, clock)
        self.clock = clock

    async def _tell(self) -> None:
        """Tell every fact and throw every switch at its instant."""
        script: list[tuple[datetime, SampleCustomer | None, NewFact | Switching]] = []
        for each in self.sample:
            for fact in each.facts:
                new = NewFact(
                    source=fact.source,
                    id=fact.id,
                    happened_on=fact.happened_on,
                    happened_at=fact.happened_at,
                    body=fact.body,
                )
                script.append((fact.learned_at, each, new))
        script += [(self.start_at + BEFORE + timedelta(days=each.day), None, each) for each in SWITCHES]
        for at, customer, what in sorted(script, key=lambda line: line[0]):
            if at >= self.end_at:
                break
            await self._until(at)
            if isinstance(what, Switching):
                await asyncio.to_thread(self._throw, what)
            elif customer is not None:
                await self._record(customer.customer.id, what)

    async def _record(self, customer_id: str, fact: NewFact) -> None:
        now = self.clock.business(datetime.now(UTC))
        recorded = await asyncio.to_thread(doors.record, self.ledger, customer_id, [fact], now=now)
        if recorded.wake:
            await self.wake(customer_id)

    def _throw(self, switching: Switching) -> None:
        now = self.clock.business(datetime.now(UTC))
        match switching.name:
            case "stop":
                switches.stop(self.ledger, reason="the bank reported a wrong file", by="finance", now=now)
            case "go":
                switches.go(self.ledger, by="finance", now=now)
            case "small blast limit":
                switches.set_blast_limit(self.ledger, 1)
            case "allow blast":
                switches.set_blast_limit(self.ledger, 500)
                switches.go(self.ledger, by="finance", now=now, allow_blast=True)

    async def _until(self, at: datetime) -> None:
        wait = (self.clock.real(at) - datetime.now(UTC)).total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _watch(self) -> None:
        """Show how it goes, until cancelled."""
        with Screen() as screen:
            while True:
                now = self.clock.business(datetime.now(UTC))
                screen.show(await asyncio.to_thread(progress_of, self.ledger, now, START_ON, self.days))
                await asyncio.sleep(SCREEN_SECONDS)

    def report(self) -> bool:
        """Print what happened, where the messages lie, how to look again; return whether promises held."""
        done = figures(self.ledger)
        outbox = Outbox(self.settings.outbox)
        broken = invariants.broken(self.ledger)
        print(f"\n{self.days} days, {done.customers} customers, {done.invoices} invoices")
        print(f"messages: {counts(done.notices)}")
        print(f"tasks for people: {counts(done.tasks)}")
        print(f"held back: {counts(done.holds)}")
        print(f"suspensions: {done.suspensions}, came back: {done.returns}")
        print(f"customers by stage: {counts(done.stages)}")
        print(f"every message: {outbox.write_index()}")
        print(f"the ledger: {self.settings.database_url}")
        print(f"look at a customer: DATABASE_URL={self.settings.database_url} {EXAMPLE}")
        print("watch the workflows: make demo KEEP=1, then open the address that it prints")
        for sentence in broken or ["every promise was kept"]:
            print(sentence)
        return not broken


EXAMPLE = ".venv/bin/python starter.py show CUSTOMER"
