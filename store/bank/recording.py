"""Statements are recorded first, whole files at once; what their lines pay is settled afterwards.

So a process that ends in between loses nothing: lines of which nothing was concluded are settled by the
next import, and those that are known already are not recorded again.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from domain.cash.identity import Mark, account_key, marks, reference_key, statement_key
from domain.cash.lines import BankLine, Statement
from store.database import Ledger
from store.tables import BankDetailRow, BankLineRow, BankStatementRow

_CHUNK = 500
DAYS_AHEAD = 3
"""A booking so many days ahead is that of a weekend; one further ahead is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of the lines of a file."""

    statements: int
    lines: int
    known_already: int


def secret_of(ledger: Ledger) -> bytes:
    """Return the key under which accounts and references are known, of this ledger alone."""
    return hmac.new(ledger.code_key, b"bank lines", hashlib.sha256).digest()


def record(ledger: Ledger, statements: Iterable[Statement], *, file: str, now: datetime, by: str) -> Recorded:
    """Record what is new of a file's statements, in one transaction."""
    statements = [each for each in statements if each.lines]
    try:
        return _record(ledger, statements, file=file, now=now, by=by)
    except IntegrityError:
        # Somebody recorded the same lines at this moment, and has committed: now they are known.
        return _record(ledger, statements, file=file, now=now, by=by)


def _record(
    ledger: Ledger, statements: Sequence[Statement], *, file: str, now: datetime, by: str
) -> Recorded:
    secret, written, lines, known = secret_of(ledger), 0, 0, 0
    with ledger.write() as session:
        for statement in statements:
            new = _unknown(session, statement, secret)
            known += len(statement.lines) - len(new)
            if new:
                row = _statement_row(statement, secret, file=file, now=now, by=by)
                session.add(row)
                session.flush()
                _add_lines(session, row.id or 0, new, secret)
                written, lines = written + 1, lines + len(new)
    return Recorded(statements=written, lines=lines, known_already=known)


def too_early(statement: Statement, today: date) -> BankLine | None:
    """Return a line that is booked on a day still to come, where there is one."""
    last = today + timedelta(days=DAYS_AHEAD)
    return next((line for line in statement.lines if line.booked_on > last), None)


def known_already(session: Session, statements: Iterable[Statement], secret: bytes) -> int:
    """Count the lines that are recorded already."""
    return sum(len(each.lines) - len(_unknown(session, each, secret)) for each in statements)


def _unknown(session: Session, statement: Statement, secret: bytes) -> list[tuple[BankLine, Mark]]:
    """Return the lines that no file has had, each with what it is known by."""
    marked = list(zip(statement.lines, marks(statement, secret), strict=True))
    keys = [mark.key for _, mark in marked]
    there: set[str] = set()
    for start in range(0, len(keys), _CHUNK):
        found = select(BankLineRow.key).where(col(BankLineRow.key).in_(keys[start : start + _CHUNK]))
        there.update(session.exec(found))
    return [(line, mark) for line, mark in marked if mark.key not in there]


def _statement_row(
    statement: Statement, secret: bytes, *, file: str, now: datetime, by: str
) -> BankStatementRow:
    days = statement.days
    assert days is not None
    return BankStatementRow(
        key=statement_key(statement, marks(statement, secret), secret),
        file=file,
        format=statement.format,
        account=statement.account,
        number=statement.number,
        currency=statement.currency,
        opening_minor=None if statement.opening is None else statement.opening.minor,
        closing_minor=None if statement.closing is None else statement.closing.minor,
        first_on=days[0],
        last_on=days[1],
        imported_at=now,
        imported_by=by,
    )


def _add_lines(
    session: Session, statement_id: int, new: Sequence[tuple[BankLine, Mark]], secret: bytes
) -> None:
    rows = [_line_row(statement_id, line, mark, secret) for line, mark in new]
    session.add_all(rows)
    session.flush()
    for row, (line, _) in zip(rows, new, strict=True):
        # What we paid is nobody's debt to us, and whom we paid is none of this ledger's business.
        if line.amount.minor > 0 or line.returned:
            session.add(
                BankDetailRow(
                    line_id=row.id or 0,
                    text=line.text,
                    structured=line.structured,
                    end_to_end=line.end_to_end,
                    payer=line.payer,
                )
            )
    session.flush()


def _line_row(statement_id: int, line: BankLine, mark: Mark, secret: bytes) -> BankLineRow:
    return BankLineRow(
        statement_id=statement_id,
        key=mark.key,
        content=mark.content,
        booked_on=line.booked_on,
        value_on=line.value_on,
        currency=line.amount.currency,
        minor=line.amount.minor,
        bank_ref=line.bank_ref,
        reference=reference_key(line.end_to_end, secret),
        payer=account_key(line.payer_account, secret),
        returned=line.returned,
        reason=line.reason,
    )
