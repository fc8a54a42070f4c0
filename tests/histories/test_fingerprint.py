"""The commands that workflows issue change only on purpose."""

import difflib
from pathlib import Path

import pytest

from tests.histories.fingerprint import FILE, WORKFLOWS, fingerprint, text

INSTRUCTIONS = """
The commands that a workflow issues have changed: customers who are under way would no longer replay.
1. Gate the change with `workflow.patched("what-changed")`, the old way in the other branch.
2. Run the replay tests against the recorded histories: pytest tests/histories/test_replay.py
3. Record histories of the new way: python -m tests.histories.record
4. Accept the new commands: python -m tests.histories.fingerprint
"""


def test_the_commands_of_the_workflows_are_those_that_were_accepted() -> None:
    accepted, now = FILE.read_text(encoding="utf-8"), text(fingerprint())
    if accepted != now:
        lines = difflib.unified_diff(
            accepted.splitlines(), now.splitlines(), "accepted", "workflows/*.py", lineterm="", n=1
        )
        pytest.fail(INSTRUCTIONS + "\n".join(lines), pytrace=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("workflow.upsert_search_attributes", "len"),
        ("asyncio.create_task(workflow.sleep(wait, summary=summary))", "None"),
        ('"Look at the account"', '"Look"'),
        ("workflow.continue_as_new(given)", "return given"),
    ],
)
def test_another_command_changes_the_fingerprint(old: str, new: str, tmp_path: Path) -> None:
    code = (WORKFLOWS / "customer_lifecycle.py").read_text(encoding="utf-8")
    assert old in code
    (tmp_path / "customer_lifecycle.py").write_text(code.replace(old, new), encoding="utf-8")
    assert fingerprint(tmp_path)["CustomerLifecycle"] != fingerprint()["CustomerLifecycle"]


def test_other_words_for_people_do_not(tmp_path: Path) -> None:
    code = (WORKFLOWS / "customer_lifecycle.py").read_text(encoding="utf-8")
    changed = code.replace("try again what was put off", "once more").replace('"""Wait for', '"""Await')
    assert changed != code
    (tmp_path / "customer_lifecycle.py").write_text(changed, encoding="utf-8")
    assert fingerprint(tmp_path)["CustomerLifecycle"] == fingerprint()["CustomerLifecycle"]
