"""The page of the reports: the figures of the day first, then each report with a plot where one helps."""

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from domain.ageing import BUCKETS
from domain.money import Money
from domain.reports.sheet import Cell, Column, Report, Sheet, shown
from drawing.elements import Child, element
from drawing.pages import page
from drawing.report_plots import Row, currency_of, in_one, minor_of, plots, rows_of
from drawing.report_style import REPORTS

MOST_LISTED = 1000
"""So many single items a page shows; a spreadsheet is the place for more."""


def receivables_page(reports: Mapping[str, Report], *, seller: str) -> str:
    """Return every report of one day as one HTML page."""
    ageing = reports["ageing"]
    content: list[Child] = [
        element("p", _day_words(ageing), class_="quiet"),
        *(element("p", note, class_="note") for note in ageing.sheet.notes),
        *_headlines(reports),
        *(_section(report, told=ageing.sheet.notes) for report in reports.values()),
    ]
    return page(f"{seller}: receivables", *content, style=REPORTS)


def report_page(report: Report) -> str:
    """Return one report as an HTML page, with the items behind it where they were asked for."""
    content: list[Child] = [element("p", _day_words(report), class_="quiet"), _section(report, heading=False)]
    if report.listed is not None:
        content.append(_listed(report.listed))
    return page(report.sheet.title, *content, style=REPORTS)


def _listed(listed: Sheet) -> Element:
    more = len(listed.rows) - MOST_LISTED
    return element(
        "section",
        element("h2", listed.title),
        _table(listed.columns, listed.rows[:MOST_LISTED]),
        element("p", f"And {more:,} more: --list --csv has them all.") if more > 0 else None,
    )


def _day_words(report: Report) -> str:
    known = "with all that is known now"
    if report.known_at is not None:
        known = f"as known at {report.known_at:%Y-%m-%d %H:%M %Z}"
    return f"As of the end of {report.as_of:%A, %d %B %Y}, {known}"


def _section(report: Report, *, heading: bool = True, told: Sequence[str] = ()) -> Element:
    sheet = report.sheet
    head = element("h2", sheet.title) if heading else None
    if not sheet.rows:
        return element("section", head, element("p", sheet.empty), class_="report")
    notes = (element("p", note, class_="quiet small") for note in sheet.notes if note not in told)
    drawn = plots(report.name, sheet)
    return element("section", head, *drawn, _table(sheet.columns, sheet.rows), *notes, class_="report")


def _table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Element:
    kinds = ["words" if each.words else None for each in columns]
    heads = [
        element("th", each.heading, scope="col", class_=kind)
        for each, kind in zip(columns, kinds, strict=True)
    ]
    body = []
    for row in rows:
        cells = (element("td", shown(cell), class_=kind) for cell, kind in zip(row, kinds, strict=True))
        body.append(element("tr", *cells, class_="sum" if _is_sum(row) else None))
    made = element("table", element("thead", element("tr", *heads)), element("tbody", *body))
    # What is wider than a telephone is scrolled, also by the keyboard.
    return element("div", made, class_="table scroll", tabindex="0")


def _is_sum(row: Sequence[Cell]) -> bool:
    return "all" in row[1:2] or str(row[0]).startswith("all in ")


# --- the figures of the day


def _headlines(reports: Mapping[str, Report]) -> Iterator[Element]:
    """Yield the few figures that a board asks for first, per currency."""
    dso, cei = _last(reports["dso"].sheet), _last(reports["cei"].sheet)
    allowance = _last(reports["allowance"].sheet) if "allowance" in reports else {}
    for row in in_one(reports["ageing"].sheet):
        currency, total = currency_of(row), minor_of(row["total"])
        tiles = [*_open_tiles(row, currency)]
        if (found := dso.get(currency)) is not None:
            told = f"simple {shown(found['dso'])}, best possible {shown(found['dso_best_possible'])}"
            tiles.append(_tile("DSO by countback", _with_unit(found["dso_countback"], "days"), told))
        if (found := cei.get(currency)) is not None:
            told = f"in {found['month']}"
            tiles.append(_tile("Collection effectiveness", _with_unit(found["cei_percent"], "%"), told))
        if (found := allowance.get(currency)) is not None:
            told = f"{_share(minor_of(found['allowance']), total)} of what is open"
            tiles.append(_tile("Loss allowance", f"{shown(found['allowance'])} {currency}", told))
        yield element("div", *tiles, class_="tiles")


def _open_tiles(row: Row, currency: str) -> Iterator[Element]:
    total, late = minor_of(row["total"]), sum(minor_of(row[name]) for name in BUCKETS[1:])
    loose = f"and {shown(row['unapplied'])} unapplied" if minor_of(row["unapplied"]) else ""
    yield _tile("Receivable", f"{shown(row['total'])} {currency}", loose)
    yield _tile("Past due", _share(late, total), f"{shown(Money(late, currency))} {currency}")
    oldest = row["d91_plus"]
    yield _tile("Over 90 days", _share(minor_of(oldest), total), f"{shown(oldest)} {currency}")


def _tile(name: str, value: str, below: str) -> Element:
    return element(
        "div",
        element("div", name, class_="name"),
        element("div", value, class_="figure"),
        element("div", below, class_="below") if below else None,
        class_="tile",
    )


def _share(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f} %" if whole else "-"


def _with_unit(cell: Cell, unit: str) -> str:
    return "-" if cell is None else f"{shown(cell)} {unit}"


def _last(sheet: Sheet) -> dict[str, Row]:
    """Return the last line of each currency."""
    return {currency_of(row): row for row in rows_of(sheet)}
