"""A backtest of many customers: the same in any number of processes, and what the real workflows do."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from commandline.files import read_policy
from importing import read_mapping, read_receivables
from replay.backtest import compare, pasts_of, play, spread
from replay.run import run
from settings import ROOT

BUSINESS, COMPRESSED = (
    read_policy(ROOT / "policies" / f"{name}.yaml") for name in ("business", "compressed")
)
MAPPING = """\
dates: [year-month-day]
customer: {id: Customer, country: Country, timezone: {fixed: Europe/Berlin}}
invoice: {number: Invoice, issued_on: Issued, due_on: Due, amount: Amount, currency: Currency}
settled_on: Settled
"""
ROWS = """\
Customer,Country,Invoice,Issued,Due,Amount,Currency,Settled
ON-TIME,DE,I-1,2025-01-06,2025-02-05,100.00,EUR,2025-02-03
LATE,DE,I-2,2025-01-06,2025-02-05,100.00,EUR,2025-02-19
LATE,DE,I-3,2025-02-03,2025-03-05,250.00,EUR,2025-03-12
SUSPENDED,DE,I-4,2025-01-08,2025-02-07,80.00,EUR,2025-03-11
SUSPENDED,DE,I-5,2025-01-20,2025-02-19,80.00,EUR,2025-03-11
"""
UNTIL = date(2025, 6, 1)


@pytest.fixture
def export(tmp_path: Path) -> tuple[Path, Path]:
    file, mapping = tmp_path / "r.csv", tmp_path / "m.yaml"
    file.write_text(ROWS)
    mapping.write_text(MAPPING)
    return file, mapping


@contextmanager
def silent(words: str, total: int):
    yield lambda done: None


def pasts(export: tuple[Path, Path]):
    return pasts_of(read_receivables(*export), read_mapping(export[1]))


def many(export: tuple[Path, Path], number: int):
    """The customers of the export, again and again under other names."""
    return [
        replace(past, customer=replace(past.customer, id=f"{past.customer.id}-{i}"))
        for i in range(number)
        for past in pasts(export)
    ]


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_processes(export) -> None:
    everybody, told = many(export, 15), []
    rules = (BUSINESS, COMPRESSED)
    one = play(rules, everybody, until=UNTIL, days=5, jobs=1, progress=told.append)
    assert play(rules, everybody, until=UNTIL, days=5, jobs=3, progress=told.append) == one
    assert told == [20, 40, 45] * 2
    alone = compare(BUSINESS, COMPRESSED, everybody, until=UNTIL, jobs=1, progress=told.append)
    assert compare(BUSINESS, COMPRESSED, everybody, until=UNTIL, jobs=2, progress=told.append) == alone
    assert alone.compared == 45


def test_customers_are_read_as_they_are_wanted() -> None:
    """A ledger of a hundred thousand is never in memory as a whole."""
    wanted = []

    def coming():
        for number in range(100):
            wanted.append(number)
            yield number

    parts = spread(len, coming(), jobs=1, progress=lambda done: None)  # type: ignore[arg-type]
    assert (next(parts), len(wanted)) == (20, 20)


def test_an_export_says_who_is_reached_only_where_it_has_addresses(export) -> None:
    assert {past.channels for past in pasts(export)} == {("email", "sms")}
    samples = ROOT / "samples" / "receivables.csv", ROOT / "samples" / "receivables.mapping.yaml"
    reached = {past.customer.id: past.channels for past in pasts(samples)}
    assert reached["1001"] == ("email", "sms")
    assert (reached["2001"], reached["3002"]) == (("email",), ("sms",))


@pytest.mark.slow
def test_a_backtest_counts_what_the_real_workflows_do(export, tmp_path: Path) -> None:
    report = run(
        read_receivables(*export),
        policy=COMPRESSED,
        folder=tmp_path / "var",
        first=None,
        servers=2,
        bar=silent,
    )
    (tally,) = play(
        (COMPRESSED,), pasts(export), until=UNTIL, days=5, jobs=1, progress=lambda done: None
    ).tallies
    by_step: Counter[str] = Counter()
    for (step, _), count in tally.notices.items():
        by_step[step] += count
    done = report.figures
    assert by_step == done.notices
    assert (tally.suspensions, tally.returns) == (done.suspensions, done.returns) == (1, 1)
    assert tally.invoices == done.invoices
