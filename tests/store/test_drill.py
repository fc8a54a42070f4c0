"""From a figure to its items: they are counted by it, or add up to it."""

from decimal import Decimal
from typing import Any

import pytest

from domain.facts import Paused
from domain.money import Money
from domain.reports.allowance import BucketRates, LossRates
from domain.reports.conversion import Conversion
from domain.reports.drill import behind, narrowed
from store.reporting.catalogue import REPORTS, Terms
from store.reporting.reading import Asked, reading
from tests.store.test_reporting import a_quarter

NOT_DRILLED = {"movements", "recovery"}
"""Their lines have no list: what moved in a month, and what became overdue in one, is told by nothing yet."""
RATES = LossRates(title="Ours", basis="made up", rates=dict.fromkeys(BucketRates.model_fields, "0.1"))


def read(
    business: Any, name: str, *, as_of: Any, listed: bool = False, rates: Any = RATES, **more: Any
) -> Any:
    asked = Asked(as_of=as_of, listed=listed, **more)
    # One month of sales, as the list has them.
    with reading(business.ledger, asked) as found:
        return REPORTS[name].made(found, Terms(period_months=1, weeks=4, loss_rates=rates))


@pytest.mark.parametrize("name", sorted(REPORTS.keys() - NOT_DRILLED))
def test_every_figure_that_leads_somewhere_is_made_of_what_is_there(business: Any, name: str) -> None:
    a_quarter(business)
    business.invoice(business.customer("PAUSED"), "INV-PAUSED")
    business.record("PAUSED", Paused(reason="asked for time"), now=business.at(1))
    business.assess("PAUSED", business.at(4))
    tried = 0
    for day in (14, 40):
        report = read(business, name, as_of=business.at(day).date())
        keys = [column.key for column in report.sheet.columns]
        for row, leads in zip(report.sheet.rows, behind(report), strict=True):
            for column, found in leads.items():
                listed = read(business, name, as_of=found.as_of, listed=True).listed
                items = narrowed(listed, found.only)
                figure = row[keys.index(column)]
                assert made_of(items, found.adds) == (
                    figure.amount if isinstance(figure, Money) else figure
                ), (name, column, found)
                tried += 1
    assert tried


def made_of(items: Any, adds: str | None) -> Decimal | int:
    if adds is None:
        return len(items.rows)
    place = [column.key for column in items.columns].index(adds)
    return sum((row[place].amount for row in items.rows), Decimal(0))


def test_of_figures_that_were_converted_those_of_one_currency_lead_somewhere(business: Any) -> None:
    a_quarter(business)
    conversion = Conversion(into="USD", rates={"EUR": Decimal("1.1")}, stated_on=business.due)
    day = business.at(14).date()
    own, whole = behind(read(business, "ageing", as_of=day, conversion=conversion))
    assert own["total"].only["currency"] == "EUR"
    assert whole == {}
    for name in ("forecast", "dso", "allowance"):
        assert not any(behind(read(business, name, as_of=day, conversion=conversion)))


def test_of_an_allowance_by_segment_only_the_whole_leads_somewhere(business: Any) -> None:
    a_quarter(business)
    rates = RATES.model_copy(update={"segments": {"business": RATES.rates}})
    report = read(business, "allowance", as_of=business.at(14).date(), rates=rates)
    *parts, whole = behind(report)
    assert not any(parts)
    assert whole["receivable"].adds == "open"
