"""Who gets which policy: the choice, its reason, and why each policy before it was passed over.

A person's override comes first. Else the first adopted policy whose audience the customer is of, in
the order of choice; where that one names an experiment, the policy of the customer's arm. A case that
is open keeps its version whatever is chosen here; that is the ledger's (store/policies.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.customer import Customer
from domain.override import Override
from domain.policy import Policy
from domain.policy_experiment import HOLD_OUT
from domain.reasons import Reason, because


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A policy that was considered and not chosen; `reason` is the first condition that failed."""

    policy: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The policy of a customer, and why.

    Attributes:
        policy: None when no adopted policy is for the customer.
        passed_over: what came before it in the order of choice.
        experiment, arm: in which the customer is; of a hold-out too, which stays with the policy itself.
    """

    policy: Policy | None
    reason: Reason
    passed_over: tuple[PassedOver, ...] = ()
    experiment: str | None = None
    arm: str | None = None

    def json(self) -> dict[str, str]:
        """Return what the ledger keeps of it: the policy's name, the rule and its words, and the arm."""
        kept = {
            "policy": self.policy.policy if self.policy else None,
            "rule": self.reason.rule,
            "why": self.reason.words,
            "experiment": self.experiment,
            "arm": self.arm,
        }
        return {name: value for name, value in kept.items() if value is not None}


def choose(adopted: Sequence[Policy], customer: Customer, override: Override | None = None) -> Choice:
    """Choose among policies in the order of choice.

    Args:
        override: a person's choice, where one holds today.
    """
    passed: list[PassedOver] = []
    by_name = {policy.policy: policy for policy in adopted}
    if override is not None:
        chosen = by_name.get(override.policy)
        if chosen is not None:
            reason = because(
                "assigned.override", by=override.by, until=override.until, reason=override.reason
            )
            return Choice(policy=chosen, reason=reason)
        reason = because("passed.not_adopted", policy=override.policy, by=override.by)
        passed.append(PassedOver(policy=override.policy, reason=reason))
    for policy in adopted:
        condition = policy.audience.missed(customer)
        if condition is None:
            return _in_experiment(policy, by_name, customer, passed)
        reason = because("passed.condition", policy=policy.policy, condition=condition)
        passed.append(PassedOver(policy=policy.policy, reason=reason))
    return Choice(policy=None, reason=because("assigned.none"), passed_over=tuple(passed))


def _in_experiment(
    policy: Policy, by_name: dict[str, Policy], customer: Customer, passed: list[PassedOver]
) -> Choice:
    """The policy itself, or that of the arm in which the customer is."""
    experiment, words = policy.experiment, policy.audience.words
    if experiment is None:
        reason = because("assigned.match", audience=words)
        return Choice(policy=policy, reason=reason, passed_over=tuple(passed))
    arm = experiment.arm_of(customer.id)
    if arm is None:
        reason = because("assigned.hold_out", experiment=experiment.name, audience=words)
        return Choice(
            policy=policy,
            reason=reason,
            passed_over=tuple(passed),
            experiment=experiment.name,
            arm=HOLD_OUT,
        )
    chosen = by_name.get(arm.policy)
    if chosen is None:  # Nobody is in an arm that does not exist: it would be compared as if it did.
        reason = because("assigned.no_arm", experiment=experiment.name, arm=arm.id, policy=arm.policy)
        return Choice(policy=policy, reason=reason, passed_over=tuple(passed))
    reason = because(
        "assigned.arm", experiment=experiment.name, arm=arm.id, policy=policy.policy, audience=words
    )
    return Choice(
        policy=chosen, reason=reason, passed_over=tuple(passed), experiment=experiment.name, arm=arm.id
    )


def who(customer: Customer) -> str:
    """Say what a choice looks at: `segment business, country DE, size unknown, ...`."""
    known = {
        "segment": customer.segment,
        "country": customer.country,
        "currency": customer.currency,
        "size": customer.size,
        "risk": customer.risk,
        "tags": " ".join(customer.tags) or None,
    }
    return ", ".join(f"{name} {value or _UNKNOWN.get(name, 'unknown')}" for name, value in known.items())


_UNKNOWN = {"tags": "none"}
