"""What a person may do about an incident: each command, its input, an example, and why it makes no sense now.

The Temporal UI's updates and the command line take them from here. A command is an entry of the
incident with a natural key: the same command twice is one entry.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from domain.commands import Command, mistakes
from domain.facts.fields import Name, Reason
from domain.incidents.incident import ENGINE, LIMITED, SUSPEND, TAKEN, TERMINATE, UNBLOCK, Entry, Incident
from domain.incidents.kinds import KINDS
from domain.incidents.moves import may_be_refunded
from domain.incidents.playbooks import Playbooks
from domain.spelling import closest

Refusal = str | None


def _a_person(name: str) -> str:
    if name.strip().lower() == ENGINE:
        raise ValueError(f"{name!r} is the engine itself: write who decides this")
    return name


def _a_kind(name: str) -> str:
    if name not in KINDS:
        near = closest(name, KINDS)
        hint = f"did you mean {near!r}?" if near else f"use one of {', '.join(KINDS)}"
        raise ValueError(f"{name!r} is no kind of incident: {hint}")
    return name


Person = Annotated[Name, AfterValidator(_a_person)]


class Entered(BaseModel):
    """What every command is given: who asks, and what is to be noted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Person = "finance"
    note: Reason | None = None


class Acknowledge(Entered):
    """Somebody has seen it and works on it."""


class Assign(Entered):
    """Whom it is about, of our customers, or who works on it."""

    customer: Name | None = None
    subscription: Name | None = None
    owner: Name | None = None

    @model_validator(mode="after")
    def _something(self) -> "Assign":
        if self.customer is None and self.subscription is None and self.owner is None:
            raise ValueError("say whom it is about (customer, subscription) or who works on it (owner)")
        return self


class Review(Entered):
    """What somebody found who looked."""

    verdict: Literal["confirmed", "legitimate", "false_alarm"]
    branch: Literal["attacker", "compromised"] | None = None
    document: Name | None = None
    kind: Annotated[Name, AfterValidator(_a_kind)] | None = None


class Approve(Entered):
    """A second person allows an action."""

    action: Name


class Act(Entered):
    """An action is taken: on orders by the engine, else the person says that it was done."""

    action: Name


class Respond(Entered):
    """What whoever reported it was answered."""

    says: Reason


class Close(Entered):
    """It is over."""

    refund: Literal["requested", "none"] | None = None


Input = Acknowledge | Assign | Review | Approve | Act | Respond | Close

COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command(
            name="acknowledge",
            does="Say that you have seen it and work on it.",
            body=Acknowledge,
            example={"by": "maria"},
        ),
        Command(
            name="assign",
            does="Say which customer it is about, or who works on it.",
            body=Assign,
            example={"customer": "ACME", "owner": "fraud_lead", "by": "maria"},
        ),
        Command(
            name="review",
            does="Say what you found: confirmed, legitimate or false_alarm; of hacking who does the harm.",
            body=Review,
            example={
                "verdict": "confirmed",
                "branch": "compromised",
                "note": "an admin's key",
                "by": "maria",
            },
        ),
        Command(
            name="approve",
            does="Allow an action that needs a second person.",
            body=Approve,
            example={"action": "suspend", "note": "the harm goes on", "by": "paul"},
        ),
        Command(
            name="act",
            does="Take an action: orders are blocked here, of all others you say that they are done.",
            body=Act,
            example={"action": "block_orders", "by": "maria"},
        ),
        Command(
            name="respond",
            does="Note what whoever reported it was answered.",
            body=Respond,
            example={"says": "resolved as fraud at the vendor", "by": "maria"},
        ),
        Command(
            name="close",
            does="Close it: chasing goes on from a fresh warning, and of one that was cleared orders too.",
            body=Close,
            example={"note": "keys were changed", "refund": "none", "by": "maria"},
        ),
    )
}
WHAT: Mapping[str, str] = {
    "acknowledge": "acknowledged",
    "assign": "assigned",
    "review": "reviewed",
    "approve": "approved",
    "act": "acted",
    "respond": "responded",
    "close": "closed",
}
"""The entry that each command writes."""


def read(name: str, data: Mapping[str, Any]) -> Input:
    """Return a command's input.

    Raises:
        KeyError: there is no such command.
        pydantic.ValidationError: the input is wrong.
    """
    given: Input = COMMANDS[name].body.model_validate(dict(data))  # type: ignore[assignment]
    return given


def wrong(name: str, data: object) -> Refusal:
    """Return what is wrong with a command's JSON input, all of it and with an example; None if nothing."""
    return mistakes(COMMANDS[name], data)


def data_of(given: Input) -> dict[str, str]:
    """Return what the entry of a command keeps besides who and what was noted."""
    values = given.model_dump(exclude={"by", "note", "says"}, exclude_none=True)
    return {name: str(value) for name, value in values.items()}


def note_of(given: Input) -> str:
    """Return what a person wrote: the answer of a response, else the note."""
    said = given.says if isinstance(given, Respond) else ""
    return "; ".join(filter(None, (said, given.note or "")))


def key_of(name: str, given: Input, entries: Iterable[Entry]) -> str:
    """Return the natural key of a command's entry: in the state in which it was asked for, it counts once."""
    told = "\0".join((name, given.model_dump_json(), str(_turns(name, given, entries))))
    return f"{name}/{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _turns(name: str, given: Input, entries: Iterable[Entry]) -> int:
    """How often something else was done, or said by this command: after it the same words are a new wish."""
    if isinstance(given, Act):
        opposites = {UNBLOCK: LIMITED, **dict.fromkeys(LIMITED, (UNBLOCK,))}.get(given.action, ())
        return sum(each.what in TAKEN and each.data["action"] in opposites for each in entries)
    said = (given.by, note_of(given), data_of(given))
    others = (each for each in entries if each.key.startswith(f"{name}/"))
    return sum((each.by, each.note, each.data) != said for each in others)


def allowed(incident: Incident, playbooks: Playbooks) -> dict[str, Refusal]:
    """Return for each command None, or the sentence why it makes no sense now for anything."""
    if incident.closed is not None:
        return dict.fromkeys(COMMANDS, f"It was closed by {incident.closed.by}.")
    answers: dict[str, Refusal] = dict.fromkeys(COMMANDS)
    if incident.acknowledged is not None:
        answers["acknowledge"] = f"{incident.acknowledged.by} has acknowledged it already."
    if incident.responded is not None:
        answers["review"] = "It has been answered: close it, and let a new notice begin a new one."
    if not playbooks.of(incident.kind).approval:
        answers["approve"] = "Nothing here needs a second person."
    if not incident.cleared and not incident.by_people:
        first = "review" if incident.reviewed is None else "act"
        answers["respond"] = f"Nothing was done about it yet: {first} first."
    if incident.responded is None:
        answers["close"] = "Whoever reported it has had no answer yet: respond first."
    return answers


def refusal(incident: Incident, playbooks: Playbooks, name: str, given: Input) -> Refusal:
    """Return why this very command may not be done now, or None. Decided again in the transaction."""
    general = allowed(incident, playbooks)[name]
    if general is not None:
        return general
    match given:
        case Review():
            return _review(incident, playbooks, given)
        case Approve(action=action):
            needing = playbooks.of(incident.kind).approval
            if action not in needing:
                return f"{action!r} needs no second person here: {_listed(needing)} do."
        case Act():
            return _act(incident, playbooks, given)
        case Close(refund=None) if may_be_refunded(incident, playbooks.of(incident.kind)):
            return 'Say whether the vendor was asked for money back: "refund": "requested" or "none".'
        case Assign(customer=str(customer)) if incident.customer not in (None, customer):
            return f"It is about {incident.customer} already: close it, and report it anew about {customer}."
    return None


def _review(incident: Incident, playbooks: Playbooks, given: Review) -> Refusal:
    playbook = playbooks.of(KINDS[given.kind] if given.kind else incident.kind)
    if given.verdict == "confirmed" and playbook.branches is not None and given.branch is None:
        return 'Say whether the customer is the "attacker" or "compromised": "branch".'
    if given.branch is not None and playbook.branches is None:
        return f"Of {KINDS[playbook.kind].words} nobody asks who does the harm: leave branch out."
    needed = playbook.legitimate_with
    if given.verdict == "legitimate" and needed and not (given.document or incident.document):
        return f"It is legitimate with {needed} only: name the one on file as document."
    return None


def _act(incident: Incident, playbooks: Playbooks, given: Act) -> Refusal:
    playbook, action = playbooks.of(incident.kind), given.action
    possible = playbook.may(incident.branch)
    if action not in possible:
        return f"{action!r} is not what the playbook has for this: {_listed(possible)}."
    if action in incident.taken and key_done(incident, action):
        return f"{action!r} was done already."
    if incident.cleared and action != UNBLOCK:
        return "Nothing was found wrong: there is nothing to stop."
    if action == UNBLOCK and not incident.orders_blocked:
        return "Orders are not blocked by this."
    if incident.customer is None and action in (*LIMITED, UNBLOCK, SUSPEND, TERMINATE):
        return "Nobody knows which customer it is about: assign it first."
    if action in playbook.approval:
        return _approval(incident, given)
    return None


def key_done(incident: Incident, action: str) -> bool:
    """Whether an action stands that was taken: a block does not once orders were let through again."""
    return action not in (*LIMITED, UNBLOCK) or incident.orders_blocked != (action == UNBLOCK)


def _approval(incident: Incident, given: Act) -> Refusal:
    if incident.reviewed is None:
        return f"{given.action!r} follows a review: review first."
    approved = incident.approved.get(given.action)
    if approved is None:
        return f"{given.action!r} needs a second person: somebody else than you approves it first."
    if approved.by == given.by:
        return f"{given.by} allowed {given.action!r}: somebody else has to do it."
    return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
