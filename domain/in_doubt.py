"""In doubt: whether a message goes out again of which not even its vendor can tell whether it did."""

from dataclasses import dataclass

from domain.channels import AT_MOST_ONCE
from domain.policy import Policy
from domain.reasons import Reason, because


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What is done about an effect that may have happened; without a reason it goes without saying."""

    repeats: bool
    reason: Reason | None = None


def doubt_about(policy: Policy, step: str, channel: str) -> Doubt:
    """Return what becomes of a message: what the policy says of its step, else the rule of its channel."""
    words = (said for each in policy.notices if each.id == step for said in each.in_doubt.items())
    said = next((said for named, said in words if named == channel), None)
    by = f"the rule for {channel}" if said is None else f"the policy says so of {step} by {channel}"
    if channel not in AT_MOST_ONCE if said is None else said == "repeat":
        return Doubt(repeats=True, reason=because("doubt.repeat", by=by))
    return Doubt(repeats=False, reason=because("doubt.never", by=by))
