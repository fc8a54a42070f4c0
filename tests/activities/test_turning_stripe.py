"""Suspension at Stripe by the real activity: paused, verified, and brought back, whatever answer is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from activities.books import Books
from activities.once import Mark, unmarked
from activities.service import Service
from composition import switches
from domain.clock import BusinessClock
from domain.facts import SubscriptionReactivated, SubscriptionSuspended
from domain.switching import Place
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, throttled, unwell
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Object
from providers.stripe_account.subscriptions import MARK
from settings import Settings
from store import exchanges, invariants, places
from tests.activities.turning_stage import Stage, at, prepare, stage

SUSPENDED_AT = at(20)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@dataclass(slots=True, kw_only=True)
class AtStripe(Stage):
    """ACME, whose service is a subscription at Stripe."""

    loopback: Loopback
    there: Object

    def service(self, mark: Mark = unmarked) -> Service:
        async def wake(customer_id: str) -> None:
            self.woken.append(customer_id)

        given = {name.lower(): value for name, value in self.loopback.stripe_environment().items()}
        books = Books(ledger=self.ledger, clock=BusinessClock, code_version="test")
        return Service(books=books, switches=switches(Settings(**given), self.ledger), wake=wake, mark=mark)

    def asked(self) -> list[str]:
        """What was asked of this subscription that changes something."""
        path = f"/v1/subscriptions/{self.there['id']}"
        return [
            method for method, asked, _ in self.loopback.stripe.asked if asked == path and method != "GET"
        ]


@pytest.fixture
def acme(prepared: Path, tmp_path: Path, loopback: Loopback) -> Iterator[AtStripe]:
    with stage(prepared, tmp_path) as made:
        there = billing.subscription(loopback.stripe, billing.customer(loopback.stripe))
        place = Place(customer="ACME", provider="stripe", account=there["customer"], resource=there["id"])
        places.link(made.ledger, place, by="test", now=at(-1))
        yield AtStripe(ledger=made.ledger, vendor=made.vendor, loopback=loopback, there=there)


def test_a_subscription_is_paused_and_comes_back_with_the_money(acme: AtStripe) -> None:
    assert acme.until_over("suspend", SUSPENDED_AT)[0]["answer"] == "done"
    assert acme.there["pause_collection"] == {"behavior": "keep_as_draft"}
    assert set(acme.there["metadata"]) == {MARK}
    assert acme.told(SubscriptionSuspended) == [SubscriptionSuspended(subscription="ACME", by="arrears")]
    acme.pay(at(21))
    assert acme.until_over("reactivate", at(21, 1))[0]["answer"] == "done"
    assert (acme.there["pause_collection"], acme.there["metadata"]) == (None, {})
    assert len(acme.told(SubscriptionReactivated)) == 1
    assert acme.asked() == ["POST", "POST"]
    kept = [each.exchange for each in exchanges.of(acme.ledger, "ACME")]
    assert [each.method for each in kept].count("POST") == 2
    assert all(each.correlation.startswith("req_") for each in kept)
    assert invariants.broken(acme.ledger) == []


MODES: dict[str, Fault] = {
    "the reply lost": LOST_REPLY,
    "dropped": DROPPED,
    "503, not processed": unwell(503),
    "500, processed": unwell(500, processed=True),
    "throttled": throttled(1),
}


@pytest.mark.parametrize("mode", MODES)
def test_whatever_answer_is_lost_it_is_paused_once_and_known(acme: AtStripe, mode: str) -> None:
    acme.loopback.faults.add("change", [MODES[mode]])
    assert acme.until_over("suspend", SUSPENDED_AT)[0]["answer"] == "done"
    assert acme.there["pause_collection"] == {"behavior": "keep_as_draft"}
    assert len(acme.told(SubscriptionSuspended)) == 1
    assert invariants.broken(acme.ledger) == []


def test_what_somebody_else_has_paused_is_left_alone(acme: AtStripe) -> None:
    theirs: Any = {"behavior": "void"}
    acme.there["pause_collection"] = theirs
    acme.until_over("suspend", SUSPENDED_AT)
    assert (acme.there["pause_collection"], acme.there["metadata"], acme.asked()) == (theirs, {}, [])
