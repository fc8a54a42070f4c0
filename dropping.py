"""The drop folder: files that other programs put there are imported, and moved with a report beside each.

A file counts once it has its name: whoever writes it writes under another one (a leading dot, or an end
like .part) and renames it. A file is moved only after its import is committed, and to import one twice
changes nothing: so a process that ends in between loses and doubles nothing.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from banking import import_bank_files, read_bank_file, read_bank_mapping
from importing import Bar, import_receivables, read_receivables, unreadable
from settings import Settings
from store.database import Ledger
from store.errors import Refused

DONE, REFUSED = "done", "refused"
MAPPING = ".mapping.yaml"
REPORT = ".report.txt"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".swp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What became of a file of the folder."""

    file: str
    done: bool
    report: str


def sweep(
    folder: Path, ledger: Ledger, *, encoding: str, by: str, now: datetime, settings: Settings, bar: Bar
) -> Iterator[Dropped]:
    """Import what lies in a folder, receivables first, and yield what became of each file.

    Args:
        encoding: of what is no XML.

    Raises:
        Refused: the folder cannot be read.
    """
    for file in _ready(folder):
        try:
            report, done = _take(file, ledger, encoding, by=by, now=now, settings=settings, bar=bar), True
        except Refused as refused:
            report, done = str(refused), False
        if _move(file, DONE if done else REFUSED, report):
            yield Dropped(file=file.name, done=done, report=report)


def _ready(folder: Path) -> list[Path]:
    """Return the files that are complete: exports before bank files, which may pay what those bring."""
    try:
        found = [each for each in folder.iterdir() if each.is_file() and not _left_alone(each.name)]
    except OSError as error:
        raise Refused(unreadable(folder, error)) from None
    return sorted(found, key=lambda file: (_is_bank(file), file.name))


def _left_alone(name: str) -> bool:
    return name.startswith((".", "~")) or name.endswith((*_UNFINISHED, MAPPING, REPORT))


def _is_bank(file: Path) -> bool:
    mapping = _mapping_of(file)
    return mapping is None or _is_of_a_bank(mapping)


def _mapping_of(file: Path) -> Path | None:
    """Return the mapping with whose name the file's begins, the longest one; None without one."""
    found = [each for each in file.parent.glob(f"*{MAPPING}") if file.name.startswith(_stem(each))]
    return max(found, key=lambda each: len(each.name), default=None)


def _stem(mapping: Path) -> str:
    return mapping.name.removesuffix(MAPPING)


def _is_of_a_bank(mapping: Path) -> bool:
    """Whether a mapping is one of bookings: it says when they were booked, and no export says that."""
    try:
        return re.search(r"(?m)^booked_on *:", mapping.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def _take(
    file: Path, ledger: Ledger, encoding: str, *, by: str, now: datetime, settings: Settings, bar: Bar
) -> str:
    """Import one file and return its report.

    Raises:
        Refused: nothing of it was written.
    """
    mapping = _mapping_of(file)
    if mapping is not None and not _is_of_a_bank(mapping):
        return _receivables(file, mapping, ledger, encoding, now=now, settings=settings, bar=bar)
    if file.suffix.lower() == ".csv" and mapping is None:
        name = f"{file.stem}{MAPPING}"
        raise Refused(f"{file}: no mapping is for it: put one beside it, with a name like {name}")
    rules = None if mapping is None else read_bank_mapping(mapping)
    found = read_bank_file(file, rules, encoding=encoding, today=datetime.now(UTC).date())
    problems = [str(problem) for problem in found.problems]
    if found.errors:
        raise Refused("\n".join([*problems, "nothing was written: mend the file and put it here again"]))
    done = import_bank_files(ledger, [(file, found)], by=by, now=now, settings=settings, bar=bar)
    return "\n".join([*problems, done.words()])


def _receivables(
    file: Path,
    mapping: Path,
    ledger: Ledger,
    encoding: str,
    *,
    now: datetime,
    settings: Settings,
    bar: Bar,
) -> str:
    found = read_receivables(file, mapping, encoding=encoding, today=datetime.now(UTC).date())
    problems = [str(problem) for problem in found.problems]
    if found.errors:
        raise Refused("\n".join([*problems, "nothing was written: mend the file and put it here again"]))
    done = import_receivables(ledger, found, file=file, now=now, settings=settings, bar=bar)
    return "\n".join([*problems, *done.refused, done.words()])


def _move(file: Path, where: str, report: str) -> bool:
    """Move a file away, with its report beside it; False when somebody else has done so."""
    target = file.parent / where
    target.mkdir(exist_ok=True)
    name, number = target / file.name, 1
    while name.exists():
        number += 1
        name = target / f"{file.stem}.{number}{file.suffix}"
    told = name.with_name(f"{name.name}{REPORT}")
    told.write_text(f"{report}\n", encoding="utf-8")
    try:
        os.replace(file, name)
    except FileNotFoundError:
        told.unlink(missing_ok=True)
        return False
    return True
