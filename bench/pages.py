"""How fast finance's pages and the customer's own are over a large ledger, beside a bare page of that server.

    python -m bench.pages [--customers 10000] [--requests 40] [--in-flight 2] [--url postgresql://...]

Over PostgreSQL where one starts, else over SQLite. Every request is real HTTP from another process, each for
another customer where a page is about one, and is counted from its first byte to its last. `--url` names a
ledger that was filled before, and stays. That of a hundred thousand customers takes some minutes to write.
Reports read the whole ledger, in a thread of their own: bench/ageing.py measures one.
"""

import argparse
import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from time import monotonic, perf_counter, sleep
from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy import func
from sqlmodel import select

from bench._ledger import fill, name_of
from bench._postgres import postgresql
from commandline.serving import serving
from composition import page_links
from ending import leave
from settings import Settings
from store.database import Ledger
from store.tables import CustomerRow

LIMIT_SECONDS = 0.3
"""What a page may take at its 95th percentile."""

START_SECONDS = 60
BARE = "a bare page"

_KEY = "a key of a benchmark that is as long as keys have to be"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, and its address for a customer: what is about nobody has the same for all."""

    name: str
    path: str

    def of(self, customer: str, token: str) -> str:
        """Return its address for a customer and the token of their own page."""
        return self.path.format(customer=customer, token=token)


PAGES = (
    Page(name=BARE, path="/healthz"),
    Page(name="overview", path="/desk/"),
    Page(name="worklist", path="/desk/worklist"),
    Page(name="worklist, one kind of late work", path="/desk/worklist?kind=call&late=true"),
    Page(name="customers", path="/desk/customers"),
    Page(name="customers, from one on", path="/desk/customers?after={customer}"),
    Page(name="customers of a stage", path="/desk/customers?stage=reminder&after={customer}"),
    Page(name="customers, found by the id", path="/desk/customers?search={customer}"),
    Page(name="customers, found by the name", path="/desk/customers?search=Customer+{customer}"),
    Page(name="a customer", path="/desk/customers/{customer}"),
    Page(name="a customer's timeline", path="/desk/customers/{customer}/timeline"),
    Page(name="a customer's facts", path="/desk/customers/{customer}/facts"),
    Page(name="a customer's messages", path="/desk/customers/{customer}/messages"),
    Page(name="a customer's evidence", path="/desk/customers/{customer}/evidence"),
    Page(name="a command", path="/desk/customers/{customer}/do/promise"),
    Page(name="reports", path="/desk/reports"),
    Page(name="the customer's own page", path="/c/{token}"),
)


def settings_of(url: str) -> Settings:
    """Return the settings of a server whose desk believes this machine."""
    return Settings(
        database_url=url,
        public_url="http://127.0.0.1",
        page_keys=SecretStr(_KEY),
        page_proxies="127.0.0.1",
        desk_keys=SecretStr(_KEY),
        desk_people="bench=admin",
        desk_proxy_addresses="127.0.0.1",
        desk_proxy_user_header="X-User",
    )


def serve(url: str, port: int) -> None:
    """Serve over a ledger as the command does, in a process of its own, until it is ended."""
    with redirect_stdout(sys.stderr):
        asyncio.run(serving(settings_of(url), Ledger(url), host="127.0.0.1", port=port))


@contextmanager
def served(url: str) -> Iterator[int]:
    """Have the application served by another process, and give its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    process = get_context("spawn").Process(target=serve, args=(url, port), daemon=True)
    process.start()
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.join()


def _wait_for(port: int) -> None:
    end = monotonic() + START_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            if monotonic() > end:
                raise
            sleep(0.1)


def seconds(port: int, paths: Sequence[str], in_flight: int) -> list[float]:
    """Ask for each path, so many at the same time; return how long each took.

    Raises:
        RuntimeError: one was not answered with its page.
    """
    waiting, took = iter(enumerate(paths)), list[float]()

    def one_after_the_other() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        for number, path in waiting:
            # Customers come from many addresses; one that asks so often would be turned away.
            address = f"198.51.{number // 250 % 250}.{number % 250}"
            headers = {"Host": "127.0.0.1", "X-User": "bench", "X-Forwarded-For": address}
            began = perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            took.append(perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(f"{path} was answered with {answer.status}")
        connection.close()

    with ThreadPoolExecutor(in_flight) as pool:
        for done in [pool.submit(one_after_the_other) for _ in range(in_flight)]:
            done.result()
    return took


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent of all do not exceed."""
    return sorted(values)[max(ceil(len(values) * percent / 100) - 1, 0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How much is asked for."""

    requests: int
    in_flight: int


def measure(url: str, asked: Asked) -> tuple[str, bool]:
    """Return the table of one ledger, and whether every page kept the limit."""
    ledger = Ledger(url)
    with ledger.read() as session:
        many = session.exec(select(func.count()).select_from(CustomerRow)).one()
    links, today = page_links(settings_of(url), ledger), datetime.now(UTC).date()
    assert links is not None
    drawn = Random(7).sample(range(many), min(asked.requests, many))
    given = [
        (name_of(each), urlsplit(links.url(name_of(each), today)).path.rpartition("/")[2]) for each in drawn
    ]
    ledger.close()
    lines = [
        f"{many:,} customers; {asked.requests} requests a page, {asked.in_flight} at the same time, in ms"
    ]
    lines.append(f"{'':34}{'median':>8}{'95 %':>8}{'most':>8}{'x bare':>8}")
    kept, bare = True, 0.0
    with served(url) as port:
        for page in PAGES:
            paths = [page.of(customer, token) for customer, token in given]
            seconds(port, paths[: asked.in_flight], asked.in_flight)  # what is loaded once is not measured
            took = seconds(port, paths, asked.in_flight)
            middle, most = median(took), percentile(took, 95)
            bare = bare or middle
            over = most > LIMIT_SECONDS
            kept = kept and not over
            figures = (middle * 1e3, most * 1e3, max(took) * 1e3, middle / bare)
            says = f"  over {LIMIT_SECONDS * 1e3:.0f} ms" if over else ""
            lines.append(f"{page.name:34}" + "".join(f"{each:8.1f}" for each in figures) + says)
            print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines), kept


def main() -> int:
    """Run as the command line says; return the exit status: 1 where a page took too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000, help="so many customers (10000)")
    parser.add_argument("--requests", type=int, default=40, help="requests for each page (40)")
    parser.add_argument("--in-flight", type=int, default=2, help="so many at the same time (2)")
    parser.add_argument("--url", help="a ledger that this benchmark, or that of ageing, has filled")
    given = parser.parse_args()
    asked = Asked(requests=given.requests, in_flight=given.in_flight)
    if given.url is not None:
        table, kept = measure(given.url, asked)
    else:
        with tempfile.TemporaryDirectory(prefix="arrears-pg-") as name, postgresql(Path(name) / "pg") as url:
            url = url or f"sqlite:///{Path(name) / 'ledger.db'}"
            fill(url, many=given.customers, today=datetime.now(UTC).date())
            table, kept = measure(url, asked)
    print(table)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0 if kept else 1


if __name__ == "__main__":
    leave(main())
