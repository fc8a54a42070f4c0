"""An incident in words: its page in the Temporal UI, its task, and what its workflow gets of it.

Pure functions, whose wording may change at any time. No personal data: what is shown here stays in history.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from domain.clock import BusinessClock
from domain.incidents.commands import COMMANDS, allowed
from domain.incidents.incident import Incident, Step
from domain.incidents.moves import DONE_BY_ENGINE, Move, deadlines, owner_of
from domain.incidents.playbooks import ENGLISH, Playbooks
from domain.own_steps import INCIDENT
from domain.view import Attribute

MOST_WORDS = 160


class IncidentView(TypedDict):
    """An incident as its workflow sees it.

    Attributes:
        move: `act` where the engine has something to do, `wait`, or `over`.
        until: of `wait`, in workflow time; None where only a person can go on.
        refused: the commands that make no sense now, each with why.
    """

    incident: str
    state: str
    move: str
    until: str | None
    says: str
    details: str
    refused: dict[str, str]
    attributes: list[Attribute]


def view_of(
    incident: Incident, playbooks: Playbooks, move: Move, clock: BusinessClock, *, language: str = ENGLISH
) -> IncidentView:
    """Return the view of an incident, its instants in workflow time; `language` is the customer's."""
    refused = {name: why[:MOST_WORDS] for name, why in allowed(incident, playbooks).items() if why}
    return IncidentView(
        incident=incident.id,
        state=incident.state,
        move="act" if move.kind in DONE_BY_ENGINE else move.kind,
        until=None if move.until is None else clock.real(move.until).isoformat(),
        says=move.reason.words[:MOST_WORDS],
        details=details(incident, playbooks, move, language=language),
        refused=refused,
        attributes=_attributes(incident, playbooks, clock),
    )


def _attributes(incident: Incident, playbooks: Playbooks, clock: BusinessClock) -> list[Attribute]:
    due = next(iter(deadlines(incident, playbooks)), None)
    tags = {incident.kind.name, incident.kind.risk.value, *({"test"} if incident.test else ())}
    if not incident.trusted:
        tags.add("unverified")
    return [
        ["Stage", "Keyword", incident.state],
        ["Risk", "Keyword", incident.kind.category.value],
        ["Owner", "Keyword", owner_of(incident, playbooks.of(incident.kind)) if due else None],
        ["NextAction", "Keyword", due.level if due else None],
        ["NextActionAt", "Datetime", clock.real(due.at).isoformat() if due else None],
        ["OpenTasks", "KeywordList", [INCIDENT] if due else None],
        ["Tags", "KeywordList", sorted(tags)],
    ]


def task_of(incident: Incident, playbooks: Playbooks) -> str | None:
    """Return the words of the one task that an open incident is, by whoever is to do what until when."""
    due = next(iter(deadlines(incident, playbooks)), None)
    if due is None:
        return None
    does = {
        "acknowledge": "acknowledge it",
        "contain": "review it, then stop the harm",
        "respond": "answer whoever reported it",
        "close": "close it",
    }[due.level]
    owner = owner_of(incident, playbooks.of(incident.kind))
    about = incident.customer or "nobody whom we know"
    test = ", a test" if incident.test else ""
    grave = ", grave" if incident.grave else ""
    trust = "" if incident.trusted else ", unverified"
    what = f"{incident.title} about {about}{grave}{test}{trust}"
    refund = "; ask the vendor for money back" if incident.refund_told else ""
    return f"{incident.id}: {what}: {owner} is to {does} by {due.at:%d %b %H:%M} UTC{refund}"


def details(incident: Incident, playbooks: Playbooks, move: Move, *, language: str = ENGLISH) -> str:
    """Render the page that people read, in Markdown; what is due comes first."""
    playbook, refused = playbooks.of(incident.kind), allowed(incident, playbooks)
    blocks = [f"# {incident.title[:1].upper()}{incident.title[1:]}: {incident.state}", _about(incident)]
    blocks.append(f"**Next**: {move.reason.words}.")
    blocks.append(_list("How far it is", _steps(incident)))
    if incident.closed is None:
        blocks.append(_list("To check", playbook.check))
        possible = [_action(each, incident, playbooks) for each in playbook.may(incident.branch)]
        blocks.append(_list("What can be done (`act`)", possible))
        if (words := playbook.words_for(language)) is not None:
            blocks.append(f"**To the customer, in neutral words**: {words}")
        may = [name for name in COMMANDS if refused[name] is None]
        blocks.append(_list("What you can do (More Actions, Send an Update)", map(_update, may)))
    return "\n\n".join(blocks)


def _about(incident: Incident) -> str:
    kind = incident.kind
    about = [
        f"Incident **{incident.id}**",
        f"{kind.category.value.replace('_', ' ')}, {kind.risk.value.replace('_', ' ')}",
        f"customer {incident.customer}" if incident.customer else "nobody knows which customer",
        f"told {_times(incident.notices)} by {', '.join(incident.sources)}",
        _believed(incident),
    ]
    if incident.subscription:
        about.append(f"subscription {incident.subscription}")
    if incident.word and incident.word != kind.name:
        about.append(f"called {incident.word}")
    if incident.severity or incident.confidence:
        about.append(
            f"severity {incident.severity or 'unknown'}, confidence {incident.confidence or 'unknown'}"
        )
    if incident.suspended:
        about.append("the vendor has suspended the service")
    if incident.test:
        about.append("a test of the vendor's")
    return " · ".join((*about, *incident.signs))


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _believed(incident: Incident) -> str:
    if incident.trusted:
        return "confirmed"
    return "UNVERIFIED: for people alone" if incident.marked else "UNVERIFIED: nothing is done by itself"


def _steps(incident: Incident) -> Iterator[str]:
    """Say who did what, when, and what was noted."""
    yield f"received {_when(incident.received_at)}"
    if incident.acknowledged is not None:
        yield f"acknowledged {_step(incident.acknowledged)}"
    if incident.reviewed is not None:
        found = (incident.verdict or "").replace("_", " ")
        branch = f", the customer is {_BRANCHES[incident.branch]}" if incident.branch else ""
        document = f", by {incident.document}" if incident.document else ""
        yield f"reviewed as {found}{branch}{document} {_step(incident.reviewed)}"
    for action, step in incident.approved.items():
        yield f"{action} approved {_step(step)}"
    for each in incident.actions:
        yield f"{each.action} {_step(Step(at=each.at, by=each.by, note=each.note))}"
    for level in incident.escalated:
        yield f"escalated: nobody did {level} it in time"
    if incident.responded is not None:
        yield f"responded {_step(incident.responded)}"
    if incident.closed is not None:
        yield f"closed {_step(incident.closed)}"


_BRANCHES = {"attacker": "the attacker", "compromised": "compromised"}


def _step(step: Step) -> str:
    note = f": {step.note}" if step.note else ""
    return f"by {step.by} {_when(step.at)}{note}"


def _when(at: datetime) -> str:
    return f"on {at:%d %b %Y %H:%M} UTC"


def _action(name: str, incident: Incident, playbooks: Playbooks) -> str:
    needs = ""
    if name in playbooks.of(incident.kind).approval:
        approved = incident.approved.get(name)
        needs = f" (approved by {approved.by})" if approved else " (a second person approves it first)"
    return f"`{name}`: {playbooks.action(name).says}{needs}"


def _update(name: str) -> str:
    command = COMMANDS[name]
    example: dict[str, Any] = dict(command.example)
    return f"`{name}` {command.does} `{json.dumps(example, ensure_ascii=False)}`"


def _list(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)])
