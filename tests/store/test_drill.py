"""From a figure to its items: they are counted by it, or add up to it."""

from decimal import Decimal
from typing import Any

import pytest

from domain.facts import Paused
from domain.money import Money
from domain.reports.conversion import Conversion
from domain.reports.drill import behind, narrowed
from store.reporting.catalogue import REPORTS, Terms
from store.reporting.reading import Asked, reading
from tests.store.test_reporting import a_quarter

NOT_DRILLED = {"movements", "recovery", "allowance"}
"""Their lines have no list: a movement is told by `movements --list` alone, cohorts and groups by nothing."""


def read(business: Any, name: str, *, as_of: Any, listed: bool = False, **more: Any) -> Any:
    asked = Asked(as_of=as_of, listed=listed, **more)
    # One month of sales, as the list has them.
    with reading(business.ledger, asked) as found:
        return REPORTS[name].made(found, Terms(period_months=1, weeks=4))


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


def test_figures_that_were_converted_lead_nowhere(business: Any) -> None:
    a_quarter(business)
    conversion = Conversion(into="USD", rates={"EUR": Decimal("1.1")}, stated_on=business.due)
    report = read(business, "ageing", as_of=business.at(14).date(), conversion=conversion)
    assert [found for found in behind(report) if found] == []
