"""Facts that let chasing rest, and those that end it: disputes, pauses, exemptions."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field

from domain.facts.fact import Body
from domain.facts.fields import Amount, Day, End, Invoice, Name, Reason


class DisputeOpened(Body):
    """The customer contests a part, or without an amount all, of an invoice. An outcome decides nothing."""

    type: Literal["dispute_opened"] = "dispute_opened"
    dispute: Name
    invoice: Invoice
    amount: Amount | None = None
    outcome: Reason | None = None
    by: Name | None = None


class DisputeResolved(Body):
    """The dispute is settled: `won` by us, the amount is chased again; `lost`, see credit notes."""

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


def ends_too_early(body: Body, on: date) -> str | None:
    """Say that a pause or an exemption said on a day would end before it begins; None when it does not."""
    if not isinstance(body, Paused | Exempted) or body.to is None:
        return None
    kind, first = "pause" if isinstance(body, Paused) else "exemption", body.from_ or on
    if body.to >= first:
        return None
    return f"the {kind} would end on {body.to}, before it begins on {first}"
