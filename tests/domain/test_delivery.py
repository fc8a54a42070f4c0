"""What vendors report of a message gives one end, however often and in whatever order it comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import Account
from domain.account_fold import Building, build
from domain.claim import Claim
from domain.customer import Customer
from domain.delivery import SLOW_AFTER, Receipt, State, names_of, outcomes
from domain.facts import Body, Bounced, ContactChanged, Delivered, Fact, OptedIn, OptedOut, Paused, Replied
from domain.reaction import REACTIONS, Reaction, Trouble

BEGUN = datetime(2026, 3, 5, 10, tzinfo=UTC)
LATER = BEGUN + SLOW_AFTER
CUSTOMER = Customer(id="ACME", currency="EUR")


def claim(channel: str = "email", message: str = "m-1", **values: Any) -> Claim:
    begun = values.pop("claimed_at", BEGUN)
    return Claim(
        message=message, step="first", channel=channel, debts=(("INV-1", 1),), claimed_at=begun, **values
    )


def receipt(state: State, reaction: Reaction | None = None, channel: str = "email", **values: Any) -> Receipt:
    trouble = Trouble(reaction, reaction) if reaction else None
    dedupe = f"{state}/{reaction}"
    return Receipt(
        source="vendor", dedupe=dedupe, channel=channel, word=state, state=state, trouble=trouble, **values
    )


def fact(name: str, body: Body, at: datetime) -> Fact:
    return Fact(source="claim", id=name, happened_on=at.date(), happened_at=at, learned_at=at, body=body)


def heard(receipts: list[Receipt], begun: Claim) -> list[Fact]:
    """Return the facts that reports are as they come, a minute apart, each once."""
    known: dict[str, Fact] = {}
    for minute, each in enumerate(receipts):
        for outcome in outcomes(each, begun, LATER):
            at = LATER + timedelta(minutes=minute)
            known.setdefault(outcome.name, fact(outcome.name, outcome.body, at))
    return list(known.values())


def end(history: list[Fact], begun: Claim) -> tuple[Any, ...]:
    return state_of(build(CUSTOMER, history, [begun]), begun)


def state_of(account: Account, begun: Claim) -> tuple[Any, ...]:
    (after,) = [each for each in account.claims if each.message == begun.message]
    return after.stands, after.fault, after.delivered_at is not None, account.reach[begun.channel]


REPORTS: dict[str, tuple[State, Reaction | None]] = {
    "accepted": ("accepted", None),
    "waiting": ("waiting", "waiting"),
    "delivered": ("delivered", None),
    "passing": ("failed", "soft_failure"),
    "ours": ("failed", "configuration"),
    "for good": ("failed", "invalid_contact"),
    "opted out": ("failed", "opted_out"),
    "canceled": ("canceled", None),
}


@given(
    channel=st.sampled_from(["email", "sms"]),
    reports=st.sets(st.sampled_from(sorted(REPORTS)), min_size=1),
    data=st.data(),
)
def test_any_order_with_any_duplicates_gives_the_same_end(
    channel: str, reports: set[str], data: st.DataObject
) -> None:
    given_ = [receipt(*REPORTS[name], channel=channel) for name in sorted(reports)]
    twice = given_ + data.draw(st.lists(st.sampled_from(given_), max_size=6))
    begun = claim(channel)
    expected = end(heard(given_, begun), begun)
    history = heard(data.draw(st.permutations(twice)), begun)
    assert end(history, begun) == expected
    # And while they come in, fact by fact, as a simulation and an assessment learn them.
    building = Building(CUSTOMER, channels=("email", "sms"), go_live_on=None, allocation="oldest_due")
    account = building.learn([], (begun,))
    for each in history:
        account = building.learn([each], account.claims)
    assert state_of(account, begun) == expected


@pytest.mark.parametrize(
    ("channel", "reports", "expected"),
    [
        # (stands, fault, delivered, reach)
        ("email", ["accepted"], (True, None, False, "ok")),
        ("email", ["delivered"], (True, None, True, "ok")),
        (
            "email",
            ["delivered", "for good"],
            (False, None, True, "invalid"),
        ),  # a mailbox gives back what it took
        (
            "sms",
            ["delivered", "for good"],
            (True, None, True, "ok"),
        ),  # reference.md 4.6: delivered outranks failed
        ("email", ["passing"], (False, "passing", False, "ok")),
        ("email", ["passing", "delivered"], (True, None, True, "ok")),
        ("email", ["ours", "passing"], (False, "passing", False, "ok")),
        ("email", ["passing", "for good"], (False, None, False, "invalid")),
        ("email", ["waiting"], (False, "slow", False, "ok")),
        ("email", ["waiting", "ours"], (False, "ours", False, "ok")),
        ("sms", ["opted out"], (False, "ours", False, "opted_out")),
        ("sms", ["canceled"], (False, "ours", False, "ok")),
    ],
)
def test_the_strongest_outcome_stands(channel: str, reports: list[str], expected: tuple[Any, ...]) -> None:
    begun = claim(channel)
    assert (
        end(heard([receipt(*REPORTS[name], channel=channel) for name in reports], begun), begun) == expected
    )


@pytest.mark.parametrize("reaction", REACTIONS)
def test_every_reaction_does_something_or_says_that_it_does_not(reaction: Reaction) -> None:
    (first, *_) = outcomes(receipt("failed", reaction), claim(), LATER)
    assert isinstance(first.body, Bounced)


def test_what_is_put_off_for_less_than_a_day_is_under_way() -> None:
    assert outcomes(receipt("waiting", "waiting"), claim(), LATER - timedelta(seconds=1)) == ()


def test_a_complaint_is_an_opt_out_a_task_and_a_rest() -> None:
    """reference.md 3: "flag the case for a human before any further contact"."""
    bodies = [type(each.body) for each in outcomes(receipt("accepted", "complained"), claim(), LATER)]
    assert bodies == [OptedOut, Replied, Paused]


def test_what_is_about_no_message_to_a_customer_is_no_outcome() -> None:
    assert outcomes(receipt("delivered"), claim("onboarding"), LATER) == ()
    assert outcomes(receipt("delivered"), None, LATER) == ()


def test_another_attempt_under_the_same_reference_may_only_have_arrived() -> None:
    begun = claim(provider_ref="SM2")
    assert outcomes(receipt("failed", "soft_failure", provider_ref="SM1"), begun, LATER) == ()
    (arrived,) = outcomes(receipt("delivered", provider_ref="SM1"), begun, LATER)
    assert isinstance(arrived.body, Delivered)


def reach_after(*told: Body) -> str:
    claims = [claim(message=f"m-{n}", claimed_at=BEGUN + timedelta(days=n)) for n in (1, 2, 3)]
    history = [fact(f"f-{n}", body, BEGUN + timedelta(days=n, hours=1)) for n, body in enumerate(told, 1)]
    return build(CUSTOMER, history, claims).reach["email"]


def soft(n: int) -> Bounced:
    return Bounced(message=f"m-{n}", step="first", channel="email", fault="passing")


def test_two_failures_in_passing_in_a_row_are_a_wrong_address() -> None:
    assert reach_after(soft(1)) == "ok"
    assert reach_after(soft(1), soft(2)) == "invalid"
    assert reach_after(soft(1), Delivered(message="m-2", channel="email"), soft(3)) == "ok"
    assert reach_after(soft(1), ContactChanged(channel="email"), soft(3)) == "ok"
    assert reach_after(soft(1), soft(2), Delivered(message="m-2", channel="email")) == "ok"


def test_a_fault_of_ours_never_counts_against_an_address() -> None:
    ours = [Bounced(message=f"m-{n}", channel="email", fault="ours") for n in (1, 2, 3)]
    assert reach_after(*ours) == "ok"


def test_an_opt_out_is_taken_back_by_the_customer_alone() -> None:
    out, back = OptedOut(channel="email"), OptedIn(channel="email")
    assert reach_after(out, ContactChanged(channel="email")) == "opted_out"
    assert reach_after(out, back) == "ok"
    assert reach_after(out, back, out) == "opted_out"
    assert reach_after(back) == "ok"
    bounced = Bounced(message="m-1", step="first", channel="email")
    assert reach_after(bounced, back) == "invalid", "to want messages makes no address good"


@pytest.mark.parametrize(
    ("told", "ours", "counts"),
    [
        ("abc.recvd-1.2.0", "abc", True),
        ("geopod.ismtpd.2.recvd-1.0", "geopod.ismtpd.2", True),
        ("abc", "abc.recvd-1.2.0", True),
        ("abcd.recvd-1", "abc", False),
        ("other.recvd-1", "abc", False),
        ("abc.recvd-1", "m-1", True),
        ("abc.recvd-1", None, True),
    ],
)
def test_an_event_carries_the_vendors_name_with_more_behind_a_dot(
    told: str, ours: str | None, counts: bool
) -> None:
    """`sg_message_id` begins with `X-Message-Id`, which may be missing: then ours, `m-1`, stands."""
    event = receipt("failed", "invalid_contact", provider_ref=told)
    assert bool(outcomes(event, claim(provider_ref=ours), LATER)) == counts


def test_a_name_of_nothing_but_dots_costs_little() -> None:
    assert len(names_of("." * 100_000)) <= 9


def test_a_deferral_counts_by_when_it_was_and_not_by_when_it_is_heard() -> None:
    """A report of the first hour that comes a day late is no deferral of a day."""
    for hours, slow in ((1, False), (24, True)):
        event = receipt("waiting", "waiting", at=BEGUN + timedelta(hours=hours))
        assert bool(outcomes(event, claim(), LATER + timedelta(hours=1))) == slow
    ahead = receipt("waiting", "waiting", at=LATER + timedelta(days=1))
    assert outcomes(ahead, claim(), BEGUN) == ()
