"""Roles: every command needs one, and whoever has a role may do all that a lower one may."""

import itertools

import pytest

from domain.commands import COMMANDS
from domain.roles import MEANS, NEEDED, ROLES, Appointed, Role, commands_of, highest, may, reaches


def test_every_command_needs_a_role_and_nothing_else_does() -> None:
    assert set(NEEDED) == set(COMMANDS)
    assert set(MEANS) == set(ROLES)


def test_a_role_may_all_that_a_lower_one_may() -> None:
    for lower, higher in itertools.pairwise(ROLES):
        assert set(commands_of(lower)) < set(commands_of(higher)) or lower == "viewer"
        assert reaches(higher, lower)
        assert not reaches(lower, higher)
    assert commands_of("viewer") == []
    assert set(commands_of("admin")) == set(COMMANDS)


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("promise", "collector"),
        ("complete_task", "collector"),
        # To keep harm away needs less than to let it happen.
        ("hold", "collector"),
        ("release", "approver"),
        ("approve", "approver"),
        ("write_off", "approver"),
        ("suspend", "approver"),
        ("adopt_policy", "admin"),
        ("grant_access", "admin"),
    ],
)
def test_what_a_command_needs(command: str, needed: Role) -> None:
    assert may(needed, command)
    assert not may(ROLES[ROLES.index(needed) - 1], command)


def test_the_highest_role_counts_and_nobody_has_one_by_themselves() -> None:
    appointed = Appointed(people={"maria": "viewer"}, groups={"finance": "collector", "heads": "approver"})

    assert appointed.role_of("maria", []) == "viewer"
    assert appointed.role_of("maria", ["heads", "finance", "chess"]) == "approver"
    assert appointed.role_of("li", ["finance"]) == "collector"
    assert appointed.role_of("li", ["chess"]) is None
    assert highest([]) is None
