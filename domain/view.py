"""The view: what the workflow and the people who look at it need to know, as small JSON.

A view is in the workflow's history at every assessment, so it decides how many bytes a customer
costs: it is bounded (`MAX_BYTES`, tested). Its instants are in workflow time, its days in the
customer's. The words that finance reads in the Temporal UI are rendered from it here, by pure
functions whose wording may change at any time without breaking a replay.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from domain.account import Claim
from domain.clock import BusinessClock
from domain.customer import Customer
from domain.money import Money
from domain.plan import Plan
from domain.simulate import Line
from domain.situation import NO_DEBTS, TASK, Effect, EffectDebt

MAX_BYTES = 3_000
LAST_CONTACTS = 4
MOST_HOLDS = 4
MOST_WORDS = 140
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

    `news` counts the facts that are not outcomes of our own effects. `refused` names the commands
    that make no sense now, with the sentence why.
    """

    customer: str
    news: int
    stage: str
    case: int
    case_open: bool
    effects: list[WantedEffect]
    wake_at: str | None
    wake_says: str
    owed: list[str]
    overdue: list[str]
    since: str | None
    next: list[str]
    held: list[str]
    said: list[str]
    tasks: list[str]
    refused: dict[str, str]
    policy: str
    attributes: list[Attribute]


def view_of(
    plan: Plan,
    *,
    customer: Customer,
    news: int,
    case: int,
    policy: str,
    contacts: Iterable[Claim],
    tasks: Iterable[str],
    clock: BusinessClock,
) -> View:
    """Return the view of a plan; `policy` is its name and version, `tasks` the open ones."""
    zone = ZoneInfo(customer.timezone)
    tasks = list(tasks)
    return View(
        customer=customer.id,
        news=news,
        stage=plan.stage,
        case=case,
        case_open=plan.case_open,
        effects=[_wanted(effect) for effect in plan.effects],
        wake_at=None if plan.wake_at is None else clock.real(plan.wake_at).isoformat(),
        wake_says=_wake_says(plan, zone),
        owed=[str(money) for money in plan.owed],
        overdue=[str(money) for money in plan.overdue],
        since=None if plan.overdue_since is None else _day(plan.overdue_since),
        next=[line_says(line, zone) for line in plan.forecast],
        held=_held(plan),
        said=[_contact_says(claim, zone) for claim in list(contacts)[-LAST_CONTACTS:]],
        tasks=tasks,
        refused={name: words for name, words in plan.allowed.items() if words is not None},
        policy=policy,
        attributes=_attributes(plan, customer, policy, tasks, clock),
    )


def _wanted(effect: Effect) -> WantedEffect:
    openings = " ".join(sorted(f"{debt.invoice}#{debt.opening}" for debt in effect.debts))
    return WantedEffect(
        key=effect.key,
        about=hashlib.sha256(openings.encode()).hexdigest()[:8],
        kind=effect.kind,
        channel=effect.channel,
        says=effect_says(effect),
    )


def effect_says(effect: Effect) -> str:
    """Say in one line what an effect is about: `reminder_first by email: 250.00 EUR`."""
    amounts = ", ".join(str(total) for total in _totals(effect.debts))
    what = effect.step if effect.channel in (*NO_DEBTS, TASK) else f"{effect.step} by {effect.channel}"
    if effect.settles is not None:
        what = f"find out about {what}"
    return f"{what}: {amounts}" if amounts else what


def line_says(line: Line, zone: ZoneInfo) -> str:
    """Say in one line what a forecast line means: `final_notice by email on 3 Dec 2026`."""
    channel = "" if line.channel in (*NO_DEBTS, TASK, None) else f" by {line.channel}"
    return f"{line.step}{channel} on {_day(line.at.astimezone(zone).date())}"


def _totals(debts: Iterable[EffectDebt]) -> list[Money]:
    sums: dict[str, Money] = {}
    for debt in debts:
        if debt.invoice not in NO_DEBTS:
            currency = debt.amount.currency
            sums[currency] = sums.get(currency, Money.zero(currency)) + debt.amount
    return [sums[currency] for currency in sorted(sums)]


def _wake_says(plan: Plan, zone: ZoneInfo) -> str:
    if plan.wake_at is None:
        return ""
    coming = next((line for line in plan.forecast if line.at == plan.wake_at), None)
    if coming is None:
        return f"look again on {_day(plan.wake_at.astimezone(zone).date())}"
    unless = " unless paid" if coming.effect in ("notice", "suspend") else ""
    return line_says(coming, zone) + unless


def _held(plan: Plan) -> list[str]:
    words = [f"{held.step}: {held.reason.words}"[:MOST_WORDS] for held in plan.held]
    return list(dict.fromkeys(words))[:MOST_HOLDS]


def _contact_says(claim: Claim, zone: ZoneInfo) -> str:
    on = _day(claim.claimed_at.astimezone(zone).date())
    state: str = claim.state
    if claim.delivered_at is not None:
        state = "delivered"
    if claim.bounced_at is not None:
        state = "bounced"
    return f"{on}: {claim.step} by {claim.channel}, {state}"


def _attributes(
    plan: Plan, customer: Customer, policy: str, tasks: list[str], clock: BusinessClock
) -> list[Attribute]:
    largest = max(plan.overdue, key=lambda money: money.amount, default=None)
    upcoming = plan.forecast[0] if plan.forecast else None
    since = plan.overdue_since
    return [
        ["Stage", "Keyword", plan.stage],
        ["NextAction", "Keyword", upcoming.step if upcoming else None],
        ["NextActionAt", "Datetime", clock.real(upcoming.at).isoformat() if upcoming else None],
        ["Currency", "Keyword", largest.currency if largest else None],
        ["OverdueAmount", "Double", float(largest.amount) if largest else None],
        ["OverdueSince", "Datetime", _noon(since) if since else None],
        ["Policy", "Keyword", policy],
        ["OpenTasks", "KeywordList", sorted({task.split(":")[0] for task in tasks}) or None],
        ["Holds", "KeywordList", sorted({held.reason.rule for held in plan.held}) or None],
        ["Tags", "KeywordList", list(customer.tags) or None],
    ]


def _noon(day: date) -> str:
    # A date shown as an instant: noon UTC is that date in nearly every zone that a browser shows.
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).isoformat()


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


STAGES = {
    "onboarding": "Being verified",
    "rejected": "Rejected",
    "current": "Nothing overdue",
    "overdue": "Overdue",
    "reminder": "Reminded",
    "final_notice": "Final notice sent",
    "suspended": "Suspended",
}


def details(view: View, commands: Iterable[str]) -> str:
    """Render the page that finance reads in the Temporal UI, in Markdown."""
    overdue = f": {', '.join(view['overdue'])} overdue since {view['since']}" if view["overdue"] else ""
    blocks = [f"# {STAGES.get(view['stage'], view['stage'])}{overdue}"]
    about = [f"Customer **{view['customer']}**", f"policy {view['policy']}"]
    if view["case_open"]:
        about.append(f"case {view['case']}")
    if view["owed"] and view["owed"] != view["overdue"]:
        about.append(f"{', '.join(view['owed'])} open in all")
    blocks.append(" · ".join(about))
    if view["tasks"]:
        blocks.append(_list("Waits for you", view["tasks"]))
    if view["effects"]:
        blocks.append(_list("Being done now", [effect["says"] for effect in view["effects"]]))
    blocks.append(_list("Next, if nothing happens", view["next"] or ["nothing is planned"]))
    if view["held"]:
        blocks.append(_list("Held back, and why", view["held"]))
    if view["said"]:
        blocks.append(_list("Said so far", view["said"]))
    possible = [name for name in commands if name not in view["refused"]]
    blocks.append("Updates that you can send now: " + ", ".join(f"`{name}`" for name in possible))
    return "\n\n".join(blocks)


def _list(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)])
