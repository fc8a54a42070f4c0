"""Importing files of banks: every problem is reported, then all is recorded and what it pays is settled."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from domain.cash.csv_lines import read_lines
from domain.cash.csv_mapping import BankMapping
from domain.cash.lines import BankFile, FileProblem
from domain.documents import BadDocument, read
from importing import Bar, line_of_fault, unreadable, wake_touched
from settings import Settings
from store.bank import recording, settling
from store.database import Ledger
from store.errors import Refused

MOST_BYTES = 200 * 1024 * 1024
"""A statement is smaller; a larger file is something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import of bank files did.

    Attributes:
        states: how many lines became what.
    """

    statements: int
    lines: int
    lines_known_already: int
    states: Mapping[str, int]
    workflows_woken: int

    def json(self) -> dict[str, Any]:
        """Return the figures."""
        return {**asdict(self), "states": dict(self.states)}

    def words(self) -> str:
        """Return the figures in a sentence."""
        became = (
            ", ".join(f"{count} {state}" for state, count in sorted(self.states.items())) or "nothing new"
        )
        return (
            f"{self.statements} statements, {self.lines} lines recorded,"
            f" {self.lines_known_already} known already; {became}; {self.workflows_woken} workflows woken"
        )


def read_bank_file(
    file: Path, mapping: BankMapping | None, *, encoding: str | None = None, today: date
) -> BankFile:
    """Read a bank's file, which its content tells the format of; nothing is written.

    Raises:
        Refused: it cannot be read, or nobody knows what it is.
    """
    from composition import read_statements  # here, so that the libraries are loaded only for bank files

    content = _content(file)
    _check_encoding(encoding or "utf-8")
    found = read_statements(content, file=str(file), encoding=encoding or "utf-8")
    if found is None and mapping is None:
        raise Refused(
            f"{file}: neither camt.053 nor MT940: a CSV needs a mapping, as in --map bank.mapping.yaml"
        )
    if found is None and mapping is not None:
        found = _csv(content, mapping, file=file, encoding=encoding or "utf-8-sig")
    assert found is not None
    return _of_today(found, file, today)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise Refused(f"{file}: larger than any statement (200 MB): check what it is")
        return file.read_bytes()
    except OSError as error:
        raise Refused(unreadable(file, error)) from None


def _check_encoding(encoding: str) -> None:
    try:
        b"--".decode(encoding)
    except LookupError:
        raise Refused(f"--encoding: no encoding is called {encoding!r}: write utf-8 or cp1252") from None
    except UnicodeError:
        pass  # It is one, in which this says nothing.


def _csv(content: bytes, mapping: BankMapping, *, file: Path, encoding: str) -> BankFile:
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        line = line_of_fault(content, encoding)
        raise Refused(
            f"{file}:{line}: not {encoding} text ({getattr(error, 'reason', error)}):"
            " save it as UTF-8, or name its encoding, as in --encoding cp1252"
        ) from None
    return read_lines(text.splitlines(keepends=True), mapping, file=str(file))


def _of_today(found: BankFile, file: Path, today: date) -> BankFile:
    """Refuse lines that are booked on days to come: the form of the dates is wrong, or a year."""
    late = [(each, line) for each in found.statements if (line := recording.too_early(each, today))]
    ahead = [
        FileProblem(
            file=str(file),
            line=line.place,
            message=f"booked on {line.booked_on}, which is still to come: check the date and its form",
        )
        for _, line in late
    ]
    return BankFile(statements=found.statements, problems=(*found.problems, *ahead))


def read_bank_mapping(file: Path) -> BankMapping:
    """Read the mapping document of a bank's CSV.

    Raises:
        Refused: with every problem, one a line.
    """
    try:
        return read(file.read_text(encoding="utf-8"), model=BankMapping, name=str(file))
    except BadDocument as bad:
        raise Refused(str(bad)) from None
    except UnicodeDecodeError:
        raise Refused(f"{file}: not UTF-8 text: save the mapping as UTF-8") from None
    except OSError as error:
        raise Refused(unreadable(file, error)) from None


def import_bank_files(
    ledger: Ledger,
    files: Sequence[tuple[Path, BankFile]],
    *,
    by: str,
    now: datetime,
    settings: Settings,
    bar: Bar,
) -> Imported:
    """Record what was read, settle all lines that wait, and wake each touched customer once.

    Ended in the middle, it may be repeated: what is recorded is known the next time, and settled then.
    """
    statements, lines, known = 0, 0, 0
    with bar("Recording statements", len(files)) as done:
        for number, (file, found) in enumerate(files, start=1):
            recorded = recording.record(ledger, found.statements, file=file.name, now=now, by=by)
            statements += recorded.statements
            lines += recorded.lines
            known += recorded.known_already
            done(number)
    with bar("Settling lines", settling.waiting_lines(ledger)) as done:
        settled = settling.settle(ledger, now=now, progress=done)
    touched = sorted(settled.touched)
    with bar("Waking workflows", len(touched)) as woken:
        count = asyncio.run(wake_touched(settings, touched, woken)) if touched else 0
    return Imported(
        statements=statements,
        lines=lines,
        lines_known_already=known,
        states=dict(settled.states),
        workflows_woken=count,
    )


def count_known(ledger: Ledger, files: Sequence[tuple[Path, BankFile]]) -> int:
    """Count the lines that an import would know already; nothing is written."""
    with ledger.read() as session:
        secret = recording.secret_of(ledger)
        return sum(recording.known_already(session, found.statements, secret) for _, found in files)
