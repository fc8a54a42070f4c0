"""What becomes of a message of which nobody can tell whether it went out, as the policy says."""

import pytest

from domain.account_fold import build
from domain.claim import Claim
from domain.decide import Decision, decide
from domain.in_doubt import doubt_about
from domain.simulation.events import read_events
from tests.domain.playing import CUSTOMER, FINAL, FIRST, SECOND, A, Event, at_noon, claim, paid, policy


@pytest.mark.parametrize(
    ("in_doubt", "channel", "repeats", "by"),
    [
        ({}, "email", True, "the rule for email"),
        ({}, "sms", False, "the rule for sms"),
        ({"sms": "repeat"}, "sms", True, "the policy says so of second by sms"),
        ({"sms": "repeat"}, "email", True, "the rule for email"),
        ({"email": "never"}, "email", False, "the policy says so of second by email"),
        ({"email": "never"}, "sms", False, "the rule for sms"),
        ({"email": "repeat", "sms": "never"}, "sms", False, "the policy says so of second by sms"),
    ],
)
def test_the_policy_says_of_step_and_channel_whether_it_goes_out_again(
    in_doubt: dict[str, str], channel: str, repeats: bool, by: str
) -> None:
    doubt = doubt_about(policy(FIRST, {**SECOND, "in_doubt": in_doubt}), "second", channel)
    assert doubt.repeats is repeats
    assert doubt.reason is not None
    says = "goes out again" if repeats else "does not go out again"
    assert doubt.reason.words == f"not even asking could tell, and it {says}: {by}"


def test_a_message_of_no_step_goes_by_its_channel() -> None:
    """News of the service, and what a policy before this one had."""
    under = policy(FIRST, {**SECOND, "in_doubt": {"sms": "repeat"}})
    assert [doubt_about(under, "suspended", each).repeats for each in ("email", "sms")] == [True, False]


def test_a_policy_that_does_not_say_keeps_its_version() -> None:
    assert policy(FIRST, {**SECOND, "in_doubt": {}}).version == policy(FIRST, SECOND).version
    assert policy(FIRST, {**SECOND, "in_doubt": {"sms": "repeat"}}).version != policy(FIRST, SECOND).version


def decided(*claims: Claim, events: tuple[Event, ...] = (), on: str = "2026-03-17") -> Decision:
    """What is wanted on the day of the final notice, which builds on the delivery of the second."""
    account = build(CUSTOMER, read_events(CUSTOMER, [A, *events]), [claim("first", at="2026-03-03"), *claims])
    return decide(policy(FIRST, SECOND, FINAL), account, at_noon(on))


UNKNOWN = claim("second", "sms", state="unknown")


def tasks(decision: Decision) -> list[str]:
    return [effect.step for effect in decision.effects if effect.kind == "task"]


def test_a_person_hears_of_it_and_what_builds_on_it_waits() -> None:
    decision = decided(UNKNOWN)
    (effect,) = decision.effects
    assert (effect.key, [debt.invoice for debt in effect.debts]) == ("in-doubt-second-sms/task", ["A"])
    assert effect.reason.words == (
        "nobody can tell whether second by sms went out on 2026-03-10: ask the vendor;"
        " what builds on its delivery waits"
    )
    assert [held.reason.rule for held in decision.held] == ["hold.not_delivered"]


def test_each_message_has_a_task_of_its_own_and_only_one() -> None:
    by_email = claim("second", "email", state="unknown")
    both = ["in-doubt-second-email", "in-doubt-second-sms"]
    assert sorted(tasks(decided(UNKNOWN, by_email))) == both
    done = [claim(step, "task") for step in both]
    assert tasks(decided(UNKNOWN, by_email, done[0])) == both[1:]
    assert tasks(decided(UNKNOWN, by_email, *done)) == []


@pytest.mark.parametrize("state", ["claimed", "released", "sent", "refused"])
def test_what_is_known_or_still_asked_about_is_no_task(state: str) -> None:
    assert tasks(decided(claim("second", "sms", state=state))) == []


def test_what_was_paid_is_no_task() -> None:
    assert tasks(decided(UNKNOWN, events=(paid("2026-03-12"),))) == []
