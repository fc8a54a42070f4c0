"""What is reckoned over the whole ledger is remembered for a while: many may look at one page at once."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

SECONDS = 30.0

T = TypeVar("T")


class Remembered(Generic[T]):
    """One value; whoever asks while it is made waits for it."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._value: T | None = None
        self._until = 0.0

    def get(self, make: Callable[[], T]) -> T:
        """Return the value, made anew if it is too old."""
        with self._lock:
            value = self._value
            if value is None or time.monotonic() >= self._until:
                value = self._value = make()
                self._until = time.monotonic() + self._seconds
            return value
