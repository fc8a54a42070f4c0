"""Arranging: who does a task, and until when it is put off. The journal says who arranged it so."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from domain.commands import Arranging, ReassignEntry, SnoozeEntry, author_of, words_of
from store import journal
from store.errors import Refused
from store.tables import TaskRow

MOST_DAYS = 366
"""Nothing is put off for longer: what waits so long is not waited for."""


def of_step(session: Session, customer_id: str, step: str) -> Sequence[TaskRow]:
    """Return the open tasks of a customer's step; the customer's row is locked.

    Raises:
        Refused: there is none.
    """
    waiting = select(TaskRow).where(TaskRow.customer_id == customer_id, col(TaskRow.closed_at).is_(None))
    tasks = session.exec(waiting).all()
    if found := [task for task in tasks if task.step == step]:
        return found
    if not tasks:
        raise Refused("No task is open.")
    open_ones = ", ".join(sorted({task.step for task in tasks}))
    raise Refused(f"No task {step!r} is open; open are {open_ones}.")


def arrange(session: Session, tasks: Sequence[TaskRow], entry: Arranging, *, now: datetime) -> bool:
    """Arrange tasks of one step as a person wants it; False where they are arranged so already.

    Raises:
        Refused: the day makes no sense.
    """
    if isinstance(entry, SnoozeEntry) and (refusal := _wrong_day(entry.until, now.date())) is not None:
        raise Refused(refusal)
    changed = [_changed(task, entry) for task in tasks]
    if not any(changed):
        return False
    first = tasks[0]
    journal.write(
        session,
        at=now,
        what="command",
        why=words_of(entry),
        customer_id=first.customer_id,
        step=first.step,
        actor=author_of(entry),
    )
    session.flush()
    return True


def _changed(task: TaskRow, entry: Arranging) -> bool:
    if isinstance(entry, ReassignEntry):
        before, task.owner = task.owner, entry.owner
        return before != entry.owner
    until, task.snoozed_until = task.snoozed_until, entry.until
    return until != entry.until


def _wrong_day(until: date | None, today: date) -> str | None:
    if until is None or today < until <= today + timedelta(days=MOST_DAYS):
        return None
    return f"A task is put off until a day to come, within {MOST_DAYS} days: {until} is none."
