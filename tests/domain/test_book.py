"""What each money fact does to a balance, and that no money is lost or made on the way."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import facts
from domain.book import Book
from domain.facts import Fact, read_body
from domain.money import Money
from domain.posting import Posted, post

NEW_YEAR = date(2026, 1, 1)


def fact(day: int, type_: str, *, hour: int | None = None, id_: str = "", **fields: object) -> Fact:
    """Return a fact of the day `day` days after New Year; with an hour it has an instant too."""
    on = NEW_YEAR + timedelta(days=day)
    at = None if hour is None else datetime.combine(on, time(hour), UTC)
    learned_at = datetime.combine(on, time(12), UTC)
    body = read_body({"type": type_, **fields})
    number = id_ or f"{type_}-{day}-{hour}-{sorted(fields.items(), key=str)}"
    return Fact(source="test", id=number, happened_on=on, happened_at=at, learned_at=learned_at, body=body)


def invoice(
    day: int, name: str, amount: str, *, currency: str = "EUR", due: int = 30, **more: object
) -> Fact:
    due_on = (NEW_YEAR + timedelta(days=due)).isoformat()
    return fact(day, "invoice_issued", invoice=name, amount=amount, currency=currency, due_on=due_on, **more)


def paid(day: int, name: str, amount: str, to: str | None = None, currency: str = "EUR") -> Fact:
    return fact(day, "payment_received", payment=name, amount=amount, currency=currency, invoice=to)


def credit(day: int, name: str, amount: str, to: str = "A") -> Fact:
    return fact(day, "credit_note", credit_note=name, amount=amount, invoice=to)


def corrected(day: int, amount: str) -> Fact:
    return fact(day, "invoice_corrected", invoice="A", amount=amount)


def back(day: int, kind: str, amount: str | None = None, *, name: str = "P") -> Fact:
    return fact(day, kind, payment=name, amount=amount)


def cancelled(day: int) -> Fact:
    return fact(day, "credit_note_cancelled", credit_note="C", invoice="A")


def write_off(day: int) -> Fact:
    return fact(day, "write_off", invoice="A")


def undone(day: int) -> Fact:
    return fact(day, "write_off_undone", invoice="A")


def void(day: int) -> Fact:
    return fact(day, "invoice_voided", invoice="A")


def still(amount: str) -> tuple[str, str, int]:
    """Return what `debts` says of a part that has been open all the time."""
    return (amount, "open", 1)


def debts(book: Book) -> dict[str, tuple[str, str, int]]:
    """Return invoice -> (open amount, state, opening)."""
    return {debt.invoice: (debt.open.plain(), debt.state, debt.opening) for debt in book.debts}


def loose(book: Book) -> list[str]:
    return [str(money) for money in book.unapplied]


A100 = invoice(0, "A", "100.00")
B50 = invoice(0, "B", "50.00", due=40)
PAID = paid(5, "P", "100.00", "A")
OPEN, SETTLED = still("100.00"), ("0.00", "settled", 1)
REOPENED, RESETTLED = ("100.00", "open", 2), ("0.00", "settled", 2)
WRITTEN_OFF, VOID = ("0.00", "written_off", 1), ("0.00", "void", 1)
REFUND, CHARGEBACK, REVERSAL = "refunded", "charged_back", "chargeback_reversed"


@pytest.mark.parametrize(
    ("history", "expected", "unapplied"),
    [
        # invoices
        ([A100], {"A": OPEN}, []),
        ([A100, invoice(3, "A", "999.00")], {"A": OPEN}, []),
        ([invoice(0, "A", "1000", currency="JPY")], {"A": ("1000", "open", 1)}, []),
        ([invoice(0, "A", "0.125", currency="KWD")], {"A": ("0.125", "open", 1)}, []),
        # corrections
        ([A100, corrected(1, "80.00")], {"A": still("80.00")}, []),
        ([A100, corrected(1, "120.00")], {"A": still("120.00")}, []),
        ([A100, PAID, corrected(6, "60.00")], {"A": SETTLED}, ["40.00 EUR"]),
        ([A100, PAID, corrected(6, "130.00")], {"A": ("30.00", "open", 2)}, []),
        (
            [A100, credit(1, "C", "30.00"), PAID, corrected(6, "80.00")],
            {"A": SETTLED},
            ["50.00 EUR"],
        ),
        (
            [A100, paid(5, "P", "150.00", "A"), corrected(6, "140.00")],
            {"A": RESETTLED},
            ["10.00 EUR"],
        ),
        ([corrected(6, "60.00")], {}, []),
        # payments
        ([A100, PAID], {"A": SETTLED}, []),
        ([A100, PAID, replace(PAID, id="again")], {"A": SETTLED}, []),
        ([A100, paid(5, "P", "40.00", "A")], {"A": still("60.00")}, []),
        ([A100, paid(5, "P", "140.00", "A")], {"A": SETTLED}, ["40.00 EUR"]),
        ([A100, B50, paid(5, "P", "140.00", "A")], {"A": SETTLED, "B": still("10.00")}, []),
        (  # of two that name one invoice, the second pays the next
            [A100, B50, PAID, paid(6, "Q", "30.00", "A")],
            {"A": SETTLED, "B": still("20.00")},
            [],
        ),
        (
            [A100, B50, write_off(4), paid(5, "P", "30.00", "A")],
            {"A": WRITTEN_OFF, "B": still("20.00")},
            [],
        ),
        ([A100, B50, paid(5, "P", "30.00", "X")], {"A": OPEN, "B": still("50.00")}, ["30.00 EUR"]),
        (  # a dollar pays no debt in euros
            [A100, B50, paid(5, "P", "30.00", "A", currency="USD")],
            {"A": OPEN, "B": still("50.00")},
            ["30.00 USD"],
        ),
        ([A100, B50, paid(5, "P", "120.00")], {"A": SETTLED, "B": still("30.00")}, []),
        ([A100, B50, paid(5, "P", "170.00")], {"A": SETTLED, "B": SETTLED}, ["20.00 EUR"]),
        ([paid(-5, "P", "100.00", "A"), A100], {"A": SETTLED}, []),
        ([paid(-5, "P", "100.00"), A100], {"A": SETTLED}, []),
        ([paid(-5, "P", "120.00"), A100, invoice(9, "C", "50.00")], {"A": SETTLED, "C": still("30.00")}, []),
        ([A100, paid(5, "P", "100.00", "X")], {"A": OPEN}, ["100.00 EUR"]),
        ([A100, paid(5, "P", "100.00", currency="USD")], {"A": OPEN}, ["100.00 USD"]),
        ([A100, paid(5, "P", "100.00", "A", currency="USD")], {"A": OPEN}, ["100.00 USD"]),
        (
            [A100, B50, paid(5, "P", "100.00"), paid(5, "Q", "100.00", "A")],
            {"A": SETTLED, "B": SETTLED},
            ["50.00 EUR"],
        ),
        # credit notes
        ([A100, credit(2, "C", "30.00")], {"A": still("70.00")}, []),
        ([A100, credit(2, "C", "130.00")], {"A": SETTLED}, ["30.00 EUR"]),
        (
            [A100, credit(2, "C", "30.00"), replace(credit(2, "C", "30.00"), id="again")],
            {"A": still("70.00")},
            [],
        ),
        ([A100, credit(-2, "C", "30.00")], {"A": still("70.00")}, []),
        ([credit(2, "C", "30.00")], {}, []),
        (
            [A100, credit(2, "C", "30.00"), cancelled(3)],
            {"A": OPEN},
            [],
        ),
        (
            [A100, credit(2, "C", "100.00"), cancelled(3)],
            {"A": REOPENED},
            [],
        ),
        ([A100, cancelled(3)], {"A": OPEN}, []),
        # refunds
        ([A100, PAID, back(6, REFUND)], {"A": REOPENED}, []),
        ([A100, PAID, back(6, REFUND, "30.00")], {"A": ("30.00", "open", 2)}, []),
        ([A100, PAID, back(6, REFUND, "999.00")], {"A": REOPENED}, []),
        ([A100, paid(5, "P", "140.00", "A"), back(6, REFUND, "40.00")], {"A": SETTLED}, []),
        ([A100, paid(5, "P", "140.00", "A"), back(6, REFUND)], {"A": REOPENED}, []),
        ([A100, PAID, back(6, REFUND, name="X")], {"A": SETTLED}, []),
        ([A100, PAID, back(4, REFUND)], {"A": REOPENED}, []),
        (
            [A100, PAID, back(6, REFUND, "30.00"), back(7, REFUND, "20.00")],
            {"A": ("50.00", "open", 2)},
            [],
        ),
        (  # not settled, and still another debt: what was open has at least doubled
            [A100, paid(5, "P", "99.50", "A"), back(6, CHARGEBACK)],
            {"A": REOPENED},
            [],
        ),
        ([A100, paid(5, "P", "50.00", "A"), back(6, REFUND)], {"A": REOPENED}, []),
        ([A100, paid(5, "P", "49.99", "A"), back(6, REFUND)], {"A": OPEN}, []),
        (  # bit by bit is no way around it
            [A100, paid(5, "P", "90.00", "A"), back(6, REFUND, "9.00"), back(7, REFUND, "9.00")],
            {"A": ("28.00", "open", 2)},
            [],
        ),
        ([A100, credit(2, "C", "60.00"), cancelled(3)], {"A": REOPENED}, []),
        ([A100, corrected(3, "150.00")], {"A": still("150.00")}, []),
        ([A100, corrected(3, "200.00")], {"A": ("200.00", "open", 2)}, []),
        ([A100, PAID, paid(6, "Q", "40.00"), back(7, REFUND)], {"A": ("60.00", "open", 2)}, []),
        # chargebacks
        ([A100, PAID, back(6, CHARGEBACK)], {"A": REOPENED}, []),
        ([A100, PAID, back(6, CHARGEBACK), back(9, REVERSAL)], {"A": RESETTLED}, []),
        (
            [A100, PAID, back(6, CHARGEBACK), back(9, REVERSAL, "40.00")],
            {"A": ("60.00", "open", 2)},
            [],
        ),
        ([A100, PAID, back(9, REVERSAL)], {"A": SETTLED}, []),
        (
            [
                A100,
                PAID,
                back(6, REFUND, "30.00"),
                back(7, CHARGEBACK),
                back(8, REVERSAL),
            ],
            {"A": ("30.00", "open", 3)},
            [],
        ),
        (
            [
                A100,
                PAID,
                back(6, CHARGEBACK),
                paid(7, "Q", "100.00", "A"),
                back(8, REVERSAL),
            ],
            {"A": RESETTLED},
            ["100.00 EUR"],
        ),
        (
            [
                A100,
                PAID,
                fact(6, CHARGEBACK, payment="P", hour=9),
                fact(6, REVERSAL, payment="P", hour=10),
                fact(6, CHARGEBACK, payment="P", hour=11, id_="again"),
            ],
            {"A": ("100.00", "open", 3)},
            [],
        ),
        # write-offs
        ([A100, write_off(9)], {"A": WRITTEN_OFF}, []),
        ([A100, paid(5, "P", "40.00", "A"), write_off(9)], {"A": WRITTEN_OFF}, []),
        ([A100, PAID, write_off(9)], {"A": SETTLED}, []),
        (
            [
                A100,
                paid(5, "P", "40.00", "A"),
                write_off(9),
                undone(12),
            ],
            {"A": ("60.00", "open", 2)},
            [],
        ),
        ([A100, undone(12)], {"A": OPEN}, []),
        ([A100, write_off(9), paid(10, "P", "100.00", "A")], {"A": WRITTEN_OFF}, ["100.00 EUR"]),
        (
            [
                A100,
                write_off(9),
                paid(10, "P", "100.00", "A"),
                undone(11),
            ],
            {"A": RESETTLED},
            [],
        ),
        (
            [
                A100,
                paid(5, "P", "40.00", "A"),
                write_off(9),
                back(10, CHARGEBACK),
            ],
            {"A": WRITTEN_OFF},
            [],
        ),
        (
            [
                A100,
                paid(5, "P", "40.00", "A"),
                write_off(9),
                back(10, CHARGEBACK),
                undone(11),
            ],
            {"A": REOPENED},
            [],
        ),
        (
            [
                A100,
                write_off(9),
                fact(12, "write_off_undone", invoice="A", hour=9),
                fact(12, "write_off", invoice="A", hour=10),
            ],
            {"A": ("0.00", "written_off", 2)},
            [],
        ),
        # voids
        ([A100, void(9)], {"A": VOID}, []),
        ([A100, void(-9)], {"A": VOID}, []),
        (
            [A100, paid(5, "P", "40.00", "A"), void(9)],
            {"A": VOID},
            ["40.00 EUR"],
        ),
        (
            [A100, B50, paid(5, "P", "40.00"), void(9)],
            {"A": VOID, "B": still("10.00")},
            [],
        ),
        ([A100, void(9), paid(10, "P", "9.00", "A")], {"A": VOID}, ["9.00 EUR"]),
        ([A100, write_off(9), void(10), undone(11)], {"A": VOID}, []),
        (
            [
                A100,
                credit(2, "C", "30.00"),
                void(9),
                cancelled(10),
            ],
            {"A": VOID},
            [],
        ),
        (
            [A100, void(9), corrected(10, "70.00")],
            {"A": VOID},
            [],
        ),
    ],
)
def test_what_a_history_leaves_open(
    history: list[Fact], expected: dict[str, tuple[str, str, int]], unapplied: list[str]
) -> None:
    book = post(history)

    assert debts(book) == expected
    assert loose(book) == unapplied


@pytest.mark.parametrize(
    ("allocation", "expected"),
    [
        ("oldest_due", {"old": still("100.00"), "soon": ("0.00", "settled", 1)}),
        ("oldest_invoice", {"old": ("0.00", "settled", 1), "soon": still("100.00")}),
    ],
)
def test_unnamed_money_pays_in_the_order_that_the_policy_says(
    allocation: str, expected: dict[str, tuple[str, str, int]]
) -> None:
    history = [invoice(0, "old", "100.00", due=60), invoice(5, "soon", "100.00", due=20), paid(9, "P", "100")]

    assert debts(post(history, allocation=allocation)) == expected


@pytest.mark.parametrize(
    ("day", "due", "opening"),
    [
        (40, 90, 2),  # put off into the future: what was said about the old day warns of nothing
        (40, 35, 1),  # later, but over already
        (40, 20, 1),  # earlier
        (40, 30, 1),  # the same, as a nightly import repeats it
    ],
)
def test_a_due_date_put_off_into_the_future_opens_the_debt_again(day: int, due: int, opening: int) -> None:
    due_on = (NEW_YEAR + timedelta(days=due)).isoformat()

    (debt,) = post([A100, fact(day, "invoice_corrected", invoice="A", due_on=due_on)]).debts

    assert (debt.due_on.isoformat(), debt.opening) == (due_on, opening)
    assert debt.open == Money.of("100.00", "EUR")


def test_a_new_due_date_does_not_open_what_is_paid() -> None:
    (debt,) = post([A100, PAID, fact(40, "invoice_corrected", invoice="A", due_on="2026-06-01")]).debts

    assert (debt.state, debt.opening) == ("settled", 1)


def test_an_opening_has_its_day() -> None:
    (debt,) = post([A100, PAID, back(66, CHARGEBACK)]).debts

    assert debt.opened_on == NEW_YEAR + timedelta(days=66)
    assert debt.issued_on == NEW_YEAR


@pytest.mark.parametrize(("on", "late"), [("2026-01-30", -1), ("2026-01-31", 0), ("2026-02-03", 3)])
def test_days_late_count_from_the_due_date(on: str, late: int) -> None:
    (debt,) = post([A100]).debts

    assert debt.days_late(date.fromisoformat(on)) == late


def test_what_is_dated_before_its_invoice_is_posted_with_it() -> None:
    """A balance of an earlier day must not know of a credit on an invoice that was not there yet."""
    book = post([A100, credit(-2, "C", "30.00")])

    assert {entry.on for entry in book.entries} == {NEW_YEAR}


# --- promises ------------------------------------------------------------------------------------

INVOICES, PAYMENTS, CREDITS = ["A", "B", "C"], ["P", "Q", "R"], ["X", "Y"]
amounts = st.integers(1, 300_00).map(lambda minor: f"{minor / 100:.2f}")
parts = st.none() | amounts
days = st.integers(0, 20)


@st.composite
def money_facts(draw: st.DrawFn) -> Fact:
    day, hour = draw(days), draw(st.none() | st.integers(0, 23))
    a, p, c = draw(st.sampled_from(INVOICES)), draw(st.sampled_from(PAYMENTS)), draw(st.sampled_from(CREDITS))
    currency = draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"]))
    due_on = (NEW_YEAR + timedelta(days=draw(st.integers(0, 40)))).isoformat()
    kind = draw(st.sampled_from(["invoice", "payment", "credit", REFUND, CHARGEBACK, REVERSAL, "other"]))
    id_ = str(draw(st.integers(0, 10**9)))
    match kind:
        case "invoice":
            fields = {"type_": "invoice_issued", "amount": draw(amounts), "invoice": a, "due_on": due_on}
            fields["currency"] = currency
        case "payment":
            fields = {
                "type_": "payment_received",
                "amount": draw(amounts),
                "payment": p,
                "currency": currency,
            }
            fields["invoice"] = draw(st.none() | st.just(a))
        case "credit":
            fields = {"type_": "credit_note", "credit_note": c, "invoice": a, "amount": draw(amounts)}
        case "other":
            others = ["write_off", "write_off_undone", "invoice_voided", "invoice_corrected"]
            fields = {"type_": draw(st.sampled_from([*others, "credit_note_cancelled"])), "invoice": a}
            if fields["type_"] == "invoice_corrected":
                fields |= {"amount": draw(parts), "due_on": draw(st.none() | st.just(due_on))}
            if fields["type_"] == "credit_note_cancelled":
                fields |= {"credit_note": c, "amount": draw(parts)}
        case _:
            fields = {"type_": kind, "payment": p, "amount": draw(parts)}
    return fact(day, hour=hour, id_=id_, **fields)


histories = st.lists(money_facts(), max_size=16, unique_by=lambda each: each.id)
started = histories.map(lambda rest: [A100, invoice(0, "B", "70.00", currency="EUR"), PAID, *rest])


def total_by_fact(book: Book) -> dict[str, dict[str, int]]:
    """Return fact -> currency -> what its entries add up to."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entry in book.entries:
        totals[entry.fact][entry.amount.currency] += entry.amount.minor
    return totals


def expected_totals(history: Sequence[Fact], book: Book) -> dict[str, int]:
    """What each fact must add up to, from the amounts alone: it knows nothing of allocation."""
    order = list(dict.fromkeys(entry.fact for entry in book.entries))
    bodies = {each.id: each.body for each in history}
    held: dict[str, int] = {}
    gone: dict[str, int] = {}
    asked: dict[str, int] = {}
    expected = {}
    for name in order:
        body = bodies[name]
        minor = int((getattr(body, "amount", None) or Decimal(0)) * 100)
        match body:
            case facts.InvoiceIssued():
                expected[name] = asked[body.invoice] = minor
            case facts.InvoiceCorrected():
                expected[name] = minor - asked[body.invoice]
                asked[body.invoice] = minor
            case facts.PaymentReceived():
                held[body.payment] = minor
                expected[name] = -minor
            case facts.CreditNote():
                held[body.credit_note] = minor
                expected[name] = -minor
            case facts.Refunded() | facts.ChargedBack() | facts.CreditNoteCancelled():
                key = body.credit_note if isinstance(body, facts.CreditNoteCancelled) else body.payment
                taken = min(minor or held[key], held[key])
                held[key] -= taken
                if isinstance(body, facts.ChargedBack):
                    gone[key] = gone.get(key, 0) + taken
                expected[name] = taken
            case facts.ChargebackReversed():
                given = min(minor or gone[body.payment], gone[body.payment])
                gone[body.payment] -= given
                held[body.payment] += given
                expected[name] = -given
    return expected


@settings(max_examples=120)
@given(started)
def test_money_is_conserved(history: list[Fact]) -> None:
    """What every fact posts is what it says, to the cent; write-offs and voids have their own test below."""
    book = post(history)
    totals = total_by_fact(book)
    final = {debt.invoice for debt in book.debts if debt.state in ("void", "written_off")}

    for name, minor in expected_totals(history, book).items():
        credited = next(each.body for each in history if each.id == name)
        if isinstance(credited, facts.CreditNoteCancelled | facts.Refunded | facts.ChargedBack) and final:
            assert sum(totals[name].values()) <= minor  # a part may have gone where nothing is owed
        else:
            assert sum(totals[name].values()) == minor


@settings(max_examples=120)
@given(started)
def test_the_entries_of_a_debt_sum_to_what_is_open_and_the_others_to_the_credit(history: list[Fact]) -> None:
    book = post(history)
    sums: dict[tuple[str | None, str], int] = defaultdict(int)
    for entry in book.entries:
        sums[entry.invoice, entry.amount.currency] += entry.amount.minor

    for debt in book.debts:
        assert sums.pop((debt.invoice, debt.open.currency), 0) == debt.open.minor
    left = {currency: -minor for (_, currency), minor in sums.items() if minor}
    assert left == {money.currency: money.minor for money in book.unapplied}


@settings(max_examples=120)
@given(started)
def test_nothing_is_open_below_zero_and_the_state_says_so(history: list[Fact]) -> None:
    book = post(history)

    assert all(money.minor > 0 for money in book.unapplied)
    for debt in book.debts:
        assert debt.open.minor >= 0
        assert (debt.state == "open") == (debt.open.minor > 0)
        assert debt.opening >= 1


@settings(max_examples=120)
@given(started, st.randoms(use_true_random=False))
def test_the_book_does_not_depend_on_the_order_or_the_numbers_of_the_facts(
    history: list[Fact], random: Random
) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    renumbered = [replace(each, id=f"{n}", source="other") for n, each in enumerate(shuffled)]

    assert post(shuffled) == post(history)
    again = post(renumbered)
    assert (again.debts, again.unapplied) == (post(history).debts, post(history).unapplied)


@settings(max_examples=120)
@given(started)
def test_money_is_never_idle_while_something_is_owed(history: list[Fact]) -> None:
    """Whoever has paid enough is not chased; only what names an invoice that nobody knows waits for it."""
    issued = {each.body.invoice for each in history if isinstance(each.body, facts.InvoiceIssued)}
    book = post(
        each
        for each in history
        if not isinstance(each.body, facts.PaymentReceived) or each.body.invoice in {None, *issued}
    )

    credit_in = {money.currency for money in book.unapplied}
    assert not [debt for debt in book.debts if debt.open and debt.open.currency in credit_in]


def test_what_comes_late_is_posted_where_it_belongs_and_nothing_before_it_is_forgotten() -> None:
    first = [invoice(0, "A", "100.00"), paid(5, "P", "10.00", "A")]
    late, last = invoice(5, "B", "5.00"), corrected(6, "110.00")
    posted = Posted("oldest_due")
    for new in (first, [late], [last]):
        posted.learn(new)

    assert posted.book == post([*first, late, last])
    assert [debt.opening for debt in posted.book.debts] == [1, 1]


@settings(max_examples=120)
@given(started, st.randoms(use_true_random=False))
def test_a_book_that_grows_in_any_order_is_the_one_that_is_posted_at_once(
    history: list[Fact], random: Random
) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    posted = Posted("oldest_due")
    for known, each in enumerate(shuffled, start=1):
        posted.learn([each])
        assert posted.book == post(shuffled[:known])
