"""Where a customer may be, as the ledger keeps it for contact law, and what the law holds there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.contact_law.books import read_books
from domain.contact_law.whereabouts import Whereabouts
from domain.customer import Customer
from domain.facts import InvoiceIssued
from domain.policy import Policy
from store import assess, customers, exports, facts, policies, whereabouts
from store.customers import ContactData
from store.database import Ledger
from store.errors import Refused
from store.facts import NewFact
from store.tables import CustomerRow

FOLDER = Path(__file__).parents[2] / "policies" / "contact"
SHIPPED = read_books({path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")})
SAN_FRANCISCO, TOLL_FREE = "+14155552671", "+18005551234"
TEXAS = Whereabouts(region="US-TX")
DUE = datetime(2026, 3, 2, tzinfo=UTC)
SUNDAY = datetime(2026, 3, 8, 15, tzinfo=UTC)
"""Ten in the morning in Chicago, on the sixth day past due; Texas opens at noon (vendors' tables)."""


@pytest.fixture
def lawful(ledger: Ledger) -> Ledger:
    """The same ledger, opened by somebody who knows the law, with a policy for consumers."""
    content = {
        "policy": "home",
        "title": "Home",
        "for": {"segments": ["consumer"]},
        "window": {"opens": "08:00", "closes": "21:00", "weekdays": ["sat", "sun"], "holidays": False},
        "steps": [{"kind": "notice", "id": "first", "offset_days": 6, "template": "first"}],
    }
    opened = Ledger(ledger.url, durable=False, law_of=SHIPPED.of)
    policies.adopt(opened, Policy.model_validate(content), now=DUE - timedelta(days=60), by="maria")
    yield opened
    opened.close()


def a_consumer(
    ledger: Ledger, *, where: Whereabouts = TEXAS, phone: str | None = None, zone: str = "America/Chicago"
) -> None:
    customer = Customer(id="ANNA", segment="consumer", country="US", timezone=zone, currency="USD")
    body = InvoiceIssued(invoice="A", amount="90.00", currency="USD", due_on=DUE.date())
    new = NewFact(source="test", id="A", happened_on=(DUE - timedelta(days=20)).date(), body=body)
    with ledger.write() as session:
        contact = ContactData(email="anna@example.com", phone=phone)
        customers.add(session, customer, contact, now=DUE - timedelta(days=30), where=where)
        row = customers.lock(session, "ANNA")
        facts.append(session, row, [new], now=DUE - timedelta(days=20))


def known(ledger: Ledger) -> Whereabouts:
    with ledger.read() as session:
        return whereabouts.read(customers.get(session, "ANNA"), None)


def change_phone(ledger: Ledger, phone: str | None) -> None:
    with ledger.write() as session:
        row = customers.lock(session, "ANNA")
        customers.change_contact(session, row, ContactData(email="a@example.com", phone=phone), now=SUNDAY)


def test_the_area_of_the_telephone_is_kept_and_the_number_is_not_in_it(ledger):
    a_consumer(ledger, phone=SAN_FRANCISCO)
    assert known(ledger) == Whereabouts(region="US-TX", zones=("America/Los_Angeles",), calling_code=1)
    with ledger.read() as session:
        assert SAN_FRANCISCO[2:] not in str(session.get(CustomerRow, "ANNA").model_dump())


@pytest.mark.parametrize(("phone", "code"), [(TOLL_FREE, 1), (None, None)])
def test_another_number_has_another_area(ledger, phone, code):
    a_consumer(ledger, phone=SAN_FRANCISCO)
    change_phone(ledger, phone)
    assert known(ledger) == Whereabouts(region="US-TX", calling_code=code)


def test_the_area_is_destroyed_with_the_contact_data(ledger):
    a_consumer(ledger, phone=SAN_FRANCISCO)
    with ledger.write() as session:
        customers.destroy_contact(session, "ANNA")
    assert known(ledger) == TEXAS


def test_an_area_that_was_never_written_down_is_derived_when_it_is_needed(lawful):
    """Customers of a ledger from before the columns."""
    a_consumer(lawful, phone=SAN_FRANCISCO)
    with lawful.write() as session:
        row = customers.lock(session, "ANNA")
        row.zones = row.calling_code = None
    law = assess.look(lawful, "ANNA").account.law
    assert law.zones == ("America/Chicago", "America/Los_Angeles")


def test_the_law_of_the_place_holds_and_is_journaled_with_its_source(lawful):
    a_consumer(lawful)
    seen = assess.assess(lawful, "ANNA", now=SUNDAY, code_version="test")
    assert [(held.reason.rule, held.until) for held in seen.plan.held] == [
        ("contact.window", SUNDAY + timedelta(hours=2))
    ]
    from store import journal

    (line,) = [line for line in journal.read(lawful, "ANNA") if line.what == "held"]
    assert line.why == (
        "us.tx.hours for US-TX: outside 12:00 to 21:00 in America/Chicago"
        " (vendors' tables of state quiet hours)"
    )


def test_who_opens_the_ledger_without_law_is_held_by_the_window_alone(lawful, ledger):
    a_consumer(lawful)
    assert assess.peek(ledger, "ANNA", now=SUNDAY).plan.effects


def test_a_zone_that_a_person_finds_out_lets_the_message_out(lawful):
    """12 CFR 1006.6(b)(1): without a zone nobody knows the hours."""
    a_consumer(lawful, zone="UTC")
    before = assess.assess(lawful, "ANNA", now=SUNDAY, code_version="test")
    assert [effect.key for effect in before.plan.effects] == ["whereabouts/task"]

    changed = customers.place(lawful, "ANNA", timezone="America/New_York", region="NY", by="x", now=SUNDAY)

    assert changed == ("timezone", "region")
    after = assess.assess(lawful, "ANNA", now=SUNDAY, code_version="test")
    assert [effect.key for effect in after.plan.effects] == ["first/email"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"region": "US-XX"}, "'US-XX' is no region of US: write its code of ISO 3166-2, such as US-MA"),
        ({"region": "CA-ON"}, "'CA-ON' is not in US: correct it, or the country"),
        ({"city": "New York"}, "'US-NEW YORK' is no region or city: use the country's code"),
        ({"timezone": "Texas"}, "'Texas' is no known time zone"),
    ],
)
def test_a_place_that_cannot_be_is_refused_and_nothing_is_written(ledger, given, words):
    a_consumer(ledger)
    with pytest.raises(Refused, match=words):
        customers.place(ledger, "ANNA", **given, by="maria", now=SUNDAY)
    assert known(ledger) == TEXAS


def test_a_later_export_moves_a_customer_and_what_it_leaves_out_stays(ledger):
    a_consumer(ledger)
    who = Customer(id="ANNA", segment="consumer", country="US", timezone="America/Chicago")
    said = {"region", "places"}
    for where in (Whereabouts(region="US-NY", places=("US-NYC",)), Whereabouts()):
        moved = exports.Imported(who, ContactData(), [], where)
        exports.record_in_bulk(ledger, [moved], now=SUNDAY, progress=lambda done: None, said=said)
        assert known(ledger) == Whereabouts(region="US-NY", places=("US-NYC",))
