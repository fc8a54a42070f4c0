"""What a policy says of credit: what is prepaid, when the use of a limit is told, when to look again."""

from typing import Annotated

from pydantic import Field, field_validator

from domain.documents import Fault, Faults, Whole
from domain.policy_fields import Amounts, Channels, Part, StepId

FULL = 100
"""Percent of a limit at which it is used up."""


class Prepayment(Part):
    """What is asked for before an order is provisioned that no credit covers.

    Attributes:
        percent: of the estimate of the first month.
        minimum: the smallest deposit per currency; the larger of the two is asked for.
        wait_days: days after the request within which it must have come; then the order is cancelled.
        ask: template of the message that asks for it.
        tell: template of the message that says that the order was cancelled.
        channels: of these messages, in order of preference; the first that reaches the customer.
    """

    percent: Whole = Field(default=100, ge=1, le=1200)
    minimum: Amounts = Field(default_factory=dict)
    wait_days: Whole = Field(default=14, ge=1, le=365)
    ask: StepId = "deposit_request"
    tell: StepId = "order_cancelled"
    channels: Channels = ("email", "sms")


class CreditTerms(Part):
    """What happens while a limit is used up, and when a person looks at it again.

    Attributes:
        prepayment: what is asked for before an order is provisioned.
        tell_at: percent of the limit at which the customer is told, ascending, under 100.
        again_below: points under such a level below which it counts as left, and is told again.
        block_hours: hours between the notice at 100 percent and the block of new orders.
        near: template of the message at the levels of `tell_at`.
        full: template of the message at 100 percent.
        channels: of these messages, in order of preference; the first that reaches the customer.
        broken_promises: so many promises that were not kept make a person look at the limit.
        late_days: days past due of an invoice that do; once.
        review_days: days after the limit was granted after which a person looks again, and again.
    """

    prepayment: Prepayment = Field(default_factory=Prepayment)
    tell_at: tuple[Annotated[Whole, Field(ge=1, lt=FULL)], ...] = (70, 85)
    again_below: Whole = Field(default=5, ge=1, le=50)
    block_hours: Whole = Field(default=24, ge=0, le=720)
    near: StepId = "credit_near"
    full: StepId = "credit_full"
    channels: Channels = ("email", "sms")
    broken_promises: Whole = Field(default=2, ge=1, le=20)
    late_days: Whole = Field(default=60, ge=1, le=365)
    review_days: Whole = Field(default=365, ge=1, le=3650)

    @field_validator("tell_at")
    @classmethod
    def _ascending(cls, levels: tuple[int, ...]) -> tuple[int, ...]:
        faults = [
            Fault(path=(i,), message=f"{level} comes after {levels[i - 1]}: write each level once, ascending")
            for i, level in enumerate(levels)
            if i and level <= levels[i - 1]
        ]
        if faults:
            raise Faults(*faults)
        return levels

    @property
    def levels(self) -> tuple[int, ...]:
        """Every level, ascending, 100 percent the last."""
        return (*self.tell_at, FULL)
