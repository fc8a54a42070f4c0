"""Policies as adopted: in which order they stand, and what happens when two people adopt at once."""

import pytest

from domain.policy import Policy
from store import policies
from store.database import Ledger


def named(policy: Policy, *names: str) -> list[Policy]:
    """The policy of the tests under other names."""
    return [Policy.model_validate({**policy.model_dump(by_alias=True), "policy": name}) for name in names]


def places(ledger: Ledger) -> dict[str, int | None]:
    return {row.name: row.position for row in policies.listed(ledger)}


def test_policies_that_are_adopted_together_stand_in_their_order(business):
    versions = policies.adopt_all(
        business.ledger, named(business.policy, "b", "a"), now=business.at(0), by="maria"
    )
    assert places(business.ledger) == {"business": 1, "b": 2, "a": 3}
    assert [row.version for row in policies.listed(business.ledger)][1:] == versions


def test_of_policies_that_are_adopted_together_none_is_if_one_cannot_be(business):
    class Broken:
        policy, version = "broken", "0"

    with pytest.raises(AttributeError):
        policies.adopt_all(
            business.ledger, [*named(business.policy, "b"), Broken()], now=business.at(0), by="maria"
        )
    assert places(business.ledger) == {"business": 1}


def test_who_adopts_the_same_at_the_same_moment_adopts_it_once(ledger, policy, business, together):
    adopting = named(policy, "a", "b", "c")

    def adopt():
        return policies.adopt_all(ledger, adopting, now=business.at(0), by="maria")

    first, *others = together([adopt] * 4)
    assert others == [first] * 3
    assert places(ledger) == {"business": 1, "a": 2, "b": 3, "c": 4}


def test_who_adopts_others_at_the_same_moment_takes_no_place_twice(ledger, policy, business, together):
    together(
        [
            lambda each=each: policies.adopt(ledger, each, now=business.at(0), by="maria")
            for each in named(policy, *"abcd")
        ]
    )
    assert sorted(places(ledger).values()) == [1, 2, 3, 4, 5]
