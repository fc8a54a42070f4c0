"""Facts of orders: what a customer ordered, what became of it, and whether anything may be ordered."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Amount, Currency, Name, Reason


class OrderPlaced(Body):
    """The customer ordered something. It is provisioned when it is prepaid, or credit covers it.

    Attributes:
        amount: what is owed for it until it is invoiced.
        first_month: the estimate of the first month; without it, `amount`.
        prepay: the deposit that was agreed for this order; without it, as the policy says.
    """

    type: Literal["order_placed"] = "order_placed"
    order: Name
    amount: Amount
    currency: Currency
    subscription: Name | None = None
    first_month: Amount | None = None
    prepay: Amount | None = None
    by: Name | None = None


class OrderCancelled(Body):
    """The order will not be provisioned."""

    type: Literal["order_cancelled"] = "order_cancelled"
    order: Name
    reason: Reason
    by: Name | None = None


class Provisioned(Body):
    """The order was provisioned, and that was verified: it never is again."""

    type: Literal["provisioned"] = "provisioned"
    order: Name
    subscription: Name | None = None
    by: Name | None = None


class OrdersBlocked(Body):
    """Nothing that is ordered is provisioned until it is unblocked; what there is works on.

    A block for an incident ends with that incident's.
    """

    type: Literal["orders_blocked"] = "orders_blocked"
    reason: Reason
    by: Name | None = None
    incident: Name | None = None


class OrdersUnblocked(Body):
    """The block for an incident, without one the others, is over; the engine ends only its own."""

    type: Literal["orders_unblocked"] = "orders_unblocked"
    reason: Reason
    by: Name | None = None
    incident: Name | None = None
