"""The recovery report: of what became overdue in a month, how much came in within so many days.

A cohort is the debts that became overdue in one month. It is closed once the last of them has had its days;
until then its numbers still rise, and it is not to be compared with a closed one. Only money that came in
counts as recovered. Credit notes, voided invoices and write-offs are shown apart: they settle a debt and
bring nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.money import Money

_HEADINGS = (
    "cohort",
    "group",
    "",
    "overdue",
    "debts",
    "recovered",
    "debts",
    "settled otherwise",
    "ratio",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDebt:
    """One debt that became overdue.

    Attributes:
        late_on: the first day on which it was overdue.
        amount: what was open on it at the end of the due date.
        came_in: the money that paid it within the window, less what went back.
        settled_otherwise: what credit notes, voiding and write-offs took off it within the window.
        group: by which the report is split, such as an arm or a step.
    """

    late_on: date
    amount: Money
    came_in: Money
    settled_otherwise: Money
    group: str = ""

    @property
    def recovered(self) -> bool:
        """Whether money alone settled what was left to pay of it."""
        return bool(self.came_in) and self.came_in + self.settled_otherwise >= self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """What became overdue in one month, in one group and one currency.

    Attributes:
        month: its first day.
        closed_on: the first day on which nothing of it can change any more.
        overdue, debts: the denominators.
        came_in, recovered_debts: the numerators.
    """

    month: date
    group: str
    closed_on: date
    closed: bool
    overdue: Money
    debts: int
    came_in: Money
    recovered_debts: int
    settled_otherwise: Money

    @property
    def ratio(self) -> str | None:
        """Recovered of overdue in percent, with one decimal; None where nothing was overdue."""
        if not self.overdue.minor:
            return None
        tenths = (self.came_in.minor * 2000 + self.overdue.minor) // (2 * self.overdue.minor)
        return f"{tenths // 10}.{tenths % 10}"

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "cohort": f"{self.month:%Y-%m}",
            "group": self.group or None,
            "currency": self.overdue.currency,
            "closed": self.closed,
            "closed_on": self.closed_on.isoformat(),
            "overdue": self.overdue.plain(),
            "debts": self.debts,
            "recovered": self.came_in.plain(),
            "recovered_debts": self.recovered_debts,
            "settled_otherwise": self.settled_otherwise.plain(),
            "ratio_percent": self.ratio,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """The report: its cohorts by month, group and currency."""

    as_of: date
    within_days: int
    by: str | None
    cohorts: tuple[Cohort, ...]

    def json(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "as_of": self.as_of.isoformat(),
            "within_days": self.within_days,
            "by": self.by,
            "cohorts": [cohort.json() for cohort in self.cohorts],
        }

    def table(self) -> str:
        """Return the report for people."""
        if not self.cohorts:
            return "No debt became overdue in this time."
        lines = [list(_HEADINGS)]
        for each in self.cohorts:
            lines.append(
                [
                    f"{each.month:%Y-%m}",
                    each.group or "all",
                    each.overdue.currency,
                    f"{each.overdue.amount:,f}",
                    str(each.debts),
                    f"{each.came_in.amount:,f}",
                    str(each.recovered_debts),
                    f"{each.settled_otherwise.amount:,f}",
                    "-" if each.ratio is None else f"{each.ratio} %",
                    "" if each.closed else f"not closed before {each.closed_on}",
                ]
            )
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        words = f"Within {self.within_days} days after the due date, as of the end of {self.as_of}:"
        rows = (
            "  ".join(
                cell.ljust(width) if column in (0, 1, 9) else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )
        return "\n".join([words, *rows])


def recovery(debts: Iterable[LateDebt], *, within_days: int, as_of: date, by: str | None = None) -> Recovery:
    """Sort debts into cohorts and sum them up."""
    found: dict[tuple[date, str, str], list[LateDebt]] = {}
    for debt in debts:
        key = (debt.late_on.replace(day=1), debt.group, debt.amount.currency)
        found.setdefault(key, []).append(debt)
    cohorts = (
        _cohort(month, group, found[month, group, currency], within_days, as_of)
        for month, group, currency in sorted(found)
    )
    return Recovery(as_of=as_of, within_days=within_days, by=by, cohorts=tuple(cohorts))


def _cohort(month: date, group: str, debts: list[LateDebt], within_days: int, as_of: date) -> Cohort:
    currency = debts[0].amount.currency
    next_month = (month + timedelta(days=31)).replace(day=1)
    closed_on = window_ends(next_month - timedelta(days=1), within_days) + timedelta(days=1)

    def total(of: Callable[[LateDebt], Money]) -> Money:
        return Money(sum(of(debt).minor for debt in debts), currency)

    return Cohort(
        month=month,
        group=group,
        closed_on=closed_on,
        closed=as_of >= closed_on - timedelta(days=1),
        overdue=total(lambda debt: debt.amount),
        debts=len(debts),
        came_in=total(lambda debt: debt.came_in),
        recovered_debts=sum(debt.recovered for debt in debts),
        settled_otherwise=total(lambda debt: debt.settled_otherwise),
    )


def window_ends(late_on: date, within_days: int) -> date:
    """Return the last day on which money counts for a debt: so many days after its due date."""
    return late_on + timedelta(days=within_days - 1)
