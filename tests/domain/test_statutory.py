"""What the law requires goes to customers who left the list, and to nobody who said no in own words."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.account_fold import build
from domain.contact_law.law import Law
from domain.contact_law.rules import OptOutScope
from domain.customer import Customer
from domain.decide import decide
from domain.documents import BadDocument, read
from domain.policy import Policy
from domain.simulation.events import read_events
from tests.domain.playing import (
    CUSTOMER,
    FINAL,
    FIRST,
    SECOND,
    SUSPEND,
    SUSPENDED,
    A,
    Event,
    at_noon,
    effects,
    event,
    holds,
    play,
    policy,
)
from tests.effort import examples

LEFT = event("2026-03-12T10:00:00Z", "opted_out", channel="email", scope="list")
SAID_STOP = event("2026-03-12T10:00:00Z", "opted_out", channel="email")
NO_PHONE = event("2026-02-03", "contact_invalid", channel="sms")
BEGUN = ["03-03 09:00 first/email A", "03-10 09:00 second/email A"]
WARNED = [*BEGUN, "03-17 09:00 final/email A"]
STATUTORY = policy(FIRST, SECOND, {**FINAL, "statutory": True}, SUSPEND)
COMPLAINT = [
    LEFT,
    event("2026-03-12T10:00:00Z", "replied", channel="email", says="spam"),
    event("2026-03-12T10:00:00Z", "paused", reason="spam"),
]
LOOKED = event("2026-03-16T10:00:00Z", "task_completed", step="customer_reply")
RESUMED = event("2026-03-16T11:00:00Z", "resumed")


@pytest.mark.parametrize(
    ("under", "events", "expected"),
    [
        (STATUTORY, [LEFT, NO_PHONE], [*WARNED, SUSPENDED[0]]),
        (policy(), [LEFT, NO_PHONE], [*BEGUN, "03-17 09:00 unreachable/task A"]),
        (policy(), [LEFT], [*BEGUN, "03-17 09:00 final/sms A", "04-01 09:00 suspend/service A"]),
        (STATUTORY, [SAID_STOP, NO_PHONE], [*BEGUN, "03-17 09:00 unreachable/task A"]),
        (STATUTORY, [LEFT, SAID_STOP, NO_PHONE], [*BEGUN, "03-17 09:00 unreachable/task A"]),
        (STATUTORY, [SAID_STOP, LEFT, NO_PHONE], [*BEGUN, "03-17 09:00 unreachable/task A"]),
        (
            STATUTORY,  # an address that reaches nobody is not tried
            [LEFT, NO_PHONE, event("2026-03-13", "contact_invalid", channel="email")],
            [*BEGUN, "03-17 09:00 unreachable/task A"],
        ),
        (
            STATUTORY,
            [
                LEFT,
                NO_PHONE,
                event("2026-03-13", "contact_invalid", channel="email"),
                event("2026-03-14", "contact_changed", channel="email"),
            ],
            [*WARNED, SUSPENDED[0]],
        ),
        (
            policy(FIRST, {**SECOND, "statutory": True}),  # an SMS after STOP is nobody's to send
            [
                event("2026-03-01", "opted_out", channel="sms", scope="list"),
                event("2026-03-10T09:30:00Z", "bounced", step="second", channel="email"),
            ],
            [*BEGUN, "03-10 09:30 unreachable/task A"],
        ),
        (
            policy(),  # whoever comes back gets everything again
            [LEFT, NO_PHONE, event("2026-03-13", "opted_in", channel="email")],
            [*WARNED, *SUSPENDED],
        ),
    ],
    ids=[
        "the law's notice goes out",
        "no other does",
        "the next channel does",
        "a stop is a stop",
        "also after leaving the list",
        "and before it",
        "not to an address that is dead",
        "to a new address",
        "no SMS after STOP",
        "after opting in all goes out",
    ],
)
def test_who_left_the_list(under: Policy, events: list[Event], expected: list[str]) -> None:
    assert effects(play(A, *events, under=under)) == expected


def test_the_reasons_say_so() -> None:
    statutory, plain = play(A, LEFT, under=STATUTORY), play(A, LEFT, NO_PHONE)
    (said,) = [
        line.reason.words for line in statutory.lines if line.step == "final" and line.kind == "effect"
    ]
    assert said == "final by email, 15 days past due, although the customer unsubscribed: the law requires it"
    (held,) = {line.reason.words for line in plain.lines if line.step == "final" and line.kind == "held"}
    assert "email unsubscribed: only what the law requires goes there, sms invalid" in held


def test_after_a_complaint_nothing_goes_out_before_a_person_has_looked() -> None:
    """Also once the pause of a complaint has reached the bound of the policy."""
    bounded = policy(FIRST, SECOND, {**FINAL, "statutory": True}, SUSPEND, pauses={"max_days": 3})
    waiting = play(A, *COMPLAINT, under=bounded)
    (*begun, task) = effects(waiting)
    assert (begun, task.partition(" (")[0]) == (BEGUN, "03-12 10:00 customer_reply/task")
    assert "final hold.complaint" in {each.partition(" ")[2] for each in holds(waiting)}
    for looked in (LOOKED, RESUMED):
        went_on = effects(play(A, *COMPLAINT, looked, under=bounded))
        assert [each for each in went_on if " final/email " in each], looked["type"]


def test_where_the_law_closes_all_channels_nothing_is_excepted() -> None:
    rule = OptOutScope.model_validate(
        {"kind": "optout_scope", "id": "x.all", "scope": "all", "source": "x", "confidence": "verified"}
    )
    law = Law(rules=(rule,))
    account = build(CUSTOMER, read_events(CUSTOMER, [A, LEFT]), law=law)
    assert (set(account.reach.values()), dict(account.unsubscribed)) == (
        {"opted_out"},
        {},
    )


@pytest.mark.parametrize("channels", [["sms"]])
def test_a_statutory_notice_needs_email(channels: list[str]) -> None:
    text = f"""\
policy: test
title: Test
for: {{segments: [business]}}
steps:
  - kind: notice
    id: final
    offset_days: 15
    template: final
    channels: [{", ".join(channels)}]
    statutory: true
"""
    with pytest.raises(BadDocument, match=r"test.yaml:10: .*add email to its `channels`"):
        read(text, model=Policy, name="test.yaml")


def test_a_policy_without_it_keeps_its_version() -> None:
    plain = policy()
    assert plain.version == policy(FIRST, SECOND, {**FINAL, "statutory": False}, SUSPEND).version
    assert "statutory" not in plain.canonical()
    assert STATUTORY.version != plain.version


events_of_reach = st.lists(
    st.tuples(
        st.sampled_from(["opted_out", "list", "opted_in", "contact_invalid", "contact_changed"]),
        st.sampled_from(["email", "sms"]),
    ),
    max_size=8,
)


@settings(max_examples=examples(60), deadline=None)
@given(events_of_reach)
def test_without_statutory_steps_leaving_the_list_is_an_opt_out_as_ever(told: list[tuple[str, str]]) -> None:
    def account(scope: str | None) -> Any:
        said = []
        for number, (kind, channel) in enumerate(told):
            at = f"2026-03-01T10:00:{number:02}Z"
            if kind == "list":
                fields = {} if scope is None else {"scope": scope}
                said.append(event(at, "opted_out", channel=channel, **fields))
            else:
                said.append(event(at, kind, channel=channel))
        return build(Customer(id="c-1", currency="EUR"), read_events(CUSTOMER, [A, *said]))

    plain, listed = account(None), account("list")
    assert plain.reach == listed.reach
    for day in ("2026-03-03", "2026-03-10", "2026-03-17"):
        plans = [decide(policy(), each, at_noon(day)) for each in (plain, listed)]
        assert [each.key for each in plans[0].effects] == [each.key for each in plans[1].effects]
    assert all(listed.reach[channel] == "opted_out" for channel in listed.unsubscribed)
