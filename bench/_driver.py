"""Runs a measurement over a Temporal dev server of its own, in a folder that is removed afterwards."""

import argparse
import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Protocol

from providers.temporal_server import HOST, NoServer, Ports, TemporalServer
from settings import Settings
from workflows.search_attributes import SEARCH_ATTRIBUTES


class Measure(Protocol):
    """Measures under settings, and returns the lines to print."""

    def __call__(
        self, settings: Settings, *, count: int, in_flight: int, rounds: int
    ) -> Coroutine[Any, Any, str]: ...


def drive(measure: Measure, *, doc: str | None, per: str, count: int, in_flight: int, times: int = 1) -> int:
    """Measure as the command line says; return the exit status.

    Args:
        per: what `count` is of, in words.
        count, in_flight: where nothing else is asked for.
        times: `count` is at least so many times `in_flight`.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--count", type=int, default=count, help=f"{per} ({count})")
    parser.add_argument(
        "--in-flight", type=int, default=in_flight, help=f"so many at the same time ({in_flight})"
    )
    parser.add_argument("--rounds", type=int, default=3, help="times that it is measured (3)")
    asked = parser.parse_args()
    if asked.in_flight < 1 or asked.rounds < 1 or asked.count < times * asked.in_flight:
        parser.error(f"count at least {times} times as many as are in flight, and at least one of each")
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)
        server = TemporalServer(
            database=folder / "temporal.db",
            log=folder / "temporal.log",
            search_attributes=SEARCH_ATTRIBUTES,
            ports=_free_ports(),
        )
        try:
            with server:
                settings = Settings(
                    database_url=f"sqlite:///{folder / 'arrears.db'}",
                    outbox=folder / "outbox",
                    temporal_address=server.address,
                    temporal_ui=server.ui,
                )
                lines = asyncio.run(
                    measure(settings, count=asked.count, in_flight=asked.in_flight, rounds=asked.rounds)
                )
        except NoServer as reason:
            print(reason, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    cores = os.cpu_count()
    print(f"{asked.count} {per}, {asked.in_flight} in flight, {asked.rounds} rounds, {cores} cores\n")
    print(lines)
    return 0


def _free_ports() -> Ports:
    """Return ports that nobody has, and that nobody else would choose by habit."""
    with socket.socket() as grpc, socket.socket() as ui:
        for probe in (grpc, ui):
            probe.bind((HOST, 0))
        return Ports(grpc=grpc.getsockname()[1], ui=ui.getsockname()[1])
