"""What ages: the invoices behind the buckets, and the ageing in one currency."""

from collections.abc import Iterable
from datetime import date

from domain.ageing import BUCKETS, HEADINGS, Ageing, Balance, bucket
from domain.money import Money
from domain.reports.conversion import Conversion
from domain.reports.items import Item, balances
from domain.reports.sheet import Cell, Sheet, column


def ageing_sheet(ageing: Ageing, conversion: Conversion | None = None) -> Sheet:
    """Return the ageing as a table; converted, a line for each currency, and all of it added up."""
    names = (*BUCKETS, "total", "unapplied")
    lines = {code: (*row.buckets, row.total, row.unapplied) for code, row in ageing.currencies.items()}
    rows: list[tuple[Cell, ...]] = [(code, *amounts) for code, amounts in lines.items()]
    columns = [column("currency", "", words=True)]
    notes: tuple[str, ...] = ()
    if conversion is not None:
        conversion.need(lines)
        columns.append(column("rate"))
        shown = {code: _converted(amounts, conversion) for code, amounts in lines.items()}
        rows = [(code, conversion.rate(code), *amounts) for code, amounts in shown.items()]
        sums = [_sum(of, conversion.into) for of in zip(*shown.values(), strict=True)]
        rows += [(f"all in {conversion.into}", None, *sums)] if shown else []
        notes = (conversion.words(lines),)
    return Sheet(
        title="Ageing",
        columns=(*columns, *(column(name, head) for name, head in zip(names, HEADINGS, strict=True))),
        rows=tuple(rows),
        notes=notes,
        empty=f"Nothing was booked until the end of {ageing.as_of}.",
    )


def _sum(amounts: Iterable[Money], currency: str) -> Money:
    return Money(sum(amount.minor for amount in amounts), currency)


def _converted(amounts: tuple[Money, ...], conversion: Conversion) -> tuple[Money, ...]:
    """Return converted buckets that add up to the converted total, and the unapplied money."""
    *buckets, whole, unapplied = amounts
    total = conversion.money(whole)
    return (*conversion.parts(buckets, total), total, conversion.money(unapplied))


def behind(items: Iterable[Item], as_of: date) -> Sheet:
    """Return what is open at the end of a day, invoice by invoice, with the bucket in which it is."""
    rows: list[tuple[Cell, ...]] = []
    found = sorted(balances(items, as_of), key=lambda each: _order(*each))
    for item, balance in found:
        late = None if balance.due_on is None else (as_of - balance.due_on).days
        into = "unapplied" if late is None else BUCKETS[bucket(late)]
        amount = balance.open if late is not None else -balance.open
        rows.append((item.customer, item.invoice, item.currency, balance.due_on, late, into, amount))
    return Sheet(
        title=f"Open at the end of {as_of}",
        columns=(
            column("customer", words=True),
            column("invoice", words=True),
            column("currency", "", words=True),
            column("due_on", "due on"),
            column("days_late", "days late"),
            column("bucket", words=True),
            column("open"),
        ),
        rows=tuple(rows),
        empty="Nothing is open.",
    )


def _order(item: Item, balance: Balance) -> tuple[str, date, str, str]:
    """The oldest of each currency first, unapplied money last."""
    return item.currency, balance.due_on or date.max, item.customer, item.invoice or ""
