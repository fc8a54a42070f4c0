"""Facts of the service, and of whether anything of ours runs."""

from typing import Literal

from pydantic import AwareDatetime

from domain.facts.fact import Body
from domain.facts.fields import Name


class SubscriptionSuspended(Body):
    """Our suspension took effect and was verified."""

    type: Literal["subscription_suspended"] = "subscription_suspended"
    subscription: Name
    by: Name | None = None


class SubscriptionReactivated(Body):
    """The service is back and was verified."""

    type: Literal["subscription_reactivated"] = "subscription_reactivated"
    subscription: Name
    by: Name | None = None


class WorkersDown(Body):
    """Simulation only: nothing of ours runs until `until`; facts still arrive."""

    type: Literal["workers_down"] = "workers_down"
    until: AwareDatetime
