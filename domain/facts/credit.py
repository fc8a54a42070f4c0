"""Facts of credit: how much a customer may owe, and how long."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from domain.facts.fact import Body
from domain.facts.fields import Currency, Name, Reason, exact


class CreditGranted(Body):
    """A customer may owe so much, and pay within so many days; the newest counts.

    A limit of 0 is prepayment only.
    """

    type: Literal["credit_granted"] = "credit_granted"
    limit: Annotated[Decimal, BeforeValidator(exact), Field(ge=0, max_digits=18)]
    currency: Currency
    terms_days: int | None = Field(default=None, ge=0, le=365)
    reason: Reason
    by: Name | None = None
