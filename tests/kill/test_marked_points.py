"""A worker dies at each marked point between claim and confirmation: the effect happens, once.

The cases run side by side on one server, each with a ledger, a queue and workers of its own: a dead
worker is noticed after ten seconds, by the timeout of its activity.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from composition import connect
from domain.facts import DepositRequested, OrderPlaced, PaymentReceived
from providers.temporal_server import TemporalServer
from settings import Settings
from store import doors, subscriptions
from tests.kill.staging import Stage, at, fact, set_stage, side_by_side, until

State = tuple[str, str, str]
PATIENT = 180
"""Seconds: several processes start at once in these tests, perhaps on one core."""


def first_is_due(stage: Stage, name: str) -> None:
    stage.customer(name, now=at(-20))
    stage.invoice(name)
    stage.set_clock(at(2))


def call_is_due(stage: Stage, name: str) -> None:
    first_is_due(stage, name)
    stage.send(name, "first/email", at(2))
    stage.send(name, "second/email", at(5))
    stage.set_clock(at(6))


def suspension_is_due(stage: Stage, name: str) -> None:
    call_is_due(stage, name)
    stage.send(name, "call/task", at(6))
    stage.send(name, "final/email", at(9))
    stage.send(name, "final/sms", at(9))
    stage.set_clock(at(16))


def return_is_due(stage: Stage, name: str) -> None:
    suspension_is_due(stage, name)
    stage.suspend(name, at(16))
    stage.send(name, "suspended/email", at(16))
    paid = PaymentReceived(payment=f"{name}-P", amount="100.00", currency="EUR", invoice=f"{name}-1")
    doors.record(stage.ledger, name, [fact(f"{name}-P", paid, at(18, 8))], now=at(18, 8))
    stage.set_clock(at(18))


def charge_is_due(stage: Stage, name: str) -> None:
    stage.customer(name, now=at(-20))
    stage.invoice(name)
    stage.card(name, failed_at=at(0))
    stage.set_clock(at(1))


def order_is_prepaid(stage: Stage, name: str) -> None:
    stage.customer(name, now=at(-20))
    order = OrderPlaced(order=f"{name}-O", amount="100.00", currency="EUR")
    asked = {"deposit": f"{name}-D", "amount": "100.00", "currency": "EUR"}
    told = (
        order,
        DepositRequested(order=order.order, **asked),
        PaymentReceived(payment=f"{name}-P", **asked),
    )
    for number, body in enumerate(told):
        doors.record(stage.ledger, name, [fact(f"{name}-{number}", body, at(0))], now=at(0))
    stage.set_clock(at(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An effect that is wanted, and all that happens once it is performed: step and channel."""

    prepare: Callable[[Stage, str], None]
    happens: tuple[tuple[str, str], ...]


EFFECTS = {
    "send": Effect(prepare=first_is_due, happens=(("first", "email"),)),
    "charge": Effect(prepare=charge_is_due, happens=(("charge_1", "charge"),)),
    "provision": Effect(prepare=order_is_prepaid, happens=(("provision-order", "provision"),)),
    "task": Effect(prepare=call_is_due, happens=(("call", "task"),)),
    "suspend": Effect(prepare=suspension_is_due, happens=(("suspend", "service"), ("suspended", "email"))),
    "reactivate": Effect(prepare=return_is_due, happens=(("reactivate", "service"), ("thanks", "email"))),
}
# Effect and point; at death the state of the claim, messages that are out, and how the service stands.
POINTS = {
    ("send", "claimed"): ("claimed", 0, "active"),
    ("send", "sent"): ("claimed", 1, "active"),
    ("send", "confirmed"): ("sent", 1, "active"),
    ("charge", "claimed"): ("claimed", 0, "active"),
    ("charge", "charged"): ("claimed", 0, "active"),
    ("charge", "confirmed"): ("sent", 0, "active"),
    ("provision", "claimed"): ("claimed", 0, "active"),
    ("provision", "provisioned"): ("claimed", 0, "active"),
    ("provision", "confirmed"): ("sent", 0, "active"),
    ("task", "claimed"): ("claimed", 0, "active"),
    ("task", "confirmed"): ("sent", 0, "active"),
    ("suspend", "claimed"): ("claimed", 0, "active"),
    ("suspend", "asked"): ("claimed", 0, "active"),
    ("suspend", "turned"): ("claimed", 0, "suspended"),
    ("suspend", "switched"): ("claimed", 0, "suspended"),
    ("suspend", "confirmed"): ("sent", 0, "suspended"),
    ("reactivate", "claimed"): ("claimed", 0, "suspended"),
    ("reactivate", "asked"): ("claimed", 0, "suspended"),
    ("reactivate", "turned"): ("claimed", 0, "active"),
    ("reactivate", "switched"): ("claimed", 0, "active"),
    ("reactivate", "confirmed"): ("sent", 0, "active"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a case went.

    Attributes:
        before: the messages of the history that led to it.
        wanted: every claim that there has to be at the end.
    """

    stage: Stage
    before: list[str]
    wanted: list[State]
    died_of: int | None
    at_death: tuple[str, int, str]


async def play(name: str, server: TemporalServer, folder: Path) -> Played:
    """Let a worker die at the point and another one take over, until nothing is left to do."""
    effect, _, point = name.partition("-")
    client = await connect(Settings(temporal_address=server.address))
    stage = set_stage(
        server, folder / name, queue=name, client=client
    )  # no threads: Alembic takes one at a time
    await asyncio.to_thread(EFFECTS[effect].prepare, stage, name)
    before, history = stage.messages("notice"), stage.states()
    wanted = sorted([*history, *((step, channel, "sent") for step, channel in EFFECTS[effect].happens)])
    try:
        victim = stage.workers.start("--die-at", point)
        await stage.wake(name)
        await until(lambda: victim.poll() is not None, seconds=PATIENT, otherwise=stage.workers.end_of_log)
        service = subscriptions.state(stage.ledger, name)
        at_death = (stage.claims()[-1].state, len(stage.references()), service)
        stage.workers.start()
        await until(lambda: stage.states() == wanted, seconds=PATIENT, otherwise=stage.states)
        await stage.rest(PATIENT)
    finally:
        stage.workers.kill()
    return Played(stage=stage, before=before, wanted=wanted, died_of=victim.returncode, at_death=at_death)


def happened_once(played: Played, *, at_death: tuple[str, int, str]) -> None:
    assert played.died_of == -signal.SIGKILL
    assert played.at_death == at_death
    assert played.stage.states() == played.wanted
    played.stage.promises_hold(sent_before=played.before)


@pytest.fixture(scope="module")
async def games(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Mapping[str, Played | BaseException]]:
    names = [f"{effect}-{point}" for effect, point in POINTS]
    async with side_by_side(tmp_path_factory, play, names) as played:
        yield played


@pytest.mark.slow
@pytest.mark.timeout(900)  # The first test waits for every case.
@pytest.mark.parametrize(("effect", "point"), POINTS)
def test_an_effect_whose_worker_dies_happens_once(
    effect: str, point: str, games: Mapping[str, Played | BaseException]
) -> None:
    game = games[f"{effect}-{point}"]
    if isinstance(game, BaseException):
        raise game
    happened_once(game, at_death=POINTS[effect, point])
