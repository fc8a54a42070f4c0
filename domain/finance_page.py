"""The page that finance reads in the Temporal UI, rendered from a view.

Pure functions, whose wording may change at any time without breaking a replay.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from domain.claim_key import invoice_of
from domain.command_groups import grouped
from domain.commands import OF_CREDIT, OF_TASKS, Command
from domain.examples import example_of
from domain.own_steps import (
    CANCEL_FEE,
    FEE,
    INCIDENT,
    INTEREST,
)
from domain.ui_links import VIEWS, desk_link, list_link, running, view_link, workflow_link
from domain.view import View
from domain.view_words import day_says
from domain.worklist.endings import ending

STAGES = {
    "onboarding": "Being verified",
    "rejected": "Rejected",
    "current": "Nothing overdue",
    "overdue": "Overdue",
    "reminder": "Reminded",
    "final_notice": "Final notice sent",
    "restricted": "Restricted",
    "suspended": "Suspended",
    "handed_over": "Handed over",
    "terminated": "Ended",
}

_ELSEWHERE = {"bank": "It ends at the bank's desk: `starter.py bank match`, or `starter.py bank ignore`"}


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
    if view["tasks"]:
        blocks.append(_list("Waits for you", [_task(task, commands) for task in view["tasks"]]))
    if view.get("debts"):
        blocks.append(_list("Open", view["debts"]))
    if "broken" in view:
        blocks.append(_list("Promised, and not paid", [view["broken"]]))
    if view.get("rests"):
        blocks.append(_list("Rests", view["rests"]))
    if view.get("credit"):
        blocks.append(_list("Credit and orders", view["credit"]))
    doing = [effect["says"] for effect in view["effects"] if effect["key"] not in put_off]
    if doing:
        blocks.append(_list("Wanted now", doing))
    blocks.append(_list("Next, if nothing happens", view["next"] or [_nothing_next(view)]))
    held = [*view["held"], *_waiting(view, put_off)]
    if held:
        blocks.append(_list("Held back, and why", held))
    if view["said"]:
        blocks.append(_list("Said so far", view["said"]))
    return "\n\n".join([*blocks, *_what_you_can_do(view, commands, namespace), _policy(view)])


def _waiting(view: View, put_off: Mapping[str, datetime]) -> Iterator[str]:
    """Yield the effects that are tried again at an instant."""
    for effect in view["effects"]:
        if (until := put_off.get(effect["key"])) is not None:
            at = f"{day_says(until)} at {until:%H:%M} UTC"
            yield f"{effect['says']}, put off: tried again on {at}"


def _what_you_can_do(view: View, commands: Mapping[str, Command], namespace: str | None) -> Iterator[str]:
    """Yield what makes sense now: in the UI with links, and an example of each to copy."""
    hidden = {*view["refused"], *(() if "credit" in view else OF_CREDIT)}
    hidden |= set() if view["tasks"] else OF_TASKS
    possible = [command for name, command in commands.items() if name not in hidden]
    if namespace is None:
        yield "Updates that you can send now: " + ", ".join(f"`{each.name}`" for each in possible)
        return
    yield "**Look at**: " + " · ".join(_links(view, namespace))
    yield "**What you can do**: More Actions, Send an Update, choose a name, and paste its example as data."
    for title, some in grouped(possible):
        yield "\n".join([f"*{title}*", "", *(_update(each, view) for each in some)])


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
    return " · ".join(about)


def _policy(view: View) -> str:
    chosen = f": {view['chosen']}" if view.get("chosen") else ""
    return f"Under policy {view['policy']}{chosen}."


def _update(command: Command, view: View) -> str:
    """Say what an update does, with an example to copy."""
    today = date.fromisoformat(view["today"]) if "today" in view else None
    own = _own(view)
    if command.name in OF_TASKS and view["tasks"]:
        own["step"] = view["tasks"][0].partition(":")[0]
    if command.name == "promise" and view["overdue"]:
        own["amount"] = view["overdue"][0].split()[0].replace(",", "")
    return f"- `{command.name}` {command.does} `{_json(example_of(command, own, today))}`"


def _own(view: View) -> dict[str, str]:
    """Return what this customer has, and an example would name."""
    own = {}
    if view.get("debts"):
        own["invoice"] = invoice_of(view["debts"][0].rsplit(": ", 1)[0])
    if view.get("disputes"):
        own["dispute"] = view["disputes"][0]
    return own


def _task(task: str, commands: Mapping[str, Command]) -> str:
    """Say a task with the update that ends it."""
    step, _, why = task.partition(": ")
    if step == INCIDENT:
        return f"{why}. It is answered in the incident's own workflow, incident/{why.partition(':')[0]}"
    kind, _, why = why.rpartition(f"task {step}: ")
    words = f"{step.replace('_', ' ').replace('-', ' ')}: {why}"
    how = ending(step, said=kind.strip(), whole=False)
    if not how.offers:
        return f"{words}. {_ELSEWHERE.get(how.way, 'It ends by itself, once what it is about has changed')}"
    offer = how.offer("complete_task") or how.offers[0]
    example = {**commands[offer.command].example, **offer.given}
    if offer.command == "complete_task":
        example["outcome"] = "done"
        if kind.strip() != "call":
            example.pop("reached")
    words = f"{words}. When done: `{offer.command}` `{_json(example)}`"
    if step == INTEREST or step.startswith(FEE):
        return f"{words}, which declines it; `book_fee` charges it"
    return f"{words}; `cancel_fee` takes it back" if step == CANCEL_FEE else words


def _nothing_next(view: View) -> str:
    if view["effects"]:
        return "what is wanted now, then another look"
    if view["stage"] in ("suspended", "restricted"):
        return "back in service as soon as no debt is left that keeps it suspended"
    if view["stage"] == "onboarding":
        return "the verification goes on in a workflow of its own"
    if view["held"] or view["tasks"]:
        return "nothing goes on by itself, only what a person does or a payment changes"
    return view["wake_says"] or "nothing is planned: every new invoice or payment is looked at"


def _links(view: View, namespace: str) -> list[str]:
    """Return links into the Temporal UI, from wherever it is served, and to finance's desk."""
    customer = f'WorkflowId="customer/{view["customer"]}"'
    links = {
        **({"finance's desk": desk_link(view["desk"], view["customer"])} if "desk" in view else {}),
        "all in this stage": list_link(namespace, running(f'Stage="{view["stage"]}"')),
        "all that wait for a person": view_link(namespace, VIEWS["waiting"]),
        "earlier cases of this customer": list_link(namespace, customer),
    }
    for stage, kind in (
        ("suspended", "suspension"),
        ("restricted", "suspension"),
        ("onboarding", "onboarding"),
    ):
        if view["stage"] == stage:
            links[f"the {kind}"] = workflow_link(namespace, f"{kind}/{view['customer']}")
    return [f"[{words}]({link})" for words, link in links.items()]


def _json(example: Mapping[str, Any]) -> str:
    return json.dumps(dict(example), ensure_ascii=False)


def _list(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)])
