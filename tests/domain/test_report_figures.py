"""The reports from values: months that add up, promises, disputes, suspensions, contacts, cash, allowance."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import facts
from domain.ageing import BUCKETS, age
from domain.documents import BadDocument, read
from domain.facts import (
    DisputeOpened,
    DisputeResolved,
    Fact,
    SubscriptionReactivated,
    SubscriptionSuspended,
    SubscriptionTerminated,
)
from domain.instalment_plans import agreed_plans
from domain.money import Money
from domain.posting import post
from domain.posting_order import is_money
from domain.promises import told
from domain.reports import aged
from domain.reports.allowance import LossRates, allowance_sheet
from domain.reports.contacted import came_in_after
from domain.reports.conversion import Conversion, NoRate
from domain.reports.disputed import contested, disputes_sheet
from domain.reports.expected import by_agreements, forecast_sheet, week_of
from domain.reports.held import HeldBack, held_sheet
from domain.reports.items import FLOWS, Item, Posted, balances
from domain.reports.months import converted, ends, months_of, newest, roll_forward
from domain.reports.promised import given as given_by
from domain.reports.promised import promises_sheet
from domain.reports.sheet import Report, Sheet, column
from domain.reports.suspended import suspended, suspensions_sheet
from domain.reports.turnover import cei_sheet, dso_sheet, outstanding
from domain.simulation.events import read_events
from tests.domain.playing import CUSTOMER, event, invoice, paid
from tests.effort import examples

AS_OF = date(2026, 3, 31)
DAY = date(2026, 1, 1)


def item(name="A", *, due=date(2026, 3, 2), currency="EUR", customer="c-1", **posted) -> Item:
    """An item; what is posted is written as flow=[(day, minor), ...]."""
    return Item(
        customer=customer,
        invoice=name,
        currency=currency,
        due_on=None if name is None else due,
        posted=sorted(
            (Posted(on, flow, m) for flow, all_ in posted.items() for on, m in all_), key=lambda p: p.on
        ),
    )


def rows(sheet: Sheet) -> list[dict]:
    return [dict(zip([c.key for c in sheet.columns], row, strict=True)) for row in sheet.rows]


# --- months, DSO and CEI


def collections_practice() -> list[Item]:
    """A quarter with the figures of collections-practice.md 6.3, in euros: 1,500,000 sold, 900,000 open."""
    late, to_come = date(2026, 3, 30), date(2026, 3, 31)
    return [
        item(
            "JAN",
            due=late,
            invoiced=[(date(2026, 1, 9), 400_000_00)],
            received=[(date(2026, 2, 9), -400_000_00)],
        ),
        item(
            "FEB",
            due=late,
            invoiced=[(date(2026, 2, 9), 600_000_00)],
            received=[(date(2026, 3, 9), -300_000_00)],
        ),
        item("MAR", due=to_come, invoiced=[(date(2026, 3, 9), 500_000_00)]),
        item("MORE", due=to_come, invoiced=[(date(2026, 2, 9), 100_000_00)]),
        item(
            "RUN",
            due=late,
            invoiced=[(date(2026, 3, 1), -100_000_00)],
            received=[(date(2026, 3, 9), 100_000_00)],
        ),
    ]


def test_dso_of_a_quarter_counts_its_real_days() -> None:
    """January to March 2026 are 90 days: 900,000 of 1,500,000 are 54.0 days, the not due 600,000 are 36.0."""
    months = months_of(collections_practice(), as_of=AS_OF, shown=3)
    (last,) = outstanding(months, shown=1, period=3)
    assert (last.sales, last.days) == (1_500_000_00, 90)
    assert (last.month.closing, last.month.not_due) == (900_000_00, 600_000_00)
    figures = (last.simple, last.best_possible, last.delinquent)
    assert figures == (Decimal("54.00"), Decimal("36.00"), Decimal("18.00"))
    # March sold 400,000 in 31 days; 500,000 of February's 700,000 are left, of 28 days.
    assert last.by_countback == Decimal("51.00")


def test_before_the_ledger_reaches_back_so_far_there_is_no_simple_dso() -> None:
    months = months_of(collections_practice(), as_of=AS_OF, shown=3)
    january, february, _ = rows(dso_sheet(months, shown=3, period=2))
    assert (january["sales"], january["dso"], january["average_days_delinquent"]) == (None, None, None)
    assert january["dso_countback"] is not None
    assert february["sales"] == Money(1_100_000_00, "EUR")


def test_cei_of_a_month_from_its_own_figures() -> None:
    """Opening 1,000,000, charged 500,000, closing 900,000, of it not due 600,000: 66.67 (6.3)."""
    items = [
        item(
            "OLD",
            due=date(2026, 2, 28),
            invoiced=[(date(2026, 2, 1), 1_000_000)],
            received=[(date(2026, 3, 2), -600_000)],
        ),
        item("OLDER", due=date(2026, 3, 1), invoiced=[(date(2026, 3, 1), -100_000)]),
        item("NEW", due=date(2026, 4, 9), invoiced=[(date(2026, 3, 9), 600_000)]),
    ]
    (march,) = newest(months_of(items, as_of=AS_OF, shown=1), 1)
    assert (march.opening, march.sales, march.closing, march.not_due) == (
        1_000_000,
        500_000,
        900_000,
        600_000,
    )
    (row,) = rows(cei_sheet([march]))
    assert row["cei_percent"] == Decimal("66.67")


def test_a_month_that_is_not_over_says_until_when_it_is_counted() -> None:
    items = [item(invoiced=[(date(2026, 3, 9), 100)])]
    (month,) = months_of(items, as_of=date(2026, 3, 20), shown=1)
    assert (month.label, month.days) == ("2026-03 to 20", 20)
    (row,) = rows(dso_sheet([month], shown=1, period=1))
    assert (row["days"], row["dso"]) == (20, Decimal("20.00"))


posted = st.tuples(
    st.sampled_from(sorted(set(FLOWS.values()))), st.integers(0, 89), st.integers(-500, 500).filter(bool)
)
drawn = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", None]),
        st.sampled_from(["EUR", "USD"]),
        st.integers(0, 120),
        st.lists(posted, max_size=6),
    ),
    max_size=12,
)


def items_of(drawn) -> list[Item]:
    return [
        Item(
            customer=f"c-{place % 3}",
            invoice=None if name is None else f"{name}-{place}",
            currency=currency,
            due_on=None if name is None else DAY + timedelta(days=due),
            posted=[Posted(DAY + timedelta(days=day), flow, minor) for flow, day, minor in each],
        )
        for place, (name, currency, due, each) in enumerate(drawn)
    ]


@given(drawn, st.integers(0, 89))
def test_each_month_adds_up_and_ends_as_the_ageing_does(drawn, day) -> None:
    items, as_of = items_of(drawn), DAY + timedelta(days=day)
    cut = [
        Item(
            customer=i.customer,
            invoice=i.invoice,
            currency=i.currency,
            due_on=i.due_on,
            posted=[p for p in i.posted if p.on <= as_of],
        )
        for i in items
    ]
    months = months_of(cut, as_of=as_of, shown=12)
    for month in months:
        moved = month.invoiced + month.credited + month.fees + month.received + month.written_off
        assert month.opening + moved + month.unapplied == month.closing
    ageing = age((balance for _, balance in balances(cut, as_of)), as_of)
    for month in newest(months, 1):
        row = ageing.currencies.get(month.currency)
        assert month.closing == (row.total.minor if row else 0)
        assert month.not_due == (row.buckets[0].minor if row else 0)
        listed = [each for each in rows(aged.behind(cut, as_of)) if each["currency"] == month.currency]
        assert sum(each["open"].minor for each in listed if each["invoice"]) == month.closing


@given(drawn, st.randoms())
def test_the_order_of_items_and_of_what_was_posted_changes_nothing(drawn, chance) -> None:
    items = items_of(drawn)
    shuffled = [
        Item(
            customer=i.customer,
            invoice=i.invoice,
            currency=i.currency,
            due_on=i.due_on,
            posted=chance.sample(i.posted, len(i.posted)),
        )
        for i in chance.sample(items, len(items))
    ]
    first, second = (months_of(each, as_of=AS_OF, shown=4) for each in (items, shuffled))
    assert first == second
    assert rows(dso_sheet(first, shown=4, period=2)) == rows(dso_sheet(second, shown=4, period=2))


def test_the_ends_of_months_are_told_back_from_the_day_of_the_report() -> None:
    assert ends(date(2026, 3, 15), 3) == [date(2026, 3, 15), date(2026, 2, 28), date(2026, 1, 31)]


# --- conversion


RATES = Conversion(into="EUR", rates={"USD": Decimal("0.92"), "JPY": Decimal("0.006")}, stated_on=AS_OF)


@pytest.mark.parametrize(
    ("amount", "euros"),
    [(Money(100_00, "USD"), 92_00), (Money(1_000, "JPY"), 6_00), (Money(7, "EUR"), 7), (Money(1, "USD"), 1)],
)
def test_money_is_converted_with_the_decimals_of_both(amount, euros) -> None:
    assert RATES.money(amount) == Money(euros, "EUR")


def test_a_currency_without_a_rate_is_refused_with_what_to_write() -> None:
    with pytest.raises(NoRate, match=r"money in GBP: .* in EUR, such as GBP=1\.25"):
        RATES.need(["EUR", "GBP"])


def test_the_ageing_in_one_currency_shows_its_rates_and_adds_up() -> None:
    items = [
        item("A", due=date(2026, 3, 31), invoiced=[(DAY, 100_00)]),
        item("B", due=date(2026, 2, 27), currency="USD", invoiced=[(DAY, 50_00)]),
        item("C", due=date(2026, 3, 30), currency="JPY", invoiced=[(DAY, 1_001)]),
    ]
    ageing = age((balance for _, balance in balances(items, AS_OF)), AS_OF)
    sheet = aged.ageing_sheet(ageing, RATES)
    *each, last = rows(sheet)
    assert [(row["currency"], row["rate"]) for row in each] == [
        ("EUR", Decimal(1)),
        ("JPY", Decimal("0.006")),
        ("USD", Decimal("0.92")),
    ]
    assert (last["currency"], last["total"]) == ("all in EUR", Money(100_00 + 6_01 + 46_00, "EUR"))
    assert last["total"].minor == sum(last[name].minor for name in BUCKETS)
    assert sheet.notes == (
        (
            "Converted into EUR at rates that finance stated as of 2026-03-31:"
            " 1 JPY = 0.006 EUR, 1 USD = 0.92 EUR."
        ),
    )


amounts = st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=8)


@given(amounts, st.decimals("0.0001", "200", places=4))
def test_converted_parts_add_up_to_the_converted_total_within_a_cent_each(minors, rate) -> None:
    rates = Conversion(into="EUR", rates={"USD": rate}, stated_on=AS_OF)
    parts = [Money(minor, "USD") for minor in minors]
    total = rates.money(Money(sum(minors), "USD"))
    found = rates.parts(parts, total)
    assert sum(part.minor for part in found) == total.minor
    for part, exact in zip(found, parts, strict=True):
        assert abs(part.minor - exact.minor * rate) <= 1


@given(drawn, st.decimals("0.0001", "200", places=4))
def test_converted_months_add_up_and_end_as_the_converted_ageing(drawn, rate) -> None:
    items = items_of(drawn)
    rates = Conversion(into="EUR", rates={"USD": rate}, stated_on=AS_OF)
    ageing = age((balance for _, balance in balances(items, AS_OF)), AS_OF)
    months = converted(months_of(items, as_of=AS_OF, shown=1), rates)
    for month in months:
        moved = month.invoiced + month.credited + month.fees + month.received + month.written_off
        assert month.opening + moved + month.unapplied == month.closing
    totals = [row["total"].minor for row in rows(aged.ageing_sheet(ageing, rates))[-1:]]
    assert [month.closing for month in months[-1:]] == (totals or [0][: len(months)])


def test_months_of_several_currencies_become_one() -> None:
    items = [
        item("A", invoiced=[(DAY, 100_00)]),
        item("B", currency="USD", due=date(2026, 9, 9), invoiced=[(date(2026, 2, 1), 100_00)]),
    ]
    months = converted(months_of(items, as_of=AS_OF, shown=1), RATES)
    assert [(m.currency, m.first_on.month, m.closing, m.not_due) for m in months] == [
        ("EUR", 1, 100_00, None),
        ("EUR", 2, 192_00, None),
        ("EUR", 3, 192_00, 92_00),
    ]


# --- promises


def history(*events):
    return read_events(CUSTOMER, list(events))


def promises_of(*events, as_of=AS_OF, grace=0):
    known = [fact for fact in history(*events) if fact.happened_on <= as_of]
    book = post(known)
    promised = [told(book, f.happened_on, f.body, "EUR") for f in known if f.body.type == "promise_made"]
    return [each for one in promised for each in given_by("c-1", one, as_of=as_of, grace_days=grace)]


PROMISED = (invoice(), event("2026-03-06", "promise_made", pay_on="2026-03-12"))


@pytest.mark.parametrize(
    ("then", "as_of", "grace", "outcome", "came_in"),
    [
        ((), "2026-03-12", 0, "open", 0),
        ((), "2026-03-13", 0, "broken", 0),
        ((), "2026-03-13", 1, "open", 0),
        ((paid("2026-03-12"),), "2026-03-13", 0, "kept", 100_00),
        ((paid("2026-03-13"),), "2026-03-31", 0, "kept late", 0),
        ((paid("2026-03-13"),), "2026-03-31", 1, "kept", 100_00),
        ((paid("2026-03-12", "40.00"),), "2026-03-31", 0, "broken", 40_00),
        ((paid("2026-03-13"),), "2026-03-12", 0, "open", 0),
    ],
    ids=["its day", "over", "grace", "kept", "late", "kept by grace", "a part", "not known yet"],
)
def test_what_becomes_of_a_promise(then, as_of, grace, outcome, came_in) -> None:
    """Source: collections-practice.md 6.3, kept in full by date of due promises, by amount and count."""
    (found,) = promises_of(*PROMISED, *then, as_of=date.fromisoformat(as_of), grace=grace)
    assert (found.outcome, found.came_in, found.amount) == (
        outcome,
        Money(came_in, "EUR"),
        Money(100_00, "EUR"),
    )


def test_open_promises_are_in_no_ratio() -> None:
    kept = promises_of(*PROMISED, paid("2026-03-12"))
    broken = promises_of(*PROMISED, paid("2026-03-12", "30.00"))
    waiting = promises_of(invoice(), event("2026-03-30", "promise_made", pay_on="2026-03-31"))
    (row,) = rows(promises_sheet([*kept, *broken, *waiting], grace_days=0))
    assert (row["due"], row["kept"], row["kept_late"], row["broken"], row["open"]) == (2, 1, 0, 1, 1)
    assert (row["kept_percent"], row["kept_amount_percent"]) == (Decimal("50.0"), Decimal("50.0"))
    assert (row["came_in"], row["open_amount"]) == (Money(130_00, "EUR"), Money(100_00, "EUR"))


# --- disputes


def said(day, body, number=0) -> Fact:
    at = datetime(2026, 3, day, 12, number, tzinfo=UTC)
    return Fact(
        source="t", id=f"{day}/{number}", happened_on=at.date(), happened_at=at, learned_at=at, body=body
    )


def opened(day, dispute="D-1", **more) -> Fact:
    return said(day, DisputeOpened(dispute=dispute, invoice="A", **more))


def resolved(day, outcome=None, dispute="D-1") -> Fact:
    return said(day, DisputeResolved(dispute=dispute, outcome=outcome), 1)


def test_disputes_are_counted_by_what_became_of_them() -> None:
    book = post(history(invoice()))
    known = [
        opened(3, amount="30.00"),
        resolved(5, "won"),
        opened(6, "D-2"),
        resolved(16, "lost", "D-2"),
        opened(17, "D-3", amount="500.00"),
        resolved(17, "withdrawn", "D-3"),
        opened(20, "D-4", amount="10.00"),
    ]
    (row,) = rows(disputes_sheet(contested("c-1", reversed(known), book), as_of=AS_OF))
    assert (row["opened"], row["won"], row["lost"], row["otherwise"], row["open"]) == (4, 1, 1, 1, 1)
    # The third is about no more than is open; half of the answers took no longer than 2 days.
    assert row["amount"] == Money(30_00 + 100_00 + 100_00 + 10_00, "EUR")
    assert (row["lost_amount"], row["open_amount"]) == (Money(100_00, "EUR"), Money(10_00, "EUR"))
    assert (row["days_median"], row["days_longest"], row["open_days_longest"]) == (2, 10, 11)


def test_a_dispute_that_is_opened_again_counts_again_and_one_of_nothing_does_not() -> None:
    book = post(history(invoice()))
    found = contested("c-1", [opened(3), opened(4), resolved(5), opened(9)], book)
    assert [(each.opened_on.day, each.outcome) for each in found] == [(3, "resolved"), (9, None)]
    assert contested("c-1", [said(3, DisputeOpened(dispute="X", invoice="NONE"))], book) == []


# --- suspensions, contacts, holds


def test_days_to_return_are_those_of_the_services_that_came_back() -> None:
    stopped, back = SubscriptionSuspended(subscription="S"), SubscriptionReactivated(subscription="S")
    known = [
        said(2, stopped),
        said(2, stopped, 1),
        said(9, back),
        said(10, stopped),
        said(13, back),
        said(20, stopped),
    ]
    (row,) = rows(suspensions_sheet(suspended("c-1", reversed(known)), as_of=AS_OF))
    assert (row["suspended"], row["back"], row["back_percent"]) == (3, 2, Decimal("66.7"))
    assert (row["days_median"], row["days_longest"]) == (3, 7)
    assert (row["still_suspended"], row["still_days_longest"]) == (1, 11)


def test_a_suspension_is_over_when_the_subscription_has_ended() -> None:
    stopped, over = SubscriptionSuspended(subscription="S"), SubscriptionTerminated(subscription="S")
    (each,) = suspended("c-1", [said(2, stopped), said(9, over)])
    assert (each.lasts, each.back_on, each.ended_on) == (False, None, date(2026, 3, 9))
    (row,) = rows(suspensions_sheet([each], as_of=AS_OF))
    assert (row["suspended"], row["back"], row["ended"], row["still_suspended"]) == (1, 0, 1, 0)
    assert (row["days_longest"], row["still_days_longest"]) == (None, None)


@pytest.mark.parametrize(
    ("day", "came_in"), [(3, 0), (4, 50), (10, 50), (11, 0)], ids=["that day", "next", "last", "too late"]
)
def test_money_counts_on_the_days_after_a_message(day, came_in) -> None:
    money = [(date(2026, 3, day), 50)]
    found = came_in_after(money, date(2026, 3, 3), within_days=7, as_of=AS_OF, asked=100)
    assert found == came_in


def test_no_more_comes_in_than_was_asked_for_and_what_went_back_does_not_count() -> None:
    day = date(2026, 3, 3)
    after = lambda *paid: came_in_after(paid, day, within_days=7, as_of=AS_OF, asked=100)  # noqa: E731
    assert after((date(2026, 3, 5), 130)) == 100
    assert after((date(2026, 3, 5), 80), (date(2026, 3, 6), -80)) == 0
    assert after((date(2026, 3, 5), -80)) == 0


def test_holds_are_counted_by_rule_and_month() -> None:
    def each(name, day, rule="window"):
        return HeldBack(customer=name, on=day, step="first", rule=rule, why=f"{day}")

    held = [
        each("A", date(2026, 3, 1)),
        each("A", date(2026, 3, 9)),
        each("B", date(2026, 3, 5)),
        each("B", DAY),
    ]
    assert held_sheet(held).rows == (
        ("window", "2026-01", 1, 1, "2026-01-01"),
        ("window", "2026-03", 3, 2, "2026-03-09"),
    )


# --- the cash that is to come


def expected(*events, as_of=AS_OF):
    known = [fact for fact in history(*events) if fact.happened_on <= as_of]
    book = post(known)
    said = [told(book, f.happened_on, f.body, "EUR") for f in known if f.body.type == "promise_made"]
    plans = agreed_plans(
        book, [(f.happened_on, f.body) for f in known if f.body.type.startswith("plan_")], "EUR"
    )
    found = by_agreements("c-1", book, plans, said, as_of)
    return sorted((each.on.isoformat(), each.source, each.invoice, each.amount.plain()) for each in found)


def test_the_newest_promise_takes_the_oldest_debts_and_the_rest_comes_by_due_date() -> None:
    events = (
        invoice("A", "100.00", due="2026-03-02"),
        invoice("B", "50.00", due="2026-03-20"),
        event("2026-03-25", "promise_made", pay_on="2026-04-02", amount="70.00"),
        event("2026-03-30", "promise_made", pay_on="2026-04-10", amount="60.00"),
    )
    assert expected(*events) == [
        ("2026-03-20", "invoice", "B", "20.00"),
        ("2026-04-02", "promise", "A", "40.00"),
        ("2026-04-02", "promise", "B", "30.00"),
        ("2026-04-10", "promise", "A", "60.00"),
    ]


def test_a_broken_promise_is_overdue_and_one_that_was_paid_is_over() -> None:
    late = event("2026-03-06", "promise_made", pay_on="2026-03-12", amount="70.00")
    assert expected(invoice(), late) == [
        ("2026-03-02", "invoice", "A", "30.00"),
        ("2026-03-12", "promise", "A", "70.00"),
    ]
    assert expected(invoice(), late, paid("2026-03-20", "80.00")) == [("2026-03-02", "invoice", "A", "20.00")]


def test_what_a_plan_covers_comes_by_its_instalments_until_it_is_ended() -> None:
    agreed = event(
        "2026-03-06",
        "plan_agreed",
        instalments=[
            {"due_on": "2026-03-20", "amount": "40.00"},
            {"due_on": "2026-04-20", "amount": "40.00"},
        ],
    )
    missed = [
        ("2026-03-02", "invoice", "A", "20.00"),
        ("2026-03-20", "plan", "A", "40.00"),
        ("2026-04-20", "plan", "A", "40.00"),
    ]
    assert expected(invoice(), agreed) == missed
    assert expected(invoice(), agreed, paid("2026-03-19", "40.00")) == [missed[0], missed[2]]
    ended = event("2026-03-25", "plan_ended", reason="missed")
    assert expected(invoice(), agreed, ended) == [("2026-03-02", "invoice", "A", "100.00")]


def test_weeks_begin_on_mondays_and_what_is_late_or_far_away_has_a_name() -> None:
    day = date(2026, 3, 31)  # a Tuesday
    weeks = [week_of(day + timedelta(days=number), day, 2) for number in (-1, 0, 5, 6, 12, 13)]
    assert weeks == ["overdue", "2026-03-30", "2026-03-30", "2026-04-06", "2026-04-06", "later"]


what_happens = st.lists(
    st.tuples(
        st.sampled_from(["invoice", "pay", "promise", "plan", "end"]),
        st.integers(1, 28),
        st.integers(0, 60),
        st.integers(1, 90),
    ),
    max_size=9,
)


@settings(max_examples=examples(80))
@given(what_happens)
def test_the_cash_that_is_to_come_is_all_that_is_open(drawn) -> None:
    """Each part of each invoice is in it once, whatever was promised and agreed."""
    events = [invoice("Z", "75.00")]
    for number, (kind, day, days, amount) in enumerate(drawn):
        on, due = f"2026-03-{day:02}", date(2026, 3, day) + timedelta(days=days)
        events.append(
            {
                "invoice": invoice(f"I-{number}", f"{amount}.50", due=str(due)),
                "pay": event(
                    on, "payment_received", payment=f"P-{number}", amount=f"{amount}.00", currency="EUR"
                ),
                "promise": event(
                    on, "promise_made", pay_on=str(due), **({"amount": f"{amount}.00"} if days % 2 else {})
                ),
                "plan": event(
                    on,
                    "plan_agreed",
                    instalments=[
                        {"due_on": str(due + timedelta(days=more)), "amount": f"{amount}.00"}
                        for more in (0, 14)
                    ],
                ),
                "end": event(on, "plan_ended", reason="r"),
            }[kind]
        )
    known = [fact for fact in history(*events) if fact.happened_on <= AS_OF]
    book = post(known)
    said = [told(book, f.happened_on, f.body, "EUR") for f in known if f.body.type == "promise_made"]
    plans = agreed_plans(
        book, [(f.happened_on, f.body) for f in known if f.body.type.startswith("plan_")], "EUR"
    )
    found = by_agreements("c-1", book, plans, said, AS_OF)
    by_invoice: dict[str, int] = {}
    for each in found:
        assert each.amount.minor > 0
        by_invoice[each.invoice] = by_invoice.get(each.invoice, 0) + each.amount.minor
    assert by_invoice == {debt.invoice: debt.open.minor for debt in book.debts if debt.open}
    table = rows(forecast_sheet(found, as_of=AS_OF, weeks=4))
    total = sum(by_invoice.values())
    assert sum(row["all"].minor for row in table if row["week"] != "all") == total
    assert [row["all"].minor for row in table if row["week"] == "all"] == ([total] if total else [])


# --- the loss allowance


RATES_FILE = """\
title: Loss rates 2026
basis: an illustration
rates: {current: 0, d1_30: 0.015, d31_60: 0.034, d61_90: 0.071, d91_plus: 0.108}
"""


def matrix(text: str = RATES_FILE) -> LossRates:
    return read(text, model=LossRates, name="rates.yaml")


def aged_items() -> list[Item]:
    dues = (AS_OF, *(AS_OF - timedelta(days=days) for days in (30, 60, 90, 91)))
    return [item(f"I-{n}", due=due, invoiced=[(DAY, 1_000_00)]) for n, due in enumerate(dues)]


def test_the_allowance_by_the_rates_of_collections_practice_6_2() -> None:
    """Source: 1.5, 3.4, 7.1 and 10.8 % for 1 to 30, 31 to 60, 61 to 90 and over 90 days (IFRS 9, B5.5.35)."""
    *buckets, total = rows(allowance_sheet(aged_items(), matrix(), {}, as_of=AS_OF))
    assert [row["allowance"].minor for row in buckets] == [0, 15_00, 34_00, 71_00, 108_00]
    assert (total["receivable"], total["allowance"]) == (Money(5_000_00, "EUR"), Money(228_00, "EUR"))


def test_a_segment_may_have_rates_of_its_own() -> None:
    text = (
        RATES_FILE
        + "segments:\n  consumer: {current: 0.01, d1_30: 0.1, d31_60: 0.2, d61_90: 0.3, d91_plus: 0.5}\n"
    )
    items = [*aged_items(), item("N", due=AS_OF, customer="nut", invoiced=[(DAY, 100_00)])]
    found = rows(allowance_sheet(items, matrix(text), {"nut": "consumer"}, as_of=AS_OF))
    assert (found[0]["group"], found[0]["allowance"]) == ("consumer", Money(1_00, "EUR"))
    assert found[-1]["allowance"] == Money(229_00, "EUR")


@given(drawn, st.integers(0, 89))
def test_the_allowance_is_about_all_that_is_open_and_its_parts_add_up(drawn, day) -> None:
    items, as_of = items_of(drawn), DAY + timedelta(days=day)
    ageing = age((balance for _, balance in balances(items, as_of)), as_of)
    table = rows(allowance_sheet(items, matrix(), {}, as_of=as_of))
    for last in (row for row in table if row["group"] == "all"):
        parts = [row for row in table if row["currency"] == last["currency"] and row["group"] != "all"]
        for name in ("receivable", "allowance"):
            assert last[name].minor == sum(row[name].minor for row in parts)
        assert last["receivable"] == ageing.currencies[last["currency"]].total


def test_rates_that_are_wrong_are_named_with_their_lines() -> None:
    wrong = RATES_FILE.replace("d31_60: 0.034, ", "").replace("0.015", "1.5").replace("title", "titel")
    with pytest.raises(BadDocument) as caught:
        matrix(wrong)
    assert str(caught.value).splitlines() == [
        "rates.yaml:1: title: this key is required and missing",
        "rates.yaml:1: titel: nobody knows this key (did you mean title?)",
        "rates.yaml:3: rates.d1_30: a rate is a fraction of one: write 0.022 for 2.2 %, not 1.5",
        "rates.yaml:3: rates.d31_60: this key is required and missing",
    ]


# --- tables


def test_a_table_is_text_json_and_csv() -> None:
    columns = (column("name", words=True), column("amount"), column("ratio"), column("many"))
    table = Sheet(
        title="T",
        columns=columns,
        rows=(("a", Money(1234_50, "EUR"), Decimal("1.50"), 1000), ("b", None, None, 2)),
    )
    report = Report(name="t", as_of=AS_OF, known_at=None, sheet=table, terms={"days": 7})
    assert report.text().splitlines() == [
        "T, as of the end of 2026-03-31:",
        "name    amount  ratio   many",
        "a     1,234.50   1.50  1,000",
        "b            -      -      2",
    ]
    assert report.json()["rows"] == [
        {"name": "a", "amount": "1234.50", "ratio": "1.50", "many": 1000},
        {"name": "b", "amount": None, "ratio": None, "many": 2},
    ]
    assert report.csv() == "name,amount,ratio,many\na,1234.50,1.50,1000\nb,,,2\n"


def test_a_name_that_a_spreadsheet_would_run_is_text_and_an_amount_stays_a_number() -> None:
    columns = (column("name", words=True), column("amount"))
    table = Sheet(title="T", columns=columns, rows=(("=HYPERLINK(1)", Money(-5, "EUR")),))
    assert list(csv.reader(io.StringIO(table.csv())))[1] == ["'=HYPERLINK(1)", "-0.05"]


def test_roll_forward_has_a_line_a_month() -> None:
    items = [item(invoiced=[(date(2026, 2, 9), 100_00)], received=[(date(2026, 3, 9), -40_00)])]
    february, march = rows(roll_forward(months_of(items, as_of=AS_OF, shown=2), shown=2))
    assert (february["closing"], march["opening"]) == (Money(100_00, "EUR"), Money(100_00, "EUR"))
    assert (march["received"], march["closing"]) == (Money(-40_00, "EUR"), Money(60_00, "EUR"))


def test_every_kind_of_money_fact_moves_receivables_in_some_way() -> None:
    posted = {body for body in facts.Body.__subclasses__() if is_money(body.model_construct())}
    assert {body.model_fields["type"].default for body in posted} == set(FLOWS)
