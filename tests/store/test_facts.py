"""Appending facts: once each, checked completely, dated twice, and posted exactly."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import func, select

from domain.customer import Customer
from domain.facts import (
    ContactInvalid,
    CreditNote,
    CreditNoteCancelled,
    Delivered,
    DisputeOpened,
    DisputeResolved,
    Exempted,
    FeeBooked,
    FeeCancelled,
    FeeWaived,
    InvoiceCorrected,
    InvoiceIssued,
    InvoiceVoided,
    Paused,
    PaymentReceived,
    PolicyAdopted,
    Refunded,
    Unknown,
    WorkersDown,
)
from store import customers, doors, exports, facts, invariants, journal, policies
from store.errors import Conflict, NoPolicy, Refused, UnknownCustomer
from store.facts import NewFact
from store.tables import DebtRow, EntryRow, FactRow


def debt(business, invoice):
    with business.ledger.read() as session:
        return session.exec(select(DebtRow).where(DebtRow.invoice == invoice)).one()


def entries(business):
    with business.ledger.read() as session:
        rows = session.exec(select(EntryRow).order_by(EntryRow.id)).all()
        return [(row.invoice, row.minor, row.happened_on, row.learned_at) for row in rows]


def count(business, table):
    with business.ledger.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_a_payment_is_posted_to_its_invoice(business):
    name = business.customer()
    business.invoice(name)
    business.pay(name, "30.00", now=business.at(5))
    assert debt(business, "INV-1").open_minor == 70_00
    assert sum(minor for _, minor, _, _ in entries(business)) == 70_00


def test_the_same_fact_twice_is_one_fact(business):
    name = business.customer()
    first, again = business.invoice(name), business.invoice(name)
    assert (first.accepted, first.already) == (1, 0)
    assert (again.accepted, again.already, again.wake) == (0, 1, True)
    assert count(business, FactRow) == 1


def test_a_repetition_raises_no_revision(business):
    name = business.customer()
    business.invoice(name)
    before = business.assess(name, business.at(0))
    assert not business.invoice(name).wake
    after = business.assess(name, business.at(0))
    assert (after.revision, after.news) == (before.revision, before.news)


def test_the_same_id_with_another_content_is_a_conflict(business):
    name = business.customer()
    business.invoice(name, amount="100.00")
    with pytest.raises(Conflict, match="test INV-1: recorded already, with another content"):
        business.invoice(name, amount="100.01")


def test_amounts_that_are_written_differently_are_the_same(business):
    name = business.customer()
    business.invoice(name, amount="100.00")
    assert business.invoice(name, amount="100.0").already == 1


def test_the_same_id_for_another_customer_is_a_conflict(business):
    acme, bolt = business.customer("ACME"), business.customer("BOLT")
    business.invoice(acme)
    with pytest.raises(Conflict):
        business.invoice(bolt)


def test_of_two_customers_who_bring_the_same_at_once_one_is_refused(business, together):
    for number in range(5):
        names = [business.customer(f"{letter}-{number}") for letter in "AB"]
        answers = together(
            [lambda name=name, number=number: business.invoice(name, f"I-{number}") for name in names]
        )
        recorded, refused = sorted(answers, key=lambda answer: isinstance(answer, Refused))
        # Whether it was seen at the look or only at the write, the words differ and nothing else.
        assert (recorded.accepted, type(refused) in (Conflict, Refused)) == (1, True), answers
        assert debt(business, f"I-{number}").open_minor == 100_00


def test_another_day_from_the_source_is_a_conflict_and_another_asking_is_not(business):
    name = business.customer()
    paused = Paused(reason="asked")
    fact = business.fact(paused, now=business.at(1), id="p")
    doors.record(business.ledger, name, [fact], now=business.at(1))
    later = business.fact(paused, now=business.at(2), id="p")
    assert doors.record(business.ledger, name, [later], now=business.at(2)).already == 1
    dated = business.fact(paused, now=business.at(2), on=business.at(2).date(), id="p")
    with pytest.raises(Conflict):
        doors.record(business.ledger, name, [dated], now=business.at(2))


def test_a_fact_twice_in_one_delivery_is_one_and_a_contradiction_is_refused(business):
    name = business.customer()
    fact = business.fact(Paused(reason="a"), now=business.at(1), id="p")
    assert doors.record(business.ledger, name, [fact, fact], now=business.at(1)).accepted == 1
    other = [business.fact(Paused(reason=reason), now=business.at(1), id="q") for reason in "ab"]
    with pytest.raises(Conflict, match="comes twice"):
        doors.record(business.ledger, name, other, now=business.at(1))


def fee(name="FEE", invoice="INV-1", amount="5.00", **more):
    what = {"kind": "interest", "currency": "EUR", "until": date(2026, 3, 12), "basis": "Terms, section 7"}
    return FeeBooked.model_validate({"fee": name, "invoice": invoice, "amount": amount, **what, **more})


REFUSALS = [
    (fee(invoice="X"), "no invoice X"),
    (fee(amount="5.005"), "EUR has 2 decimals"),
    (fee("INV-1"), "invoice INV-1 is recorded already"),
    (fee("BOLT-1"), "invoice BOLT-1 belongs to another customer"),
    (fee("NEW", invoice="F-0"), "F-0 is a fee itself"),
    (FeeWaived(fee="INV-1", reason="r"), "no fee INV-1"),
    (FeeWaived(fee="F-0", amount=Decimal("0.001"), reason="r"), "EUR has 2 decimals"),
    (FeeCancelled(fee="X", reason="r"), "no fee X"),
    (PaymentReceived(payment="P", amount="1.00", currency="EUR", invoice="X"), "no invoice X"),
    (PaymentReceived(payment="P", amount="1.00", currency="XXX"), "unknown currency 'XXX'"),
    (PaymentReceived(payment="P", amount="1.001", currency="EUR"), "EUR has 2 decimals"),
    (PaymentReceived(payment="P", amount="1.50", currency="JPY"), "JPY has 0 decimals"),
    (PaymentReceived(payment="PAID", amount="1.00", currency="EUR"), "payment PAID is recorded already"),
    (InvoiceCorrected(invoice="X", amount="2.00"), "no invoice X"),
    (InvoiceCorrected(invoice="INV-1", amount="2.005"), "EUR has 2 decimals"),
    (InvoiceVoided(invoice="X"), "no invoice X"),
    (CreditNote(credit_note="C", invoice="X", amount="1.00"), "no invoice X"),
    (CreditNoteCancelled(credit_note="C", invoice="INV-1"), "no credit note C"),
    (Refunded(payment="P"), "no payment P"),
    (Refunded(payment="PAID", amount="0.001"), "EUR has 2 decimals"),
    (DisputeOpened(dispute="D", invoice="X"), "no invoice X"),
    (DisputeResolved(dispute="D"), "no dispute D"),
    (Exempted(invoice="X", reason="r"), "no invoice X"),
    (Exempted(reason="r", to=date(2026, 3, 3)), "the exemption would end on 2026-03-03, before it begins"),
    (Paused(reason="r", from_=date(2026, 4, 2), to=date(2026, 4, 1)), "the pause would end on 2026-04-01"),
    (PolicyAdopted(policy="0123"), "No policy '0123'"),
    (
        InvoiceCorrected(
            invoice="INV-1", amount="9", instalments=[{"due_on": "2026-03-02", "amount": "8.00"}]
        ),
        "the instalments add up to 8.00, and the invoice to 9",
    ),
    (
        InvoiceCorrected(invoice="INV-1", instalments=[{"due_on": "2026-03-02", "amount": "8.001"}]),
        "EUR has 2 decimals",
    ),
    (WorkersDown(until=datetime(2026, 1, 1, tzinfo=UTC)), "belongs to simulations"),
    (
        InvoiceIssued(invoice="INV-1", amount="1.00", currency="EUR", due_on=date(2026, 3, 2)),
        "invoice INV-1 is recorded already",
    ),
    (
        InvoiceIssued(invoice="BOLT-1", amount="1.00", currency="EUR", due_on=date(2026, 3, 2)),
        "invoice BOLT-1 belongs to another customer",
    ),
]


@pytest.mark.parametrize(("body", "sentence"), REFUSALS, ids=[f"{b.type}-{s}" for b, s in REFUSALS])
def test_what_cannot_be_is_refused_and_nothing_is_written(business, body, sentence):
    name = business.customer()
    business.invoice(business.customer("BOLT"), "BOLT-1")
    business.invoice(name)
    business.pay(name, "5.00", now=business.at(1), payment="PAID")
    business.record(name, fee("F-0"), now=business.at(1))
    before = count(business, FactRow)
    with pytest.raises(Refused, match=sentence):
        business.record(name, Paused(reason="good"), body, now=business.at(2))
    assert count(business, FactRow) == before


def test_all_problems_are_reported_together(business):
    name = business.customer()
    bodies = [InvoiceVoided(invoice="X"), Refunded(payment="P"), Paused(reason="fine")]
    with pytest.raises(Refused) as refused:
        business.record(name, *bodies, now=business.at(1))
    assert len(str(refused.value).splitlines()) == 2


def test_a_credit_note_is_cancelled_in_its_own_currency(business):
    name = business.customer()
    bodies = [
        InvoiceIssued(invoice="I", amount="10.00", currency="EUR", due_on=business.due),
        InvoiceIssued(invoice="J", amount="10", currency="JPY", due_on=business.due),
        CreditNote(credit_note="C", invoice="J", amount="10"),
    ]
    business.record(name, *bodies, now=business.at(1))
    half = CreditNoteCancelled(credit_note="C", invoice="I", amount="0.50")
    with pytest.raises(Refused, match="JPY has 0 decimals"):
        business.record(name, half, now=business.at(2))


def test_facts_of_one_delivery_may_name_each_other_in_any_order(business):
    name = business.customer()
    bodies = [
        CreditNoteCancelled(credit_note="C", invoice="I"),
        CreditNote(credit_note="C", invoice="I", amount="10.00"),
        Refunded(payment="P"),
        PaymentReceived(payment="P", amount="10.00", currency="EUR", invoice="I"),
        InvoiceIssued(invoice="I", amount="10.00", currency="EUR", due_on=business.due),
    ]
    assert business.record(name, *bodies, now=business.at(1)).accepted == len(bodies)
    assert debt(business, "I").open_minor == 10_00


@pytest.mark.parametrize(
    ("on", "at", "sentence"),
    [(None, None, "say on which day"), (None, datetime(2026, 3, 1), "no offset from UTC")],
)
def test_facts_need_a_day_or_an_aware_instant(business, on, at, sentence):
    name = business.customer()
    fact = NewFact(source="t", id="1", happened_on=on, happened_at=at, body=Paused(reason="r"))
    with pytest.raises(Refused, match=sentence):
        doors.record(business.ledger, name, [fact], now=business.at(1))


def test_an_instant_falls_on_the_customers_own_day(business):
    name = business.customer(timezone="Asia/Tokyo")
    business.record(name, Paused(reason="r"), now=datetime(2026, 3, 1, 20, tzinfo=UTC))
    fact = facts.history(business.ledger, name)[-1]
    assert fact.happened_on == date(2026, 3, 2)
    assert fact.happened_at == datetime(2026, 3, 1, 20, tzinfo=UTC)


def test_a_date_never_becomes_midnight(business):
    name = business.customer()
    business.record(name, Paused(reason="r"), now=business.at(3), on=date(2026, 3, 1))
    fact = facts.history(business.ledger, name)[-1]
    assert (fact.happened_on, fact.happened_at) == (date(2026, 3, 1), None)
    assert fact.learned_at == business.at(3)


def test_nothing_is_learned_before_the_last_assessment(business):
    name = business.customer()
    business.assess(name, business.at(5))
    business.record(name, Paused(reason="r"), now=business.at(4))
    assert facts.history(business.ledger, name)[-1].learned_at == business.at(5)


def test_facts_of_unknown_types_are_kept(business):
    name = business.customer()
    body = Unknown(name="loyalty_points", data={"points": 7})
    business.record(name, body, now=business.at(1))
    assert facts.history(business.ledger, name)[-1].body == body


def test_a_customer_nobody_knows_is_answered_with_the_remedy(ledger, business):
    with pytest.raises(UnknownCustomer, match=r"starter\.py onboard"):
        business.record("nobody", Paused(reason="r"), now=business.at(1))


def test_money_is_booked_without_a_policy(business):
    name = business.customer(segment="martians")
    assert business.invoice(name).wake
    assert debt(business, "INV-1").open_minor == 100_00
    with pytest.raises(NoPolicy, match="segment 'martians'"):
        business.assess(name, business.at(0))


# --- two dates -----------------------------------------------------------------------------------


def test_a_backdated_payment_stands_at_its_own_day_and_was_learned_later(business):
    name = business.customer()
    business.invoice(name)
    business.pay(name, "100.00", now=business.at(9), on=business.at(2).date(), invoice="INV-1")
    booked = [entry for entry in entries(business) if entry[0] == "INV-1"]
    issued = business.due - timedelta(days=30)
    assert [(minor, on) for _, minor, on, _ in booked] == [
        (100_00, issued),
        (-100_00, business.at(2).date()),
    ]
    assert booked[1][3] == business.at(9)


def test_an_older_payment_that_comes_later_moves_the_younger_one_by_negation(business):
    """The oldest payment pays the oldest debt, so the younger one is found to have paid the next."""
    name = business.customer()
    business.invoice(name, "A", "100.00")
    business.invoice(name, "B", "100.00", due=business.due + timedelta(days=10))
    business.pay(name, "100.00", now=business.at(5), on=business.at(5).date(), payment="late")
    before = entries(business)
    business.pay(name, "100.00", now=business.at(8), on=business.at(1).date(), payment="early")
    after = entries(business)
    assert after[: len(before)] == before  # Nothing that was written is changed.
    assert ("A", 100_00, business.at(5).date(), business.at(8)) in after[len(before) :]
    assert debt(business, "A").open_minor == debt(business, "B").open_minor == 0


def test_a_correction_is_an_entry_of_its_own_day(business):
    name = business.customer()
    business.invoice(name)
    body = InvoiceCorrected(invoice="INV-1", amount=Decimal("60.00"))
    business.record(name, body, now=business.at(4), on=business.at(1).date())
    assert entries(business)[-1] == ("INV-1", -40_00, business.at(1).date(), business.at(4))
    assert debt(business, "INV-1").original_minor == 60_00


def test_a_fee_is_a_debt_of_its_own_that_money_may_name_and_that_is_waived_or_struck(business):
    name = business.customer()
    business.invoice(name)
    business.record(name, fee(), fee("F-2", kind="compensation", amount="40.00"), now=business.at(10))
    business.pay(name, "3.00", now=business.at(11), invoice="FEE")
    assert (debt(business, "FEE").open_minor, debt(business, "FEE").main) == (2_00, False)
    business.record(name, FeeWaived(fee="FEE", reason="goodwill"), now=business.at(12))
    business.record(name, FeeCancelled(fee="F-2", reason="a consumer"), now=business.at(12))
    assert [debt(business, each).open_minor for each in ("INV-1", "FEE", "F-2")] == [100_00, 0, 0]
    assert [debt(business, each).state for each in ("FEE", "F-2")] == ["settled", "void"]
    assert invariants.broken(business.ledger) == []


def test_a_refund_opens_the_debt_again(business):
    name = business.customer()
    business.invoice(name)
    business.pay(name, now=business.at(1), payment="P")
    assert debt(business, "INV-1").state == "settled"
    business.record(name, Refunded(payment="P"), now=business.at(2))
    row = debt(business, "INV-1")
    assert (row.state, row.opening, row.open_minor) == ("open", 2, 100_00)


# --- waking --------------------------------------------------------------------------------------


def test_a_fact_that_changes_nothing_needs_no_wake(business):
    name = business.customer()
    business.invoice(name)
    business.assess(name, business.at(3))
    business.send(name, "first/email", business.at(3))
    receipt = Delivered(channel="email", step="first")
    assert not business.record(name, receipt, now=business.at(3, 11)).wake
    assert business.pay(name, now=business.at(4)).wake


def test_a_fact_that_changes_nothing_still_wakes_while_another_waits(business):
    name = business.customer()
    business.invoice(name)
    assert business.record(name, Unknown(name="x", data={}), now=business.at(1)).wake


def test_a_fact_may_be_no_news(business):
    name = business.customer()
    news = business.assess(name, business.at(0)).news
    fact = business.fact(ContactInvalid(channel="sms"), now=business.at(1))
    doors.record(business.ledger, name, [fact], now=business.at(1), news=False)
    assert business.assess(name, business.at(1)).news == news


# --- contact data --------------------------------------------------------------------------------


def test_destroyed_contact_data_is_gone_and_facts_stay(business):
    name = business.customer()
    business.invoice(name)
    with business.ledger.write() as session:
        row = customers.lock(session, name)
        changed = customers.ContactData(name="Acme", email="new@example.com", phone="+4915112345678")
        assert len(customers.change_contact(session, row, changed, now=business.at(1))) == 1
    with business.ledger.write() as session:
        assert customers.destroy_contact(session, name)
        assert customers.contact(session, name) == customers.ContactData()
    with business.ledger.write() as session:
        assert not customers.destroy_contact(session, name)
        account = facts.load(session, customers.lock(session, name)).account
    assert dict(account.reach) == {"email": "missing", "sms": "missing"}
    assert len(facts.history(business.ledger, name)) == 2
    assert all("example.com" not in facts.write_text(f.body) for f in facts.history(business.ledger, name))


def test_a_customer_is_added_once(business):
    name = business.customer(tags=("key",))
    business.customer(tags=("other",))
    assert customers.ids(business.ledger) == [name]
    with business.ledger.write() as session:
        assert customers.lock(session, name).customer().tags == ("key",)


# --- in bulk -------------------------------------------------------------------------------------


def incoming(business, count):
    for number in range(count):
        body = InvoiceIssued(invoice=f"I-{number}", amount="5.00", currency="EUR", due_on=business.due)
        fact = NewFact(source="csv", id=f"row-{number}", happened_on=business.due, body=body)
        yield exports.Imported(Customer(id=f"C-{number:03}"), customers.ContactData(), [fact])


def test_a_bulk_import_may_be_broken_off_and_repeated(business):
    class Killed(Exception):
        pass

    def kill(done):
        if done == 50:
            raise Killed

    with pytest.raises(Killed):
        exports.record_in_bulk(business.ledger, incoming(business, 120), now=business.at(0), progress=kill)
    done = []
    result = exports.record_in_bulk(
        business.ledger, incoming(business, 120), now=business.at(0), progress=done.append
    )
    assert done == [50, 100, 120]
    assert (result.added, result.accepted, result.already) == (70, 70, 50)
    assert len(result.touched) == 70
    assert count(business, FactRow) == 120


def test_a_bulk_import_leaves_out_a_customer_that_is_wrong(business):
    business.invoice(business.customer(), "I-1")
    result = exports.record_in_bulk(
        business.ledger, incoming(business, 3), now=business.at(0), progress=lambda done: None
    )
    assert [each.customer_id for each in result.refused] == ["C-001"]
    assert result.touched == ("C-000", "C-002")
    assert customers.ids(business.ledger) == ["ACME", "C-000", "C-002"]


def test_two_first_imports_of_the_same_export_at_once_write_it_once(business, together):
    def load():
        return exports.record_in_bulk(
            business.ledger, incoming(business, 60), now=business.at(0), progress=lambda done: None
        )

    one, other = together([load, load])
    assert (one.added + other.added, one.accepted + other.accepted) == (60, 60)
    assert one.refused == other.refused == ()
    assert count(business, FactRow) == 60


def import_words(business, *facts, **words):
    """Import what an export says that ACME is, all of it, and facts."""
    new = [exports.Imported(Customer(id="ACME", **words), customers.ContactData(), list(facts))]
    return exports.record_in_bulk(
        business.ledger, new, now=business.at(3), progress=lambda done: None, said=set(words)
    )


def customer_of(business):
    with business.ledger.read() as session:
        return customers.get(session, "ACME").customer()


def test_what_is_refused_beside_it_keeps_no_other_word_out(business):
    business.invoice(business.customer(country="DE"), "I-1")
    other = business.customer("OTHER")
    business.invoice(other, "I-2")
    body = InvoiceIssued(invoice="I-2", amount="5.00", currency="EUR", due_on=business.due)
    taken = business.fact(body, now=business.at(3), source="csv", id="row-2")
    result = import_words(business, taken, country="AT", language="de", segment="nobody")
    assert (result.changed, result.touched) == (1, ("ACME",))
    assert sorted((each.invoice or "") for each in result.refused) == ["", "I-2"]
    after = customer_of(business)
    assert (after.country, after.language, after.segment) == ("AT", "de", "business")


def test_another_time_zone_waits_until_the_case_is_closed(business):
    business.invoice(business.customer(timezone="Europe/Berlin"))
    business.send("ACME", "first/email", business.at(3))
    kept = import_words(business, timezone="Europe/London", country="GB")
    assert [each.why.partition(" and ")[0] for each in kept.refused] == [
        "ACME: the time zone Europe/Berlin stays"
    ]
    assert (customer_of(business).timezone, customer_of(business).country) == ("Europe/Berlin", "GB")
    business.pay("ACME", now=business.at(3))
    business.assess("ACME", business.at(3))
    again = import_words(business, timezone="Europe/London", country="GB")
    assert (again.refused, again.changed) == ((), 1)
    assert customer_of(business).timezone == "Europe/London"


def test_another_segment_has_another_policy_once_no_case_pins_one(business):
    content = business.policy.model_dump(by_alias=True) | {
        "policy": "other",
        "for": {"segments": ["consumer"]},
    }
    policies.adopt(business.ledger, type(business.policy).model_validate(content), now=business.at(1), by="x")
    business.invoice(business.customer())
    business.send("ACME", "first/email", business.at(3))
    assert import_words(business, segment="consumer").changed == 1
    assert business.assess("ACME", business.at(3)).policy_name == "business"
    business.pay("ACME", now=business.at(3))
    assert business.assess("ACME", business.at(3)).policy_name == "other"


def import_contact(business, customer, **values):
    new = [exports.Imported(Customer(id=customer), customers.ContactData(**values), [])]
    return exports.record_in_bulk(business.ledger, new, now=business.at(0), progress=lambda done: None)


def contact_of(business, name):
    with business.ledger.read() as session:
        return customers.contact(session, name)


def test_an_import_takes_over_contact_data_and_touches_whom_it_reaches_otherwise(business):
    name = business.customer()
    again = import_contact(business, name, email="new@example.com")
    assert (again.contacts, again.touched) == (1, (name,))
    assert contact_of(business, name).email == "new@example.com"
    assert contact_of(business, name).phone == "+4915112345678"
    renamed = import_contact(business, name, name="Acme GmbH", email="new@example.com")
    assert (renamed.contacts, renamed.touched) == (1, ())
    same = import_contact(business, name, name="Acme GmbH", email="new@example.com")
    assert (same.contacts, same.touched) == (0, ())
    lines = [(line.why, line.actor) for line in journal.read(business.ledger, name)]
    assert lines == [("changed contact data: email", "import"), ("changed contact data: name", "import")]


def test_an_import_does_not_bring_destroyed_contact_data_back(business):
    name = business.customer()
    with business.ledger.write() as session:
        customers.destroy_contact(session, name)
    assert import_contact(business, name, email="old@example.com").contacts == 0
    assert contact_of(business, name) == customers.ContactData()
