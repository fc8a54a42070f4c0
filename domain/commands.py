"""What finance may do now: each command, what it writes, and the sentence why not.

The Temporal UI's updates, the command line and the pages all ask here, so a refusal reads the same
everywhere. A command is a fact with a natural key: the same command twice on one day is one fact.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from domain import facts
from domain.book import Debt
from domain.money import Money, MoneyError
from domain.own_steps import REVIEW
from domain.rest import Rest
from domain.rules.suspension import not_yet, over_threshold, requested
from domain.sentences import sentences
from domain.situation import Situation

Refusal = str | None
_NEVER = datetime.min.replace(tzinfo=UTC)


class CodeEntry(BaseModel):
    """The input of `enter_code`. It is never kept: the fact says only whether the code was right."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    code: str = Field(repr=False)

    @field_validator("code")
    @classmethod
    def _six_digits(cls, code: str) -> str:
        digits = "".join(code.split())
        if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
            raise ValueError("a code has six digits")
        return digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that a person may ask for.

    Attributes:
        name: as the command line and the Temporal UI call it.
        does: what it does, for help texts.
        body: the fact that it writes; of `enter_code` the input, from which the ledger makes it.
        example: a complete JSON input.
    """

    name: str
    does: str
    body: type[facts.Body] | type[CodeEntry]
    example: Mapping[str, Any]


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command(
            name="pause",
            does="Stop chasing until the end of a day; the days do not count as lateness.",
            body=facts.Paused,
            example={"to": "2026-12-31", "reason": "asked for time", "by": "maria"},
        ),
        Command(
            name="resume",
            does="End a pause now.",
            body=facts.Resumed,
            example={"reason": "time is over", "by": "maria"},
        ),
        Command(
            name="exempt",
            does="Never chase this customer, or one invoice, until it is undone or a day has passed.",
            body=facts.Exempted,
            example={"invoice": "INV-1042", "reason": "strategic account", "by": "maria"},
        ),
        Command(
            name="end_exemption",
            does="Chase this customer, or one invoice, again.",
            body=facts.ExemptionEnded,
            example={"invoice": "INV-1042", "by": "maria"},
        ),
        Command(
            name="approve",
            does="Approve a step that waits for a person.",
            body=facts.Approved,
            example={"step": "suspend", "by": "maria"},
        ),
        Command(
            name="complete_task",
            does="Say that the task of a step is done.",
            body=facts.TaskCompleted,
            example={"step": "call", "outcome": "reached, will pay", "by": "maria"},
        ),
        Command(
            name="suspend",
            does="Suspend now instead of on the planned day; undelivered warnings still forbid it.",
            body=facts.SuspendRequested,
            example={"reason": "repeated default", "by": "maria"},
        ),
        Command(
            name="reactivate",
            does="Give the service back although money is still owed.",
            body=facts.ReactivateRequested,
            example={"reason": "agreed with the customer", "by": "maria"},
        ),
        Command(
            name="dispute",
            does="Note that the customer contests an invoice, or a part of it: that part rests.",
            body=facts.DisputeOpened,
            example={"dispute": "D-7", "invoice": "INV-1042", "amount": "100.00"},
        ),
        Command(
            name="resolve_dispute",
            does="Close a dispute: what it held is chased again.",
            body=facts.DisputeResolved,
            example={"dispute": "D-7", "outcome": "won"},
        ),
        Command(
            name="write_off",
            does="Give an invoice up.",
            body=facts.WrittenOff,
            example={"invoice": "INV-1042"},
        ),
        Command(
            name="undo_write_off",
            does="Take a write-off back: the invoice is chased again, from a fresh warning.",
            body=facts.WriteOffUndone,
            example={"invoice": "INV-1042"},
        ),
        Command(
            name="enter_code",
            does="Enter the code that a new customer received.",
            body=CodeEntry,
            example={"code": "123456"},
        ),
        Command(
            name="review_onboarding",
            does="Decide about a new customer: approve, approve_prepayment or reject.",
            body=facts.OnboardingReviewed,
            example={"outcome": "approve", "note": "called back, all is well", "by": "maria"},
        ),
    )
}


def read(name: str, data: Mapping[str, Any]) -> facts.Body | CodeEntry:
    """Return the fact that a command's JSON input means, or the entry of a code.

    Raises:
        KeyError: there is no such command.
        pydantic.ValidationError: the input is wrong.
    """
    adapter: TypeAdapter[facts.Body | CodeEntry] = TypeAdapter(COMMANDS[name].body)
    return adapter.validate_python(dict(data))


def wrong(name: str, data: object) -> str | None:
    """Return what is wrong with a command's JSON input, all of it and with an example; None if nothing.

    Raises:
        KeyError: there is no such command.
    """
    command = COMMANDS[name]
    if not isinstance(data, dict):
        problems = ["write one JSON object"]
    else:
        try:
            read(name, data)
        except ValidationError as error:
            # What was given as a code is shown to nobody: it may be right but for its form.
            secret = command.body is CodeEntry
            problems = (
                ["code: write six digits in quotes"] if secret else sentences(error, model=command.body)
            )
        else:
            return None
    return f"{'; '.join(problems)}. An example: {json.dumps(dict(command.example))}"


def allowed(at: Situation) -> dict[str, Refusal]:
    """Return for each command None, or the sentence why it makes no sense now for anything."""
    suspended = at.account.service.suspended
    answers: dict[str, Refusal] = dict.fromkeys(COMMANDS)
    if not _to_come(at, at.account.pauses):
        answers["resume"] = "Nothing is paused."
    if not _to_come(at, at.account.exemptions):
        answers["end_exemption"] = "Nothing is exempt."
    answers["approve"] = _approve(at)
    answers["suspend"] = "The service is suspended already." if suspended else _suspend(at)
    if not suspended:
        answers["reactivate"] = "The service is not suspended."
    if not any(debt.open for debt in at.account.debts):
        answers["write_off"] = "Nothing is open."
        answers["dispute"] = "Nothing is open that could be disputed."
    if not at.account.disputes:
        answers["resolve_dispute"] = "Nothing is disputed."
    if not any(debt.state == "written_off" for debt in at.account.debts):
        answers["undo_write_off"] = "Nothing has been written off."
    if not _open_tasks(at):
        answers["complete_task"] = "No task is open."
    if at.account.onboarding != "pending":
        answers["enter_code"] = answers["review_onboarding"] = "Nobody is being verified here."
    elif not at.account.verification.takes_a_code(at.now):
        answers["enter_code"] = "No code is waited for."
    return answers


def lapses_at(at: Situation) -> datetime | None:
    """Return when time alone may lift a refusal of `allowed`: a notice ends, an announced day comes."""
    step = at.policy.suspension
    if step is None or at.account.service.suspended:
        return None
    held = [not_yet(at, step, debt) for debt in at.overdue if debt.main and not at.stands(debt, step.id)]
    return min((until for _, until in filter(None, held) if until is not None), default=None)


def refusal(at: Situation, name: str, body: facts.Body | CodeEntry) -> Refusal:
    """Return why this very command may not be done now, or None. Decided again in the transaction."""
    general = allowed(at)[name]
    if general is not None:
        return general
    early = None if isinstance(body, CodeEntry) else facts.ends_too_early(body, at.today)
    if early is not None:
        return f"{early[0].upper()}{early[1:]}."
    invoices = {debt.invoice: debt for debt in at.account.debts}
    match body:
        case facts.Paused():
            return _pause(at, body)
        case facts.Approved(step=step):
            suspension = at.policy.suspension
            if suspension is None or step not in (None, suspension.id):
                return f"No step {step!r} waits for approval."
        case facts.TaskCompleted(step=step) if step == REVIEW:
            return "A review ends with a decision: use review_onboarding, or `starter.py review`."
        case facts.TaskCompleted(step=str(step)) if step not in _open_tasks(at):
            return f"No task {step!r} is open; open are {', '.join(sorted(_open_tasks(at)))}."
        case facts.WrittenOff(invoice=invoice) | facts.DisputeOpened(invoice=invoice):
            debt = invoices.get(invoice)
            if debt is None:
                return _unknown(invoice)
            if not debt.open:
                return f"Invoice {invoice} is {debt.state.replace('_', ' ')}: nothing is open on it."
            return _too_much(getattr(body, "amount", None), debt)
        case facts.DisputeResolved(dispute=dispute) if dispute not in at.account.disputes:
            return f"No dispute {dispute!r} is open; open are {', '.join(at.account.disputes)}."
        case facts.DisputeResolved(invoice=str(invoice)):
            if invoice not in invoices:
                return _unknown(invoice)
            if invoices[invoice].open and invoice not in at.account.disputed:
                return f"Invoice {invoice} is not disputed."
        case facts.ExemptionEnded(invoice=invoice):
            if not any(rest.invoice == invoice for rest in _to_come(at, at.account.exemptions)):
                return f"Invoice {invoice} is not exempt." if invoice else "The customer is not exempt."
        case facts.WriteOffUndone(invoice=invoice):
            if invoice not in invoices:
                return _unknown(invoice)
            if invoices[invoice].state != "written_off":
                return f"Invoice {invoice} has not been written off."
        case facts.Exempted(invoice=str(invoice)) if invoice not in invoices:
            return _unknown(invoice)
        case facts.Exempted():
            return _exempt(at, body)
        case _:
            pass
    return None


def _to_come(at: Situation, rests: Iterable[Rest]) -> list[Rest]:
    """Return those that hold today or will: what is over cannot be ended."""
    return [rest for rest in rests if max(rest.first, at.today) <= rest.last]


def _too_much(amount: Decimal | None, debt: Debt) -> Refusal:
    """Why an amount cannot be disputed of a debt."""
    try:
        asked = debt.open if amount is None else Money.of(amount, debt.open.currency)
    except MoneyError as error:
        return f"{error}."
    if asked > debt.open:
        return f"{asked} cannot be disputed: {debt.open} are open on invoice {debt.invoice}."
    return None


def _unknown(invoice: str) -> str:
    return f"Invoice {invoice} is not known for this customer."


def _pause(at: Situation, body: facts.Paused) -> Refusal:
    if at.pause is not None and body.to is not None and at.pause.last >= body.to:
        return f"Already paused until {_until(at.pause)}."
    return None


def _exempt(at: Situation, body: facts.Exempted) -> Refusal:
    first = body.from_ or at.today
    if body.to is not None and body.to < first:
        return f"The exemption would end on {body.to}, before it begins on {first}."
    same = [rest for rest in at.account.exemptions if rest.invoice == body.invoice and rest.holds(at.today)]
    longest = max(same, key=lambda rest: rest.last, default=None)
    if longest is not None and body.to is not None and longest.last >= body.to:
        return f"Already exempt until {_until(longest)}."
    return None


def _until(rest: Rest) -> str:
    return "further notice" if rest.last == date.max else str(rest.last)


def _approve(at: Situation) -> Refusal:
    step = at.policy.suspension
    if step is None:
        return "This policy has no step that needs approval."
    if over_threshold(at, step, [debt for debt in at.overdue if debt.main]) is None:
        return "Nothing waits for approval: what is overdue is below the threshold."
    return None


def _suspend(at: Situation) -> Refusal:
    step = at.policy.suspension
    if step is None:
        return "This policy never suspends."
    if requested(at):
        return "The suspension has been asked for already."
    overdue = [debt for debt in at.overdue if debt.main]
    if not overdue:
        return "No main debt is overdue."
    held = [not_yet(at, step, debt) for debt in overdue if not at.stands(debt, step.id)]
    if not held:
        return "The service has been suspended for these debts before: only a new one can suspend it again."
    if None in held:
        return None
    reasons = sorted({reason.words for reason, _ in filter(None, held)})
    return f"Nobody is suspended without warning: {'; '.join(reasons)}."


def _open_tasks(at: Situation) -> set[str]:
    done = at.account.tasks_done
    return {
        claim.step
        for claim in at.account.claims
        if claim.channel == "task"
        and claim.step != REVIEW
        and claim.stands
        and claim.claimed_at > done.get(claim.step, _NEVER)
    }
