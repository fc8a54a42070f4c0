"""The evidence of what was asked of providers: bounded, and its words destroyed with the customer's data."""

from datetime import timedelta
from typing import Any

from sqlmodel import select

from domain.switching import Exchange, Place
from store import exchanges, forgetting, turns
from store.tables import SnapshotRow

PLACE = Place(customer="ACME", provider="partner_center", account="T-1", resource="S-1")


def exchange(method: str = "PATCH", **values: Any) -> Exchange:
    said: dict[str, Any] = {"status": 200, "sent": {"status": "suspended"}, "got": {"friendlyName": "Acme"}}
    return Exchange(method=method, path="/v1/S-1", request="r", correlation="c", **{**said, **values})


def test_what_is_too_long_is_cut_and_of_looks_the_newest_are_kept(business) -> None:
    business.customer()
    exchanges.keep(
        business.ledger, PLACE, "m-1", exchange(got=["x" * exchanges.MOST_CHARS]), now=business.at(0)
    )
    for number in range(exchanges.MOST_LOOKS + 3):
        one = exchange("GET", sent=None, got={"number": number})
        exchanges.keep(business.ledger, PLACE, None, one, now=business.at(1))
    patched, *looks = exchanges.of(business.ledger, "ACME")
    assert patched.exchange.got["cut"] > exchanges.MOST_CHARS
    assert len(patched.exchange.got["begins"]) == exchanges.MOST_CHARS
    assert [each.exchange.got["number"] for each in looks] == list(range(3, exchanges.MOST_LOOKS + 3))


def test_forgetting_destroys_what_was_said_and_not_that_it_was_said(business) -> None:
    business.customer()
    exchanges.keep(business.ledger, PLACE, "m-1", exchange(), now=business.at(0))
    with business.ledger.write() as session:
        turns.keep(session, PLACE, "m-1", {"friendlyName": "Acme"}, now=business.at(0))
        turns.given_back(session, PLACE, now=business.at(1))
    forgetting.forget(business.ledger, "ACME", by="Mara", now=business.at(0) + timedelta(days=4_000))

    [kept] = exchanges.of(business.ledger, "ACME")
    assert (kept.exchange.status, kept.exchange.request, kept.message) == (200, "r", "m-1")
    assert (kept.exchange.sent, kept.exchange.got) == (None, None)
    with business.ledger.read() as session:
        assert session.exec(select(SnapshotRow.content)).all() == [None]


def test_a_snapshot_is_not_overwritten_by_a_later_look(business) -> None:
    business.customer()
    with business.ledger.write() as session:
        turns.keep(session, PLACE, "m-1", {"renews": True}, now=business.at(0))
        turns.keep(session, PLACE, "m-2", {"renews": False}, now=business.at(1))
        assert turns.snapshots(session, "ACME")[turns.key(PLACE)].content == {"renews": True}
        turns.given_back(session, PLACE, now=business.at(2))
        turns.keep(session, PLACE, "m-3", {"renews": False}, now=business.at(3))
        assert turns.snapshots(session, "ACME")[turns.key(PLACE)].content == {"renews": False}
