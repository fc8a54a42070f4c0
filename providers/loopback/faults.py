"""Faults on demand: what may go wrong with one request, before or after the vendor has done its part."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Operation = Literal[
    "send",
    "ask",
    "verify",
    "check",
    "look_up",
    "tell",
    "read",
    "charge",
    "change",
    "log_in",
    "event",
    "service",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        processed: the vendor does its part nevertheless; the caller hears of the fault alone.
        status, code: what is answered instead; no status: as it would be without the fault.
        retry_after: seconds, in the header of that name.
        wait_seconds: before the answer.
        cut: the connection is reset in place of an answer.
        body: of the answer, where it is not an error in the vendor's form.
    """

    processed: bool = False
    status: int | None = None
    code: int | None = None
    retry_after: int | None = None
    wait_seconds: float = 0.0
    cut: bool = False
    body: bytes | None = None


def refused(code: int, status: int = 400) -> Fault:
    """The vendor understood, and says no."""
    return Fault(status=status, code=code)


def throttled(seconds: int | None = None) -> Fault:
    """Too many requests: not processed."""
    return Fault(status=429, code=20429, retry_after=seconds)


def unwell(status: int = 503, *, processed: bool = False) -> Fault:
    """A 5xx, which does not say whether anything was done."""
    return Fault(status=status, processed=processed)


def slow(seconds: float = 4.0) -> Fault:
    """Done at once, and answered late."""
    return Fault(processed=True, wait_seconds=seconds)


LOST_REPLY = Fault(processed=True, cut=True)
"""Done, and the answer is lost on its way."""

DROPPED = Fault(cut=True)
"""Reset before anything was done."""

REDIRECTED = Fault(status=302)
"""Sent elsewhere, which nobody follows."""

GARBLED = Fault(processed=True, status=201, body=b"<html>welcome</html>")
"""Done, with an answer that nobody can read."""


class Faults:
    """The faults to come, by operation: a queue, and after it what `by_chance` says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[Operation, deque[Fault | None]] = {}
        self.by_chance: Callable[[Operation], Fault | None] = lambda operation: None

    def add(self, operation: Operation, faults: Iterable[Fault | None]) -> None:
        """Let these befall the next requests of this kind; None lets one pass."""
        with self._lock:
            self._queues.setdefault(operation, deque()).extend(faults)

    def next(self, operation: Operation) -> Fault | None:
        """Return what befalls this request."""
        with self._lock:
            queue = self._queues.get(operation)
            return queue.popleft() if queue else self.by_chance(operation)
