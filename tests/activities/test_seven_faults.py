"""Seven faults in the middle of sending, by both channels and under both rules: one message for each claim.

Over the real SDKs, at the loopback vendors. Nobody waits: each attempt starts when the one before asked for.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import ActivityEnvironment

from activities.answers import Answer
from activities.books import Books
from activities.messages import Messages
from activities.rendering import Letters
from composition import seller
from domain.clock import BusinessClock
from providers.loopback.server import Loopback
from providers.vendor_http import TIMEOUT_SECONDS
from settings import ROOT, Settings
from store.database import Ledger, migrate
from tests.kill import debtors
from tests.providers.vendors import email_of, sms_of

MODES = debtors.modes(late=sum(TIMEOUT_SECONDS))
ALL = (debtors.REFUSED, *MODES)
MOST_ATTEMPTS = 8


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Two customers for each fault: one under a policy that repeats, one under a policy that never does."""

    ledger: Ledger
    loopback: Loopback
    letters: Letters
    customers: list[str]

    def of(self, mode: str) -> list[str]:
        first = 2 * ALL.index(mode)
        return self.customers[first : first + 2]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    url = f"sqlite:///{tmp_path_factory.mktemp('faults') / 'ledger.db'}"
    migrate(url)
    ledger = Ledger(url, durable=False)
    debtors.adopt(ledger, datetime.now(UTC))
    names = debtors.add(ledger, 2 * len(ALL), datetime.now(UTC))
    with Loopback() as loopback:
        letters = Letters(ROOT / "templates")
        yield Scene(ledger=ledger, loopback=loopback, letters=letters, customers=names)
    ledger.close()


class Sending:
    """One customer's message by one channel, sent until nothing is left to do; time passes by itself."""

    def __init__(self, scene: Scene, name: str, channel: str) -> None:
        self.at, self.order = datetime.now(UTC), {"customer_id": name, "key": f"first/{channel}"}
        make = sms_of if channel == "sms" else email_of
        self.messages = Messages(
            books=Books(ledger=scene.ledger, clock=BusinessClock, code_version="test"),
            letters=scene.letters,
            couriers={channel: make(scene.loopback, now=lambda: self.at)},
            seller=seller(Settings()),
            monotonic=lambda: 0.0,  # a busy machine makes no claim stale
        )

    def attempt(self) -> Answer:
        """Try once; afterwards it is as late as the answer asks to wait for."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=self.at)
        answer: Answer = environment.run(self.messages.send, self.order)
        if answer["answer"] == "deferred" and answer["until"] is not None:
            self.at = max(self.at, datetime.fromisoformat(answer["until"])) + timedelta(seconds=1)
        return answer

    def settle(self) -> str:
        """Try until it is over."""
        for _ in range(MOST_ATTEMPTS):
            answer = self.attempt()
            if answer["answer"] != "deferred":
                return str(answer["answer"])
        return "never"


@pytest.mark.parametrize("mode", ALL)
def test_a_fault_leaves_one_message_for_each_claim(mode: str, scene: Scene) -> None:
    loopback, names = scene.loopback, scene.of(mode)
    sending = [Sending(scene, name, channel) for name in names for channel in debtors.CHANNELS]
    fault = MODES.get(mode)
    if fault is not None:
        loopback.faults.add("send", [fault] * len(sending))
    with ThreadPoolExecutor(len(sending)) as pool:
        with loopback.refusing() if fault is None else nullcontext():
            answers = [*pool.map(Sending.attempt, sending)]
        ends = [*pool.map(Sending.settle, sending)]
    assert {answer["answer"] for answer in answers} == {"deferred"}, "each attempt met the fault"
    assert set(ends) == {"done"}
    debtors.open_tasks(scene.ledger, names, max(each.at for each in sending))
    assert debtors.wrong(scene.ledger, loopback, names) == []
    # Only where nothing was processed is one missing, of the customer whose policy never repeats.
    nobody_can_tell = 2 if mode in ("dropped before it was processed", "503, not processed") else 0
    assert debtors.unknown(scene.ledger, names) == nobody_can_tell
