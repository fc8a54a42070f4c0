"""The view: what the workflow and the people who look at it need to know, as small JSON.

A view is in the workflow's history at every assessment, so it decides how many bytes a customer
costs: it is bounded (`MAX_BYTES`, tested). Its instants are in workflow time, its days in the
customer's. The page that finance reads is rendered from it (domain/finance_page.py).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from domain.account import Account
from domain.claim import Claim
from domain.clock import BusinessClock
from domain.commands import OF_CREDIT
from domain.credit.view_words import credit_says
from domain.effects import Effect
from domain.own_steps import APPROVE, is_approval
from domain.plan import Plan
from domain.ui_links import BROKEN_PROMISE, CALL
from domain.view_words import (
    MOST_WORDS,
    coming_says,
    contact_says,
    day_says,
    effect_says,
    held_says,
    open_says,
    rests_say,
    wake_says,
)
from domain.worklist.endings import completable

MAX_BYTES = 3_000
LAST_CONTACTS = 4
MOST_TASKS = 4
MOST_HOLDS = 16
"""By so many rules that hold an account the list filters: no real one is held by half as many."""
SWITCHED_OFF = (
    "everything outward, by a switch: `go` ends a stop, `go --allow-blast` lets out what the guard holds"
    " and `worklist` lists"
)
Attribute = list[Any]  # [name, type, value]; a value of None is not set


class WantedEffect(TypedDict):
    """An effect to perform: its key in the plan, what kind it is, and a line about it.

    `about` is short for its debts: the same step for other debts is another effect.
    """

    key: str
    about: str
    kind: str
    channel: str
    says: str


class View(TypedDict):
    """One customer at one instant.

    `revision` is the ledger's: of two views the one with the higher is the newer. `news` counts the facts
    that are not outcomes of our own effects. `refused` names the commands that make no sense now, with
    the sentence why; from `refused_until` on time may have lifted one. `rests` are pauses and exemptions,
    `disputes` the name of the first that is open, `broken` the promise that was not kept. `credit` is
    there only where any of it is known. `today` is the customer's. `desk` is where finance's desk is.
    """

    customer: str
    revision: NotRequired[int]
    news: int
    stage: str
    case: int
    case_open: bool
    effects: list[WantedEffect]
    wake_at: str | None
    wake_says: str
    owed: list[str]
    debts: NotRequired[list[str]]
    overdue: list[str]
    since: str | None
    next: list[str]
    rests: NotRequired[list[str]]
    disputes: NotRequired[list[str]]
    broken: NotRequired[str]
    today: NotRequired[str]
    credit: NotRequired[list[str]]
    held: list[str]
    said: list[str]
    tasks: list[str]
    refused: dict[str, str]
    refused_until: str | None
    policy: str
    chosen: NotRequired[str]
    desk: NotRequired[str]
    attributes: list[Attribute]


def view_of(
    plan: Plan,
    *,
    account: Account,
    now: datetime,
    news: int,
    case: int,
    policy: str,
    chosen: str | None = None,
    contacts: Iterable[Claim],
    tasks: Sequence[str],
    calls: bool = False,
    owner: str | None = None,
    clock: BusinessClock,
    halted: bool = False,
    revision: int = 0,
    desk: str | None = None,
) -> View:
    """Return the view of a plan.

    Args:
        account: that the plan is of.
        policy: its name and version.
        chosen: why the customer is under it.
        tasks: the open ones, each its step, a colon and why.
        calls: whether one of them asks for a call, whatever its step is called.
        owner: who does the oldest of them that somebody has taken.
        halted: a safety switch has put an effect off.
        desk: the address of finance's desk, where there is one.
    """
    zone = ZoneInfo(account.customer.timezone)
    today = now.astimezone(zone).date()
    view = View(
        customer=account.customer.id,
        today=today.isoformat(),
        revision=revision,
        news=news,
        stage=plan.stage,
        case=case,
        case_open=plan.case_open,
        effects=[_wanted(effect) for effect in plan.effects],
        wake_at=None if plan.wake_at is None else clock.real(plan.wake_at).isoformat(),
        wake_says=wake_says(plan, zone),
        owed=[str(money) for money in plan.owed],
        debts=open_says(plan.debts),
        overdue=[str(money) for money in plan.overdue],
        since=None if plan.overdue_since is None else day_says(plan.overdue_since),
        next=[coming_says(line, zone) for line in plan.forecast],
        rests=rests_say(account, plan, today),
        disputes=list(account.disputes[:1]),
        held=[SWITCHED_OFF, *held_says(plan)] if halted else held_says(plan),
        said=[contact_says(claim, zone) for claim in list(contacts)[-LAST_CONTACTS:]],
        tasks=[task[:MOST_WORDS] for task in tasks[:MOST_TASKS]],
        refused=_refused(plan, account, tasks),
        refused_until=None if plan.allowed_until is None else clock.real(plan.allowed_until).isoformat(),
        policy=policy,
        attributes=_attributes(plan, account, policy, tasks, clock, calls=calls, owner=owner, halted=halted),
    )
    _add_what_there_is(view, plan, account, chosen=chosen, desk=desk)
    return _fitted(view)


def _add_what_there_is(
    view: View, plan: Plan, account: Account, *, chosen: str | None, desk: str | None
) -> None:
    """Add what only some customers have."""
    if account.credit:
        view["credit"] = [words[:MOST_WORDS] for words in credit_says(account)]
    if plan.broken is not None:
        view["broken"] = plan.broken[:MOST_WORDS]
    if chosen is not None:
        view["chosen"] = chosen[:MOST_WORDS]
    if desk is not None:
        view["desk"] = desk


def _refused(plan: Plan, account: Account, tasks: Iterable[str]) -> dict[str, str]:
    """Return the commands that make no sense now, without those of which nothing is known here.

    No plan knows of a task that something else opened, and a person can complete it all the same.
    """
    refused = {name: words[:MOST_WORDS] for name, words in plan.allowed.items() if words is not None}
    if any(completable(task.partition(":")[0]) for task in tasks):
        refused.pop("complete_task", None)
    if account.credit:
        return refused
    return {name: words for name, words in refused.items() if name not in OF_CREDIT}


def _fitted(view: View) -> View:
    """Return the view without the words that are too many for its bytes.

    Old messages go first, what waits for us last.
    """
    what_is = [
        view["said"],
        view.get("debts", []),
        view.get("rests", []),
        view["next"],
        view.get("credit", []),
    ]
    waits = [view["held"], view["tasks"]]
    for lists, least in (([*what_is, *waits], 1), (what_is, 0)):
        for words in lists:
            while len(words) > least and len(json.dumps(view).encode()) > MAX_BYTES:
                del words[0 if words is view["said"] else -1]
    return view


def _wanted(effect: Effect) -> WantedEffect:
    return WantedEffect(
        key=effect.key,
        about=effect.about,
        kind=effect.kind,
        channel=effect.channel,
        says=effect_says(effect),
    )


def _attributes(
    plan: Plan,
    account: Account,
    policy: str,
    tasks: Sequence[str],
    clock: BusinessClock,
    *,
    calls: bool,
    owner: str | None,
    halted: bool,
) -> list[Attribute]:
    largest = max(plan.overdue, key=lambda money: money.amount, default=None)
    upcoming = plan.forecast[0] if plan.forecast else None
    since = plan.overdue_since
    switched = {"switch"} if halted else set[str]()
    holds = sorted({held.reason.rule for held in plan.held})[:MOST_HOLDS]
    tags = [*account.customer.tags, *([BROKEN_PROMISE] if plan.broken is not None else ())]
    return [
        ["Stage", "Keyword", plan.stage],
        ["NextAction", "Keyword", upcoming.step if upcoming else None],
        ["NextActionAt", "Datetime", clock.real(upcoming.at).isoformat() if upcoming else None],
        ["Currency", "Keyword", largest.currency if largest else None],
        ["OverdueAmount", "Double", float(largest.amount) if largest else None],
        ["OverdueSince", "Datetime", _noon(since) if since else None],
        ["Policy", "Keyword", policy],
        ["OpenTasks", "KeywordList", sorted({*_found_by(tasks), *([CALL] if calls else ())}) or None],
        ["Holds", "KeywordList", sorted(switched.union(holds)) or None],
        ["Tags", "KeywordList", tags or None],
        ["Owner", "Keyword", owner],
    ]


def _found_by(tasks: Iterable[str]) -> Iterator[str]:
    """Yield by what tasks are found: the step of each, and that it is an approval of whichever step."""
    for task in tasks:
        step = task.split(":")[0]
        yield step
        if is_approval(step):
            yield APPROVE


def _noon(day: date) -> str:
    # A date shown as an instant: noon UTC is that date in nearly every zone that a browser shows.
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).isoformat()
