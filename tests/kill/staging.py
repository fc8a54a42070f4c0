"""What kill tests stand on: a real server, real workers to kill, a ledger, and what must hold at the end.

Every process here is a child of the test; it is killed by its own handle and waited for.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from sqlmodel import col, select
from temporalio.client import Client

from composition import waker
from domain.channels import NO_DEBTS
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.documents import read
from domain.facts import (
    Body,
    CardAdded,
    Delivered,
    InvoiceIssued,
    PaymentFailed,
    PaymentReceived,
    Provisioned,
    SubscriptionReactivated,
    SubscriptionSuspended,
)
from domain.policy import Policy
from domain.simulation.play import simulate
from providers.bank import Bank
from providers.temporal_server import HOST, Ports, TemporalServer
from settings import ROOT, Settings
from store import claims, clock, customers, doors, facts, invariants, policies, provisions, subscriptions
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from store.tables import ClaimRow, CustomerRow
from workflows.search_attributes import SEARCH_ATTRIBUTES

# Each message needs the one before, so that none is skipped however late it is.
POLICY = """
policy: business
title: For kill tests
for: {segments: [business]}
minimum_gap_days: 1
window: {opens: 09:00, closes: 17:00, weekdays: [mon, tue, wed, thu, fri, sat, sun], holidays: false}
charges: {retry_days: [1]}
steps:
  - {kind: notice, id: first, offset_days: 2, template: reminder_first}
  - {kind: notice, id: second, offset_days: 5, template: reminder_second, needs_delivered: [first]}
  - {kind: task, id: call, offset_days: 6, task: call}
  - {kind: notice, id: final, offset_days: 9, template: final_notice, channels: [email, sms], send: all,
     needs_delivered: [second]}
  - {kind: suspend, id: suspend, offset_days: 16, notice_days: 4, needs_delivered: [final],
     data_kept_days: 3650}
"""
DUE = date(2026, 3, 2)
SOURCE = "test"
CODE = "test"
_REFERENCE = "X-Arrears-Reference: "
_POLL_SECONDS = 0.1
AT_ONCE = 6
"""Cases under way together: each starts processes, and more of them would only wait for a core."""

Told = TypeVar("Told")
Step = tuple[str, str, int]
"""A step with the debt and the opening that it counts by."""


def at(days_late: int, hour: int = 10) -> datetime:
    """Return an instant on a day counted from DUE, in UTC, which is the customers' zone."""
    return datetime(DUE.year, DUE.month, DUE.day, hour, tzinfo=UTC) + timedelta(days=days_late)


async def until(holds: Callable[[], bool], *, seconds: float, otherwise: Callable[[], object]) -> None:
    """Wait until something holds; after `seconds` say what is instead."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < deadline, f"not within {seconds:g} seconds: {otherwise()}"
        await asyncio.sleep(_POLL_SECONDS)


def free_ports() -> Ports:
    """Ports that nobody else on this machine waits for, unlike 7233."""
    with socket.socket() as one, socket.socket() as two:
        one.bind((HOST, 0))
        two.bind((HOST, 0))
        return Ports(grpc=one.getsockname()[1], ui=two.getsockname()[1])


def new_server(folder: Path) -> TemporalServer:
    """A server with its database in `folder`, not started yet."""
    return TemporalServer(
        database=folder / "temporal.db",
        log=folder / "temporal.log",
        search_attributes=SEARCH_ATTRIBUTES,
        ports=free_ports(),
    )


@dataclass(slots=True, kw_only=True)
class Workers:
    """The worker processes of one deployment; all are gone after `end`.

    Attributes:
        more: further settings of theirs, by their names in the environment.
    """

    settings: Settings
    log: Path
    more: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *fate: str) -> subprocess.Popen[bytes]:
        """Start a worker, with what is to happen to it at a marked point."""
        given = {
            "DATABASE_URL": self.settings.database_url,
            "TEMPORAL_ADDRESS": self.settings.temporal_address,
            "OUTBOX": str(self.settings.outbox),
            "BANK": str(self.settings.bank),
            "TASK_QUEUE": self.settings.task_queue,
        }
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.kill.worker", *fate],
                cwd=ROOT,
                env={**os.environ, **given, **self.more},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    def kill(self) -> None:
        """Kill every worker by SIGKILL."""
        for process in self.running:
            process.kill()
            process.communicate()
        self.running.clear()

    def end_of_log(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]


@dataclass(slots=True, kw_only=True)
class Stage:
    """One deployment: its ledger, its outbox, its workers, and a client of the server."""

    folder: Path
    settings: Settings
    ledger: Ledger
    policy: Policy
    client: Client
    workers: Workers

    async def wake(self, customer_id: str) -> None:
        """Wake a customer's workflow as a door does."""
        await waker(self.client, self.settings.task_queue)(customer_id)

    def set_clock(self, business_at: datetime, *, speed: float = 1) -> None:
        """Let business time go on from `business_at`."""
        line = BusinessClock(real_at=datetime.now(UTC), business_at=business_at, speed=speed)
        clock.set_clock(self.ledger, line)

    def now(self) -> datetime:
        return clock.read(self.ledger).business(datetime.now(UTC))

    def customer(self, name: str, *, now: datetime, zone: str = "UTC") -> None:
        """Add a customer whom both channels reach."""
        contact = ContactData(name=name, email=f"{name}@customer.example", phone="+4915112345678")
        with self.ledger.write() as session:
            customers.add(session, Customer(id=name, currency="EUR", timezone=zone), contact, now=now)

    def invoice(self, name: str, *, due: date = DUE) -> None:
        """Record an invoice of 100.00 EUR, waking nobody."""
        now = at(-10)
        body = InvoiceIssued(invoice=f"{name}-1", amount="100.00", currency="EUR", due_on=due)
        doors.record(self.ledger, name, [fact(f"{name}-1", body, now)], now=now)

    def learn(self, name: str, what: str, body: Body, now: datetime) -> None:
        """Record one fact, waking nobody."""
        doors.record(self.ledger, name, [fact(f"{name}-{what}", body, now)], now=now)

    def card(self, name: str, *, failed_at: datetime) -> None:
        """Add a card that answers with money, and a first charge that was declined; wakes nobody."""
        self.learn(name, "card", CardAdded(instrument=f"test_paid:{name}", network="visa"), at(-10))
        declined = PaymentFailed(invoice=f"{name}-1", decline="soft", by="engine")
        self.learn(name, "failed", declined, failed_at)

    def send(self, name: str, key: str, now: datetime) -> None:
        """Have an effect happen, without any worker."""
        begun = claims.begin(self.ledger, name, key, now=now, code_version=CODE)
        assert isinstance(begun, claims.Begun), begun
        claims.confirm(
            self.ledger,
            name,
            begun.message,
            state="sent",
            now=now,
            outcome="delivered" if begun.effect.kind == "notice" else None,
            code_version=CODE,
        )

    def suspend(self, name: str, now: datetime) -> None:
        """Suspend a service, without any worker."""
        begun = claims.begin(self.ledger, name, "suspend/service", now=now, code_version=CODE)
        assert isinstance(begun, claims.Begun), begun
        subscriptions.turn(self.ledger, name, name, "suspended", now=now)
        done = fact(f"suspend:{begun.message}", SubscriptionSuspended(subscription=name, by="arrears"), now)
        claims.confirm_with_news(self.ledger, name, begun.message, new=[done], now=now, code_version=CODE)

    # --- what there is ---------------------------------------------------------------------------

    def claims(self, name: str | None = None) -> list[ClaimRow]:
        """Every claim that was not given up, oldest first."""
        wanted = select(ClaimRow).where(ClaimRow.state != "released").order_by(col(ClaimRow.id))
        with self.ledger.read() as session:
            rows = list(session.exec(wanted))
        return [row for row in rows if name in (None, row.customer_id)]

    def states(self, name: str | None = None) -> list[tuple[str, str, str]]:
        """Step, channel and state of each claim, sorted."""
        return sorted((row.step, row.channel, row.state) for row in self.claims(name))

    def steps(self, name: str) -> set[Step]:
        """The steps that were taken, by debt; a suspension counts by the service."""
        return {_step(row.step, row.debt, row.opening) for row in self.claims(name)}

    def references(self) -> list[str]:
        """The reference of each message in the outbox, as often as it stands there."""
        found = []
        for path in [*self.settings.outbox.glob("*.eml"), *self.settings.outbox.glob("*.txt")]:
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [line.removeprefix(_REFERENCE) for line in lines if line.startswith(_REFERENCE)]
        return sorted(found)

    def charges(self) -> list[str]:
        """The reference of each charge that the bank has made."""
        return Bank(self.settings.bank).references()

    def told(self, kind: type[Told]) -> list[Told]:
        """The facts of this kind, of all customers."""
        names = customers.ids(self.ledger)
        known = [each for name in names for each in facts.history(self.ledger, name)]
        return [each.body for each in known if isinstance(each.body, kind)]

    def simulated(self, name: str) -> set[Step]:
        """The steps that the simulator takes for the same facts, by debt."""
        told = [each for each in facts.history(self.ledger, name) if each.source == SOURCE]
        with self.ledger.read() as session:
            customer = customers.get(session, name).customer()
        far = max(each.learned_at for each in told).date() + timedelta(days=90)
        taken: set[Step] = set()
        for line in simulate(self.policy, customer, told, far).lines:
            if line.kind == "effect" and line.step is not None:
                counted = line.debts[:1] if line.debts[0].invoice in NO_DEBTS else line.debts
                taken |= {_step(line.step, debt.invoice, debt.opening) for debt in counted}
        return taken

    def messages(self, *kinds: str) -> list[str]:
        """The references of the claims of these kinds, sorted."""
        return sorted({row.message for row in self.claims() if row.kind in kinds})

    def promises_hold(self, *, sent_before: Iterable[str] = ()) -> None:
        """Assert what holds after whatever happened: each effect once, each outcome known, no fact lost.

        `sent_before` are the messages of a history that no courier has seen.
        """
        assert {state for _, _, state in self.states()} <= {"sent"}
        assert self.unlooked() == []
        notices = self.messages("notice")
        assert sorted([*self.references(), *sent_before]) == notices
        assert sorted(body.message or "" for body in self.told(Delivered)) == notices
        assert self.charges() == self.messages("charge")
        assert [each.payment for each in self.told(PaymentReceived) if each.payment in self.charges()] == (
            self.charges()
        )
        assert len(self.told(SubscriptionSuspended)) == len(self.messages("suspend"))
        assert len(self.told(SubscriptionReactivated)) == len(self.messages("reactivate"))
        done = [
            name for each in customers.ids(self.ledger) for name in provisions.of_customer(self.ledger, each)
        ]
        assert sorted(each.order for each in self.told(Provisioned)) == sorted(done)
        assert len(done) == len(self.messages("provision"))
        assert invariants.broken(self.ledger) == []

    def unlooked(self) -> list[str]:
        """Customers with facts that nobody has looked at."""
        late = select(CustomerRow.id).where(col(CustomerRow.revision) > col(CustomerRow.assessed_revision))
        with self.ledger.read() as session:
            return list(session.exec(late))

    async def busy(self) -> list[str]:
        """The workflows that still have an activity to finish."""
        found = []
        ours = f"ExecutionStatus = 'Running' AND TaskQueue = '{self.settings.task_queue}'"
        async for each in self.client.list_workflows(ours):
            described = await self.client.get_workflow_handle(each.id).describe()
            if described.raw_description.pending_activities:
                found.append(each.id)
        return found

    async def rest(self, seconds: float = 40) -> None:
        """Wait until no workflow has anything under way."""
        deadline = time.monotonic() + seconds
        while busy := await self.busy():
            assert time.monotonic() < deadline, f"still busy: {busy}"
            await asyncio.sleep(_POLL_SECONDS)


def _step(step: str, debt: str, opening: int) -> Step:
    """A service is suspended for the debts that are late by then: which is a matter of time."""
    return (step, "service", 0) if step == "suspend" else (step, debt, opening)


class Game(Protocol):
    """A case that was played to its end."""

    @property
    def stage(self) -> Stage: ...


Played = TypeVar("Played", bound=Game)


@asynccontextmanager
async def side_by_side(
    folders: pytest.TempPathFactory,
    play: Callable[[str, TemporalServer, Path], Awaitable[Played]],
    points: Iterable[str],
) -> AsyncIterator[dict[str, Played | BaseException]]:
    """Play a case for each point, on one server; one that failed is there with its error."""
    server, names = new_server(folders.mktemp("server")), list(points)
    await asyncio.to_thread(server.start)
    folder, gate = folders.mktemp("cases"), asyncio.Semaphore(AT_ONCE)

    async def admitted(name: str) -> Played:
        async with gate:
            return await play(name, server, folder)

    played = await asyncio.gather(*map(admitted, names), return_exceptions=True)
    with ExitStack() as closing:
        for game in played:
            if not isinstance(game, BaseException):
                closing.callback(game.stage.ledger.close)
        yield dict(zip(names, played, strict=True))
    await asyncio.to_thread(server.stop)


def fact(name: str, body: Body, now: datetime) -> NewFact:
    """A fact as a door brings it."""
    return NewFact(source=SOURCE, id=name, happened_at=now, body=body)


def set_stage(server: TemporalServer, folder: Path, *, queue: str, client: Client) -> Stage:
    """A fresh ledger with the policy of these tests, and no worker yet."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        database_url=f"sqlite:///{folder / 'ledger.db'}",
        outbox=folder / "outbox",
        bank=folder / "bank",
        temporal_address=server.address,
        task_queue=queue,
    )
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url, durable=False)
    policy = read(POLICY, model=Policy, name="kill.yaml")
    policies.adopt(ledger, policy, now=at(-60), by="test")
    (folder / "outbox").mkdir()
    return Stage(
        folder=folder,
        settings=settings,
        ledger=ledger,
        policy=policy,
        client=client,
        workers=Workers(settings=settings, log=folder / "worker.log"),
    )
