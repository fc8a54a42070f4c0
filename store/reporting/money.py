"""Reports of money: ageing, receivables month by month, DSO, collection effectiveness, loss allowance."""

from dataclasses import replace

from domain.ageing import Ageing
from domain.reports import aged, turnover
from domain.reports.allowance import LossRates, allowance_sheet
from domain.reports.months import newest, roll_forward
from domain.reports.sheet import Report
from store.reporting import ages
from store.reporting.reading import Reading


def ageing(reading: Reading) -> Report:
    """Return what is open by how late it is."""
    asked = reading.asked
    found = _with_money(ages.ageing(reading.session, as_of=asked.as_of, known_at=asked.known_at))
    listed = aged.behind(reading.open_items, asked.as_of) if asked.listed else None
    return reading.report("ageing", aged.ageing_sheet(found, asked.conversion), listed)


def _with_money(found: Ageing) -> Ageing:
    """Leave out currencies in which nothing is open any more: they need no rate."""
    rows = found.currencies.items()
    return replace(found, currencies={code: row for code, row in rows if any((*row.buckets, row.unapplied))})


def movements(reading: Reading) -> Report:
    """Return how what was open became what is open, month by month."""
    asked = reading.asked
    listed = turnover.behind(reading.each_item(), as_of=asked.as_of, period=1) if asked.listed else None
    sheet = roll_forward(reading.months, shown=asked.months, notes=reading.notes)
    return reading.report("movements", sheet, listed, months=asked.months)


def dso(reading: Reading, *, period: int) -> Report:
    """Return days sales outstanding both ways, the best possible, and the average days delinquent."""
    asked = reading.asked
    listed = turnover.behind(reading.each_item(), as_of=asked.as_of, period=period) if asked.listed else None
    sheet = turnover.dso_sheet(reading.months, shown=asked.months, period=period, notes=reading.notes)
    return reading.report("dso", sheet, listed, months=asked.months, period_months=period)


def cei(reading: Reading) -> Report:
    """Return the collection effectiveness index month by month."""
    asked = reading.asked
    listed = turnover.behind(reading.each_item(), as_of=asked.as_of, period=1) if asked.listed else None
    sheet = turnover.cei_sheet(newest(reading.months, asked.months), reading.notes)
    return reading.report("cei", sheet, listed, months=asked.months)


def allowance(reading: Reading, rates: LossRates) -> Report:
    """Return the loss allowance by finance's own rates."""
    asked = reading.asked
    segments = {name: row.segment for name, row in reading.customers.items()} if rates.segments else {}
    sheet = allowance_sheet(
        reading.open_items, rates, segments, as_of=asked.as_of, conversion=asked.conversion
    )
    listed = aged.behind(reading.open_items, asked.as_of) if asked.listed else None
    return reading.report("allowance", sheet, listed, title=rates.title, basis=rates.basis)
