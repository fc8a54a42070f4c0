"""The daily look at services where they are kept: what others did there becomes a fact, and work."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.answers import Went
from activities.books import Books
from activities.watching import Watching
from domain.clock import BusinessClock
from domain.errors import Misconfigured, TryAgainLater
from domain.facts import (
    Body,
    SubscriptionCancelled,
    SubscriptionReactivated,
    SuspendedElsewhere,
)
from store import monitors, places
from tests.activities.turning_stage import VENDOR, Stage, at, prepare, stage

ALL = (SuspendedElsewhere, SubscriptionCancelled, SubscriptionReactivated)
GIVEN = SuspendedElsewhere(by=VENDOR)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def acme(prepared: Path, tmp_path: Path) -> Iterator[Stage]:
    with stage(prepared, tmp_path) as made:
        made.link("S-1", "S-2")
        yield made


def look(acme: Stage, now: datetime) -> Went:
    async def wake(customer_id: str) -> None:
        acme.woken.append(customer_id)

    async def wake_turn(customer_id: str) -> None:
        acme.woken.append(f"turn of {customer_id}")

    books = Books(ledger=acme.ledger, clock=BusinessClock, code_version="test")
    watching = Watching(books=books, switches={VENDOR: acme.vendor}, wake=wake, wake_turn=wake_turn)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=now)
    return asyncio.run(environment.run(watching.look_around, {"now": now.isoformat()}))


def suspend(acme: Stage) -> None:
    assert acme.until_over("suspend", at(20))[0]["answer"] == "done"
    acme.woken.clear()


def test_what_is_as_we_left_it_says_nothing_and_is_looked_at_once_a_day(acme: Stage) -> None:
    suspend(acme)
    assert look(acme, at(21))["words"] == "looked at 1"
    assert look(acme, at(21, 60))["words"] == "looked at 0"
    assert look(acme, at(22, 1))["words"] == "looked at 1"
    assert (acme.told(*ALL), acme.tasks(), acme.woken) == ([], [], [])
    assert [each.seen for each in places.linked(acme.ledger, "ACME")] == ["suspended", "suspended"]


def test_others_suspend_it_and_give_it_back(acme: Stage) -> None:
    acme.vendor.held["S-2"]["status"] = "suspended"
    acme.vendor.seen["S-2"] = {"by_others": "CustomerCredit"}
    look(acme, at(3))
    look(acme, at(4, 1))
    assert (acme.told(*ALL), acme.woken) == ([GIVEN], ["ACME"])
    acme.vendor.held["S-2"]["status"] = "active"
    acme.vendor.seen.clear()
    look(acme, at(5, 2))
    assert acme.told(*ALL) == [GIVEN, SuspendedElsewhere(by=VENDOR, outcome="ended")]


def test_what_a_person_said_of_others_is_not_taken_back_by_a_look(acme: Stage) -> None:
    acme.record(SuspendedElsewhere(by="fraud desk"), now=at(2))
    look(acme, at(3))
    assert len(acme.told(*ALL)) == 1


def test_others_add_to_our_suspension_and_then_nothing_comes_back_by_itself(acme: Stage) -> None:
    suspend(acme)
    acme.vendor.seen["S-1"] = {"by_others": "Fraud"}
    look(acme, at(21))
    acme.pay(at(21, 5))
    assert acme.act("reactivate", at(21, 6))["answer"] == "unwanted"
    assert acme.states() == ["suspended", "suspended"]


@pytest.mark.parametrize("which", [("S-1", "S-2"), ("S-1",)], ids=["all of it", "a part"])
def test_somebody_brings_back_what_we_suspended(which: tuple[str, ...], acme: Stage) -> None:
    suspend(acme)
    for resource in which:
        acme.vendor.held[resource]["status"] = "active"
    look(acme, at(21))
    whole = len(which) == 2
    back = [SubscriptionReactivated(subscription="ACME", by=VENDOR)] if whole else []
    assert acme.told(*ALL) == back
    assert [step for step, _ in acme.tasks()] == ["service-odd"] * len(which)
    look(acme, at(22, 1))
    assert len(acme.tasks()) == len(which)
    # It is not suspended again for the same debts, and what is left of it comes back with the money.
    assert acme.act("suspend", at(22, 2))["answer"] == "unwanted"
    acme.pay(at(23))
    acme.until_over("reactivate", at(23, 1))
    assert acme.states() == ["active", "active"]


@pytest.mark.parametrize("which", [("S-1", "S-2"), ("S-1",)], ids=["all of it", "a part"])
def test_what_has_ended_has_no_service_any_more(which: tuple[str, ...], acme: Stage) -> None:
    for resource in which:
        acme.vendor.held[resource]["status"] = "terminated"
    look(acme, at(3))
    look(acme, at(4, 1))
    whole: list[Body] = [SubscriptionCancelled(by=VENDOR)]
    assert acme.told(*ALL) == (whole if len(which) == 2 else [])
    assert len(acme.tasks()) == (0 if len(which) == 2 else 1)


def test_a_hint_brings_the_look_forward_and_wakes_a_turn_that_waits(acme: Stage) -> None:
    look(acme, at(20))
    acme.vendor.slow = 9
    acme.act("suspend", at(20, 1))
    with acme.ledger.write() as session:
        places.hint(session, VENDOR, "S-1", now=at(20, 2))
    look(acme, at(20, 3))
    assert (acme.woken, acme.told(*ALL)) == (["turn of ACME"], [])


def test_a_provider_that_does_not_answer_is_asked_later_and_the_watch_says_why(acme: Stage) -> None:
    acme.vendor.look_faults = [TryAgainLater("busy", delay=timedelta(minutes=30))]
    assert look(acme, at(3))["words"] == "busy"
    assert look(acme, at(3, 29))["words"] == "looked at 0"
    [watch] = [each for each in monitors.all_of(acme.ledger) if each.name == monitors.SERVICES]
    assert watch.words.startswith("nobody has watched services at their providers since")
    acme.vendor.look_faults = [Misconfigured("the token has expired")]
    look(acme, at(3, 31))
    assert acme.tasks() == [("vendor", "the token has expired")]
    assert look(acme, at(4))["words"] == "looked at 1"
