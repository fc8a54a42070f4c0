"""A worker dies before and after an incident's block of orders is written: it is written once, and heard of.

The cases run side by side on one server, as those of the other marked points do.
"""

import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from composition import connect, incident_waker
from domain.facts import OrdersBlocked
from domain.incidents.notice import Notice
from providers.temporal_server import TemporalServer
from settings import Settings
from store import incidents, invariants
from tests.kill.staging import Stage, at, set_stage, side_by_side, until

# At death: how many blocks of orders are written.
POINTS = {"claimed": 0, "confirmed": 1}
PATIENT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a case went."""

    stage: Stage
    incident: str
    died_of: int | None
    at_death: int


async def play(point: str, server: TemporalServer, folder: Path) -> Played:
    """Let a worker die at the point, an hour after a notice that nobody answered, and another take over."""
    name = f"incident-{point}"
    client = await connect(Settings(temporal_address=server.address))
    stage = set_stage(server, folder / name, queue=name, client=client)
    stage.customer(name, now=at(-5))
    notice = Notice(source="test", id=f"C-{point}", kind="mining", trusted=True, customer=name)
    taken = incidents.take(stage.ledger, notice, now=at(0))
    stage.set_clock(at(0) + timedelta(hours=1))
    try:
        victim = stage.workers.start("--die-at", point)
        await incident_waker(client, name)(taken.incident)
        await until(lambda: victim.poll() is not None, seconds=PATIENT, otherwise=stage.workers.end_of_log)
        at_death = len(stage.told(OrdersBlocked))
        stage.workers.start()
        await until(
            lambda: stage.told(OrdersBlocked) != [] and stage.unlooked() == [],
            seconds=PATIENT,
            otherwise=stage.workers.end_of_log,
        )
        await stage.rest()
    finally:
        stage.workers.kill()
    return Played(stage=stage, incident=taken.incident, died_of=victim.returncode, at_death=at_death)


@pytest.fixture(scope="module")
async def games(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[dict[str, Played | BaseException]]:
    """Every case, played side by side; one that failed is there with its error."""
    async with side_by_side(tmp_path_factory, play, POINTS) as played:
        yield played


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("point", POINTS)
def test_orders_are_blocked_once_whenever_the_worker_dies(
    point: str, games: dict[str, Played | BaseException]
) -> None:
    game = games[point]
    if isinstance(game, BaseException):
        raise game
    assert game.died_of == -signal.SIGKILL
    assert game.at_death == POINTS[point]
    assert [blocked.incident for blocked in game.stage.told(OrdersBlocked)] == [game.incident]
    whats = [entry.what for entry in incidents.history(game.stage.ledger, game.incident)]
    assert whats == ["assigned", "noticed", "limited", "escalated"]
    assert invariants.broken(game.stage.ledger) == []
