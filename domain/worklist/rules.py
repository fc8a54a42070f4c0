"""The rules of the worklist, `policies/worklist/rules.yaml`: service levels, and what is quick or a risk."""

from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.calendar import Calendar
from domain.documents import Document, Fault, Faults, Whole
from domain.money import Money
from domain.policy_fields import Amounts, Country
from domain.policy_window import Window
from domain.worklist.kinds import Kind

_Hours = Annotated[Whole, Field(ge=1, le=1000)]
_Days = Annotated[Whole, Field(ge=0, le=1000)]


class BusinessHours(Window):
    """When the seller's own people work, in the zone of the seller.

    Attributes:
        country, subdivision: whose public holidays are no working days; without a country none is.
    """

    country: Country | None = None
    subdivision: str | None = None

    @model_validator(mode="after")
    def _has_known_holidays(self) -> Self:
        try:
            self.calendar("UTC")
        except ValueError as error:
            path = ("country",) if self.subdivision is None else ("subdivision",)
            raise Faults(Fault(path=path, message=str(error))) from None
        return self

    def calendar(self, zone: str) -> Calendar:
        """Return the calendar of these hours in a zone.

        Raises:
            ValueError: a country or subdivision of which no holidays are known.
        """
        country = self.country if self.holidays else None
        return Calendar(
            zone=zone,
            window=self.send_window(),
            country=country,
            subdivision=self.subdivision if country else None,
        )


class ServiceLevels(Document):
    """Within how many business hours from its opening a task of each kind is done."""

    call: _Hours
    review: _Hours
    approval: _Hours
    dispute: _Hours
    contact: _Hours
    cash: _Hours

    def hours(self, kind: Kind) -> int:
        """Return the hours of a kind."""
        hours: int = getattr(self, kind)
        return hours


class Ranking(Document):
    """What makes a task a quick win, and what puts its customer at risk.

    Attributes:
        invoices_paid: of so many invoices a habit is known; of fewer nothing is said.
        pays_within_days: who pays so many days after the due date, or sooner, is easily reached.
        habitually_late_days: who pays so many days after it, or later, is at risk.
        old_days: and so is who owes for so long.
        large: per currency the amount from which money is at risk.
    """

    invoices_paid: Annotated[Whole, Field(ge=1, le=100)]
    pays_within_days: _Days
    habitually_late_days: _Days
    old_days: _Days
    large: Annotated[Amounts, Field(min_length=1)]

    @cached_property
    def large_minor(self) -> dict[str, int]:
        """The same amounts in minor units."""
        return {currency: Money.of(amount, currency).minor for currency, amount in self.large.items()}


class WorklistRules(Document):
    """The whole file."""

    business_hours: BusinessHours = BusinessHours()
    service_levels: ServiceLevels
    ranking: Ranking
