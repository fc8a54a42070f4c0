"""Facts of orders: whether a customer may order anything new."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Name, Reason


class OrdersBlocked(Body):
    """Nothing new can be ordered, and no seat added; what there is works on."""

    type: Literal["orders_blocked"] = "orders_blocked"
    reason: Reason
    by: Name | None = None
    incident: Name | None = None


class OrdersUnblocked(Body):
    """Orders are taken again: those that this incident blocked, else all."""

    type: Literal["orders_unblocked"] = "orders_unblocked"
    reason: Reason
    by: Name | None = None
    incident: Name | None = None
