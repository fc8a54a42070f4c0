"""What banks said and what became of it, for people and for machines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from domain.money import Money, per_currency
from store.bank import lines
from store.bank.lines import Kept
from store.database import Ledger
from store.tables import BankStatementRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementSums:
    """A statement, and how much of it is in which state, by number and by amount."""

    id: int
    file: str
    account: str
    number: str | None
    days: tuple[date, date]
    states: Mapping[str, int]
    amounts: Mapping[str, Money]


def statements(ledger: Ledger) -> list[StatementSums]:
    """Return every statement, the oldest first."""
    rows = select(BankStatementRow).order_by(col(BankStatementRow.first_on), col(BankStatementRow.id))
    with ledger.read() as session:
        return [_sums(session, row) for row in session.exec(rows)]


def _sums(session: Session, row: BankStatementRow) -> StatementSums:
    found = lines.of_statement(session, row.id or 0)
    states = Counter(kept.state for kept in found)
    return StatementSums(
        id=row.id or 0,
        file=row.file,
        account=row.account,
        number=row.number,
        days=(row.first_on, row.last_on),
        states=dict(sorted(states.items())),
        amounts={
            state: Money(sum(kept.row.minor for kept in found if kept.state == state), row.currency)
            for state in sorted(states)
        },
    )


def of_statement(ledger: Ledger, statement_id: int) -> list[Kept]:
    """Return the lines of a statement, in its order."""
    with ledger.read() as session:
        return lines.of_statement(session, statement_id)


def unapplied(ledger: Ledger) -> list[Kept]:
    """Return the lines that are nobody's yet, oldest first."""
    with ledger.read() as session:
        return lines.waiting(session)


def sums(waiting: Sequence[Kept]) -> tuple[Money, ...]:
    """Return how much money came in that is nobody's yet, one amount a currency."""
    return per_currency(kept.amount for kept in waiting if kept.row.minor > 0)


def listed(kept: Kept) -> dict[str, Any]:
    """Return a line as JSON values, without what its payer wrote."""
    made = kept.decision
    return {
        "line": kept.id,
        "booked_on": kept.row.booked_on.isoformat(),
        "amount": kept.amount.plain(),
        "currency": kept.row.currency,
        "state": kept.state,
        "why": made.why if made else None,
        "customer": made.customer_id if made else None,
        "score": made.score if made else None,
        "payments": list(made.payments) if made else [],
        "candidates": list(made.candidates) if made else [],
    }
