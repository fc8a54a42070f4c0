"""The worklist: what waits for a person, in its order and a page at a time, and the use cases about it.

However long the list is, it is a few queries: the order needs a little of every open task and of its
customer, and what is shown is read of one page alone.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlmodel import Session, SQLModel

from domain.commands import Arranging, ReassignEntry, SnoozeEntry
from domain.money import Money
from domain.own_steps import INCIDENT
from domain.reasons import Reason
from domain.worklist.endings import Ending, ending
from domain.worklist.kinds import Kind, kind_of
from domain.worklist.ranking import GROUPS, NOTHING, Group, Known, Ranked, Task, ranked
from domain.worklist.rules import WorklistRules
from domain.worklist.standing import UNKNOWN, read_standing
from store import commands, journal
from store.database import Ledger
from store.errors import Refused
from store.tables import TaskRow

_TASKS, _CUSTOMERS, _DEBTS = (SQLModel.metadata.tables[name].c for name in ("tasks", "customers", "debts"))
PAGE = 50
"""So many tasks are on a page, where nobody says another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which tasks are listed: those that are put off only when they are asked for, and then alone.

    Attributes:
        owner: whose they are; `NOBODY` for those that nobody has taken.
        late: only those that should be done by now.
    """

    owner: str | None = None
    kind: Kind | None = None
    customer: str | None = None
    group: Group | None = None
    late: bool = False
    snoozed: bool = False


NOBODY = ""
"""The owner of what nobody has taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One task as it is shown.

    Attributes:
        id: its number, by which the use cases know it.
        customer: None for one about the whole ledger.
        said: its kind, in the words of whoever opened it.
        why: why it was opened; `reason` is why it is in its group.
        debts: invoice to amount, as of when it was opened.
        rank: its place in the list as it was sought, from 1.
        overdue: what its customer has past due now, per currency, since `since`.
        workflow: of which it is; None of one about the whole ledger.
        ending: which commands end it.
    """

    id: int
    customer: str | None
    step: str
    kind: Kind
    said: str
    opened_at: datetime
    why: str
    debts: Mapping[str, str]
    message: str | None
    owner: str | None
    snoozed_until: date | None
    due_at: datetime
    late: bool
    group: Group
    reason: Reason
    rank: int
    stage: str | None
    overdue: tuple[Money, ...]
    since: date | None
    workflow: str | None
    ending: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the worklist.

    Attributes:
        total: so many tasks were sought in all, `late` of them late, and how many in each group.
        snoozed: so many more are put off.
        owners: everybody who has an open task.
    """

    items: tuple[Item, ...]
    offset: int
    total: int
    late: int
    groups: Mapping[Group, int] = field(default_factory=dict)
    snoozed: int = 0
    owners: tuple[str, ...] = ()


def page(
    ledger: Ledger,
    rules: WorklistRules,
    *,
    zone: ZoneInfo,
    now: datetime,
    sought: Sought | None = None,
    offset: int = 0,
    limit: int | None = PAGE,
) -> Page:
    """Return one page of the worklist, the most urgent first.

    Args:
        zone: the seller's, in which its people work.
        limit: how many tasks at most; None for all of them.
    """
    sought = sought or Sought()
    today = now.astimezone(zone).date()
    mine = _open_ones(sought)
    with ledger.read() as session:
        waiting = _waiting(session, mine)
        if sought.kind is not None:
            waiting = [task for task in waiting if task.kind == sought.kind]
        meant = [task for task in waiting if _is_put_off(task, today) == sought.snoozed]
        known = _known(session, mine, today)
        calendar = rules.business_hours.calendar(zone.key)
        order = ranked(meant, known, rules, calendar, now=now, today=today)
        if sought.late or sought.group is not None:
            order = [each for each in order if _is_sought(each, sought)]
        shown = order[offset : None if limit is None else offset + limit]
        in_groups = Counter(each.group for each in order)
        return Page(
            items=_items(session, shown, known, offset),
            offset=offset,
            total=len(order),
            late=sum(each.late for each in order),
            groups={group: in_groups[group] for group in GROUPS},
            snoozed=sum(_is_put_off(task, today) for task in waiting),
            owners=_owners(session),
        )


def _open_ones(sought: Sought) -> ColumnElement[bool]:
    """Return the condition for the open tasks of an owner and a customer."""
    mine: list[ColumnElement[bool]] = [_TASKS.closed_at.is_(None)]
    if sought.owner is not None:
        mine.append(_TASKS.owner.is_(None) if sought.owner == NOBODY else _TASKS.owner == sought.owner)
    if sought.customer is not None:
        mine.append(_TASKS.customer_id == sought.customer)
    return and_(*mine)


def _is_put_off(task: Task, today: date) -> bool:
    return task.snoozed_until is not None and task.snoozed_until > today


def _is_sought(each: Ranked, sought: Sought) -> bool:
    return (each.late or not sought.late) and sought.group in (None, each.group)


def _owners(session: Session) -> tuple[str, ...]:
    named = select(_TASKS.owner).where(_TASKS.closed_at.is_(None), _TASKS.owner.is_not(None)).distinct()
    return tuple(sorted(owner for (owner,) in _rows(session, named)))


def _waiting(session: Session, mine: ColumnElement[bool]) -> list[Task]:
    """Return the open tasks, with what the order needs of each."""
    columns = (_TASKS.id, _TASKS.customer_id, _TASKS.step, _TASKS.kind, _TASKS.opened_at)
    found = select(*columns, _TASKS.owner, _TASKS.snoozed_until).where(mine)
    return [
        Task(number, customer, step, kind_of(step, said), opened_at, owner, snoozed_until)
        for number, customer, step, said, opened_at, owner, snoozed_until in _rows(session, found)
    ]


def _rows(session: Session, asked: Select[Any]) -> Sequence[Any]:
    # All at once: one by one they cost the process more than the database.
    return session.connection().execute(asked).all()


def _known(session: Session, mine: ColumnElement[bool], today: date) -> Mapping[str, Known]:
    """Return what is known of everybody with such a task."""
    whose = select(_TASKS.customer_id).where(mine, _TASKS.customer_id.is_not(None))
    overdue, since = _overdue(session, whose, today)
    found = select(_CUSTOMERS.id, _CUSTOMERS.stage, _CUSTOMERS.standing).where(_CUSTOMERS.id.in_(whose))
    return {
        customer: Known(
            stage=stage,
            overdue=tuple(overdue.get(customer, ())),
            since=since.get(customer),
            standing=UNKNOWN if standing is None else read_standing(standing),
        )
        for customer, stage, standing in _rows(session, found)
    }


def _overdue(
    session: Session, whose: Select[Any], today: date
) -> tuple[Mapping[str, list[Money]], Mapping[str, date]]:
    """Return what these customers have past due, per currency, and since when."""
    sums = (
        select(_DEBTS.customer_id, _DEBTS.currency, func.sum(_DEBTS.open_minor), func.min(_DEBTS.due_on))
        .where(_DEBTS.open_minor > 0, _DEBTS.due_on < today, _DEBTS.customer_id.in_(whose))
        .group_by(_DEBTS.customer_id, _DEBTS.currency)
        .order_by(_DEBTS.customer_id, _DEBTS.currency)
    )
    overdue: dict[str, list[Money]] = defaultdict(list)
    since: dict[str, date] = {}
    for customer, currency, minor, due_on in _rows(session, sums):
        overdue[customer].append(Money(int(minor), currency))
        since[customer] = min(due_on, since.get(customer, due_on))
    return overdue, since


def _items(
    session: Session, shown: Sequence[Ranked], known: Mapping[str, Known], offset: int
) -> tuple[Item, ...]:
    """Return what is shown, with the words that the order did not need."""
    numbers = [each.task.id for each in shown]
    columns = (_TASKS.id, _TASKS.kind, _TASKS.why, _TASKS.debts, _TASKS.message)
    found: dict[int, Row[Any]] = {}
    for first in range(0, len(numbers), PAGE):
        asked = select(*columns).where(_TASKS.id.in_(numbers[first : first + PAGE]))
        found.update({row.id: row for row in _rows(session, asked)})
    return tuple(
        _item(each, found[each.task.id], known.get(each.task.customer or "", NOTHING), rank)
        for rank, each in enumerate(shown, start=offset + 1)
    )


def _item(ranked_: Ranked, row: Row[Any], known: Known, rank: int) -> Item:
    task = ranked_.task
    return Item(
        **task._asdict(),
        said=row.kind,
        why=row.why.rpartition(f" task {task.step}: ")[2],
        debts=row.debts,
        message=row.message,
        due_at=ranked_.due_at,
        late=ranked_.late,
        group=ranked_.group,
        reason=ranked_.why(),
        rank=rank,
        stage=known.stage,
        overdue=known.overdue,
        since=known.since,
        workflow=workflow_of(task.customer, task.step, row.why),
        ending=ending(task.step, said=row.kind, whole=task.customer is None, debts=tuple(row.debts)),
    )


def workflow_of(customer: str | None, step: str, why: str) -> str | None:
    """Return the id of the workflow in which a task is worked on; None of one about the whole ledger."""
    if step == INCIDENT:
        return f"incident/{why.partition(':')[0]}"
    return None if customer is None else f"customer/{customer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a use case did.

    Attributes:
        words: a sentence for the person who asked.
        already: it was so before; nothing was written.
        wake: the customer whose workflow has to look.
    """

    words: str
    already: bool
    wake: str | None


def snooze(
    ledger: Ledger, number: int, *, until: date | None, by: str, now: datetime, reason: str | None = None
) -> Changed:
    """Put a task off until a day, with all others of its customer's step; None: it is listed again now.

    Raises:
        Refused: the sentence why not; nothing was written.
    """
    task = _open(ledger, number)
    entry = SnoozeEntry(step=task.step, until=until, reason=reason, by=by)
    return _arrange(ledger, task, "snooze_task", entry, now)


def reassign(ledger: Ledger, number: int, *, owner: str | None, by: str, now: datetime) -> Changed:
    """Say who does a task, with all others of its customer's step; None: anybody.

    Raises:
        Refused: the sentence why not; nothing was written.
    """
    task = _open(ledger, number)
    entry = ReassignEntry(step=task.step, owner=owner, by=by)
    return _arrange(ledger, task, "reassign_task", entry, now)


def complete(
    ledger: Ledger, number: int, *, outcome: str | None, by: str, now: datetime, reached: bool | None = None
) -> Changed:
    """Say that a task is done, with all others of its customer's step.

    Args:
        reached: of a call, whether somebody was talked to.

    Raises:
        Refused: it ends otherwise, and how; nothing was written.
    """
    task = _open(ledger, number)
    how = ending(task.step, said=task.kind, whole=task.customer_id is None, debts=tuple(task.debts))
    if task.customer_id is not None and how.offer("complete_task") is not None:
        given = {"step": task.step, "outcome": outcome, "reached": reached, "by": by}
        told = {name: value for name, value in given.items() if value is not None}
        return _performed(ledger, task.customer_id, "complete_task", told, now)
    if how.way != "mended":
        raise Refused(f"Task {task.step} is not just done: {_ends(how)}.")
    return _mend(ledger, number, outcome or "mended", by, now)


def _ends(how: Ending) -> str:
    if how.offers:
        return f"it ends with {' or '.join(each.command for each in how.offers)}"
    return {
        "bank": "it ends when its bank line is matched or ignored",
        "incident": "it ends in its incident",
        "switch": "it ends at the blast guard, with `starter.py go --allow-blast`",
        "burst": "it ends when its burst is closed",
    }.get(how.way, "it ends by itself, once what it is about has changed")


def _mend(ledger: Ledger, number: int, outcome: str, by: str, now: datetime) -> Changed:
    """Close one task about the whole ledger."""
    with ledger.write() as session:
        task = session.get_one(TaskRow, number, with_for_update=True, populate_existing=True)
        words = f"Completed {task.step}: {outcome}."
        if task.closed_at is not None:
            return Changed(words=f"Already done: {words}", already=True, wake=None)
        task.closed_at, task.outcome, task.closed_by = now, outcome, by
        journal.write(session, at=now, what="command", why=words, step=task.step, actor=by)
    return Changed(words=words, already=False, wake=None)


def _open(ledger: Ledger, number: int) -> TaskRow:
    with ledger.read() as session:
        task = session.get(TaskRow, number)
    if task is None or task.closed_at is not None:
        raise Refused(f"No task {number} is open: somebody has done it, or there never was one.")
    return task


def _arrange(ledger: Ledger, task: TaskRow, name: str, entry: Arranging, now: datetime) -> Changed:
    if task.customer_id is not None:
        told = entry.model_dump(mode="json", exclude_none=True)
        return _performed(ledger, task.customer_id, name, told, now)
    with ledger.write() as session:
        locked = session.get_one(TaskRow, task.id, with_for_update=True, populate_existing=True)
        done = commands.arranged(session, [locked], entry, now=now)
    return Changed(words=done.words, already=done.already, wake=None)


def _performed(
    ledger: Ledger, customer_id: str, name: str, told: Mapping[str, Any], now: datetime
) -> Changed:
    done = commands.perform(ledger, customer_id, name, told, now=now)
    return Changed(words=done.words, already=done.already, wake=customer_id if done.wake else None)
