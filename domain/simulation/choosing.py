"""Which policy a customer is under while a simulation runs: as live, chosen anew until a case pins it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.account import Account
from domain.assignment import PassedOver, choose
from domain.decide import Decision
from domain.override import in_force
from domain.policy import Policy
from domain.reasons import Reason, because
from domain.situation import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A policy from an instant on, and why.

    Attributes:
        policy: None while no policy is for the customer: then nothing is done.
        experiment, arm: in which the customer is; of a hold-out too.
        passed_over: what came before it in the order of choice.
    """

    at: datetime
    policy: Policy | None
    reason: Reason
    experiment: str | None = None
    arm: str | None = None
    passed_over: tuple[PassedOver, ...] = ()

    def json(self) -> dict[str, Any]:
        """Return it in the simulation format, but for its instant."""
        return {
            "policy": self.policy and self.policy.policy,
            "version": self.policy and self.policy.version,
            "rule": self.reason.rule,
            "why": self.reason.words,
            "experiment": self.experiment,
            "arm": self.arm,
            "passed_over": [
                {"policy": each.policy, "rule": each.reason.rule, "why": each.reason.words}
                for each in self.passed_over
            ],
        }


class Assignments:
    """The choice of one customer's policy, and the case that pins it.

    Attributes:
        policies: in the order of choice.
        pinned: the policy of the open case, or the one that was adopted for the next.
        told: each policy from when on, in order.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = policies
        self.pinned: Policy | None = None
        self.case_open = False
        self.told: list[Assigned] = []

    def policy_at(self, account: Account, now: datetime) -> Policy | None:
        """Return the policy that counts now; None where none is for the customer."""
        if self.pinned is not None:
            return self.pinned
        today = now.astimezone(ZoneInfo(account.customer.timezone)).date()
        choice = choose(self.policies, account.customer, in_force(account.override, today))
        self._tell(
            Assigned(
                at=now,
                policy=choice.policy,
                reason=choice.reason,
                experiment=choice.experiment,
                arm=choice.arm,
                passed_over=choice.passed_over,
            )
        )
        return choice.policy

    def adopt(self, policy: Policy, now: datetime) -> None:
        """Go on under a policy that a person adopted for this customer, until its case is closed."""
        self.pinned = policy
        self._tell(Assigned(at=now, policy=policy, reason=because("assigned.adopted")))

    def closes(self, at: Situation, decision: Decision) -> bool:
        """Open or close the case by what is decided; whether it was closed, and another policy may count."""
        # A bounce or the night takes its only step back for a while: it is the same case after.
        still = decision.case_open or (self.case_open and bool(at.overdue))
        closed = self.case_open and not still
        if closed:
            self.pinned = None
        elif still:
            self.pinned = at.policy
        self.case_open = still
        return closed

    def _tell(self, assigned: Assigned) -> None:
        """Note a policy that is another one than before, or for another reason."""
        before = self.told[-1] if self.told else None
        if before is None or (before.policy, before.reason) != (assigned.policy, assigned.reason):
            self.told.append(assigned)
