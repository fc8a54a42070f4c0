"""Links to the customers' own pages, and what is said there, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from domain.facts import Replied
from store import customers, facts, heard, own_pages, self_service
from store.database import Ledger
from store.errors import UnknownCustomer
from store.own_pages import PageLinks
from store.tables import JournalRow
from tests.store.conftest import Business, at

TODAY = at(4).date()
BASE = "https://ar.example"


@pytest.fixture
def links(ledger: Ledger) -> PageLinks:
    return made(ledger, b"a key of thirty-two bytes or more")


def made(ledger: Ledger, *keys: bytes) -> PageLinks:
    return PageLinks(ledger, keys=keys, public_url=BASE, days=30)


def token(links: PageLinks, name: str = "ACME") -> str:
    return links.url(name, TODAY).removeprefix(f"{BASE}/c/")


def opens(links: PageLinks, token: str, *, days: int = 0) -> str | None:
    visit = links.visit(token, TODAY + timedelta(days=days))
    return None if visit is None else visit.customer_id


def lines(ledger: Ledger) -> list[tuple[str, str | None]]:
    with ledger.read() as session:
        return [(row.actor, row.why) for row in session.exec(select(JournalRow))]


def test_a_link_opens_its_customers_page_until_its_last_day(business: Business, links: PageLinks) -> None:
    business.customer("ACME")
    business.customer("BETA")
    acme, beta = token(links), token(links, "BETA")

    assert (opens(links, acme), opens(links, beta)) == ("ACME", "BETA")
    assert opens(links, acme, days=30) == "ACME"
    assert opens(links, acme, days=31) is None
    assert "ACME" not in acme
    assert acme == token(links), "a message that is written again has the same link"


def test_a_link_is_for_somebody(links: PageLinks) -> None:
    with pytest.raises(UnknownCustomer):
        links.url("NOBODY", TODAY)


def test_what_is_revoked_opens_nothing_and_the_next_link_does(business: Business, links: PageLinks) -> None:
    business.customer("ACME")
    business.customer("BETA")
    old, others = token(links), token(links, "BETA")
    own_pages.revoke(business.ledger, "ACME", by="maria", now=at(4))

    assert (opens(links, old), opens(links, token(links)), opens(links, others)) == (None, "ACME", "BETA")
    assert lines(business.ledger)[-1] == ("maria", "revoked every link to the customer's page")


def test_what_was_revoked_before_the_first_link_is_no_obstacle(business: Business, links: PageLinks) -> None:
    business.customer("ACME")
    own_pages.revoke(business.ledger, "ACME", by="maria", now=at(4))

    assert opens(links, token(links)) == "ACME"


def test_a_key_is_changed_without_breaking_what_was_sent(business: Business, links: PageLinks) -> None:
    business.customer("ACME")
    old, new = b"a key of thirty-two bytes or more", b"another key of thirty-two bytes too"
    sent = token(links)

    assert opens(made(business.ledger, new, old), sent) == "ACME"
    assert opens(made(business.ledger, new), sent) is None


@pytest.mark.parametrize("changed", [{"email": "new@example.com"}, {"phone": "+4915112345679"}])
def test_a_new_address_revokes_what_went_to_the_old_one(
    business: Business, links: PageLinks, changed: dict[str, str]
) -> None:
    business.customer("ACME")
    sent = token(links)
    customers.correct_contact(business.ledger, "ACME", {"name": "Acme AG"}, by="maria", now=at(4))
    assert opens(links, sent) == "ACME"

    customers.correct_contact(business.ledger, "ACME", changed, by="maria", now=at(4))
    assert opens(links, sent) is None


def test_an_address_that_is_the_first_revokes_nothing(business: Business, links: PageLinks) -> None:
    business.customer("ACME")
    with business.ledger.write() as session:
        row = customers.lock(session, "ACME")
        without = replace(customers.contact(session, "ACME"), phone=None)
        customers.change_contact(session, row, without, now=at(4))
    sent = token(links)
    customers.correct_contact(business.ledger, "ACME", {"phone": "+4915112345679"}, by="maria", now=at(4))

    assert opens(links, sent) == "ACME"


def test_of_a_customer_who_was_forgotten_nothing_is_shown(business: Business, links: PageLinks) -> None:
    business.customer("ACME")
    sent = token(links)
    with business.ledger.write() as session:
        customers.destroy_contact(session, "ACME")

    assert opens(links, sent) is None


def test_who_hands_out_a_link_is_written_down(business: Business, links: PageLinks) -> None:
    business.customer("ACME")
    url = links.hand_out("ACME", by="maria", now=at(4))

    assert opens(links, url.rpartition("/")[2]) == "ACME"
    assert lines(business.ledger)[-1] == ("maria", "handed out a link to the customer's page")


def test_what_is_written_on_the_page_is_a_fact_without_the_words(business: Business) -> None:
    business.customer("ACME")
    for hour in (10, 11):
        self_service.write_to_us(business.ledger, "ACME", "call_me", "Call me on Tuesday.", now=at(4, hour))
    bodies = [fact.body for fact in facts.history(business.ledger, "ACME")]

    assert bodies == [Replied(channel="page", says="call_me")], "said twice on a day it was said once"
    (words,) = heard.read(business.ledger, "ACME")
    assert (words.channel, words.says, words.text) == ("page", "call_me", "Call me on Tuesday.")
    again = self_service.write_to_us(business.ledger, "ACME", "call_me", "Call me on Tuesday.", now=at(5))
    assert not again.already, "on another day it is another wish"


def test_a_language_is_chosen_once_and_the_workflow_looks(business: Business) -> None:
    business.customer("ACME")
    first = self_service.choose_language(business.ledger, "ACME", "de", now=at(4))
    second = self_service.choose_language(business.ledger, "ACME", "de", now=at(4))

    assert (first.already, first.wake, second.already, second.wake) == (False, True, True, False)
    with business.ledger.read() as session:
        assert customers.get(session, "ACME").language == "de"
    assert lines(business.ledger)[1:] == [("customer", "changed customer: language en to de")]


def test_the_page_offers_what_the_policy_takes(business: Business) -> None:
    business.customer("ACME")
    business.invoice("ACME")
    page = self_service.page(business.ledger, "ACME", now=at(4))

    assert page.offer is not None
    assert (page.offer.first, page.offer.last) == (TODAY, TODAY + timedelta(days=30))
    assert [each.shown for each in page.channels] == ["A…@example.com", "…678"]
