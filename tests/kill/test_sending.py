"""A hundred SIGKILLs in the middle of sending, at vendors with every fault: one message for each claim.

Half of the customers are under a policy that repeats what is in doubt: theirs go out exactly once, whatever
happens. Of the others a message whose sender died between claim and request, or whose request was dropped,
goes out never, for it may have been taken: it stays unknown, and a person has a task (`tests.kill.debtors`).
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from providers.loopback.faults import Fault, Operation
from providers.loopback.server import Loopback
from store.database import Ledger, migrate
from tests.kill import debtors

ROOT = Path(__file__).parents[2]
KILLS = 100
CUSTOMERS = 120
POINTS = ("claimed", "sent", "confirmed")
PATIENCE_SECONDS = 5
"""A child that does not come to its point in this time is killed where it is."""

LAG = timedelta(seconds=0.4)
MODES = debtors.modes(late=0.9)
"""Six of the seven; the seventh, a refused connection, befalls everybody for a moment now and then."""


class Chance:
    """Lets a fault befall every third message."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.met: Counter[str] = Counter()

    def __call__(self, operation: Operation) -> Fault | None:
        if operation != "send" or self.random.random() > 1 / 3:
            return None
        name = self.random.choice(list(MODES))
        self.met[name] += 1
        return MODES[name]


class Zygote:
    """The sending process, of which each line forks a child."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.stderr = log.open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.sender"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            text=True,
            start_new_session=True,
        )
        assert self.read() == "ready"

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line, self.log.read_text(encoding="utf-8")
        return line

    def child(self, *, seed: int, die_at: str | None = None, count: int = 1) -> int:
        """Fork a child that sends; return its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"seed": seed, "die_at": die_at, "count": count}) + "\n")
        self.process.stdin.flush()
        return int(self.read())

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        os.killpg(self.process.pid, signal.SIGKILL)  # with the child that a failed test leaves behind
        self.process.wait(timeout=10)
        self.process.stdout.close()
        self.stderr.close()


@contextmanager
def zygote(environment: dict[str, str], log: Path) -> Iterator[Zygote]:
    started = Zygote(environment, log)
    try:
        yield started
    finally:
        started.stop()


@contextmanager
def refusing_now_and_then(loopback: Loopback, chance: random.Random) -> Iterator[list[int]]:
    """Refuse every connection for a moment, again and again; gives a list that grows each time."""
    stop = threading.Event()
    times: list[int] = []

    def refuse() -> None:
        while not stop.wait(chance.uniform(2, 5)):
            with loopback.refusing():
                times.append(len(times))
                stop.wait(0.2)

    refusing = threading.Thread(target=refuse)
    refusing.start()
    try:
        yield times
    finally:
        stop.set()
        refusing.join()


def kill_children(sending: Zygote, chance: random.Random, more: Callable[[], None]) -> Counter[str]:
    """Let children send, and kill each: at a marked point, or at any moment.

    A child that sends all that is left before it comes to its point ends by itself: then there is more.
    """
    died: Counter[str] = Counter()
    while died.total() < KILLS:
        point = chance.choice((*POINTS, None))
        child = sending.child(seed=chance.randrange(10**6), die_at=point, count=chance.randint(1, 4))
        patience = chance.uniform(0.05, 0.7) if point is None else PATIENCE_SECONDS
        timer = threading.Timer(patience, os.kill, (child, signal.SIGKILL))
        timer.start()
        status = int(sending.read())
        timer.cancel()
        if status == 0:
            more()
            continue
        assert status == -signal.SIGKILL, sending.log.read_text(encoding="utf-8")
        died[point or "any moment"] += 1
    return died


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_kills_and_seven_faults_leave_one_message_for_each_claim(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    chance, faults = random.Random(seed), Chance(seed)
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    names: list[str] = []

    def more() -> None:
        names.extend(debtors.add(ledger, CUSTOMERS, datetime.now(UTC), first=len(names)))

    debtors.adopt(ledger, datetime.now(UTC))
    more()
    with Loopback() as loopback:
        loopback.twilio.lag = loopback.sendgrid.lag = LAG
        loopback.faults.by_chance = faults
        environment = {**loopback.environment(), "DATABASE_URL": url}
        with zygote(environment, tmp_path / "sender.log") as sending:
            with refusing_now_and_then(loopback, random.Random(seed)) as refused:
                died = kill_children(sending, chance, more)
            began = time.monotonic()
            sending.child(seed=seed)
            assert sending.read() == "0", (tmp_path / "sender.log").read_text(encoding="utf-8")
        took = time.monotonic() - began
        debtors.open_tasks(ledger, names, datetime.now(UTC))
        wrong, unknown = debtors.wrong(ledger, loopback, names), debtors.unknown(ledger, names)
    ledger.close()
    met = f"{died}, {faults.met}, refused {len(refused)} times"
    said = f"seed {seed}: {met}, {unknown} unknown, the rest took {took:.0f} s"
    print(said)

    assert wrong == [], said
    assert unknown > 0, said
    assert all(faults.met[mode] for mode in MODES), said
    assert refused, said
