"""Orders, deposits and limits: what is provisioned, asked for, told and blocked, and when.

The customer lives in UTC, where messages go out from 09:00 to 17:00 on weekdays; O-1 is an order of 300.00
EUR of Monday 2 February 2026, and its deposit is called O-1-D.
"""

from datetime import date
from decimal import Decimal

import pytest

from domain.account import Account
from domain.account_fold import build
from domain.book import Deposit
from domain.credit.deposits import needed
from domain.credit.exposure import Exposure, exposures
from domain.credit.lateness import lateness
from domain.credit.state import Order
from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.money import Money
from domain.plan import plan
from domain.policy import Policy
from domain.policy_credit import CreditTerms, Prepayment
from domain.posting import post
from domain.reasons import because
from domain.simulation.events import read_events
from domain.simulation.timeline import Outcome
from domain.situation import Situation
from tests.domain.playing import CUSTOMER, NOTHING, Event, at_noon, event, invoice, paid, play, policy

ORDER = event("2026-02-02T10:00:00Z", "order_placed", order="O-1", amount="300.00", currency="EUR")
PROVISIONED = "provision-order/provision"
TOLD = [
    "02-02 10:00 request-deposit/book",
    "02-02 10:00 deposit-request/email",
    "02-02 10:00 await-deposit/task",
]


def euros(amount: str) -> Money:
    return Money.of(Decimal(amount), "EUR")


def sent(at: str, amount: str = "300.00", name: str = "P", type_: str = "payment_received") -> Event:
    return event(at, type_, payment=name, amount=amount, currency="EUR", deposit="O-1-D")


def granted(limit: str = "1000.00", at: str = "2026-01-05", **more: object) -> Event:
    return event(at, "credit_granted", limit=limit, currency="EUR", reason="two years of trade", **more)


def steps(outcome: Outcome) -> list[str]:
    lines = [line for line in outcome.lines if line.kind == "effect"]
    return [f"{line.at:%m-%d %H:%M} {line.step}/{line.channel}" for line in lines]


def reasons(outcome: Outcome) -> list[str]:
    held = [line for line in outcome.lines if line.kind == "held" and line.reason]
    return [f"{line.at:%m-%d} {line.reason.rule}" for line in held if line.step == "provision-order"]


def provisioned(outcome: Outcome) -> list[str]:
    return [line for line in steps(outcome) if line.endswith(PROVISIONED)]


# --- the gate


@pytest.mark.parametrize(
    ("events", "when"),
    [
        pytest.param([], None, id="nothing was paid"),
        pytest.param([sent("2026-02-05T11:00:00Z")], "02-05 11:00", id="exactly what was asked for"),
        pytest.param([sent("2026-02-05T11:00:00Z", "299.99")], None, id="a cent less"),
        pytest.param([sent("2026-02-05T11:00:00Z", "450.00")], "02-05 11:00", id="more"),
        pytest.param(
            [sent("2026-02-05T11:00:00Z", "100"), sent("2026-02-09T12:00:00Z", "200", "P2")],
            "02-09 12:00",
            id="in two parts",
        ),
        pytest.param([sent("2026-02-05T11:00:00Z", type_="payment_in_flight")], None, id="on its way"),
        pytest.param(
            [sent("2026-02-05T11:00:00Z", type_="payment_in_flight"), sent("2026-02-06T12:00:00Z")],
            "02-06 12:00",
            id="on its way and then settled",
        ),
        pytest.param([paid("2026-02-05T11:00:00Z", "300.00")], None, id="money that names no deposit"),
        pytest.param([granted()], "02-02 10:00", id="credit was approved"),
        pytest.param([granted("0")], None, id="a limit of nothing is prepayment only"),
        pytest.param([granted("299.99")], None, id="it does not fit into the limit"),
        pytest.param([granted("300.00")], "02-02 10:00", id="it just fits"),
        pytest.param(
            [granted(), event("2026-01-20", "credit_ended", reason="risk")], None, id="the credit was ended"
        ),
        pytest.param([granted(at="2026-02-04")], "02-04 00:00", id="credit is granted later"),
        pytest.param(
            [event("2026-01-02", "onboarded", outcome="approved")],
            None,
            id="a verification that ended well approves no credit",
        ),
        pytest.param(
            [
                event("2026-01-02", "onboarded", outcome="approved_prepayment"),
                sent("2026-02-05T11:00:00Z"),
            ],
            "02-05 11:00",
            id="approved with prepayment",
        ),
        pytest.param(
            [event("2026-01-02", "onboarded", outcome="rejected"), granted()], None, id="rejected, whatever"
        ),
        pytest.param(
            [granted(), event("2026-01-30", "orders_blocked", reason="fraud?")], None, id="orders are blocked"
        ),
        pytest.param(
            [granted(), event("2026-01-30", "hold_set", reason="attorney")], None, id="an absolute hold"
        ),
        pytest.param(
            [event("2026-02-03", "order_cancelled", order="O-1", reason="theirs"), granted(at="2026-02-04")],
            None,
            id="a cancelled order",
        ),
    ],
)
def test_an_order_is_provisioned_once_it_is_prepaid_or_covered(events: list[Event], when: str | None) -> None:
    outcome = play(ORDER, *events, until="2026-03-31")
    assert provisioned(outcome) == ([] if when is None else [f"{when} {PROVISIONED}"])


@pytest.mark.parametrize("type_", ["refunded", "charged_back"])
def test_money_that_was_taken_back_closes_the_gate_again(type_: str) -> None:
    block = event("2026-02-02T09:00:00Z", "orders_blocked", reason="a look at it")
    open_again = event("2026-02-10T09:00:00Z", "orders_unblocked", reason="all is well")
    taken = event("2026-02-09", type_, payment="P")
    asked = event(
        "2026-02-02T12:00:00Z",
        "deposit_requested",
        deposit="O-1-D",
        order="O-1",
        amount="300",
        currency="EUR",
    )
    there = [block, ORDER, asked, sent("2026-02-05"), open_again]
    assert provisioned(play(*there)) == [f"02-10 09:00 {PROVISIONED}"]
    assert provisioned(play(*there, taken)) == []
    back = event("2026-02-12T09:00:00Z", "chargeback_reversed", payment="P")
    if type_ == "charged_back":
        assert provisioned(play(*there, taken, back)) == [f"02-12 09:00 {PROVISIONED}"]


def test_what_is_missing_is_said() -> None:
    outcome = play(ORDER, sent("2026-02-04", "100"), sent("2026-02-05", "200", "P2", "payment_in_flight"))
    held = [line for line in outcome.lines if line.kind == "held" and line.reason]
    assert [line.reason.words for line in held if line.reason and line.step == "provision-order"] == [
        "O-1 waits for its deposit: 0.00 EUR of 300.00 EUR have settled",
        "O-1 waits for its deposit: 100.00 EUR of 300.00 EUR have settled",
        "O-1 waits: payment P2 of 200.00 EUR is on its way and has not settled",
    ]


@pytest.mark.parametrize(("by", "whose"), [("maria", "maria"), ("arrears", "the decision table")])
def test_who_granted_the_credit_is_said(by: str, whose: str) -> None:
    [line] = [line for line in play(ORDER, granted(by=by)).lines if line.step == "provision-order"]
    assert line.reason
    assert (
        line.reason.words == because("provision.credit", order="O-1", limit=euros("1000.00"), by=whose).words
    )


def test_each_order_uses_up_the_limit_before_the_next_one() -> None:
    second = event("2026-02-02T11:00:00Z", "order_placed", order="O-2", amount="800.00", currency="EUR")
    third = event("2026-02-02T12:00:00Z", "order_placed", order="O-3", amount="700.00", currency="EUR")
    outcome = play(granted(), ORDER, second, third, until="2026-02-02")
    assert provisioned(outcome) == [f"02-02 10:00 {PROVISIONED}", f"02-02 12:00 {PROVISIONED}"]
    assert set(reasons(outcome)) == {"02-02 order.credit"}


# --- deposits


@pytest.mark.parametrize(
    ("percent", "minimum", "first_month", "prepay", "asked"),
    [
        (100, "0", "120.00", None, "120.00"),
        (150, "0", "120.00", None, "180.00"),
        (100, "200.00", "120.00", None, "200.00"),
        (250, "200.00", "120.00", None, "300.00"),
        (1, "0", "0.01", None, "0.01"),
        (100, "200.00", "120.00", "50.00", "50.00"),
    ],
)
def test_a_deposit_is_a_share_of_the_first_month_and_the_minimum_at_least(
    percent: int, minimum: str, first_month: str, prepay: str | None, asked: str
) -> None:
    terms = Prepayment(percent=percent, minimum={"EUR": Decimal(minimum)})
    order = Order(
        name="O-1",
        amount=euros("300.00"),
        first_month=euros(first_month),
        prepay=None if prepay is None else euros(prepay),
        subscription=None,
        at=at_noon("2026-02-02"),
        on=date(2026, 2, 2),
    )
    assert needed(terms, order) == euros(asked)


@pytest.mark.parametrize(
    ("deposit", "currency", "asked"),
    [("500", "EUR", "500.00"), ("200", "EUR", "300.00"), ("500", "USD", "300.00")],
    ids=["more than the policy asks", "less than that", "in another currency"],
)
def test_the_first_deposit_is_what_the_verification_asks_at_least(
    deposit: str, currency: str, asked: str
) -> None:
    verified = event(
        "2026-01-02", "onboarded", outcome="approved_prepayment", deposit=deposit, currency=currency
    )
    outcome = play(verified, ORDER, sent("2026-02-05T11:00:00Z", asked))
    assert provisioned(outcome) == [f"02-05 11:00 {PROVISIONED}"]
    short = str(Decimal(asked) - Decimal("0.01"))
    assert provisioned(play(verified, ORDER, sent("2026-02-05T11:00:00Z", short))) == []


def test_once_anything_was_provisioned_a_deposit_is_as_the_policy_says() -> None:
    outcome = play(
        event("2026-01-02", "onboarded", outcome="approved_prepayment", deposit="500", currency="EUR"),
        ORDER,
        sent("2026-02-05T11:00:00Z", "500.00"),
        event("2026-02-06T10:00:00Z", "order_placed", order="O-2", amount="300.00", currency="EUR"),
        event(
            "2026-02-09T11:00:00Z",
            "payment_received",
            payment="P2",
            amount="300.00",
            currency="EUR",
            deposit="O-2-D",
        ),
    )
    assert provisioned(outcome) == [f"02-05 11:00 {PROVISIONED}", f"02-09 11:00 {PROVISIONED}"]


def test_a_deposit_is_asked_for_waited_for_and_applied_before_anybody_is_chased() -> None:
    first = invoice("I", "350.00", due="2026-02-20", order="O-1")
    outcome = play(ORDER, sent("2026-02-05T11:00:00Z"), {**first, "at": "2026-02-10"}, until="2026-02-24")
    assert steps(outcome) == [
        *TOLD,
        f"02-05 11:00 {PROVISIONED}",
        "02-10 00:00 apply-deposit/book",
        "02-23 09:00 first/email",
    ]
    assert [str(debt.open) for debt in outcome.account.debts] == ["50.00 EUR"]
    assert outcome.account.unapplied == ()


def test_an_invoice_that_comes_late_is_paid_by_its_deposit_before_it_is_chased() -> None:
    late = {
        **invoice("I", "300.00", due="2026-02-03"),
        "at": "2026-02-10T09:00:00Z",
        "issued_on": "2026-02-05",
    }
    outcome = play(ORDER, sent("2026-02-04T11:00:00Z"), late)
    assert steps(outcome)[len(TOLD) :] == [f"02-04 11:00 {PROVISIONED}", "02-10 09:00 apply-deposit/book"]
    assert [line.reason.rule for line in outcome.lines if line.step == "first" and line.reason] == [
        "deposit.first"
    ]


def test_a_deposit_pays_nothing_by_itself() -> None:
    history = read_events(CUSTOMER, [invoice(), ORDER, asked_for(), sent("2026-02-05")])
    book = post(history)
    assert [str(debt.open) for debt in book.debts] == ["100.00 EUR"]
    assert book.unapplied == ()
    assert book.deposits == (Deposit(name="O-1-D", received=euros("300"), left=euros("300")),)
    assert [(entry.invoice, entry.deposit, entry.amount.minor) for entry in book.entries] == [
        ("A", None, 100_00),
        (None, "O-1-D", -300_00),
    ]


def asked_for(amount: str = "300.00", **more: object) -> Event:
    named = {"deposit": "O-1-D", "amount": amount, "currency": "EUR", "order": "O-1"}
    return event("2026-02-02T12:00:00Z", "deposit_requested", **named, **more)


@pytest.mark.parametrize(
    ("events", "received", "left", "owed"),
    [
        pytest.param([], "300", "300", "100", id="kept"),
        pytest.param([("deposit_applied", {"invoice": "A"})], "300", "200", "0", id="applied"),
        pytest.param(
            [("deposit_applied", {"invoice": "A", "amount": "30"})], "300", "270", "70", id="partly"
        ),
        pytest.param([("deposit_refunded", {})], "0", "0", "100", id="given back"),
        pytest.param(
            [("deposit_applied", {"invoice": "A"}), ("deposit_refunded", {"amount": "50"})],
            "250",
            "150",
            "0",
            id="applied, and a part given back",
        ),
    ],
)
def test_the_book_keeps_a_deposit_apart(
    events: list[tuple[str, Event]], received: str, left: str, owed: str
) -> None:
    told = [event("2026-02-10", kind, deposit="O-1-D", **more) for kind, more in events]
    book = post(read_events(CUSTOMER, [invoice(), ORDER, asked_for(), sent("2026-02-05"), *told]))
    assert book.deposits == (Deposit(name="O-1-D", received=euros(received), left=euros(left)),)
    assert [debt.open for debt in book.debts] == [euros(owed)]
    sums = sum(entry.amount.minor for entry in book.entries if entry.deposit == "O-1-D")
    assert -sums == euros(left).minor


def test_a_chargeback_after_it_was_applied_is_owed_on_the_invoice_again() -> None:
    applied = event("2026-02-10", "deposit_applied", deposit="O-1-D", invoice="A")
    back = event("2026-02-20", "charged_back", payment="P")
    book = post(read_events(CUSTOMER, [invoice(), ORDER, asked_for(), sent("2026-02-05"), applied, back]))
    assert [debt.open for debt in book.debts] == [euros("100")]
    assert book.deposits == (Deposit(name="O-1-D", received=euros("0"), left=euros("0")),)


def test_a_voided_invoice_gives_the_deposit_back_to_itself() -> None:
    applied = event("2026-02-10", "deposit_applied", deposit="O-1-D", invoice="A")
    void = event("2026-02-20", "invoice_voided", invoice="A")
    book = post(read_events(CUSTOMER, [invoice(), ORDER, asked_for(), sent("2026-02-05"), applied, void]))
    assert book.deposits == (Deposit(name="O-1-D", received=euros("300"), left=euros("300")),)
    assert book.unapplied == ()


CANCELLED = [
    "02-17 00:00 cancel-order/book",
    "02-17 00:00 deposit-missing/task",
    "02-17 09:00 order-cancelled/email",
]


@pytest.mark.parametrize(
    ("events", "after"),
    [
        pytest.param([], CANCELLED, id="nothing came"),
        pytest.param(
            [sent("2026-02-05", "299.99")],
            [
                *CANCELLED[:1],
                "02-17 00:00 deposit-missing/task",
                "02-17 00:00 deposit-left/task",
                CANCELLED[2],
            ],
            id="too little came",
        ),
        pytest.param(
            [sent("2026-03-02T10:00:00Z")],
            [*CANCELLED, "03-02 10:00 deposit-left/task"],
            id="it came after the order was cancelled",
        ),
        pytest.param(
            [sent("2026-02-16T23:00:00Z")], [f"02-16 23:00 {PROVISIONED}"], id="on the last evening"
        ),
        pytest.param([sent("2026-02-16", type_="payment_in_flight")], NOTHING, id="on its way"),
        pytest.param(
            [sent("2026-02-05T10:00:00Z", "450")],
            [f"02-05 10:00 {PROVISIONED}", "02-05 10:00 deposit-left/task"],
            id="more than asked",
        ),
        pytest.param([granted(at="2026-02-10")], [f"02-10 00:00 {PROVISIONED}"], id="credit instead"),
    ],
)
def test_what_becomes_of_an_order_whose_deposit_comes_or_does_not(
    events: list[Event], after: list[str]
) -> None:
    assert steps(play(ORDER, *events, until="2026-03-31"))[len(TOLD) :] == after


# --- exposure


def exposure(used: str, limit: str | None = "10000.00") -> Exposure:
    none = euros("0")
    return Exposure(
        limit=None if limit is None else euros(limit),
        receivables=euros(used),
        unbilled=none,
        orders=none,
        deposits=none,
        overpayment=none,
    )


LEVELS = (70, 85, 100)


@pytest.mark.parametrize(
    ("used", "before", "level", "percent"),
    [
        ("6999.99", 0, 0, "69.99"),
        ("7000.00", 0, 70, "70.00"),
        ("8499.99", 0, 70, "84.99"),
        ("8500.00", 70, 85, "85.00"),
        ("9999.99", 85, 85, "99.99"),
        ("10000.00", 85, 100, "100.00"),
        ("25000.00", 0, 100, "250.00"),
        # A level is left five points below it; that of 100 at once.
        ("6999.99", 70, 70, "69.99"),
        ("6500.00", 70, 70, "65.00"),
        ("6499.99", 70, 0, "64.99"),
        ("8000.00", 85, 85, "80.00"),
        ("7999.99", 85, 70, "79.99"),
        ("9999.99", 100, 85, "99.99"),
        ("8000.00", 100, 85, "80.00"),
    ],
)
def test_a_level_is_reached_exactly_and_left_some_points_below(
    used: str, before: int, level: int, percent: str
) -> None:
    found = exposure(used)
    assert found.level(LEVELS, before, 5) == level
    assert str(found.percent) == percent


def test_nothing_is_reached_of_no_limit() -> None:
    for limit in (None, "0"):
        assert exposure("500", limit).level(LEVELS, 0, 5) == 0
        assert exposure("500", limit).percent is None
    assert exposure("500", "0").available == -euros("500")


def test_the_formula_takes_in_what_is_disputed_unbilled_and_ordered_and_takes_off_what_was_paid() -> None:
    events = [
        granted(),
        invoice("A", "100.00"),
        event("2026-02-03", "dispute_opened", dispute="D", invoice="A"),
        event("2026-02-03", "order_placed", order="O-2", amount="200.00", currency="EUR"),
        event("2026-02-04", "provisioned", order="O-2"),
        event("2026-02-04", "order_placed", order="O-3", amount="9000.00", currency="EUR"),
        ORDER,
        asked_for("50.00"),
        sent("2026-02-05", "50.00"),
        event("2026-02-05", "payment_received", payment="Q", amount="7.00", currency="USD"),
    ]
    account = build(CUSTOMER, read_events(CUSTOMER, events))
    found = exposures(account, [euros("30.00")])
    assert list(found) == ["EUR", "USD"]
    assert found["EUR"].json() == {
        "currency": "EUR",
        "limit": "1000.00",
        "receivables": "100.00",
        "unbilled": "30.00",
        "orders": "200.00",
        "deposits": "50.00",
        "overpayment": "0.00",
        "exposure": "280.00",
        "available": "720.00",
        "percent": "28.00",
        "formula": "1",
    }
    assert (found["USD"].limit, str(found["USD"].total), str(found["USD"].overpayment)) == (
        None,
        "0.00 USD",
        "7.00 USD",
    )


@pytest.mark.parametrize("more", [{"order": "O-2"}, {}], ids=["by its name", "by its day"])
def test_an_order_counts_until_it_is_invoiced(more: dict[str, str]) -> None:
    order = event("2026-02-01", "order_placed", order="O-2", amount="200.00", currency="EUR")
    done = event("2026-02-02", "provisioned", order="O-2")
    before = build(CUSTOMER, read_events(CUSTOMER, [granted(), order, done]))
    after = build(CUSTOMER, read_events(CUSTOMER, [granted(), order, done, invoice("A", "200.00", **more)]))
    assert [exposures(each)["EUR"].orders for each in (before, after)] == [euros("200"), euros("0")]
    assert exposures(after)["EUR"].total == euros("200")


def owes(amount: str, name: str, at: str) -> Event:
    due = {"invoice": name, "amount": amount, "currency": "EUR", "due_on": "2026-06-30"}
    return event(at, "invoice_issued", **due)


def test_each_level_is_told_once_a_crossing_and_orders_are_blocked_a_day_after_the_last() -> None:
    outcome = play(
        granted(),
        owes("699.99", "A", "2026-02-02T10:00:00Z"),
        owes("0.01", "B", "2026-02-03T10:00:00Z"),
        owes("150.00", "C", "2026-02-04T10:00:00Z"),
        owes("150.00", "D", "2026-02-05T18:00:00Z"),
        paid("2026-02-10T10:00:00Z", "0.01", "P"),
        until="2026-02-20",
    )
    assert steps(outcome) == [
        "02-03 10:00 note-exposure/book",
        "02-03 10:00 credit-70/email",
        "02-04 10:00 note-exposure/book",
        "02-04 10:00 credit-85/email",
        "02-05 18:00 note-exposure/book",
        "02-06 09:00 credit-100/email",
        "02-07 09:00 block-orders/book",
        "02-10 10:00 note-exposure/book",
        "02-10 10:00 unblock-orders/book",
    ]


def test_what_swings_around_a_level_is_told_once_and_what_left_it_again() -> None:
    outcome = play(
        granted(),
        owes("700.00", "A", "2026-02-02T10:00:00Z"),
        paid("2026-02-03T10:00:00Z", "50.00", "P1"),
        owes("50.00", "B", "2026-02-04T10:00:00Z"),
        paid("2026-02-05T10:00:00Z", "50.01", "P2"),
        owes("50.01", "C", "2026-02-06T10:00:00Z"),
        until="2026-02-20",
    )
    assert [line for line in steps(outcome) if "email" in line] == [
        "02-02 10:00 credit-70/email",
        "02-06 10:00 credit-70/email",
    ]


def test_a_payment_lifts_our_block_and_no_others() -> None:
    full = [granted(), owes("1000.00", "A", "2026-02-02T10:00:00Z")]
    theirs = event("2026-02-04", "orders_blocked", reason="under investigation", by="maria")
    incident = event("2026-02-04", "orders_blocked", reason="mining", incident="I-7", by="arrears")
    outcome = play(*full, theirs, incident, paid("2026-02-09", "500.00"), until="2026-02-20")
    assert {block.reason for block in outcome.account.credit.blocks} == {"under investigation", "mining"}
    lifted = event("2026-02-10", "orders_unblocked", reason="cleared", incident="I-7")
    outcome = play(*full, theirs, incident, lifted, paid("2026-02-09", "500.00"), until="2026-02-20")
    assert [block.reason for block in outcome.account.credit.blocks] == ["under investigation"]


def test_a_person_who_lifts_our_block_is_not_overruled_until_the_limit_is_reached_anew() -> None:
    full = [granted(), owes("1000.00", "A", "2026-02-02T10:00:00Z")]
    lifted = event("2026-02-04T12:00:00Z", "orders_unblocked", reason="agreed", by="maria")
    outcome = play(*full, lifted, until="2026-03-20")
    assert [line for line in steps(outcome) if "block" in line] == ["02-03 10:00 block-orders/book"]
    anew = [paid("2026-02-10", "1.00"), owes("1.00", "B", "2026-02-11T10:00:00Z")]
    outcome = play(*full, lifted, *anew, until="2026-02-20")
    assert [line for line in steps(outcome) if "orders/" in line] == [
        "02-03 10:00 block-orders/book",
        "02-12 10:00 block-orders/book",
    ]


# --- looking at a limit again


@pytest.mark.parametrize(
    ("events", "when"),
    [
        pytest.param([invoice()], "05-01", id="60 days past due"),
        pytest.param(
            [event("2026-02-10", "credit_report_changed", provider="bureau", was="A", now="D")],
            "02-10",
            id="a report changed",
        ),
        pytest.param([granted(at="2025-03-02")], "03-02", id="a year"),
    ],
)
def test_a_person_looks_at_the_limit_again(events: list[Event], when: str) -> None:
    first = granted(at="2025-10-01") if events[0]["type"] != "credit_granted" else events.pop()
    quiet = policy(suspended_never())
    outcome = play(first, *events, under=quiet, until="2026-06-30")
    looks = [line for line in outcome.lines if line.step == "review-credit"]
    assert [f"{line.at:%m-%d}" for line in looks] == [when]
    assert not any(grant.limit == euros("0") for grant in outcome.account.credit.grants.values())


def suspended_never() -> dict[str, object]:
    return {"kind": "notice", "id": "only", "offset_days": 300, "template": "first"}


def test_two_broken_promises_are_a_reason_to_look() -> None:
    made = [
        event("2026-03-05", "promise_made", pay_on="2026-03-09"),
        event("2026-03-15", "promise_made", pay_on="2026-03-19"),
    ]
    outcome = play(granted(), invoice(), *made, under=policy(suspended_never()), until="2026-04-20")
    (look,) = [line for line in outcome.lines if line.step == "review-credit"]
    assert look.reason is not None
    assert look.reason.words == "2 promises were not kept: look at the limit of 1,000.00 EUR"


def paid_how(*events: Event, on: str = "2026-05-01") -> str:
    outcome = play(*events, until=on)
    at = Situation(policy=policy(), account=outcome.account, now=at_noon(on))
    (debt,) = outcome.account.debts
    return lateness(at, debt)


@pytest.mark.parametrize(
    ("events", "on", "how"),
    [
        ([], "2026-03-02", "not_due"),
        ([paid("2026-03-02")], "2026-05-01", "on_time"),
        ([], "2026-03-03", "late"),
        ([paid("2026-03-03T12:00:00Z")], "2026-05-01", "late"),
        ([paid("2026-03-16")], "2026-05-01", "late"),
        ([], "2026-03-20", "non_payment"),
        ([paid("2026-03-18")], "2026-05-01", "non_payment"),
        ([paid("2026-03-16", "99.99")], "2026-05-01", "non_payment"),
    ],
)
def test_late_is_paid_after_the_due_date_and_non_payment_not_by_the_final_notice(
    events: list[Event], on: str, how: str
) -> None:
    """The final notice about A goes out on 17 March."""
    assert paid_how(invoice(), *events, on=on) == how


def test_a_customer_who_never_paid_and_goes_on_is_for_a_person() -> None:
    bounced = event("2026-03-04", "contact_invalid", channel="email")
    usage = event("2026-03-04", "usage_reported", month="2026-03", amount="80.00", currency="EUR")
    account = build(CUSTOMER, read_events(CUSTOMER, [granted(), invoice(), bounced]))
    using = build(CUSTOMER, read_events(CUSTOMER, [granted(), invoice(), bounced, usage]))

    def asked(account: Account) -> list[str]:
        effects = plan(policy(), account, at_noon("2026-03-05")).effects
        return [effect.reason.words for effect in effects if effect.step == "never-paid"]

    (why,) = asked(using)
    assert why.startswith("A, the first, is 3 days past due, nothing was ever paid, email reach nobody")
    assert why.endswith("usage of 80.00 EUR goes on: decide whether the final notice goes out at once")
    assert asked(account) == []
    paid_before = read_events(CUSTOMER, [granted(), invoice(), bounced, usage, paid("2026-02-10", "1.00")])
    assert asked(build(CUSTOMER, paid_before)) == []


# --- who is not concerned, and what a policy may say


def test_whoever_has_no_orders_and_no_limit_is_planned_as_before() -> None:
    history = read_events(CUSTOMER, [invoice(), paid("2026-02-10", "500.00")])
    account = build(CUSTOMER, history)
    planned = plan(policy(), account, at_noon("2026-02-20"))
    assert not account.credit
    assert planned.effects == planned.held == ()


def test_a_policy_that_says_nothing_of_credit_keeps_its_version() -> None:
    spoken = policy(credit=CreditTerms().model_dump(mode="json"))
    assert spoken.version == policy().version
    assert policy(credit={"block_hours": 48}).version != policy().version


def test_levels_out_of_order_are_named_by_their_line() -> None:
    step = "{kind: notice, id: n, offset_days: 1, template: t}"
    text = f"policy: p\ntitle: P\nfor: {{segments: [b]}}\nsteps:\n  - {step}\n"
    with pytest.raises(BadDocument) as caught:
        read(f"{text}credit:\n  tell_at: [85, 70]\n", model=Policy, name="p.yaml")
    assert str(caught.value) == (
        "p.yaml:7: credit.tell_at.1: 70 comes after 85: write each level once, ascending"
    )


def test_an_account_without_credit_has_no_exposure() -> None:
    assert exposures(Account(customer=Customer(id="c"))) == {}
