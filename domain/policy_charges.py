"""How a policy charges cards: the ladder of retries, its backstops, and the request for another card."""

from datetime import time
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from domain.charges.networks import NETWORKS, never_again
from domain.documents import Fault, Faults, Flag, Whole
from domain.policy_fields import Channels, Hour, Part, StepId

MOST_RETRIES = 15
"""On one ladder: what Visa allows for a card in 30 days."""

CHARGE_STEP, ASK_STEP = "charge_", "card_update_"
"""How the steps begin that name an attempt, and a request for another card."""


def reserved(step: str) -> bool:
    """Whether a step is named like an attempt of ours, or like a request for another card."""
    return step.startswith((CHARGE_STEP, ASK_STEP))


class Charges(Part):
    """How a card that was declined is charged again.

    Attributes:
        retry_days: days after the first failed charge of an invoice on which it is tried again, ascending.
        hour: local time of the customer from which retries run; on any day of the week, holidays too.
        before_steps: one last attempt before a step about an overdue invoice, which waits for its answer.
        stop_days: days after the first failed charge from which an invoice is not tried any more.
        stop_declines: declined charges of an invoice after which it is not tried any more.
        declines: what codes of the provider mean: hard, customer, soft or technical.
        template: the words of the message that asks for another card.
        channels: of that message, in order of preference; the first that reaches the customer.
    """

    retry_days: tuple[Annotated[Whole, Field(ge=1, le=365)], ...] = Field(default=(), max_length=MOST_RETRIES)
    hour: Hour = time(6)
    before_steps: Flag = True
    stop_days: Whole = Field(default=60, ge=1, le=365)
    stop_declines: Whole = Field(default=7, ge=1, le=100)
    declines: dict[
        Annotated[str, Field(min_length=1, max_length=128)],
        Literal["hard", "customer", "soft", "technical"],
    ] = Field(default_factory=dict)
    template: StepId = "card_update"
    channels: Channels = ("email",)

    @field_validator("retry_days")
    @classmethod
    def _ascending(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        wrong = [i for i, (earlier, later) in enumerate(pairwise(days), 1) if later <= earlier]
        if wrong:
            message = "comes no later than the day before it: write each day once, the first first"
            raise Faults(*(Fault(path=(i,), message=f"day {days[i]} {message}") for i in wrong))
        return days

    @field_validator("declines")
    @classmethod
    def _as_networks_allow(cls, declines: dict[str, str]) -> dict[str, str]:
        networks = [
            (network.name, code) for network in NETWORKS for code in declines if code in network.never
        ]
        faults = [
            Fault(path=(code,), message=f"{name} forbids to try again after {code}: only `hard` is possible")
            for name, code in networks
            if declines[code] != "hard" and never_again(code, name)
        ]
        if faults:
            raise Faults(*faults)
        return declines

    @model_validator(mode="after")
    def _retries_before_the_stop(self) -> Self:
        late = [i for i, day in enumerate(self.retry_days) if day >= self.stop_days]
        if late:
            message = f"never happens: `stop_days` ends all retries on day {self.stop_days}"
            faults = (
                Fault(path=("retry_days", i), message=f"day {self.retry_days[i]} {message}") for i in late
            )
            raise Faults(*faults)
        return self
