"""From a figure of a report to the single items that it adds up or counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from domain.ageing import BUCKETS, HEADINGS
from domain.calendar import month_end
from domain.reports.allowance import EVERYBODY
from domain.reports.sheet import Cell, Report, Sheet, value

ANY, NONE, OR = "*", "-", "|"
"""Instead of a value: whatever there is, nothing; and between values of which one is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What is behind a figure.

    Attributes:
        only: of the list, what the cells of a column are; of a day its month is enough.
        adds: the column that adds up to the figure; None where the rows are counted.
    """

    only: Mapping[str, str] = field(default_factory=dict)
    adds: str | None = None


def _bucket(name: str) -> Figure:
    return Figure(only={"bucket": name}, adds="open")


_DUE = {"outcome": OR.join(("kept", "kept late", "broken"))}
_WAITS = {"outcome": "open"}

_KEYS: Mapping[str, Mapping[str, str]] = {
    "ageing": {"currency": "currency"},
    "dso": {"currency": "currency"},
    "cei": {"currency": "currency"},
    "forecast": {"currency": "currency", "week": "week"},
    "promises": {"currency": "currency", "month": "pay_on"},
    "disputes": {"currency": "currency", "month": "opened_on"},
    "contacts": {"step": "step", "channel": "channel", "currency": "currency"},
    "allowance": {"currency": "currency"},
    "held": {"rule": "rule", "month": "on"},
    "suspensions": {"month": "suspended_on"},
}
"""By which columns a line of each report is told from the others, and which of the list says the same."""

_FIGURES: Mapping[str, Mapping[str, Figure]] = {
    "ageing": {
        **{name: _bucket(name) for name in (*BUCKETS, "unapplied")},
        "total": _bucket(OR.join(BUCKETS)),
    },
    "dso": {
        "receivable": Figure(adds="open"),
        "not_due": Figure(adds="not_due"),
        "sales": Figure(adds="sold"),
    },
    "cei": {
        "sales": Figure(adds="sold"),
        "closing": Figure(adds="open"),
        "closing_not_due": Figure(adds="not_due"),
    },
    "forecast": {
        "promised": Figure(only={"source": "promise"}, adds="amount"),
        "by_plan": Figure(only={"source": "plan"}, adds="amount"),
        "by_due_date": Figure(only={"source": "invoice"}, adds="amount"),
        "all": Figure(adds="amount"),
    },
    "promises": {
        "due": Figure(only=_DUE),
        "due_amount": Figure(only=_DUE, adds="amount"),
        "came_in": Figure(only=_DUE, adds="came_in"),
        "kept": Figure(only={"outcome": "kept"}),
        "kept_amount": Figure(only={"outcome": "kept"}, adds="amount"),
        "kept_late": Figure(only={"outcome": "kept late"}),
        "broken": Figure(only={"outcome": "broken"}),
        "open": Figure(only=_WAITS),
        "open_amount": Figure(only=_WAITS, adds="amount"),
    },
    "disputes": {
        "opened": Figure(),
        "amount": Figure(adds="amount"),
        "won": Figure(only={"outcome": "won"}),
        "lost": Figure(only={"outcome": "lost"}),
        "lost_amount": Figure(only={"outcome": "lost"}, adds="amount"),
        "open": Figure(only={"resolved_on": NONE}),
        "open_amount": Figure(only={"resolved_on": NONE}, adds="amount"),
    },
    "contacts": {
        "sent": Figure(),
        "delivered": Figure(only={"outcome": "delivered"}),
        "came_back": Figure(only={"outcome": "came back"}),
    },
    "allowance": {"receivable": Figure(adds="open")},
    "held": {"times": Figure()},
    "suspensions": {
        "suspended": Figure(),
        "back": Figure(only={"back_on": ANY}),
        "ended": Figure(only={"ended_on": ANY}),
        "still_suspended": Figure(only={"back_on": NONE, "ended_on": NONE}),
    },
}

_ALL = "all"
_BUCKETS = {**dict(zip(HEADINGS, BUCKETS, strict=False)), "total": OR.join(BUCKETS)}
_BY_MONTH = ("dso", "cei")
"""Their list is of the newest month: behind an older line is that of the report as of its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """Where the items behind one cell are: the same report with its list, as of a day, and what counts."""

    as_of: date
    only: Mapping[str, str]
    adds: str | None


def behind(report: Report) -> list[dict[str, Behind]]:
    """Return for each line of a report what is behind its cells, by the names of their columns.

    Items are in their own currencies. So where all was converted into one, nothing is behind a figure but in
    the ageing, which still has a line of each currency.
    """
    names = [column.key for column in report.sheet.columns]
    rows = [dict(zip(names, row, strict=True)) for row in report.sheet.rows]
    # A list knows no groups: where there are several, nothing says which of its items are of which.
    apart = report.name == "allowance" and not {row["group"] for row in rows} <= {EVERYBODY, _ALL}
    return [dict(_behind(report, row)) if _leads(report, row, apart=apart) else {} for row in rows]


def _leads(report: Report, row: Mapping[str, Cell], *, apart: bool) -> bool:
    if apart and row["group"] != _ALL:
        return False
    converted = "in" in report.terms
    return not converted or (report.name == "ageing" and not str(row["currency"]).startswith(_ALL))


def _behind(report: Report, row: Mapping[str, Cell]) -> Iterator[tuple[str, Behind]]:
    keys = _KEYS.get(report.name, {})
    # A line that adds others up is told from nothing in the column that says so.
    own = {there: str(value(row[here])) for here, there in keys.items() if row[here] != _ALL}
    if report.name == "allowance":
        own["bucket"] = _BUCKETS[str(row["bucket"])]
    as_of = report.as_of
    if report.name in _BY_MONTH:
        # The running month says as well until which day: `2026-03 to 16`.
        first_on = date.fromisoformat(f"{str(row['month'])[:7]}-01")
        as_of = min(as_of, month_end(first_on))
    for column, figure in _FIGURES.get(report.name, {}).items():
        if row[column]:
            yield column, Behind(as_of=as_of, only={**own, **figure.only}, adds=figure.adds)


def narrowed(listed: Sheet, only: Mapping[str, str]) -> Sheet:
    """Return those rows of a list whose cells are as asked for; a column that it has not narrows nothing."""
    places = [(index, only[each.key]) for index, each in enumerate(listed.columns) if each.key in only]
    rows = tuple(row for row in listed.rows if all(_is(row[index], asked) for index, asked in places))
    return replace(listed, rows=rows)


def _is(cell: Cell, asked: str) -> bool:
    found = "" if cell is None else str(value(cell))
    if asked in (ANY, NONE):
        return bool(found) == (asked == ANY)
    if isinstance(cell, date):
        return found.startswith(asked)
    return found in asked.split(OR)
