"""The plots of the reports, each from the table of its report: most are one line of a table here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree.ElementTree import Element

from domain.ageing import BUCKETS, HEADINGS
from domain.money import Money
from domain.reports.expected import LATER, OVERDUE
from domain.reports.sheet import Cell, Sheet, shown
from drawing.elements import element
from drawing.pages import figure
from drawing.plots import Series, lying
from drawing.stacks import Part, lines, shares, stacked

Row = Mapping[str, Cell]
_AGES = ("age0", "age1", "age2", "age3", "age4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """How a table becomes a plot a currency.

    Attributes:
        label: the column that names the groups.
        parts: a column, its name and its colour.
        unit: of the axis; None for the currency.
    """

    draw: Callable[..., Element]
    title: str
    label: str = "month"
    parts: Sequence[tuple[str, str, str]]
    unit: str | None = ""


PLOTS: Mapping[str, Plot] = {
    "dso": Plot(
        draw=lines,
        title="DSO by month",
        parts=(
            ("dso", "DSO, simple", "first"),
            ("dso_countback", "DSO by countback", "second"),
            ("dso_best_possible", "best possible DSO", "work"),
        ),
        unit="days",
    ),
    "cei": Plot(
        draw=lines,
        title="Collection effectiveness by month",
        parts=(("cei_percent", "collected of what was due", "first"),),
        unit="%",
    ),
    "movements": Plot(
        draw=stacked,
        title="Open at the end of each month",
        parts=(("closing", "open at the end of the month", "first"),),
        unit=None,
    ),
    "forecast": Plot(
        draw=stacked,
        title="Cash that is to come by week",
        label="week",
        parts=(
            ("promised", "promised", "first"),
            ("by_plan", "by instalment plan", "work"),
            ("by_due_date", "by due date", "rest"),
        ),
        unit=None,
    ),
    "recovery": Plot(
        draw=stacked,
        title="Recovered of what became overdue, by month",
        label="cohort",
        parts=(("ratio_percent", "recovered of what became overdue", "first"),),
        unit="%",
    ),
    "promises": Plot(
        draw=stacked,
        title="Promises by month",
        parts=(
            ("kept", "kept", "first"),
            ("kept_late", "kept late", "work"),
            ("broken", "broken", "stop"),
            ("open", "open", "rest"),
        ),
    ),
    "disputes": Plot(
        draw=stacked,
        title="Disputes by month",
        parts=(
            ("won", "won", "first"),
            ("lost", "lost", "stop"),
            ("otherwise", "otherwise", "work"),
            ("open", "open", "rest"),
        ),
    ),
    "suspensions": Plot(
        draw=stacked,
        title="Suspensions by month",
        parts=(
            ("back", "came back", "first"),
            ("ended", "ended", "rest"),
            ("still_suspended", "still suspended", "stop"),
        ),
    ),
}


def plots(name: str, sheet: Sheet) -> Iterator[Element]:
    """Yield the plots of a report; of some there are none."""
    if name == "ageing":
        yield from _ageing(sheet)
    elif name == "contacts":
        yield from _contacts(sheet)
    elif name == "held":
        yield from _held(sheet)
    elif name in PLOTS:
        yield from _by_currency(PLOTS[name], sheet)


def rows_of(sheet: Sheet) -> Iterator[Row]:
    """Yield the rows of a table, each cell by the name of its column."""
    for row in sheet.rows:
        yield {each.key: cell for each, cell in zip(sheet.columns, row, strict=True)}


def in_one(sheet: Sheet) -> list[Row]:
    """Return the lines of an ageing; of a converted one only the last, which has them all."""
    rows = list(rows_of(sheet))
    return rows[-1:] if any(each.key == "rate" for each in sheet.columns) else rows


def minor_of(cell: Cell) -> int:
    """Return an amount in minor units."""
    return cell.minor if isinstance(cell, Money) else 0


def currency_of(row: Row) -> str:
    """Return the currency of a line."""
    return str(row.get("currency", "")).removeprefix("all in ")


def _by_currency(plot: Plot, sheet: Sheet) -> Iterator[Element]:
    found: dict[str, list[Row]] = {}
    for row in rows_of(sheet):
        if row[plot.label] != "all":
            found.setdefault(currency_of(row), []).append(row)
    for currency, rows in found.items():
        parts = [_part(rows, *each) for each in plot.parts]
        title = f"{plot.title}, {currency}" if currency else plot.title
        unit = currency if plot.unit is None else plot.unit
        drawn = plot.draw(title, [_label(row[plot.label]) for row in rows], parts, unit=unit)
        yield from _shown(drawn, parts, currency if len(found) > 1 else "")


def _label(cell: Cell) -> str:
    """Return the name of a group as an axis has room for it: a week by month and day of its Monday."""
    name = str(cell)
    if name in (OVERDUE, LATER):
        return name
    return name[5:] if len(name) == len("2026-01-31") else name.partition(" ")[0]


def _part(rows: Sequence[Row], key: str, name: str, colour: str) -> Part:
    values = [_number(row[key]) for row in rows]
    return Part(name=name, colour=colour, values=values, texts=[shown(row[key]) for row in rows])


def _number(cell: Cell) -> float | None:
    match cell:
        case Money():
            return float(cell.amount)
        case int() | Decimal():
            return float(cell)
        case _:
            return None


def _shown(drawn: Element, parts: Sequence[Part], head: str) -> Iterator[Element]:
    if head:
        yield element("h3", head)
    keys = (element("span", element("span", class_=f"key {each.colour}"), each.name) for each in parts)
    yield element("p", *keys, class_="legend")
    yield figure(drawn)


def _ageing(sheet: Sheet) -> Iterator[Element]:
    rows = in_one(sheet)
    heads = [head if head == "not due" else f"{head} days" for head in HEADINGS[: len(BUCKETS)]]
    for row in rows:
        parts = [_part([row], *each) for each in zip(BUCKETS, heads, _AGES, strict=True)]
        if any(minor_of(row[name]) for name in BUCKETS):
            drawn = shares(f"Ageing, {currency_of(row)}", parts)
            yield from _shown(drawn, parts, currency_of(row) if len(rows) > 1 else "")


def _contacts(sheet: Sheet) -> Iterator[Element]:
    rows = [row for row in rows_of(sheet) if row["over"]]
    if not rows:
        return
    several = len({row["currency"] for row in rows}) > 1
    labels = [f"{row['step']} by {row['channel']}" for row in rows]
    if several:
        labels = [f"{label}, {currency_of(row)}" for label, row in zip(labels, rows, strict=True)]
    series = Series(
        name="paid after",
        values=[_number(row["paid_percent"]) or 0 for row in rows],
        texts=[f"{shown(row['paid_percent'])} % of {shown(row['over'])}" for row in rows],
    )
    yield figure(lying("Messages after which something was paid, in percent", labels, [series]))


def _held(sheet: Sheet) -> Iterator[Element]:
    times: dict[str, int] = {}
    for row in rows_of(sheet):
        times[str(row["rule"])] = times.get(str(row["rule"]), 0) + int(_number(row["times"]) or 0)
    if times:
        rules = sorted(times, key=lambda rule: (-times[rule], rule))
        series = Series(name="held", values=[times[rule] for rule in rules])
        yield figure(lying("Held contacts by rule", rules, [series]))
