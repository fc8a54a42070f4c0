"""A worker dies while it charges a card through Stripe: it is charged once, and the money is booked once.

It dies at each marked point, and while Stripe has done its part and not answered yet: after the request that
takes no money, and after the one that does.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from composition import connect
from domain.facts import CardAdded, PaymentFailed, PaymentReceived
from providers.loopback.faults import slow
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Stripe
from providers.temporal_server import TemporalServer
from settings import Settings
from store import invariants
from tests.kill.staging import Stage, at, new_server, set_stage, until

PATIENT = 400
"""Seconds: an attempt that starves on a busy machine rests for a minute, and the next one for five."""

LATE_SECONDS = 60
"""Longer than anybody waits for an answer."""

READY = "working on"
"""What a worker says when it has loaded everything."""

MARKED = ("claimed", "charged", "confirmed")
# The request in whose course it dies: its kind at the loopback, and how its path ends.
UNANSWERED = {"made": ("change", "/payment_intents"), "taken": ("charge", "/confirm")}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    server = new_server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


def charge_is_due(stage: Stage, stripe: Stripe, name: str) -> None:
    """A customer whose card takes a charge, and whose first charge was declined yesterday."""
    card = billing.card(stripe, billing.customer(stripe))
    stage.customer(name, now=at(-20))
    stage.invoice(name)
    for what, body, then in (
        ("card", CardAdded(instrument=card["id"], network="visa"), at(-10)),
        ("failed", PaymentFailed(invoice=f"{name}-1", decline="soft", by="engine"), at(0)),
    ):
        stage.learn(name, what, body, then)
    stage.set_clock(at(1))


async def die(stage: Stage, loopback: Loopback, name: str) -> int | None:
    """Let a worker die in this case, and say of what."""
    if name in MARKED:
        victim = stage.workers.start("--die-at", name)
        await stage.wake(name)
        await until(lambda: victim.poll() is not None, seconds=PATIENT, otherwise=stage.workers.end_of_log)
        return victim.returncode
    kind, ending = UNANSWERED[name]
    loopback.faults.add(kind, [slow(LATE_SECONDS)])  # type: ignore[arg-type]
    victim = stage.workers.start()
    await stage.wake(name)
    await until(asked(loopback.stripe, ending), seconds=PATIENT, otherwise=stage.workers.end_of_log)
    victim.kill()
    return await asyncio.to_thread(victim.wait)


def asked(stripe: Stripe, ending: str) -> Callable[[], bool]:
    return lambda: any(method == "POST" and path.endswith(ending) for method, path, _ in stripe.asked)


async def play(name: str, server: TemporalServer, folder: Path, turn: asyncio.Lock) -> None:
    """Play one case to its end; raise where it is not as it has to be.

    One at a time has its workers started: what they load takes seconds, and a charge has five.
    """
    client = await connect(Settings(temporal_address=server.address))
    with Loopback() as loopback:
        stage = set_stage(server, folder / name, queue=name, client=client)
        stage.workers.more.update({**loopback.stripe_environment(), "STRIPE_CHARGES": "true"})
        await asyncio.to_thread(charge_is_due, stage, loopback.stripe, name)
        with closing(stage.ledger):
            try:
                async with turn:
                    assert await die(stage, loopback, name) == -signal.SIGKILL
                    stage.workers.start()
                    log = stage.workers.end_of_log
                    await until(lambda: log().count(READY) == 2, seconds=PATIENT, otherwise=log)
                wanted = [("charge_1", "charge", "sent")]
                await until(lambda: stage.states() == wanted, seconds=PATIENT, otherwise=stage.states)
                await stage.rest(PATIENT)
            finally:
                stage.workers.kill()
            (message,) = stage.messages("charge")
            made = [*loopback.stripe.all("charge")]
            assert [(each["status"], each["metadata"]["arrears_charge"]) for each in made] == [
                ("succeeded", message)
            ]
            open_ones = {each["status"] for each in loopback.stripe.all("payment_intent")}
            assert open_ones <= {"succeeded", "canceled"}, "nothing is left that could still be paid"
            assert [each.payment for each in stage.told(PaymentReceived)] == [message]
            assert invariants.broken(stage.ledger) == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_a_charge_whose_worker_dies_is_made_once(server: TemporalServer, tmp_path: Path) -> None:
    cases, turn = (*MARKED, *UNANSWERED), asyncio.Lock()
    playing = [play(name, server, tmp_path, turn) for name in cases]
    played = await asyncio.gather(*playing, return_exceptions=True)
    failed = {name: error for name, error in zip(cases, played, strict=True) if error is not None}
    assert failed == {}
