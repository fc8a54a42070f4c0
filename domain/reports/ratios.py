"""The ratios of receivables, exactly as fractions; `rounded` makes a figure of one, once and at the end.

Every amount is in minor units of one currency. A ratio over nothing is None, never 0 and never 100.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction


def days_sales_outstanding(receivable: int, sales: int, days: int) -> Fraction | None:
    """DSO: how many days of sales are still to be paid; of what is not due yet, the best possible DSO."""
    return Fraction(receivable * days, sales) if sales > 0 else None


def average_days_delinquent(receivable: int, not_due: int, sales: int, days: int) -> Fraction | None:
    """ADD: DSO less the best possible DSO, which is what lateness alone costs in days."""
    return days_sales_outstanding(receivable - not_due, sales, days)


def countback(receivable: int, months: Iterable[tuple[int, int]]) -> Fraction | None:
    """DSO by countback: months of sales are taken off what is open, the newest first, each for its days.

    The last one counts in proportion. None where more is open than was ever sold.

    Args:
        months: sales and days of each month, the newest first.
    """
    left, counted = receivable, 0
    if left <= 0:
        return Fraction(0)
    for sales, days in months:
        if 0 < left < sales:
            return counted + Fraction(left * days, sales)
        left -= sales
        counted += days
        if left == 0:
            return Fraction(counted)
    return None


def collection_effectiveness(
    *, opening: int, sales: int, closing: int, closing_not_due: int, months: int = 1
) -> Fraction | None:
    """CEI in percent: what was collected of what could be; 100 is all of it.

    Args:
        months: over how many the sales were made; 1 where they are those of the period.
    """
    charged = opening + Fraction(sales, months)
    due = charged - closing_not_due
    return (charged - closing) * 100 / due if due > 0 else None


def percent(part: int, whole: int) -> Fraction | None:
    """A part in percent of the whole."""
    return Fraction(part * 100, whole) if whole > 0 else None


def rounded(ratio: Fraction | None, places: int = 2) -> Decimal | None:
    """Return a ratio as a figure, rounded half up."""
    if ratio is None:
        return None
    with localcontext(prec=60):
        # Half up of the exact fraction: to divide first would round twice.
        scaled = abs(ratio) * 10**places
        whole = int(scaled) + (scaled - int(scaled) >= Fraction(1, 2))
        exact = Decimal(whole).scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return -exact if ratio < 0 and whole else exact
