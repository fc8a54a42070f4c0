"""The formulas of receivables against the worked examples of collections-practice.md, section 6.3."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.ratios import (
    average_days_delinquent,
    collection_effectiveness,
    countback,
    days_sales_outstanding,
    percent,
    rounded,
)

minor = st.integers(0, 10**12)


def test_dso_of_collections_practice_6_3() -> None:
    """Source: AR 900,000, sales of 90 days 1,500,000: DSO 54.0; not due 600,000: BPDSO 36.0; ADD 18.0."""
    assert rounded(days_sales_outstanding(900_000_00, 1_500_000_00, 90), 1) == Decimal("54.0")
    assert rounded(days_sales_outstanding(600_000_00, 1_500_000_00, 90), 1) == Decimal("36.0")
    assert rounded(average_days_delinquent(900_000_00, 600_000_00, 1_500_000_00, 90), 1) == Decimal("18.0")


def test_countback_of_collections_practice_6_3() -> None:
    """Source: AR 900,000; months, newest first, 500,000 in 30 days and 600,000 in 31: 50.67."""
    assert rounded(countback(900_000_00, [(500_000_00, 30), (600_000_00, 31)])) == Decimal("50.67")


def test_cei_of_collections_practice_6_3() -> None:
    """Source: opening 1,000,000; sales 500,000; closing 900,000, of it not due 600,000: 66.67."""
    found = collection_effectiveness(
        opening=1_000_000_00, sales=500_000_00, closing=900_000_00, closing_not_due=600_000_00
    )
    assert rounded(found) == Decimal("66.67")


def test_cei_of_a_quarter_takes_the_sales_of_one_month() -> None:
    """Source: the formula of collections-practice.md has sales / N, with N the months of the period."""
    found = collection_effectiveness(
        opening=1_000_000, sales=1_500_000, closing=900_000, closing_not_due=600_000, months=3
    )
    assert rounded(found) == Decimal("66.67")


def test_nothing_below_the_line_is_no_figure() -> None:
    """Source: collections-practice.md 6.3, denominator 0 is null, not 0 or 100."""
    assert days_sales_outstanding(100, 0, 30) is None
    assert days_sales_outstanding(100, -5, 30) is None
    assert average_days_delinquent(100, 50, 0, 30) is None
    assert percent(0, 0) is None
    assert collection_effectiveness(opening=0, sales=100, closing=100, closing_not_due=100) is None
    assert rounded(None) is None


@pytest.mark.parametrize(
    ("receivable", "months", "days"),
    [
        (0, [(100, 30)], Fraction(0)),
        (100, [(100, 30), (100, 31)], Fraction(30)),
        (150, [(100, 30), (100, 31)], 30 + Fraction(31, 2)),
        (150, [(100, 10), (0, 31), (100, 30)], 41 + Fraction(15)),
        (90, [(-10, 30), (100, 31)], 30 + Fraction(31)),
        (201, [(100, 30), (100, 31)], None),
        (1, [], None),
    ],
    ids=["nothing", "one month", "pro rata", "a month without sales", "credits only", "too much", "no month"],
)
def test_countback_takes_months_off_the_newest_first(receivable, months, days) -> None:
    assert countback(receivable, months) == days


@pytest.mark.parametrize(
    ("ratio", "figure"),
    [
        (Fraction(1, 200), "0.01"),
        (Fraction(-1, 200), "-0.01"),
        (Fraction(-1, 300), "0.00"),
        (Fraction(2, 3), "0.67"),
        (Fraction(10**20 + 1), "100000000000000000001.00"),
    ],
)
def test_a_figure_is_rounded_once_half_up(ratio, figure) -> None:
    assert str(rounded(ratio)) == figure


@given(minor, minor, st.integers(1, 10**12), st.integers(1, 366))
def test_delinquent_days_are_dso_less_the_best_possible(receivable, not_due, sales, days) -> None:
    dso, best = (days_sales_outstanding(each, sales, days) for each in (receivable, not_due))
    assert dso is not None
    assert best is not None
    assert average_days_delinquent(receivable, not_due, sales, days) == dso - best


@given(st.integers(0, 10**5), st.integers(10**3, 10**6), st.integers(1, 31))
def test_with_even_sales_both_ways_to_count_agree(receivable, sales, days) -> None:
    months = [(sales, days)] * (receivable // sales + 1)
    assert countback(receivable, months) == days_sales_outstanding(receivable, sales, days)


@given(minor, minor, minor, minor)
def test_cei_is_a_hundred_only_when_nothing_due_is_open(opening, sales, closing, not_due) -> None:
    found = collection_effectiveness(
        opening=opening, sales=sales, closing=closing, closing_not_due=min(not_due, closing)
    )
    if found is not None:
        assert found <= 100
        assert (found == 100) == (closing == min(not_due, closing))
