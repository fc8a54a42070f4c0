"""The input of a simulation: a customer, what happens to it, and the last day to play."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain import facts
from domain.customer import Customer


class CustomerInput(BaseModel):
    """The customer of a simulation; what is absent has the defaults of `Customer`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str | None = None
    segment: str = "business"
    country: str | None = None
    timezone: str = "UTC"
    language: str = "en"
    currency: str | None = None
    tags: tuple[str, ...] = ()
    size: str | None = None
    risk: str | None = None

    def customer(self) -> Customer:
        """Return the customer as a plan knows it."""
        return Customer(**self.model_dump(exclude={"name"}))


class Scenario(BaseModel):
    """The input of `policy simulate`: a customer, its events, and the last day to play."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer: CustomerInput
    until: facts.Day
    events: tuple[dict[str, Any], ...] = Field(max_length=100_000)
