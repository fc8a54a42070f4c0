"""A worker process for kill tests: the real one, but that it may kill itself at a marked point.

Settings come from the environment. It ends when its standard input does, so that none outlives the
tests, however they end.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field

from ending import leave
from settings import Settings
from worker import run


@dataclass(slots=True, kw_only=True)
class Fate:
    """What happens at marked points.

    Attributes:
        die_at, count: the process kills itself when it comes to this point for the nth time.
        rest_at, rest_seconds: it takes so long at this point, each time.
    """

    die_at: str | None
    count: int
    rest_at: str | None
    rest_seconds: float
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, point: str) -> None:
        if point == self.rest_at:
            time.sleep(self.rest_seconds)
        if point != self.die_at:
            return
        with self._lock:
            self.count -= 1
            if self.count == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def end_with_input() -> None:
    """End this process when whoever started it has ended or let go of it."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--die-at")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--rest-at")
    parser.add_argument("--rest-seconds", type=float, default=0)
    fate = Fate(**vars(parser.parse_args()))
    end_with_input()
    return asyncio.run(run(Settings.from_env(), mark=fate))


if __name__ == "__main__":
    leave(main())
