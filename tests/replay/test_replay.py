"""A replay of an export: deterministic, complete, and true to its promises."""

import csv
import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from commandline.files import read_policy
from importing import read_receivables
from replay.report import ReplayReport
from replay.run import run
from settings import ROOT
from store.errors import Refused

SAMPLES, POLICIES = ROOT / "samples", ROOT / "policies"
REAL = ROOT.parent / "shared" / "data" / "ibm-accounts-receivable.csv"


@contextmanager
def silent(words: str, total: int):
    yield lambda done: None


def replay(
    folder: Path, *, policy: str = "business", first: int | None = None, servers: int = 2
) -> ReplayReport:
    return run(
        read_receivables(SAMPLES / "receivables.csv", SAMPLES / "receivables.mapping.yaml"),
        policy=read_policy(POLICIES / f"{policy}.yaml"),
        folder=folder,
        first=first,
        servers=servers,
        bar=silent,
    )


@pytest.mark.slow
def test_two_replays_give_the_same_timeline_on_however_many_servers(tmp_path: Path) -> None:
    once, again = replay(tmp_path / "a", first=4), replay(tmp_path / "b", first=4, servers=1)
    assert once.broken == again.broken == ()
    assert once.figures == again.figures
    assert once.figures.notices["final_notice"] > 0


def test_the_report_says_who_got_what_and_when(tmp_path: Path) -> None:
    report = replay(tmp_path, first=3)
    with report.told.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    sent = [line for line in lines if line["effect"] == "notice"]
    assert len(sent) == sum(report.figures.notices.values())
    assert {line["customer"] for line in lines} == {"1001", "1002"}
    assert all(line["at"] and line["why"] and line["rule"] for line in lines)
    assert str(report.told) in report.words()
    assert json.dumps(report.json())


def test_customers_whom_the_policy_is_not_for_are_counted(tmp_path: Path) -> None:
    report = replay(tmp_path, first=3)
    assert (report.figures.customers, report.left_out) == (2, 1)
    assert "left out: 1 customers" in report.words()


def test_a_policy_for_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no customer is of segment consumer, which policy consumer is for"):
        replay(tmp_path, policy="consumer", first=2)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not REAL.exists(), reason="the real export is not part of the project")
@pytest.mark.parametrize(
    ("policy", "suspended", "brought_back"), [("business", 0, 0), ("compressed", 1, 100)]
)
def test_a_real_export_is_replayed_with_every_promise_kept(
    policy: str, suspended: int, brought_back: int, tmp_path: Path
) -> None:
    report = run(
        read_receivables(REAL, SAMPLES / "ibm-accounts-receivable.mapping.yaml"),
        policy=read_policy(POLICIES / f"{policy}.yaml"),
        folder=tmp_path,
        first=None,
        servers=2,
        bar=silent,
    )
    print(report.words())

    assert report.broken == ()
    assert (report.figures.customers, report.figures.invoices) == (100, 2466)
    assert report.figures.suspensions >= suspended
    assert report.figures.debts_brought_back >= brought_back
