"""Facts that let chasing rest, and those that end it: disputes, pauses, exemptions, holds, promises."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field

from domain.facts.decisions import PolicyOverrideSet
from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Day, End, Invoice, Name, Reason
from domain.facts.plans import PlanAgreed


class DisputeOpened(Body):
    """The customer contests a part, or without an amount all, of an invoice. An outcome decides nothing.

    The owner is to answer; without one it is finance. The reason is a word of ours: what the customer wrote
    about it is personal data, and stands elsewhere.
    """

    type: Literal["dispute_opened"] = "dispute_opened"
    dispute: Name
    invoice: Invoice
    amount: Amount | None = None
    owner: Name | None = None
    reason: Reason | None = None
    outcome: Reason | None = None
    by: Name | None = None


class DisputeResolved(Body):
    """The dispute is settled: `won` by us, the amount is chased again; `lost`, it needs a credit note."""

    type: Literal["dispute_resolved"] = "dispute_resolved"
    dispute: Name
    invoice: Invoice | None = None
    amount: Amount | None = None
    outcome: Reason | None = None
    by: Name | None = None


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


class HoldSet(Body):
    """Nothing at all may be said or done: attorney, bankruptcy, death, legal hold, a cease request.

    From `from` until the end of `to`, else until it is released.
    """

    type: Literal["hold_set"] = "hold_set"
    from_: Day | None = Field(default=None, alias="from")
    to: End | None = None
    reason: Reason
    by: Name | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class HoldReleased(Body):
    """The hold for this reason, else every hold, is over, today or from `from`; `to` is only kept."""

    type: Literal["hold_released"] = "hold_released"
    from_: Day | None = Field(default=None, alias="from")
    to: End | None = None
    reason: Reason | None = None
    by: Name | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PromiseMade(Body):
    """The customer promised to pay by the end of a day, `amount` or else all that is past due.

    Without a currency the amount is in the customer's own, else in that of the oldest open debt.
    """

    type: Literal["promise_made"] = "promise_made"
    pay_on: Day
    amount: Amount | None = None
    currency: Currency | None = None
    by: Name | None = None


_RESTS = {Paused: "pause", Exempted: "exemption", HoldSet: "hold"}


def ends_too_early(body: Body, on: date) -> str | None:
    """Say that what is to last until a day would end before it begins; None when it does not."""
    if isinstance(body, PlanAgreed) and body.instalments[0].due_on < on:
        first = body.instalments[0].due_on
        return f"the first instalment would be due on {first}, before the plan is agreed on {on}"
    if isinstance(body, PromiseMade) and body.pay_on < on:
        return f"the promise would be due on {body.pay_on}, before it is made on {on}"
    if isinstance(body, PolicyOverrideSet) and body.to is not None and body.to < on:
        return f"the override would end on {body.to}, before it begins on {on}"
    if not isinstance(body, Paused | Exempted | HoldSet) or body.to is None:
        return None
    first = body.from_ or on
    if body.to >= first:
        return None
    return f"the {_RESTS[type(body)]} would end on {body.to}, before it begins on {first}"
