"""The guide to interest: its examples are read, and its tables have every key."""

import re
from pathlib import Path

import pytest

from domain.documents import Document, read
from domain.interest.rates import RateTable, read_rates
from domain.interest.terms import Interest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "interest.md").read_text(encoding="utf-8")
RATES = sorted((ROOT / "policies" / "rates").glob("*.yaml"))


def section(title: str) -> str:
    """The text under a heading, until the next one."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize("example", re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
def test_an_example_is_a_sound_part_of_a_policy(example: str) -> None:
    assert read(example, model=Interest, name="example.yaml").propose_at is not None


@pytest.mark.parametrize(("title", "model"), [("The tables of rates", RateTable)])
def test_a_table_has_every_key_and_whether_it_is_required(title: str, model: type[Document]) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section(title), re.MULTILINE))

    assert list(rows) == list(model.model_fields)
    for key, info in model.model_fields.items():
        assert (rows[key] == "required") == info.is_required(), key


def test_each_table_of_rates_that_ships_is_named() -> None:
    named = set(re.findall(r"`(\w+\.yaml)`", section("The tables of rates")))

    assert named == {path.name for path in RATES}


def test_the_page_counts_the_countries_of_the_euro_area_right() -> None:
    eu = read_rates({path.name: path.read_text(encoding="utf-8") for path in RATES}).table_for("NL")

    assert eu is not None
    assert f"| {len(eu.countries)} countries of the euro area |" in PAGE
