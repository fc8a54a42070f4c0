"""Turning a service where it is kept: the order, what keeps a turn back, and how long it is waited for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.account import Account, Service
from domain.account_fold import build
from domain.customer import Customer
from domain.facts import (
    Fact,
    SubscriptionCancelled,
    SubscriptionReactivated,
    SubscriptionSuspended,
    SuspendedElsewhere,
)
from domain.switching import Place, Seen, SubscriptionState
from domain.turning import finding, in_order, noticed, rest, too_long
from domain.watching import PROVIDER, Look, conclude

NOW = datetime(2026, 3, 22, 23, 30, tzinfo=UTC)
"""Half an hour past midnight of the 23rd in Berlin."""

BASE = Place(customer="ACME", provider="partner_center", account="T-1", resource="S-1")
ADD_ON, OTHER = replace(BASE, resource="S-2", parent="S-1"), replace(BASE, resource="S-3")
LATER = NOW + timedelta(hours=3)


@pytest.mark.parametrize(
    ("to", "order"), [("suspended", "S-2 S-1 S-3"), ("active", "S-1 S-3 S-2"), ("terminated", "S-2 S-1 S-3")]
)
def test_add_ons_go_down_first_and_come_back_last(to: SubscriptionState, order: str) -> None:
    assert [place.resource for place in in_order((BASE, ADD_ON, OTHER), to)] == order.split()


@pytest.mark.parametrize(
    ("state", "more", "to", "ours", "verdict"),
    [
        ("active", {}, "suspended", False, "turn"),
        ("suspended", {}, "suspended", False, "others"),
        ("restricted", {}, "suspended", False, "others"),
        ("active", {"by_others": "Fraud"}, "suspended", False, "others"),
        ("suspended", {}, "suspended", True, "stands"),
        ("suspended", {"by_others": "Fraud"}, "suspended", True, "stands"),
        ("restricted", {}, "suspended", True, "turn"),
        ("suspended", {}, "terminated", True, "turn"),
        ("terminated", {}, "suspended", False, "ended"),
        ("terminated", {}, "terminated", True, "stands"),
        ("terminated", {}, "active", True, "ended"),
        (None, {}, "suspended", False, "waits"),
        (None, {}, "active", True, "waits"),
        ("active", {"busy_until": LATER}, "suspended", False, "waits"),
        ("active", {"busy_until": NOW}, "suspended", False, "turn"),
        ("suspended", {"busy_until": LATER}, "active", True, "waits"),
        ("suspended", {}, "active", True, "turn"),
        ("suspended", {"by_others": "Fraud"}, "active", True, "others"),
        ("suspended", {}, "active", False, "stands"),
        ("active", {"by_others": "Fraud"}, "active", False, "stands"),
    ],
)
def test_what_is_to_be_done_at_a_place(
    state: SubscriptionState | None, more: dict[str, Any], to: SubscriptionState, ours: bool, verdict: str
) -> None:
    found = finding(BASE, Seen(state=state, **more), to, ours=ours, now=NOW, zone="UTC")
    assert found.verdict == verdict
    assert (found.reason is None) == (verdict in ("turn", "stands"))


@pytest.mark.parametrize(
    ("ends_on", "zone", "until"),
    [
        (date(2026, 3, 29), "UTC", None),
        (date(2026, 3, 28), "UTC", datetime(2026, 3, 29, tzinfo=UTC)),
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 3, 22), "UTC", datetime(2026, 3, 23, tzinfo=UTC)),
        (date(2026, 3, 21), "UTC", None),
    ],
)
def test_nothing_is_suspended_in_the_last_week_of_a_term(
    ends_on: date, zone: str, until: datetime | None
) -> None:
    seen = Seen(state="active", ends_on=ends_on)
    found = finding(BASE, seen, "suspended", ours=False, now=NOW, zone=zone)
    assert (found.verdict, found.until) == (("turn", None) if until is None else ("waits", until))


def test_rests_grow_and_a_person_hears_of_what_takes_too_long() -> None:
    hours = [timedelta(), timedelta(seconds=30), timedelta(minutes=2), timedelta(hours=1)]
    ways: tuple[SubscriptionState, ...] = ("suspended", "active")
    for to in ways:
        assert [rest(waited, to, told=False).total_seconds() for waited in hours] == [5, 15, 60, 600]
    assert rest(timedelta(hours=2), "suspended", told=True) == timedelta(hours=6)
    assert rest(timedelta(hours=2), "active", told=True) == timedelta(hours=1)
    plan = replace(BASE, kind="azure_plan")
    assert [too_long(place, timedelta(hours=2)) for place in (BASE, plan)] == [True, False]
    assert too_long(plan, timedelta(hours=24))


@pytest.mark.parametrize(
    ("state", "by_others", "ours", "what"),
    [
        ("active", None, False, None),
        ("active", None, True, "back"),
        ("suspended", None, True, None),
        ("suspended", None, False, "others"),
        ("suspended", "Fraud", True, "others"),
        ("terminated", None, True, "ended"),
        (None, None, True, None),
    ],
)
def test_what_others_did_at_a_place(
    state: SubscriptionState | None, by_others: str | None, ours: bool, what: str | None
) -> None:
    assert noticed(Seen(state=state, by_others=by_others), ours=ours) == what


# --- what follows from a look ------------------------------------------------------------------------

OF_OTHERS = SuspendedElsewhere(by="partner_center")
GIVEN_BACK = SuspendedElsewhere(by="partner_center", outcome="ended")


def account(*told: tuple[str, Any]) -> Account:
    facts = [
        Fact(
            source=source,
            id=str(number),
            happened_on=date(2026, 3, 1),
            happened_at=None,
            learned_at=NOW,
            body=body,
        )
        for number, (source, body) in enumerate(told)
    ]
    return build(Customer(id="ACME", currency="EUR"), facts)


DOWN = ("switch", SubscriptionSuspended(subscription="ACME"))


def look(
    state: SubscriptionState | None, *, ours: bool = False, by: str | None = None, at: Place = BASE
) -> Look:
    return Look(place=at, seen=Seen(state=state, by_others=by), ours=ours)


@pytest.mark.parametrize(
    ("told", "looks", "follows", "tasks"),
    [
        ([], [look("active")], [], []),
        ([], [look("suspended")], [OF_OTHERS], []),
        ([(PROVIDER, OF_OTHERS)], [look("suspended")], [], []),
        ([(PROVIDER, OF_OTHERS)], [look("active")], [GIVEN_BACK], []),
        ([(PROVIDER, OF_OTHERS)], [look(None)], [], []),
        ([("command", OF_OTHERS)], [look("active")], [], []),
        ([], [look("terminated")], [SubscriptionCancelled(by="partner_center")], []),
        ([("command", SubscriptionCancelled())], [look("terminated")], [], []),
        ([], [look("terminated"), look("active", at=OTHER)], [], ["switch.ended"]),
        ([DOWN], [look("suspended", ours=True)], [], []),
        (
            [DOWN],
            [look("active", ours=True)],
            [SubscriptionReactivated(subscription="ACME", by="partner_center")],
            ["switch.brought_back"],
        ),
        (
            [DOWN],
            [look("active", ours=True), look("suspended", ours=True, at=OTHER)],
            [],
            ["switch.brought_back"],
        ),
        ([DOWN], [look("suspended", ours=True, by="Fraud")], [OF_OTHERS], []),
        ([], [look("suspended", ours=True)], [], ["switch.stray"]),
        ([], [look("active", ours=True)], [], []),
    ],
)
def test_what_follows_from_a_look_at_every_place(
    told: list[tuple[str, Any]], looks: list[Look], follows: list[Any], tasks: list[str]
) -> None:
    found = conclude(account(*told), looks)
    assert [body for body, _ in found.told] == follows
    assert [why.rule for _, why in found.tasks] == tasks
    assert found.over == [each.place for each in looks if each.what == "back"]


def test_the_end_of_a_term_is_remembered_while_it_is_suspended() -> None:
    ends_on = date(2026, 6, 30)
    down = ("switch", SubscriptionSuspended(subscription="ACME", ends_on=ends_on))
    assert account(down).service == Service(
        suspended=True, since=account(down).service.since, times=1, ends_on=ends_on
    )
    assert account(down, ("switch", SubscriptionReactivated(subscription="ACME"))).service.ends_on is None
