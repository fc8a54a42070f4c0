"""docs/policy-tools.md: each command runs and prints what stands below it; each option has its row."""

import re
import shlex
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import starter
from domain.backtest import Assumption

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policy-tools.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_command_of_the_page_runs_and_prints_what_stands_below_it(
    example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, *output = example.splitlines()
    program, *arguments = shlex.split(command.removeprefix("$ "))
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(starter.app, arguments)
    assert (program, result.exit_code) == ("starter.py", 0), result.output
    printed = [line.rstrip() for line in result.output.splitlines()]
    assert [line for line in printed if line in output] == output, result.output


def test_there_are_examples_and_no_others() -> None:
    assert len(EXAMPLES) == 3
    assert set(re.findall(r"^```(\w+)$", PAGE, re.MULTILINE)) == {"console", "yaml"}


def test_every_option_of_the_backtest_has_a_row_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(--[a-z-]+)` \| (.+?) \|", PAGE, re.MULTILINE))
    command = typer.main.get_command(starter.app).commands["policy"].commands["backtest"]  # type: ignore[attr-defined]
    options = {each.opts[0]: each.default for each in command.params if each.opts[0].startswith("--")}
    assert set(rows) == set(options)
    for option, default in options.items():
        if isinstance(default, int | str | Decimal) and not isinstance(default, bool):
            assert rows[option] == f"`{default}`"


def test_the_assumption_of_the_page_is_the_default_one() -> None:
    assert Assumption() == Assumption(days=5, share=Decimal("0.20"))
    assert "`--reaction-days 5 --reaction-share 0.20`" in PAGE
