"""A process that turns a service at Partner Center, for kill tests: the real activity over HTTP.

It loads everything once, and forks a child for each line on its standard input. A child does as the
workflow: it tries again when an answer says, at that business instant; and it kills itself at a marked
point if the line says so. All ends when standard input does.
"""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.books import Books
from activities.service import Service
from composition import switches
from domain.clock import BusinessClock
from settings import Settings
from store.database import Ledger

MOST = 40


async def nobody(customer_id: str) -> None:
    """Wake nobody: there is no workflow."""


def turn(asked: dict[str, Any]) -> None:
    """Make attempts until one is done, or not wanted."""
    settings = Settings.from_env()
    ledger = Ledger(asked["ledger"], durable=False)
    books = Books(ledger=ledger, clock=BusinessClock, code_version="kill")

    def mark(point: str) -> None:
        if point == asked["die_at"]:
            os.kill(os.getpid(), signal.SIGKILL)

    service = Service(books=books, switches=switches(settings, ledger), wake=nobody, mark=mark)
    now = datetime.fromisoformat(asked["now"])
    for _ in range(MOST):
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, started_time=now)
        answer = asyncio.run(environment.run(getattr(service, asked["kind"]), {"customer_id": "ACME"}))
        if answer["answer"] != "deferred":
            return
        now = max(now + timedelta(milliseconds=100), datetime.fromisoformat(answer["until"]))
    raise RuntimeError(f"not over after {MOST} attempts: {answer}")


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                turn(asked)
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
