"""How the usage of a month stands against its budget: level, forecast, and days that cost too much.

Everything is exact: 79.99 % of a budget is below 80 %, however it is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from statistics import median

from domain.money import Money
from domain.policy_fields import amount_in
from domain.policy_usage import Usage
from domain.reasons import Reason, because
from domain.usage.book import MonthOfUse, Profile, UsageBook, days_in, first_of

LATE_DAYS = 3
"""So long after a month's end its usage may still raise an alert: it is measured a day late, or more."""

MOST_DAYS = 30
"""So many earlier days a spike is compared with."""

_HIGHEST = 980
"""Of the alerts of a month: whoever uses more than that has heard of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be used in a month; `agreed` tells it from the low one before anything was agreed."""

    amount: Money
    agreed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """A day that cost far more than the days before it."""

    on: date
    cost: Money
    usual: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A month's usage against its budget.

    Attributes:
        level: the highest percentage that was reached of those that are told; None below all of them.
        forecast: of the whole month, if it goes on so; None where too little is known, or it is over.
    """

    month: str
    used: Money
    budget: Budget
    read_on: date
    level: int | None
    forecast: Money | None
    spike: Spike | None

    @property
    def percent(self) -> Decimal:
        """How much of the budget was used, rounded down: 79.999 is not 80."""
        exact = Decimal(self.used.minor) * 100 / Decimal(self.budget.amount.minor)
        return exact.quantize(Decimal("0.01"), rounding=ROUND_DOWN)

    @property
    def over(self) -> bool:
        """Whether it goes beyond the budget if it goes on so."""
        return self.forecast is not None and self.forecast > self.budget.amount


def standing(terms: Usage, book: UsageBook, today: date, currency: str | None = None) -> Standing | None:
    """Return how the month stands that is watched on a day; None where there is none, or no budget for it.

    Args:
        currency: of the customer; that of the profile comes before it.
    """
    watched = _watched(book, today, currency)
    if watched is None:
        return None
    budget = budget_for(terms, book.profile, watched.month, watched.used.currency)
    if budget is None:
        return None
    return Standing(
        month=watched.month,
        used=watched.used,
        budget=budget,
        read_on=watched.read_on,
        level=_level(terms, watched.used, budget.amount),
        forecast=_forecast(terms, watched) if watched.month == _month(today) else None,
        spike=_spike(terms, book.months, watched, budget.amount),
    )


def suspicion(terms: Usage, stands: Standing) -> Reason | None:
    """Return why somebody should look for fraud or misuse in a month's usage; None where nothing says so."""
    if (spike := stands.spike) is not None:
        return because("usage.spike", cost=spike.cost, on=spike.on, usual=spike.usual)
    used, budget = stands.used, stands.budget.amount
    if used.minor * 100 >= terms.odd_percent * budget.minor:
        return because("usage.odd", month=stands.month, used=used, percent=stands.percent, budget=budget)
    return None


def budget_for(terms: Usage, profile: Profile | None, month: str, currency: str) -> Budget | None:
    """Return the budget of a month; None where nothing was agreed and the policy has none in its currency."""
    if profile is None or profile.expected.currency != currency:
        low = amount_in(terms.default_budget, currency)
        return None if low is None else Budget(amount=low, agreed=False)
    made = profile.expected_in(month).portion(terms.budget_factor)
    if profile.budget is None:
        return Budget(amount=made, agreed=True)
    peak = profile.expected_in(month) != profile.expected
    return Budget(amount=max(profile.budget, made) if peak else profile.budget, agreed=True)


def rank(terms: Usage, level: int) -> int:
    """Return the place of a level among those of a month: the warning is 0, alerts come from 10 on."""
    if level < terms.alert_percent:
        return 0
    return min(10 + (level - terms.alert_percent) // terms.further_percent, _HIGHEST)


def _watched(book: UsageBook, today: date, currency: str | None) -> MonthOfUse | None:
    """The month of the newest reading, while it lasts and for some days after it."""
    wanted = book.profile.expected.currency if book.profile else currency
    months = [each for (_, of), each in book.months.items() if wanted in (None, of)]
    newest = max(months, key=lambda each: (each.month, each.read_on, each.used.currency), default=None)
    if newest is None or newest.month > _month(today):
        return None
    late = _month(today) != newest.month
    return None if late and _month(today - timedelta(days=LATE_DAYS)) != newest.month else newest


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _level(terms: Usage, used: Money, budget: Money) -> int | None:
    if budget.minor == 0:
        return None
    percent = used.minor * 100 // budget.minor
    if percent >= terms.alert_percent:
        return terms.alert_percent + (percent - terms.alert_percent) // terms.further_percent * (
            terms.further_percent
        )
    return terms.warn_percent if percent >= terms.warn_percent else None


def _forecast(terms: Usage, month: MonthOfUse) -> Money | None:
    elapsed = month.read_on.day
    if elapsed < terms.forecast_days:
        return None
    return Money(round(Fraction(month.used.minor * days_in(month.month), elapsed)), month.used.currency)


def _spike(
    terms: Usage, months: Mapping[tuple[str, str], MonthOfUse], watched: MonthOfUse, budget: Money
) -> Spike | None:
    """The newest day, if it cost far more than usual and more than its share of the budget."""
    currency = budget.currency
    of_currency = sorted((each for (_, of), each in months.items() if of == currency), key=lambda e: e.month)
    days = [day for month in of_currency if month.month <= watched.month for day in _days(month)]
    *earlier, (on, cost) = days
    earlier = earlier[-MOST_DAYS:]
    if len(earlier) < terms.spike_days or cost * days_in(watched.month) <= budget.minor:
        return None
    usual = median(each for _, each in earlier)
    if cost <= Fraction(terms.spike_factor) * Fraction(usual):
        return None
    return Spike(on=on, cost=Money(round(cost), currency), usual=Money(round(usual), currency))


def _days(month: MonthOfUse) -> Iterator[tuple[date, Fraction]]:
    """Yield what each day cost, in minor units; days between two readings share what came in between."""
    before, so_far = first_of(month.month) - timedelta(days=1), 0
    for on, used in month.so_far:
        gap = (on - before).days
        each = Fraction(max(used.minor - so_far, 0), gap)
        for days in range(1, gap + 1):
            yield before + timedelta(days=days), each
        before, so_far = on, used.minor
