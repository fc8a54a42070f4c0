"""What a person may ask for: each command, the fact that it writes, and an example.

The Temporal UI's updates, the command line and the pages all take them from here. A command is a fact
with a natural key: the same command twice on one day is one fact.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from domain import facts
from domain.credit.said import said_of_credit
from domain.facts.fields import Amount, Day, Invoice, Name, Reason
from domain.sentences import sentences

REJECTED = "rejected: "
"""How the outcome of an approval begins that is given to say no, with the reason behind it."""


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


class FeeEntry(BaseModel):
    """The input of `book_fee`: what is not given is as proposed on the day (domain/interest/booking.py)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    invoice: Invoice
    kind: Literal["interest", "compensation", "fee"]
    step: Name | None = None
    amount: Amount | None = None
    fee: Invoice | None = None
    due_on: Day | None = None
    reason: Reason | None = None
    by: Name | None = None


class SnoozeEntry(BaseModel):
    """The input of `snooze_task`: the first day on which it is listed again; without one it is at once.

    Who does what, and when, is no fact about a customer: the journal has it (docs/decisions/0038).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: Name
    until: Day | None = None
    reason: Reason | None = None
    by: Name | None = None


class ReassignEntry(BaseModel):
    """The input of `reassign_task`; without an owner the task is anybody's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: Name
    owner: Name | None = None
    by: Name | None = None


Arranging = SnoozeEntry | ReassignEntry
Input = facts.Body | CodeEntry | FeeEntry | Arranging
"""What a command is given: its fact, or what the ledger makes it of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that a person may ask for.

    Attributes:
        name: as the command line and the Temporal UI call it.
        does: what it does, for help texts.
        body: the fact that it writes, or the input that this is made of.
        example: a complete JSON input.
    """

    name: str
    does: str
    body: type[BaseModel]
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
            name="hold",
            does="Say and do nothing at all to this customer: attorney, bankruptcy, death, legal hold.",
            body=facts.HoldSet,
            example={"reason": "attorney", "by": "maria"},
        ),
        Command(
            name="release",
            does="End the hold of a reason, or every hold.",
            body=facts.HoldReleased,
            example={"reason": "attorney", "by": "maria"},
        ),
        Command(
            name="opt_out",
            does="Note that the customer wants nothing more by a channel, or without one by any.",
            body=facts.OptedOut,
            example={"channel": "sms", "by": "maria"},
        ),
        Command(
            name="opt_in",
            does="Note that the customer took an opt-out of a channel back.",
            body=facts.OptedIn,
            example={"channel": "sms", "by": "maria"},
        ),
        Command(
            name="promise",
            does="Note that the customer promised to pay by a day: chasing rests until then.",
            body=facts.PromiseMade,
            example={"pay_on": "2026-12-15", "amount": "250.00", "by": "maria"},
        ),
        Command(
            name="use_policy",
            does="Choose this customer's policy by name, from the next case on, until a day or its end.",
            body=facts.PolicyOverrideSet,
            example={"policy": "consumer", "to": "2026-12-31", "reason": "asked by sales", "by": "maria"},
        ),
        Command(
            name="end_use_policy",
            does="Let the policies say again for whom they are; an open case keeps its own.",
            body=facts.PolicyOverrideEnded,
            example={"by": "maria"},
        ),
        Command(
            name="adopt_policy",
            does="Let the open case go on under another policy, by its name or version.",
            body=facts.PolicyAdopted,
            example={"policy": "business", "by": "maria"},
        ),
        Command(
            name="agree_plan",
            does="Agree that what is open is paid in instalments, the oldest due first: their dates count.",
            body=facts.PlanAgreed,
            example={
                "instalments": [
                    {"due_on": "2026-12-15", "amount": "250.00"},
                    {"due_on": "2027-01-15", "amount": "250.00"},
                ],
                "by": "maria",
            },
        ),
        Command(
            name="end_plan",
            does="End the instalment plan: the due dates of the invoices count again.",
            body=facts.PlanEnded,
            example={"reason": "the customer took it back", "by": "maria"},
        ),
        Command(
            name="approve",
            does="Approve a step that waits for a person; with an outcome like `rejected: no`, do not.",
            body=facts.Approved,
            example={"step": "suspend", "by": "maria"},
        ),
        Command(
            name="complete_task",
            does="Say that the task of a step is done; of a call, whether somebody was reached.",
            body=facts.TaskCompleted,
            example={"step": "call", "reached": True, "outcome": "will pay", "by": "maria"},
        ),
        Command(
            name="snooze_task",
            does="Put the task of a step off until a day; without one it is back on the list now.",
            body=SnoozeEntry,
            example={"step": "call", "until": "2026-12-03", "reason": "on holiday", "by": "maria"},
        ),
        Command(
            name="reassign_task",
            does="Say who does the task of a step; without an owner it is anybody's.",
            body=ReassignEntry,
            example={"step": "call", "owner": "li", "by": "maria"},
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
            example={"dispute": "D-7", "invoice": "INV-1042", "amount": "100.00", "by": "maria"},
        ),
        Command(
            name="resolve_dispute",
            does="Close a dispute: what it held is chased again.",
            body=facts.DisputeResolved,
            example={"dispute": "D-7", "outcome": "won", "by": "maria"},
        ),
        Command(
            name="write_off",
            does="Give an invoice up.",
            body=facts.WrittenOff,
            example={"invoice": "INV-1042", "by": "maria"},
        ),
        Command(
            name="undo_write_off",
            does="Take a write-off back: the invoice is chased again, from a fresh warning.",
            body=facts.WriteOffUndone,
            example={"invoice": "INV-1042", "by": "maria"},
        ),
        Command(
            name="book_fee",
            does="Charge interest, a compensation or the fee of a step, as it is proposed today.",
            body=FeeEntry,
            example={"invoice": "INV-1042", "kind": "interest", "by": "maria"},
        ),
        Command(
            name="waive_fee",
            does="Give up a fee that was rightly charged, or a part of it.",
            body=facts.FeeWaived,
            example={"fee": "INV-1042-I1", "reason": "goodwill", "by": "maria"},
        ),
        Command(
            name="cancel_fee",
            does="Take back a fee that should never have been charged.",
            body=facts.FeeCancelled,
            example={"fee": "INV-1042-I1", "reason": "the invoice was wrong", "by": "maria"},
        ),
        Command(
            name="hand_over",
            does="Hand an invoice, or all that is past due, over to an agency or a lawyer: we chase no more.",
            body=facts.HandedOver,
            example={"invoice": "INV-1042", "to": "Northern Collections", "by": "maria"},
        ),
        Command(
            name="take_back",
            does="Take back what was handed over: we chase it again, from a fresh warning.",
            body=facts.TakenBack,
            example={"invoice": "INV-1042", "reason": "the agency gave up", "by": "maria"},
        ),
        Command(
            name="cancel_subscription",
            does="Note that the subscription was cancelled: nothing is left to suspend, debts are chased on.",
            body=facts.SubscriptionCancelled,
            example={"outcome": "by the customer", "by": "maria"},
        ),
        Command(
            name="suspended_elsewhere",
            does="Note that others suspended the service; with the outcome `ended`, that they gave it back.",
            body=facts.SuspendedElsewhere,
            example={"outcome": "fraud desk", "by": "maria"},
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
        Command(
            name="called_back",
            does="Say what came of a call to a new customer: reached, no_answer or wrong_number.",
            body=facts.CalledBack,
            example={"outcome": "reached", "number_from": "commercial register", "attempt": 1, "by": "maria"},
        ),
        Command(
            name="accept_policy",
            does="Note that the customer accepted the collections policy, by its name or version.",
            body=facts.PolicyAccepted,
            example={"version": "business", "by": "maria"},
        ),
        Command(
            name="agree_usage",
            does="Note what the customer expects to use in a month: its budget follows from that.",
            body=facts.UsageProfileAgreed,
            example={"expected": "800.00", "currency": "EUR", "evidence": "order form 12", "by": "maria"},
        ),
        Command(
            name="note_safeguard",
            does="Note whether something protects the customer's services: mfa, alerts, quota, identity.",
            body=facts.SafeguardNoted,
            example={"safeguard": "mfa", "holds": True, "evidence": "report of 2 March", "by": "maria"},
        ),
        Command(
            name="request_access",
            does="Ask for a role of administration; a person decides.",
            body=facts.AccessRequested,
            example={
                "grant": "G-7",
                "principal": "8e2f-41",
                "role": "Reader",
                "scope": "SUB-1",
                "reason": "audit",
                "by": "li",
            },
        ),
        Command(
            name="grant_access",
            does="Grant a role until the end of a day, where every precondition holds.",
            body=facts.AccessGranted,
            example={
                "grant": "G-7",
                "principal": "8e2f-41",
                "role": "Reader",
                "scope": "SUB-1",
                "to": "2026-12-31",
                "reason": "audit",
                "by": "maria",
            },
        ),
        Command(
            name="revoke_access",
            does="Note that a role was taken back, or refuse a request.",
            body=facts.AccessRevoked,
            example={"grant": "G-7", "reason": "the audit is over", "by": "maria"},
        ),
        Command(
            name="grant_credit",
            does="Let the customer owe so much: orders that fit need no deposit; 0 is prepayment only.",
            body=facts.CreditGranted,
            example={
                "limit": "5000.00",
                "currency": "EUR",
                "terms_days": 30,
                "reason": "two years of trade",
                "by": "maria",
            },
        ),
        Command(
            name="end_credit",
            does="End the credit in a currency, or every credit: what is ordered now is prepaid.",
            body=facts.CreditEnded,
            example={"currency": "EUR", "reason": "two broken promises", "by": "maria"},
        ),
        Command(
            name="place_order",
            does="Note an order: it is provisioned when it is prepaid, or credit covers it.",
            body=facts.OrderPlaced,
            example={"order": "ORD-2041", "amount": "300.00", "currency": "EUR", "by": "maria"},
        ),
        Command(
            name="cancel_order",
            does="Cancel an order that was not provisioned.",
            body=facts.OrderCancelled,
            example={"order": "ORD-2041", "reason": "ordered by mistake", "by": "maria"},
        ),
        Command(
            name="request_deposit",
            does="Ask for a deposit, for an order or as a security; the customer's payment names it.",
            body=facts.DepositRequested,
            example={
                "deposit": "ORD-2041-D2",
                "amount": "500.00",
                "currency": "EUR",
                "order": "ORD-2041",
                "by": "maria",
            },
        ),
        Command(
            name="apply_deposit",
            does="Let a deposit, or a part of it, pay an invoice.",
            body=facts.DepositApplied,
            example={"deposit": "ORD-2041-D", "invoice": "INV-1042", "by": "maria"},
        ),
        Command(
            name="refund_deposit",
            does="Note that what is left of a deposit, or a part of it, was given back.",
            body=facts.DepositRefunded,
            example={"deposit": "ORD-2041-D", "reason": "the order was cancelled", "by": "maria"},
        ),
        Command(
            name="block_orders",
            does="Provision nothing more that is ordered; what there is works on.",
            body=facts.OrdersBlocked,
            example={"reason": "under investigation", "by": "maria"},
        ),
        Command(
            name="unblock_orders",
            does="Let orders go on again: those blocked for an incident, else all others.",
            body=facts.OrdersUnblocked,
            example={"reason": "cleared by phone", "by": "maria"},
        ),
    )
}

OF_TASKS = frozenset({"snooze_task", "reassign_task"})
"""The commands about who does a task, and when: a page shows them for customers with an open one."""
OF_CREDIT = frozenset(
    {
        *("grant_credit", "end_credit", "place_order", "cancel_order", "request_deposit"),
        *("apply_deposit", "refund_deposit", "block_orders", "unblock_orders"),
    }
)
"""The commands about credit and orders: a page shows them for customers of whom any of that is known."""

# What takes back what: after it, the same words are a new wish and no repetition.
OPPOSITE = {
    "pause": "resume",
    "exempt": "end_exemption",
    "hold": "release",
    "opt_out": "opt_in",
    "agree_plan": "end_plan",
    "suspend": "reactivate",
    "dispute": "resolve_dispute",
    "write_off": "undo_write_off",
    "book_fee": "cancel_fee",
    "use_policy": "end_use_policy",
    "hand_over": "take_back",
    "grant_access": "revoke_access",
    "grant_credit": "end_credit",
    "block_orders": "unblock_orders",
}
OPPOSITE.update({undoing: done for done, undoing in tuple(OPPOSITE.items())})


def read(name: str, data: Mapping[str, Any]) -> Input:
    """Return the fact that a command's JSON input means, or the entry of a code or a fee.

    Raises:
        KeyError: there is no such command.
        pydantic.ValidationError: the input is wrong.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(COMMANDS[name].body)
    given: Input = adapter.validate_python(dict(data))
    return given


def wrong(name: str, data: object) -> str | None:
    """Return what is wrong with a command's JSON input, all of it and with an example; None if nothing.

    Raises:
        KeyError: there is no such command.
    """
    return mistakes(COMMANDS[name], data)


def mistakes(command: Command, data: object) -> str | None:
    """Return what is wrong with a command's JSON input, all of it and with an example; None if nothing."""
    if not isinstance(data, dict):
        problems = ["write one JSON object"]
    else:
        try:
            command.body.model_validate(data)
        except ValidationError as error:
            # What was given as a code is shown to nobody: it may be right but for its form.
            secret = command.body is CodeEntry
            problems = (
                ["code: write six digits in quotes"] if secret else sentences(error, model=command.body)
            )
        else:
            return None
    return f"{'; '.join(problems)}. An example: {json.dumps(dict(command.example))}"


def author_of(body: facts.Body | FeeEntry | Arranging) -> str:
    """Return who asked; without a name it was finance."""
    return getattr(body, "by", None) or "finance"


def words_of(body: facts.Body | FeeEntry | Arranging) -> str:
    """Say in a few words what a command's fact means."""
    match body:
        case facts.Paused():
            return f"paused until {body.to or 'it is resumed'}: {body.reason}"
        case facts.Resumed():
            return "resumed"
        case facts.Exempted():
            return f"exempted {body.invoice or 'the customer'}: {body.reason}"
        case facts.ExemptionEnded():
            return f"ended the exemption of {body.invoice or 'the customer'}"
        case facts.HoldSet():
            return f"on hold until {body.to or 'it is released'}: {body.reason}"
        case facts.HoldReleased():
            return f"released {body.reason or 'every hold'}"
        case facts.PromiseMade():
            amount = "all that is past due" if body.amount is None else body.amount
            return f"noted a promise of {amount} by {body.pay_on}"
        case facts.PolicyOverrideSet():
            return f"chose policy {body.policy} until {body.to or 'further notice'}: {body.reason}"
        case facts.PolicyOverrideEnded():
            return "ended the choice of a policy by hand"
        case facts.PolicyAdopted():
            return f"adopted policy {body.policy} for the open case"
        case facts.PlanAgreed():
            paid_in, parts = sum(each.amount for each in body.instalments), len(body.instalments)
            return f"agreed on {parts} instalment{'s' if parts > 1 else ''} of {paid_in} in all"
        case facts.PlanEnded():
            return f"ended the instalment plan{f' in {body.currency}' if body.currency else ''}"
        case facts.Approved():
            what = body.step or "what waited for approval"
            if body.allows:
                return f"approved {what}"
            return f"did not approve {what}: {(body.outcome or '').removeprefix(REJECTED)}"
        case facts.TaskCompleted():
            return _completed(body)
        case SnoozeEntry() | ReassignEntry():
            return _arranged(body)
        case facts.SuspendRequested():
            return f"asked for the suspension: {body.reason}"
        case facts.ReactivateRequested():
            return f"asked for the return of the service: {body.reason}"
        case facts.DisputeOpened():
            return f"noted dispute {body.dispute} of {body.invoice}" + (
                f": {body.reason}" if body.reason else ""
            )
        case facts.DisputeResolved():
            return f"resolved dispute {body.dispute}" + (f": {body.outcome}" if body.outcome else "")
        case FeeEntry() | facts.FeeBooked() | facts.FeeWaived() | facts.FeeCancelled():
            return _fee_words(body)
        case facts.OnboardingReviewed() | facts.CalledBack() | facts.PolicyAccepted():
            return _onboarding_words(body)
        case _:
            return _end_words(body)


def _end_words(body: facts.Body) -> str:
    """Say what ends our chasing, or is about usage or access; of any other fact its name."""
    match body:
        case facts.WrittenOff():
            return f"wrote off {body.invoice}"
        case facts.WriteOffUndone():
            return f"took back the write-off of {body.invoice}"
        case facts.HandedOver():
            return f"handed over {body.invoice or 'all that is past due'} to {body.to or 'others'}"
        case facts.TakenBack():
            why = f": {body.reason}" if body.reason else ""
            return f"took back {body.invoice or 'all that was handed over'}{why}"
        case facts.SubscriptionCancelled():
            return "noted that the subscription was cancelled" + (f": {body.outcome}" if body.outcome else "")
        case facts.OptedOut():
            return f"noted that the customer wants nothing more by {body.channel or 'any channel'}"
        case facts.OptedIn():
            return f"noted that the customer may be reached by {body.channel} again"
        case facts.UsageProfileAgreed():
            return f"agreed on usage of {body.expected} {body.currency} a month"
        case facts.SafeguardNoted():
            return f"noted that {body.safeguard} {'holds' if body.holds else 'does not hold'}"
        case facts.AccessRequested():
            return f"requested {body.role} on {body.scope} as {body.grant}: {body.reason}"
        case facts.AccessGranted():
            return f"granted {body.role} on {body.scope} as {body.grant} until {body.to}: {body.reason}"
        case facts.AccessRevoked():
            return f"took {body.grant} back: {body.reason}"
        case facts.SuspendedElsewhere(outcome=outcome):
            over = outcome == "ended"
            why = f": {outcome}" if outcome and not over else ""
            return f"noted that others {'gave the service back' if over else f'suspended the service{why}'}"
        case _:
            return said_of_credit(body) or facts.kind_of(body).replace("_", " ")


def _onboarding_words(body: facts.OnboardingReviewed | facts.CalledBack | facts.PolicyAccepted) -> str:
    match body:
        case facts.CalledBack():
            came = {
                "reached": "reached somebody",
                "no_answer": "nobody answered",
                "wrong_number": "wrong number",
            }
            return f"call {body.attempt}, to a number from {body.number_from}: {came[body.outcome]}"
        case facts.PolicyAccepted():
            return f"noted that the customer accepted the collections policy {body.version}"
        case _:
            credit = f" with credit of {body.limit} {body.currency}" if body.limit is not None else ""
            words = f"decided to {body.outcome.replace('_', ' with ')}{credit}"
            return f"{words}: {body.note}" if body.note else words


def _fee_words(body: FeeEntry | facts.FeeBooked | facts.FeeWaived | facts.FeeCancelled) -> str:
    match body:
        case facts.FeeWaived():
            return f"waived {body.amount or 'what is open'} of {body.fee}: {body.reason}"
        case facts.FeeCancelled():
            return f"cancelled {body.fee}: {body.reason}"
        case _:
            currency = f" {body.currency}" if isinstance(body, facts.FeeBooked) else ""
            number = f" as {body.fee}" if body.fee else ""
            amount = f" of {body.amount}{currency}" if body.amount is not None else ""
            return f"booked {body.kind}{amount} on {body.invoice}{number}"


def _arranged(body: Arranging) -> str:
    if isinstance(body, ReassignEntry):
        return f"gave {body.step} to {body.owner}" if body.owner else f"left {body.step} to anybody"
    if body.until is None:
        return f"put {body.step} back on the list"
    return f"put {body.step} off until {body.until}{f': {body.reason}' if body.reason else ''}"


def _completed(body: facts.TaskCompleted) -> str:
    reached = {None: "", True: ", somebody was reached", False: ", nobody was reached"}
    outcome = f": {body.outcome}" if body.outcome else ""
    return f"completed {body.step or 'every open task'}{reached[body.reached]}{outcome}"
