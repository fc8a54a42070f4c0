"""The page that finance reads in the Temporal UI, rendered from a view.

Pure functions, whose wording may change at any time without breaking a replay.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from domain.claim_key import invoice_of
from domain.commands import OF_CREDIT, Command
from domain.own_steps import (
    APPROVE,
    CALL_APPLICANT,
    CANCEL_FEE,
    FEE,
    INCIDENT,
    INTEREST,
    REVIEW,
    approval_of,
    is_approval,
)
from domain.ui_links import WAITS_FOR_A_PERSON, list_link, workflow_link
from domain.view import View
from domain.view_words import day_says

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
    if view.get("credit"):
        blocks.append(_list("Credit and orders", view["credit"]))
    if view["tasks"]:
        blocks.append(_list("Waits for you", [_task(task, commands) for task in view["tasks"]]))
    doing = [effect["says"] for effect in view["effects"] if effect["key"] not in put_off]
    if doing:
        blocks.append(_list("Wanted now", doing))
    blocks.append(_list("Next, if nothing happens", view["next"] or [_nothing_next(view)]))
    held = [
        f"{effect['says']}, put off: tried again on {day_says(until)} at {until:%H:%M} UTC"
        for effect in view["effects"]
        if (until := put_off.get(effect["key"])) is not None
    ]
    if view["held"] or held:
        blocks.append(_list("Held back, and why", [*view["held"], *held]))
    if view["said"]:
        blocks.append(_list("Said so far", view["said"]))
    hidden = view["refused"] if "credit" in view else {*view["refused"], *OF_CREDIT}
    possible = [command for name, command in commands.items() if name not in hidden]
    if namespace is None:
        blocks.append("Updates that you can send now: " + ", ".join(f"`{each.name}`" for each in possible))
    else:
        own = {"invoice": invoice_of(debts[0].rsplit(": ", 1)[0])} if debts else {}
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
    chosen = f" ({view['chosen']})" if view.get("chosen") else ""
    about.append(f"policy {view['policy']}{chosen}")
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
    if step == INCIDENT:
        return f"{why}. It is answered in the incident's own workflow, incident/{why.partition(':')[0]}"
    kind, _, why = why.rpartition(f"task {step}: ")
    own = {REVIEW: "review_onboarding", CALL_APPLICANT: "called_back"}
    name = own.get(step, "approve" if is_approval(step) else "complete_task")
    example = dict(commands[name].example)
    if name == "approve" and step != APPROVE:
        example |= {"step": step.removeprefix(approval_of(""))}
    if name == "complete_task":
        example |= {"step": step, "outcome": "done"}
        if kind.strip() != "call":
            example.pop("reached")
    words = f"{step}: {why}. When done: `{name}` `{_json(example)}`"
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
    """Return links into the Temporal UI, from wherever it is served."""
    customer = f'WorkflowId="customer/{view["customer"]}"'
    links = {
        "All in this stage": list_link(namespace, f'Stage="{view["stage"]}"'),
        "All that wait for a person": list_link(namespace, WAITS_FOR_A_PERSON),
        "Everything about this customer": list_link(namespace, customer),
    }
    for stage, kind in (
        ("suspended", "suspension"),
        ("restricted", "suspension"),
        ("onboarding", "onboarding"),
    ):
        if view["stage"] == stage:
            links[f"The {kind}"] = workflow_link(namespace, f"{kind}/{view['customer']}")
    return [f"[{words}]({link})" for words, link in links.items()]


def _json(example: Mapping[str, Any]) -> str:
    return json.dumps(dict(example), ensure_ascii=False)


def _list(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)])
