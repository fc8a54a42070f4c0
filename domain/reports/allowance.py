"""The loss allowance: a provision matrix by days past due, with rates that finance states (IFRS 9, B5.5.35).

No rate ships with the product: each is finance's own history of losses, adjusted for the outlook.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.ageing import BUCKETS, HEADINGS, bucket
from domain.documents import Document
from domain.money import Money
from domain.reports.conversion import Conversion
from domain.reports.items import Item, balances
from domain.reports.sheet import Cell, Sheet, column

EVERYBODY = "all others"


def _fraction(rate: Decimal) -> Decimal:
    if rate.is_finite() and 0 <= rate <= 1:
        return rate
    raise ValueError(f"a rate is a fraction of one: write 0.022 for 2.2 %, not {rate}")


Rate = Annotated[Decimal, AfterValidator(_fraction)]


class BucketRates(Document):
    """The part of each bucket that will be lost; a bucket without a rate would be lost in silence."""

    current: Rate
    d1_30: Rate
    d31_60: Rate
    d61_90: Rate
    d91_plus: Rate

    def of(self, number: int) -> Decimal:
        """Return the rate of a bucket."""
        rate: Decimal = getattr(self, BUCKETS[number])
        return rate


class LossRates(Document):
    """A matrix of loss rates, as finance states it.

    Attributes:
        basis: where the rates come from; it is printed with every figure.
        segments: other rates for customers of a segment, since unlike risks are not put together.
    """

    title: str = Field(min_length=1, max_length=120)
    basis: str = Field(min_length=1, max_length=500)
    rates: BucketRates
    segments: dict[str, BucketRates] = Field(default_factory=dict)

    def group(self, segment: str) -> str:
        """Return the group in which a customer of a segment is."""
        return segment if segment in self.segments else EVERYBODY

    def rate(self, group: str, number: int) -> Decimal:
        """Return the rate of a bucket in a group."""
        return self.segments.get(group, self.rates).of(number)


def allowance_sheet(
    items: Iterable[Item],
    rates: LossRates,
    segments: Mapping[str, str],
    *,
    as_of: date,
    conversion: Conversion | None = None,
) -> Sheet:
    """Return the allowance per currency, group and bucket, each rounded once; the total is their sum.

    Args:
        segments: of each customer.
    """
    sums: dict[str, dict[tuple[str, int], int]] = {}
    for item, balance in balances(items, as_of):
        if balance.due_on is None:
            continue
        key = (rates.group(segments.get(item.customer, "")), bucket((as_of - balance.due_on).days))
        of = sums.setdefault(balance.open.currency, {})
        of[key] = of.get(key, 0) + balance.open.minor
    notes = [f"{rates.title}: {rates.basis}"]
    if conversion is not None:
        conversion.need(sums)
        notes.append(conversion.words(sums))
        sums = _converted(sums, conversion)
    rows = [row for currency in sorted(sums) for row in _rows(currency, sums[currency], rates)]
    return Sheet(
        title="Loss allowance",
        columns=(
            column("currency", "", words=True),
            column("group", words=True),
            column("bucket", "days past due", words=True),
            column("receivable"),
            column("rate"),
            column("allowance"),
        ),
        rows=tuple(rows),
        notes=tuple(notes),
        empty="Nothing is open.",
    )


def _rows(currency: str, sums: Mapping[tuple[str, int], int], rates: LossRates) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    receivable, lost = Money.zero(currency), Money.zero(currency)
    for group in sorted({group for group, _ in sums}, key=lambda each: (each == EVERYBODY, each)):
        for number, heading in enumerate(HEADINGS[: len(BUCKETS)]):
            amount = Money(sums.get((group, number), 0), currency)
            rate = rates.rate(group, number)
            receivable, lost = receivable + amount, lost + amount.portion(rate)
            rows.append((currency, group, heading, amount, rate, amount.portion(rate)))
    return [*rows, (currency, "all", "total", receivable, None, lost)]


def _converted(
    sums: Mapping[str, Mapping[tuple[str, int], int]], conversion: Conversion
) -> dict[str, dict[tuple[str, int], int]]:
    found: dict[tuple[str, int], int] = {}
    for currency, of in sums.items():
        total = conversion.money(Money(sum(of.values()), currency))
        parts = conversion.parts([Money(minor, currency) for minor in of.values()], total)
        for key, part in zip(of, parts, strict=True):
            found[key] = found.get(key, 0) + part.minor
    return {conversion.into: found} if sums else {}
