"""Roles of administration: what must hold before, for how long, and what people are asked to do about them.

Invoice A of 100.00 EUR is due on Monday 2 March 2026.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from domain import facts
from domain.account_fold import build
from domain.commands import COMMANDS, read
from domain.policy_access import Access
from domain.refusals import refusal
from domain.simulation.events import read_events
from domain.situation import Situation
from tests.domain.playing import CUSTOMER, A, effects, event, paid, play, policy

Event = dict[str, Any]
SAFE = [
    event("2026-02-02", "safeguard_noted", safeguard=name, holds=True)
    for name in ("mfa", "alerts", "quota", "identity")
]
BUDGET = event(
    "2026-02-02", "usage_profile_agreed", expected="100.00", currency="EUR", review_on="2027-01-01"
)


def granted(at: str, to: str, name: str = "G-1", role: str = "Reader") -> Event:
    said = {"grant": name, "principal": "8e2f", "role": role, "scope": "SUB-1", "reason": "audit"}
    return event(at, "access_granted", to=to, by="maria", **said)


def asked(at: str, name: str = "G-1", role: str = "Reader") -> Event:
    said = {"grant": name, "principal": "8e2f", "role": role, "scope": "SUB-1", "reason": "audit"}
    return event(at, "access_requested", **said)


def refused(*events: Event, name: str = "grant_access", on: str = "2026-03-04", **values: Any) -> str | None:
    account = build(CUSTOMER, read_events(CUSTOMER, events))
    now = datetime.fromisoformat(f"{on}T10:00").replace(tzinfo=UTC)
    at = Situation(policy=policy(), account=account, now=now)
    example = dict(COMMANDS[name].example)
    if name == "grant_access":
        example |= {"to": "2026-03-20"}
    return refusal(at, name, read(name, example | values))


# --- what must hold before


def needed_by_all() -> tuple[str, ...]:
    return ("mfa", "nothing_overdue", "budget", "alerts", "quota", "identity")


FULL = {"role": "Owner"}


@pytest.mark.parametrize(
    ("events", "values", "lacking"),
    [
        ([], {}, ["mfa"]),
        ([SAFE[0]], {}, []),
        ([SAFE[0], A], {}, ["nothing_overdue"]),
        ([SAFE[0], A, paid("2026-03-03")], {}, []),
        ([SAFE[0]], FULL, ["budget", "alerts", "quota", "identity"]),
        ([*SAFE], FULL, ["budget"]),
        ([*SAFE, BUDGET], FULL, []),
        ([*SAFE, BUDGET], {"role": "global  administrator"}, []),
        ([*SAFE, BUDGET, A], FULL, ["nothing_overdue"]),
        ([*SAFE[:3], BUDGET], {"role": "Privileged Role Administrator"}, ["identity"]),
        ([*SAFE[:3], BUDGET], {"role": "PrivilegedAuthenticationAdministrator"}, ["identity"]),
        ([*SAFE[:3], BUDGET, event("2026-02-03", "onboarded", outcome="approved")], FULL, []),
        ([*SAFE[:3], BUDGET, event("2026-02-03", "onboarded", outcome="rejected")], FULL, ["identity"]),
        (
            [*SAFE, BUDGET, event("2026-02-03", "safeguard_noted", safeguard="mfa", holds=False)],
            FULL,
            ["mfa"],
        ),
    ],
)
def test_a_role_is_granted_when_nothing_is_missing(
    events: list[Event], values: dict[str, Any], lacking: list[str]
) -> None:
    words = refused(*events, **values)
    if not lacking:
        assert words is None
        return
    assert words is not None
    named = [
        name
        for name in ("mfa", "nothing_overdue", "budget", "alerts", "quota", "identity")
        if f"{name} (" in words
    ]
    assert named == lacking


def test_a_refusal_names_what_is_missing() -> None:
    assert refused(SAFE[0], **FULL, scope="SUB-1") == (
        "Owner on SUB-1 is not granted: budget (a budget for usage is agreed), alerts (alerts on assignments"
        " of roles are on), quota (the quota is reduced to what is needed), identity (the customer's identity"
        " is verified)."
    )


@pytest.mark.parametrize(
    ("role", "to", "words"),
    [
        ("Owner", "2026-04-03", None),
        (
            "Owner",
            "2026-04-04",
            "Owner is granted for 30 days at most: until 2026-04-03",
        ),
        ("Reader", "2027-03-04", None),
        (
            "Reader",
            "2027-03-05",
            "Reader is granted for 365 days at most: until 2027-03-04",
        ),
        ("Reader", "2026-03-03", "2026-03-03 is over: a grant ends today or later."),
        ("Reader", "2026-03-04", None),
    ],
)
def test_a_grant_is_no_longer_than_the_policy_allows(role: str, to: str, words: str | None) -> None:
    found = refused(*SAFE, BUDGET, role=role, to=to)
    assert (found or "").startswith(words or "")
    assert (found is None) == (words is None)


def test_names_of_grants_are_used_once_and_what_was_requested_is_granted() -> None:
    there = granted("2026-03-02", "2026-03-20", "G-7")
    assert "already" in (refused(SAFE[0], there) or "")
    assert "already" in (refused(there, name="request_access") or "")
    other = refused(SAFE[0], asked("2026-03-02", "G-7", role="Owner"))
    assert other == "G-7 was requested as Owner on SUB-1 for 8e2f: grant that."
    assert refused(name="revoke_access") == "No role is granted or requested as G-7; there are: none."
    assert refused(there, name="revoke_access") is None


@pytest.mark.parametrize("principal", ["ann@example.com", "@ann"])
def test_nobody_is_named_by_an_address(principal: str) -> None:
    with pytest.raises(ValidationError, match="personal data"):
        facts.AccessRequested(grant="G", principal=principal, role="Reader", scope="S", reason="r")


def test_full_roles_are_those_with_which_one_may_do_everything() -> None:
    full = [
        role for role in ("Owner", "Reader", "global administrator", "Contributor") if Access().is_full(role)
    ]
    assert full == ["Owner", "global administrator"]


# --- what people are asked to do


def test_a_request_is_a_task_that_ends_with_its_answer() -> None:
    outcome = play(asked("2026-03-02T08:00:00Z"), until="2026-03-20")
    assert effects(outcome) == ["03-02 08:00 access-decision/task (access)"]
    (line,) = [line for line in outcome.lines if line.step == "access-decision"]
    assert line.reason is not None
    assert "missing is mfa" in line.reason.words


def test_a_grant_is_reviewed_weekly_and_its_end_is_told_of() -> None:
    done = [
        event(f"2026-03-{day:02}T12:00:00Z", "task_completed", step="access-review")
        for day in (9, 16, 23, 30)
    ]
    outcome = play(*SAFE, granted("2026-03-02T08:00:00Z", "2026-04-02"), *done, until="2026-04-05")
    assert effects(outcome) == [
        "03-03 00:00 access-ends/task (access)",  # thirty days before
        "03-09 00:00 access-review/task (access)",
        "03-16 00:00 access-review/task (access)",
        "03-23 00:00 access-review/task (access)",
        "03-26 00:00 access-ends/task (access)",
        "03-30 00:00 access-review/task (access)",
        "04-01 00:00 access-ends/task (access)",
        "04-03 00:00 access-over/task (access)",
    ]


def test_what_was_taken_back_is_not_reviewed() -> None:
    back = event("2026-03-05", "access_revoked", grant="G-1", reason="done")
    outcome = play(*SAFE, granted("2026-03-02T08:00:00Z", "2026-03-08"), back, until="2026-04-05")
    assert effects(outcome) == []


def test_after_downtime_a_reminder_comes_once() -> None:
    down = event("2026-03-02T09:00:00Z", "workers_down", until="2026-04-01T09:00:00Z")
    outcome = play(*SAFE, granted("2026-03-02T08:00:00Z", "2026-04-02"), down, until="2026-04-02")
    assert [line for line in effects(outcome) if "ends" in line] == ["04-01 09:00 access-ends/task (access)"]


def test_what_does_not_hold_any_more_stands_in_the_review() -> None:
    outcome = play(A, SAFE[0], granted("2026-02-24T08:00:00Z", "2026-06-02"), until="2026-03-05")
    review = next(line for line in outcome.lines if line.step == "access-review")
    assert review.reason is not None
    assert review.reason.words == (
        "review of 1 granted roles, G-1 (Reader on SUB-1 until 2026-06-02);"
        " missing is nothing_overdue (nothing is overdue)"
    )
