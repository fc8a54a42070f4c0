"""Interest on late payment, by published examples, by rules, and by what must always hold."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.customer import Customer
from domain.documents import read
from domain.interest.accrual import Days, DuePart, LateDebt, Movement, Span, Tariff, accrue
from domain.interest.proposal import Booked, InterestProposal, propose_fee, propose_interest
from domain.interest.rates import Rates, RateTable, read_rates
from domain.interest.terms import Interest
from domain.money import Money

ROOT = Path(__file__).parents[2]
SHIPPED = read_rates(
    {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "policies" / "rates").glob("*.yaml"))
    }
)
LAW = Interest(basis="statutory", b2g=("authority",), compensation=True, propose_at=30)
AGREED = Interest(basis="contract", annual_percent=Decimal(12), propose_at=30, clause="Terms, section 7")
DUE = date(2026, 8, 31)


def day(late: int) -> date:
    """The date so many days past due."""
    return DUE + timedelta(days=late)


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def owing(amount: Money, *movements: Movement, due_on: date = DUE, **more: Any) -> LateDebt:
    return LateDebt(
        invoice="INV-1042", parts=(DuePart(due_on=due_on, amount=amount),), movements=movements, **more
    )


def paid(amount: Money, on: date) -> Movement:
    return Movement(on=on, amount=-amount)


def corrected(amount: Money, on: date) -> Movement:
    return Movement(on=on, amount=amount, corrects=True)


def who(country: str | None = "NL", segment: str = "business") -> Customer:
    return Customer(id="C1", segment=segment, country=country)


def asked(debt: LateDebt, as_of: date, *, country: str | None = "NL", **more: Any) -> InterestProposal:
    """What is proposed by the tables that ship, to a business."""
    options: dict[str, Any] = {"terms": LAW, "rates": SHIPPED, "customer": who(country)}
    return propose_interest(debt, as_of=as_of, **{**options, **more})


def why(proposal: InterestProposal) -> list[str]:
    return [reason.words for reason in proposal.withheld]


def with_base(
    percent: str, *, first: str = "2000-01-01", last: str = "2099-12-31", fixed: bool = True
) -> Rates:
    """A British table with one base rate of the test's own."""
    text = f"""
table: uk
title: United Kingdom
legal_basis: "Act of 1998"
countries: [GB]
scope: [b2b]
reference: base rate
margin_points: 8.00
fixed_at_start: true
day_count: act_365
confidence: verified
rows:
  - id: uk-test
    from: 2000-01-01
    to: 2099-12-31
    reference_percent: {percent}
    source: test
    confidence: verified
"""
    return Rates((read(text, model=RateTable, name="uk.yaml"),))


# --- published examples --------------------------------------------------------------------------


def test_uk_the_governments_example_of_10_000_pounds_sixty_days_late() -> None:
    """Bank Rate 3.75 + 8: 10,000 × 0.1175 × 60 / 365 = 193.15, and 100 for a debt of 10,000 or more.

    Source: the Government's published example, 10,293.15 with the debt (collections-practice.md, 7.2).
    """
    debt = owing(gbp(10_000_00))

    proposal = asked(debt, day(60), country="GB")

    assert (proposal.interest, proposal.compensation) == (gbp(193_15), gbp(100_00))
    assert proposal.total == gbp(293_15)
    assert proposal.total + debt.parts[0].amount == gbp(10_293_15)
    assert proposal.formula == "10,000.00 GBP × 11.75 % × 60/365 = 193.15 GBP; compensation 100.00 GBP"
    assert (proposal.table, proposal.rows) == ("uk", ("uk-2026-h2",))
    assert proposal.legal_basis.startswith(
        "Late Payment of Commercial Debts (Interest) Act 1998; SI 2002/1675"
    )
    assert proposal.legal_basis.endswith("s. 5A")
    assert proposal.withheld == ()


def test_uk_gov_uk_says_11_50_for_1_000_pounds_because_it_rounds_each_day() -> None:
    """1,000 × 0.085 × 50 / 365 = 11.6438; gov.uk rounds the day's 23.29p to 23p first, and so loses 14p.

    Source: gov.uk, "Late commercial payments: charging interest and debt recovery".
    """
    proposal = asked(owing(gbp(1_000_00)), day(50), country="GB", rates=with_base("0.5"))

    assert proposal.interest == gbp(11_64)
    assert round(1_000_00 * Fraction("0.085") / 365) * 50 == 11_50


def test_eu_10_000_euro_45_days_late_in_the_second_half_of_2026() -> None:
    """ECB 2.40 + 8: 10,000 × 0.1040 × 45 / 365 = 128.22, and 40.

    Source: Directive 2011/7/EU, art. 2(6), 2(7), 3 and 6.
    """
    proposal = asked(owing(eur(10_000_00)), day(45))

    assert (proposal.interest, proposal.compensation) == (eur(128_22), eur(40_00))
    assert proposal.formula == "10,000.00 EUR × 10.40 % × 45/365 = 128.22 EUR; compensation 40.00 EUR"
    assert proposal.rows == ("eu-2026-h2",)
    assert proposal.confidence == "unverified", "that EUR 40 is due for each late payment was not looked up"
    assert (
        asked(owing(eur(10_000_00)), day(45), terms=replaced(LAW, compensation=False)).confidence
        == "secondary"
    )


def replaced(terms: Interest, **changes: Any) -> Interest:
    return Interest.model_validate({**terms.model_dump(exclude_unset=True), **changes})


# --- rates over time -----------------------------------------------------------------------------


def test_eu_the_rate_changes_with_the_half_year() -> None:
    """Due 31 May 2026: 30 days of June at 10.15 %, 31 days of July at 10.40 %; rounded once.

    1,000 × (0.1015 × 30 + 0.1040 × 31) / 365 = 8.3425 + 8.8329 = 17.1753.
    """
    proposal = asked(owing(eur(1_000_00), due_on=date(2026, 5, 31)), date(2026, 7, 31))

    assert [(period.days.count, period.row) for period in proposal.periods] == [
        (30, "eu-2026-h1"),
        (31, "eu-2026-h2"),
    ]
    assert proposal.interest == eur(17_18)
    assert proposal.formula.startswith(
        "1,000.00 EUR × 10.15 % × 30/365 + 1,000.00 EUR × 10.40 % × 31/365 = 17.18 EUR"
    )


def test_uk_the_rate_of_the_first_day_stays_across_the_half_year() -> None:
    """SI 2002/1675, art. 4. The year 2027 needs no row for a debt that went late in 2026."""
    proposal = asked(owing(gbp(1_000_00), due_on=date(2026, 12, 1)), date(2027, 3, 1), country="GB")

    assert proposal.interest == gbp(28_97)  # 1,000 × 0.1175 × 90 / 365 = 28.9726
    assert [(period.days.count, period.row) for period in proposal.periods] == [(90, "uk-2026-h2")]


@pytest.mark.parametrize(("due_on", "row"), [(date(2026, 6, 29), None), (date(2026, 6, 30), "uk-2026-h2")])
def test_uk_interest_starts_the_day_after_the_due_date_and_takes_the_rate_of_that_day(
    due_on: date, row: str | None
) -> None:
    proposal = asked(owing(gbp(100_00), due_on=due_on), date(2026, 8, 1), country="GB")

    assert proposal.rows == ((row,) if row else ())
    if row is None:
        assert why(proposal) == [
            "table uk has no row uk-2026-h1: no interest on what went late on 2026-06-30"
        ]
        assert proposal.empty


def test_ireland_keeps_the_first_rate_where_the_eu_minimum_changes() -> None:
    debt = owing(eur(1_000_00), due_on=date(2026, 5, 31))

    assert asked(debt, date(2026, 7, 31), country="IE").interest == eur(16_96)  # × 0.1015 × 61 / 365


def test_a_day_without_a_row_bears_no_interest_and_the_row_is_named() -> None:
    """31 December 2026 is the last day that anybody entered a rate for."""
    proposal = asked(owing(eur(1_000_00), due_on=date(2026, 12, 21)), date(2027, 1, 20))

    assert [period.days for period in proposal.periods] == [
        Days(first=date(2026, 12, 22), last=date(2026, 12, 31))
    ]
    assert proposal.interest == eur(2_85)  # 1,000 × 0.1040 × 10 / 365
    assert why(proposal) == ["table eu has no row eu-2027-h1: no interest for 2027-01-01 to 2027-01-20"]


def test_days_before_the_first_row_are_named_too() -> None:
    proposal = asked(owing(eur(1_000_00), due_on=date(2024, 6, 20)), date(2024, 7, 10))

    assert why(proposal) == ["table eu has no row eu-2024-h1: no interest for 2024-06-21 to 2024-06-30"]
    assert [period.row for period in proposal.periods] == ["eu-2024-h2"]


def test_germany_waits_for_finance_to_enter_the_base_rate() -> None:
    """No compensation either: what the law gives goes on one paper."""
    proposal = asked(owing(eur(1_000_00)), day(30), country="DE")

    assert proposal.empty
    assert why(proposal) == ["table de has no row de-2026-h2: no interest for 2026-09-01 to 2026-09-30"]


def test_a_leap_day_counts_and_the_year_still_has_365_parts() -> None:
    """2028 has 366 days: a whole year of 10 % is a little more than 10 %."""
    rates = with_base("2")
    leap = asked(
        owing(gbp(1_000_00), due_on=date(2027, 12, 31)), date(2028, 12, 31), country="GB", rates=rates
    )
    plain = asked(
        owing(gbp(1_000_00), due_on=date(2026, 12, 31)), date(2027, 12, 31), country="GB", rates=rates
    )

    assert (leap.interest, plain.interest) == (gbp(100_27), gbp(100_00))
    assert leap.periods[0].days.count == 366
    assert "366/365" in leap.formula


# --- the base ------------------------------------------------------------------------------------


def test_a_part_payment_lowers_the_base_from_its_day_on() -> None:
    """Days 1 to 19 on 10,000, days 20 to 45 on 4,000: (10,000 × 19 + 4,000 × 26) × 0.1040 / 365 = 83.7699."""
    proposal = asked(owing(eur(10_000_00), paid(eur(6_000_00), day(20))), day(45))

    assert [(period.base, period.days.count) for period in proposal.periods] == [
        (eur(10_000_00), 19),
        (eur(4_000_00), 26),
    ]
    assert proposal.interest == eur(83_77)
    assert proposal.compensation == eur(40_00)


@pytest.mark.parametrize(
    ("movements", "days_of_interest"),
    [
        ([paid(eur(100_00), day(0))], 0),
        ([paid(eur(100_00), day(1))], 0),
        ([paid(eur(100_00), day(11))], 10),
        (
            [paid(eur(100_00), day(11)), Movement(on=day(21), amount=eur(100_00))],
            20,
        ),  # charged back on day 21
        ([paid(eur(100_00), day(-5)), Movement(on=day(21), amount=eur(100_00))], 10),
        ([paid(eur(300_00), day(11))], 10),
        ([paid(eur(100_00), day(31))], 30),  # not known on day 30
        # What a correction takes away was never owed; what it adds is owed from its day.
        ([corrected(eur(-100_00), day(29))], 0),
        ([corrected(eur(-100_00), day(31))], 30),
        ([corrected(eur(-100_00), day(11)), corrected(eur(100_00), day(21))], 10),
        # A void invoice that had been paid: the payment is released, the whole amount was never owed.
        ([paid(eur(100_00), day(11)), corrected(eur(100_00), day(21)), corrected(eur(-100_00), day(21))], 0),
    ],
)
def test_interest_runs_while_something_is_overdue(movements: list[Movement], days_of_interest: int) -> None:
    proposal = asked(owing(eur(100_00), *movements), day(30))

    assert sum(period.days.count for period in proposal.periods) == days_of_interest
    assert proposal.empty == (days_of_interest == 0)


def test_a_credit_note_for_half_leaves_half_as_the_base_from_the_start() -> None:
    proposal = asked(owing(eur(10_000_00), corrected(eur(-5_000_00), day(40))), day(45))

    assert [(period.base, period.days.count) for period in proposal.periods] == [(eur(5_000_00), 45)]


def test_the_disputed_part_waits_and_counts_from_the_start_once_the_dispute_is_won() -> None:
    disputed = owing(eur(10_000_00), disputed=eur(4_000_00))

    proposal = asked(disputed, day(45))

    assert proposal.periods[0].base == eur(6_000_00)
    assert why(proposal) == ["4,000.00 EUR of INV-1042 is disputed: no interest on it while it is"]
    assert asked(replace(disputed, disputed=None), day(45)).interest == eur(128_22)
    assert asked(replace(disputed, disputed=eur(20_000_00)), day(45)).empty


def test_only_instalments_that_are_overdue_count() -> None:
    """Directive 2011/7/EU, art. 5. Three of 1,000, a month apart; the third is not due yet."""
    parts = tuple(DuePart(due_on=on, amount=eur(1_000_00)) for on in (day(0), day(30), day(60)))

    proposal = asked(LateDebt(invoice="INV-1042", parts=parts), day(45))

    assert [(period.due_on, period.base, period.days.count) for period in proposal.periods] == [
        (day(0), eur(1_000_00), 45),
        (day(30), eur(1_000_00), 15),
    ]
    assert proposal.interest == eur(17_10)  # 1,000 × 0.1040 × 60 / 365
    assert [line.late_from for line in proposal.compensation_lines] == [day(1), day(31)]
    assert proposal.compensation == eur(80_00), "40 for each late payment"


def test_the_due_date_itself_bears_no_interest_whatever_else_happens_on_it() -> None:
    """A payment on the due date of the second instalment cuts the days there."""
    parts = tuple(DuePart(due_on=on, amount=eur(1_000_00)) for on in (day(0), day(30)))
    debt = LateDebt(invoice="INV-1042", parts=parts, movements=(paid(eur(400_00), day(30)),))

    proposal = asked(debt, day(45))

    assert [(period.due_on, period.days, period.base) for period in proposal.periods] == [
        (day(0), Days(first=day(1), last=day(29)), eur(1_000_00)),
        (day(0), Days(first=day(30), last=day(45)), eur(600_00)),
        (day(30), Days(first=day(31), last=day(45)), eur(1_000_00)),
    ]


def test_money_settles_the_instalment_that_is_due_first() -> None:
    parts = tuple(DuePart(due_on=on, amount=eur(1_000_00)) for on in (day(30), day(0)))
    debt = LateDebt(invoice="INV-1042", parts=parts, movements=(paid(eur(1_500_00), day(-1)),))

    proposal = asked(debt, day(45))

    assert [(period.due_on, period.base) for period in proposal.periods] == [(day(30), eur(500_00))]


def test_instalments_of_one_day_are_one_late_payment_and_a_debt_has_one_compensation() -> None:
    twice = tuple(DuePart(due_on=day(0), amount=gbp(600_00)) for _ in range(2))
    later = DuePart(due_on=day(10), amount=gbp(50_000_00))

    uk = asked(LateDebt(invoice="INV-1042", parts=(*twice, later)), day(45), country="GB")
    nl = asked(LateDebt(invoice="INV-1042", parts=twice), day(45))

    assert uk.compensation == gbp(70_00), "one for the debt, by the 1,200.00 that went late first"
    assert nl.compensation == eur(40_00)


def test_a_formula_of_many_periods_stays_a_line_that_can_be_read() -> None:
    debt = owing(eur(10_000_00), *(paid(eur(1_00), day(late)) for late in range(10, 30)))

    proposal = asked(debt, day(45))

    assert len(proposal.periods) == 21
    assert proposal.formula.count("10.40 %") == 6
    assert f" + 15 more periods = {proposal.interest}; compensation" in proposal.formula


@pytest.mark.parametrize(
    ("parts", "more", "words"),
    [
        ((), {}, "at least one part"),
        ((DuePart(due_on=DUE, amount=eur(0)),), {}, "each part an amount"),
        (
            (DuePart(due_on=DUE, amount=eur(1)),),
            {"movements": (paid(gbp(1), DUE),)},
            "EUR and GBP: convert first",
        ),
        ((DuePart(due_on=DUE, amount=eur(1)),), {"disputed": eur(-1)}, "cannot be in dispute"),
    ],
)
def test_a_debt_that_makes_no_sense_is_refused(
    parts: tuple[DuePart, ...], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        LateDebt(invoice="INV-1042", parts=parts, **more)


# --- for whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "segment", "words"),
    [
        ("NL", "consumer", "no interest is asked of customers of segment consumer"),
        ("NL", "shop", "no interest is asked of customers of segment shop"),
        ("US", "business", "no table of rates is for customers of US"),
        ("SE", "business", "no table of rates is for customers of SE"),
        (None, "business", "no table of rates is for customers of an unknown country"),
        ("FR", "authority", "table fr is not for b2g"),
    ],
)
def test_whoever_owes_no_interest_is_asked_for_none(country: str | None, segment: str, words: str) -> None:
    proposal = asked(owing(eur(10_000_00)), day(45), customer=who(country, segment))

    assert proposal.empty
    assert (proposal.total, proposal.periods, why(proposal)) == (eur(0), (), [words])


def test_a_public_authority_owes_interest_where_the_law_says_so() -> None:
    assert asked(owing(eur(10_000_00)), day(45), customer=who("NL", "authority")).interest == eur(128_22)


def test_a_policy_asks_for_no_interest_unless_it_says_so() -> None:
    proposal = asked(owing(eur(10_000_00)), day(45), terms=Interest())

    assert (proposal.empty, why(proposal)) == (True, ["the policy asks for no interest"])


@pytest.mark.parametrize("as_of", [day(-10), day(0)])
def test_nothing_is_asked_for_before_the_debt_is_late(as_of: date) -> None:
    proposal = asked(owing(eur(10_000_00)), as_of)

    assert proposal.empty
    assert proposal.withheld == ()


def test_pauses_do_not_stop_the_interest_of_the_law_unless_the_policy_lets_it_rest() -> None:
    paused = [Days(first=day(11), last=date(9999, 12, 31)), Days(first=day(-9), last=day(2))]
    rests = replaced(LAW, runs_in_pauses=False)

    running = asked(owing(eur(10_000_00)), day(45), paused=paused)
    resting = asked(owing(eur(10_000_00)), day(45), paused=paused, terms=rests)

    assert running.interest == eur(128_22)
    assert [period.days for period in resting.periods] == [Days(first=day(3), last=day(10))]
    assert why(resting) == [
        f"paused from {day(11)} to {day(45)}, and the policy lets interest rest",
        f"paused from {day(1)} to {day(2)}, and the policy lets interest rest",
    ]


# --- what was booked before, currencies ----------------------------------------------------------


def test_what_was_booked_is_not_asked_for_again() -> None:
    proposal = asked(owing(eur(10_000_00)), day(45), before=Booked(until=day(30), compensated_until=day(30)))

    assert [period.days for period in proposal.periods] == [Days(first=day(31), last=day(45))]
    assert proposal.compensation is None
    assert asked(owing(eur(10_000_00)), day(45), before=Booked(until=day(45), compensated_until=day(1))).empty


def test_an_instalment_that_went_late_since_has_its_own_compensation() -> None:
    parts = tuple(DuePart(due_on=on, amount=eur(1_000_00)) for on in (day(0), day(30)))
    debt = LateDebt(invoice="INV-1042", parts=parts)

    before = Booked(until=day(30), compensated_until=day(30))

    assert [line.late_from for line in asked(debt, day(45), before=before).compensation_lines] == [day(31)]


def test_what_was_charged_back_went_late_on_that_day() -> None:
    debt = owing(gbp(2_000_00), paid(gbp(2_000_00), day(-3)), Movement(on=day(9), amount=gbp(500_00)))

    proposal = asked(debt, day(45), country="GB")

    assert [(line.late_from, line.late) for line in proposal.compensation_lines] == [(day(9), gbp(500_00))]
    assert proposal.compensation == gbp(40_00)


def test_a_currency_without_decimals_is_rounded_to_its_whole_unit() -> None:
    """500,000 × 0.1040 × 45 / 365 = 6,410.96 yen; the compensation stays in the currency of the law."""
    proposal = asked(owing(Money(500_000, "JPY")), day(45))

    assert (proposal.interest, proposal.compensation) == (Money(6_411, "JPY"), eur(40_00))
    assert proposal.total is None, "two currencies are not added"


def test_a_currency_with_three_decimals_is_rounded_to_its_thousandth() -> None:
    assert asked(owing(Money(100_000, "KWD")), day(45)).interest == Money(1_282, "KWD")


def test_tiers_in_another_currency_choose_no_compensation() -> None:
    proposal = asked(owing(eur(10_000_00)), day(60), country="GB")

    assert (proposal.interest, proposal.compensation) == (eur(193_15), None)
    assert why(proposal) == ["INV-1042 is in EUR, the tiers of the compensation are in GBP"]


def test_half_a_minor_unit_goes_to_the_even_neighbour() -> None:
    """73.00 at 10 % bears 2 cents a day: a quarter and three quarters of that are half cents."""
    rates = with_base("2")
    halves = [
        asked(owing(gbp(minor), due_on=DUE), day(1), country="GB", rates=rates).interest
        for minor in (18_25, 54_75, 91_25)  # exactly 0.5, 1.5 and 2.5 pence
    ]

    assert halves == [gbp(0), gbp(2), gbp(2)]


# --- by contract ---------------------------------------------------------------------------------


def test_an_agreed_rate_needs_no_table_and_no_country() -> None:
    """10,000 × 0.12 × 45 / 365 = 147.9452."""
    proposal = asked(owing(Money(10_000_00, "USD")), day(45), country=None, terms=AGREED)

    assert proposal.interest == Money(147_95, "USD")
    assert (proposal.table, proposal.rows, proposal.compensation) == (None, (), None)
    assert proposal.legal_basis == "contract: Terms, section 7"
    assert proposal.formula == "10,000.00 USD × 12 % × 45/365 = 147.95 USD"


@pytest.mark.parametrize(
    ("booked", "interest"), [(None, 100_00), (eur(0), 100_00), (eur(70_00), 30_00), (eur(170_00), 0)]
)
def test_the_cap_leaves_what_has_not_been_booked(booked: Money | None, interest: int) -> None:
    terms = replaced(AGREED, cap={"EUR": "100"})

    proposal = asked(owing(eur(10_000_00)), day(45), terms=terms, before=Booked(agreed=booked))

    assert proposal.interest == eur(interest)
    assert proposal.formula.endswith(f"= 147.95 EUR, capped at {eur(interest)}")
    assert why(proposal) == [
        f"147.95 EUR exceeds the cap of 100.00 EUR for an invoice, of which {booked or eur(0)} is booked"
    ]


def test_consumers_owe_no_agreed_interest_and_no_fee() -> None:
    terms = replaced(AGREED, fees={"final_notice": {"EUR": "5"}})
    words = ["no interest is asked of customers of segment consumer"]
    fee = propose_fee(
        invoice="INV-1042", step="final_notice", currency="EUR", terms=terms, customer=who("NL", "consumer")
    )

    assert why(asked(owing(eur(1_00)), day(45), customer=who("NL", "consumer"), terms=terms)) == words
    assert (fee.amount, [reason.words for reason in fee.withheld]) == (eur(0), words)


@pytest.mark.parametrize(
    ("step", "currency", "booked", "fee", "words"),
    [
        ("final_notice", "EUR", None, 5_00, None),
        (
            "final_notice",
            "EUR",
            8_00,
            2_00,
            "5.00 EUR exceeds the cap of 10.00 EUR for an invoice, of which 8.00 EUR is booked",
        ),
        ("final_notice", "GBP", None, 4_50, None),
        ("final_notice", "JPY", None, 0, "the policy has no fee for final_notice in JPY"),
        ("reminder_first", "EUR", None, 0, "the policy has no fee for reminder_first in EUR"),
    ],
)
def test_a_step_has_its_agreed_fee(
    step: str, currency: str, booked: int | None, fee: int, words: str | None
) -> None:
    terms = Interest(
        basis="contract",
        fees={"final_notice": {"EUR": Decimal(5), "GBP": Decimal("4.50")}},
        cap={"EUR": Decimal(10)},
        clause="Terms, section 7",
    )
    before = None if booked is None else Booked(agreed=Money(booked, currency))

    proposal = propose_fee(
        invoice="INV-1042", step=step, currency=currency, terms=terms, customer=who(), before=before
    )

    assert proposal.amount == Money(fee, currency)
    assert [reason.words for reason in proposal.withheld] == ([words] if words else [])
    assert proposal.legal_basis == "contract: Terms, section 7"


def test_a_contract_of_fees_alone_has_no_interest() -> None:
    terms = Interest(basis="contract", fees={"final_notice": {"EUR": Decimal(5)}}, clause="Terms, section 7")

    assert why(asked(owing(eur(1_000_00)), day(45), terms=terms)) == ["the policy asks for no interest"]


# --- what always holds ---------------------------------------------------------------------------

offsets = st.integers(-60, 400)
amounts = st.integers(1, 10**9)
movements = st.builds(
    lambda on, minor, corrects: Movement(on=day(on), amount=eur(minor), corrects=corrects),
    offsets,
    st.integers(-(10**9), 10**9),
    st.booleans(),
)
debts = st.builds(
    lambda parts, moves, disputed: LateDebt(
        invoice="INV-1042",
        parts=tuple(DuePart(due_on=day(on), amount=eur(minor)) for on, minor in parts),
        movements=tuple(moves),
        disputed=eur(disputed),
    ),
    st.lists(st.tuples(offsets, amounts), min_size=1, max_size=4),
    st.lists(movements, max_size=5),
    st.integers(0, 10**9) | st.just(0),
)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Rates that may have gaps: before, between and after."""
    begins = sorted(draw(st.lists(offsets, min_size=1, max_size=4, unique=True)))
    spans = []
    for begin, following in zip(begins, [*begins[1:], 500], strict=True):
        last = draw(st.integers(begin, following - 1))
        rate = draw(st.decimals(0, 1, places=4))
        spans.append(Span(days=Days(first=day(begin), last=day(last)), annual_rate=rate, row=f"row-{begin}"))
    return Tariff(spans=tuple(spans), fixed_at_start=draw(st.booleans()))


rests = st.lists(
    st.tuples(offsets, st.integers(0, 90)).map(lambda each: Days(first=day(each[0]), last=day(sum(each)))),
    max_size=3,
)


@given(debt=debts, tariff=tariffs(), resting=rests, split=offsets, end=offsets)
def test_interest_up_to_a_day_and_after_it_is_the_interest_of_both(
    debt: LateDebt, tariff: Tariff, resting: list[Days], split: int, end: int
) -> None:
    """Exactly so; once rounded, the two differ from the one by half a minor unit each.

    All that is known is known at the end: a correction that is learned later is finance's to waive.
    """
    known = [move for move in debt.movements if move.on <= day(min(split, end))]
    debt = replace(debt, movements=tuple(known))
    split, end = sorted((split, end))

    first = accrue(debt, tariff=tariff, as_of=day(split), resting=resting)
    rest = accrue(debt, tariff=tariff, as_of=day(end), after=day(split), resting=resting)
    whole = accrue(debt, tariff=tariff, as_of=day(end), resting=resting)

    assert first.exact_minor + rest.exact_minor == whole.exact_minor
    assert abs(round(first.exact_minor) + round(rest.exact_minor) - round(whole.exact_minor)) <= Fraction(
        3, 2
    )


@given(debt=debts, tariff=tariffs(), resting=rests, end=offsets, after=st.none() | offsets)
def test_periods_are_what_counting_day_by_day_gives(
    debt: LateDebt, tariff: Tariff, resting: list[Days], end: int, after: int | None
) -> None:
    counted = Fraction(0)
    unknown = set()
    for late in range(-60 if after is None else max(-60, after + 1), end + 1):
        if any(rest.first <= day(late) <= rest.last for rest in resting):
            continue
        for part, base in zip(debt.by_due_date, debt.owed(day(late), as_of=day(end)), strict=True):
            if part.due_on >= day(late) or not base:
                continue
            looked_up = part.due_on + timedelta(days=1) if tariff.fixed_at_start else day(late)
            span = tariff.on(looked_up)
            if span is None:
                unknown.add(looked_up)
            else:
                counted += base.minor * Fraction(span.annual_rate) / 365

    accrual = accrue(
        debt,
        tariff=tariff,
        as_of=day(end),
        after=None if after is None else day(after),
        resting=resting,
    )

    assert accrual.exact_minor == counted
    assert {each.first + timedelta(days=i) for each in accrual.unknown for i in range(each.count)} == unknown


@given(debt=debts, tariff=tariffs(), resting=rests, end=offsets)
def test_interest_is_never_negative_and_no_day_of_a_part_counts_twice(
    debt: LateDebt, tariff: Tariff, resting: list[Days], end: int
) -> None:
    accrual = accrue(debt, tariff=tariff, as_of=day(end), resting=resting)

    assert accrual.exact_minor >= 0
    for period in accrual.periods:
        assert period.base.minor > 0
        assert period.due_on < period.days.first <= period.days.last <= day(end)
    for one in debt.by_due_date:
        days = sum(period.days.count for period in accrual.periods if period.due_on == one.due_on)
        same = sum(part.due_on == one.due_on for part in debt.parts)
        assert days <= same * max(0, (day(end) - one.due_on).days)


@given(debt=debts, tariff=tariffs(), resting=rests, end=offsets, more=st.integers(0, 90))
def test_more_days_never_bear_less(
    debt: LateDebt, tariff: Tariff, resting: list[Days], end: int, more: int
) -> None:
    """As long as nobody says in those days that less had been owed."""
    debt = replace(debt, movements=tuple(move for move in debt.movements if not move.corrects))

    shorter = accrue(debt, tariff=tariff, as_of=day(end), resting=resting)
    longer = accrue(debt, tariff=tariff, as_of=day(end + more), resting=resting)

    assert shorter.exact_minor <= longer.exact_minor


@given(debt=debts, tariff=tariffs(), end=offsets, which=st.integers(0, 3), more=amounts)
def test_a_larger_part_never_bears_less(
    debt: LateDebt, tariff: Tariff, end: int, which: int, more: int
) -> None:
    tariff = replace(tariff, fixed_at_start=False)
    parts = list(debt.parts)
    part = parts[which % len(parts)]
    parts[which % len(parts)] = replace(part, amount=part.amount + eur(more))

    before = accrue(debt, tariff=tariff, as_of=day(end)).exact_minor
    after = accrue(replace(debt, parts=tuple(parts)), tariff=tariff, as_of=day(end)).exact_minor

    assert before <= after


@given(debt=debts, tariff=tariffs(), end=offsets, on=offsets, minor=amounts)
def test_a_payment_never_makes_the_interest_more(
    debt: LateDebt, tariff: Tariff, end: int, on: int, minor: int
) -> None:
    less = replace(debt, movements=(*debt.movements, paid(eur(minor), day(on))))

    with_it, without = (accrue(each, tariff=tariff, as_of=day(end)).exact_minor for each in (less, debt))

    assert with_it <= without


@given(debt=debts, tariff=tariffs(), resting=rests, end=offsets, seed=st.randoms())
def test_the_order_of_entries_and_parts_changes_nothing(
    debt: LateDebt, tariff: Tariff, resting: list[Days], end: int, seed: Random
) -> None:
    parts, moves = list(debt.parts), list(debt.movements)
    seed.shuffle(parts)
    seed.shuffle(moves)
    other = replace(debt, parts=tuple(parts), movements=tuple(moves))

    assert accrue(other, tariff=tariff, as_of=day(end), resting=resting[::-1]) == accrue(
        debt, tariff=tariff, as_of=day(end), resting=resting
    )


@given(debt=debts, end=offsets, country=st.sampled_from(["NL", "GB", "IE", "FR", "DE", "PL"]))
def test_a_proposal_adds_up_and_says_how(debt: LateDebt, end: int, country: str) -> None:
    proposal = asked(debt, day(end), country=country)

    exact = sum(
        (
            period.base.minor * Fraction(period.annual_rate) * period.days.count / 365
            for period in proposal.periods
        ),
        Fraction(0),
    )
    assert proposal.interest == eur(round(exact))
    assert proposal.compensation == (
        sum((line.amount for line in proposal.compensation_lines), eur(0))
        if proposal.compensation_lines
        else None
    )
    assert ("\n" in proposal.formula, bool(proposal.formula)) == (
        False,
        bool(proposal.periods or proposal.compensation),
    )
    for row in proposal.rows:
        assert row.startswith(("eu-", "uk-"))
