"""From the lines of a CSV to its records: what is broken says so, and reading goes on behind it."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One logical row: the line it starts on, and its fields or why it has none."""

    line: int
    fields: list[str]
    broken: str | None = None


def records_of(lines: Iterable[str], delimiter: str) -> Iterator[Record]:
    """Yield the rows; blank ones are none. After a broken row, reading goes on at the next line."""
    nul = False

    def clean() -> Iterator[str]:
        nonlocal nul
        for number, line in enumerate(lines):
            nul = nul or "\0" in line
            yield (line.removeprefix("\ufeff") if number == 0 else line).replace("\0", "")

    reader = csv.reader(clean(), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = [value.strip() for value in next(reader)]
            broken = "a NUL byte: the export is damaged, or is not text; export it again" if nul else None
        except StopIteration:
            return
        except csv.Error as error:
            fields, broken = [], _csv_words(str(error), reader.line_num)
        nul = False
        # Spreadsheets end with rows of delimiters alone.
        if any(fields) or broken:
            yield Record(line=line, fields=fields, broken=broken)


def _csv_words(error: str, last_line: int) -> str:
    if "unexpected end" in error:
        return (
            f"a quote that opens here is never closed (the file ends on line {last_line}): close or double it"
        )
    if "expected after" in error:
        return "text follows a closing quote: write a quote inside a quoted field twice"
    if "field larger" in error:
        return "a field is longer than 131,072 characters: look for a quote that is not closed"
    return "a line end stands inside the row: save the file with usual line ends, or put the field in quotes"
