"""The order of the worklist: three groups by one rule each, and in each group what is due first.

The first rule that applies to a task names its group: its own kind, then what is known of its customer.
Inside a group come those that are late, then by the day on which they are due, then what is owed in measures
of a large amount, then what has been owed for longest.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple, get_args

from domain.calendar import Calendar
from domain.money import Money
from domain.own_steps import INCIDENT
from domain.reasons import Reason, because
from domain.worklist.deadlines import Deadlines
from domain.worklist.kinds import Kind
from domain.worklist.rules import Ranking, WorklistRules
from domain.worklist.standing import UNKNOWN, Standing

Group = Literal["quick wins", "at risk", "leave alone"]
GROUPS: tuple[Group, ...] = get_args(Group)
Place = tuple[Group, Callable[[], Reason]]
"""A group, and why: of thousands of tasks the words of a page are wanted."""
_GRAVE = ("final_notice", "restricted", "suspended")
"""In these stages the customer loses the service, or has lost it, and we the customer."""
_LARGE = 1000
"""What is large is so many thousandths of it."""


class Task(NamedTuple):
    """One task that waits, as the order needs it; without a customer it is about the whole ledger."""

    id: int
    customer: str | None
    step: str
    kind: Kind
    opened_at: datetime
    owner: str | None = None
    snoozed_until: date | None = None


class Known(NamedTuple):
    """What is known of a customer: what is past due per currency, since when, and how the customer stands."""

    stage: str | None = None
    overdue: tuple[Money, ...] = ()
    since: date | None = None
    standing: Standing = UNKNOWN

    @property
    def says(self) -> str:
        """What is past due, in words."""
        return " and ".join(map(str, self.overdue)) or "nothing"

    def days(self, today: date) -> int:
        """Return for how many days the oldest debt is past due."""
        return 0 if self.since is None else (today - self.since).days


NOTHING = Known()


class Ranked(NamedTuple):
    """A task in its place: in which group, why, and by when it is to be done."""

    task: Task
    group: Group
    why: Callable[[], Reason]
    due_at: datetime
    late: bool


def ranked(
    tasks: Sequence[Task],
    customers: Mapping[str, Known],
    rules: WorklistRules,
    calendar: Calendar,
    *,
    now: datetime,
    today: date,
) -> list[Ranked]:
    """Return the tasks in their order; `calendar` is that of the seller, and `today` its day."""
    deadlines = Deadlines(calendar, since=min((task.opened_at for task in tasks), default=now))
    sizes = {customer: measure(known.overdue, rules.ranking) for customer, known in customers.items()}
    keyed = []
    for task in tasks:
        known = customers.get(task.customer or "", NOTHING)
        due_at = deadlines.after(task.opened_at, rules.service_levels.hours(task.kind))
        group, why = place(task, known, rules.ranking, now=now, today=today)
        late, size = due_at < now, sizes.get(task.customer or "", 0)
        key = (GROUPS.index(group), not late, due_at.date(), -size, known.since or date.max, task.id)
        keyed.append((key, Ranked(task, group, why, due_at, late)))
    keyed.sort(key=lambda each: each[0])
    return [each for _, each in keyed]


def place(task: Task, known: Known, ranking: Ranking, *, now: datetime, today: date) -> Place:
    """Return the group of a task, by the first rule that applies to it."""
    if task.snoozed_until is not None and task.snoozed_until > today:
        return "leave alone", lambda: because("alone.snoozed", until=task.snoozed_until)
    if (by_kind := _by_kind(task, known)) is not None:
        return by_kind
    if task.kind == "call" and (rests := known.standing.resting(now)) is not None:
        return "leave alone", lambda: because("alone.rests", why=rests.words)
    if known.overdue:
        days = known.days(today)
        return _risk(known, ranking, days) or _quick(known, ranking, days)
    if task.kind == "call" and known.stage != "onboarding":
        return "leave alone", lambda: because("alone.settled")
    return "quick wins", lambda: because("quick.answer")


def _by_kind(task: Task, known: Known) -> Place | None:
    """Return the place of work that says enough by itself, whoever the customer is."""
    if task.kind == "cash":
        return "quick wins", lambda: because("quick.cash")
    if task.customer is None:
        return "at risk", lambda: because("risk.everybody")
    if task.step == INCIDENT:
        return "at risk", lambda: because("risk.incident")
    match task.kind:
        case "approval":
            return "quick wins", lambda: because("quick.approval")
        case "contact":
            return "at risk", lambda: because("risk.unreachable", overdue=known.says)
        case "dispute":
            return "at risk", lambda: because("risk.dispute", overdue=known.says)
        case _:
            return None


def _risk(known: Known, ranking: Ranking, days: int) -> Place | None:
    """Return the place of a customer with something past due who is at risk."""
    standing, stage = known.standing, known.stage or ""
    habit = standing.habit(ranking.invoices_paid)
    if stage in _GRAVE:
        words = stage.replace("_", " ")
        return "at risk", lambda: because("risk.stage", overdue=known.says, days=days, stage=words)
    if standing.broken:
        broken = standing.broken
        return "at risk", lambda: because("risk.promises", broken=broken, overdue=known.says, days=days)
    if standing.paid == 0:
        return "at risk", lambda: because("risk.never_paid", overdue=known.says, days=days)
    if habit is not None and habit >= ranking.habitually_late_days:
        return "at risk", lambda: because("risk.habit", overdue=known.says, days=days, habit=habit)
    if days >= ranking.old_days:
        return "at risk", lambda: because("risk.old", overdue=known.says, days=days)
    if measure(known.overdue, ranking) >= _LARGE:
        return "at risk", lambda: because("risk.large", overdue=known.says, days=days)
    return None


def _quick(known: Known, ranking: Ranking, days: int) -> Place:
    habit = known.standing.habit(ranking.invoices_paid)
    if habit is not None and habit <= ranking.pays_within_days:
        return "quick wins", lambda: because("quick.habit", overdue=known.says, days=days, habit=habit)
    return "quick wins", lambda: because("quick.small", overdue=known.says, days=days)


def measure(overdue: Sequence[Money], ranking: Ranking) -> int:
    """Return the largest of these amounts, in thousandths of what is large in its currency.

    A currency of which nobody has said what is large counts as nothing.
    """
    large, most = ranking.large_minor, 0
    for each in overdue:
        if minor := large.get(each.currency):
            most = max(most, each.minor * _LARGE // minor)
    return most
