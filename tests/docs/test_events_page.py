"""docs/events.md: the catalogue and the rests are those of the code."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from domain import facts
from domain.events.catalogue import CATALOGUE, TEST, EventKind
from domain.events.delivering import RESTS
from domain.events.from_facts import TOLD

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
SECRET = "whsec_" + "c2VjcmV0" * 4
OTHER = "whsec_" + "b3RoZXIh" * 4


def row(kind: EventKind) -> str:
    fields = [f"`{each.name}`{'' if each.always else ' (or not)'}: {each.says}" for each in kind.fields]
    return f"| `{kind.type}` | {kind.when} | {'; '.join(fields) or 'nothing more'} |"


def test_the_catalogue_on_the_page_is_that_of_the_code() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| `[a-z_]+\.[a-z_]+` \| [A-Z`]", line)]
    assert rows == [row(kind) for kind in CATALOGUE]
    assert len({kind.type for kind in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.type)
def test_an_example_has_the_fields_of_its_kind(kind: EventKind) -> None:
    always = {each.name for each in kind.fields if each.always}
    given = set(kind.example) - {"customer"}
    assert always <= given <= {each.name for each in kind.fields}
    assert ("customer" in kind.example) == (kind.type != TEST)


def test_every_fact_that_is_told_is_told_in_the_fields_of_the_catalogue() -> None:
    kinds = {kind.type: kind for kind in CATALOGUE}
    for body, told in TOLD.items():
        named = {each.name for each in kinds[told.type].fields} | {"fault"}
        assert {*told.fields, *told.says} <= named, body
        assert not {"by", "reason"} & {*told.fields}
        assert issubclass(body, facts.Body)


def test_the_rests_on_the_page_are_those_of_the_code() -> None:
    hours = [int(rest / timedelta(hours=1)) for rest in RESTS[3:]]
    said = f"5 seconds, 5 and 30 minutes, then {', '.join(map(str, hours[:-1]))} and {hours[-1]} hours"
    assert said in PAGE
    assert [rest.total_seconds() for rest in RESTS[:3]] == [5, 300, 1800]
    assert timedelta(days=3) < sum(RESTS, timedelta()) < timedelta(days=3.5)
