"""A business on a fast clock, whose worker and server die by SIGKILL at random moments, again and again.

Those who pay late pay when every step of theirs was taken, so that what is missing does not depend on
how late a killed worker made us. Those who pay in between may get less than the simulator says, for
the same reason, but never anything else.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.service import RPCError

from composition import connect, start_sweep
from domain.facts import Body, InvoiceIssued, PaymentReceived
from providers.temporal_server import TemporalServer
from settings import Settings
from store import doors, facts
from tests.kill.staging import SOURCE, Stage, at, fact, new_server, set_stage, until

SPEED = 86_400.0
"""A day a second."""

SWEEP_EVERY = timedelta(seconds=1)
KILLS_BEFORE_PAYING, KILLS_AFTER = 6, 3
PAUSE = (1.5, 6.0)
"""Seconds between two kills, from and to; within it everything has to start again."""

PATIENT = 120
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fact that the test tells at a business instant."""

    at: datetime
    customer: str
    name: str
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Thirty customers by how they pay, and what they do until the late ones pay."""

    never: tuple[str, ...]
    late: tuple[str, ...]
    between: tuple[str, ...]
    on_time: tuple[str, ...]
    script: tuple[Told, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.never, *self.late, *self.between, *self.on_time)


def found_town(chance: random.Random) -> Town:
    names = [f"C{number:02d}" for number in range(30)]
    never, late, between, on_time = names[:9], names[9:18], names[18:26], names[26:]
    script = []
    for name in names:
        billed_on = chance.randrange(6)
        # Due on one day: a suspension for the older of two would end the letters of the younger, which
        # an engine that is days late has not written by then.
        due = at(billed_on + 1).date()
        for number in range(chance.choice((1, 1, 2))):
            issued = at(billed_on, 8) + timedelta(hours=chance.uniform(0, 14))
            invoice = f"{name}-{number}"
            bill = InvoiceIssued(invoice=invoice, amount="100.00", currency="EUR", due_on=due)
            script.append(Told(at=issued, customer=name, name=invoice, body=bill))
            if name in between or name in on_time:
                days = chance.uniform(3, 20) if name in between else chance.uniform(0.1, 0.5)
                script.append(payment(invoice, issued + timedelta(days=days)))
    script.sort(key=lambda each: each.at)
    return Town(
        never=tuple(never),
        late=tuple(late),
        between=tuple(between),
        on_time=tuple(on_time),
        script=tuple(script),
    )


def payment(invoice: str, paid_at: datetime) -> Told:
    paid = PaymentReceived(payment=f"P-{invoice}", amount="100.00", currency="EUR", invoice=invoice)
    return Told(at=paid_at, customer=invoice.partition("-")[0], name=f"P-{invoice}", body=paid)


async def tell(stage: Stage, script: Sequence[Told]) -> None:
    """Record each fact at its instant and wake its customer; a wake that is lost is left to the sweep."""
    for each in script:
        wait = (each.at - stage.now()) / SPEED
        await asyncio.sleep(max(wait.total_seconds(), 0))
        now = stage.now()
        new = [fact(each.name, each.body, now)]
        await asyncio.to_thread(doors.record, stage.ledger, each.customer, new, now=now)
        with suppress(RPCError, TimeoutError):
            await asyncio.wait_for(stage.wake(each.customer), timeout=1)


async def kill_and_restart(stage: Stage, server: TemporalServer, chance: random.Random, times: int) -> None:
    """Kill worker, server or both at random moments, and start what was killed again."""
    for _ in range(times):
        await asyncio.sleep(chance.uniform(*PAUSE))
        struck = chance.choice(("worker", "worker", "server", "both"))
        if struck != "server":
            stage.workers.kill()
        if struck != "worker":
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
        if struck != "server":
            stage.workers.start()
        assert [worker.poll() for worker in stage.workers.running] == [None], stage.workers.end_of_log()


async def everybody_had_every_step(stage: Stage, names: Sequence[str]) -> None:
    """Wait until each of these customers got what the simulator says, and nothing else."""
    wanted = {name: await asyncio.to_thread(stage.simulated, name) for name in names}

    def missing() -> dict[str, object]:
        return {name: steps ^ stage.steps(name) for name, steps in wanted.items()}

    await until(
        lambda: not any(missing().values()) and "claimed" not in {state for *_, state in stage.states()},
        seconds=PATIENT,
        otherwise=lambda: ({k: v for k, v in missing().items() if v}, stage.workers.end_of_log()),
    )


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    server = new_server(tmp_path / "server")
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture
async def stage(server: TemporalServer, tmp_path: Path) -> AsyncIterator[Stage]:
    client = await connect(Settings(temporal_address=server.address))
    stage = set_stage(server, tmp_path, queue="chance", client=client)
    await start_sweep(client, "chance", stage.ledger, every=SWEEP_EVERY)
    yield stage
    stage.workers.kill()
    stage.ledger.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", [1])
async def test_no_step_is_missing_or_taken_twice_whenever_worker_and_server_are_killed(
    seed: int, stage: Stage, server: TemporalServer
) -> None:
    chance = random.Random(seed)
    town = found_town(chance)
    for number, name in enumerate(town.all):
        stage.customer(name, now=at(-1), zone=ZONES[number % len(ZONES)])
    stage.set_clock(at(0, 7), speed=SPEED)
    stage.workers.start()
    await asyncio.gather(
        tell(stage, town.script), kill_and_restart(stage, server, chance, KILLS_BEFORE_PAYING)
    )
    unpaid = (*town.never, *town.late)
    await everybody_had_every_step(stage, unpaid)

    starts_at = stage.now()
    invoices = [each.name for each in town.script if each.customer in town.late and "P-" not in each.name]
    paying = [payment(invoice, starts_at + timedelta(days=chance.uniform(0, 12))) for invoice in invoices]
    paying.sort(key=lambda each: each.at)
    await asyncio.gather(tell(stage, paying), kill_and_restart(stage, server, chance, KILLS_AFTER))
    await everybody_had_every_step(stage, unpaid)
    await stage.rest()

    # Half a day is half a second here: while a server is down even the punctual are told late.
    for name in (*town.between, *town.on_time):
        assert stage.steps(name) <= stage.simulated(name)
    told = {each.name for each in (*town.script, *paying)}
    assert told == {fact_id for name in town.all for fact_id in recorded(stage, name)}
    stage.promises_hold()
    taken = [step for name in unpaid for step, _, _ in stage.steps(name)]
    assert taken.count("suspend") == len(unpaid)
    assert taken.count("thanks") == len(town.late)


def recorded(stage: Stage, name: str) -> list[str]:
    return [each.id for each in facts.history(stage.ledger, name) if each.source == SOURCE]
