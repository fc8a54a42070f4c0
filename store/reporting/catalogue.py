"""The catalogue of reports: what each is called, what it says, and what it is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.reports.allowance import LossRates
from domain.reports.recovered import recovery_sheet
from domain.reports.sheet import Report
from store import recovery
from store.recovery import By
from store.reporting import agreements, contacts, money
from store.reporting.reading import Reading

Term = Literal["months", "period", "weeks", "within", "grace", "recovery", "span", "by", "rates", "in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the single reports are asked for; without loss rates there is no allowance."""

    period_months: int = 3
    weeks: int = 13
    within_days: int = 7
    grace_days: int = 0
    recovery_days: int = 30
    recovery_by: By | None = None
    recovery_first: date | None = None
    recovery_last: date | None = None
    loss_rates: LossRates | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One report.

    Attributes:
        terms: what besides its day it may be asked for; `in` is a currency into which it converts.
        items: whether the single items behind it can be listed.
    """

    name: str
    title: str
    says: str
    terms: tuple[Term, ...]
    made: Callable[[Reading, Terms], Report]
    items: bool = True


def _recovery(reading: Reading, terms: Terms) -> Report:
    asked = reading.asked
    found = recovery.recovered_in(
        reading.session,
        first=terms.recovery_first or reading.first_on,
        last=terms.recovery_last,
        within_days=terms.recovery_days,
        as_of=asked.as_of,
        known_at=asked.known_at,
        by=terms.recovery_by,
    )
    return reading.report("recovery", recovery_sheet(found), within_days=terms.recovery_days)


def _allowance(reading: Reading, terms: Terms) -> Report:
    if terms.loss_rates is None:
        raise ValueError("a loss allowance needs loss rates")
    return money.allowance(reading, terms.loss_rates)


REPORTS: Mapping[str, Offered] = {
    offered.name: offered
    for offered in (
        Offered(
            name="ageing",
            title="Ageing",
            says="What is open by days past due, per currency, at the end of any day.",
            terms=("in",),
            made=lambda reading, terms: money.ageing(reading),
        ),
        Offered(
            name="dso",
            title="Days sales outstanding",
            says="By month: simple and by countback, best possible, and days delinquent.",
            terms=("months", "period", "in"),
            made=lambda reading, terms: money.dso(reading, period=terms.period_months),
        ),
        Offered(
            name="cei",
            title="Collection effectiveness",
            says="What was collected of what could be, in percent, by month.",
            terms=("months", "in"),
            made=lambda reading, terms: money.cei(reading),
        ),
        Offered(
            name="movements",
            title="Movements",
            says="How what was open became what is open: invoiced, credited, received, written off.",
            terms=("months", "in"),
            made=lambda reading, terms: money.movements(reading),
        ),
        Offered(
            name="forecast",
            title="Cash that is to come",
            says="By week: promised, by instalment plan, and by due date; overdue apart.",
            terms=("weeks", "in"),
            made=lambda reading, terms: agreements.forecast(reading, weeks=terms.weeks),
        ),
        Offered(
            name="recovery",
            title="Recovery",
            says="What came in of what became overdue, by month; by step it describes, by arm it compares.",
            terms=("months", "recovery", "span", "by"),
            made=_recovery,
            items=False,
        ),
        Offered(
            name="promises",
            title="Promises kept",
            says="By the month of their day: how many were kept, and how much of the money.",
            terms=("months", "grace"),
            made=lambda reading, terms: agreements.promises(reading, grace_days=terms.grace_days),
        ),
        Offered(
            name="disputes",
            title="Disputes",
            says="By the month in which they were opened: won, lost, open, and the days to an answer.",
            terms=("months",),
            made=lambda reading, terms: agreements.disputes(reading),
        ),
        Offered(
            name="contacts",
            title="Contacts",
            says="Messages by step and channel: sent, delivered, and what was paid in the days after.",
            terms=("months", "within"),
            made=lambda reading, terms: contacts.contacts(reading, within_days=terms.within_days),
        ),
        Offered(
            name="held",
            title="Held contacts",
            says="Contacts that were held back, by rule and month.",
            terms=("months",),
            made=lambda reading, terms: contacts.holds(reading),
        ),
        Offered(
            name="suspensions",
            title="Suspensions",
            says="By month: how many came back, after how many days, and how many last.",
            terms=("months",),
            made=lambda reading, terms: agreements.suspensions(reading),
        ),
        Offered(
            name="allowance",
            title="Loss allowance",
            says="What is open by days past due, times the loss rates of finance.",
            terms=("rates", "in"),
            made=_allowance,
        ),
    )
}
"""Every report by its name, in the order in which they are shown."""
