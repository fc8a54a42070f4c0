"""The input of a simulation: a customer, what happens to it, and the last day to play."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain import facts
from domain.contact_law.placing import read_city, read_region
from domain.contact_law.whereabouts import Whereabouts
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
    region: str | None = None
    places: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()

    def customer(self) -> Customer:
        """Return the customer as a plan knows it."""
        return Customer(**self.model_dump(exclude={"name", "region", "places", "zones"}))

    def whereabouts(self) -> Whereabouts:
        """Return where the customer may be, as contact law asks."""
        return Whereabouts(
            region=None if self.region is None else read_region(self.region, self.country),
            places=tuple(read_city(place, self.country) for place in self.places),
            zones=self.zones,
        )


class Scenario(BaseModel):
    """The input of `policy simulate`: a customer, its events, and the last day to play."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer: CustomerInput
    until: facts.Day
    events: tuple[dict[str, Any], ...] = Field(max_length=100_000)
