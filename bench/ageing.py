"""What the ageing of a large ledger takes, beside the same aggregation written directly in SQL.

    python -m bench.ageing [--invoices 100000] [--rounds 3]

On SQLite, and on PostgreSQL where one starts. A million invoices take some minutes to write, of which nothing
is measured. Each measurement runs in a process of its own, whose peak of memory is that of the report. The
SQL beside it knows the due date of each invoice as it is now; the report also puts instalments, and what was
corrected, where they were on that day, and both must have the same totals.
"""

import argparse
import os
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import text

from bench._ledger import INVOICES, fill
from bench._postgres import postgresql
from domain.ageing import Ageing
from store import reports
from store.database import Ledger

TODAY = date(2026, 6, 30)
BEFORE = TODAY - timedelta(days=90)
KNOWN = datetime.combine(BEFORE, time(23), UTC)

_LATE = {
    "sqlite": "CAST(julianday(:day) - julianday(d.due_on) AS INTEGER)",
    "postgresql": "(CAST(:day AS date) - d.due_on)",
}
_DIRECT = """
SELECT e.currency,
       CASE WHEN d.due_on IS NULL THEN 'unapplied'
            WHEN {late} <= 0 THEN 'current'
            WHEN {late} <= 30 THEN 'd1_30'
            WHEN {late} <= 60 THEN 'd31_60'
            WHEN {late} <= 90 THEN 'd61_90'
            ELSE 'd91_plus' END AS bucket,
       SUM(e.minor)
FROM entries e LEFT JOIN debts d ON d.customer_id = e.customer_id AND d.invoice = e.invoice
WHERE e.happened_on <= {day} {known}
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one measurement took.

    Attributes:
        seconds: of each round.
        megabytes: the peak of the process, with all that it loaded.
        totals: per currency, what is owed and what is unapplied.
    """

    seconds: Sequence[float]
    megabytes: float
    totals: dict[str, tuple[int, int]]


def report(ledger: Ledger, as_of: date, known_at: datetime | None) -> dict[str, tuple[int, int]]:
    """Make the report as the command does."""
    made: Ageing = reports.ageing(ledger, as_of=as_of, known_at=known_at)
    return {code: (row.total.minor, row.unapplied.minor) for code, row in made.currencies.items()}


def direct(ledger: Ledger, as_of: date, known_at: datetime | None) -> dict[str, tuple[int, int]]:
    """Add the same up by one statement."""
    sqlite = ledger.dialect == "sqlite"
    known = (
        ""
        if known_at is None
        else f"AND e.learned_at <= {':known' if sqlite else 'CAST(:known AS timestamptz)'}"
    )
    day = ":day" if sqlite else "CAST(:day AS date)"
    asked = {"day": as_of.isoformat()}
    if known_at is not None:
        asked["known"] = f"{known_at:%Y-%m-%d %H:%M:%S.%f}" + ("" if sqlite else "+00")
    statement = text(_DIRECT.format(late=_LATE[ledger.dialect], day=day, known=known))
    found: dict[str, tuple[int, int]] = {}
    with ledger.read() as session:
        for currency, bucket, minor in session.connection().execute(statement, asked):
            owed, loose = found.get(currency, (0, 0))
            apart = bucket == "unapplied"
            found[currency] = (owed, loose - int(minor)) if apart else (owed + int(minor), loose)
    return found


def measure(url: str, way: str, as_of: date, known_at: datetime | None, rounds: int) -> Took:
    """Measure one way in this process, which did nothing else."""
    ledger = Ledger(url)
    work = {"report": report, "direct": direct}[way]
    work(ledger, date(2000, 1, 1), None)  # what is loaded once is not measured
    seconds = list[float]()
    for _ in range(rounds):
        began = perf_counter()
        totals = work(ledger, as_of, known_at)
        seconds.append(perf_counter() - began)
    ledger.close()
    return Took(seconds=seconds, megabytes=_peak(), totals=totals)


def _peak() -> float:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1024 * 1024 if sys.platform == "darwin" else 1024)


def compare(url: str, name: str, as_of: date, known_at: datetime | None, rounds: int) -> str:
    """Return the line of one question, asked both ways."""
    took = {}
    for way in ("direct", "report"):
        with get_context("spawn").Pool(1) as alone:
            took[way] = alone.apply(measure, (url, way, as_of, known_at, rounds))
    ours, theirs = took["report"], took["direct"]
    if ours.totals != theirs.totals:
        raise RuntimeError(f"{name}: the report has {ours.totals}, the SQL beside it {theirs.totals}")
    ratio = median(ours.seconds) / median(theirs.seconds)
    return (
        f"  {name:34} {_spread(ours.seconds)} s, {ours.megabytes:.0f} MB;"
        f" directly in SQL {_spread(theirs.seconds)} s, {theirs.megabytes:.0f} MB; ratio {ratio:.2f}"
    )


def _spread(seconds: Sequence[float]) -> str:
    return f"{median(seconds):6.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


@contextmanager
def databases() -> Iterator[Iterator[tuple[str, str]]]:
    """Give the name and the URL of each empty database that there is here."""
    with tempfile.TemporaryDirectory(prefix="arrears-bench-") as name:
        folder = Path(name)

        def each() -> Iterator[tuple[str, str]]:
            yield "SQLite", f"sqlite:///{folder / 'ledger.db'}"
            with postgresql(folder / "postgres") as url:
                if url is None:
                    print("PostgreSQL: none starts here")
                else:
                    yield "PostgreSQL", url

        yield each()


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--invoices", type=int, default=100_000, help="so many invoices (100000)")
    parser.add_argument("--rounds", type=int, default=3, help="times that each is measured (3)")
    asked = parser.parse_args()
    many = max(asked.invoices // INVOICES, 1)
    questions = {
        "all that is known, today": (TODAY, None),
        "a closed day, as it was known then": (BEFORE, KNOWN),
    }
    with databases() as found:
        for database, url in found:
            began = perf_counter()
            fill(url, many=many, today=TODAY)
            wrote = f"written in {perf_counter() - began:.0f} s"
            print(f"{database}: {many * INVOICES:,} invoices of {many:,} customers, {wrote}", flush=True)
            for name, (as_of, known_at) in questions.items():
                print(compare(url, name, as_of, known_at, asked.rounds), flush=True)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
