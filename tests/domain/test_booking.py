"""Finance books what is proposed, and never more than the policy allows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account_fold import build
from domain.claim import Claim
from domain.commands import FeeEntry, read, words_of
from domain.facts import Fact, FeeBooked
from domain.interest.booking import booking
from domain.posting import post
from domain.refusals import allowed, refusal
from domain.simulation.events import read_events
from domain.situation import Situation
from tests.domain.playing import Event, event, paid
from tests.domain.test_interest_plan import (
    AGREED,
    COMPENSATED,
    INTEREST,
    LAW,
    RATES,
    VOID,
    WHOLE,
    booked,
    claim,
    issued,
    under,
    who,
)

NOTICE = claim("first", channel="email", at="2026-09-10")


def situation(
    *events: Event,
    claims: list[Claim] | None = None,
    on: str = "2026-10-30",
    terms: dict[str, Any] = LAW,
    country: str = "NL",
    segment: str = "business",
) -> Situation:
    customer = who(country, segment)
    account = build(customer, read_events(customer, events), claims or [], rates=RATES)
    now = datetime.fromisoformat(f"{on}T12:00").replace(tzinfo=UTC)
    return Situation(policy=under(**terms), account=account, now=now)


def entry(kind: str = "interest", **more: Any) -> FeeEntry:
    body = read("book_fee", {"invoice": "A", "kind": kind, **more})
    assert isinstance(body, FeeEntry)
    return body


def made(at: Situation, asked: FeeEntry) -> FeeBooked:
    body = booking(at, asked)
    assert isinstance(body, FeeBooked), body
    assert refusal(at, "book_fee", asked) is None
    return body


def test_interest_is_booked_as_proposed_with_formula_rows_and_its_last_day() -> None:
    """The UK example: 10,000 for 60 days is 193.15, and 100. Source: collections-practice.md, 7.2."""
    at = situation(issued(currency="GBP"), country="GB")

    interest, fixed = made(at, entry(by="maria")), made(at, entry("compensation"))

    law = "Late Payment of Commercial Debts (Interest) Act 1998"
    assert interest == FeeBooked(
        fee="A-I1",
        invoice="A",
        kind="interest",
        amount=Decimal("193.15"),
        currency="GBP",
        until=date(2026, 10, 30),
        basis=(
            f"{law}; SI 2002/1675 art. 4: Bank Rate and 8 %, simple:"
            " 10,000.00 GBP × 11.75 % × 60/365 = 193.15 GBP"
        ),
        rows=("uk-2026-h2",),
        by="maria",
    )
    assert (fixed.fee, fixed.amount, fixed.rows) == ("A-C1", Decimal("100.00"), ())
    assert fixed.basis == f"{law}, s. 5A: compensation 100.00 GBP"
    assert words_of(interest) == "booked interest of 193.15 GBP on A as A-I1"


def test_a_fee_of_a_step_is_booked_by_its_name() -> None:
    at = situation(issued(), claims=[NOTICE], terms=AGREED)

    body = made(at, entry("fee", step="first", due_on="2026-11-15"))

    assert (body.fee, body.amount, body.step) == ("A-F1", Decimal("5.00"), "first")
    assert body.due_on == date(2026, 11, 15)
    assert body.basis == "contract: Terms, section 7"


def test_the_next_booking_goes_on_where_the_last_one_ended_and_has_the_next_number() -> None:
    first = booked("2026-10-10", "113.97", fee="A-I1")

    body = made(situation(issued(), first), entry())

    assert (body.fee, body.amount, body.until) == ("A-I2", Decimal("56.99"), date(2026, 10, 30))


def test_what_has_no_rate_yet_is_left_for_a_later_booking() -> None:
    """Nobody has entered the ECB's rate of 2027: what is booked in January ends with 2026."""
    body = made(situation(issued(), on="2027-01-20"), entry())

    assert body.until == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("at", "asked", "answer"),
    [
        (situation(issued(), terms={}), entry(), "The policy asks for no interest or fees."),
        (
            situation(issued(), segment="consumer"),
            entry(amount="1.00", reason="they agreed"),
            "Customers of segment consumer owe no interest or fees.",
        ),
        (situation(), entry(), "Invoice A is not known for this customer."),
        (
            situation(issued(), booked("2026-10-30", "1.00")),
            FeeEntry(invoice="F", kind="interest"),
            "F is a fee itself: none is charged on a fee.",
        ),
        (
            situation(issued(), VOID, on="2026-11-20"),
            entry(amount="1.00", reason="r"),
            "Nothing of A was ever owed.",
        ),
        (situation(issued(), WHOLE, on="2026-11-20"), entry(), "Nothing of A was ever owed."),
        (situation(issued()), entry(fee="A"), "The number A is taken: leave it out, or give another."),
        (
            situation(issued()),
            entry(amount="171.00"),
            (
                "171.00 EUR is more than the 170.96 EUR that can be asked for on A:"
                " give a reason, or another amount."
            ),
        ),
        (situation(issued()), entry(amount="171.00", reason="agreed by letter"), None),
        (situation(issued()), entry(amount="100.00"), None),
        (situation(issued()), entry(amount="1.005"), "1.005 EUR: EUR has 2 decimals."),
        (
            situation(issued(), INTEREST),
            entry(),
            "No interest can be asked for on A; it is booked until 2026-10-30.",
        ),
        (
            situation(issued(), INTEREST),
            entry(amount="9.00"),
            (
                "No interest can be asked for on A; it is booked until 2026-10-30:"
                " give a reason, or another amount."
            ),
        ),
        (
            situation(issued(), COMPENSATED),
            entry("compensation"),
            "No compensation can be asked for on A.",
        ),
        (
            situation(issued(), country="US"),
            entry(),
            "No interest can be asked for on A; no table of rates is for customers of US.",
        ),
        (
            situation(issued(), terms=AGREED),
            entry("fee"),
            "Name the step whose fee it is: the policy has a fee for first.",
        ),
        (
            situation(issued(), terms=AGREED),
            entry("fee", step="first"),
            "The step first was not taken for A, so its fee is not owed.",
        ),
        (
            situation(
                issued(), booked("2026-09-11", "5", kind="fee", step="first"), claims=[NOTICE], terms=AGREED
            ),
            entry("fee", step="first"),
            "The fee for first is booked already, as F.",
        ),
        (  # no reason helps where the contract has a cap
            situation(issued(), terms=AGREED, on="2026-10-10"),
            entry(amount="100.01", reason="r"),
            "100.01 EUR exceeds the cap of 100.00 EUR for an invoice, of which 0.00 EUR is booked.",
        ),
        (situation(issued(), terms=AGREED, on="2026-10-10"), entry(amount="100.00", reason="r"), None),
    ],
)
def test_whether_it_may_be_booked(at: Situation, asked: FeeEntry, answer: str | None) -> None:
    assert refusal(at, "book_fee", asked) == answer


FEE = booked("2026-10-30", "170.96")


@pytest.mark.parametrize(
    ("events", "name", "data", "answer"),
    [
        ([], "waive_fee", {"fee": "F"}, "No fee is open."),
        ([], "cancel_fee", {"fee": "F"}, "No fee is booked."),
        ([FEE], "waive_fee", {"fee": "F"}, None),
        ([FEE], "cancel_fee", {"fee": "F"}, None),
        ([FEE], "waive_fee", {"fee": "X"}, "There is no fee X of this customer."),
        ([FEE], "cancel_fee", {"fee": "A"}, "There is no fee A of this customer."),
        (
            [FEE],
            "waive_fee",
            {"fee": "F", "amount": "171"},
            "171.00 EUR cannot be waived: 170.96 EUR are open on invoice F.",
        ),
        ([FEE], "waive_fee", {"fee": "F", "amount": "170.96"}, None),
        ([FEE, paid("2026-10-30", "170.96", invoice="F")], "waive_fee", {"fee": "F"}, "No fee is open."),
        ([FEE, paid("2026-10-30", "170.96", invoice="F")], "cancel_fee", {"fee": "F"}, None),
        (
            [FEE, COMPENSATED, event("2026-10-30T11:00Z", "fee_cancelled", fee="F", reason="r")],
            "cancel_fee",
            {"fee": "F"},
            "Fee F is cancelled already.",
        ),
        (
            [FEE, COMPENSATED, event("2026-10-30T11:00Z", "fee_waived", fee="F", reason="r")],
            "waive_fee",
            {"fee": "F"},
            "Nothing is open on fee F.",
        ),
    ],
)
def test_whether_a_fee_may_be_given_up(
    events: list[Event], name: str, data: dict[str, str], answer: str | None
) -> None:
    at = situation(issued(), *events, on="2026-11-02")

    assert refusal(at, name, read(name, {"reason": "r", **data})) == answer


def test_a_task_that_is_over_is_no_open_task() -> None:
    tasks = [claim("interest")]

    assert allowed(situation(issued(), claims=tasks))["complete_task"] is None
    over = situation(issued(), INTEREST, COMPENSATED, claims=tasks, on="2026-11-02")
    assert allowed(over)["complete_task"] == "No task is open."


amounts = st.integers(1, 12_000_00).map(lambda minor: f"{minor / 100:.2f}")


@given(
    st.sampled_from(["business", "consumer"]),
    st.lists(st.tuples(st.sampled_from(["interest", "compensation"]), st.none() | amounts), max_size=4),
    st.lists(amounts, max_size=3),
)
def test_whatever_is_booked_money_is_conserved_and_nothing_is_asked_for_twice(
    segment: str, wishes: list[tuple[str, str | None]], payments: list[str]
) -> None:
    """The sum of all that is open is what was invoiced and booked, less what was paid."""
    events = [issued(), *(paid(f"2026-10-{10 + i}", each, name=f"P{i}") for i, each in enumerate(payments))]
    history: list[Fact] = read_events(who(), events)
    customer, made_of = who(segment=segment), dict[str, int]()
    for kind, amount in wishes:
        account = build(customer, history, rates=RATES)
        at = Situation(policy=under(**LAW), account=account, now=datetime(2026, 10, 30, 12, tzinfo=UTC))
        body = booking(at, entry(kind, amount=amount))
        if isinstance(body, FeeBooked):
            assert segment != "consumer"
            assert kind not in made_of
            made_of[kind] = int(body.amount * 100)
            now = at.now
            history.append(
                Fact(
                    source="t", id=body.fee, happened_on=at.today, happened_at=now, learned_at=now, body=body
                )
            )

    book = post(history)

    open_ = sum(debt.open.minor for debt in book.debts) - sum(money.minor for money in book.unapplied)
    received = sum(int(Decimal(each) * 100) for each in payments)
    assert open_ == 10_000_00 + sum(made_of.values()) - received
    (debt, *_) = [debt for debt in book.debts if debt.invoice == "A"]
    paid_fees = [debt for debt in book.debts if debt.about and debt.open < debt.original]
    assert not (debt.open and paid_fees)
