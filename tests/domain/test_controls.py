"""The register is whole and true: each control has a row, what implements it is there, and its tests run."""

import ast
import importlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from domain.controls import PHASES, REGISTER
from domain.controls.control import Control, Off, Turn, off_at, standing

ROOT = Path(__file__).parents[2]

CATALOGUE = """
M1 M2
S1 S2 S3 S4 S5 S6 S7 S8 G1 S9a S9b S9c S9d S9e S9f
S10 S11a S11b S11c G2 S12a S12b S12c S12d S12e
S13 G3 S14 S15 S16 S17 S18 S19a S19b S19c
G4 S20 S21a S21b S21c S22 S23 S24
G5 S25 S26 S27a S27b S27c S28
""".split()
"""Every id of the catalogue, in its order."""

ROWS = [row for rows in PHASES for row in rows]
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


def test_every_control_of_the_catalogue_has_one_row() -> None:
    assert [id for id in CATALOGUE if id not in REGISTER] == [], "these have no row"
    assert [id for id in REGISTER if id not in CATALOGUE] == [], "the catalogue does not know these"
    assert [id for id, rows in Counter(row.id for row in ROWS).items() if rows > 1] == []


@each_row
def test_a_row_says_something_of_its_own(row: Control) -> None:
    assert row.says.endswith(".")
    assert row.owner
    assert row.implemented_by
    assert row.proven_by
    assert [other.id for other in ROWS if other.says == row.says] == [row.id]
    for names in (row.implemented_by, row.proven_by):
        assert len(set(names)) == len(names)


@each_row
def test_what_implements_a_control_is_there(row: Control) -> None:
    for name in row.implemented_by:
        module, colon, attribute = name.partition(":")
        if colon:
            assert hasattr(importlib.import_module(module), attribute), f"{row.id}: {name} is not there"
        else:
            assert (ROOT / name).is_file(), f"{row.id}: {name} is no file"


@each_row
def test_what_proves_a_control_is_a_test_that_runs(row: Control) -> None:
    for name in row.proven_by:
        file, _, test = name.partition("::")
        assert (ROOT / file).is_file(), f"{row.id}: {file} is no file"
        assert test.startswith("test_"), f"{row.id}: {name} names no test"
        mark = proofs_in(file).get(test)
        assert mark is not None, f"{row.id}: {file} has no {test}"
        assert not mark, f"{row.id}: {name} is marked {mark}, and proves nothing"


@each_row
def test_what_is_noted_or_asked_of_a_control_is_so_where_its_row_says(row: Control) -> None:
    assert row.within is None or row.noted_in, f"{row.id} should run again and again, and nothing notes that"
    if row.noted_in and not row.by_person:
        assert row.id in handed_to(row.noted_in, NOTES), f"{row.noted_in} does not note {row.id}"
    if row.asked_in:
        assert row.id in handed_to(row.asked_in, ASKS), f"{row.asked_in} does not ask for {row.id}"


def test_whoever_asks_for_a_control_or_notes_it_stands_in_its_row() -> None:
    """Else a switch would do more than the register says."""
    for path in ROOT.glob("[!.]*/**/*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if module.partition(".")[0] in ("tests", "var", "build") or "controls." not in path.read_text():
            continue
        for id in handed_to(module, ASKS):
            assert REGISTER[id].asked_in == module, f"{module} asks for {id}: say so in its row"
        for id in handed_to(module, NOTES):
            assert REGISTER[id].noted_in == module, f"{module} notes {id}: say so in its row"


@cache
def proofs_in(file: str) -> dict[str, str]:
    """Return the tests of a file, each with the mark that keeps it from proving anything, if it has one."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assigned = (node for node in tree.body if isinstance(node, ast.Assign))
    of_file = [ast.unparse(node) for node in assigned if "pytestmark" in ast.unparse(node.targets[0])]
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            marks = " ".join([*map(ast.unparse, node.decorator_list), *of_file])
            found[node.name] = next((mark for mark in ("skip", "xfail") if f"mark.{mark}" in marks), "")
    return found


ASKS, NOTES = ("is_on",), ("ran", "note")


@cache
def handed_to(module: str, calls: tuple[str, ...]) -> frozenset[str]:
    """Return the ids that a module hands to these functions of `controls`, outright or by a constant."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            constants[ast.unparse(target)] = ids_in(node.value)
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"controls.{call}" for call in calls}:
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            found |= ids_in(node).union(*(constants.get(name, ()) for name in names))
    return frozenset(found)


def ids_in(node: ast.AST) -> set[str]:
    return {
        each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and each.value in CATALOGUE
    }


# --- how a control stands

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def turn(ago: float, until: float | None) -> Turn:
    """A turn so many days ago, off until so many days from now."""
    ends = None if until is None else NOW + until * DAY
    return Turn(at=NOW - ago * DAY, by="maria", reason="why", until=ends)


@pytest.mark.parametrize(
    ("turns", "off", "lapsed"),
    [
        ([], False, False),
        ([turn(2, 1)], True, False),
        ([turn(2, 1), turn(1, None)], False, False),
        ([turn(9, -1)], False, True),
        ([turn(9, -8)], False, False),
        ([turn(9, -1), turn(0.5, 3)], True, False),
        ([turn(2, 9), turn(1, 2)], True, False),
        ([turn(2, 9), turn(1, -0.5)], False, True),
        ([turn(-1, 3)], False, False),
    ],
)
def test_the_newest_turn_counts_and_only_for_its_time(turns: list[Turn], off: bool, lapsed: bool) -> None:
    found = standing(REGISTER["S3"], turns, NOW, ran_at=NOW, live_since=None)
    assert (found.off is not None, found.lapsed is not None) == (off, lapsed)
    assert isinstance(off_at(turns, NOW), Off) is off
    assert len(found.words) == off + lapsed


@pytest.mark.parametrize(
    ("ran", "live", "turns", "overdue"),
    [
        (25, 99, [], False),
        (27, 99, [], True),
        (None, 99, [], True),
        (None, 25, [], False),
        (None, None, [], False),
        (99, 120, [turn(9, 1)], False),
        (99, 120, [turn(9, -0.5)], False),
        (99, 120, [turn(9, -2)], True),
        (99, 120, [turn(9, 1), turn(0.5, None)], False),
        (99, 120, [turn(9, 1), turn(2, None)], True),
    ],
)
def test_what_should_have_run_is_overdue(
    ran: int | None, live: int | None, turns: list[Turn], overdue: bool
) -> None:
    def hours_ago(hours: int | None) -> datetime | None:
        return None if hours is None else NOW - timedelta(hours=hours)

    row = REGISTER["S3"]
    found = standing(row, turns, NOW, ran_at=hours_ago(ran), live_since=hours_ago(live))
    assert found.overdue is overdue


def test_an_end_that_is_near_is_known() -> None:
    near, far = (
        standing(REGISTER["S3"], [turn(1, days)], NOW, ran_at=None, live_since=None) for days in (2, 4)
    )
    assert (near.expires_soon(NOW), far.expires_soon(NOW)) == (True, False)
