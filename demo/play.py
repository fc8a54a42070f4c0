"""The demo: a sample business on a real Temporal server, 120 days at a day a second.

The driver tells the facts of the sample at their business instants through the ordinary doors, and
throws the safety switches now and then; everything else the engine does by itself. Workflows run
in real time against a fast business clock, so they lag by hours of business time: the screen says so.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

from composition import (
    connect,
    incident_waker,
    page_links,
    parts,
    start_digest,
    start_events,
    start_sweep,
    sweep_id,
    waker,
    watch_waker,
    workers,
)
from demo import newcomers
from demo.applicants import Applicants, ReadByApplicants
from demo.credit import ordering
from demo.incidents import IncidentStory, summary
from demo.outside import Outside
from demo.sample import POLICIES, SAMPLE, START_ON, read_sample
from demo.screen import LAST, Happening, Progress, Screen
from demo.vendors import listening, loopback_vendors, pages_alone
from domain.clock import BusinessClock
from domain.documents import read
from domain.facts import CodeAnswered, OnboardingReviewed, OnboardingStarted
from domain.policy import Policy
from domain.ui_links import VIEWS, start_link, view_link
from lawbooks import law_of
from providers.loopback.server import Loopback
from providers.outbox import Outbox
from providers.temporal_server import NoServer, TemporalServer
from replay.folder import fresh
from replay.report import counts
from settings import Settings
from store import blast, customers, doors, invariants, listing, policies, switches
from store import clock as clocks
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from store.figures import figures, pulse
from workflows.search_attributes import SEARCH_ATTRIBUTES

BY_VERIFICATION = (OnboardingStarted, CodeAnswered, OnboardingReviewed)
OPENS = time(7)
"""When the clock starts on the first day, UTC."""

PATIENCE_DAYS = 14
"""So long a switch waits at most for somebody whom it holds."""

SCREEN_SECONDS = 0.5
SWEEP_EVERY = timedelta(seconds=2)
DIGEST_EVERY = timedelta(seconds=1)
EVENTS_EVERY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Switching:
    """A safety switch that the demo throws on a day; one that ends another waits until that held somebody."""

    day: int
    name: str
    ends: bool = False


SWITCHES = (
    Switching(day=33, name="stop"),
    Switching(day=36, name="go", ends=True),
    Switching(day=61, name="small blast limit"),
    Switching(day=63, name="allow blast", ends=True),
)


def play(
    *,
    days: int,
    days_a_second: float,
    keep: bool,
    folder: Path,
    loopback: bool = False,
) -> int:
    """Play the demo into `folder`, which is emptied first; return the exit status.

    Args:
        loopback: reach every vendor through its SDK or over HTTP, on this machine; they call back.
    """
    fresh(folder)
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
                bank=folder / "bank",
                temporal_address=server.address,
                temporal_ui=server.ui,
                finance_email="finance@seller.example",
            )
            migrate(settings.database_url)
            with ExitStack() as running:
                vendors = None
                if loopback:
                    settings, vendors = running.enter_context(loopback_vendors(settings))
                else:
                    settings = running.enter_context(pages_alone(settings))
                stage = Stage(settings, days=days, days_a_second=days_a_second, keep=keep, vendors=vendors)
                return asyncio.run(stage.run())
    except NoServer as reason:
        print(reason)
        return 1
    except KeyboardInterrupt:
        return 0


class Stage:
    """One demo while it runs."""

    def __init__(
        self,
        settings: Settings,
        *,
        days: int,
        days_a_second: float,
        keep: bool,
        vendors: Loopback | None = None,
    ) -> None:
        self.settings = settings
        self.vendors = vendors
        self.days = days
        self.keep = keep
        self.ledger = Ledger(settings.database_url, durable=False, law_of=law_of(settings))
        self.start_at = datetime.combine(START_ON, OPENS, UTC)
        self.end_at = self.start_at + timedelta(days=days)
        self.speed = days_a_second * 86_400
        self.sample = [*read_sample(SAMPLE.read_text(encoding="utf-8")), *ordering()]

    async def run(self) -> int:
        """Play, report, and wait for Ctrl-C when asked to keep everything running."""
        client = await connect(self.settings)
        self.prepare()
        made = parts(self.settings, self.ledger)
        verifier = ReadByApplicants(made.verifier)
        queue = self.settings.task_queue
        self.wake, self.wake_incident = waker(client, queue), incident_waker(client, queue)
        async with AsyncExitStack() as running:
            await running.enter_async_context(
                listening(
                    self.settings, self.ledger, self.wake, self.wake_incident, watch_waker(client, queue)
                )
            )
            print(self._desk(), flush=True)
            # A vendor's limit of a minute would be one of months here, where a day is a second.
            made = replace(made, verifier=verifier, turns_per_second=None)
            for worker in workers(client, queue, made):
                await running.enter_async_context(worker)
            await self._verify(Applicants(self.ledger, verifier, self.wake))
            await start_sweep(client, queue, self.ledger, every=SWEEP_EVERY)
            await start_digest(client, self.settings, every=DIGEST_EVERY)
            await start_events(client, queue, self.ledger, made.endpoints, every=EVENTS_EVERY)
            outside = self._outside()
            watching = asyncio.create_task(self._watch())
            await asyncio.gather(
                self._tell(outside),
                self._throw_switches(),
                self._incident().play(),
                *([] if outside is None else [outside.play()]),
            )
            await self._until(self.end_at)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            kept = self.report(outside, [] if outside is None else await outside.broken())
            if self.keep:
                # Nobody pays any more: at a day a second everybody would soon be suspended.
                self._set_clock(self.clock.business(datetime.now(UTC)), speed=1)
                await client.get_schedule_handle(sweep_id(queue)).delete()
                await start_sweep(client, queue, self.ledger)
                await start_digest(client, self.settings)
                self._say_where()
                await asyncio.Event().wait()
        self.ledger.close()
        return 0 if kept else 1

    def prepare(self) -> None:
        """Adopt the policies and add the customers, but for those who apply first."""
        for file in POLICIES:
            policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
            policies.adopt(self.ledger, policy, now=self.start_at, by="demo")
        with self.ledger.write() as session:
            for each in self.sample:
                if each.application is None:
                    contact = ContactData(
                        name=each.name, email=each.email, phone=each.phone, address=each.address
                    )
                    customers.add(session, each.customer, contact, now=self.start_at)
        switches.set_go_live(self.ledger, START_ON, by="demo", now=self.start_at)

    async def _verify(self, applicants: Applicants) -> None:
        """Verify the new customers at real speed, then let the clock run fast."""
        self._set_clock(self.start_at, speed=1)
        applying = [each for each in self.sample if each.application is not None]
        many = len(applying) + len(newcomers.NEWCOMERS)
        print(f"verifying {many} new customers: checks, a code by SMS, and finance has a look", flush=True)
        await asyncio.gather(*(applicants.apply(each) for each in applying))
        await newcomers.bring(self.ledger, self.wake, lambda: self.clock.business(datetime.now(UTC)))
        self._set_clock(self.clock.business(datetime.now(UTC)), speed=self.speed)
        # Their timers were set by the slow clock: who still waits is to reckon anew.
        await asyncio.gather(*(self.wake(customer_id) for customer_id in newcomers.WAITING))

    def _incident(self) -> IncidentStory:
        return IncidentStory(
            ledger=self.ledger,
            start_at=self.start_at,
            end_at=self.end_at,
            until=self._until,
            now=lambda: self.clock.business(datetime.now(UTC)),
            wake=self.wake,
            wake_incident=self.wake_incident,
        )

    def _outside(self) -> Outside | None:
        if self.vendors is None:
            return None
        return Outside(
            vendors=self.vendors,
            ledger=self.ledger,
            start_at=self.start_at,
            end_at=self.end_at,
            now=lambda: self.clock.business(datetime.now(UTC)),
            until=self._until,
        )

    def _set_clock(self, business_at: datetime, *, speed: float) -> None:
        self.clock = BusinessClock(real_at=datetime.now(UTC), business_at=business_at, speed=speed)
        clocks.set_clock(self.ledger, self.clock)

    async def _tell(self, outside: Outside | None) -> None:
        """Tell every fact at its instant, but for money that is to bring back what a vendor has suspended."""
        script: list[tuple[datetime, str, NewFact]] = []
        for each in self.sample:
            for fact in each.facts:
                if isinstance(fact.body, BY_VERIFICATION):
                    continue
                new = NewFact(
                    source=fact.source,
                    id=fact.id,
                    happened_on=fact.happened_on,
                    happened_at=fact.happened_at,
                    body=fact.body,
                )
                script.append((fact.learned_at, each.customer.id, new))
        async with asyncio.TaskGroup() as later:
            for at, customer_id, new in sorted(script, key=lambda line: line[0]):
                if at >= self.end_at:
                    break
                await self._until(at)
                if outside is not None and outside.brings_back(customer_id, new.body):
                    pay = partial(self._record, customer_id, new)
                    later.create_task(outside.comes_back(customer_id, pay))
                else:
                    await self._record(customer_id, new)

    async def _record(self, customer_id: str, fact: NewFact) -> None:
        now = self.clock.business(datetime.now(UTC))
        recorded = await asyncio.to_thread(doors.record, self.ledger, customer_id, [fact], now=now)
        if recorded.wake:
            await self.wake(customer_id)

    async def _throw_switches(self) -> None:
        """Throw every switch on its day."""
        for each in SWITCHES:
            at = self.start_at + timedelta(days=each.day)
            if at >= self.end_at:
                break
            await self._until(at)
            if each.ends:
                await self._until_somebody_waits()
            await asyncio.to_thread(self._throw, each)

    async def _until_somebody_waits(self) -> None:
        for _ in range(PATIENCE_DAYS):
            if (await asyncio.to_thread(switches.read, self.ledger)).halted:
                return
            await asyncio.sleep(timedelta(days=1).total_seconds() / self.speed)

    def _throw(self, switching: Switching) -> None:
        now = self.clock.business(datetime.now(UTC))
        match switching.name:
            case "stop":
                switches.stop(self.ledger, reason="the bank reported a wrong file", by="finance", now=now)
            case "go":
                switches.go(self.ledger, by="finance", now=now)
            case "small blast limit":
                switches.set_blast_limit(self.ledger, 1, by="finance", now=now)
            case "allow blast":
                switches.set_blast_limit(self.ledger, 500, by="finance", now=now)
                blast.allow(self.ledger, by="finance", now=now)

    async def _until(self, at: datetime) -> None:
        wait = (self.clock.real(at) - datetime.now(UTC)).total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _watch(self) -> None:
        """Show how it goes, until cancelled."""
        with Screen() as screen:
            while True:
                screen.show(await asyncio.to_thread(self._progress))
                await asyncio.sleep(SCREEN_SECONDS)

    def _progress(self) -> Progress:
        now = self.clock.business(datetime.now(UTC))
        beat = pulse(self.ledger, latest=LAST)
        late = now - beat.late_since if beat.late_since and beat.late_since < now else timedelta(0)
        return Progress(
            day=max((now - self.start_at).days, 0),
            days=self.days,
            now=now,
            lag=late,
            stages=beat.stages,
            sent=beat.sent,
            held=beat.held,
            paid=beat.paid,
            suspended=beat.suspended,
            reactivated=beat.reactivated,
            happenings=tuple(Happening(at=at, customer=who, says=says) for at, who, says in beat.latest),
        )

    def _say_where(self) -> None:
        ui, namespace = self.settings.temporal_ui, self.settings.temporal_namespace
        print(f"\nEverything goes on at {ui}; Ctrl-C ends it.")
        print(self._desk())
        print(f"what waits for a person: {ui}{view_link(namespace, VIEWS['waiting'])}")
        print(f"start a customer by hand: {ui}{start_link(namespace, self.settings.task_queue)}", flush=True)
        if (links := page_links(self.settings, self.ledger)) is not None:
            today = self.clock.business(datetime.now(UTC)).date()
            with self.ledger.read() as session:
                owing = listing.invoices(session, only_open=True, limit=1)
            for invoice in owing:
                url = links.url(invoice.customer_id, today)
                print(f"what {invoice.customer_id} sees by the link in a message: {url}", flush=True)

    def _desk(self) -> str:
        where = f"{self.settings.public_url}/desk/"
        return f"finance's desk: {where} (sign in as one of four people, each with a role of their own)"

    def report(self, outside: Outside | None, broken_outside: Sequence[str]) -> bool:
        """Print what happened, where the messages lie, how to look again; return whether promises held."""
        done = figures(self.ledger)
        outbox = Outbox(self.settings.outbox)
        broken = [*invariants.broken(self.ledger), *broken_outside]
        print(f"\n{self.days} days, {done.customers} customers, {done.invoices} invoices")
        print(f"messages: {counts(done.notices)}")
        print(f"tasks for people: {counts(done.tasks)}")
        print(f"held back: {counts(done.holds)}")
        print(f"suspensions: {done.suspensions}, came back: {done.returns}")
        print(f"customers by stage: {counts(done.stages)}")
        for line in summary(self.ledger, self.clock.business(datetime.now(UTC))):
            print(line)
        for line in outside.summary() if outside is not None else ():
            print(line)
        if self.vendors is None:
            print(f"every message: {outbox.write_index()}")
        else:
            sms, letters = len(self.vendors.twilio.messages), len(self.vendors.sendgrid.letters)
            print(f"through the vendors' SDKs: {sms} SMS by Twilio, {letters} emails by SendGrid")
        print(f"the ledger: {self.settings.database_url}")
        print(f"look at a customer: DATABASE_URL={self.settings.database_url} {EXAMPLE}")
        print("watch the workflows: make demo KEEP=1, then open the address that it prints")
        for sentence in broken or ["every promise was kept"]:
            print(sentence)
        return not broken


EXAMPLE = ".venv/bin/python starter.py show CUSTOMER"
