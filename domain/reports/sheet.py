"""A report as a table of typed cells: text for people, CSV and JSON for machines, a page for a board.

A cell that has no value, such as a ratio over nothing, is None: a dash for people, null for machines.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.money import Money

Cell = str | int | date | Money | Decimal | None

# What a spreadsheet would take for a formula, and run.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name for machines, and its heading for people."""

    key: str
    heading: str
    words: bool = False


def column(key: str, heading: str | None = None, *, words: bool = False) -> Column:
    """Return a column; its heading is its key in words unless one is given."""
    return Column(key=key, heading=key.replace("_", " ") if heading is None else heading, words=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table.

    Attributes:
        title: what it is, as a heading.
        notes: what has to be known to read it.
        empty: what is said where there is no row.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = "There is nothing to report."

    def text(self) -> str:
        """Return it for people."""
        if not self.rows:
            return "\n".join([self.empty, *self.notes])
        lines = [[each.heading for each in self.columns], *([*map(shown, row)] for row in self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        table = [
            "  ".join(
                cell.ljust(width) if each.words else cell.rjust(width)
                for cell, width, each in zip(line, widths, self.columns, strict=True)
            ).rstrip()
            for line in lines
        ]
        return "\n".join([*table, *self.notes])

    def json(self) -> list[dict[str, Any]]:
        """Return its rows for machines."""
        return [
            {each.key: value(cell) for each, cell in zip(self.columns, row, strict=True)} for row in self.rows
        ]

    def csv(self) -> str:
        """Return it as CSV, with the names for machines as its head."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(each.key for each in self.columns)
        writer.writerows(map(_csv_cell, row) for row in self.rows)
        return out.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as of the end of a day: its table, and the invoices behind it where they were asked for.

    Attributes:
        name: by which the command line calls it.
        known_at: what was learned later counts for nothing; None for all that is known now.
        terms: what else it was asked for, such as a number of days.
        listed: the single items behind the table, so that its figures are their sums.
    """

    name: str
    as_of: date
    known_at: datetime | None
    sheet: Sheet
    terms: Mapping[str, Any] = field(default_factory=dict)
    listed: Sheet | None = None

    @property
    def heading(self) -> str:
        """What it is and as of when, in one line."""
        known = "" if self.known_at is None else f", as known at {self.known_at.isoformat()}"
        return f"{self.sheet.title}, as of the end of {self.as_of}{known}"

    def text(self) -> str:
        """Return it for people."""
        parts = [f"{self.heading}:", self.sheet.text()]
        if self.listed is not None:
            parts += ["", f"{self.listed.title}:", self.listed.text()]
        return "\n".join(parts)

    def json(self) -> dict[str, Any]:
        """Return it for machines."""
        found: dict[str, Any] = {
            "report": self.name,
            "as_of": self.as_of.isoformat(),
            "known_at": None if self.known_at is None else self.known_at.isoformat(),
            **self.terms,
            "rows": self.sheet.json(),
            "notes": list(self.sheet.notes),
        }
        if self.listed is not None:
            found["list"] = self.listed.json()
        return found

    def csv(self) -> str:
        """Return its table as CSV; where single items were asked for, these."""
        return (self.listed or self.sheet).csv()


def shown(cell: Cell) -> str:
    """Return a cell as people read it."""
    match cell:
        case None:
            return "-"
        case Money():
            return f"{cell.amount:,f}"
        case int():
            return f"{cell:,}"
        case Decimal():
            return f"{cell:,f}"
        case _:
            return str(cell)


def value(cell: Cell) -> str | int | None:
    """Return a cell for machines: amounts and ratios are decimal strings."""
    match cell:
        case Money():
            return cell.plain()
        case None | int():
            return cell
        case Decimal():
            return f"{cell:f}"
        case _:
            return str(cell)


def _csv_cell(cell: Cell) -> str | int | None:
    found = value(cell)
    return f"'{found}" if isinstance(cell, str) and cell.startswith(_FORMULA) else found


def together(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    """Return the notes of several tables, each once."""
    return tuple(dict.fromkeys(note for sheet in sheets for note in sheet.notes))
