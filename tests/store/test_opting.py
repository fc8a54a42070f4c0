"""An opt-out that somebody heard by phone: written down once, taken back, refused where it says nothing."""

from typing import Any

import pytest

from domain.facts import OptedIn, OptedOut
from store import commands, customers
from store import facts as ledger_facts
from store.errors import Refused
from tests.store.conftest import Business, at


def perform(business: Business, name: str, *, hours: int = 0, **data: Any) -> str:
    return commands.perform(business.ledger, "ACME", name, data, now=at(0, 10 + hours)).words


def reach(business: Business) -> dict[str, str]:
    with business.ledger.read() as session:
        row = customers.get(session, "ACME")
        return dict(ledger_facts.load(session, row, now=at(1)).account.reach)


def test_an_opt_out_closes_the_channel_until_it_is_taken_back(business: Business) -> None:
    business.customer()
    said = perform(business, "opt_out", channel="sms", by="maria")
    assert said == "Noted that the customer wants nothing more by sms."
    assert reach(business) == {"email": "ok", "sms": "opted_out"}
    assert perform(business, "opt_out", channel="sms", by="maria").startswith("Already done")
    with pytest.raises(Refused, match="has opted out of sms already"):
        perform(business, "opt_out", channel="sms", by="jan")
    said = perform(business, "opt_in", channel="sms", by="maria", hours=1)
    assert said == "Noted that the customer may be reached by sms again."
    assert reach(business) == {"email": "ok", "sms": "ok"}
    perform(business, "opt_out", channel="sms", by="maria", hours=2)
    assert reach(business)["sms"] == "opted_out"
    bodies = [each.body for each in ledger_facts.history(business.ledger, "ACME")]
    told = [(type(each), each.channel, each.by) for each in bodies if isinstance(each, OptedOut | OptedIn)]
    assert told == [(kind, "sms", "maria") for kind in (OptedOut, OptedIn, OptedOut)]


def test_without_a_channel_it_is_every_one(business: Business) -> None:
    business.customer()
    perform(business, "opt_out")
    assert reach(business) == {"email": "opted_out", "sms": "opted_out"}
    with pytest.raises(Refused, match="has opted out of every channel already"):
        perform(business, "opt_out", by="jan")


def test_who_has_left_the_list_may_still_want_nothing_at_all(business: Business) -> None:
    business.customer()
    business.record("ACME", OptedOut(channel="email", scope="list"), now=at(0, 9))
    perform(business, "opt_out", channel="email")
    with pytest.raises(Refused, match="already"):
        perform(business, "opt_out", channel="email", by="jan")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("opt_out", {"channel": "fax"}, "There is no channel 'fax': use one of email, sms, call"),
        ("opt_in", {"channel": "sms"}, "The customer has opted out of nothing"),
        ("opt_in", {}, "channel"),
    ],
)
def test_what_makes_no_sense_is_refused(
    business: Business, name: str, data: dict[str, Any], words: str
) -> None:
    business.customer()
    with pytest.raises(Refused, match=words):
        perform(business, name, **data)


def test_a_call_that_is_not_wanted_is_known_and_taken_back(business: Business) -> None:
    business.customer()
    perform(business, "opt_out", channel="call")
    assert reach(business)["call"] == "opted_out"
    with pytest.raises(Refused, match="Nobody has opted out of email"):
        perform(business, "opt_in", channel="email")
    perform(business, "opt_in", channel="call", hours=1)
    assert "call" not in reach(business)
