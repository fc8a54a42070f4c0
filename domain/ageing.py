"""The ageing report: what was owed at the end of a day, by how late it was then, per currency.

Money that was received and not applied to any invoice is shown beside the buckets, not in them and
not in the total: the total is what the debts say, to the cent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.money import Money

HEADINGS = ("not due", "1 to 30", "31 to 60", "61 to 90", "over 90", "total", "unapplied")
BUCKETS = ("current", "d1_30", "d31_60", "d61_90", "d91_plus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What was open on one invoice, or with no due date, money that was not applied to any."""

    open: Money
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingRow:
    """One currency: an amount per bucket, their total, and the unapplied money, which is in neither."""

    buckets: tuple[Money, ...]
    total: Money
    unapplied: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """The ageing of a ledger at the end of `as_of`, by currency code."""

    as_of: date
    currencies: dict[str, AgeingRow]

    def json(self) -> dict[str, Any]:
        """Return the report for machines: decimal strings, unapplied money left out."""
        return {
            "as_of": self.as_of.isoformat(),
            "currencies": {
                currency: {
                    **{name: amount.plain() for name, amount in zip(BUCKETS, row.buckets, strict=True)},
                    "total": row.total.plain(),
                }
                for currency, row in self.currencies.items()
            },
        }

    def table(self) -> str:
        """Return the report for people; unapplied money stands in its own column."""
        if not self.currencies:
            return f"Nothing was booked until the end of {self.as_of}."
        lines = [["", *HEADINGS]]
        for currency, row in self.currencies.items():
            amounts = [*row.buckets, row.total, row.unapplied]
            lines.append([currency, *(f"{amount.amount:,f}" for amount in amounts)])
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )


def bucket(days_late: int) -> int:
    """Return the index in BUCKETS of a debt so many days past due; the due date itself is current."""
    if days_late <= 0:
        return 0
    return min((days_late - 1) // 30 + 1, len(BUCKETS) - 1)


def age(balances: Iterable[Balance], as_of: date) -> Ageing:
    """Sort balances into buckets, per currency in order of its code."""
    sums: dict[str, list[int]] = {}
    loose: dict[str, int] = {}
    for balance in balances:
        currency, minor = balance.open.currency, balance.open.minor
        buckets = sums.setdefault(currency, [0] * len(BUCKETS))
        if balance.due_on is None:
            loose[currency] = loose.get(currency, 0) - minor
        else:
            buckets[bucket((as_of - balance.due_on).days)] += minor
    return Ageing(
        as_of=as_of,
        currencies={
            currency: AgeingRow(
                buckets=tuple(Money(minor, currency) for minor in sums[currency]),
                total=Money(sum(sums[currency]), currency),
                unapplied=Money(loose.get(currency, 0), currency),
            )
            for currency in sorted(sums)
        },
    )
