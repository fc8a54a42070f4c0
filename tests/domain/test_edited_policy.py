"""A policy is edited under an open case: a rule for each kind of edit, docs/policy.md "Editing a policy".

The invoice A is due on 2 March 2026; under the policy of before it is reminded on 3 March (first), 10 March
(second) and 17 March (final, which announces 1 April), and suspended on 1 April. On the evening of some day
another policy is adopted for the case, as `policy_adopted` does in the ledger.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policy import Policy
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.timeline import Outcome
from tests.domain.playing import (
    CALL,
    CUSTOMER,
    FINAL,
    FIRST,
    LADDER,
    SECOND,
    SUSPEND,
    SUSPENDED,
    TO_FINAL,
    A,
    Event,
    effects,
    event,
    holds,
    paid,
    policy,
)
from tests.effort import examples

Steps = list[Mapping[str, Any]]
OLD = policy()


def switched(on: str, new: Policy, *events: Event, old: Policy = OLD, until: str = "2026-05-31") -> Outcome:
    """Play A through the old policy, and from the evening of a day on through the new one."""
    adopted = event(f"{on}T20:00:00Z", "policy_adopted", policy=new.version)
    history = read_events(CUSTOMER, [A, adopted, *events])
    return simulate(
        old, CUSTOMER, history, date.fromisoformat(until), adoptable={new.version: new, old.version: old}
    )


def extra(offset_days: int, name: str = "extra", **more: Any) -> dict[str, Any]:
    return {"kind": "notice", "id": name, "offset_days": offset_days, "template": name, **more}


NEEDS_EXTRA = {**SUSPEND, "needs_delivered": ["extra", "final"]}
NO_SMS = {**SECOND, "channels": ["email"]}
BOTH = {**SECOND, "channels": ["email", "sms"], "send": "all"}

SUSPENDED_LATER = ["04-02 09:00 suspend/service A", "04-02 09:00 suspended/email A"]
"""Ten days of notice after the last warning."""

KINDS: dict[str, tuple[str, Steps, list[str]]] = {
    "nothing is edited": ("2026-03-11", LADDER, [*TO_FINAL, *SUSPENDED]),
    "a step is added after what was said": (
        "2026-03-04",
        [FIRST, extra(4), SECOND, FINAL, SUSPEND],
        [TO_FINAL[0], "03-06 09:00 extra/email A", *TO_FINAL[1:], *SUSPENDED],
    ),
    "a step is added after what was said, and its day has passed": (
        "2026-03-12",
        [FIRST, SECOND, extra(9), FINAL, SUSPEND],
        [*TO_FINAL[:2], "03-13 09:00 extra/email A", TO_FINAL[2], *SUSPENDED],
    ),
    "a step is added before what was said": (
        "2026-03-11",
        [FIRST, extra(4), SECOND, FINAL, SUSPEND],
        [*TO_FINAL, *SUSPENDED],
    ),
    "a warning is added before what was said": (
        "2026-03-18",
        [FIRST, extra(4), SECOND, FINAL, NEEDS_EXTRA],
        [*TO_FINAL, "03-19 09:00 extra/email A", *SUSPENDED],
    ),
    "two warnings are added before what was said, one of which needs the other": (
        "2026-03-18",
        [FIRST, extra(3, "mild"), extra(4, needs_delivered=["mild"]), SECOND, FINAL, NEEDS_EXTRA],
        [*TO_FINAL, "03-19 09:00 mild/email A", "03-23 09:00 extra/email A", *SUSPENDED_LATER],
    ),
    "a task is added on a day that has passed": (
        "2026-03-25",
        [*LADDER[:3], CALL, SUSPEND],
        [*TO_FINAL, "03-25 20:00 call/task A", *SUSPENDED],
    ),
    "a step is removed that was not said": (
        "2026-03-04",
        [FIRST, {**FINAL, "needs_delivered": []}, SUSPEND],
        [TO_FINAL[0], TO_FINAL[2], *SUSPENDED],
    ),
    "a step is removed that was said": (
        "2026-03-11",
        [FIRST, {**FINAL, "needs_delivered": []}, SUSPEND],
        [*TO_FINAL, *SUSPENDED],
    ),
    "a step gets another id, and is a warning": (
        "2026-03-11",
        [FIRST, {**SECOND, "id": "renamed"}, {**FINAL, "needs_delivered": ["renamed"]}, SUSPEND],
        [*TO_FINAL[:2], "03-12 09:00 renamed/email A", TO_FINAL[2], *SUSPENDED],
    ),
    "a step gets another id, and nothing needs it": (
        "2026-03-11",
        [FIRST, {**SECOND, "id": "renamed"}, {**FINAL, "needs_delivered": []}, SUSPEND],
        [*TO_FINAL, *SUSPENDED],
    ),
    "a step is moved that was said": (
        "2026-03-11",
        [FIRST, {**SECOND, "offset_days": 11}, FINAL, SUSPEND],
        [*TO_FINAL, *SUSPENDED],
    ),
    "a step is moved to an earlier day that has passed": (
        "2026-03-12",
        [FIRST, {**SECOND, "offset_days": 5}, {**FINAL, "offset_days": 9}, SUSPEND],
        [*TO_FINAL[:2], "03-13 09:00 final/email A", *SUSPENDED],
    ),
    "a step is moved to a later day": (
        "2026-03-11",
        [FIRST, SECOND, {**FINAL, "offset_days": 18}, SUSPEND],
        [*TO_FINAL[:2], "03-20 09:00 final/email A", *SUSPENDED],
    ),
    "the template of a step changes": (
        "2026-03-11",
        [FIRST, {**SECOND, "template": "other"}, FINAL, SUSPEND],
        [*TO_FINAL, *SUSPENDED],
    ),
    "a channel is taken from a step": (
        "2026-03-11",
        [FIRST, NO_SMS, FINAL, SUSPEND],
        [*TO_FINAL, *SUSPENDED],
    ),
    "a step that was said is to go out by every channel": (
        "2026-03-10",
        [FIRST, BOTH, FINAL, SUSPEND],
        [*TO_FINAL, *SUSPENDED],
    ),
    "a step to come is to go out by every channel": (
        "2026-03-09",
        [FIRST, BOTH, FINAL, SUSPEND],
        [*TO_FINAL[:2], "03-10 09:00 second/sms A", TO_FINAL[2], *SUSPENDED],
    ),
    "the suspension is moved to an earlier day than the announced one": (
        "2026-03-18",
        [FIRST, SECOND, FINAL, {**SUSPEND, "offset_days": 16, "notice_days": 1}],
        [*TO_FINAL, *SUSPENDED],
    ),
    "the suspension is moved to a later day": (
        "2026-03-18",
        [FIRST, SECOND, FINAL, {**SUSPEND, "offset_days": 37}],
        [*TO_FINAL, "04-08 09:00 suspend/service A", "04-08 09:00 suspended/email A"],
    ),
    "the last warning is removed, which had announced a day": (
        "2026-03-18",
        [FIRST, SECOND, {**SUSPEND, "offset_days": 17, "needs_delivered": ["second"]}],
        [*TO_FINAL, *SUSPENDED],
    ),
    "the suspension is removed": ("2026-03-18", [FIRST, SECOND, FINAL], TO_FINAL),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_edit_has_its_rule(kind: str) -> None:
    on, steps, expected = KINDS[kind]
    assert effects(switched(on, policy(*steps))) == expected


def test_a_minimum_raised_above_the_balance_lets_everything_wait() -> None:
    outcome = switched("2026-03-11", policy(minimum={"EUR": "500"}))
    assert effects(outcome) == TO_FINAL[:2]
    assert "03-17 final hold.minimum" in holds(outcome)
    assert outcome.stage == "reminder"


def test_lowered_again_it_goes_on_with_the_next_step() -> None:
    again = event("2026-03-20T20:00:00Z", "policy_adopted", policy=OLD.version)
    outcome = switched("2026-03-11", policy(minimum={"EUR": "500"}), again)
    assert effects(outcome)[:3] == [*TO_FINAL[:2], "03-23 09:00 final/email A"]


def test_a_currency_dropped_from_the_minimum_has_none_from_now_on() -> None:
    old = policy(minimum={"EUR": "500", "USD": "500"})
    outcome = switched("2026-03-11", policy(minimum={"USD": "500"}), old=old)
    assert effects(outcome) == ["03-12 09:00 second/email A", TO_FINAL[2], *SUSPENDED]


def test_a_currency_dropped_from_the_approval_needs_none_any_more() -> None:
    asked = policy(*LADDER[:3], {**SUSPEND, "approval": {"EUR": "50"}})
    assert effects(switched("2026-04-02", OLD, old=asked)) == [
        *TO_FINAL,
        "04-01 09:00 approve/task A",
        "04-03 09:00 suspend/service A",
        "04-03 09:00 suspended/email A",
    ]


def test_an_audience_is_not_asked_under_an_open_case() -> None:
    assert effects(switched("2026-03-11", policy(**{"for": {"segments": ["consumer"]}}))) == [
        *TO_FINAL,
        *SUSPENDED,
    ]


def test_another_allocation_posts_the_money_again() -> None:
    events = [paid("2026-03-04", amount="40.00")]
    new = policy(allocation="oldest_invoice")
    outcome = switched("2026-03-11", new, *events)
    assert outcome.account.debts[0].open.plain() == "60.00"


def test_an_adopted_policy_that_nobody_gave_decides_nothing() -> None:
    history = read_events(CUSTOMER, [A, event("2026-03-04", "policy_adopted", policy="0123456789ab")])
    assert effects(simulate(OLD, CUSTOMER, history, date(2026, 5, 31))) == [*TO_FINAL, *SUSPENDED]


NOTICES = st.lists(
    st.sampled_from(["first", "second", "final", "a", "b", "c"]), min_size=1, max_size=5, unique=True
)
DAYS = st.lists(st.integers(0, 29), min_size=5, max_size=5, unique=True).map(sorted)


@st.composite
def ladders(draw: st.DrawFn) -> Policy:
    """A policy of some of the known steps and some new ones, on any days, in any order."""
    names, days = draw(NOTICES), draw(DAYS)
    steps = [extra(day + 1, name, channels=["email", "sms"]) for name, day in zip(names, days, strict=False)]
    for step in steps:
        step["send"] = draw(st.sampled_from(["first", "all"]))
    needs = [step["id"] for step in steps if draw(st.booleans())] or [steps[-1]["id"]]
    return policy(*steps, {**SUSPEND, "offset_days": 31, "needs_delivered": needs})


@settings(max_examples=examples(60), deadline=None)
@given(ladders(), st.integers(3, 40))
def test_whatever_is_adopted_nothing_is_sent_twice(new: Policy, day: int) -> None:
    on = date.fromordinal(date(2026, 3, 1).toordinal() + day).isoformat()
    outcome = switched(on, new)
    at = datetime.combine(date.fromisoformat(on), time(20), UTC)
    sent = [(line.step, line.at) for line in outcome.lines if line.effect == "notice"]
    before = {step for step, when in sent if when < at}
    assert not before & {step for step, when in sent if when >= at}
    channels = [(line.step, line.channel) for line in outcome.lines if line.effect == "notice"]
    assert len(channels) == len(set(channels))


@settings(max_examples=examples(60), deadline=None)
@given(ladders(), st.integers(3, 40))
def test_whatever_is_adopted_nobody_is_suspended_without_its_warnings(new: Policy, day: int) -> None:
    on = date.fromordinal(date(2026, 3, 1).toordinal() + day).isoformat()
    outcome = switched(on, new)
    for number, line in enumerate(outcome.lines):
        if line.effect == "suspend":
            rules = new if line.at.date().isoformat() > on else OLD
            assert rules.suspension is not None
            said = {each.step for each in outcome.lines[:number] if each.effect == "notice"}
            assert set(rules.suspension.needs_delivered) <= said
            assert line.at.date() >= date(2026, 4, 1) or "final" not in said
