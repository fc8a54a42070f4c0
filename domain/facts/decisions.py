"""Facts of what a person decided or asked for."""

from typing import Literal

from domain.facts.fact import Body
from domain.facts.fields import End, Name, Reason


class Approved(Body):
    """A person allowed the step that waits for approval, for what was owed when they looked.

    An `outcome` other than `approved` is an answer too: it takes back what was allowed before.
    """

    type: Literal["approved"] = "approved"
    step: Name | None = None
    outcome: Reason | None = None
    by: Name | None = None

    @property
    def allows(self) -> bool:
        """Whether it allows the step; any other outcome does not."""
        return self.outcome in (None, "approved")


class TaskCompleted(Body):
    """A person finished the task of a step; without a step, all that were open.

    `reached` is about a call: whether somebody talked to the customer, or it was tried in vain.
    """

    type: Literal["task_completed"] = "task_completed"
    step: Name | None = None
    outcome: Reason | None = None
    reached: bool | None = None
    by: Name | None = None


class SuspendRequested(Body):
    """Finance asks to suspend now instead of on the planned day; the warnings still count."""

    type: Literal["suspend_requested"] = "suspend_requested"
    reason: Reason
    by: Name | None = None


class ReactivateRequested(Body):
    """Finance gives the service back although money is still owed."""

    type: Literal["reactivate_requested"] = "reactivate_requested"
    reason: Reason
    by: Name | None = None


class PolicyAdopted(Body):
    """The customer's case goes on under the policy with this hash, until it is closed."""

    type: Literal["policy_adopted"] = "policy_adopted"
    policy: Name
    by: Name | None = None


class PolicyOverrideSet(Body):
    """A person chose the policy of this name, until the end of `to`, else until it is ended.

    An open case keeps its own; it counts from the next one.
    """

    type: Literal["policy_override_set"] = "policy_override_set"
    policy: Name
    to: End | None = None
    reason: Reason
    by: Name | None = None


class PolicyOverrideEnded(Body):
    """The policy is chosen by its audience again; an open case keeps its own."""

    type: Literal["policy_override_ended"] = "policy_override_ended"
    reason: Reason | None = None
    by: Name | None = None
