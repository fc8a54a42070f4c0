"""Forms: each command as fields that a person fills in, and what was filled in as the command's input.

A form is made of the command's own model, so that it asks for all that the command takes, and what was
entered is judged by the command alone. Only what a model cannot say stands here: labels and choices.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from domain.account import Account
from domain.channels import CHANNELS
from domain.commands import REJECTED, CodeEntry, Command
from domain.contacts import CALL
from domain.own_steps import APPROVE, approval_of, is_answered, is_approval
from domain.sentences import sentences

Kind = Literal["text", "words", "day", "amount", "number", "choice", "yes_no", "several", "instalments"]

_LABELS: Mapping[str, str] = {
    "to": "Until the end of",
    "from": "From",
    "reason": "Why",
    "pay_on": "Pays by the end of",
    "outcome": "Outcome",
    "reached": "Was somebody reached?",
    "dispute": "Name of the dispute",
    "fee": "Number of the fee",
    "due_on": "Due on",
    "owner": "Who does it",
    "until": "Back on the list on",
    "number_from": "Where the number is from",
    "version": "Policy",
    "expected": "Expected a month",
    "peak": "Expected in a peak month",
    "peak_months": "Peak months (1 to 12)",
    "review_on": "Look at it again on",
    "holds": "Does it hold?",
    "terms_days": "Days to pay an invoice",
    "principal": "Who (id of the principal)",
    "grant": "Name of the grant",
    "first_month": "Of it in the first month",
    "prepay": "Prepaid",
}
_OWN_LABELS: Mapping[tuple[str, str], str] = {
    ("hand_over", "to"): "To whom",
    ("dispute", "owner"): "Who answers",
    ("complete_task", "outcome"): "How it went",
    ("resolve_dispute", "outcome"): "Who was right",
    ("suspended_elsewhere", "outcome"): "Who, or `ended` when they gave it back",
    ("cancel_subscription", "outcome"): "By whom, or why",
    ("review_onboarding", "note"): "Why",
    ("book_fee", "fee"): "Number that the fee gets",
    ("review_onboarding", "limit"): "Credit",
}
_CHOICES: Mapping[tuple[str, str], Sequence[str]] = {("resolve_dispute", "outcome"): ("won", "lost")}
# What a fact may hold and a command does not need, since it is kept alone or decides nothing.
_HIDDEN = frozenset(
    {
        *(("resume", "to"), ("end_exemption", "to"), ("release", "to"), ("opt_out", "step")),
        *(("opt_out", "scope"), ("dispute", "outcome"), ("resolve_dispute", "amount")),
        *(("cancel_subscription", "step"), ("suspended_elsewhere", "step"), ("approve", "outcome")),
    }
)
ANSWER, WHY_NOT = "answer", "why_not"
"""The two fields of an approval: its outcome is one word, or no with a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field.

    Attributes:
        choices: of a choice, its values; without them any value may be written.
        offers: values that would make sense now, to be picked.
        value: with which it is filled in.
    """

    name: str
    label: str
    kind: Kind
    required: bool = False
    hint: str = ""
    choices: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    value: str = ""


def fields_of(
    command: Command,
    *,
    offers: Mapping[str, Sequence[str]] | None = None,
    values: Mapping[str, str] | None = None,
) -> list[FormField]:
    """Return the fields of a command's form, in the order of its model.

    Args:
        offers: by the name of a field, as `offers_of` makes them.
        values: with which fields are filled in.
    """
    schema = command.body.model_json_schema()
    required = set(schema.get("required", ()))
    found = [
        _field(command, name, said, name in required)
        for name, said in schema["properties"].items()
        if name not in ("type", "by") and (command.name, name) not in _HIDDEN
    ]
    if command.name == "approve":
        answers = ("approve", "do not approve")
        found.append(FormField(name=ANSWER, label="Answer", kind="choice", required=True, choices=answers))
        found.append(FormField(name=WHY_NOT, label="Why not", kind="words", hint="of a no"))
    return [_filled(each, (offers or {}).get(each.name, ()), (values or {}).get(each.name)) for each in found]


def _filled(field: FormField, offers: Sequence[str], value: str | None) -> FormField:
    """Return a field with what makes sense in it; what can only be one thing is filled in."""
    if field.choices:
        return replace(field, value=value or field.value)
    only = offers[0] if field.required and len(offers) == 1 else field.value
    return replace(field, offers=tuple(offers), value=only if value is None else value)


def _field(command: Command, name: str, said: Mapping[str, Any], required: bool) -> FormField:
    label = _OWN_LABELS.get((command.name, name)) or _LABELS.get(name) or _words(name)
    choices = tuple(_CHOICES.get((command.name, name), ()))
    kind, inside = _kind(said)
    hint = ""
    if kind == "instalments":
        hint = "one a line, a day and an amount: 2026-12-15 250.00"
    elif kind == "several":
        hint = "with commas between them"
    default = said.get("default")
    return FormField(
        name=name,
        label=label,
        kind="choice" if choices else kind,
        required=required,
        hint=hint,
        choices=choices or tuple(inside.get("enum", ())),
        value=str(default) if isinstance(default, int) else "",
    )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _kind(said: Mapping[str, Any]) -> tuple[Kind, Mapping[str, Any]]:
    """Return what kind of field a property of a JSON Schema is, and the part of it that says so."""
    parts = [
        said,
        *said.get("anyOf", ()),
        *(inner for each in said.get("anyOf", ()) for inner in each.get("anyOf", ())),
    ]
    for part in parts:
        if "enum" in part:
            return "choice", part
        if part.get("format") == "date":
            return "day", part
        match part.get("type"):
            case "number":
                return "amount", part
            case "integer":
                return "number", part
            case "boolean":
                return "yes_no", part
            case "array":
                return ("instalments" if "$ref" in part["items"] else "several"), part
    lengths = [part["maxLength"] for part in parts if "maxLength" in part]
    return ("words" if max(lengths, default=0) > 128 else "text"), said


def _parts(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a property and, of one that may be several things, each of them."""
    yield said
    for each in said.get("anyOf", ()):
        yield from _parts(each)


def input_of(command: Command, entered: Mapping[str, str]) -> dict[str, Any]:
    """Return a command's JSON input as it was entered; what was left empty is left out."""
    given: dict[str, Any] = {}
    for each in fields_of(command):
        text = entered.get(each.name, "").strip()
        if not text or each.name in (ANSWER, WHY_NOT):
            continue
        match each.kind:
            case "instalments":
                given[each.name] = [_instalment(line) for line in text.splitlines() if line.strip()]
            case "several":
                given[each.name] = [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
            case "amount" | "text" | "words" | "day" | "number" | "choice" | "yes_no":
                given[each.name] = text
    if command.name == "approve" and entered.get(ANSWER) != "approve":
        given["outcome"] = f"{REJECTED}{entered.get(WHY_NOT, '').strip() or 'without a reason'}"
    return given


def _instalment(line: str) -> dict[str, str]:
    day, _, amount = line.strip().partition(" ")
    return {"due_on": day, **({"amount": amount.strip()} if amount.strip() else {})}


def problems(command: Command, given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an input, each with the label of its field; nothing where all is well."""
    try:
        command.body.model_validate(dict(given))
    except ValidationError as error:
        if command.body is CodeEntry:
            return ["Code: write its six digits"]
        labels = {each.name: each.label for each in fields_of(command)}
        return [_labelled(sentence, labels) for sentence in sentences(error, model=command.body)]
    return []


def _labelled(sentence: str, labels: Mapping[str, str]) -> str:
    path, colon, problem = sentence.partition(": ")
    name, _, place = path.partition(".")
    number = place.partition(".")[0]
    where = f" {int(number) + 1}" if number.isdecimal() else ""
    problem = "this is missing" if problem == "this key is required and missing" else problem
    return f"{labels.get(name, name)}{where}{colon}{problem}"


def offers_of(
    command: Command, account: Account, *, steps: Iterable[str], policies: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Return what would make sense in the fields of a command now.

    Args:
        steps: of the tasks that are open.
        policies: the names of those that are adopted.
    """
    return {
        "invoice": _invoices(command, account),
        "dispute": account.disputes if command.name == "resolve_dispute" else (_new_dispute(account),),
        "fee": () if command.name == "book_fee" else tuple(fee.fee for fee in account.fees),
        "step": _steps(command, steps),
        "policy": tuple(policies),
        "version": tuple(policies),
        "channel": (*CHANNELS, CALL),
        "currency": tuple(sorted({debt.open.currency for debt in account.open_debts})),
        "deposit": tuple(account.deposits) if command.name != "request_deposit" else (),
        "reason": _reasons(command, account),
    }


def _invoices(command: Command, account: Account) -> tuple[str, ...]:
    match command.name:
        case "undo_write_off":
            return tuple(debt.invoice for debt in account.debts if debt.state == "written_off")
        case "take_back":
            return tuple(each.invoice for each in account.handed_over if each.invoice)
        case "end_exemption":
            return tuple(each.invoice for each in account.exemptions if each.invoice)
        case _:
            return tuple(debt.invoice for debt in account.open_debts)


def _new_dispute(account: Account) -> str:
    names = {getattr(fact.body, "dispute", None) for fact in account.history} - {None}
    return f"{account.customer.id}-D{len(names) + 1}"


def _steps(command: Command, steps: Iterable[str]) -> tuple[str, ...]:
    match command.name:
        case "approve":
            asked = (step for step in steps if is_approval(step) and step != APPROVE)
            return tuple(step.removeprefix(approval_of("")) for step in asked)
        case "complete_task":
            return tuple(step for step in steps if not is_answered(step))
        case "snooze_task" | "reassign_task":
            return tuple(steps)
        case _:
            return ()


def _reasons(command: Command, account: Account) -> tuple[str, ...]:
    if command.name == "release":
        return tuple(dict.fromkeys(each.reason for each in account.holds if each.last >= each.first))
    return ()
