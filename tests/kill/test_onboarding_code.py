"""A worker dies at each marked point between a code's claim and its confirmation: one code goes out.

The cases run side by side on one server, as those of the other marked points do.
"""

import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import select

from composition import connect
from domain.facts import Body, CodeSent, Onboarded
from domain.onboarding import Application
from providers.temporal_server import TemporalServer
from settings import Settings
from store import invariants, onboarding
from store.tables import VerificationRow
from tests.kill.staging import Stage, at, set_stage, side_by_side, until

# At death: the states of the codes' claims, and the messages that are out.
POINTS = {
    "claimed": (["claimed"], 0),
    "sent": (["claimed"], 1),
    "confirmed": (["sent"], 1),
}
PATIENT = 90
_CODE = re.compile(r"\b\d{6}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a case went, to the end of the verification."""

    stage: Stage
    died_of: int | None
    at_death: tuple[list[str], int]
    answered: str


def application(name: str) -> Application:
    return Application(
        customer_id=name,
        name="Hafenküche GmbH",
        email="post@hafenkueche.example",
        phone="+4915123456789",
        address="Am Sandtorkai 1, 20457 Hamburg",
        vat_id="DE136695976",
        country="DE",
        currency="EUR",
    )


def states(stage: Stage) -> list[str]:
    with stage.ledger.read() as session:
        return [row.state for row in session.exec(select(VerificationRow))]


def code_in_outbox(stage: Stage) -> str:
    (message,) = stage.settings.outbox.glob("*.txt")
    return _CODE.findall(message.read_text(encoding="utf-8").partition("\n\n")[2])[0]


async def looked_at(stage: Stage, kind: type[Body]) -> None:
    """Wait until there is a fact of this kind, and the customer's workflow has seen it."""
    await until(
        lambda: stage.told(kind) != [] and stage.unlooked() == [],
        seconds=PATIENT,
        otherwise=stage.workers.end_of_log,
    )


async def play(point: str, server: TemporalServer, folder: Path) -> Played:
    """Let a worker die at the point, another one take over, and the customer enter the code."""
    name = f"code-{point}"
    client = await connect(Settings(temporal_address=server.address))
    stage = set_stage(server, folder / name, queue=name, client=client)
    stage.set_clock(at(0))
    onboarding.apply(stage.ledger, application(name), now=at(0))
    try:
        victim = stage.workers.start("--die-at", point)
        await stage.wake(name)
        await until(lambda: victim.poll() is not None, seconds=PATIENT, otherwise=stage.workers.end_of_log)
        at_death = (states(stage), len(stage.references()))
        stage.workers.start()
        await looked_at(stage, CodeSent)
        customer = client.get_workflow_handle(f"customer/{name}")
        answered: str = await customer.execute_update("enter_code", {"code": code_in_outbox(stage)})
        await looked_at(stage, Onboarded)
    finally:
        stage.workers.kill()
    return Played(stage=stage, died_of=victim.returncode, at_death=at_death, answered=answered)


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
def test_a_code_whose_worker_dies_goes_out_once_and_can_be_entered(
    point: str, games: dict[str, Played | BaseException]
) -> None:
    game = games[point]
    if isinstance(game, BaseException):
        raise game
    assert game.died_of == -signal.SIGKILL
    assert game.at_death == POINTS[point]
    assert len(game.stage.references()) == 1
    assert [sent.attempt for sent in game.stage.told(CodeSent)] == [1]
    assert game.answered == "The code is right."
    assert [outcome.outcome for outcome in game.stage.told(Onboarded)] == ["approved"]
    assert invariants.broken(game.stage.ledger) == []
