"""The worklist on the command line: what is put off, given to somebody, sought, and wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from commandline.session import open_ledger
from settings import ROOT, Settings
from store.database import Ledger
from store.tables import TaskRow
from tests.cli.conftest import TODAY, CommandLine

NOT_WOKEN = " (Temporal does not answer: the next sweep wakes the workflow)"


@pytest.fixture
def ledger(acme: CommandLine) -> Iterator[Ledger]:
    """ACME's ledger with two tasks: 1 is a call of ACME, 2 is about a vendor and late."""
    ledger: Ledger = open_ledger(Settings.from_env())
    with ledger.write() as session:
        call = {"customer_id": "ACME", "step": "call", "kind": "call", "why": "call task call: w"}
        session.add(TaskRow(**call, opened_at=TODAY))
        session.flush()
        opened_at = TODAY - timedelta(days=30)
        session.add(TaskRow(step="vendor", kind="review", why="Twilio says no", opened_at=opened_at))
    yield ledger
    ledger.close()


def listed(acme: CommandLine, *options: str) -> list[int]:
    return [task["task"] for task in json.loads(acme("worklist", *options, "--json").out)]


def test_a_task_is_put_off_and_listed_again(acme: CommandLine, ledger: Ledger) -> None:
    done = acme("snooze", "1", "--until", "2026-02-20", "--reason", "on holiday")
    assert done.out == f"task 1: Put call off until 2026-02-20: on holiday.{NOT_WOKEN}\n"
    assert (listed(acme), listed(acme, "--snoozed")) == ([2], [1])
    assert acme("worklist").out.endswith("waiting for a person: 1; late: 1; put off: 1\n")
    assert acme("snooze", "1", "--back").out == f"task 1: Put call back on the list.{NOT_WOKEN}\n"
    assert listed(acme) == [1, 2]
    assert acme("snooze", "1").err.startswith("--until: say until which day, or --back")
    answer = acme("snooze", "1", "--until", "2026-02-10")
    assert (answer.status, answer.err) == (
        1,
        "task 1: A task is put off until a day to come, within 366 days: 2026-02-10 is none.\n",
    )


def test_a_task_is_given_to_somebody(acme: CommandLine, ledger: Ledger) -> None:
    assert acme("reassign", "2", "li").out == "task 2: Gave vendor to li.\n"
    assert (listed(acme, "--owner", "li"), listed(acme, "--owner", "")) == ([2], [1])
    assert "review since 11 Jan 2026, LATE since 14 Jan 2026 17:00, li" in acme("worklist").out
    assert acme("reassign", "2", "--anybody").out == "task 2: Left vendor to anybody.\n"
    assert acme("reassign", "2").status == 2
    assert acme("reassign", "9", "li").err.startswith("task 9: No task 9 is open")


def test_the_list_is_cut_and_sought(acme: CommandLine, ledger: Ledger) -> None:
    assert acme("worklist", "--limit", "1").out.endswith("waiting for a person: 2; listed: 1; late: 1\n")
    assert (listed(acme, "--late"), listed(acme, "--kind", "call")) == ([2], [1])
    assert listed(acme, "--customer", "ACME") == [1]


def test_one_task_about_the_whole_ledger_is_mended_by_its_number(acme: CommandLine, ledger: Ledger) -> None:
    assert acme("mended", "2").out == "task 2: Completed vendor: mended.\n"
    assert listed(acme) == [1]
    answer = acme("mended", "9")
    assert (answer.status, answer.err) == (
        1,
        "task 9: No task 9 is open: somebody has done it, or there never was one.\n",
    )


def test_other_rules_count_at_once_and_a_mistake_is_told_with_its_line(
    acme: CommandLine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = (ROOT / "policies" / "worklist" / "rules.yaml").read_text(encoding="utf-8")
    monkeypatch.setenv("WORKLIST_RULES", str(acme.write("own.yaml", rules.replace("call: 16", "call: 1"))))
    (call,) = [task for task in json.loads(acme("worklist", "--json").out) if task["step"] == "call"]
    assert datetime.fromisoformat(call["due_at"]) == datetime(2026, 2, 10, 10, tzinfo=UTC)
    acme.write("own.yaml", rules.replace("call: 16", "calls: 16"))
    answer = acme("worklist")
    assert answer.status == 1
    assert "service_levels.calls" in answer.err
    assert "did you mean call?" in answer.err
    monkeypatch.setenv("WORKLIST_RULES", "missing.yaml")
    assert acme("worklist").err.startswith("WORKLIST_RULES: missing.yaml: ")
