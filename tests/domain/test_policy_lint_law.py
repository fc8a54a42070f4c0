"""What lint says of a policy beside contact law: what waits, and what never goes out."""

from typing import Any

import pytest

from domain.policy import Policy
from domain.policy_lint import lint
from tests.domain.test_contact_in_plan import ALWAYS, SHIPPED, call, notice
from tests.domain.test_contact_in_plan import policy as policy_of

CONSUMER = {"segments": ["consumer"]}


def found(checked: Policy) -> list[str]:
    return [str(each) for each in lint(checked, books=SHIPPED) if each.rule.startswith("law-")]


def policy(*steps: Any, **more: Any) -> Policy:
    return policy_of(*steps, **{"for": CONSUMER, "minimum_gap_days": 2, **more})


def test_a_window_that_never_meets_the_hours_of_a_place() -> None:
    """Vendors' tables of state quiet hours: Kentucky from ten."""
    early = {**ALWAYS, "opens": "08:00", "closes": "10:00"}
    assert found(policy(notice("first", 2), window=early)) == [
        (
            "warning: nothing by email ever goes out in US-KY: us.ky.hours opens from 10:00 to 21:00"
            " (vendors' tables of state quiet hours), when the window is closed; widen `window` [law-window]"
        )
    ]


def test_more_contacts_than_a_place_allows() -> None:
    """6 RCNY 5-77: three within seven days; 940 CMR 7.04(1)(f): two by call or SMS."""
    both = notice("last", 6, "email", "sms", send="all")
    assert found(policy(notice("first", 2, "sms"), call("call", 4), both)) == [
        (
            "warning: last: in US-MA it waits: us.ma.contacts allows 2 contacts by call or sms within 7 days"
            " (940 CMR 7.04(1)(f)), and it is number 3; move it, or let it wait [law-cap]"
        ),
        (
            "warning: last: in US-NYC it waits: us.nyc.contacts allows 3 contacts by email or sms or call"
            " within 7 days (6 RCNY 5-77), and it is number 4; move it, or let it wait [law-cap]"
        ),
    ]


def test_the_house_s_gap_is_told_only_where_the_policy_asks_for_it() -> None:
    steps = (notice("first", 2), notice("second", 9))
    assert found(policy(*steps, minimum_gap_days=1)) == []
    assert found(policy(*steps, minimum_gap_days=1, contact={"house": True})) == [
        (
            "warning: messages are 1 days apart, and house.gap asks for 48 hours anywhere (house rule):"
            " the later one waits; raise `minimum_gap_days` to 2 [law-gap]"
        )
    ]


@pytest.mark.parametrize("audience", [{"segments": ["business"]}, {**CONSUMER, "countries": ["DE"]}])
def test_a_rule_for_others_is_no_finding(audience: dict[str, Any]) -> None:
    many = [notice(f"mail_{day}", day) for day in (2, 3, 4, 5)]
    assert found(policy(*many, **{"for": audience})) == []
