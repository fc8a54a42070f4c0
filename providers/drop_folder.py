"""Usage and activity logs from files that somebody puts into a folder: what is embedded, without a provider.

`usage.csv` files have the columns account, amount, currency, read_at and, where it is of one, subscription.
Logs are JSON files: a list of records, or an object with them under `items`, as providers export them. Files
are read in the order of their names, all of them each time: what is known already is known.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from domain.activity_log.records import RecordsPage
from domain.errors import Refused
from domain.facts.fields import FIRST_DAY, LAST_DAY
from domain.usage.measured import Measured, ReadingsPage

_COLUMNS = {"account", "amount", "currency", "read_at"}


class UsageFiles:
    """The usage that CSV files of a folder have, one file a page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def readings(self, after: str | None) -> ReadingsPage:
        """Return the readings of the next file.

        Raises:
            Refused: it cannot be read; the words name file and line.
        """
        file, last = _next(self.folder, "*.csv", after)
        if file is None:
            return ReadingsPage(readings=())
        return ReadingsPage(readings=list(_rows(file)), after=None if last else file.name)


class ActivityFiles:
    """The activity log that JSON files of a folder have, one file a page."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def records(self, since: date, until: date, after: str | None) -> RecordsPage:
        """Return the records of the next file; of which days they are nobody asks, each is kept once.

        Raises:
            Refused: it cannot be read; the words name the file.
        """
        file, last = _next(self.folder, "*.json", after)
        if file is None:
            return RecordsPage(records=())
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Refused(f"{file.name}: {error}: write JSON, as the provider exports it") from None
        items = content.get("items") if isinstance(content, Mapping) else content
        if not isinstance(items, list):
            raise Refused(f"{file.name}: write a list of records, or an object with them under items")
        found: list[Mapping[str, Any]] = items
        return RecordsPage(records=found, after=None if last else file.name)


def _next(folder: Path, pattern: str, after: str | None) -> tuple[Path | None, bool]:
    files = [file for file in sorted(folder.glob(pattern)) if after is None or file.name > after]
    return (files[0], len(files) == 1) if files else (None, True)


def _rows(file: Path) -> Iterator[Measured]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{file.name}: {error}: save it as UTF-8 text") from None
    rows = csv.DictReader(text.splitlines())
    lacking = sorted(_COLUMNS - set(rows.fieldnames or ()))
    if lacking:
        raise Refused(f"{file.name}:1: the column {', '.join(lacking)} is missing")
    for row in rows:
        yield _measured(f"{file.name}:{rows.line_num}", row)


def _measured(place: str, row: Mapping[str, str | None]) -> Measured:
    try:
        amount = Decimal((row["amount"] or "").strip())
        read_at = datetime.fromisoformat((row["read_at"] or "").strip())
    except (InvalidOperation, ValueError):
        remedy = "write the amount like 120.50, and read_at like 2026-03-05T06:00:00Z"
        raise Refused(f"{place}: this is no reading: {remedy}") from None
    if not FIRST_DAY <= read_at.date() <= LAST_DAY:
        raise Refused(f"{place}: {read_at.date()} is no day on which usage is read")
    if not amount.is_finite() or amount < 0:
        raise Refused(f"{place}: an amount is not below 0")
    return Measured(
        account=(row["account"] or "").strip(),
        amount=amount,
        currency=(row["currency"] or "").strip().upper(),
        read_at=read_at.replace(tzinfo=UTC) if read_at.tzinfo is None else read_at,
        subscription=(row.get("subscription") or "").strip() or None,
    )
