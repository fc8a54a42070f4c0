"""What is known of a customer's usage: the profile that counts, and what was measured of each month.

A reading is of the month so far. The newest one of a month counts, whatever the order in which they came;
where there are readings of the whole customer, those of single subscriptions add nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import month_end
from domain.facts import Body, UsageBilled, UsageProfileAgreed, UsageReported
from domain.money import Money, per_currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One fact about usage, with its day and its instant."""

    on: date
    at: datetime
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the customer expects to use in a month.

    Attributes:
        peak: of the months whose number is in `peak_months`.
        budget: as it was agreed for an ordinary month; None where the policy makes one.
        review_on: as it was agreed; None where the policy says.
    """

    expected: Money
    peak: Money | None
    peak_months: tuple[int, ...]
    budget: Money | None
    agreed_on: date
    review_on: date | None
    by: str

    def expected_in(self, month: str) -> Money:
        """What is expected of a month."""
        return self.peak if self.peak is not None and int(month[5:]) in self.peak_months else self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOfUse:
    """What was measured of a month in one currency: `so_far` by day of reading, in order."""

    month: str
    so_far: tuple[tuple[date, Money], ...]

    @property
    def used(self) -> Money:
        """All that was used."""
        return self.so_far[-1][1]

    @property
    def read_on(self) -> date:
        """The day of the newest reading."""
        return self.so_far[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageBook:
    """All that is known of a customer's usage.

    Attributes:
        months: by month and currency.
        billed: by month what was billed of it; None for all.
    """

    profile: Profile | None
    months: Mapping[tuple[str, str], MonthOfUse]
    billed: Mapping[str, tuple[Money, ...] | None]

    @property
    def unbilled(self) -> tuple[Money, ...]:
        """What was used and not billed yet, one amount per currency."""
        return per_currency(left for used in self.months.values() if (left := self._left(used)))

    def _left(self, used: MonthOfUse) -> Money:
        nothing = Money.zero(used.used.currency)
        billed = self.billed.get(used.month, ())
        if billed is None:
            return nothing
        mine = (amount for amount in billed if amount.currency == nothing.currency)
        return max(used.used - sum(mine, nothing), nothing)


def book_of(told: Sequence[Told]) -> UsageBook:
    """Return what these facts say, in whatever order they came."""
    return UsageBook(profile=_profile(told), months=_months(told), billed=_billed(told))


def first_of(month: str) -> date:
    """Return the first day of a month that is written like 2026-02."""
    return date(int(month[:4]), int(month[5:]), 1)


def days_in(month: str) -> int:
    """Return how many days a month has."""
    return month_end(first_of(month)).day


def _profile(told: Iterable[Told]) -> Profile | None:
    agreed = [(each.at, each.on, each.body) for each in told if isinstance(each.body, UsageProfileAgreed)]
    if not agreed:
        return None
    _, on, body = max(agreed, key=lambda each: (each[0], repr(each[2])))
    return Profile(
        expected=Money.of(body.expected, body.currency),
        peak=None if body.peak is None else Money.of(body.peak, body.currency),
        peak_months=body.peak_months,
        budget=None if body.budget is None else Money.of(body.budget, body.currency),
        agreed_on=on,
        review_on=body.review_on,
        by=body.by or "finance",
    )


def _months(told: Iterable[Told]) -> Mapping[tuple[str, str], MonthOfUse]:
    readings: dict[tuple[str, str], list[tuple[datetime, date, str | None, Money]]] = {}
    for each in told:
        if isinstance(body := each.body, UsageReported):
            # What is heard after the month's end is about its last day.
            on = min(each.on, month_end(first_of(body.month)))
            reading = (each.at, on, body.subscription, Money.of(body.amount, body.currency))
            readings.setdefault((body.month, body.currency), []).append(reading)
    return {key: MonthOfUse(month=key[0], so_far=_so_far(of)) for key, of in readings.items()}


def _so_far(readings: Sequence[tuple[datetime, date, str | None, Money]]) -> tuple[tuple[date, Money], ...]:
    whole = [each for each in readings if each[2] is None]
    newest: dict[str | None, Money] = {}
    days: dict[date, Money] = {}
    for _, on, subscription, amount in sorted(whole or readings, key=lambda each: (each[0], each[3].minor)):
        newest[subscription] = amount
        days[on] = sum(newest.values(), Money.zero(amount.currency))
    return tuple(sorted(days.items()))


def _billed(told: Iterable[Told]) -> Mapping[str, tuple[Money, ...] | None]:
    billed: dict[str, tuple[Money, ...] | None] = {}
    for each in told:
        if isinstance(body := each.body, UsageBilled):
            known = billed.get(body.month, ())
            if body.amount is None or body.currency is None or known is None:
                billed[body.month] = None
            else:
                billed[body.month] = (*known, Money.of(body.amount, body.currency))
    return billed
