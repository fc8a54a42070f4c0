"""Forgetting, on both databases."""

import pytest

from domain.facts import PaymentReceived
from store import customers, doors, facts, journal
from store.errors import Refused
from store.facts import NewFact
from store.forgetting import forget


def test_contact_data_goes_and_facts_and_a_line_of_the_journal_stay(business) -> None:
    name = business.customer()
    business.invoice(name)
    with pytest.raises(Refused, match="is open"):
        forget(business.ledger, name, by="maria", now=business.at(1))
    assert customers.known_contact(business.ledger, name)["email"]

    (debt,) = facts.history(business.ledger, name)
    paid = PaymentReceived(payment="P", amount=debt.body.amount, currency=debt.body.currency)
    new = NewFact(source="test", id="P", happened_at=business.at(2), body=paid)
    doors.record(business.ledger, name, [new], now=business.at(2))

    assert forget(business.ledger, name, by="maria", now=business.at(3))
    assert not any(customers.known_contact(business.ledger, name).values())
    assert len(facts.history(business.ledger, name)) == 2
    last = journal.read(business.ledger, name)[-1]
    assert (last.actor, last.why) == ("maria", "contact data was destroyed: facts and amounts stay")
    assert not forget(business.ledger, name, by="maria", now=business.at(3))
