"""What two policies have otherwise, in words."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.documents import read
from domain.policy import Policy
from domain.policy_diff import compare
from tests.domain.playing import CALL, FINAL, FIRST, LADDER, SECOND, SUSPEND, policy
from tests.domain.test_ends import ENDING, HAND_OVER, RESTRICT, TERMINATE, WRITE_OFF

POLICIES = Path(__file__).parents[2] / "policies"


def changes(before: Policy, after: Policy) -> list[str]:
    return [f"{each.kind} {each}" for each in compare(before, after)]


def steps(*changed: dict[str, Any]) -> Policy:
    """The ladder, with these steps in place of those of their ids."""
    by_id = {step["id"]: step for step in changed}
    return policy(*(by_id.get(step["id"], step) for step in LADDER))


def test_equal_policies_have_no_differences() -> None:
    assert changes(policy(), policy()) == []


AGREED = {"basis": "contract", "clause": "Terms, section 7", "propose_at": 30}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (policy(), policy(title="Other"), "changed title: Other, and was Test"),
        (
            policy(),
            policy(**{"for": {"segments": ["consumer", "business"]}}),
            "changed for.segments: also consumer",
        ),
        (
            policy(minimum={"EUR": "25"}),
            policy(minimum={"EUR": "50"}),
            "raised minimum.EUR: raised from 25.00 EUR to 50.00 EUR",
        ),
        (policy(minimum={"EUR": "25"}), policy(), "removed minimum.EUR: none, where it was 25.00 EUR"),
        (policy(), policy(tolerance={"JPY": 100}), "added tolerance.JPY: 100 JPY, where there was none"),
        (policy(), policy(minimum_gap_days=5), "raised minimum_gap_days: raised from 2 to 5"),
        (policy(), policy(lateness="most_severe"), "changed lateness: most_severe, and was never_skip"),
        (
            policy(),
            policy(window={"opens": "08:00"}),
            "changed window.opens: 08:00, and was 09:00",
        ),
        (
            policy(),
            policy(window={"weekdays": ["mon", "tue", "wed", "thu", "sat"]}),
            "changed window.weekdays: also sat; no longer fri",
        ),
        (policy(), policy(window={"holidays": False}), "changed window.holidays: false, and was true"),
        (
            policy(),
            steps({**FIRST, "offset_days": 3}),
            "moved steps.first: moves from day +1 to day +3, 2 days later",
        ),
        (
            policy(),
            steps({**FIRST, "anchor": "month_end", "offset_days": 0}),
            "moved steps.first: moves from day +1 to day +0 from the end of the month of the due date",
        ),
        (policy(), policy(grace_days=3), "raised grace_days: raised from 0 to 3"),
        (
            policy(),
            steps({**SECOND, "offset_days": 7}),
            "moved steps.second: moves from day +8 to day +7, 1 day earlier",
        ),
        (
            policy(),
            steps({**SECOND, "channels": ["sms", "email"]}),
            "changed steps.second.channels: sms, email, and was email, sms",
        ),
        (
            policy(),
            steps({**FIRST, "when": {"minimum": {"EUR": "10"}}}),
            "added steps.first.when.minimum.EUR: 10.00 EUR, where there was none",
        ),
        (policy(), policy(*LADDER[:3], CALL, SUSPEND), "added steps.call: a new task on day +20"),
        (
            policy(),
            policy(*LADDER[:3], RESTRICT, SUSPEND),
            "added steps.restrict: a new restriction on day +20",
        ),
        (
            ENDING,
            policy(*ENDING.steps[:-1], {**TERMINATE, "suspended_days": 40}),
            "raised steps.terminate.suspended_days: raised from 30 to 40",
        ),
        (policy(), policy(*LADDER, HAND_OVER), "added steps.agency: a new hand-over on day +45"),
        (
            policy(*LADDER, WRITE_OFF),
            policy(),
            "removed steps.give_up: no longer a write-off proposal on day +120",
        ),
        (policy(), policy(*LADDER[:3]), "removed steps.suspend: no longer a suspension on day +30"),
        (
            policy(FIRST),
            policy({**CALL, "id": "first", "offset_days": 1}),
            "changed steps.first: a task on day +1, no longer a message on day +1 by email",
        ),
        (
            policy(),
            steps({**SUSPEND, "notice_days": 14}),
            "raised steps.suspend.notice_days: raised from 10 to 14",
        ),
        (
            policy(),
            steps({**FINAL, "needs_delivered": []}),
            "changed steps.final.needs_delivered: no longer second",
        ),
        (
            policy(),
            policy(**{"return": {"when": "below_minimum"}}),
            "changed return.when: below_minimum, and was nothing_overdue",
        ),
        (
            policy(interest={**AGREED, "fees": {"first": {"EUR": 5}}}),
            policy(interest={**AGREED, "fees": {"first": {"EUR": 5}, "final": {"EUR": 9}}}),
            "added interest.fees.final.EUR: 9.00 EUR, where there was none",
        ),
        (
            policy(interest={**AGREED, "annual_percent": 9}),
            policy(interest={**AGREED, "annual_percent": 12}),
            "changed interest.annual_percent: 12, and was 9",
        ),
    ],
)
def test_a_difference_in_words(before: Policy, after: Policy, words: str) -> None:
    assert changes(before, after) == [words]


def test_every_key_of_a_policy_is_compared() -> None:
    """A key that is forgotten would be a change that nobody is told of."""
    business, consumer = (
        read((POLICIES / name).read_text(encoding="utf-8"), model=Policy, name=name)
        for name in ("business.yaml", "consumer.yaml")
    )
    told = {each.key.split(".")[0] for each in compare(business, consumer)}
    content = [each.model_dump(mode="json", by_alias=True) for each in (business, consumer)]
    assert told == {key for key in content[0] if content[0][key] != content[1][key]}


def test_the_json_has_kind_key_and_words() -> None:
    (change,) = compare(policy(), policy(minimum={"EUR": Decimal(5)}))
    assert change.json() == {
        "kind": "added",
        "key": "minimum.EUR",
        "words": "5.00 EUR, where there was none",
    }
