"""The seller's own product as a switch, over real HTTP: every answer of it has its reaction."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.switching import Exchange, Place, Seen, SubscriptionState, Turn
from providers.loopback.faults import DROPPED, LOST_REPLY, REDIRECTED, Fault, slow, throttled, unwell
from providers.loopback.product import SERVICE, Kept
from providers.loopback.server import Loopback
from providers.webhooks_out.posting import MOST_BYTES
from providers.webhooks_out.switch import ProductSwitch

OLD = "whsec_" + "b2xk" * 10 + "b2xk"
PLACE = Place(customer="ACME", provider="webhook", account="acct-1", resource="svc-1")
REQUEST = "7b0c2a52-6d1f-4f0e-9d0b-0d9f3a4c1b11"


@pytest.fixture(scope="module")
def running() -> Iterator[Loopback]:
    with Loopback() as vendors:
        yield vendors


@pytest.fixture
def vendors(running: Loopback) -> Loopback:
    """The product with one service, and nothing that was asked before."""
    fresh = type(running.product)(
        secret=running.product.secret, service_secret=running.product.service_secret
    )
    running.product.__dict__.update(fresh.__dict__)
    running.product.services["svc-1"] = Kept()
    return running


class Evidence(list[Exchange]):
    """Keeps what went to and fro."""

    def __call__(self, exchange: Exchange) -> None:
        self.append(exchange)


def switch(vendors: Loopback, secret: str | None = None) -> ProductSwitch:
    given = secret or vendors.product.service_secret
    return ProductSwitch(url=vendors.base + SERVICE, secrets=[given], timeout=(1.5, 1.5))


def turn(to: SubscriptionState, *, request: str = REQUEST, before: Any = None) -> Turn:
    at = datetime(2026, 3, 6, 10, tzinfo=UTC)
    return Turn(place=PLACE, to=to, seen=Seen(state="active"), before=before, request=request, at=at)


def test_a_service_goes_down_and_comes_back_as_it_was(vendors: Loopback) -> None:
    asked, kept = switch(vendors), Evidence()
    before = asked.look(PLACE, note=kept)
    assert (before.state, before.resource["resource"]) == ("active", {"seats": 5})
    asked.turn(turn("suspended"), note=kept)
    down = asked.look(PLACE, note=kept)
    assert down.state == "suspended"
    assert asked.differs(before.resource, down) == ["seats was 5 and is None"]
    asked.turn(turn("active", request="r-2", before=before.resource), note=kept)
    back = asked.look(PLACE, note=kept)
    assert (back.state, asked.differs(before.resource, back)) == ("active", [])
    assert [each.path for each in kept] == [
        *("service.state", "service.suspend", "service.state", "service.reactivate", "service.state")
    ]
    assert (kept[1].request, kept[1].status, kept[1].got) == (REQUEST, 200, {"state": "suspended"})
    assert "whsec" not in str(kept)


def test_a_turn_that_takes_a_while_is_under_way_until_a_look_sees_it(vendors: Loopback) -> None:
    vendors.product.looks = 2
    asked, kept = switch(vendors), Evidence()
    asked.turn(turn("suspended"), note=kept)
    assert kept[0].status == 202
    assert [asked.look(PLACE, note=kept).state for _ in range(3)] == [None, None, "suspended"]


def test_the_same_request_again_is_answered_and_not_done(vendors: Loopback) -> None:
    vendors.faults.add("service", [LOST_REPLY])
    asked, kept = switch(vendors), Evidence()
    with pytest.raises(InDoubt):
        asked.turn(turn("suspended"), note=kept)
    asked.turn(turn("suspended"), note=kept)
    assert len(vendors.product.turned) == 1
    assert [each.status for each in kept] == [None, 200]


def test_what_others_suspended_is_left_to_them(vendors: Loopback) -> None:
    vendors.product.services["svc-1"] = Kept(state="suspended", by="fraud desk", ends_on="2026-05-01")
    asked, kept = switch(vendors), Evidence()
    asked.turn(turn("active"), note=kept)
    seen = asked.look(PLACE, note=kept)
    assert (seen.state, seen.by_others, seen.ends_on) == ("suspended", "fraud desk", date(2026, 5, 1))
    assert kept[0].got == {"state": "suspended", "by": "fraud desk"}


ANSWERS: list[tuple[str, Fault, type[Exception], type[Exception]]] = [
    ("throttled", throttled(7), TryAgainLater, TryAgainLater),
    ("unwell", unwell(500), InDoubt, TryAgainLater),
    ("bad gateway", unwell(502, processed=True), InDoubt, TryAgainLater),
    ("unwell for a while", Fault(status=503, retry_after=60), TryAgainLater, TryAgainLater),
    ("bad request", Fault(status=400), Refused, Refused),
    ("unknown", Fault(status=404), Refused, Refused),
    ("unprocessable", Fault(status=422), Refused, Refused),
    ("not signed", Fault(status=401), Misconfigured, Misconfigured),
    ("forbidden", Fault(status=403), Misconfigured, Misconfigured),
    ("elsewhere", REDIRECTED, Misconfigured, Misconfigured),
    ("lost", LOST_REPLY, InDoubt, TryAgainLater),
    ("reset", DROPPED, InDoubt, TryAgainLater),
    ("slow", slow(2.0), InDoubt, TryAgainLater),
]


@pytest.mark.parametrize(
    ("fault", "turned", "looked"), [each[1:] for each in ANSWERS], ids=[each[0] for each in ANSWERS]
)
def test_every_answer_has_its_reaction(
    vendors: Loopback, fault: Fault, turned: type[Exception], looked: type[Exception]
) -> None:
    asked, kept = switch(vendors), Evidence()
    vendors.faults.add("service", [fault, fault])
    with pytest.raises(turned):
        asked.turn(turn("suspended"), note=kept)
    with pytest.raises(looked):
        asked.look(PLACE, note=kept)
    assert len(kept) == 2


def test_an_answer_that_nobody_can_read_is_no_state(vendors: Loopback) -> None:
    asked, kept = switch(vendors), Evidence()
    for body in (b"", b"[]", b"<html>", b"[" * 10_000, b'{"state": ' + b"1" * MOST_BYTES + b"}"):
        vendors.faults.add("service", [Fault(status=200, body=body)])
        with pytest.raises(TryAgainLater):
            asked.look(PLACE, note=kept)
    strange = b'{"state": ["x"], "by_others": {"a": 1}, "ends_on": 7, "busy_until": "2026-03-06T10:00:00"}'
    vendors.faults.add("service", [Fault(status=200, body=strange)])
    seen = asked.look(PLACE, note=kept)
    assert (seen.state, seen.ends_on, seen.busy_until) == (None, None, None)


def test_an_address_where_nobody_listens_did_certainly_nothing() -> None:
    nobody, kept = ProductSwitch(url="http://127.0.0.1:9/x", secrets=[OLD]), Evidence()
    with pytest.raises(TryAgainLater):
        nobody.turn(turn("suspended"), note=kept)
    assert kept[0].status is None


def test_another_secret_is_our_fault(vendors: Loopback) -> None:
    with pytest.raises(Misconfigured):
        switch(vendors, OLD).look(PLACE, note=Evidence())
    assert vendors.product.refused == 1
