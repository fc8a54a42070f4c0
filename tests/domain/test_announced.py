"""What a letter may say of interest that is not booked: never more than finance could be proposed today."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.interest.announced import announced
from domain.money import Money
from domain.notice import DailyInterest, NoticeInterest
from tests.domain.playing import Event, event, paid
from tests.domain.test_booking import situation
from tests.domain.test_interest_plan import AGREED, LAW, VOID, booked, issued

ACT = "Late Payment of Commercial Debts (Interest) Act 1998"
NO_SUM = {**LAW, "compensation": False}


def said(*events: Event, **more: Any) -> NoticeInterest | None:
    at = situation(*events, **more)
    return announced(at, at.open_debts)


def a_day(*events: Event, **more: Any) -> list[str]:
    found = said(*events, **more)
    return [f"{line.base} {line.annual_percent} {line.a_day}" for line in found.lines] if found else []


def test_uk_a_debt_says_what_it_is_a_day_by_which_row_and_what_is_added() -> None:
    """Simple and daily, amount × rate / 365; GBP 100 from 10,000. Source: collections-practice.md, 7.2."""
    assert said(issued(currency="GBP"), country="GB") == NoticeInterest(
        lines=(
            DailyInterest(
                invoice="A",
                base=Money(10_000_00, "GBP"),
                annual_percent=Decimal("11.75"),
                a_day=Money(3_22, "GBP"),
                row="uk-2026-h2",
            ),
        ),
        legal_basis=f"{ACT}; SI 2002/1675 art. 4: Bank Rate and 8 %, simple",
        compensation=(Money(100_00, "GBP"),),
        compensation_basis=f"{ACT}, s. 5A",
    )


def test_a_contract_says_its_rate_and_its_clause() -> None:
    found = said(issued(), terms=AGREED)
    assert found is not None
    assert [str(line.a_day) for line in found.lines] == ["3.29 EUR"]
    assert (found.legal_basis, found.compensation) == ("contract: Terms, section 7", ())


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([paid("2026-10-01", amount="4000.00", invoice="A")], ["6,000.00 EUR 10.4 1.71 EUR"]),
        (
            [event("2026-10-01", "dispute_opened", dispute="D", invoice="A", amount="9000.00")],
            ["1,000.00 EUR 10.4 0.28 EUR"],
        ),
        ([event("2026-10-01", "dispute_opened", dispute="D", invoice="A")], []),
        ([booked("2026-10-30T08:00:00Z", "170.96")], []),
        ([booked("2026-10-29T08:00:00Z", "168.11")], ["10,000.00 EUR 10.4 2.85 EUR"]),
        ([VOID], []),
    ],
    ids=["paid in part", "disputed in part", "disputed", "booked until today", "until yesterday", "void"],
)
def test_it_is_reckoned_on_what_is_overdue_and_undisputed_today(
    events: list[Event], expected: list[str]
) -> None:
    assert a_day(issued(), *events, terms=NO_SUM) == expected


def test_each_instalment_that_is_late_has_its_line() -> None:
    parts = [{"due_on": "2026-08-31", "amount": "4000.00"}, {"due_on": "2026-12-31", "amount": "6000.00"}]
    assert a_day(issued(instalments=parts), terms=NO_SUM) == ["4,000.00 EUR 10.4 1.14 EUR"]


@pytest.mark.parametrize(
    "more",
    [
        {"terms": {"basis": "none"}},
        {"country": "US"},
        {"country": "DE"},
        {"segment": "consumer"},
        {"on": "2026-08-31"},
        {"terms": {**AGREED, "cap": {"EUR": 50}, "annual_percent": 12}, "fee": booked("2026-10-01", "50.00")},
    ],
    ids=[
        "the policy asks for none",
        "no table",
        "no row yet",
        "a consumer",
        "not late",
        "the cap is reached",
    ],
)
def test_nothing_is_said_where_nothing_could_be_proposed(more: dict[str, Any]) -> None:
    fee = more.pop("fee", None)
    assert said(issued(), *filter(None, [fee]), **more) is None


@given(
    terms=st.sampled_from([LAW, NO_SUM, AGREED]),
    country=st.sampled_from(["GB", "NL", "FR", "IE", "DE"]),
    on=st.dates(min_value=situation().today, max_value=situation().today.replace(month=12)),
)
def test_a_consumer_never_hears_of_interest(terms: dict[str, Any], country: str, on: Any) -> None:
    """Interest by law is between businesses and with public bodies. Source: collections-practice.md, 7."""
    assert said(issued(), terms=terms, country=country, segment="consumer", on=on.isoformat()) is None
