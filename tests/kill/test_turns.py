"""Whoever dies while a service is turned at Partner Center leaves one request's effect, and one outcome."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from domain.facts import SubscriptionReactivated, SubscriptionSuspended
from domain.switching import Place
from providers.loopback.partner_center.subscriptions import Held
from providers.loopback.server import Loopback
from settings import ROOT
from store import invariants, places
from tests.activities.turning_stage import Stage, at, prepare, stage

TENANT = "d8202a51-69f9-4228-b900-d0e081af17d7"
POINTS = ("claimed", "asked", "turned", "switched", "confirmed")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


class Turner:
    """The process that turns."""

    def __init__(self, server: Loopback) -> None:
        given = {
            "PARTNER_CENTER_CLOUD": "commercial",
            "PARTNER_CENTER_TOKEN": server.partner_center.token,
            "PARTNER_CENTER_BASE": server.partner_center_base,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.turning"],
            cwd=ROOT,
            env={**os.environ, **given},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready"

    def turn(self, acme: Stage, kind: str, now: datetime, die_at: str | None = None) -> int:
        """Turn until it is over, or dead; return the exit status."""
        assert self.process.stdin is not None
        asked = {"ledger": acme.ledger.url, "kind": kind, "now": now.isoformat(), "die_at": die_at}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return int(self._read())

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def turner(server: Loopback) -> Iterator[Turner]:
    made = Turner(server)
    yield made
    made.end()


@pytest.fixture
def acme(prepared: Path, tmp_path: Path) -> Iterator[Stage]:
    with stage(prepared, tmp_path) as made:
        yield made


def linked(acme: Stage, server: Loopback) -> Held:
    there = server.partner_center.subscriptions
    there.effects.clear()
    held = there.add(TENANT)
    place = Place(
        customer="ACME",
        provider="partner_center",
        account=TENANT,
        resource=str(held.resource["id"]),
        kind="licence",
    )
    places.link(acme.ledger, place, by="test", now=at(-1))
    return held


def effects(server: Loopback) -> list[str]:
    return [each.what for each in server.partner_center.subscriptions.effects]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_suspension_whose_worker_is_killed_happens_once(
    point: str, acme: Stage, server: Loopback, turner: Turner
) -> None:
    held = linked(acme, server)
    assert turner.turn(acme, "suspend", at(20), die_at=point) == -signal.SIGKILL
    assert turner.turn(acme, "suspend", at(20, 1)) == 0
    assert (held.status, effects(server)) == ("suspended", ["suspended"])
    assert len(acme.told(SubscriptionSuspended)) == 1
    assert (acme.tasks(), invariants.broken(acme.ledger)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_return_whose_worker_is_killed_brings_all_back_once(
    point: str, acme: Stage, server: Loopback, turner: Turner
) -> None:
    held = linked(acme, server)
    before = server.partner_center.subscriptions.shown(held)
    assert turner.turn(acme, "suspend", at(20)) == 0
    acme.pay(at(21))
    assert turner.turn(acme, "reactivate", at(21, 1), die_at=point) == -signal.SIGKILL
    assert turner.turn(acme, "reactivate", at(21, 2)) == 0
    after = server.partner_center.subscriptions.shown(held)
    assert {**after, "attributes": None} == {**before, "attributes": None}
    assert effects(server) == ["suspended", "active", "changed"]
    assert len(acme.told(SubscriptionReactivated)) == 1
    assert (acme.tasks(), invariants.broken(acme.ledger)) == ([], [])
