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
from pathlib import Path
from typing import Any

import uvicorn
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.service import RPCError

from composition import connect, incident_waker, parts, waker, workers
from domain.clock import BusinessClock
from domain.documents import read
from domain.facts import Body
from domain.policy import Policy
from providers.temporal_server import HOST, TemporalServer
from settings import ROOT, Settings
from store import clock, customers, doors, policies
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from store.tables import CustomerRow
from tests.browser.cast import BEGINS, CAST, NOW, Person
from tests.kill.staging import new_server

PATIENCE_SECONDS = 90
"""How long everybody together may take over one morning; a machine that is busy with others takes long."""

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
        for at, customer_id, name, body in told:
            if at > until:
                break
            await self.go_to(at)
            await self.record(customer_id, name, body)
        await self.go_to(until)

    async def record(self, customer_id: str, name: str, body: Body) -> None:
        """Tell one fact now, by the door that production has, and wait for what follows from it at once."""
        now = self.now
        new = NewFact(source="test", id=name, happened_at=now, body=body)
        recorded = await asyncio.to_thread(doors.record, self.ledger, customer_id, [new], now=now)
        if recorded.wake:
            await self.wake(customer_id)
            await self.settled([customer_id])

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

    def set_clock(self, at: datetime) -> None:
        """Let business time go on from an instant, as fast as real time; nobody is woken."""
        clock.set_clock(self.ledger, BusinessClock(real_at=datetime.now(UTC), business_at=at))

    async def _do_what_is_due(self) -> None:
        """Wake whoever is late, until nobody is: one step may make the next one due at once."""
        while late := await asyncio.to_thread(self._late):
            for customer_id in late:
                await self.wake(customer_id)
            await self.settled(late)

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
        file = ROOT / "policies" / "business.yaml"
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
async def serving(app: Any) -> AsyncIterator[str]:
    """Serve an application of ours at a port of its own, and give its address."""
    config = uvicorn.Config(app, host=HOST, port=0, lifespan="on", log_config=None, access_log=False)
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
