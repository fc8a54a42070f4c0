"""Histories as a backtest reads them from the ledger."""

from datetime import UTC, date, datetime

from domain.facts import PaymentReceived, kind_of
from store import customers, histories


def test_customers_come_by_id_with_facts_on_their_days_and_their_channels(business) -> None:
    for name in ("B", "A"):
        business.customer(name)
        business.invoice(name, f"INV-{name}")
    body = PaymentReceived(payment="P", amount="100.00", currency="EUR", invoice="INV-A")
    business.record("A", body, now=business.at(90), on=date(2026, 3, 20))
    first, second = histories.pasts(business.ledger)
    assert (first.customer.id, second.customer.id) == ("A", "B")
    assert first.channels == ("email", "sms")
    learned = {kind_of(fact.body): fact.learned_at for fact in first.facts}
    assert learned["payment_received"] == datetime(2026, 3, 20, 10, tzinfo=UTC)


def test_more_than_a_batch_is_read_and_no_more_than_asked_for(business, monkeypatch) -> None:
    monkeypatch.setattr(histories, "BATCH", 2)
    for number in range(5):
        business.customer(f"C{number}")
    assert [each.customer.id for each in histories.pasts(business.ledger)] == [f"C{i}" for i in range(5)]
    assert [each.customer.id for each in histories.pasts(business.ledger, first=3)] == ["C0", "C1", "C2"]


def test_only_channels_with_an_address_reach_unless_the_data_was_destroyed(business) -> None:
    business.customer("A")
    business.customer("B")
    with business.ledger.write() as session:
        row = customers.lock(session, "A")
        changed = customers.ContactData(name="Acme Ltd", email="a@example.com")
        customers.change_contact(session, row, changed, now=business.at(0))
        customers.destroy_contact(session, "B")
    first, second = histories.pasts(business.ledger)
    assert (first.channels, second.channels) == (("email",), ("email", "sms"))
