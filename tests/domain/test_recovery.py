"""The recovery report: both numbers of a ratio, and cohorts that are not closed yet say so."""

from datetime import date

import pytest

from domain.money import Money
from domain.recovery import LateDebt, recovery


def late(
    on: str = "2026-03-03",
    amount: int = 100_00,
    came_in: int = 0,
    otherwise: int = 0,
    currency: str = "EUR",
    group: str = "",
) -> LateDebt:
    return LateDebt(
        late_on=date.fromisoformat(on),
        amount=Money(amount, currency),
        came_in=Money(came_in, currency),
        settled_otherwise=Money(otherwise, currency),
        group=group,
    )


def report(*debts: LateDebt, as_of: str = "2026-06-30", within_days: int = 30) -> list[tuple[object, ...]]:
    found = recovery(debts, within_days=within_days, as_of=date.fromisoformat(as_of))
    return [
        (f"{each.month:%Y-%m}", each.overdue, each.debts, each.came_in, each.recovered_debts, each.ratio)
        for each in found.cohorts
    ]


def test_a_ratio_has_its_numerator_and_its_denominator() -> None:
    debts = [late(came_in=100_00), late(came_in=25_00), late("2026-04-01", amount=300_00)]
    assert report(*debts) == [
        ("2026-03", Money(200_00, "EUR"), 2, Money(125_00, "EUR"), 1, "62.5"),
        ("2026-04", Money(300_00, "EUR"), 1, Money(0, "EUR"), 0, "0.0"),
    ]


def test_currencies_are_never_added() -> None:
    assert [row[1] for row in report(late(), late(currency="JPY", amount=500))] == [
        Money(100_00, "EUR"),
        Money(500, "JPY"),
    ]


@pytest.mark.parametrize(
    ("came_in", "otherwise", "recovered"),
    [(100_00, 0, 1), (60_00, 40_00, 1), (0, 100_00, 0), (60_00, 0, 0), (0, 0, 0)],
)
def test_what_was_credited_or_written_off_was_not_recovered(
    came_in: int, otherwise: int, recovered: int
) -> None:
    ((_, _, _, money, count, _),) = report(late(came_in=came_in, otherwise=otherwise))
    assert (money, count) == (Money(came_in, "EUR"), recovered)


@pytest.mark.parametrize(("as_of", "closed"), [("2026-04-29", False), ("2026-04-30", True)])
def test_a_cohort_is_closed_at_the_end_of_the_last_day_of_its_last_debt(as_of: str, closed: bool) -> None:
    """What is late from 31 March on was due on 30 March, and has 31 days until 30 April."""
    found = recovery([late()], within_days=31, as_of=date.fromisoformat(as_of))
    (cohort,) = found.cohorts
    assert (cohort.closed, cohort.closed_on) == (closed, date(2026, 5, 1))
    assert ("not closed before 2026-05-01" in found.table()) is not closed


def test_there_is_no_ratio_of_nothing() -> None:
    assert report(late(amount=0)) == [("2026-03", Money(0, "EUR"), 1, Money(0, "EUR"), 0, None)]


def test_without_debts_it_says_so() -> None:
    found = recovery([], within_days=30, as_of=date(2026, 6, 30))
    assert (found.table(), found.json()["cohorts"]) == ("No debt became overdue in this time.", [])


def test_groups_are_rows_of_their_own() -> None:
    found = recovery(
        [late(group="trial/soft", came_in=50_00), late(group="trial/hold_out")],
        within_days=30,
        as_of=date(2026, 6, 30),
        by="arm",
    )
    assert [
        (each["group"], each["recovered"], each["ratio_percent"]) for each in found.json()["cohorts"]
    ] == [
        ("trial/hold_out", "0.00", "0.0"),
        ("trial/soft", "50.00", "50.0"),
    ]
