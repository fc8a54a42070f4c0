"""Recorded lines as the domain knows them, and what was concluded from each so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from domain.cash.lines import BankLine
from domain.money import Money
from store.errors import Refused
from store.tables import BankDecisionRow, BankDetailRow, BankLineRow, BankStatementRow

WAITING = ("unapplied", "asked", "unmatched")
"""States of lines about which a person may say something."""
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A line with its statement, what the payer wrote, and the newest decision about it."""

    row: BankLineRow
    statement: BankStatementRow
    detail: BankDetailRow | None
    decision: BankDecisionRow | None

    @property
    def id(self) -> int:
        """The number by which people name it."""
        return self.row.id or 0

    @property
    def amount(self) -> Money:
        """What it moved; negative where money went out."""
        return Money(self.row.minor, self.row.currency)

    @property
    def state(self) -> str:
        """What was concluded from it; `new` while nothing was."""
        return self.decision.state if self.decision else "new"

    @property
    def name(self) -> str:
        """What the payment is called that it becomes."""
        return f"bank-{self.row.key[:16]}"

    def line(self) -> BankLine:
        """Return it as the domain knows it; without details nothing is named in it."""
        detail = self.detail
        return BankLine(
            place=self.id,
            booked_on=self.row.booked_on,
            value_on=self.row.value_on,
            amount=self.amount,
            bank_ref=self.row.bank_ref,
            end_to_end=detail.end_to_end if detail else None,
            structured=detail.structured if detail else None,
            text=detail.text if detail else "",
            payer=detail.payer if detail else None,
            returned=self.row.returned,
            reason=self.row.reason,
        )


def _newest() -> "ColumnElement[int]":
    """The newest decision about a line."""
    of_line = select(func.max(BankDecisionRow.id)).where(BankDecisionRow.line_id == BankLineRow.id)
    return of_line.correlate(BankLineRow).scalar_subquery()


def unsettled(session: Session) -> list[int]:
    """Return the lines that are to be settled, oldest first: nothing is concluded, or nobody was known."""
    found = (
        select(BankLineRow.id)
        .join(BankDecisionRow, col(BankDecisionRow.id) == _newest(), isouter=True)
        .where(or_(col(BankDecisionRow.id).is_(None), BankDecisionRow.state == "unapplied"))
    )
    return [
        each or 0 for each in session.exec(found.order_by(col(BankLineRow.booked_on), col(BankLineRow.id)))
    ]


def waiting(session: Session) -> list[Kept]:
    """Return the lines that are nobody's yet, oldest first."""
    found = (
        select(BankLineRow.id)
        .join(BankDecisionRow, col(BankDecisionRow.id) == _newest(), isouter=True)
        .where(or_(col(BankDecisionRow.id).is_(None), col(BankDecisionRow.state).in_(WAITING)))
    )
    ids = session.exec(found.order_by(col(BankLineRow.booked_on), col(BankLineRow.id)))
    return read(session, [each or 0 for each in ids])


def read(session: Session, ids: Sequence[int]) -> list[Kept]:
    """Return lines by their numbers, in that order."""
    found: dict[int, Kept] = {}
    for start in range(0, len(ids), _CHUNK):
        some = col(BankLineRow.id).in_(ids[start : start + _CHUNK])
        found.update({kept.id: kept for kept in _where(session, some)})
    return [found[each] for each in ids if each in found]


def lock(session: Session, ids: Iterable[int]) -> list[Kept]:
    """Lock lines until the end of the transaction, and return them as they are now."""
    wanted = sorted(ids)
    rows = select(BankLineRow.id).where(col(BankLineRow.id).in_(wanted)).order_by(col(BankLineRow.id))
    session.exec(rows.with_for_update()).all()
    return read(session, wanted)


def get(session: Session, line_id: int) -> Kept:
    """Lock one line and return it.

    Raises:
        Refused: there is none of this number.
    """
    found = lock(session, [line_id])
    if not found:
        raise Refused(f"There is no bank line {line_id}: `starter.py bank show` lists the statements.")
    return found[0]


def of_reference(session: Session, reference: str) -> list[Kept]:
    """Return the lines whose payment calls itself so."""
    return _where(session, BankLineRow.reference == reference)


def of_content(session: Session, content: str) -> list[Kept]:
    """Return the lines that say the same."""
    return _where(session, BankLineRow.content == content)


def of_statement(session: Session, statement_id: int) -> list[Kept]:
    """Return the lines of a statement, in its order."""
    return _where(session, BankLineRow.statement_id == statement_id)


def beside(session: Session, kept: Kept) -> list[Kept]:
    """Return the lines of this amount and account in other statements that have the day of this one."""
    statement, row = kept.statement, kept.row
    found = _where(
        session,
        (BankStatementRow.account == statement.account)
        & (BankStatementRow.id != statement.id)
        & (BankStatementRow.first_on <= row.booked_on)
        & (BankStatementRow.last_on >= row.booked_on)
        & (BankLineRow.minor == row.minor)
        & (BankLineRow.currency == row.currency),
    )
    return [each for each in found if each.state == "applied"]


def _where(session: Session, clause: ColumnElement[bool] | bool) -> list[Kept]:
    rows = session.exec(
        select(BankLineRow, BankStatementRow, BankDetailRow, BankDecisionRow)
        .join(BankStatementRow, col(BankStatementRow.id) == col(BankLineRow.statement_id))
        .join(BankDetailRow, col(BankDetailRow.line_id) == col(BankLineRow.id), isouter=True)
        .join(BankDecisionRow, col(BankDecisionRow.id) == _newest(), isouter=True)
        .where(clause)
        .order_by(col(BankLineRow.id))
    )
    return [Kept(row=row, statement=of, detail=detail, decision=made) for row, of, detail, made in rows]


def newest_decision(session: Session, line_id: int) -> tuple[int | None, str]:
    """Return number and state of the newest decision about a line; it is `new` without one."""
    found = select(BankDecisionRow.id, BankDecisionRow.state).where(BankDecisionRow.line_id == line_id)
    return session.exec(found.order_by(col(BankDecisionRow.id).desc()).limit(1)).first() or (None, "new")


def payments_of(decision: BankDecisionRow | None) -> Sequence[Mapping[str, str]]:
    """Return the payments that a line became, each with its name, amount and, where it names one, invoice."""
    return decision.payments if decision is not None else ()


def times_applied(session: Session, line_id: int) -> int:
    """Count how often a line became payments: each time they have names of their own."""
    counted = select(func.count()).where(
        BankDecisionRow.line_id == line_id, BankDecisionRow.state == "applied"
    )
    return session.exec(counted).one()


def questions_of(session: Session, line_id: int) -> int:
    """Count how often a person was asked about a line."""
    counted = select(func.count()).where(BankDecisionRow.line_id == line_id, BankDecisionRow.state == "asked")
    return session.exec(counted).one()
