"""Facts of instalment plans: what was agreed about debts that are open already, and that it is over."""

from typing import Annotated, Literal

from pydantic import Field

from domain.facts.fact import Body
from domain.facts.fields import Currency, Name, Reason
from domain.facts.invoices import Instalment


class PlanAgreed(Body):
    """What is open in a currency is paid in instalments, the oldest due first; the earlier plan is over.

    Without a currency it is the customer's own, else that of the oldest open debt.
    """

    type: Literal["plan_agreed"] = "plan_agreed"
    instalments: Annotated[tuple[Instalment, ...], Field(min_length=1, max_length=120)]
    currency: Currency | None = None
    by: Name | None = None


class PlanEnded(Body):
    """The plan in this currency, without one every plan, is over: the invoices' own due dates count again."""

    type: Literal["plan_ended"] = "plan_ended"
    currency: Currency | None = None
    reason: Reason | None = None
    by: Name | None = None
