"""What systems outside report: taken once, in any order; what cannot be taken yet is kept."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from sqlmodel import select

from domain import facts as kinds
from domain.facts import (
    Body,
    CreditNote,
    InvoiceIssued,
    PaymentFailed,
    PaymentInFlight,
    PaymentReceived,
    Refunded,
)
from domain.incidents.notice import Notice
from domain.onboarding import Application
from domain.reported_facts import Named, Report, Reported, Settled, read, write
from store import customers, facts, incidents, outside, service_accounts, tasks
from store.facts import NewFact
from store.outside_tables import OutsideWaitingRow
from store.tables import ClaimRow
from tests.store.conftest import Business, at

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What does not depend on the database is tried on one: the order and the waiting are tried on both."""

INVOICE = InvoiceIssued(invoice="INV-7", amount=Decimal("100.00"), currency="EUR", due_on=date(2026, 3, 2))
PAID = PaymentReceived(payment="in_7", amount=Decimal("100.00"), currency="EUR", invoice="in_7")
IN_7 = Named(kind="invoice", ours="INV-7")
PI_7 = Named(kind="payment", ours="in_7", invoice="in_7")


def told(event: str, *bodies: Body, days: int = 0, **values: object) -> Reported:
    reports = tuple(Report(body=body, name=f"{event}:{n}", at=at(days)) for n, body in enumerate(bodies))
    return Reported(source="stripe", event=event, word=event, reports=reports, **values)  # type: ignore[arg-type]


ISSUED = told("issued", INVOICE, days=-30, customer="ACME", names={"in_7": IN_7})
MONEY = told("paid", PAID, days=1, about=("in_7",), names={"pi_7": PI_7})
BACK = told("back", Refunded(payment="pi_7", amount=Decimal("40.00")), days=5, about=("pi_7",))
CREDIT = told(
    "credit",
    CreditNote(credit_note="cn_1", invoice="in_7", amount=Decimal("10.00")),
    days=6,
    customer="ACME",
)


def bodies(business: Business, name: str = "ACME") -> list[Body]:
    return [fact.body for fact in facts.history(business.ledger, name)]


def owed(business: Business, name: str = "ACME") -> list[str]:
    return [str(debt.open) for debt in business.assess(name, at(9)).account.debts]


@pytest.mark.parametrize("order", [*permutations([ISSUED, MONEY, BACK, CREDIT])][3::10])
def test_the_order_of_what_is_told_changes_nothing(business: Business, order: tuple[Reported, ...]) -> None:
    """100.00 paid, 40.00 given back, 10.00 credited: 30.00 is open."""
    business.customer()
    for each in order:
        outside.take(business.ledger, each, now=at(8))
        assert outside.take(business.ledger, each, now=at(8)).known == "again"
    assert owed(business) == ["30.00 EUR"]
    assert {type(body) for body in bodies(business)} == {InvoiceIssued, PaymentReceived, Refunded, CreditNote}
    assert len(bodies(business)) == 4
    assert outside.waiting(business.ledger) == []


def test_a_customer_is_woken_once_for_all_that_had_waited(business: Business) -> None:
    business.customer()
    assert outside.take(business.ledger, MONEY, now=at(2)).known == "waits"
    [waiting] = outside.waiting(business.ledger, "stripe")
    assert (waiting.needs, waiting.customer_id) == ("in_7", None)
    taken = outside.take(business.ledger, ISSUED, now=at(3))
    assert (taken.known, taken.wake) == ("done", ("ACME",))
    assert owed(business) == ["0.00 EUR"]


def test_a_customer_whom_nobody_knows_is_kept_and_shown_until_he_is_linked(business: Business) -> None:
    stranger = told("issued", INVOICE, customer="cus_1", names={"in_7": IN_7})
    assert outside.take(business.ledger, stranger, now=at(0)).known == "waits"
    [task] = tasks.worklist(business.ledger)
    assert "nobody knows whose cus_1 is" in task.why
    business.customer()
    service_accounts.link(business.ledger, "ACME", "cus_1")
    assert outside.try_again(business.ledger, "stripe", now=at(1)).wake == ("ACME",)
    assert owed(business) == ["100.00 EUR"]


@ON_SQLITE
def test_a_customer_whom_nobody_knows_is_added_where_that_is_wished(business: Business) -> None:
    who = Application(customer_id="cus_1", name="New Ltd", email="ap@new.example", currency="EUR")
    stranger = told("issued", INVOICE, customer="cus_1", names={"in_7": IN_7}, application=who, adds=True)
    assert outside.take(business.ledger, stranger, now=at(0)).wake == ("cus_1",)
    with business.ledger.read() as session:
        assert customers.contact(session, "cus_1").email == "ap@new.example"
    assert "new.example" not in str(facts.history(business.ledger, "cus_1"))
    assert owed(business, "cus_1") == ["100.00 EUR"]


@ON_SQLITE
def test_what_is_older_changes_nothing_about_a_customer(business: Business) -> None:
    business.customer("cus_1")
    for days, email in ((2, "new@acme.example"), (1, "old@acme.example")):
        who = Application(customer_id="cus_1", email=email)
        said = told(email, customer="cus_1", application=who, replaces=True, as_of=at(days))
        outside.take(business.ledger, said, now=at(3))
    with business.ledger.read() as session:
        assert customers.contact(session, "cus_1").email == "new@acme.example"


@ON_SQLITE
@pytest.mark.parametrize("known", [True, False])
def test_an_address_that_cannot_be_is_a_task_that_does_not_show_it(business: Business, known: bool) -> None:
    if known:
        business.customer("cus_1")
    who = Application(customer_id="cus_1", email="no address", currency="EUR")
    said = told("new", customer="cus_1", application=who, replaces=True, adds=True)
    outside.take(business.ledger, said, now=at(3))
    [task] = tasks.worklist(business.ledger)
    assert "the email address cannot exist" in task.why
    assert "no address" not in task.why


@ON_SQLITE
def test_an_invoice_told_otherwise_later_is_corrected_and_told_otherwise_earlier_is_not(
    business: Business,
) -> None:
    business.customer()
    for days, amount in ((2, "80.00"), (1, "90.00"), (3, "70.00")):
        said = INVOICE.model_copy(update={"amount": Decimal(amount)})
        names = {"in_7": IN_7}
        outside.take(
            business.ledger, told(amount, said, customer="ACME", names=names, as_of=at(days)), now=at(4)
        )
    assert owed(business) == ["70.00 EUR"]


@ON_SQLITE
@pytest.mark.parametrize("first", ["sum", "parts"])
def test_what_was_paid_in_all_and_by_which_payments_is_the_same_money(business: Business, first: str) -> None:
    business.customer()
    outside.take(business.ledger, ISSUED, now=at(1))
    total = Settled(invoice="in_7", report=Report(body=PAID, at=at(1)))
    settled = told("settled", about=("in_7",), settled=total)
    part = PAID.model_copy(update={"amount": Decimal("60.00")})
    other = PAID.model_copy(update={"amount": Decimal("40.00"), "payment": "pi_8"})
    parts = [told("60", part, about=("in_7",)), told("40", other, about=("in_7",))]
    for each in [settled, *parts] if first == "sum" else [*parts, settled]:
        outside.take(business.ledger, each, now=at(2))
    received = [body for body in bodies(business) if isinstance(body, PaymentReceived)]
    assert sum(body.amount for body in received) == 100
    assert owed(business) == ["0.00 EUR"]


@ON_SQLITE
def test_money_that_a_charge_of_ours_brought_is_not_told_twice(business: Business) -> None:
    business.customer()
    outside.take(business.ledger, ISSUED, now=at(1))
    answer = PaymentReceived(payment="m-1", amount=Decimal("100.00"), currency="EUR", invoice="INV-7")
    answered(business, "m-1/paid", answer, 1)
    for each in (MONEY, BACK):
        outside.take(business.ledger, each, now=at(6))
    assert [body for body in bodies(business) if isinstance(body, PaymentReceived)] == [answer]
    assert [body.payment for body in bodies(business) if isinstance(body, Refunded)] == ["m-1"]
    assert owed(business) == ["40.00 EUR"]


def answered(business: Business, name: str, body: Body, days: int) -> None:
    """Write down what our own charge was answered."""
    with business.ledger.write() as session:
        row = customers.lock(session, "ACME")
        new = NewFact(source="cashier", id=name, happened_at=at(days), body=body)
        facts.append(session, row, [new], now=at(days))


@ON_SQLITE
def test_money_that_waits_for_a_charge_of_ours_is_not_given_up(business: Business) -> None:
    """After a day a person hears of it, and chasing waits, until the charge has its answer."""
    business.customer()
    outside.take(business.ledger, ISSUED, now=at(1))
    version = business.assess("ACME", at(1)).policy_version
    with business.ledger.write() as session:
        named = {"customer_id": "ACME", "debt": "INV-7", "opening": 1, "message": "m-1", "position": 0}
        effect = {"step": "charge-due", "channel": "charge", "kind": "charge", "state": "claimed"}
        amount = {"amount_minor": 100_00, "currency": "EUR"}
        code = {"attempt": 1, "policy_version": version, "code_version": "t"}
        session.add(ClaimRow(**named, **effect, **amount, **code, claimed_at=at(1)))
    assert outside.take(business.ledger, MONEY, now=at(2)).known == "waits"
    outside.go_on(business.ledger, now=at(2, 12))
    assert tasks.worklist(business.ledger) == []
    outside.go_on(business.ledger, now=at(4))
    outside.go_on(business.ledger, now=at(5))
    [task] = tasks.worklist(business.ledger)
    assert task.why.endswith("a charge of ours on INV-7 has no answer yet")
    looked = business.assess("ACME", at(6))
    assert {each.reason.rule for each in looked.plan.held} == {"hold.absolute"}
    assert [each.settles for each in looked.plan.effects] == ["m-1"], "the charge is still asked about"

    answer = PaymentReceived(payment="m-1", amount=Decimal("100.00"), currency="EUR", invoice="INV-7")
    business.confirm("ACME", "m-1", at(60))
    answered(business, "m-1/paid", answer, 60)
    outside.go_on(business.ledger, now=at(61))
    assert (tasks.worklist(business.ledger), outside.waiting(business.ledger)) == ([], [])
    account = business.assess("ACME", at(62)).account
    assert [debt.open.minor for debt in account.debts] == [0]
    assert not any(rest.holds(at(62).date()) for rest in account.holds)


@ON_SQLITE
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("first", ["sum", "payment"])
def test_money_of_ours_that_was_on_its_way_comes_in_under_its_name(
    business: Business, marked: bool, first: str
) -> None:
    """A debit that we began: Stripe's PaymentIntent is marked as ours, or it is not."""
    business.customer()
    outside.take(business.ledger, ISSUED, now=at(1))
    coming = PaymentInFlight(payment="m-1", amount=Decimal("100.00"), currency="EUR", invoice="INV-7")
    answered(business, "m-1/in_flight", coming, 1)
    ours = Named(kind="payment", ours="m-1" if marked else "in_7", invoice="in_7")
    money = PAID.model_copy(update={"payment": "pi_7"})
    by_payment = told("payment", money, about=("in_7",), names={"pi_7": ours})
    total = Settled(invoice="in_7", report=Report(body=PAID, at=at(1)))
    in_all = told("settled", about=("in_7",), settled=total)
    if marked:
        outside.take(business.ledger, told("mark", about=("in_7",), names={"pi_7": ours}), now=at(1))
    for each in [in_all, by_payment] if first == "sum" else [by_payment, in_all]:
        outside.take(business.ledger, each, now=at(2))
    assert [body.payment for body in bodies(business) if isinstance(body, PaymentReceived)] == ["m-1"]
    account = business.assess("ACME", at(9)).account
    assert (account.in_flight, owed(business)) == ((), ["0.00 EUR"])


def test_what_the_ledger_refuses_is_a_task_and_kept(business: Business) -> None:
    business.customer()
    outside.take(business.ledger, ISSUED, now=at(1))
    dollars = PAID.model_copy(update={"currency": "USD"})
    assert outside.take(business.ledger, told("usd", dollars, about=("in_7",)), now=at(1)).known == "waits"
    [task] = tasks.worklist(business.ledger)
    assert "USD" in task.why
    assert owed(business) == ["100.00 EUR"]


@ON_SQLITE
def test_a_notice_is_about_whoever_has_what_it_names(business: Business) -> None:
    business.customer()
    for each in (ISSUED, MONEY):
        outside.take(business.ledger, each, now=at(1))
    notice = Notice(source="stripe", id="issfr_1", kind="stolen_instrument", word="fraud")
    warned = told("warning", about=("pi_7",), notices=(notice,))
    taken = outside.take(business.ledger, warned, now=at(2))
    [listed] = incidents.listed(business.ledger, now=at(2))
    assert (listed.incident.customer, taken.incidents) == ("ACME", (listed.incident.id,))


@ON_SQLITE
def test_a_failure_of_a_charge_that_others_made_is_kept_once(business: Business) -> None:
    business.customer()
    outside.take(business.ledger, ISSUED, now=at(1))
    failed = PaymentFailed(invoice="in_7", payment="in_7", decline="insufficient_funds", by="stripe")
    for event in ("one", "two"):
        report = Report(body=failed, name="payment_failed:ch_1", at=at(1))
        reported = Reported(source="stripe", event=event, word=event, about=("in_7",), reports=(report,))
        outside.take(business.ledger, reported, now=at(2))
    [fact] = [body for body in bodies(business) if isinstance(body, kinds.PaymentFailed)]
    assert fact.invoice == "INV-7"


def test_what_is_kept_is_read_as_it_was() -> None:
    notice = Notice(source="stripe", id="issfr_1", kind="stolen_instrument", word="x", occurred_at=at(1))
    settled = Settled(invoice="in_7", report=Report(body=PAID, on=date(2026, 3, 3)))
    each = told(
        "e", INVOICE, customer="c", names={"pi_7": PI_7}, notices=(notice,), settled=settled, as_of=at(1),
        tasks=("look",),
    )  # fmt: skip
    again = read("stripe", write(each))
    assert write(again) == write(each)
    assert (again.reports, again.names, again.settled, again.notices) == (
        each.reports,
        each.names,
        each.settled,
        each.notices,
    )


@ON_SQLITE
def test_names_that_are_waited_for_are_asked_once_in_a_while(business: Business) -> None:
    outside.take(business.ledger, MONEY, now=at(0))

    def asked(days: int) -> tuple[str, ...]:
        return outside.to_ask(business.ledger, "stripe", now=at(days), after=timedelta(days=1), limit=9)

    assert [asked(0), asked(0), asked(1)] == [("in_7",), (), ("in_7",)]


def test_a_name_that_was_never_asked_for_comes_before_those_that_nobody_knows(business: Business) -> None:
    for number in range(3):
        stranger = told(f"stranger {number}", PAID, customer=f"cus_{number}")
        outside.take(business.ledger, stranger, now=at(0))

    def asked(days: int) -> tuple[str, ...]:
        return outside.to_ask(business.ledger, "stripe", now=at(days), after=timedelta(days=1), limit=2)

    assert asked(0) == ("cus_0", "cus_1")
    outside.take(business.ledger, MONEY, now=at(2))
    assert asked(2) == ("cus_2", "in_7")


@ON_SQLITE
def test_nothing_starves_behind_what_cannot_be_taken(business: Business) -> None:
    """Sixty wait for a charge of ours that has no answer: whoever is tried is tried last the next time."""
    business.customer()
    outside.take(business.ledger, ISSUED, now=at(0))
    for number in range(60):
        gone = Refunded(payment="in_7", amount=Decimal("1.00"))
        early = told(f"early-{number}", gone, days=40 if number < 55 else 1, about=("in_7",))
        outside.take(business.ledger, early, now=at(2))
    outside.take(business.ledger, MONEY, now=at(2))
    waits = len(outside.waiting(business.ledger))
    assert waits == 55, "dated after today: refused until then"
    for minute in (1, 2):
        outside.go_on(business.ledger, now=at(2, 10, minute))
    with business.ledger.read() as session:
        tried = [row.tried_at for row in session.exec(select(OutsideWaitingRow))]
    assert None not in tried


@ON_SQLITE
def test_what_is_forgotten_closes_its_task(business: Business) -> None:
    stranger = told("issued", INVOICE, customer="cus_1", names={"in_7": IN_7})
    outside.take(business.ledger, stranger, now=at(0))
    assert len(tasks.worklist(business.ledger)) == 1
    assert outside.drop(business.ledger, "stripe", "cus_1", now=at(1)) == 1
    assert (outside.waiting(business.ledger), tasks.worklist(business.ledger)) == ([], [])
