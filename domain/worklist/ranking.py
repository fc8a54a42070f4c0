"""The order of the worklist: three groups by one rule each, and in each group what is due first.

The first rule that applies to a task names its group: its own kind, then what is known of its customer.
Inside a group come those that are late, then by the day on which they are due, then what is owed in measures
of a large amount, then what has been owed for longest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal, NamedTuple

from domain.money import Money
from domain.own_steps import INCIDENT
from domain.reasons import Reason, because
from domain.worklist.deadlines import Deadlines
from domain.worklist.kinds import Kind
from domain.worklist.rules import Ranking, WorklistRules
from domain.worklist.standing import UNKNOWN, Standing

Group = Literal["quick wins", "at risk", "leave alone"]
_GROUPS: Mapping[str, Group] = {"quick": "quick wins", "risk": "at risk", "alone": "leave alone"}
"""By the family of the rule that applies, in their order."""
GROUPS: tuple[Group, ...] = tuple(_GROUPS.values())
_PLACE = {family: place for place, family in enumerate(_GROUPS)}
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


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a customer: what is past due per currency, since when, and how the customer stands."""

    stage: str | None = None
    overdue: tuple[Money, ...] = ()
    since: date | None = None
    standing: Standing = UNKNOWN

    @cached_property
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
    reason: Reason
    due_at: datetime
    late: bool


def ranked(
    tasks: Iterable[Task],
    customers: Mapping[str, Known],
    rules: WorklistRules,
    deadlines: Deadlines,
    *,
    now: datetime,
    today: date,
) -> list[Ranked]:
    """Return the tasks in their order; `today` is the day of the seller."""
    keyed = []
    for task in tasks:
        known = customers.get(task.customer or "", NOTHING)
        due_at = deadlines.after(task.opened_at, rules.service_levels.hours(task.kind))
        reason = why(task, known, rules.ranking, now=now, today=today)
        family, late = reason.rule.partition(".")[0], due_at < now
        size, since = measure(known.overdue, rules.ranking), known.since or date.max
        place = (_PLACE[family], not late, due_at.date(), -size, since, task.id)
        keyed.append((place, Ranked(task, _GROUPS[family], reason, due_at, late)))
    keyed.sort(key=lambda each: each[0])
    return [each for _, each in keyed]


def why(task: Task, known: Known, ranking: Ranking, *, now: datetime, today: date) -> Reason:
    """Return the first rule that applies to a task; its family is that of its group."""
    if task.snoozed_until is not None and task.snoozed_until > today:
        return because("alone.snoozed", until=task.snoozed_until)
    if (by_kind := _by_kind(task, known)) is not None:
        return by_kind
    if task.kind == "call" and (rests := known.standing.resting(now)) is not None:
        return because("alone.rests", why=rests.words)
    if not known.overdue:
        asks = task.kind == "call" and known.stage != "onboarding"
        return because("alone.settled") if asks else because("quick.answer")
    return _risk(known, ranking, today) or _quick(known, ranking, today)


def _by_kind(task: Task, known: Known) -> Reason | None:
    """Return the rule about work that says enough by itself, whoever the customer is."""
    if task.kind == "cash":
        return because("quick.cash")
    if task.customer is None:
        return because("risk.everybody")
    if task.step == INCIDENT:
        return because("risk.incident")
    match task.kind:
        case "approval":
            return because("quick.approval")
        case "contact":
            return because("risk.unreachable", overdue=known.says)
        case "dispute":
            return because("risk.dispute", overdue=known.says)
        case _:
            return None


def _risk(known: Known, ranking: Ranking, today: date) -> Reason | None:
    """Return the rule by which a customer with something past due is at risk."""
    standing, overdue, days = known.standing, known.says, known.days(today)
    if known.stage in _GRAVE:
        return because("risk.stage", overdue=overdue, days=days, stage=known.stage.replace("_", " "))
    if standing.broken:
        return because("risk.promises", broken=standing.broken, overdue=overdue, days=days)
    if standing.paid == 0:
        return because("risk.never_paid", overdue=overdue, days=days)
    habit = standing.habit(ranking.invoices_paid)
    if habit is not None and habit >= ranking.habitually_late_days:
        return because("risk.habit", overdue=overdue, days=days, habit=habit)
    if days >= ranking.old_days:
        return because("risk.old", overdue=overdue, days=days)
    if measure(known.overdue, ranking) >= _LARGE:
        return because("risk.large", overdue=overdue, days=days)
    return None


def _quick(known: Known, ranking: Ranking, today: date) -> Reason:
    overdue, days, habit = known.says, known.days(today), known.standing.habit(ranking.invoices_paid)
    if habit is not None and habit <= ranking.pays_within_days:
        return because("quick.habit", overdue=overdue, days=days, habit=habit)
    return because("quick.small", overdue=overdue, days=days)


def measure(overdue: Sequence[Money], ranking: Ranking) -> int:
    """Return the largest of these amounts, in thousandths of what is large in its currency.

    A currency of which nobody has said what is large counts as nothing.
    """
    large = ranking.large_minor
    sizes = (each.minor * _LARGE // large[each.currency] for each in overdue if large.get(each.currency))
    return max(sizes, default=0)
