"""docs/policy-tools.md: each option has its row; its commands are run by tests/docs/test_docs_examples.py."""

import re
from decimal import Decimal
from pathlib import Path

import typer

import starter
from domain.backtest import Assumption

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policy-tools.md").read_text(encoding="utf-8")


def test_there_are_examples_and_no_others() -> None:
    assert len(re.findall("^```console$", PAGE, re.MULTILINE)) == 4
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
