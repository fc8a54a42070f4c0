"""Rates: so many requests in so many seconds for each who asks, in the memory of this process."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from threading import Lock

_MOST_KEYS = 20_000
"""So many are remembered; of more, those who asked longest ago are forgotten."""


class SlidingWindow:
    """Counts the requests of the last seconds: at the edge of a fixed minute there could be twice as many."""

    def __init__(self, most: int, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._monotonic = most, seconds, monotonic
        self._asked: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._lock = Lock()

    def wait(self, key: Hashable) -> float:
        """Count a request and return 0; after too many count none, and return the seconds to wait."""
        now = self._monotonic()
        with self._lock:
            asked = self._asked.setdefault(key, deque())
            self._asked.move_to_end(key)
            while asked and asked[0] <= now - self._seconds:
                asked.popleft()
            if len(asked) >= self._most:
                return asked[0] + self._seconds - now
            asked.append(now)
            while len(self._asked) > _MOST_KEYS:
                self._asked.popitem(last=False)
            return 0.0
