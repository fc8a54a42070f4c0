"""Every report of one day, from one reading: what a page for the board shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.reports.allowance import LossRates
from domain.reports.recovered import recovery_sheet
from domain.reports.sheet import Report
from store import recovery
from store.reporting import agreements, contacts, money
from store.reporting.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the single reports are asked for; without loss rates there is no allowance."""

    period_months: int = 3
    weeks: int = 13
    within_days: int = 7
    grace_days: int = 0
    recovery_days: int = 30
    loss_rates: LossRates | None = None


def board(reading: Reading, terms: Terms) -> Mapping[str, Report]:
    """Return every report by its name, in the order in which they are shown."""
    made = [
        money.ageing(reading),
        money.dso(reading, period=terms.period_months),
        money.cei(reading),
        money.movements(reading),
        agreements.forecast(reading, weeks=terms.weeks),
        _recovery(reading, terms.recovery_days),
        agreements.promises(reading, grace_days=terms.grace_days),
        agreements.disputes(reading),
        contacts.contacts(reading, within_days=terms.within_days),
        contacts.holds(reading),
        agreements.suspensions(reading),
    ]
    if terms.loss_rates is not None:
        made.append(money.allowance(reading, terms.loss_rates))
    return {report.name: report for report in made}


def _recovery(reading: Reading, within_days: int) -> Report:
    asked = reading.asked
    found = recovery.recovered_in(
        reading.session,
        first=reading.first_on,
        last=None,
        within_days=within_days,
        as_of=asked.as_of,
        known_at=asked.known_at,
        by=None,
    )
    return reading.report("recovery", recovery_sheet(found), within_days=within_days)
