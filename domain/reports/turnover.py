"""How fast receivables become money: DSO both ways, best possible DSO, average days delinquent, and CEI."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from domain.money import Money
from domain.reports.items import Item
from domain.reports.months import Month, month_before
from domain.reports.ratios import (
    average_days_delinquent,
    collection_effectiveness,
    countback,
    days_sales_outstanding,
    rounded,
)
from domain.reports.sheet import Cell, Sheet, column

_CURRENCY, _MONTH = column("currency", "", words=True), column("month", words=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """The days of sales that were outstanding at the end of one month.

    Attributes:
        sales: of so many `days`, up to that end; None where the ledger does not reach back so far.
    """

    month: Month
    sales: int | None
    days: int
    simple: Decimal | None
    by_countback: Decimal | None
    best_possible: Decimal | None
    delinquent: Decimal | None


def outstanding(months: Sequence[Month], *, shown: int, period: int) -> list[Outstanding]:
    """Return it for the newest months of each currency, with the sales of so many months.

    Args:
        months: every month since the first entry, by currency, the oldest first.
    """
    found = []
    for _, of in groupby(months, key=lambda each: each.currency):
        run = list(of)
        found += [_outstanding(run[: end + 1], period) for end in range(max(len(run) - shown, 0), len(run))]
    return found


def _outstanding(run: Sequence[Month], period: int) -> Outstanding:
    month, within = run[-1], run[-period:]
    days = sum(each.days for each in within)
    sales = sum(each.sales for each in within) if len(within) == period else None
    closing, not_due, over = month.closing, month.not_due or 0, sales or 0
    return Outstanding(
        month=month,
        sales=sales,
        days=days,
        simple=rounded(days_sales_outstanding(closing, over, days)),
        by_countback=rounded(countback(closing, ((each.sales, each.days) for each in reversed(run)))),
        best_possible=rounded(days_sales_outstanding(not_due, over, days)),
        delinquent=rounded(average_days_delinquent(closing, not_due, over, days)),
    )


def dso_sheet(months: Sequence[Month], *, shown: int, period: int, notes: tuple[str, ...] = ()) -> Sheet:
    """Return the table of DSO."""
    rows: list[tuple[Cell, ...]] = []
    for each in outstanding(months, shown=shown, period=period):
        month, currency = each.month, each.month.currency
        rows.append(
            (
                currency,
                month.label,
                Money(month.closing, currency),
                Money(month.not_due or 0, currency),
                None if each.sales is None else Money(each.sales, currency),
                each.days,
                each.simple,
                each.by_countback,
                each.best_possible,
                each.delinquent,
            )
        )
    return Sheet(
        title="Days sales outstanding",
        columns=(
            _CURRENCY,
            _MONTH,
            column("receivable"),
            column("not_due"),
            column("sales"),
            column("days"),
            column("dso", "DSO"),
            column("dso_countback", "countback"),
            column("dso_best_possible", "best possible"),
            column("average_days_delinquent", "delinquent"),
        ),
        rows=tuple(rows),
        notes=(
            f"Sales are those of {period} months up to that day: invoices and fees, less credit notes."
            if period > 1
            else "Sales are those of the month: invoices and fees, less credit notes.",
            *notes,
        ),
        empty="Nothing was booked until that day.",
    )


def cei_of(month: Month) -> Decimal | None:
    """Return the collection effectiveness of a month."""
    return rounded(
        collection_effectiveness(
            opening=month.opening,
            sales=month.sales,
            closing=month.closing,
            closing_not_due=month.not_due or 0,
        )
    )


def cei_sheet(months: Sequence[Month], notes: tuple[str, ...] = ()) -> Sheet:
    """Return the table of collection effectiveness, of months of which it is known what was not due."""
    rows: list[tuple[Cell, ...]] = []
    for month in months:
        amounts = (month.opening, month.sales, month.closing, month.not_due or 0)
        money = (Money(minor, month.currency) for minor in amounts)
        rows.append((month.currency, month.label, *money, cei_of(month)))
    return Sheet(
        title="Collection effectiveness",
        columns=(
            _CURRENCY,
            _MONTH,
            column("opening"),
            column("sales"),
            column("closing"),
            column("closing_not_due", "of it not due"),
            column("cei_percent", "CEI %"),
        ),
        rows=tuple(rows),
        notes=("100 % is: all that was due was collected, credited or written off.", *notes),
        empty="Nothing was booked until that day.",
    )


def behind(items: Iterable[Item], *, as_of: date, period: int) -> Sheet:
    """Return the invoices behind the newest line of DSO: what is open on each, and what of its sales is."""
    first_on = as_of.replace(day=1)
    for _ in range(period - 1):
        first_on = month_before(first_on)
    return Sheet(
        title=f"Behind it: open at the end of {as_of}, and sold since {first_on}",
        columns=(
            column("customer", words=True),
            column("invoice", words=True),
            _CURRENCY,
            column("due_on", "due on"),
            column("open"),
            column("not_due"),
            column("sold"),
        ),
        rows=tuple(
            sorted(_behind(items, first_on, as_of), key=lambda row: [str(cell or "") for cell in row[:3]])
        ),
        notes=("A line without an invoice is money that waited, and paid something else later.",),
    )


def _behind(items: Iterable[Item], first_on: date, as_of: date) -> Iterator[tuple[Cell, ...]]:
    for item in items:
        sold = sum(item.moved(flow, first_on, as_of) for flow in ("invoiced", "fees", "credited"))
        minor = item.open_on(as_of) if item.invoice is not None else 0
        if minor or sold:
            amounts = (Money(each, item.currency) for each in (minor, item.not_due_on(as_of), sold))
            yield item.customer, item.invoice, item.currency, item.due_then(as_of), *amounts
