"""Facts: what happened, in the words of the simulation format (docs/simulation-format.md).

A `Fact` is dated twice: when it happened in the customer's world and when we learned it. A fact
that only has a date keeps its date; it never becomes midnight somewhere. Amounts are decimals in
major units; those without a currency of their own take it from the invoice or payment they name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter


def _exact(value: object) -> object:
    if isinstance(value, float | bool):
        raise ValueError('write amounts as text, like "1490.00": a float is not exact')
    # Decimal alone would also take `1_000`, `1e3` and digits of other scripts.
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        raise ValueError(f"write a number like 1490.00, not {value!r}")
    return value


_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
Amount = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, max_digits=18)]


def _printable(text: str) -> str:
    if not text.strip():
        raise ValueError("blanks alone say nothing: write something")
    if _CONTROL.search(text):
        raise ValueError("write it on one line, in characters that can be printed")
    return text


def _not_ours(invoice: str) -> str:
    if invoice in NO_INVOICES:
        raise ValueError(f"{invoice!r} is a word of the engine's own: give the invoice another number")
    return invoice


# Control characters, line ends of every kind, and halves of characters.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
NO_INVOICES = frozenset({"service", "onboarding"})
"""What claims count by that are about no invoice; an invoice of this name would be taken for it."""

Name = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]
Invoice = Annotated[Name, AfterValidator(_not_ours)]
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_printable)]
"""Why, in words of a person."""


def _written_day(value: object) -> object:
    # A number, also one in quotes, would be read as seconds since 1970.
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("write a day like 2026-02-03")
    return value


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Beyond these years a day is a placeholder (0001-01-01, 9999-12-31), and reckoning with it overflows.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
Day = Annotated[date, BeforeValidator(_written_day), Field(ge=FIRST_DAY, le=LAST_DAY)]
End = Annotated[date, BeforeValidator(_written_day), Field(ge=FIRST_DAY)]
"""The last day of something; one after LAST_DAY means that it has no end."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Body(BaseModel):
    """What a fact says. Frozen; a field nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Instalment(BaseModel):
    """A part of an invoice that is due on a day of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    due_on: Day
    amount: Amount


class InvoiceIssued(Body):
    """A debt begins. `main` is false for side debts, which never suspend the main service.

    The whole invoice ages by `due_on`; its instalments are kept, and do not yet age by themselves.
    """

    type: Literal["invoice_issued"] = "invoice_issued"
    invoice: Invoice
    amount: Amount
    currency: Currency
    due_on: Day
    issued_on: Day | None = None
    main: bool = True
    instalments: tuple[Instalment, ...] | None = None


class InvoiceCorrected(Body):
    """The same invoice with another amount or due date; what is absent stays."""

    type: Literal["invoice_corrected"] = "invoice_corrected"
    invoice: Invoice
    amount: Amount | None = None
    due_on: Day | None = None


class InvoiceVoided(Body):
    """The invoice should never have been: nothing of it is owed."""

    type: Literal["invoice_voided"] = "invoice_voided"
    invoice: Invoice


class WrittenOff(Body):
    """We no longer expect this money; a later payment is still welcome."""

    type: Literal["write_off"] = "write_off"
    invoice: Invoice


class WriteOffUndone(Body):
    """The write-off was taken back: the debt is open again, with a fresh warning."""

    type: Literal["write_off_undone"] = "write_off_undone"
    invoice: Invoice


class PaymentReceived(Body):
    """Settled money. Without an invoice it pays the oldest due debt of its currency first."""

    type: Literal["payment_received"] = "payment_received"
    payment: Name
    amount: Amount
    currency: Currency
    invoice: Invoice | None = None


class PaymentInFlight(Body):
    """Money on its way (a direct debit in process): holds escalation, settles nothing."""

    type: Literal["payment_in_flight"] = "payment_in_flight"
    payment: Name
    amount: Amount
    currency: Currency
    invoice: Invoice | None = None


class PaymentFailed(Body):
    """A charge, or money in flight, came to nothing."""

    type: Literal["payment_failed"] = "payment_failed"
    invoice: Invoice | None = None
    payment: Name | None = None
    decline: Name | None = None
    by: Name | None = None


class Refunded(Body):
    """Money given back: what it had paid is owed again. Without an amount, all of it."""

    type: Literal["refunded"] = "refunded"
    payment: Name
    amount: Amount | None = None


class ChargedBack(Body):
    """Money taken back by the customer's bank. Without an amount, all of it."""

    type: Literal["charged_back"] = "charged_back"
    payment: Name
    amount: Amount | None = None


class ChargebackReversed(Body):
    """A chargeback decided in our favour: the money is ours again."""

    type: Literal["chargeback_reversed"] = "chargeback_reversed"
    payment: Name
    amount: Amount | None = None


class CreditNote(Body):
    """We credit a part, or all, of an invoice."""

    type: Literal["credit_note"] = "credit_note"
    credit_note: Name
    invoice: Invoice
    amount: Amount


class CreditNoteCancelled(Body):
    """The credit note was taken back."""

    type: Literal["credit_note_cancelled"] = "credit_note_cancelled"
    credit_note: Name
    invoice: Invoice
    amount: Amount | None = None


class DisputeOpened(Body):
    """The customer contests a part, or without an amount all, of an invoice. An outcome decides nothing."""

    type: Literal["dispute_opened"] = "dispute_opened"
    dispute: Name
    invoice: Invoice
    amount: Amount | None = None
    outcome: Reason | None = None


class DisputeResolved(Body):
    """The dispute is settled: `won` by us, the amount is chased again; `lost`, see credit notes."""

    type: Literal["dispute_resolved"] = "dispute_resolved"
    dispute: Name
    invoice: Invoice | None = None
    amount: Amount | None = None
    outcome: Reason | None = None


class Paused(Body):
    """Chasing rests from `from` until the end of `to`, for a reason, by an author."""

    type: Literal["paused"] = "paused"
    from_: Day | None = Field(default=None, alias="from")
    to: End | None = None
    reason: Reason
    by: Name | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Resumed(Body):
    """Chasing goes on before the pause would have ended: from today, or from `from`; `to` is only kept."""

    type: Literal["resumed"] = "resumed"
    from_: Day | None = Field(default=None, alias="from")
    to: End | None = None
    reason: Reason | None = None
    by: Name | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Exempted(Body):
    """This customer, or one invoice, is not chased; until the end of `to`, else until undone."""

    type: Literal["exempted"] = "exempted"
    invoice: Invoice | None = None
    from_: Day | None = Field(default=None, alias="from")
    to: End | None = None
    reason: Reason
    by: Name | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ExemptionEnded(Body):
    """The exemption of the customer, or of one invoice, is over, today or from `from`; `to` is only kept."""

    type: Literal["exemption_ended"] = "exemption_ended"
    invoice: Invoice | None = None
    from_: Day | None = Field(default=None, alias="from")
    to: End | None = None
    reason: Reason | None = None
    by: Name | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class OptedOut(Body):
    """The customer wants no more messages by this channel; without one, by none."""

    type: Literal["opted_out"] = "opted_out"
    channel: Name | None = None
    step: Name | None = None


class ContactInvalid(Body):
    """This channel reaches nobody: a wrong number, a mailbox that does not exist; without one, none does."""

    type: Literal["contact_invalid"] = "contact_invalid"
    channel: Name | None = None
    step: Name | None = None


class ContactChanged(Body):
    """New contact data for this channel: what was invalid may be tried again."""

    type: Literal["contact_changed"] = "contact_changed"
    channel: Name


class Delivered(Body):
    """A message of ours arrived. Without `message`, the newest one that fits step and channel."""

    type: Literal["delivered"] = "delivered"
    channel: Name | None = None
    step: Name | None = None
    message: Name | None = None


class Bounced(Body):
    """A message of ours came back. Without `message`, the newest one that fits."""

    type: Literal["bounced"] = "bounced"
    channel: Name | None = None
    step: Name | None = None
    message: Name | None = None
    reason: str | None = None


class Approved(Body):
    """A person allowed the step that waits for approval, for what was owed when they looked.

    An `outcome` other than `approved` is an answer too: it takes back what was allowed before.
    """

    type: Literal["approved"] = "approved"
    step: Name | None = None
    outcome: Reason | None = None
    by: Name | None = None


class TaskCompleted(Body):
    """A person finished the task of a step; without a step, all that were open."""

    type: Literal["task_completed"] = "task_completed"
    step: Name | None = None
    outcome: Reason | None = None
    by: Name | None = None


class SubscriptionSuspended(Body):
    """Our suspension took effect and was verified."""

    type: Literal["subscription_suspended"] = "subscription_suspended"
    subscription: Name
    by: Name | None = None


class SubscriptionReactivated(Body):
    """The service is back and was verified."""

    type: Literal["subscription_reactivated"] = "subscription_reactivated"
    subscription: Name
    by: Name | None = None


class SuspendRequested(Body):
    """Finance asks to suspend now instead of on the planned day; the warnings still count."""

    type: Literal["suspend_requested"] = "suspend_requested"
    reason: Reason
    by: Name | None = None


class ReactivateRequested(Body):
    """Finance gives the service back although money is still owed."""

    type: Literal["reactivate_requested"] = "reactivate_requested"
    reason: Reason
    by: Name | None = None


class OnboardingStarted(Body):
    """The verification of a new customer began."""

    type: Literal["onboarding_started"] = "onboarding_started"
    by: Name | None = None


class Onboarded(Body):
    """How the onboarding verification ended: approved, approved_prepayment, rejected."""

    type: Literal["onboarded"] = "onboarded"
    outcome: Literal["approved", "approved_prepayment", "rejected"]
    by: Name | None = None


class Checked(Body):
    """One check of an onboarding, as it went; only `pass` speaks for the customer.

    Attributes:
        outcome: `error` when the check itself could not be done, which says nothing of the customer.
        score: where a provider gives one.
        reasons: codes of `domain.identifiers.FINDINGS` or `domain.onboarding.PHONE_FINDINGS`.
        evidence: a provider's reference, no personal data.
        ruleset: the version of the rules that were applied.
    """

    type: Literal["checked"] = "checked"
    check: Literal["identifiers", "phone"]
    outcome: Literal["pass", "review", "fail", "error"]
    score: int | None = None
    reasons: tuple[str, ...] = ()
    evidence: Name | None = None
    provider: Name
    ruleset: Name


class CodeSent(Body):
    """A one-time code went out to a new customer; `attempt` counts them from 1."""

    type: Literal["code_sent"] = "code_sent"
    channel: Name
    attempt: int = Field(ge=1)


class CodeAnswered(Body):
    """The customer entered a code while the one of this attempt was valid: the right one, or not."""

    type: Literal["code_answered"] = "code_answered"
    ok: bool
    attempt: int = Field(ge=1)


class OnboardingReviewed(Body):
    """A person decided about a new customer."""

    type: Literal["onboarding_reviewed"] = "onboarding_reviewed"
    outcome: Literal["approve", "approve_prepayment", "reject"]
    note: Reason | None = None
    by: Name | None = None


class PolicyAdopted(Body):
    """The customer is under the policy with this hash from now on."""

    type: Literal["policy_adopted"] = "policy_adopted"
    policy: Name
    by: Name | None = None


class WorkersDown(Body):
    """Simulation only: nothing of ours runs until `until`; facts still arrive."""

    type: Literal["workers_down"] = "workers_down"
    until: AwareDatetime


class Unknown(Body):
    """A fact of a type this version does not act on: kept and shown, never a crash."""

    type: Literal["unknown"] = "unknown"
    name: str
    data: dict[str, Any]


KnownBody = Annotated[
    InvoiceIssued
    | InvoiceCorrected
    | InvoiceVoided
    | WrittenOff
    | WriteOffUndone
    | PaymentReceived
    | PaymentInFlight
    | PaymentFailed
    | Refunded
    | ChargedBack
    | ChargebackReversed
    | CreditNote
    | CreditNoteCancelled
    | DisputeOpened
    | DisputeResolved
    | Paused
    | Resumed
    | Exempted
    | ExemptionEnded
    | OptedOut
    | ContactInvalid
    | ContactChanged
    | Delivered
    | Bounced
    | Approved
    | TaskCompleted
    | SubscriptionSuspended
    | SubscriptionReactivated
    | SuspendRequested
    | ReactivateRequested
    | OnboardingStarted
    | Onboarded
    | Checked
    | CodeSent
    | CodeAnswered
    | OnboardingReviewed
    | PolicyAdopted
    | WorkersDown
    | Unknown,
    Field(discriminator="type"),
]
_BODY: TypeAdapter[Body] = TypeAdapter(KnownBody)
KNOWN_TYPES: frozenset[str] = frozenset(
    str(body.model_fields["type"].default) for body in Body.__subclasses__()
)


def ends_too_early(body: Body, on: date) -> str | None:
    """Say that a pause or an exemption said on a day would end before it begins; None when it does not."""
    if not isinstance(body, Paused | Exempted) or body.to is None:
        return None
    kind, first = "pause" if isinstance(body, Paused) else "exemption", body.from_ or on
    if body.to >= first:
        return None
    return f"the {kind} would end on {body.to}, before it begins on {first}"


def kind_of(body: Body) -> str:
    """Return the type of a fact, as the simulation format names it."""
    return str(type(body).model_fields["type"].default)


def read_body(data: Mapping[str, Any]) -> Body:
    """Return the body that `data` describes; a type nobody knows is kept as `Unknown`.

    Raises:
        pydantic.ValidationError: the type is known and a field is wrong or missing.
    """
    name = data.get("type")
    rest = {key: value for key, value in data.items() if key != "type"}
    if name == "unknown" and not _as_kept(rest):
        return Unknown(name=name, data=rest)
    if isinstance(name, str) and name not in KNOWN_TYPES:
        return Unknown(name=name, data=rest)
    return _BODY.validate_python(dict(data))


def _as_kept(rest: Mapping[str, Any]) -> bool:
    """Whether this is how `write_body` writes an `Unknown`; else the sender itself calls its type so."""
    return set(rest) == {"name", "data"} and isinstance(rest["name"], str) and isinstance(rest["data"], dict)


def write_body(body: Body) -> dict[str, Any]:
    """Return `body` as JSON-ready values; `read_body` gives the same body back."""
    return body.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One dated fact about one customer, unique by `source` and `id`.

    Attributes:
        happened_on: the day it happened, in the customer's zone.
        happened_at: the instant, where one is known; UTC.
        learned_at: when the ledger learned it; UTC.
        number: the ledger's running number, 0 before it is stored.
    """

    source: str
    id: str
    happened_on: date
    happened_at: datetime | None
    learned_at: datetime
    body: Body
    number: int = 0
