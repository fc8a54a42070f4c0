"""What of a debt is overdue on each day, and the simple interest on it: exact, and rounded by nobody here.

Interest runs from the day after the due date. A payment lowers the base from its own day on, so the
day of a payment bears no interest on what it paid. Every day is a 365th part of a year, also in a
leap year. Days are inclusive on both ends.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from domain.money import Money

YEAR_DAYS = 365
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days from `first` to `last`, both inclusive."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePart:
    """What falls due on one day: the whole invoice, or an instalment of it."""

    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """An entry on a debt after it was issued; `amount` is signed, negative when less is owed.

    Attributes:
        corrects: it says what the invoice should have been (a credit note, a lower amount, a void
            invoice). What it takes away was never owed, and bears no interest from the start; what
            it adds is owed from its own day.
    """

    on: date
    amount: Money
    corrects: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDebt:
    """An invoice with all that decides what of it is overdue on a day.

    Money settles the part that is due first. More than the parts belongs to the last of them.

    Attributes:
        parts: as issued; at least one.
        movements: what came after, in any order.
        disputed: what is contested now. No interest is reckoned on it while it is; once the dispute is
            won it is handed in as nothing, and interest counts from the start.

    Raises:
        ValueError: no parts, a part of nothing, a negative dispute or two currencies.
    """

    invoice: str
    parts: tuple[DuePart, ...]
    movements: tuple[Movement, ...] = ()
    disputed: Money | None = None

    def __post_init__(self) -> None:
        if not self.parts or any(part.amount.minor <= 0 for part in self.parts):
            raise ValueError(f"{self.invoice}: a debt has at least one part, and each part an amount")
        if self.disputed is not None and self.disputed.minor < 0:
            raise ValueError(f"{self.invoice}: {self.disputed} cannot be in dispute")
        amounts = [*(part.amount for part in self.parts), *(move.amount for move in self.movements)]
        if self.disputed is not None:
            amounts.append(self.disputed)
        if len(currencies := {amount.currency for amount in amounts}) > 1:
            raise ValueError(
                f"{self.invoice} has amounts in {' and '.join(sorted(currencies))}: convert first"
            )

    @property
    def currency(self) -> str:
        """The currency of the invoice."""
        return self.parts[0].amount.currency

    @property
    def by_due_date(self) -> tuple[DuePart, ...]:
        """The parts as money settles them."""
        return tuple(sorted(self.parts, key=lambda part: (part.due_on, part.amount.minor)))

    def owed(self, on: date, *, as_of: date) -> tuple[Money, ...]:
        """Return what is open of each part, in the order of `by_due_date`, on a day, as known at another."""
        gone = self.disputed.minor if self.disputed else 0
        for move in self.movements:
            from_start = move.corrects and move.amount.minor < 0
            if move.on <= (as_of if from_start else min(on, as_of)):
                gone -= move.amount.minor
        left = []
        for part in self.by_due_date:
            taken = max(0, min(gone, part.amount.minor))
            left.append(part.amount.minor - taken)
            gone -= taken
        left[-1] += max(0, -gone)
        return tuple(Money(minor, self.currency) for minor in left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days with one annual rate, a fraction of one; `row` is the id of the row that says so."""

    days: Days
    annual_rate: Decimal
    row: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The rates in order of time; `fixed_at_start` keeps the one of the first day of interest."""

    spans: tuple[Span, ...]
    fixed_at_start: bool = False

    def on(self, day: date) -> Span | None:
        """Return the rate of a day, if any is known."""
        return next((span for span in self.spans if span.days.first <= day <= span.days.last), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days on which the same base bore the same rate, for one part of the debt."""

    due_on: date
    days: Days
    base: Money
    annual_rate: Decimal
    row: str | None

    @property
    def exact_minor(self) -> Fraction:
        """The interest in minor units, not rounded."""
        return self.base.minor * Fraction(self.annual_rate) * self.days.count / YEAR_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """The periods that bore interest, and the days that would have if their rate were known.

    Attributes:
        periods: by due date of the part, then by time.
        unknown: days without a rate: of the base, or of the start where that one is fixed.
    """

    periods: tuple[Period, ...]
    unknown: tuple[Days, ...] = ()

    @property
    def exact_minor(self) -> Fraction:
        """The interest of all periods in minor units, not rounded."""
        return sum((period.exact_minor for period in self.periods), Fraction(0))


def accrue(
    debt: LateDebt,
    *,
    tariff: Tariff,
    as_of: date,
    after: date | None = None,
    resting: Iterable[Days] = (),
) -> Accrual:
    """Return the interest of the days up to `as_of`, inclusive.

    Args:
        debt: movements after `as_of` are not looked at.
        tariff: the rates.
        as_of: the last day that counts.
        after: days up to this one count no more; they were claimed before.
        resting: days on which no interest runs.
    """
    rests = tuple(resting)
    parts = debt.by_due_date
    found: list[list[Period]] = [[] for _ in parts]
    unknown: list[Days] = []
    for days in _pieces(debt, tariff, as_of, after, rests):
        if any(rest.first <= days.first <= rest.last for rest in rests):
            continue
        owed = debt.owed(days.first, as_of=as_of)
        for part, base, periods in zip(parts, owed, found, strict=True):
            if part.due_on >= days.first or not base:
                continue
            start = part.due_on + _DAY
            span = tariff.on(start if tariff.fixed_at_start else days.first)
            if span is None:
                unknown.append(Days(first=start, last=start) if tariff.fixed_at_start else days)
                continue
            _extend(
                periods,
                Period(due_on=part.due_on, days=days, base=base, annual_rate=span.annual_rate, row=span.row),
            )
    return Accrual(
        periods=tuple(period for each in found for period in each), unknown=tuple(_joined(unknown))
    )


def _pieces(
    debt: LateDebt, tariff: Tariff, as_of: date, after: date | None, rests: tuple[Days, ...]
) -> Iterator[Days]:
    """Yield the days that may count, cut wherever a base or a rate may change."""
    starts = [part.due_on + _DAY for part in debt.parts]
    first = min(starts) if after is None else max(min(starts), after + _DAY)
    if first > as_of:
        return
    cuts = {*starts, *(move.on for move in debt.movements), *(span.days.first for span in tariff.spans)}
    # One at the end of each too: what follows may have no rate, and a rest may have no end.
    cuts |= {
        each.last + _DAY for each in (*rests, *(span.days for span in tariff.spans)) if each.last < as_of
    }
    cuts |= {rest.first for rest in rests}
    inside = sorted({first, *(cut for cut in cuts if first < cut <= as_of)})
    for begin, following in pairwise([*inside, as_of + _DAY]):
        yield Days(first=begin, last=following - _DAY)


def _extend(periods: list[Period], period: Period) -> None:
    """Add a period, or let the last one go on where nothing has changed."""
    last = periods[-1] if periods else None
    if last and last.days.last + _DAY == period.days.first and replace(last, days=period.days) == period:
        periods[-1] = replace(last, days=Days(first=last.days.first, last=period.days.last))
    else:
        periods.append(period)


def _joined(days: list[Days]) -> Iterator[Days]:
    """Yield the same days, those that touch as one."""
    held: Days | None = None
    for each in sorted(days, key=lambda known: (known.first, known.last)):
        if held is not None and each.first <= held.last + _DAY:
            held = Days(first=held.first, last=max(held.last, each.last))
        else:
            if held is not None:
                yield held
            held = each
    if held is not None:
        yield held
