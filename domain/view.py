"""The view: what the workflow and the people who look at it need to know, as small JSON.

A view is in the workflow's history at every assessment, so it decides how many bytes a customer
costs: it is bounded (`MAX_BYTES`, tested). Its instants are in workflow time, its days in the
customer's. The words that finance reads in the Temporal UI are rendered from it here, by pure
functions whose wording may change at any time without breaking a replay.
"""

import hashlib
import json
import string
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from domain.account import Account
from domain.book import Debt
from domain.channels import NO_DEBTS, TASK
from domain.claim import Claim
from domain.clock import BusinessClock
from domain.commands import Command
from domain.customer import Customer
from domain.effects import Effect, EffectDebt
from domain.money import Money
from domain.own_steps import APPROVE, REVIEW
from domain.plan import Plan
from domain.rest import FOREVER
from domain.simulation.timeline import Line

MAX_BYTES = 3_000
LAST_CONTACTS = 4
MOST_HOLDS = 4
MOST_RESTS = 2
MOST_TASKS = 4
MOST_DEBTS = 5
MOST_WORDS = 140
SWITCHED_OFF = (
    "everything outward, by a switch: `go` ends a stop, `go --allow-blast` lets out what the guard holds"
)
_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
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
    `disputes` the name of the first that is open.
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
    held: list[str]
    said: list[str]
    tasks: list[str]
    refused: dict[str, str]
    refused_until: str | None
    policy: str
    attributes: list[Attribute]


def view_of(
    plan: Plan,
    *,
    account: Account,
    now: datetime,
    news: int,
    case: int,
    policy: str,
    contacts: Iterable[Claim],
    tasks: Iterable[str],
    clock: BusinessClock,
    halted: bool = False,
    revision: int = 0,
) -> View:
    """Return the view of a plan.

    Args:
        account: that the plan is of. What is open of its debts is shown, the oldest due first.
        policy: its name and version.
        tasks: the open ones, each its step, a colon and why.
        halted: a safety switch has put an effect off.
    """
    customer = account.customer
    zone = ZoneInfo(customer.timezone)
    tasks = list(tasks)
    view = View(
        customer=customer.id,
        revision=revision,
        news=news,
        stage=plan.stage,
        case=case,
        case_open=plan.case_open,
        effects=[_wanted(effect) for effect in plan.effects],
        wake_at=None if plan.wake_at is None else clock.real(plan.wake_at).isoformat(),
        wake_says=_wake_says(plan, zone),
        owed=[str(money) for money in plan.owed],
        debts=_open(account.debts),
        overdue=[str(money) for money in plan.overdue],
        since=None if plan.overdue_since is None else _day(plan.overdue_since),
        next=[_coming(line, zone) for line in plan.forecast],
        rests=_rests(account, now.astimezone(zone).date()),
        disputes=list(account.disputes[:1]),
        held=[SWITCHED_OFF, *_held(plan)] if halted else _held(plan),
        said=[_contact_says(claim, zone) for claim in list(contacts)[-LAST_CONTACTS:]],
        tasks=[task[:MOST_WORDS] for task in tasks[:MOST_TASKS]],
        refused={name: words[:MOST_WORDS] for name, words in plan.allowed.items() if words is not None},
        refused_until=None if plan.allowed_until is None else clock.real(plan.allowed_until).isoformat(),
        policy=policy,
        attributes=_attributes(plan, customer, policy, tasks, clock, halted=halted),
    )
    _fit(view)
    return view


def _fit(view: View) -> None:
    """Leave words out until the view keeps to its bytes: old messages first, what waits for us last."""
    lists = (
        *(view["said"], view.get("debts", []), view.get("rests", []), view["next"]),
        *(view["held"], view["tasks"]),
    )
    for words in lists:
        while len(words) > 1 and len(json.dumps(view).encode()) > MAX_BYTES:
            del words[0 if words is view["said"] else -1]


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
    what = _by(effect.step, effect.channel)
    if effect.settles is not None:
        what = f"find out about {what}"
    return f"{what}: {amounts}" if amounts else what


def line_says(line: Line, zone: ZoneInfo) -> str:
    """Say in one line what a forecast line means: `final_notice by email on 3 Dec 2026`."""
    return f"{_by(line.step or '', line.channel)} on {_local(line.at, zone)}"


def _coming(line: Line, zone: ZoneInfo) -> str:
    """Say what comes and why: `3 Dec 2026: final_notice by email, 30 days past due, ...`."""
    why = f", {line.reason.words.removeprefix(f'{line.step}: ')}" if line.reason else ""
    return f"{_local(line.at, zone)}: {_by(line.step or '', line.channel)}{why}"[:MOST_WORDS]


def _by(step: str, channel: str | None) -> str:
    return step if channel in (*NO_DEBTS, TASK, None) else f"{step} by {channel}"


def _totals(debts: Iterable[EffectDebt]) -> list[Money]:
    sums: dict[str, Money] = {}
    for debt in debts:
        if debt.invoice not in NO_DEBTS:
            currency = debt.amount.currency
            sums[currency] = sums.get(currency, Money.zero(currency)) + debt.amount
    return [sums[currency] for currency in sorted(sums)]


def _open(debts: Iterable[Debt]) -> list[str]:
    owed = sorted((debt for debt in debts if debt.open), key=lambda debt: (debt.due_on, debt.invoice))
    words = [f"{debt.invoice}: {debt.open}, due {_day(debt.due_on)}" for debt in owed[:MOST_DEBTS]]
    return words if len(owed) <= MOST_DEBTS else [*words, f"and {len(owed) - MOST_DEBTS} more"]


def _rests(account: Account, today: date) -> list[str]:
    """Say which pauses and exemptions hold today or will."""
    kinds = ((account.pauses, "Paused"), (account.exemptions, "Exempt"))
    words = []
    for rests, kind in kinds:
        for rest in rests:
            if max(rest.first, today) <= rest.last:
                since = "" if rest.first <= today else f" from {_day(rest.first)}"
                until = "" if rest.last == FOREVER else f" until the end of {_day(rest.last)}"
                about = f" {rest.invoice}" if rest.invoice else ""
                words.append(f"{kind}{about}{since}{until}: {rest.reason}"[:MOST_WORDS])
    return words[:MOST_RESTS]


def _wake_says(plan: Plan, zone: ZoneInfo) -> str:
    if plan.wake_at is None:
        return ""
    coming = next((line for line in plan.forecast if line.at == plan.wake_at), None)
    if coming is None:
        held = next((held for held in plan.held if held.until == plan.wake_at), None)
        why = f": {held.step} waits, {held.reason.words}" if held else ""
        return f"look again on {_local(plan.wake_at, zone)}{why}"[:MOST_WORDS]
    unless = " unless paid" if coming.effect in ("notice", "suspend") else ""
    return line_says(coming, zone) + unless


def _held(plan: Plan) -> list[str]:
    words = [f"{held.step}: {held.reason.words}"[:MOST_WORDS] for held in plan.held]
    return list(dict.fromkeys(words))[:MOST_HOLDS]


def _contact_says(claim: Claim, zone: ZoneInfo) -> str:
    on = _local(claim.claimed_at, zone)
    state: str = claim.state
    if claim.delivered_at is not None:
        state = "delivered"
    if claim.bounced_at is not None:
        state = "bounced"
    return f"{on}: {claim.step} by {claim.channel}, {state}"


def _attributes(
    plan: Plan, customer: Customer, policy: str, tasks: list[str], clock: BusinessClock, *, halted: bool
) -> list[Attribute]:
    largest = max(plan.overdue, key=lambda money: money.amount, default=None)
    upcoming = plan.forecast[0] if plan.forecast else None
    since = plan.overdue_since
    switched = {"switch"} if halted else set[str]()
    return [
        ["Stage", "Keyword", plan.stage],
        ["NextAction", "Keyword", upcoming.step if upcoming else None],
        ["NextActionAt", "Datetime", clock.real(upcoming.at).isoformat() if upcoming else None],
        ["Currency", "Keyword", largest.currency if largest else None],
        ["OverdueAmount", "Double", float(largest.amount) if largest else None],
        ["OverdueSince", "Datetime", _noon(since) if since else None],
        ["Policy", "Keyword", policy],
        ["OpenTasks", "KeywordList", sorted({task.split(":")[0] for task in tasks}) or None],
        ["Holds", "KeywordList", sorted({held.reason.rule for held in plan.held} | switched) or None],
        ["Tags", "KeywordList", list(customer.tags) or None],
    ]


def _noon(day: date) -> str:
    # A date shown as an instant: noon UTC is that date in nearly every zone that a browser shows.
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC).isoformat()


def _local(at: datetime, zone: ZoneInfo) -> str:
    return _day(at.astimezone(zone).date())


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


def details(
    view: View,
    commands: Mapping[str, Command],
    *,
    namespace: str | None = None,
    put_off: Mapping[str, datetime] | None = None,
) -> str:
    """Render the page that finance reads, in Markdown; the gravest first.

    Args:
        namespace: of the Temporal UI in which it is read: then it has links, and an example of each
            update to copy.
        put_off: effects by key that wait for an instant of workflow time, and are tried again then.
    """
    put_off = put_off or {}
    blocks = [_title(view), _about(view)]
    debts = view.get("debts", [])
    if debts:
        blocks.append(_list("Open", debts))
    if view.get("rests"):
        blocks.append(_list("Rests", view["rests"]))
    if view["tasks"]:
        blocks.append(_list("Waits for you", [_task(task, commands) for task in view["tasks"]]))
    doing = [effect["says"] for effect in view["effects"] if effect["key"] not in put_off]
    if doing:
        blocks.append(_list("Wanted now", doing))
    blocks.append(_list("Next, if nothing happens", view["next"] or [_nothing_next(view)]))
    held = [
        f"{effect['says']}, put off: tried again on {_day(until)} at {until:%H:%M} UTC"
        for effect in view["effects"]
        if (until := put_off.get(effect["key"])) is not None
    ]
    if view["held"] or held:
        blocks.append(_list("Held back, and why", [*view["held"], *held]))
    if view["said"]:
        blocks.append(_list("Said so far", view["said"]))
    possible = [command for name, command in commands.items() if name not in view["refused"]]
    if namespace is None:
        blocks.append("Updates that you can send now: " + ", ".join(f"`{each.name}`" for each in possible))
    else:
        own = {"invoice": debts[0].rsplit(": ", 1)[0]} if debts else {}
        own |= {"dispute": view["disputes"][0]} if view.get("disputes") else {}
        blocks.append(_list("What you can do (More Actions, Send an Update)", _updates(possible, own)))
        blocks.append(" · ".join(_links(view, namespace)))
    return "\n\n".join(blocks)


def _title(view: View) -> str:
    stage = STAGES.get(view["stage"], view["stage"])
    if not view["overdue"]:
        return f"# {stage}"
    overdue = "" if view["stage"] == "overdue" else " overdue"
    return f"# {stage}: {', '.join(view['overdue'])}{overdue} since {view['since']}"


def _about(view: View) -> str:
    about = [f"Customer **{view['customer']}**"]
    if view["owed"] and view["owed"] != view["overdue"]:
        about.append(f"{', '.join(view['owed'])} open in all")
    if view["case_open"]:
        about.append(f"case {view['case']}")
    about.append(f"policy {view['policy']}")
    return " · ".join(about)


def _updates(possible: Iterable[Command], own: Mapping[str, str]) -> list[str]:
    """Say what each update does, with an example to copy: with this customer's own invoice and dispute."""
    lines = []
    for command in possible:
        # What the command itself makes, a new dispute, has a name of its own.
        example = {
            name: value if name == command.name else own.get(name, value)
            for name, value in command.example.items()
        }
        lines.append(f"`{command.name}` {command.does} `{_json(example)}`")
    return lines


def _task(task: str, commands: Mapping[str, Command]) -> str:
    """Say a task with the update that ends it."""
    step, _, why = task.partition(": ")
    why = why.rpartition(f"task {step}: ")[2]
    name = {APPROVE: "approve", REVIEW: "review_onboarding"}.get(step, "complete_task")
    example = dict(commands[name].example)
    if name == "complete_task":
        example |= {"step": step, "outcome": "done"}
    return f"{step}: {why}. When done: `{name}` `{_json(example)}`"


def _nothing_next(view: View) -> str:
    if view["effects"]:
        return "what is wanted now, then another look"
    if view["stage"] == "suspended":
        return "back in service as soon as no debt is left that keeps it suspended"
    if view["stage"] == "onboarding":
        return "the verification goes on in a workflow of its own"
    if view["held"] or view["tasks"]:
        return "nothing goes on by itself, only what a person does or a payment changes"
    return view["wake_says"] or "nothing is planned: every new invoice or payment is looked at"


WAITS_FOR_A_PERSON = "OpenTasks IS NOT NULL"
"""The filter of the Temporal UI that finance opens in the morning."""


def _links(view: View, namespace: str) -> list[str]:
    """Return links into the Temporal UI, from wherever it is served."""
    customer = f'WorkflowId="customer/{view["customer"]}"'
    links = {
        "All in this stage": list_link(namespace, f'Stage="{view["stage"]}"'),
        "All that wait for a person": list_link(namespace, WAITS_FOR_A_PERSON),
        "Everything about this customer": list_link(namespace, customer),
    }
    for stage, kind in (("suspended", "suspension"), ("onboarding", "onboarding")):
        if view["stage"] == stage:
            links[f"The {kind}"] = workflow_link(namespace, f"{kind}/{view['customer']}")
    return [f"[{words}]({link})" for words, link in links.items()]


def list_link(namespace: str, query: str) -> str:
    """Return the path of a filtered list in the Temporal UI."""
    return f"{_workflows(namespace)}?query={_in_url(query)}"


def workflow_link(namespace: str, workflow_id: str) -> str:
    """Return the path of a workflow in the Temporal UI: its newest run."""
    return f"{_workflows(namespace)}/{_in_url(workflow_id)}"


def start_link(namespace: str, task_queue: str) -> str:
    """Return the path of the form that starts a customer's workflow, filled as far as it can be."""
    return f"{_workflows(namespace)}/start-workflow?workflowType=CustomerLifecycle&taskQueue={task_queue}"


def _workflows(namespace: str) -> str:
    return f"/namespaces/{_in_url(namespace)}/workflows"


def _in_url(text: str) -> str:
    # urllib would do, but it also opens connections: the house rules keep it out of here.
    return "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def _json(example: Mapping[str, Any]) -> str:
    return json.dumps(dict(example), ensure_ascii=False)


def _list(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)])
