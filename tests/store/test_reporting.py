"""The reports from a ledger: any past day, as known at any moment, equal to the ageing and to themselves."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ageing import BUCKETS, age
from domain.facts import (
    Bounced,
    Delivered,
    DisputeOpened,
    DisputeResolved,
    Instalment,
    InvoiceIssued,
    PlanAgreed,
    PromiseMade,
    SubscriptionReactivated,
    SubscriptionSuspended,
    WrittenOff,
)
from domain.money import Money
from domain.reports.allowance import BucketRates, LossRates
from domain.reports.conversion import Conversion, NoRate
from domain.reports.items import balances
from domain.reports.months import newest
from store import doors, recovery, reports
from store.reporting import agreements, board, catalogue, contacts, money
from store.reporting.reading import Asked, reading
from tests.effort import examples
from tests.store.test_reports import START, Story, deliveries

RATES = LossRates(
    title="Rates",
    basis="an illustration",
    rates=BucketRates(
        current=Decimal(0),
        d1_30=Decimal("0.1"),
        d31_60=Decimal("0.2"),
        d61_90=Decimal("0.5"),
        d91_plus=Decimal(1),
    ),
)


def read(business, made, *, day=40, known=None, **more):
    asked = Asked(as_of=business.at(day).date(), known_at=known, listed=True, **more)
    with reading(business.ledger, asked) as found:
        return made(found)


def rows(report, listed=False):
    return (report.listed if listed else report.sheet).json()


def dso(found):
    return money.dso(found, period=1)


def promises(found):
    return agreements.promises(found, grace_days=0)


def forecast(found):
    return agreements.forecast(found, weeks=4)


def allowance(found):
    return money.allowance(found, RATES)


def after_a_week(found):
    return contacts.contacts(found, within_days=7)


# --- equal to the ageing, which is proven equal to a rebuild


@settings(
    max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(deliveries=deliveries, as_of=st.integers(0, 75), known=st.integers(0, 6))
def test_every_month_ends_as_the_ageing_of_its_last_day(business, deliveries, as_of, known):
    """Corrections, instalments, chargebacks and all: closing and not due, at each month's end."""
    story = Story()
    name = business.customer(story.mark)
    started = datetime(2026, 3, 1, tzinfo=UTC)
    for number, delivery in enumerate(deliveries):
        now = started + timedelta(days=number)
        new = [
            business.fact(story.body(kind, index, amount, day), now=now, on=START + timedelta(days=day))
            for kind, index, amount, day in delivery
        ]
        doors.record(business.ledger, name, new, now=now)
    day, moment = START + timedelta(days=as_of), started + timedelta(days=known)
    with reading(business.ledger, Asked(as_of=day, known_at=moment, months=3)) as found:
        from_items = age((each for _, each in balances(found.each_item(), day)), day)
        added_up = reports.ageing(business.ledger, as_of=day, known_at=moment)
        assert _without_zeros(from_items) == _without_zeros(added_up)
        still_open = [item for item in found.each_item() if item.open_on(day)]
        assert [each.invoice for each in found.open_items] == [each.invoice for each in still_open]
        for month in newest(found.months, 3):
            ageing = reports.ageing(business.ledger, as_of=month.last_on, known_at=moment)
            row = ageing.currencies.get(month.currency)
            assert month.closing == (row.total.minor if row else 0)
            assert month.not_due == (row.buckets[0].minor if row else 0)
            moved = month.invoiced + month.credited + month.fees + month.received + month.written_off
            assert month.opening + moved + month.unapplied == month.closing


def _without_zeros(ageing):
    return {
        code: row for code, row in ageing.currencies.items() if row.total or row.unapplied or any(row.buckets)
    }


# --- a small business with something of everything


def a_quarter(business):
    """ACME paid late, BOLT promised and agreed, NUT disputes, and CALM was written off."""
    for name in ("ACME", "BOLT", "NUT", "CALM"):
        business.invoice(business.customer(name), f"INV-{name}")
    business.send("ACME", "first/email", business.at(3))
    business.pay("ACME", "60.00", now=business.at(8))
    business.send("ACME", "second/email", business.at(10))
    business.pay("ACME", "40.00", now=business.at(30))
    promise = PromiseMade(pay_on=business.at(9).date(), amount="30.00")
    business.record("BOLT", promise, now=business.at(4))
    business.pay("BOLT", "30.00", now=business.at(9))
    half = [Instalment(due_on=business.at(day).date(), amount="25.00") for day in (20, 50)]
    business.record("BOLT", PlanAgreed(instalments=tuple(half)), now=business.at(12))
    business.record(
        "NUT", DisputeOpened(dispute="D-1", invoice="INV-NUT", amount="20.00"), now=business.at(2)
    )
    business.record("NUT", DisputeResolved(dispute="D-1", outcome="lost"), now=business.at(8))
    business.record("CALM", SubscriptionSuspended(subscription="CALM"), now=business.at(15))
    business.record("CALM", SubscriptionReactivated(subscription="CALM"), now=business.at(19))
    business.record("CALM", WrittenOff(invoice="INV-CALM"), now=business.at(35))


def test_a_quarter_in_every_report(business):
    a_quarter(business)
    at_40 = lambda made: rows(read(business, made))  # noqa: E731

    (ageing,) = at_40(money.ageing)
    assert (ageing["d31_60"], ageing["total"]) == ("170.00", "170.00")
    # Due on 2 March, issued on 31 January; 40 days later it is 11 April.
    moved = [
        (row["month"], row["invoiced"], row["received"], row["written_off"]) for row in at_40(money.movements)
    ]
    assert moved == [
        ("2026-01", "400.00", "0.00", "0.00"),
        ("2026-02", "0.00", "0.00", "0.00"),
        ("2026-03", "0.00", "-90.00", "0.00"),
        ("2026-04 to 11", "0.00", "-40.00", "-100.00"),
    ]
    (kept,) = at_40(promises)
    assert (kept["due"], kept["kept"], kept["kept_percent"], kept["came_in"]) == (1, 1, "100.0", "30.00")
    (disputed,) = at_40(agreements.disputes)
    assert (disputed["lost"], disputed["lost_amount"], disputed["days_median"]) == (1, "20.00", 6)
    (suspended,) = at_40(agreements.suspensions)
    assert (suspended["suspended"], suspended["back"], suspended["days_median"]) == (1, 1, 4)
    first, second = at_40(after_a_week)
    # 60.00 came five days after the first message; the second was followed by nothing in its week.
    assert (first["step"], first["sent"], first["delivered"], first["paid"]) == ("first", 1, 1, 1)
    assert (first["asked"], first["came_in"], first["came_in_percent"]) == ("100.00", "60.00", "60.0")
    assert (second["step"], second["asked"], second["came_in"]) == ("second", "40.00", "0.00")
    *_, total = at_40(allowance)
    assert total["allowance"] == "34.00"


def test_the_cash_that_is_to_come_is_all_that_is_open(business):
    a_quarter(business)
    *weeks, total = rows(read(business, forecast, day=14))
    by_week = {row["week"]: (row["promised"], row["by_plan"], row["by_due_date"]) for row in weeks}
    # Of BOLT's 70.00 that were left, 50.00 are by plan: one instalment in this week, one far away.
    assert by_week["overdue"] == ("0.00", "0.00", "260.00")
    assert [week for week, row in by_week.items() if row[1] == "25.00"] == ["2026-03-16", "later"]
    ageing = reports.ageing(business.ledger, as_of=business.at(14).date())
    assert total["all"] == ageing.currencies["EUR"].total.plain()
    assert sum(Decimal(row["all"]) for row in weeks) == Decimal(total["all"])


@pytest.mark.parametrize(
    ("made", "amount"),
    [
        (money.ageing, lambda found: [row["open"] for row in found if row["invoice"]]),
        (dso, lambda found: [row["open"] for row in found]),
        (forecast, lambda found: [row["amount"] for row in found]),
        (allowance, lambda found: [row["open"] for row in found if row["invoice"]]),
    ],
    ids=["ageing", "dso", "forecast", "allowance"],
)
def test_the_invoices_behind_a_figure_add_up_to_it(business, made, amount):
    a_quarter(business)
    report = read(business, made, day=14)
    total = reports.ageing(business.ledger, as_of=business.at(14).date()).currencies["EUR"].total
    assert sum(map(Decimal, amount(rows(report, listed=True)))) == total.amount


def test_what_was_sold_behind_dso_adds_up_to_its_sales(business):
    a_quarter(business)
    report = read(business, lambda found: money.dso(found, period=3), day=14, months=1)
    (row,) = rows(report)
    assert sum(Decimal(each["sold"]) for each in rows(report, listed=True)) == Decimal(row["sales"])


@pytest.mark.parametrize(
    "made",
    [
        money.ageing,
        money.movements,
        dso,
        money.cei,
        promises,
        agreements.disputes,
        agreements.suspensions,
        forecast,
        after_a_week,
        contacts.holds,
        allowance,
    ],
)
def test_a_closed_day_stays_as_it_was_whatever_is_learned_later(business, made):
    a_quarter(business)
    known = business.at(40)
    before = read(business, made, day=33, known=known).json()
    business.pay("NUT", "10.00", now=business.at(44), on=business.at(5).date())
    business.record("BOLT", PromiseMade(pay_on=business.at(60).date()), now=business.at(44))
    business.record(
        "NUT", DisputeOpened(dispute="D-2", invoice="INV-NUT"), now=business.at(45), on=business.at(30).date()
    )
    business.record(
        "ACME", SubscriptionSuspended(subscription="ACME"), now=business.at(46), on=business.at(31).date()
    )
    assert read(business, made, day=33, known=known).json() == before


@settings(
    max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(before=deliveries, after=deliveries, as_of=st.integers(0, 75))
def test_every_report_of_a_closed_day_is_the_same_to_the_cent(business, before, after, as_of):
    """Whatever is learned later: payments of earlier days, corrections, chargebacks, credit notes."""
    story = Story()
    name = business.customer(story.mark)
    started, day = datetime(2026, 3, 1, tzinfo=UTC), START + timedelta(days=as_of)
    closed = started + timedelta(days=len(before))

    def learn(deliveries, first):
        for number, delivery in enumerate(deliveries):
            now = first + timedelta(days=number)
            bodies = [(story.body(kind, index, amount, on), on) for kind, index, amount, on in delivery]
            new = [business.fact(body, now=now, on=START + timedelta(days=on)) for body, on in bodies]
            doors.record(business.ledger, name, new, now=now)

    def made():
        asked = Asked(as_of=day, known_at=closed, months=4, listed=True)
        with reading(business.ledger, asked) as found:
            every = board.board(found, board.Terms(loss_rates=RATES))
            return {name: report.json() for name, report in every.items()}

    learn(before, started)
    then = made()
    learn(after, closed + timedelta(hours=1))
    assert made() == then


def test_what_was_learned_later_is_in_its_day_unless_asked_what_was_known(business):
    a_quarter(business)
    business.pay("NUT", "10.00", now=business.at(44), on=business.at(5).date())
    (late,) = rows(read(business, money.ageing, day=33))
    (then,) = rows(read(business, money.ageing, day=33, known=business.at(43)))
    assert (then["total"], late["total"]) == ("270.00", "260.00")


def test_recovery_can_be_asked_as_it_was_known(business):
    a_quarter(business)
    business.pay("NUT", "10.00", now=business.at(44), on=business.at(5).date())
    asked = {"first": None, "last": None, "within_days": 30, "as_of": business.at(40).date(), "by": None}
    then = recovery.recovered(business.ledger, known_at=business.at(43), **asked).cohorts
    now = recovery.recovered(business.ledger, **asked).cohorts
    assert [each.came_in.plain() for each in (*then, *now)] == ["130.00", "140.00"]


def test_a_message_that_arrived_after_all_has_not_come_back(business):
    business.invoice(business.customer())
    begun = business.begun("ACME", "first/email", business.at(3))
    business.confirm("ACME", begun.message, business.at(3))
    about = {"message": begun.message, "step": "first", "channel": "email"}
    for day, body in ((4, Bounced(**about, fault="slow")), (5, Delivered(**about))):
        business.record("ACME", body, now=business.at(day))
    (row,) = rows(read(business, after_a_week))
    assert (row["sent"], row["delivered"], row["came_back"]) == (1, 1, 0)


def test_a_contact_that_waits_for_its_window_is_held_by_a_rule(business):
    business.invoice(business.customer())
    business.assess("ACME", business.at(3, hour=4))
    (row,) = [each for each in rows(read(business, contacts.holds)) if each["rule"].startswith("window")]
    assert (row["month"], row["times"], row["customers"]) == ("2026-03", 1, 1)
    assert rows(read(business, contacts.holds, day=2)) == []


def test_older_months_are_shown_only_while_something_of_them_is_open(business):
    a_quarter(business)
    business.record("NUT", DisputeOpened(dispute="D-2", invoice="INV-NUT"), now=business.at(20))
    (row,) = rows(read(business, agreements.disputes, day=100, months=2))
    assert (row["month"], row["opened"], row["open"], row["open_days_longest"]) == ("2026-03", 1, 1, 80)
    assert rows(read(business, promises, day=100, months=2)) == []
    assert rows(read(business, after_a_week, day=100, months=2)) == []


def test_everything_in_one_currency_by_stated_rates(business):
    a_quarter(business)
    name = business.customer("YANK")
    yen = InvoiceIssued(invoice="INV-YEN", amount="10000", currency="JPY", due_on=business.at(5).date())
    business.record(name, yen, now=business.at(0))
    rates = Conversion(into="EUR", rates={"JPY": Decimal("0.006")}, stated_on=date(2026, 3, 1))
    for made, key in ((money.ageing, "total"), (forecast, "all"), (allowance, "receivable")):
        *_, last = rows(read(business, made, conversion=rates))
        assert last[key] == "230.00"
    *_, last = rows(read(business, dso, conversion=rates))
    assert (last["currency"], last["receivable"]) == ("EUR", "230.00")
    with pytest.raises(NoRate, match="money in JPY"):
        read(business, money.ageing, conversion=replace(rates, rates={}))


def test_a_board_has_every_report_of_one_moment(business):
    a_quarter(business)
    made = read(business, lambda found: board.board(found, catalogue.Terms(loss_rates=RATES)))
    assert list(made) == [
        *("ageing", "dso", "cei", "movements", "forecast", "recovery", "promises", "disputes"),
        *("contacts", "held", "suspensions", "allowance"),
    ]
    assert {report.as_of for report in made.values()} == {business.at(40).date()}


def test_an_empty_ledger_has_nothing_to_report(business):
    made = read(business, lambda found: board.board(found, catalogue.Terms(loss_rates=RATES)))
    assert [name for name, report in made.items() if report.sheet.rows] == []


def test_unapplied_money_is_no_receivable(business):
    business.invoice(business.customer())
    business.pay("ACME", "130.00", now=business.at(1))
    (row,) = rows(read(business, money.ageing))
    assert (row["total"], row["unapplied"]) == ("0.00", "30.00")
    assert all(row[name] == "0.00" for name in BUCKETS)
    march = rows(read(business, money.movements))[-2]
    assert (march["received"], march["unapplied"], march["closing"]) == ("-130.00", "30.00", "0.00")
    later = InvoiceIssued(
        invoice=f"L-{uuid.uuid4().hex}", amount="20.00", currency="EUR", due_on=business.at(60).date()
    )
    business.record("ACME", later, now=business.at(35))
    april = rows(read(business, money.movements))[-1]
    assert (april["invoiced"], april["unapplied"], april["closing"]) == ("20.00", "-20.00", "0.00")
    assert Money.of(april["opening"], "EUR") == Money.zero("EUR")
