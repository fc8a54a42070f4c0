"""The journal: one line for everything decided, held, done, commanded or switched, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, insert
from sqlmodel import Session, col, select

from domain.effects import EffectDebt, by_invoice
from domain.reasons import Reason
from store.database import Ledger
from store.tables import JournalRow

_LINE = insert(JournalRow)
_WRITTEN = select(JournalRow.key).where(col(JournalRow.key).in_(bindparam("keys", expanding=True)))

What = Literal["decided", "held", "outcome", "command", "switch", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One line of the journal; `debts` is invoice to amount in major units."""

    customer_id: str | None
    at: datetime
    what: str
    effect: str | None
    step: str | None
    channel: str | None
    debts: dict[str, str]
    rule: str | None
    reason: dict[str, str]
    why: str
    message: str | None
    policy_version: str | None
    code_version: str | None
    actor: str


def write(
    session: Session,
    *,
    at: datetime,
    what: What,
    why: str | None = None,
    reason: Reason | None = None,
    customer_id: str | None = None,
    effect: str | None = None,
    step: str | None = None,
    channel: str | None = None,
    debts: Iterable[EffectDebt] = (),
    message: str | None = None,
    policy_version: str | None = None,
    code_version: str | None = None,
    actor: str = "engine",
    key: str | None = None,
) -> None:
    """Write one line; `why` is the reason's sentence where none is given."""
    line = {
        "customer_id": customer_id,
        "at": at,
        "what": what,
        "effect": effect,
        "step": step,
        "channel": channel or None,
        "debts": amounts(debts),
        "rule": reason.rule if reason else None,
        "reason": dict(reason.values) if reason else {},
        "why": why or (reason.words if reason else ""),
        "message": message,
        "policy_version": policy_version,
        "code_version": code_version,
        "actor": actor,
        "key": key,
    }
    session.connection().execute(_LINE, [line])


def amounts(debts: Iterable[EffectDebt]) -> dict[str, str]:
    """Return invoice to amount in major units; the service and the onboarding are no debts."""
    return {invoice: amount.plain() for invoice, amount in by_invoice(debts).items()}


def written(session: Session, keys: Iterable[str]) -> set[str]:
    """Return those of the keys that the journal has already."""
    found = session.connection().execute(_WRITTEN, {"keys": list(keys)}).scalars()
    return {key for key in found if key is not None}


def read(ledger: Ledger, customer_id: str | None = None) -> list[JournalLine]:
    """Return the journal of a customer, or all of it, oldest first."""
    lines = select(JournalRow).order_by(col(JournalRow.id))
    if customer_id is not None:
        lines = lines.where(JournalRow.customer_id == customer_id)
    with ledger.read() as session:
        return [
            JournalLine(**row.model_dump(include=set(JournalLine.__dataclass_fields__)))
            for row in session.exec(lines)
        ]
