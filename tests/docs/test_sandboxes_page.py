"""docs/sandboxes.md: what is said of Twilio's test numbers is what the engine makes of their codes."""

import re
from pathlib import Path

import pytest

from providers.twilio_codes import trouble_of
from settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "sandboxes.md").read_text(encoding="utf-8")
SAYS = {
    "invalid_contact": ("the number is wrong", "no mobile number"),
    "configuration": ("a fault of ours", "the same"),
    "opted_out": ("the customer has opted out",),
}
ROWS = re.findall(r"^\| `\+1500555\d{4}` \| (\d{5}) \| (.+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("code", "words"), ROWS)
def test_a_test_number_means_what_the_page_says(code: str, words: str) -> None:
    assert words.startswith(SAYS[trouble_of(int(code), status=400).reaction])


def test_the_page_has_the_numbers_and_names_settings_that_there_are() -> None:
    assert len(ROWS) == 5
    named = set(re.findall(r"export ([A-Z_]+)=", PAGE)) | set(re.findall(r"`([A-Z]+_[A-Z_]+)[`=]", PAGE))
    assert {name for name in named if name.lower() not in Settings.model_fields} == set()
