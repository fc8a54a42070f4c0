"""docs/desk.md: the roles are those of the code, and both ways in are settings that can be used."""

import re
from pathlib import Path

from domain.roles import MEANS
from settings import Settings

GUIDE = (Path(__file__).parents[2] / "docs" / "desk.md").read_text(encoding="utf-8")


def test_the_table_of_roles_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", GUIDE, re.MULTILINE)

    assert dict(rows) == dict(MEANS)


def test_both_ways_in_are_settings_that_can_be_used() -> None:
    ways = [
        block
        for block in re.findall(r"^```\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
        if "DESK_" in block
    ]

    assert len(ways) == 2
    for way in ways:
        pairs = (line.partition("#")[0].strip().partition("=") for line in way.splitlines())
        given = {name.lower(): "x" * 40 if value == "..." else value for name, _, value in pairs}
        settings = Settings(**given)  # type: ignore[arg-type]
        assert settings.desk_appointed.groups == {"finance": "collector", "finance-heads": "approver"}
