"""Making reports: one after the other in a thread of their own, and each kept for a while.

A report of a large ledger takes longer than anybody waits for a page, or a proxy for an answer. So whoever
asks gets what is made already, or hears that it is being made; and many who ask for one report make it once.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass
from typing import Any, TypeVar, cast

PATIENCE_SECONDS = 0.2
"""So long an answer waits for a report."""
KEPT_TIMES = 10
"""So many times as long as it took to make a report it is shown again: a quick one is always fresh."""
MOST_KEPT = 16

T = TypeVar("T")


class BeingMade(Exception):
    """A report is not made yet: whoever asked looks again."""


@dataclass(slots=True)
class _Entry:
    """One report, or what went wrong with it; `until` is when it is made anew, once it is made at all."""

    future: Future[Any]
    until: float | None = None


class Making:
    """Makes reports, each by its key; may be shared by threads."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "report")
        self._entries: dict[str, _Entry] = {}

    def soon(self, key: str, make: Callable[[], T]) -> T | None:
        """Return a report that is made, or that is made soon; None while it is being made.

        Whatever went wrong with the making is raised.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or (entry.until is not None and time.monotonic() >= entry.until):
                entry = self._entries[key] = self._begun(make)
                self._forget()
        try:
            return cast(T, entry.future.result(self._patience))
        except TooLong:
            if entry.future.done():
                raise  # The making itself ran out of some time.
            return None

    def _begun(self, make: Callable[[], Any]) -> _Entry:
        def made() -> Any:
            begins = time.monotonic()
            try:
                return make()
            finally:
                ends = time.monotonic()
                entry.until = ends + KEPT_TIMES * (ends - begins)

        entry = _Entry(Future())
        entry.future = self._worker.submit(made)
        return entry

    def _forget(self) -> None:
        """Forget the oldest that are made: a list behind a report may be large."""
        made = [key for key, entry in self._entries.items() if entry.until is not None]
        for key in made[: max(0, len(self._entries) - MOST_KEPT)]:
            del self._entries[key]
