"""What interest is reckoned on, as it comes out of the book: the base of each day for each history."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book
from domain.facts import Fact, read_body
from domain.interest.accrual import LateDebt
from domain.interest.late_debts import late_debt
from domain.money import Money
from domain.posting import post

DUE = date(2026, 8, 31)


def fact(late: int, type_: str, **fields: object) -> Fact:
    """A fact so many days past the due date."""
    on = DUE + timedelta(days=late)
    learned_at = datetime.combine(on, time(12), UTC)
    body = read_body({"type": type_, **fields})
    return Fact(
        source="test",
        id=f"{type_}-{late}-{sorted(fields.items(), key=str)}",
        happened_on=on,
        happened_at=None,
        learned_at=learned_at,
        body=body,
    )


def issued(name: str = "A", amount: str = "100.00", late: int = -30, **more: object) -> Fact:
    fields = {"invoice": name, "amount": amount, "currency": "EUR", "due_on": DUE.isoformat(), **more}
    return fact(late, "invoice_issued", **fields)


def paid(late: int, amount: str, *, name: str = "P", to: str | None = "A") -> Fact:
    return fact(late, "payment_received", payment=name, amount=amount, currency="EUR", invoice=to)


def credit(late: int, amount: str, *, name: str = "C", to: str = "A") -> Fact:
    return fact(late, "credit_note", credit_note=name, amount=amount, invoice=to)


def corrected(late: int, **more: object) -> Fact:
    return fact(late, "invoice_corrected", invoice="A", **more)


def of_book(history: list[Fact], name: str = "A") -> tuple[Book, LateDebt]:
    book = post(history)
    (debt,) = [debt for debt in book.debts if debt.invoice == name]
    found = late_debt(debt, entries=book.entries, history=history)
    assert found is not None
    return book, found


def bases(debt: LateDebt, *, as_of: int = 45) -> list[str]:
    """What is open of the debt on days 1, 15, 25 and 45, as known on day 45."""
    end = DUE + timedelta(days=as_of)
    owed = [debt.owed(DUE + timedelta(days=late), as_of=end) for late in (1, 15, 25, 45)]
    return [sum(parts[1:], parts[0]).plain() for parts in owed]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], ["100.00", "100.00", "100.00", "100.00"]),
        ([paid(10, "40.00")], ["100.00", "60.00", "60.00", "60.00"]),
        ([paid(10, "100.00")], ["100.00", "0.00", "0.00", "0.00"]),
        ([paid(10, "100.00"), fact(20, "charged_back", payment="P")], ["100.00", "0.00", "100.00", "100.00"]),
        ([fact(20, "write_off", invoice="A")], ["100.00", "100.00", "0.00", "0.00"]),
        # What was wrong was never owed.
        ([credit(20, "30.00")], ["70.00", "70.00", "70.00", "70.00"]),
        ([corrected(20, amount="60.00")], ["60.00", "60.00", "60.00", "60.00"]),
        ([fact(20, "invoice_voided", invoice="A")], ["0.00", "0.00", "0.00", "0.00"]),
        # The payment of what was wrong is released on the day on which that is known.
        ([paid(10, "100.00"), corrected(20, amount="60.00")], ["60.00", "0.00", "0.00", "0.00"]),
        ([paid(10, "80.00"), fact(20, "invoice_voided", invoice="A")], ["0.00", "0.00", "0.00", "0.00"]),
        # What comes on top is owed from its day.
        ([corrected(20, amount="130.00")], ["100.00", "100.00", "130.00", "130.00"]),
        (
            [credit(10, "30.00"), fact(20, "credit_note_cancelled", credit_note="C", invoice="A")],
            ["70.00", "70.00", "100.00", "100.00"],
        ),
        # Money that was there before the invoice pays it on the day of the invoice.
        ([paid(-40, "25.00")], ["75.00", "75.00", "75.00", "75.00"]),
        # What a credit note for another invoice leaves over pays like money.
        (
            [issued("B", "50.00"), paid(10, "50.00", to="B"), credit(20, "20.00", to="B")],
            ["100.00", "100.00", "80.00", "80.00"],
        ),
    ],
)
def test_the_base_of_each_day_is_what_the_history_makes_it(history: list[Fact], expected: list[str]) -> None:
    assert bases(of_book([issued(), *history])[1]) == expected


def test_instalments_are_parts_as_long_as_they_are_what_was_agreed() -> None:
    agreed = [{"due_on": "2026-08-31", "amount": "60.00"}, {"due_on": "2026-09-30", "amount": "40.00"}]

    _, kept = of_book([issued(instalments=agreed)])
    _, put_off = of_book([issued(instalments=agreed), corrected(5, due_on="2026-10-15")])
    _, wrong = of_book([issued(instalments=agreed[:1])])

    assert [(part.due_on.isoformat(), part.amount.plain()) for part in kept.parts] == [
        ("2026-08-31", "60.00"),
        ("2026-09-30", "40.00"),
    ]
    assert [(part.due_on.isoformat(), part.amount.plain()) for part in put_off.parts] == [
        ("2026-10-15", "100.00")
    ]
    assert [part.amount.plain() for part in wrong.parts] == ["100.00"]


days = st.integers(-40, 40)
sums = st.sampled_from(["10.00", "30.00", "60.00", "100.00", "140.00"])
news = st.one_of(
    st.builds(paid, days, sums, name=st.sampled_from("PQ"), to=st.sampled_from(["A", "B", None])),
    st.builds(credit, days, sums, name=st.sampled_from("CD"), to=st.sampled_from("AB")),
    st.builds(corrected, days, amount=sums),
    st.builds(fact, days, st.sampled_from(["refunded", "charged_back"]), payment=st.sampled_from("PQ")),
    st.builds(fact, days, st.just("chargeback_reversed"), payment=st.sampled_from("PQ")),
    st.builds(
        fact,
        days,
        st.just("credit_note_cancelled"),
        credit_note=st.sampled_from("CD"),
        invoice=st.sampled_from("AB"),
    ),
    st.builds(
        fact,
        days,
        st.sampled_from(["write_off", "write_off_undone", "invoice_voided"]),
        invoice=st.sampled_from("AB"),
    ),
)


@given(more=st.lists(news, max_size=8), seed=st.randoms())
def test_today_the_base_is_what_is_open_and_no_day_has_more_than_was_ever_owed(
    more: list[Fact], seed: Random
) -> None:
    history = [issued(), issued("B", "50.00", -20), *more]
    book, debt = of_book(history)
    today = DUE + timedelta(days=45)

    (open_,) = debt.owed(today, as_of=today)
    (owed,) = [debt.open for debt in book.debts if debt.invoice == "A"]

    assert open_ == owed
    most, running = 0, 0
    for entry in book.entries:
        if entry.invoice == "A":
            running += entry.amount.minor
            most = max(most, running)
    for late in range(1, 46):
        (base,) = debt.owed(DUE + timedelta(days=late), as_of=today)
        assert Money(0, "EUR") <= base <= Money(most, "EUR")
    shuffled = list(history)
    seed.shuffle(shuffled)
    assert bases(of_book(shuffled)[1]) == bases(debt)
