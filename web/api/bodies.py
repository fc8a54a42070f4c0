"""What is sent to the API: a fact beside the customer that it is about, and when it happened."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, create_model

from domain.facts import Body, Day
from domain.facts.fields import Name
from domain.onboarding import Application

CustomerId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
MOST_ITEMS = 1000


def _of_our_time(at: datetime) -> datetime:
    if not 1970 <= at.year <= 2100:
        raise ValueError(f"{at.isoformat()} is in an impossible year: write one between 1970 and 2100")
    return at


At = Annotated[AwareDatetime, AfterValidator(_of_our_time)]


class Envelope(BaseModel):
    """What stands beside a fact.

    Attributes:
        id: names the report within your system; the header Idempotency-Key does so too.
        on: the day it happened, in the customer's zone. `at` is the instant, where one is known; without
            both it is now.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer: CustomerId
    id: Name | None = None
    on: Day | None = None
    at: At | None = None


ENVELOPE = frozenset(Envelope.model_fields)


def reported(kind: type[Body]) -> type[BaseModel]:
    """Return the model of a request that reports a fact of this kind."""
    fields: dict[str, Any] = {
        (info.alias or name): (info.annotation, info)
        for name, info in kind.model_fields.items()
        if name != "by"
    }
    model: type[BaseModel] = create_model(kind.__name__, __base__=Envelope, __doc__=kind.__doc__, **fields)
    return model


class Bulk(BaseModel):
    """Many facts at once, each as its own path takes it, and with its `type`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MOST_ITEMS,
        examples=[
            [
                {
                    "type": "invoice_issued",
                    "customer": "ACME",
                    "invoice": "INV-1042",
                    "amount": "1490.00",
                    "currency": "EUR",
                    "due_on": "2026-03-31",
                }
            ]
        ],
    )


class CustomerBody(BaseModel):
    """A customer. What is left out of one who is known stays as it is.

    Attributes:
        verify: begin with the verification of a new customer, instead of taking them as they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    customer: CustomerId
    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=254)
    phone: str | None = Field(default=None, max_length=40)
    address: str | None = Field(default=None, max_length=500)
    vat_id: str | None = Field(default=None, max_length=40)
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    timezone: str | None = Field(default=None, max_length=64)
    segment: str | None = Field(default=None, max_length=32)
    language: str | None = Field(default=None, max_length=16)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    tags: list[str] | None = Field(default=None, max_length=32)
    size: str | None = Field(default=None, max_length=32)
    risk: str | None = Field(default=None, max_length=32)
    region: str | None = Field(default=None, max_length=8)
    city: str | None = Field(default=None, max_length=8)
    verify: bool = False

    @property
    def application(self) -> Application:
        """Return what is said of the customer, with our defaults for the rest."""
        said = self.model_dump(exclude={"customer", "verify"}, exclude_none=True)
        tags = tuple(said.pop("tags", ()))
        return Application(customer_id=self.customer, tags=tags, **said)

    @property
    def said(self) -> frozenset[str]:
        """What of segment, country, time zone, language and place is said."""
        given = {name for name in _KNOWN_BY if getattr(self, name) is not None}
        return frozenset(given | ({"places"} if self.city else set()))


_KNOWN_BY = ("segment", "country", "timezone", "language", "region", "size", "risk")
