"""Breakers on both databases: whoever meets a fault of ours at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from store import breakers, tasks
from store.database import Ledger

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_many_who_meet_the_first_fault_at_once_open_one_breaker(ledger: Ledger) -> None:
    together = threading.Barrier(8)

    def trip(_: int) -> datetime:
        together.wait()
        return breakers.trip(ledger, "sms", "+15005550006", why="register it", now=NOW)

    with ThreadPoolExecutor(8) as pool:
        assert len([*pool.map(trip, range(8))]) == 8
    assert len(breakers.holding(ledger)) == 1
    assert len(tasks.worklist(ledger)) == 1
