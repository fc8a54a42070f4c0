"""Where browser tests look: a ledger, the real Temporal server with its UI, our workers, and pages of ours.

Everything runs in the test's own loop. Business time is moved by hand: morning by morning up to a day,
and each morning whoever has something due is woken, and everybody waited for. So a machine however slow
brings the same customers to the same stages.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import uvicorn
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.service import RPCError

from composition import connect, incident_waker, parts, waker, workers
from demo.newcomers import Newcomer
from domain.clock import BusinessClock
from domain.documents import read
from domain.facts import Body
from domain.incidents.notice import Notice
from domain.policy import Policy
from providers.temporal_server import HOST, TemporalServer
from settings import ROOT, Settings
from store import clock, customers, doors, incidents, onboarding, policies
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from store.tables import CustomerRow
from tests.browser.cast import BEGINS, CAST, NOW, Person
from tests.kill.staging import new_server

PATIENCE_SECONDS = 90
"""How long everybody together may take over one morning; a machine that is busy with others takes long."""

POLICIES = (ROOT / "policies" / "business.yaml", ROOT / "samples" / "policies" / "cloud.yaml")
_LOOK_SECONDS = 0.02
_KINDS = ("customer", "suspension", "onboarding")


@dataclass(slots=True, kw_only=True)
class Stage:
    """One deployment, and the business instant at which it stands.

    Attributes:
        server: its `ui` is where the Temporal Web UI answers.
    """

    settings: Settings
    ledger: Ledger
    server: TemporalServer
    client: Client

    @property
    def now(self) -> datetime:
        """The business instant of this moment."""
        return clock.read(self.ledger).business(datetime.now(UTC))

    def add(self, people: Iterable[Person], *, now: datetime) -> None:
        """Add customers, of whom nothing has happened yet."""
        with self.ledger.write() as session:
            for each in people:
                contact = ContactData(name=each.name, email=each.email, phone=each.phone)
                customers.add(session, each.customer, contact, now=now)

    async def play(self, people: Sequence[Person], *, until: datetime) -> None:
        """Let happen what happened to customers that were added, each fact on its day, up to an instant."""
        told = sorted((at, each.id, name, body) for each in people for at, name, body in each.facts())
        for at, group in groupby(told, key=lambda fact: fact[0]):
            if at > until:
                break
            await self.go_to(at)
            await self.record(*(fact[1:] for fact in group))
        await self.go_to(until)

    async def hurry(self, people: Sequence[Person], *, until: datetime, days_a_second: float) -> None:
        """Let business time run fast up to an instant, so that workflows wait in timers as they do in life.

        On a slow machine steps come late; `play` brings everybody where they belong.
        """
        self.set_clock(self.now, speed=days_a_second * 86_400)
        for at, customer_id, name, body in sorted(
            (at, each.id, name, body) for each in people for at, name, body in each.facts()
        ):
            await self._until(min(at, until))
            if at <= until:
                await self.record((customer_id, name, body))
        await self._until(until)
        self.set_clock(until)
        await self.look([each.id for each in people])

    async def _until(self, at: datetime) -> None:
        real = clock.read(self.ledger).real(at)
        await asyncio.sleep(max((real - datetime.now(UTC)).total_seconds(), 0))

    async def record(self, *told: tuple[str, str, Body]) -> None:
        """Tell facts now, each of a customer and with a name, and wait for what follows from them at once.

        They come by the door that production has.
        """
        now, woken = self.now, []
        for customer_id, name, body in told:
            new = NewFact(source="test", id=name, happened_at=now, body=body)
            recorded = await asyncio.to_thread(doors.record, self.ledger, customer_id, [new], now=now)
            if recorded.wake:
                woken.append(customer_id)
        await self.look(woken)

    async def look(self, customer_ids: Sequence[str]) -> None:
        """Wake customers' workflows, and wait until they have done what they do at once."""
        for customer_id in customer_ids:
            await self.wake(customer_id)
        await self.settled(customer_ids)

    async def apply(self, newcomers: Iterable[Newcomer]) -> None:
        """Let people apply, until each verification waits for a person or is over."""
        applied = []
        for each in newcomers:
            now = self.now
            await asyncio.to_thread(onboarding.apply, self.ledger, each.application, now=now, more=each.more)
            applied.append(each.application.customer_id)
        await self.look(applied)

    async def take(self, notice: Notice) -> str:
        """Take a notice of an incident, as a door does, and return its id."""
        incident = self.note(notice)
        await self.wake_incident(incident)
        return incident

    def note(self, notice: Notice) -> str:
        """Write a notice of an incident down, waking nobody, and return the incident's id."""
        return incidents.take(self.ledger, notice, now=self.now).incident

    async def wake(self, customer_id: str) -> None:
        """Wake a customer's workflow, as a door does."""
        await waker(self.client, self.settings.task_queue)(customer_id)

    async def wake_incident(self, incident_id: str) -> None:
        """Wake an incident's workflow, as a door does."""
        await incident_waker(self.client, self.settings.task_queue)(incident_id)

    async def go_to(self, at: datetime) -> None:
        """Let business time pass up to an instant: every day at the same hour whatever is due is done."""
        while self.now < at:
            self.set_clock(min(self.now + timedelta(days=1), at))
            await self._do_what_is_due()

    def set_clock(self, at: datetime, *, speed: float = 1) -> None:
        """Let business time go on from an instant, as fast as real time unless told else; nobody is woken."""
        clock.set_clock(self.ledger, BusinessClock(real_at=datetime.now(UTC), business_at=at, speed=speed))

    async def _do_what_is_due(self) -> None:
        """Wake whoever is late, until nobody is: one step may make the next one due at once."""
        while late := await asyncio.to_thread(self._late):
            await self.look(late)

    def _late(self) -> list[str]:
        wanted = select(CustomerRow.id).where(
            (col(CustomerRow.wake_at) <= self.now)
            | (col(CustomerRow.revision) > col(CustomerRow.assessed_revision))
        )
        with self.ledger.read() as session:
            return list(session.exec(wanted))

    async def settled(self, customer_ids: Sequence[str]) -> None:
        """Wait until the workflows of these customers have nothing under way."""
        busy: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while busy := [each for each in customer_ids if await self._busy(each)]:  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not settled within {PATIENCE_SECONDS} seconds: {busy}") from None

    async def _busy(self, customer_id: str) -> bool:
        for kind in _KINDS:
            with suppress(RPCError):  # there is none
                found = await self.client.get_workflow_handle(f"{kind}/{customer_id}").describe()
                raw = found.raw_description
                if raw.pending_activities or raw.HasField("pending_workflow_task"):
                    return True
        row = await asyncio.to_thread(self.row, customer_id)
        return row.revision > row.assessed_revision

    def row(self, customer_id: str) -> CustomerRow:
        """What the ledger has of a customer."""
        with self.ledger.read() as session:
            return customers.get(session, customer_id)

    def stages(self) -> dict[str, str | None]:
        """The stage of each customer."""
        with self.ledger.read() as session:
            return {row.id: row.stage for row in session.exec(select(CustomerRow))}


@asynccontextmanager
async def staged(
    folder: Path,
    people: Sequence[Person] = CAST,
    *,
    begins: datetime = BEGINS,
    until: datetime = NOW,
    **settings: Any,
) -> AsyncIterator[Stage]:
    """Set the stage: a fresh ledger, a server, workers, and the customers brought to where they stand.

    Args:
        settings: further ones, by the names of their fields.
    """
    async with AsyncExitStack() as running:
        server = new_server(folder)
        await asyncio.to_thread(server.start)
        running.push_async_callback(asyncio.to_thread, server.stop)
        given = Settings(
            database_url=f"sqlite:///{folder / 'ledger.db'}",
            outbox=folder / "outbox",
            bank=folder / "bank",
            temporal_address=server.address,
            temporal_ui=server.ui,
            **settings,
        )
        migrate(given.database_url)
        ledger = running.enter_context(_opened(given))
        for file in POLICIES:
            policy = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
            policies.adopt(ledger, policy, now=begins, by="test")
        client = await connect(given)
        stage = Stage(settings=given, ledger=ledger, server=server, client=client)
        stage.set_clock(begins)
        stage.add(people, now=begins)
        for worker in workers(client, given.task_queue, parts(given, ledger)):
            await running.enter_async_context(worker)
        await stage.play(people, until=until)
        yield stage


@contextmanager
def _opened(settings: Settings) -> Iterator[Ledger]:
    ledger = Ledger(settings.database_url, durable=False)
    try:
        yield ledger
    finally:
        ledger.close()


class _Server(uvicorn.Server):
    """Leaves signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: Any, *, port: int = 0) -> AsyncIterator[str]:
    """Serve an application of ours at a port, by default any that is free, and give its address."""
    config = uvicorn.Config(app, host=HOST, port=port, lifespan="on", log_config=None, access_log=False)
    server = _Server(config)
    socket = config.bind_socket()
    running = asyncio.create_task(server.serve(sockets=[socket]))
    try:
        while not server.started:
            if running.done():
                await running
            await asyncio.sleep(_LOOK_SECONDS)
        host, port = socket.getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await running
        socket.close()
