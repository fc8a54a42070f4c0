"""The fixed sum that a law adds to its interest: once for a debt, or for each late payment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.interest.accrual import LateDebt
from domain.interest.rates import Compensation
from domain.money import Money
from domain.reasons import Reason, because


@dataclass(frozen=True, slots=True, kw_only=True)
class CompensationLine:
    """What is due for one late payment; `late`, what was open on its first late day, chose the tier."""

    late_from: date
    late: Money
    amount: Money


def compensate(
    debt: LateDebt, law: Compensation, *, as_of: date, compensated_until: date | None = None
) -> tuple[tuple[CompensationLine, ...], tuple[Reason, ...]]:
    """Return the lines, and why one could not be reckoned.

    Args:
        debt: movements after `as_of` are not looked at.
        law: the tiers, and whether each late payment has its own.
        as_of: the last day that counts.
        compensated_until: whatever went late by this day has been compensated before.
    """
    late = list(_late(debt, as_of))
    if law.per == "debt":
        first = min((day for day, _ in late), default=None)
        late = [] if first is None else [(first, _together(late, first))]
    else:
        late = [(day, _together(late, day)) for day in dict.fromkeys(day for day, _ in late)]
    lines, unsaid = [], []
    for day, base in sorted(late, key=lambda each: each[0]):
        if compensated_until is not None and day <= compensated_until:
            continue
        amount = law.of(base)
        if amount is None:
            tiers = law.tiers_in or law.currency
            unsaid.append(because("interest.tier", invoice=debt.invoice, currency=base.currency, tiers=tiers))
        else:
            lines.append(CompensationLine(late_from=day, late=base, amount=amount))
    return tuple(lines), tuple(unsaid)


def total(lines: tuple[CompensationLine, ...]) -> Money | None:
    """Return the sum of the lines; None without any."""
    return sum((line.amount for line in lines[1:]), lines[0].amount) if lines else None


def _late(debt: LateDebt, as_of: date) -> Iterator[tuple[date, Money]]:
    """Yield the first late day of each part, and what was open of it then."""
    for i, part in enumerate(debt.by_due_date):
        start = part.due_on + timedelta(days=1)
        days = sorted({start, *(move.on for move in debt.movements if move.on > start)})
        owed = ((day, debt.owed(day, as_of=as_of)[i]) for day in days if day <= as_of)
        if (first := next(((day, open_) for day, open_ in owed if open_), None)) is not None:
            yield first


def _together(late: list[tuple[date, Money]], day: date) -> Money:
    """Return what went late on one day: instalments of one day are one payment."""
    first, *more = (base for on, base in late if on == day)
    return sum(more, first)
