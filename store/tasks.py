"""Tasks: the work that waits for a person, about a customer or about the whole ledger."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam
from sqlalchemy import select as rows_of
from sqlmodel import Session, SQLModel, col, select, update

from domain.own_steps import ANSWERED, approval_of
from domain.rules.interest import Over
from store import events
from store.database import Ledger
from store.tables import TaskRow

_TASKS = SQLModel.metadata.tables["tasks"].c
_OPEN_OF = (
    rows_of(_TASKS.step, _TASKS.why, _TASKS.opened_at, _TASKS.kind, _TASKS.owner, _TASKS.snoozed_until)
    .where(_TASKS.customer_id == bindparam("customer"), _TASKS.closed_at.is_(None))
    .order_by(_TASKS.opened_at, _TASKS.id)
)


class OpenTask(NamedTuple):
    """Work that waits for a person."""

    step: str
    why: str
    opened_at: datetime
    kind: str
    owner: str | None = None
    snoozed_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task; `customer_id` is None for one about the whole ledger, `message` names what it is about."""

    id: int
    customer_id: str | None
    step: str
    kind: str
    opened_at: datetime
    why: str
    debts: Mapping[str, str]
    message: str | None = None


def open_of(session: Session, customer_id: str) -> tuple[OpenTask, ...]:
    """Return the open tasks of a customer, oldest first."""
    rows = session.connection().execute(_OPEN_OF, {"customer": customer_id})
    return tuple(OpenTask(*row) for row in rows)


def worklist(ledger: Ledger) -> list[Task]:
    """Return every open task, oldest first."""
    waiting = select(TaskRow).where(col(TaskRow.closed_at).is_(None))
    with ledger.read() as session:
        rows = session.exec(waiting.order_by(col(TaskRow.opened_at), col(TaskRow.id)))
        return [
            Task(
                id=row.id or 0,
                customer_id=row.customer_id,
                step=row.step,
                kind=row.kind,
                opened_at=row.opened_at,
                why=row.why,
                debts=row.debts,
                message=row.message,
            )
            for row in rows
        ]


def is_unplanned(session: Session, customer_id: str, step: str) -> bool:
    """Whether a task of a customer's step is open that no claim is behind, and so no plan knows."""
    waiting = select(TaskRow.id).where(
        TaskRow.customer_id == customer_id,
        TaskRow.step == step,
        col(TaskRow.message).is_(None),
        col(TaskRow.closed_at).is_(None),
    )
    return session.exec(waiting.limit(1)).first() is not None


def add(session: Session, task: TaskRow) -> None:
    """Open a task, and tell the seller's product of it."""
    session.add(task)
    events.tell_task(session, task)


def open_once(session: Session, step: str, why: str, *, now: datetime) -> None:
    """Open a task about the whole ledger, unless one with these words is open."""
    if not is_open(session, step, why):
        add(session, TaskRow(step=step, kind="review", opened_at=now, why=why))


def is_open(session: Session, step: str, why: str) -> bool:
    """Whether a task about the whole ledger with these words is open."""
    waiting = select(TaskRow.id).where(
        col(TaskRow.customer_id).is_(None),
        TaskRow.step == step,
        TaskRow.why == why,
        col(TaskRow.closed_at).is_(None),
    )
    return session.exec(waiting.limit(1)).first() is not None


def end(session: Session, step: str, why: str, *, now: datetime, outcome: str, by: str) -> None:
    """Close the open tasks about the whole ledger whose words are like these."""
    session.flush()
    closing = update(TaskRow).where(
        col(TaskRow.customer_id).is_(None),
        col(TaskRow.step) == step,
        col(TaskRow.why).like(why),
        col(TaskRow.closed_at).is_(None),
    )
    session.exec(closing.values(closed_at=now, outcome=outcome, closed_by=by))


def open_of_customer(
    session: Session, customer_id: str, step: str, why: str, *, now: datetime, one: bool = False
) -> None:
    """Open a task about a customer, unless one with these words is open; `one`: or any of this step.

    The customer's row is locked.
    """
    waiting = select(TaskRow.id).where(
        TaskRow.customer_id == customer_id, TaskRow.step == step, col(TaskRow.closed_at).is_(None)
    )
    if not one:
        waiting = waiting.where(TaskRow.why == why)
    if session.exec(waiting.limit(1)).first() is None:
        add(session, TaskRow(customer_id=customer_id, step=step, kind="review", opened_at=now, why=why))
        session.flush()


def close_over(session: Session, customer_id: str, ended: Iterable[Over], *, now: datetime, by: str) -> None:
    """Close the open tasks about interest and fees that are over, each with its reason."""
    reasons = {(each.step, each.invoice): each.why for each in ended}
    if not reasons:
        return
    waiting = select(TaskRow).where(TaskRow.customer_id == customer_id, col(TaskRow.closed_at).is_(None))
    for task in session.exec(waiting):
        why = [reasons[task.step, debt] for debt in task.debts if (task.step, debt) in reasons]
        if why and len(why) == len(task.debts):
            task.closed_at, task.outcome, task.closed_by = now, why[0], by
    session.flush()


def close_settled(session: Session, ended: Mapping[str, str], *, now: datetime, by: str) -> None:
    """Close the open tasks of these claims, by their reference, each with its reason."""
    if not ended:
        return
    mine = select(TaskRow).where(col(TaskRow.message).in_(ended), col(TaskRow.closed_at).is_(None))
    for task in session.exec(mine):
        task.closed_at, task.outcome, task.closed_by = now, ended[task.message or ""], by


def close_about(
    session: Session,
    customer_id: str,
    step: str,
    debts: Collection[str],
    *,
    now: datetime,
    outcome: str,
    by: str,
) -> None:
    """Close the open tasks of a step that are about these debts alone."""
    waiting = select(TaskRow).where(
        TaskRow.customer_id == customer_id, TaskRow.step == step, col(TaskRow.closed_at).is_(None)
    )
    for task in session.exec(waiting):
        if set(task.debts) <= set(debts):
            task.closed_at, task.outcome, task.closed_by = now, outcome, by
    session.flush()


def close(
    session: Session,
    *,
    customer_id: str | None,
    step: str | None,
    now: datetime,
    outcome: str | None,
    by: str,
) -> int:
    """Close the open tasks of a step, of a customer or of the ledger, and count them.

    Without a step it is all of them but those that end with an answer of their own.
    """
    closing = update(TaskRow).where(
        col(TaskRow.closed_at).is_(None),
        col(TaskRow.customer_id) == customer_id if customer_id else col(TaskRow.customer_id).is_(None),
    )
    unnamed = col(TaskRow.step).not_in(ANSWERED) & col(TaskRow.step).not_like(f"{approval_of('')}%")
    named = col(TaskRow.step) == step if step is not None else unnamed
    done = session.exec(closing.where(named).values(closed_at=now, outcome=outcome, closed_by=by))
    return done.rowcount


def close_where(session: Session, step: str, begins: str, *, now: datetime, outcome: str, by: str) -> None:
    """Close the open tasks of a step about the whole ledger whose words begin like this."""
    closing = update(TaskRow).where(
        col(TaskRow.closed_at).is_(None),
        col(TaskRow.customer_id).is_(None),
        col(TaskRow.step) == step,
        col(TaskRow.why).startswith(begins, autoescape=True),
    )
    session.exec(closing.values(closed_at=now, outcome=outcome, closed_by=by))
