"""Suspensions: how many services were suspended in a month, how many came back, and after how many days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import median_low

from domain.facts import Fact, SubscriptionReactivated, SubscriptionSuspended, SubscriptionTerminated
from domain.reports.ratios import percent, rounded
from domain.reports.sheet import Cell, Sheet, column

_Turn = SubscriptionSuspended | SubscriptionReactivated | SubscriptionTerminated


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """One suspension of one service; it is over when the service is back, or the subscription has ended."""

    customer: str
    subscription: str
    suspended_on: date
    back_on: date | None = None
    ended_on: date | None = None

    @property
    def lasts(self) -> bool:
        """Whether the service is still suspended."""
        return self.back_on is None and self.ended_on is None

    @property
    def days(self) -> int | None:
        """How many days it lasted, of a service that came back."""
        return None if self.back_on is None else (self.back_on - self.suspended_on).days


def suspended(customer: str, known: Iterable[Fact]) -> list[Suspended]:
    """Return the suspensions of a customer's services."""
    found: list[Suspended] = []
    told = [f for f in known if isinstance(f.body, _Turn)]
    for fact in sorted(told, key=lambda fact: (fact.happened_on, fact.happened_at or fact.learned_at)):
        assert isinstance(fact.body, _Turn)
        name = fact.body.subscription
        lasting = [i for i, each in enumerate(found) if each.subscription == name and each.lasts]
        if isinstance(fact.body, SubscriptionReactivated):
            for place in lasting:
                found[place] = replace(found[place], back_on=fact.happened_on)
        elif isinstance(fact.body, SubscriptionTerminated):
            for place in lasting:
                found[place] = replace(found[place], ended_on=fact.happened_on)
        elif not lasting:
            found.append(Suspended(customer=customer, subscription=name, suspended_on=fact.happened_on))
    return found


def suspensions_sheet(suspensions: Iterable[Suspended], *, as_of: date) -> Sheet:
    """Return suspensions by the month in which they began."""
    found: dict[str, list[Suspended]] = {}
    for each in suspensions:
        found.setdefault(f"{each.suspended_on:%Y-%m}", []).append(each)
    return Sheet(
        title="Suspensions",
        columns=(
            column("month", "suspended in", words=True),
            column("suspended"),
            column("back"),
            column("back_percent", "back %"),
            column("days_median", "days to return"),
            column("days_longest", "longest"),
            column("ended"),
            column("still_suspended", "still suspended"),
            column("still_days_longest", "for days"),
        ),
        rows=tuple(_row(month, of, as_of) for month, of in sorted(found.items())),
        notes=("Days to return: half of those that came back took no longer.",),
        empty="Nobody was suspended.",
    )


def _row(month: str, of: Sequence[Suspended], as_of: date) -> tuple[Cell, ...]:
    days = sorted(each.days for each in of if each.days is not None)
    lasting = [(as_of - each.suspended_on).days for each in of if each.lasts]
    return (
        month,
        len(of),
        len(days),
        rounded(percent(len(days), len(of)), 1),
        median_low(days) if days else None,
        max(days, default=None),
        sum(each.ended_on is not None for each in of),
        len(lasting),
        max(lasting, default=None),
    )


def suspensions_listed(suspensions: Iterable[Suspended]) -> Sheet:
    """Return the suspensions themselves."""
    return Sheet(
        title="Suspensions",
        columns=(
            column("customer", words=True),
            column("subscription", words=True),
            column("suspended_on", "suspended on"),
            column("back_on", "back on"),
            column("ended_on", "ended on"),
            column("days"),
        ),
        rows=tuple(
            (each.customer, each.subscription, each.suspended_on, each.back_on, each.ended_on, each.days)
            for each in sorted(suspensions, key=lambda each: (each.suspended_on, each.customer))
        ),
        empty="Nobody was suspended.",
    )
