"""Reports of money: ageing, receivables month by month, DSO, collection effectiveness, loss allowance."""

from domain.ageing import Ageing, age
from domain.reports import aged, turnover
from domain.reports.allowance import LossRates, allowance_sheet
from domain.reports.items import balances
from domain.reports.months import newest, roll_forward
from domain.reports.sheet import Report
from store.reporting.reading import Reading


def ageing_of(reading: Reading) -> Ageing:
    """Return the ageing from what was read; `store.reports.ageing` asks the database to add up instead."""
    as_of = reading.asked.as_of
    return age((balance for _, balance in balances(reading.items, as_of)), as_of)


def ageing(reading: Reading) -> Report:
    """Return what is open by how late it is."""
    asked = reading.asked
    listed = aged.behind(reading.items, asked.as_of) if asked.listed else None
    return reading.report("ageing", aged.ageing_sheet(ageing_of(reading), asked.conversion), listed)


def movements(reading: Reading) -> Report:
    """Return how what was open became what is open, month by month."""
    asked = reading.asked
    listed = turnover.behind(reading.items, as_of=asked.as_of, period=1) if asked.listed else None
    sheet = roll_forward(reading.months, shown=asked.months, notes=reading.notes)
    return reading.report("movements", sheet, listed, months=asked.months)


def dso(reading: Reading, *, period: int) -> Report:
    """Return days sales outstanding both ways, the best possible, and the average days delinquent."""
    asked = reading.asked
    listed = turnover.behind(reading.items, as_of=asked.as_of, period=period) if asked.listed else None
    sheet = turnover.dso_sheet(reading.months, shown=asked.months, period=period, notes=reading.notes)
    return reading.report("dso", sheet, listed, months=asked.months, period_months=period)


def cei(reading: Reading) -> Report:
    """Return the collection effectiveness index month by month."""
    asked = reading.asked
    listed = turnover.behind(reading.items, as_of=asked.as_of, period=1) if asked.listed else None
    sheet = turnover.cei_sheet(newest(reading.months, asked.months), reading.notes)
    return reading.report("cei", sheet, listed, months=asked.months)


def allowance(reading: Reading, rates: LossRates) -> Report:
    """Return the loss allowance by finance's own rates."""
    asked = reading.asked
    segments = {name: row.segment for name, row in reading.customers.items()} if rates.segments else {}
    sheet = allowance_sheet(reading.items, rates, segments, as_of=asked.as_of, conversion=asked.conversion)
    listed = aged.behind(reading.items, asked.as_of) if asked.listed else None
    return reading.report("allowance", sheet, listed, title=rates.title, basis=rates.basis)
