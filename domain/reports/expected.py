"""The forecast of cash: all that is open, each part of it once, by the week in which it is to come.

What a plan covers comes by its instalments; what was promised comes on the promised day, by the newest
promise about it; the rest by the invoice's own due date. What should have come already stands apart. It is
no estimate of how customers will behave: it is what they said, and what they agreed to.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from domain.book import Book, Debt
from domain.instalment_plans import InstalmentPlan, under
from domain.instalments import split
from domain.money import Money
from domain.promises import Promise
from domain.reports.conversion import Conversion
from domain.reports.items import Item, balances
from domain.reports.sheet import Cell, Sheet, column

Source = Literal["plan", "promise", "invoice"]
SOURCES: tuple[Source, ...] = ("promise", "plan", "invoice")
OVERDUE, LATER = "overdue", "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A part of an invoice, when it is to be paid, and who says so."""

    customer: str
    invoice: str
    on: date
    source: Source
    amount: Money


def by_invoices(items: Iterable[Item], as_of: date) -> Iterator[Expected]:
    """Return what is open by the invoices' own due dates."""
    for item, balance in balances(items, as_of):
        if item.invoice is not None and balance.due_on is not None:
            yield Expected(
                customer=item.customer,
                invoice=item.invoice,
                on=balance.due_on,
                source="invoice",
                amount=balance.open,
            )


def by_agreements(
    customer: str, book: Book, plans: Sequence[InstalmentPlan], promises: Sequence[Promise], as_of: date
) -> list[Expected]:
    """Return what is open of a customer who agreed to a plan or promised something."""
    debts = [part for debt in book.debts if debt.open for part in split(debt)]
    whole = {debt.invoice: debt for debt in book.debts if debt.open}
    for plan in plans:
        if plan.ended_on is None or plan.ended_on > as_of:
            debts = under(plan, debts, whole, {})
    found: list[Expected] = []
    for promise in sorted(promises, key=lambda each: (each.made_on, each.pay_on), reverse=True):
        taken, debts = _promised(customer, promise, debts)
        found += taken
    return [*found, *(_expected(customer, debt, debt.due_on) for debt in debts)]


def _promised(customer: str, promise: Promise, debts: Sequence[Debt]) -> tuple[list[Expected], list[Debt]]:
    """Return what of these debts a promise still brings, the oldest due first, and what is left of them."""
    left = {amount.currency: amount.minor for amount in promise.promised}
    for _, amount in promise.came_in:
        if amount.currency in left:
            left[amount.currency] -= amount.minor
    taken, rest = list[Expected](), list[Debt]()
    for debt in sorted(debts, key=lambda debt: (debt.due_on, debt.invoice)):
        # An instalment that is due after the promised day is not what the promise is about.
        about = debt.invoice in promise.invoices and not (debt.in_plan and debt.due_on > promise.pay_on)
        minor = min(left.get(debt.open.currency, 0), debt.open.minor) if about else 0
        if minor <= 0:
            rest.append(debt)
            continue
        left[debt.open.currency] -= minor
        part = replace(debt, open=Money(minor, debt.open.currency))
        taken.append(replace(_expected(customer, part, promise.pay_on), source="promise"))
        if minor < debt.open.minor:
            rest.append(replace(debt, open=debt.open - part.open))
    return taken, rest


def _expected(customer: str, debt: Debt, on: date) -> Expected:
    source: Source = "plan" if debt.in_plan else "invoice"
    return Expected(customer=customer, invoice=debt.invoice, on=on, source=source, amount=debt.open)


def week_of(on: date, as_of: date, weeks: int) -> str:
    """Return the week of a day by its Monday; what is late or far away has a name."""
    if on < as_of:
        return OVERDUE
    first, monday = as_of - timedelta(days=as_of.weekday()), on - timedelta(days=on.weekday())
    return LATER if (monday - first).days >= 7 * weeks else monday.isoformat()


def forecast_sheet(
    expected: Iterable[Expected], *, as_of: date, weeks: int, conversion: Conversion | None = None
) -> Sheet:
    """Return what is to come per currency and week; with what is overdue it adds up to all that is open."""
    sums: dict[str, dict[tuple[str, Source], int]] = {}
    for each in expected:
        key = (week_of(each.on, as_of, weeks), each.source)
        of = sums.setdefault(each.amount.currency, {})
        of[key] = of.get(key, 0) + each.amount.minor
    notes = ["A week is named by its Monday; what should have come already is overdue."]
    if conversion is not None:
        conversion.need(sums)
        notes.append(conversion.words(sums))
        sums = _converted(sums, conversion)
    monday = as_of - timedelta(days=as_of.weekday())
    named = [OVERDUE, *((monday + timedelta(weeks=number)).isoformat() for number in range(weeks)), LATER]
    rows: list[tuple[Cell, ...]] = []
    for currency in sorted(sums):
        for week in named:
            amounts = [sums[currency].get((week, source), 0) for source in SOURCES]
            rows.append((currency, week, *(Money(minor, currency) for minor in (*amounts, sum(amounts)))))
        totals = [sum(sums[currency].get((week, source), 0) for week in named) for source in SOURCES]
        rows.append((currency, "all", *(Money(minor, currency) for minor in (*totals, sum(totals)))))
    return Sheet(
        title="Cash that is to come",
        columns=(
            column("currency", "", words=True),
            column("week", words=True),
            column("promised"),
            column("by_plan", "by plan"),
            column("by_due_date", "by due date"),
            column("all"),
        ),
        rows=tuple(rows),
        notes=tuple(notes),
        empty="Nothing is open.",
    )


def _converted(
    sums: dict[str, dict[tuple[str, Source], int]], conversion: Conversion
) -> dict[str, dict[tuple[str, Source], int]]:
    found: dict[tuple[str, Source], int] = {}
    for currency, of in sums.items():
        total = conversion.money(Money(sum(of.values()), currency))
        parts = conversion.parts([Money(minor, currency) for minor in of.values()], total)
        for key, part in zip(of, parts, strict=True):
            found[key] = found.get(key, 0) + part.minor
    return {conversion.into: found} if sums else {}


def forecast_listed(expected: Iterable[Expected], *, as_of: date, weeks: int) -> Sheet:
    """Return the parts of invoices that are to come."""
    return Sheet(
        title=f"Open at the end of {as_of}, by the day on which it is to come",
        columns=(
            column("customer", words=True),
            column("invoice", words=True),
            column("on"),
            column("week", words=True),
            column("source", "by", words=True),
            column("currency", "", words=True),
            column("amount"),
        ),
        rows=tuple(
            (
                each.customer,
                each.invoice,
                each.on,
                week_of(each.on, as_of, weeks),
                each.source,
                each.amount.currency,
                each.amount,
            )
            for each in sorted(expected, key=lambda each: (each.on, each.customer, each.invoice, each.source))
        ),
        empty="Nothing is open.",
    )
