"""Whom a policy is for, and which of its conditions a customer does not meet."""

from typing import Annotated, Any, Protocol, Self

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from domain.customer import Customer
from domain.money import CURRENCIES
from domain.policy_fields import Country, Part, Segment, Tag
from domain.spelling import closest


def _known(currency: str) -> str:
    if currency not in CURRENCIES:
        near = closest(currency, CURRENCIES)
        hint = f" (did you mean {near}?)" if near else ""
        raise ValueError(f"{currency!r} is no ISO 4217 currency code such as EUR{hint}")
    return currency


Currency = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": sorted(CURRENCIES)})]


class Conditions(Protocol):
    """What a policy and a step may both ask of a customer; what is empty asks nothing."""

    @property
    def segments(self) -> tuple[str, ...]: ...
    @property
    def countries(self) -> tuple[str, ...]: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def without_tags(self) -> tuple[str, ...]: ...


def missed(who: Conditions, customer: Customer) -> str | None:
    """Return the first condition that a customer does not meet, in words; None when all are met."""
    if who.segments and customer.segment not in who.segments:
        return "segment " + " or ".join(who.segments)
    if who.countries and customer.country not in who.countries:
        return "country " + " or ".join(who.countries)
    if who.tags and not set(who.tags) & set(customer.tags):
        return "tag " + " or ".join(who.tags)
    if set(who.without_tags) & set(customer.tags):
        return "customers without tag " + " or ".join(who.without_tags)
    return None


class Audience(Part):
    """Whom the policy is for: all conditions that are given must hold, and one must be given.

    Attributes:
        segments: customers of one of these segments.
        countries: customers in one of these countries, as ISO 3166 code.
        currencies: customers whose own currency is one of these.
        sizes: customers of one of these sizes, such as small.
        risks: customers of one of these risks, such as high.
        tags: customers with at least one of these tags.
        without_tags: customers with none of these tags.
    """

    segments: tuple[Segment, ...] = ()
    countries: tuple[Country, ...] = ()
    currencies: tuple[Currency, ...] = ()
    sizes: tuple[Segment, ...] = ()
    risks: tuple[Segment, ...] = ()
    tags: tuple[Tag, ...] = ()
    without_tags: tuple[Tag, ...] = ()

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not any(getattr(self, name) for name in type(self).model_fields):
            names = ", ".join(type(self).model_fields)
            raise ValueError(f"say whom the policy is for: give at least one of {names}")
        return self

    @model_serializer(mode="wrap")
    def _given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Only what is given: a condition that came later leaves the version of older policies alone.
        return {name: value for name, value in write(self).items() if value}

    def missed(self, customer: Customer) -> str | None:
        """Return the first condition that a customer does not meet, in words; None when all are met."""
        if (condition := missed(self, customer)) is not None:
            return condition
        for name, asked, own in (
            ("currency", self.currencies, customer.currency),
            ("size", self.sizes, customer.size),
            ("risk", self.risks, customer.risk),
        ):
            if asked and own not in asked:
                return f"{name} {' or '.join(asked)}"
        return None

    @property
    def words(self) -> str:
        """Whom it is for, as a person would say it."""
        kinds = {
            "segment": self.segments,
            "country": self.countries,
            "currency": self.currencies,
            "size": self.sizes,
            "risk": self.risks,
            "tag": self.tags,
            "no tag": self.without_tags,
        }
        return ", ".join(f"{name} {' or '.join(asked)}" for name, asked in kinds.items() if asked)

    def takes_all_of(self, other: "Audience") -> bool:
        """Whether every customer of another audience is of this one too, as far as their conditions tell."""
        among = ("segments", "countries", "currencies", "sizes", "risks", "tags")
        inside = all(
            not getattr(self, name)
            or (getattr(other, name) and set(getattr(other, name)) <= set(getattr(self, name)))
            for name in among
        )
        return inside and set(self.without_tags) <= set(other.without_tags)
