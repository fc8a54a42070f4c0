"""docs/reports.md: every example is run on the sample it names; every report has its row in commands.md."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import starter
from domain.documents import read
from domain.reports.allowance import LossRates

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
POLICIES = ("policies/business.yaml", "policies/consumer.yaml")
SAMPLE = ("samples/receivables.csv", "--map", "samples/receivables.mapping.yaml")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(starter.app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory):
    """A ledger with the sample of the page."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("reports")
        patch.setenv("DATABASE_URL", f"sqlite:///{folder / 'ledger.db'}")
        patch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
        patch.chdir(ROOT)
        run("policy", "adopt", *POLICIES)
        run("import", *SAMPLE)
        yield


@pytest.mark.parametrize("example", blocks("console"))
def test_a_command_of_the_page_prints_what_stands_below_it(example: str, sample: None) -> None:
    command, *output = example.splitlines()
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "starter.py"
    printed = [line.rstrip() for line in run(*arguments).splitlines()]
    assert [line for line in printed if line in output] == output


def test_the_loss_rates_of_the_page_and_of_the_samples_can_be_read() -> None:
    (text,) = blocks("yaml")
    shipped = (ROOT / "samples" / "loss-rates.yaml").read_text(encoding="utf-8")
    first, second = (read(each, model=LossRates, name="rates.yaml") for each in (text, shipped))
    assert (first.rates, first.segments) == (second.rates, second.segments)


def test_there_are_examples_and_no_others() -> None:
    assert set(re.findall(r"^```(\w+)$", PAGE, re.MULTILINE)) == {"console", "yaml"}
    assert len(blocks("console")) == 8


def test_every_report_is_in_the_guide_and_in_the_list_of_commands() -> None:
    group = typer.main.get_command(starter.app).commands["report"]  # type: ignore[attr-defined]
    for name in group.commands:
        assert f"report {name}" in PAGE, name
        (row,) = re.findall(rf"^\| `report {name}` \|.*$", COMMANDS, re.MULTILINE)
        example = re.findall(r"`(starter\.py [^`]+)`", row)[-1]
        options = set(re.findall(r"--[a-z-]+", example))
        assert options <= {each.opts[0] for each in group.commands[name].params}, example
