"""Stages: each pair of them once, by hand; `test_properties` plays lives that nobody thought of."""

from itertools import product

import pytest

from domain.finance_page import STAGES
from domain.stages import MAY_FOLLOW, may_follow

# One row for each stage before, one column for each stage after: y may follow, . may not.
TABLE = """
              onboarding rejected current overdue reminder final_notice handed_over restricted suspended ended
onboarding    y          y        y       y       .        .            .           .          .         .
rejected      .          y        .       .       .        .            .           .          .         .
current       y          .        y       y       y        y            y           y          y         y
overdue       .          .        y       y       y        y            y           y          y         y
reminder      .          .        y       y       y        y            y           y          y         y
final_notice  .          .        y       y       y        y            y           y          y         y
handed_over   .          .        y       y       y        y            y           y          y         y
restricted    .          .        y       y       y        y            y           y          y         y
suspended     .          .        y       y       y        y            y           .          y         y
ended         .          .        .       .       .        .            .           .          .         y
"""


def table() -> dict[tuple[str, str], bool]:
    words = (line.split() for line in TABLE.strip().splitlines())
    head, *rows = ([{"ended": "terminated"}.get(word, word) for word in line] for line in words)
    return {
        (before, after): sign == "y"
        for before, *signs in rows
        for after, sign in zip(head, signs, strict=True)
    }


@pytest.mark.parametrize(("before", "after"), [*product(MAY_FOLLOW, repeat=2)])
def test_each_pair_of_stages(before: str, after: str) -> None:
    assert may_follow(before, after) is table()[before, after]


def test_every_stage_is_in_the_table() -> None:
    assert set(MAY_FOLLOW) == set(STAGES)


def test_a_first_look_may_find_any_stage_and_a_later_version_s_stage_is_nothing_wrong() -> None:
    assert all(may_follow(None, stage) for stage in MAY_FOLLOW)
    assert may_follow("of a later version", "current")
