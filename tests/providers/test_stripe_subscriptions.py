"""Subscriptions at Stripe as a switch, at the loopback: paused by us, and brought back as they were."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.switching import Exchange, Place, Seen, SubscriptionState, Turn
from providers.loopback.faults import DROPPED, LOST_REPLY, Fault, throttled
from providers.loopback.server import Loopback
from providers.loopback.stripe import billing
from providers.loopback.stripe.account import Answered, Object, Stripe
from providers.stripe_account.subscriptions import MARK, StripeSubscriptions, seen

NOW = datetime(2026, 3, 16, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@dataclass
class Scene:
    """One subscription, and the switch that turns it."""

    loopback: Loopback
    stripe: Stripe
    there: Object
    switch: StripeSubscriptions
    noted: list[Exchange] = field(default_factory=list)

    @property
    def place(self) -> Place:
        return Place(
            customer="ACME", provider="stripe", account=self.there["customer"], resource=self.there["id"]
        )

    def look(self) -> Seen:
        return self.switch.look(self.place, note=self.noted.append)

    def turn(self, to: SubscriptionState, *, before: Any = None, request: str | None = None) -> None:
        asked = Turn(
            place=self.place,
            to=to,
            seen=self.look(),
            before=before,
            request=request or str(uuid4()),
            at=NOW,
        )
        self.switch.turn(asked, note=self.noted.append)


@pytest.fixture
def at(loopback: Loopback) -> Scene:
    owner = billing.customer(loopback.stripe)
    there = billing.subscription(loopback.stripe, owner, metadata={"seats_of": "Ann Miller"})
    switch = StripeSubscriptions(key=loopback.stripe.key, base=f"{loopback.base}/stripe")
    return Scene(loopback=loopback, stripe=loopback.stripe, there=there, switch=switch)


def test_what_would_be_asked_is_said_and_not_asked(at: Scene) -> None:
    def rehearsed(to: SubscriptionState) -> str:
        turn = Turn(place=at.place, to=to, seen=at.look(), before=None, request="", at=NOW)
        return at.switch.rehearsed(turn)

    path = f"/v1/subscriptions/{at.there['id']}"
    pause = "pause_collection {'behavior': 'keep_as_draft'}, our mark in its metadata"
    assert rehearsed("suspended") == f"POST {path} with {pause}"
    assert rehearsed("terminated") == f"DELETE {path}"
    assert {exchange.method for exchange in at.noted} == {"GET"}
    at.turn("suspended")
    assert rehearsed("suspended") == "nothing: it stands so"


STATES: list[tuple[str, dict[str, Any], str | None, bool]] = [
    ("runs", {"status": "active"}, "active", False),
    ("on trial", {"status": "trialing"}, "active", False),
    ("its bill is late", {"status": "past_due"}, "active", False),
    ("not begun", {"status": "incomplete"}, None, False),
    ("never begun", {"status": "incomplete_expired"}, "terminated", False),
    ("ended", {"status": "canceled", "pause_collection": {"behavior": "void"}}, "terminated", False),
    ("Stripe gave up", {"status": "unpaid"}, "suspended", True),
    ("paused as a whole", {"status": "paused"}, "suspended", True),
    (
        "paused by us",
        {"status": "past_due", "pause_collection": {"behavior": "void"}, "metadata": {MARK: "r"}},
        "suspended",
        False,
    ),
    (
        "paused by somebody else",
        {"status": "active", "pause_collection": {"behavior": "void"}},
        "suspended",
        True,
    ),
    ("marked and brought back by hand", {"status": "active", "metadata": {MARK: "r"}}, "active", False),
    ("a status of tomorrow", {"status": "hibernating"}, None, False),
]


@pytest.mark.parametrize(
    ("resource", "state", "others"), [pytest.param(*row[1:], id=row[0]) for row in STATES]
)
def test_how_a_subscription_stands(resource: dict[str, Any], state: str | None, others: bool) -> None:
    found = seen(resource)
    assert (found.state, found.by_others is not None) == (state, others)


def test_the_end_of_a_subscription_is_known_where_it_has_one() -> None:
    end = int(datetime(2026, 4, 1, 12, tzinfo=UTC).timestamp())
    assert seen({"status": "active", "cancel_at": end}).ends_on == date(2026, 4, 1)
    assert seen({"status": "active", "cancel_at": None}).ends_on is None


def test_a_subscription_is_paused_by_us_and_comes_back_as_it_was(at: Scene) -> None:
    before = at.look()
    at.turn("suspended")
    paused = at.look()
    assert (paused.state, paused.by_others) == ("suspended", None)
    assert at.there["pause_collection"] == {"behavior": "keep_as_draft"}
    assert at.switch.differs(before.resource, paused) == (
        "how its invoices are collected",
        "our mark in its metadata",
    )
    at.turn("active", before=before.resource)
    after = at.look()
    assert (after.state, at.switch.differs(before.resource, after)) == ("active", ())
    assert at.there["metadata"] == {"seats_of": "Ann Miller"}


def test_the_evidence_names_requests_and_no_person(at: Scene) -> None:
    at.turn("suspended", request="r-1")
    asked, changed = at.noted
    assert (asked.method, changed.method, changed.request, changed.status) == ("GET", "POST", "r-1", 200)
    assert changed.path == f"/v1/subscriptions/{at.there['id']}"
    assert changed.correlation.startswith("req_")
    assert changed.sent == {"pause_collection": {"behavior": "keep_as_draft"}, "metadata": {MARK: "r-1"}}
    everything = json.dumps([(each.sent, each.got) for each in at.noted])
    assert "Ann Miller" not in everything
    assert at.stripe.key not in everything
    assert [key for method, _, key in at.stripe.asked if method == "POST"][-1] == "r-1"


def test_what_the_seller_has_written_on_an_item_is_no_evidence(at: Scene) -> None:
    item = {"id": "si_1", "metadata": {"seat_of": "Ann Miller"}, "price": {"metadata": {"for": "Ann Miller"}}}
    at.there["items"]["data"] = [item]
    found = at.look()
    assert found.resource is not None
    assert found.resource["items"]["data"] == [{"id": "si_1", "price": {}}]
    assert "Ann Miller" not in json.dumps([each.got for each in at.noted])


def test_what_stands_already_is_not_asked_for(at: Scene) -> None:
    at.turn("suspended")
    at.turn("suspended")
    at.turn("terminated")
    at.turn("terminated")
    assert [each.method for each in at.noted if each.method != "GET"] == ["POST", "DELETE"]
    assert at.look().state == "terminated"


@pytest.mark.parametrize(
    ("fault", "raised", "changed"),
    [
        (LOST_REPLY, InDoubt, True),
        (DROPPED, InDoubt, False),
        (throttled(3), TryAgainLater, False),
        (Fault(status=403), Misconfigured, False),
    ],
)
def test_a_turn_whose_answer_is_lost_is_asked_again_by_the_same_name(
    at: Scene, fault: Fault, raised: type[Exception], changed: bool
) -> None:
    at.loopback.faults.add("change", [fault])
    with pytest.raises(raised):
        at.turn("suspended", request="r-2" + at.there["id"])
    assert (at.look().state == "suspended") is changed
    at.turn("suspended", request="r-2" + at.there["id"])
    assert at.look().state == "suspended"


def test_a_failure_that_stripe_repeats_for_a_day_keeps_no_service_down(at: Scene) -> None:
    """Stripe answers the same key with the same failure, though nothing was done."""
    request = "r-3" + at.there["id"]
    before = at.look()
    at.turn("suspended")
    wanted = {"pause_collection": "", "metadata": {MARK: ""}}
    asked = json.dumps(["POST", f"/stripe/v1/subscriptions/{at.there['id']}", wanted], sort_keys=True)
    body = {"error": {"type": "api_error", "message": "unwell"}}
    at.stripe.answered[request] = Answered(asked=asked, status=500, body=body)
    at.turn("active", before=before.resource, request=request)
    after = at.look()
    assert (after.state, at.switch.differs(before.resource, after)) == ("active", ())
    assert [each.status for each in at.noted if each.method == "POST"][-2:] == [500, 200]


def test_what_somebody_else_has_paused_is_not_brought_back(at: Scene) -> None:
    at.there["pause_collection"] = {"behavior": "void"}
    found = at.look()
    assert found.by_others == "its collection was paused at Stripe by somebody else"
    with pytest.raises(Refused, match="whoever did it"):
        at.turn("active", before={})
    assert at.there["pause_collection"] == {"behavior": "void"}


@pytest.mark.parametrize(
    ("why", "goes_on"), [("payment_failed", True), ("cancellation_requested", False), (None, False)]
)
def test_only_an_end_that_stripe_has_set_for_the_bill_is_taken_back(
    at: Scene, why: str | None, goes_on: bool
) -> None:
    """A customer who cancels meanwhile has cancelled."""
    before = at.look()
    at.turn("suspended")
    at.there.update(cancel_at_period_end=True, cancellation_details={"reason": why, "comment": "bye, Ann"})
    assert ("that it goes on after this period" in at.switch.differs(before.resource, at.look())) is goes_on
    at.turn("active", before=before.resource)
    assert at.switch.differs(before.resource, at.look()) == ()
    assert at.there["cancel_at_period_end"] is not goes_on
    assert "Ann" not in json.dumps([each.got for each in at.noted])


def test_what_stripe_cannot_do_is_refused(at: Scene) -> None:
    with pytest.raises(Refused, match="restricts no subscription"):
        at.turn("restricted")
    at.turn("terminated")
    with pytest.raises(Refused, match="none comes back"):
        at.turn("active", before={})


def test_a_subscription_that_there_is_not_is_refused(at: Scene) -> None:
    elsewhere = Place(customer="ACME", provider="stripe", account="cus_1", resource="sub_gone")
    with pytest.raises(Refused, match="resource_missing"):
        at.switch.look(elsewhere, note=at.noted.append)
    assert (at.noted[-1].status, at.noted[-1].got) == (404, {"error": "resource_missing"})
