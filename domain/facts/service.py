"""Facts of the service, and of whether anything of ours runs."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from domain.facts.fact import Body
from domain.facts.fields import Name


class SubscriptionSuspended(Body):
    """Our suspension took effect and was verified; at a provider whose term ends, that is its last day."""

    type: Literal["subscription_suspended"] = "subscription_suspended"
    subscription: Name
    by: Name | None = None
    ends_on: date | None = None


class SubscriptionReactivated(Body):
    """The service is back and was verified."""

    type: Literal["subscription_reactivated"] = "subscription_reactivated"
    subscription: Name
    by: Name | None = None


class SubscriptionRestricted(Body):
    """Our restriction took effect and was verified: what there is works on, nothing new can be ordered."""

    type: Literal["subscription_restricted"] = "subscription_restricted"
    subscription: Name
    by: Name | None = None


class SubscriptionTerminated(Body):
    """We ended the subscription, and that was verified: nothing brings it back."""

    type: Literal["subscription_terminated"] = "subscription_terminated"
    subscription: Name
    by: Name | None = None


class WorkersDown(Body):
    """Simulation only: nothing of ours runs until `until`; facts still arrive."""

    type: Literal["workers_down"] = "workers_down"
    until: AwareDatetime
