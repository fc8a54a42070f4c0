"""docs/onboarding.md: every check, key and action stands in its table."""

import re
from pathlib import Path

from domain.onboarding.checks import CHECKS
from domain.onboarding.rules import OnboardingRules, When

PAGE = (Path(__file__).parents[2] / "docs" / "onboarding.md").read_text(encoding="utf-8")
FIRST = [
    re.findall(r"`([a-z_]+)", line.split("|")[1]) for line in PAGE.splitlines() if line.startswith("| `")
]
NAMES = [name for names in FIRST for name in names]


def test_every_check_stands_in_the_table_in_its_order_and_with_its_cost() -> None:
    rows = [line.split("|") for line in PAGE.splitlines() if line.startswith("| `") and line.count("|") == 5]
    listed = {row[1].strip(" `"): row[3].strip() for row in rows if row[1].strip(" `") in CHECKS}
    assert listed == {name: "yes" if kind.paid else "no" for name, kind in CHECKS.items()}
    assert list(listed) == list(CHECKS)


def test_every_key_of_a_condition_and_of_the_table_is_explained() -> None:
    assert set(When.model_fields) <= set(NAMES)
    assert set(OnboardingRules.model_fields) - {"rules", "title"} <= set(NAMES)
    assert {"approve", "prepay", "review", "reject"} <= set(NAMES)
