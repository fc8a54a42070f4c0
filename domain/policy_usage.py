"""What a policy asks of usage that is billed afterwards: budgets, alerts, and what counts as odd."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from domain.documents import Fault, Faults, Whole
from domain.money import PLAIN
from domain.policy_fields import Amounts, Channels, Part


def _decimal(value: object) -> object:
    if isinstance(value, str) and not PLAIN.fullmatch(value):
        raise ValueError(f"write a number like 1.2, not {value!r}")
    return value


Factor = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=1, le=1000)]


def _low() -> dict[str, Decimal]:
    """What may be used in a month before anything was agreed: little, so that somebody agrees on more."""
    hundred = dict.fromkeys(("AUD", "CAD", "CHF", "EUR", "GBP", "NZD", "SGD", "USD"), Decimal("100.00"))
    return hundred | {"JPY": Decimal(15000), "KRW": Decimal(150000), "SEK": Decimal("1000.00")}


class Usage(Part):
    """How usage is watched against its monthly budget. Where no usage is reported nothing of it matters.

    Attributes:
        budget_factor: a budget that was not agreed by itself is the expected amount times this.
        default_budget: per currency, as long as no profile is agreed.
        warn_percent: of the budget, from which the customer is warned.
        again_days: days after which that is said again, while usage is above it.
        alert_percent: of the budget, from which it is an alert, and finance has work.
        further_percent: every so many percent of the budget beyond that are another alert.
        odd_percent: of the budget, from which somebody looks for fraud or misuse.
        forecast_days: days of a month that have to be measured before its end is forecast.
        spike_factor: a day that costs more than this times the median of the days before it is a spike,
            unless it costs no more than a day's share of the budget.
        spike_days: earlier days that have to be measured, the newest 30 of which count.
        review_months: months after which a profile is agreed again.
        channels: of the messages, in order of preference; the first that reaches the customer.
    """

    budget_factor: Factor = Decimal("1.2")
    default_budget: Amounts = Field(default_factory=_low)
    warn_percent: Whole = Field(default=80, ge=1, le=100)
    again_days: Whole = Field(default=7, ge=1, le=31)
    alert_percent: Whole = Field(default=100, ge=1, le=1000)
    further_percent: Whole = Field(default=50, ge=5, le=1000)
    odd_percent: Whole = Field(default=150, ge=100, le=10000)
    forecast_days: Whole = Field(default=5, ge=1, le=28)
    spike_factor: Factor = Decimal(5)
    spike_days: Whole = Field(default=7, ge=3, le=30)
    review_months: Whole = Field(default=3, ge=1, le=12)
    channels: Channels = ("email", "sms")

    @model_validator(mode="after")
    def _warns_before_it_alerts(self) -> Self:
        if self.alert_percent <= self.warn_percent:
            message = f"is not above warn_percent, {self.warn_percent}: the warning would never come"
            raise Faults(Fault(path=("alert_percent",), message=f"{self.alert_percent} {message}"))
        return self
