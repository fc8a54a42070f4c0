"""Which subscriptions at providers are whose: linked once, never while they are suspended by us."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.facts import SubscriptionReactivated, SubscriptionSuspended
from domain.switching import Place, Seen
from store import journal, places
from store.errors import Refused

BASE = Place(customer="ACME", provider="partner_center", account="T-1", resource="S-1", kind="licence")
ADD_ON = replace(BASE, resource="S-2", parent="S-1")


def link(business, *wanted: Place) -> list[bool]:
    return [places.link(business.ledger, place, by="Mara", now=business.at(0)) for place in wanted]


def of(business, name: str = "ACME") -> tuple[Place, ...]:
    with business.ledger.read() as session:
        return places.of(session, name)


def test_without_a_place_a_service_is_kept_by_the_ledger(business) -> None:
    business.customer()
    (own,) = of(business)
    assert (own.provider, own.account, own.resource) == ("ledger", "ACME", "ACME")


def test_a_place_is_linked_once_and_corrected_by_saying_it_again(business) -> None:
    business.customer()
    assert link(business, BASE, BASE, ADD_ON, replace(BASE, kind="azure_plan")) == [True, False, True, True]
    assert of(business) == (replace(BASE, kind="azure_plan"), ADD_ON)
    with business.ledger.read() as session:
        assert places.owner(session, "partner_center", "S-2") == "ACME"
        assert places.owner(session, "stripe", "S-2") is None
    says = [line.why for line in journal.read(business.ledger, "ACME")]
    assert "the service is kept at partner_center: S-2 (licence), an add-on of S-1" in says


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (replace(BASE, customer="OTHER"), "S-1 at partner_center is customer ACME's"),
        (replace(ADD_ON, parent="S-9"), "link it before its add-ons"),
        (replace(BASE, parent="S-1"), "link it before its add-ons"),
        (replace(BASE, resource="S-3", parent="S-2"), "An add-on has no add-ons"),
        (replace(BASE, resource="a b"), "is no resource"),
        (replace(BASE, account="who@acme.example"), "is no account"),
    ],
)
def test_what_cannot_be_is_not_linked(place: Place, why: str, business) -> None:
    business.customer()
    business.customer("OTHER")
    link(business, BASE, ADD_ON)
    with pytest.raises(Refused, match=why):
        link(business, place)
    assert of(business) == (BASE, ADD_ON)


def test_nothing_is_linked_or_unlinked_while_our_switch_is_down(business) -> None:
    business.customer()
    link(business, BASE)
    business.record("ACME", SubscriptionSuspended(subscription="ACME"), now=business.at(1))
    with pytest.raises(Refused, match="Our switch is down"):
        link(business, ADD_ON)
    with pytest.raises(Refused, match="Our switch is down"):
        places.unlink(business.ledger, "ACME", "partner_center", "S-1", by="Mara", now=business.at(1))

    business.record("ACME", SubscriptionReactivated(subscription="ACME"), now=business.at(2))
    link(business, ADD_ON)
    with pytest.raises(Refused, match="has add-ons"):
        places.unlink(business.ledger, "ACME", "partner_center", "S-1", by="Mara", now=business.at(2))
    for resource in ("S-2", "S-1"):
        places.unlink(business.ledger, "ACME", "partner_center", resource, by="Mara", now=business.at(2))
    with pytest.raises(Refused, match="is not linked"):
        places.unlink(business.ledger, "ACME", "partner_center", "S-1", by="Mara", now=business.at(2))


def test_a_place_is_due_once_a_day_and_when_somebody_says_that_it_changed(business) -> None:
    business.customer()
    link(business, BASE)

    def due(hours: int) -> list[str]:
        return places.due(business.ledger, now=business.at(0) + timedelta(hours=hours), limit=9)

    assert due(0) == ["ACME"]
    with business.ledger.write() as session:
        places.saw(session, BASE, Seen(state="active"), now=business.at(0), again_at=business.at(1))
    assert (due(23), due(24)) == ([], ["ACME"])
    with business.ledger.write() as session:
        assert places.hint(session, "partner_center", "S-9", now=business.at(0)) is None
        assert places.hint(session, "partner_center", "S-1", now=business.at(0)) == "ACME"
    assert due(1) == ["ACME"]
    (linked,) = places.linked(business.ledger, "ACME")
    assert (linked.seen, linked.seen_at) == ("active", business.at(0))


def test_of_customers_with_several_places_as_many_are_due_as_are_asked_for(business) -> None:
    for number, name in enumerate(("ACME", "UMBRELLA", "INITECH")):
        business.customer(name)
        link(business, *(replace(BASE, customer=name, resource=f"{name}-{each}") for each in range(3)))
        with business.ledger.write() as session:
            places.look_again(session, name, at=business.at(0) - timedelta(hours=number))
    assert places.due(business.ledger, now=business.at(0), limit=2) == ["INITECH", "UMBRELLA"]
