"""The dossier of a customer: who is found, what happened, what was sent, and what proves it."""

from datetime import date
from typing import Any

import pytest

from domain.facts import InvoiceIssued
from domain.wording import Wording
from store import commands, dossier
from store.errors import UnknownCustomer

WORDS = Wording(
    channel="email", template="reminder_first", asked="en", language="en", version="v1", sha256="ab" * 32
)


@pytest.fixture
def acme(business: Any) -> Any:
    """A customer who was reminded, and of whom finance noted a promise."""
    business.customer()
    business.invoice("ACME", "INV-1")
    business.record(
        "ACME",
        InvoiceIssued(invoice="US-1", amount="20.00", currency="USD", due_on=date(2026, 4, 1)),
        now=business.at(0),
    )
    begun = business.begun("ACME", "first/email", business.at(3))
    business.confirm("ACME", begun.message, business.at(3), outcome="delivered", words=WORDS)
    promise = {"pay_on": "2026-03-12", "by": "maria"}
    commands.perform(business.ledger, "ACME", "promise", promise, now=business.at(4))
    return business


def test_customers_are_found_by_what_is_asked_for(acme: Any) -> None:
    for name in ("BOLT", "acorn"):
        acme.customer(name)
    ledger = acme.ledger

    def ids(**asked: Any) -> list[str]:
        return [each.id for each in dossier.listed(ledger, limit=10, **asked)]

    assert sorted(ids()) == ["ACME", "BOLT", "acorn"]
    assert sorted(ids(search="ac")) == ["ACME", "acorn"]
    assert ids(search="INV-1") == ["ACME"]
    assert ids(search="ACME@example.com") == []
    assert ids(search="acme@EXAMPLE.com", names=True) == ["ACME"]
    assert sorted(ids(search="acme ltd", names=True)) == ["ACME", "BOLT", "acorn"]
    assert ids(search="100%") == []
    assert ids(stage="reminder") == ["ACME"]
    first = ids()[0]
    assert ids(after=first) == ids()[1:]


def test_a_customer_in_the_list_shows_what_is_open(acme: Any) -> None:
    (found,) = dossier.listed(acme.ledger, search="ACME", limit=10)
    assert (found.name, found.stage, found.due_on) == (None, "reminder", acme.due)
    assert [str(money) for money in found.open] == ["100.00 EUR", "20.00 USD"]
    (named,) = dossier.listed(acme.ledger, search="ACME", limit=10, names=True)
    assert named.name == "Acme Ltd"


def test_what_happened_is_told_newest_first(acme: Any) -> None:
    lines = dossier.happened(acme.ledger, "ACME")
    told = [(line.kind, line.says, line.by) for line in lines]
    assert told[0] == ("command", "noted a promise of all that is past due by 2026-03-12", "maria")
    decided = next(line for line in lines if line.kind == "decided")
    assert (decided.says, decided.stands, decided.debts) == (
        "first by email",
        "delivered",
        {"INV-1": "100.00"},
    )
    assert decided.why
    assert told[-1][1].startswith("invoice issued: invoice INV-1")
    assert sum("promise" in says for _, says, _ in told) == 1
    assert dossier.happened(acme.ledger, "ACME", newest=3) == lines[:3]


def test_facts_come_a_page_at_a_time(acme: Any) -> None:
    newest = dossier.facts_before(acme.ledger, "ACME", before=None, limit=2)
    rest = dossier.facts_before(acme.ledger, "ACME", before=newest[-1].number, limit=10)
    numbers = [fact.number for fact in (*newest, *rest)]
    assert numbers == sorted(numbers, reverse=True)
    assert rest[-1].source == "test"


def test_messages_and_evidence(acme: Any) -> None:
    (sent,) = dossier.messages(acme.ledger, "ACME")
    assert (sent.words, [(debt, str(asked)) for debt, asked in sent.debts]) == (
        WORDS,
        [("INV-1", "100.00 EUR")],
    )
    assert sent.claim.delivered_at == acme.at(3)

    found = dossier.evidence(acme.ledger, "ACME")
    (policy,) = found.policies
    assert (policy.version, policy.adopted_by, policy.accepted_at) == (acme.policy.version, "maria", None)
    assert policy.used == (acme.at(3), acme.at(4))
    assert [code for code, _, _ in found.codes] == ["test"]


def test_who_a_customer_is_and_how_to_reach_them_only_for_whoever_asks(acme: Any) -> None:
    assert dossier.about(acme.ledger, "ACME", contact=False).contact is None
    known = dossier.about(acme.ledger, "ACME", contact=True)
    assert known.contact is not None
    assert (known.contact.name, known.customer.id) == ("Acme Ltd", "ACME")
    assert "Acme Ltd" not in repr(known)


@pytest.mark.parametrize("ask", [dossier.happened, dossier.messages, dossier.evidence])
def test_nobody_is_nobody(acme: Any, ask: Any) -> None:
    with pytest.raises(UnknownCustomer):
        ask(acme.ledger, "NOBODY")
