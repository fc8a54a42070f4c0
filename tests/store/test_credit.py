"""Orders and deposits in the ledger: the gate at the claim, facts with their claims, commands."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from domain.facts import (
    Body,
    ChargebackReversed,
    ChargedBack,
    CreditEnded,
    CreditGranted,
    DepositRequested,
    InvoiceIssued,
    OrderPlaced,
    OrdersBlocked,
    PaymentInFlight,
    PaymentReceived,
    Provisioned,
    Refunded,
    write_body,
)
from store import commands, exposures, facts, invariants, provisions, reports, tasks
from store.claims import Begun
from store.errors import Refused
from store.tables import EntryRow, TaskRow
from tests.effort import examples
from tests.store.conftest import Business

ORDER = OrderPlaced(order="O-1", amount="300.00", currency="EUR")
ASKED = DepositRequested(deposit="O-1-D", amount="300.00", currency="EUR", order="O-1")
PROVISION = "provision-order/provision"


def money(name: str = "P", amount: str = "300.00", deposit: str = "O-1-D") -> PaymentReceived:
    return PaymentReceived(payment=name, amount=amount, currency="EUR", deposit=deposit)


def book(business: Business, name: str, key: str, now: Any) -> Body:
    """Perform an effect that writes a fact, as its activity does; return the fact."""
    begun = business.begun(name, key, now)
    assert begun.effect.body is not None
    new = business.fact(begun.effect.body, now=now, source="plan", id=f"{begun.effect.kind}:{begun.message}")
    business.confirm(name, begun.message, now, new=[new])
    return begun.effect.body


@pytest.fixture
def ordering(business: Business) -> str:
    name = business.customer()
    business.record(name, ORDER, now=business.at(-20))
    return name


def test_a_deposit_is_asked_for_once_and_what_was_asked_for_stays(business, ordering, wanted):
    business.assess(ordering, business.at(-20))
    body = book(business, ordering, "request-deposit/book", business.at(-20))
    assert isinstance(body, DepositRequested)
    assert (body.deposit, str(body.amount), str(body.due_on)) == (
        "O-1-D",
        "300.00",
        str(business.at(-6).date()),
    )
    assert wanted(business.assess(ordering, business.at(-20))) == [
        "deposit-request/email",
        "await-deposit/task",
    ]
    again = business.begin(ordering, "request-deposit/book", business.at(-20))
    assert again.why == "request-deposit/book is not wanted any more"


def test_the_task_of_a_deposit_ends_with_its_money(business, ordering):
    business.record(ordering, ASKED, now=business.at(-19))
    business.send(ordering, "await-deposit/task", business.at(-19))
    with business.ledger.read() as session:
        (task,) = session.exec(select(TaskRow)).all()
    assert (task.kind, task.why) == (
        "review",
        "O-1-D of 300.00 EUR is to come by 2026-02-25, 0.00 EUR have: watch for it",
    )
    business.record(ordering, money(), now=business.at(-15))
    business.assess(ordering, business.at(-15))
    with business.ledger.read() as session:
        assert tasks.open_of(session, ordering) == ()
        assert session.exec(select(TaskRow.outcome)).one() == "received"
    done = {"step": "await-deposit", "by": "maria"}
    with pytest.raises(Refused, match="No task is open"):
        commands.perform(business.ledger, ordering, "complete_task", done, now=business.at(-15))


def test_the_gate_is_asked_at_the_claim(business, ordering):
    business.record(ordering, ASKED, money(), now=business.at(-18))
    business.assess(ordering, business.at(-18))
    business.record(ordering, ChargedBack(payment="P"), now=business.at(-17))
    refused = business.begin(ordering, PROVISION, business.at(-17))
    assert refused.why == "O-1 waits for its deposit: 0.00 EUR of 300.00 EUR have settled"
    business.record(ordering, ChargebackReversed(payment="P"), now=business.at(-16))
    assert isinstance(business.begin(ordering, PROVISION, business.at(-16)), Begun)


def test_an_order_is_provisioned_once(business, ordering, wanted):
    business.record(ordering, ASKED, money(), now=business.at(-18))
    assert book(business, ordering, PROVISION, business.at(-18)) == Provisioned(order="O-1", by="arrears")
    assert wanted(business.assess(ordering, business.at(-18))) == []
    # What is taken back afterwards is a matter of dunning, and what comes again provisions nothing.
    business.record(ordering, Refunded(payment="P"), now=business.at(-17))
    business.record(ordering, money("P2"), now=business.at(-16))
    assert wanted(business.assess(ordering, business.at(-16))) == []
    assert business.begin(ordering, PROVISION, business.at(-16)).why == f"{PROVISION} is not wanted any more"


def test_two_workers_claim_one_order_once(business, ordering, together):
    business.record(ordering, ASKED, money(), now=business.at(-18))
    claim = lambda: business.begin(ordering, PROVISION, business.at(-18))  # noqa: E731
    results = together([claim, claim, claim])
    assert len([each for each in results if isinstance(each, Begun) and not each.settle]) == 1


def test_a_deposit_is_a_liability_until_it_is_applied_and_the_entries_say_so(business, ordering):
    business.record(ordering, ASKED, money(), now=business.at(-18))
    business.invoice(ordering, amount="350.00", due=business.at(20).date())
    body = book(business, ordering, "apply-deposit/book", business.at(-10))
    assert write_body(body) == {
        "type": "deposit_applied",
        "deposit": "O-1-D",
        "invoice": "INV-1",
        "amount": "300.00",
        "by": "arrears",
    }
    with business.ledger.read() as session:
        rows = session.exec(select(EntryRow).order_by(EntryRow.id)).all()
    assert [(row.invoice, row.deposit, row.minor) for row in rows] == [
        (None, "O-1-D", -300_00),
        ("INV-1", None, 350_00),
        (None, "O-1-D", 300_00),
        ("INV-1", None, -300_00),
    ]
    assert invariants.broken(business.ledger) == []
    assert reports.ageing(business.ledger, as_of=business.at(0).date()).currencies["EUR"].total.minor == 50_00


def test_what_names_no_order_or_deposit_that_there_is_is_refused(business, ordering):
    now = business.at(-18)
    business.invoice(ordering)
    for body, problem in (
        (money(deposit="D-9"), "there is no deposit D-9 of this customer"),
        (Provisioned(order="O-9"), "there is no order O-9 of this customer"),
        (ORDER, "order O-1 is recorded already, by another fact"),
        (OrderPlaced(order="O-2", amount="1", currency="EUR", prepay="0.001"), "EUR has 2 decimals"),
        (ASKED.model_copy(update={"currency": "USD"}), "deposit O-1-D is in USD, and order O-1 in EUR"),
    ):
        with pytest.raises(Refused, match=problem):
            business.record(ordering, body, now=now)
    business.record(ordering, ASKED, now=now)
    both = money().model_copy(update={"invoice": "INV-1"})
    with pytest.raises(Refused, match="names an invoice and a deposit"):
        business.record(ordering, both, now=now)


# --- what finance may do


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("end_credit", {"reason": "r"}, "No credit is granted."),
        ("place_order", {"order": "O-1", "amount": "1", "currency": "EUR"}, "Order O-1 is placed already."),
        ("cancel_order", {"order": "O-9", "reason": "r"}, "There is no order O-9 of this customer."),
        (
            "request_deposit",
            {"deposit": "O-1-D", "amount": "1", "currency": "EUR"},
            "Deposit O-1-D is asked for already.",
        ),
        (
            "request_deposit",
            {"deposit": "D-2", "amount": "1", "currency": "USD", "order": "O-1"},
            "Order O-1 is in EUR: ask for a deposit in that.",
        ),
        ("apply_deposit", {"deposit": "O-1-D", "invoice": "X"}, "Invoice X is not known for this customer."),
        (
            "refund_deposit",
            {"deposit": "O-1-D", "amount": "301"},
            "301.00 EUR is more than the 300.00 EUR that are left of deposit O-1-D.",
        ),
        ("refund_deposit", {"deposit": "D-9"}, "Deposit D-9 has no money left."),
        ("unblock_orders", {"reason": "r"}, "Orders are not blocked."),
        (
            "grant_credit",
            {"limit": "0.001", "currency": "EUR", "reason": "r"},
            "0.001 EUR: EUR has 2 decimals.",
        ),
        ("grant_credit", {"limit": "5", "currency": "EUX", "reason": "r"}, "unknown currency 'EUX'"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_with_a_sentence(business, ordering, name, given, words):
    business.record(ordering, ASKED, money(), now=business.at(-18))
    with pytest.raises(Refused) as refused:
        commands.perform(business.ledger, ordering, name, given, now=business.at(-18))
    assert str(refused.value).startswith(words)


def test_finance_grants_a_limit_and_takes_it_back(business, ordering, wanted):
    now = business.at(-18)
    given = {"limit": "500.00", "currency": "EUR", "reason": "two years of trade", "by": "maria"}
    done = commands.perform(business.ledger, ordering, "grant_credit", given, now=now)
    assert done.words == "Granted a limit of 500.00 EUR: two years of trade."
    assert commands.perform(business.ledger, ordering, "grant_credit", given, now=now).already
    assert PROVISION in wanted(business.assess(ordering, now))
    ended = commands.perform(business.ledger, ordering, "end_credit", {"reason": "risk"}, now=now)
    assert ended.words == "Ended every credit: risk."
    assert PROVISION not in wanted(business.assess(ordering, now))
    assert not commands.perform(business.ledger, ordering, "grant_credit", given, now=now).already


def test_a_block_of_finance_lasts_until_finance_lifts_it(business, ordering):
    now = business.at(-18)
    business.record(ordering, CreditGranted(limit="900", currency="EUR", reason="r"), now=now)
    commands.perform(business.ledger, ordering, "block_orders", {"reason": "a look"}, now=now)
    with pytest.raises(Refused, match="Orders are blocked already"):
        commands.perform(business.ledger, ordering, "block_orders", {"reason": "again"}, now=now)
    held = business.begin(ordering, PROVISION, now)
    assert held.why == f"O-1 waits: new orders are blocked since {now.date()}: a look"
    incident = OrdersBlocked(reason="mining", by="arrears", incident="I-7")
    business.record(ordering, incident, now=now)
    commands.perform(business.ledger, ordering, "unblock_orders", {"reason": "cleared"}, now=now)
    with pytest.raises(Refused, match="Name the incident for which orders are blocked: I-7"):
        commands.perform(business.ledger, ordering, "unblock_orders", {"reason": "cleared too"}, now=now)


def test_exposures_are_those_of_customers_with_a_limit_or_of_the_one_who_is_asked_for(business, ordering):
    other = business.customer("OTHER")
    business.record(other, CreditGranted(limit="900", currency="EUR", reason="r"), now=business.at(-18))
    business.invoice(other, "INV-2", "90.00")
    assert [(line.customer, str(line.exposure.percent)) for line in read(business)] == [("OTHER", "10.00")]
    business.invoice(ordering, "INV-3", "50.00")
    assert [(line.customer, line.exposure.percent) for line in read(business, ordering)] == [(ordering, None)]


def read(business: Business, name: str | None = None) -> list[exposures.Line]:
    return exposures.read(business.ledger, name, now=business.at(-5))


def test_the_ledgers_own_switch_provisions_an_order_once(business, ordering):
    for reference in ("m-1", "m-2"):
        provisions.provision(
            business.ledger, ordering, "O-1", subscription=None, reference=reference, now=business.at(-18)
        )
    assert provisions.reference_of(business.ledger, ordering, "O-1") == "m-1"
    assert provisions.of_customer(business.ledger, ordering) == ["O-1"]


# --- the promise, through the ledger

EVENTS = st.lists(
    st.sampled_from(
        [
            *("in flight", "all", "half", "charged back", "reversed", "refunded", "granted", "too little"),
            *("ended", "blocked", "try"),
        ]
    ),
    min_size=1,
    max_size=9,
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=EVENTS)
def test_no_claim_provisions_before_its_money_has_settled(business, events):
    """Whatever is told in whatever order, a claim is made only while the money is there, or credit is."""
    name = business.customer(uuid.uuid4().hex)
    business.record(name, ORDER, ASKED, now=business.at(-20))
    paid, limit, blocked, last, taken, flights = 0, 0, False, None, 0, 0
    for step, said in enumerate([*events, "try"]):
        now = business.at(-19) + timedelta(hours=step)
        match said:
            case "in flight":
                flights += 1
                body: Body = PaymentInFlight(
                    payment=f"{name}-F{flights}", amount="300.00", currency="EUR", deposit="O-1-D"
                )
            case "all" | "half":
                amount = 300 if said == "all" else 150
                last, paid, taken = f"{name}-P{step}", paid + amount, 0
                body = money(last, str(amount))
                amount_of_last = amount
            case "charged back" | "refunded" if last is not None and not taken:
                kind = ChargedBack if said == "charged back" else Refunded
                body, paid, taken = (
                    kind(payment=last),
                    paid - amount_of_last,
                    1 if said == "charged back" else 2,
                )
            case "reversed" if last is not None and taken == 1:
                body, paid, taken = ChargebackReversed(payment=last), paid + amount_of_last, 0
            case "granted":
                body, limit = CreditGranted(limit="400", currency="EUR", reason="r"), 400
            case "too little":
                body, limit = CreditGranted(limit="299.99", currency="EUR", reason="r"), 0
            case "ended":
                body, limit = CreditEnded(reason="r"), 0
            case "blocked":
                body, blocked = OrdersBlocked(reason="r", by="maria"), True
            case _:
                begun = business.begin(name, PROVISION, now)
                may = (paid >= 300 or limit >= 300) and not blocked
                assert isinstance(begun, Begun) == may, (said, begun)
                if isinstance(begun, Begun):
                    return
                continue
        business.record(name, body, now=now)


def test_an_invoice_that_names_its_order_ends_its_exposure(business, ordering):
    business.record(ordering, CreditGranted(limit="900", currency="EUR", reason="r"), now=business.at(-19))
    book(business, ordering, PROVISION, business.at(-18))
    assert str(read(business, ordering)[0].exposure.orders) == "300.00 EUR"
    issued = InvoiceIssued(
        invoice="INV-9", amount="310.00", currency="EUR", due_on=business.at(30).date(), order="O-1"
    )
    business.record(ordering, issued, now=business.at(-17))
    (line,) = read(business, ordering)
    assert (str(line.exposure.orders), str(line.exposure.receivables)) == ("0.00 EUR", "310.00 EUR")
    assert facts.history(business.ledger, ordering)[-1].body == issued
