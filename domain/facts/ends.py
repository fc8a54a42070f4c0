"""Facts of how chasing ends: debts that others collect, subscriptions that others suspended or that ended."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import Invoice, Name, Reason


class HandedOver(Body):
    """An agency or a lawyer collects from now on: an invoice, or without one all that is past due."""

    type: Literal["handed_over"] = "handed_over"
    invoice: Invoice | None = None
    to: Name | None = None
    by: Name | None = None


class TakenBack(Body):
    """We collect again what was handed over, from a fresh warning: an invoice, or without one all of it."""

    type: Literal["taken_back"] = "taken_back"
    invoice: Invoice | None = None
    reason: Reason | None = None
    by: Name | None = None


class SuspendedElsewhere(Body):
    """Others suspended the service: a vendor, a fraud desk. With the outcome `ended` they gave it back."""

    type: Literal["suspended_elsewhere"] = "suspended_elsewhere"
    step: Name | None = None
    outcome: Reason | None = None
    by: Name | None = None


class SubscriptionCancelled(Body):
    """The subscription was cancelled: nothing is left to suspend, and what is owed is chased on.

    Which step and which outcome is kept and decides nothing.
    """

    type: Literal["subscription_cancelled"] = "subscription_cancelled"
    step: Name | None = None
    outcome: Reason | None = None
    by: Name | None = None
