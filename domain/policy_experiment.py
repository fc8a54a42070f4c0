"""An experiment: some customers of a policy are under another one, chosen by nobody."""

import hashlib
from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from domain.documents import Fault, Faults, Whole
from domain.policy_fields import Part, StepId

HOLD_OUT = "hold_out"
"""The name of those who stay with the policy itself."""


class Arm(Part):
    """Customers who are under another policy.

    Attributes:
        id: its name in reports.
        share: percent of the customers whom the policy is for.
        policy: the name of another policy, which is adopted too.
    """

    id: StepId
    share: Whole = Field(ge=1, le=100)
    policy: StepId


class Experiment(Part):
    """Arms of customers under other policies, and a hold-out that stays with this one.

    Attributes:
        name: decides together with a customer's id who is where; another name draws lots anew.
        arms: who is under another policy.
        hold_out: percent of the customers who stay with this policy, as if there were no experiment.
    """

    name: StepId
    arms: tuple[Arm, ...] = Field(min_length=1)
    hold_out: Whole = Field(default=0, ge=0, le=99)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        faults = [*self._wrong_ids()]
        total = self.hold_out + sum(arm.share for arm in self.arms)
        if total != 100:
            message = f"the shares of arms and hold_out are {total} percent together: make them 100"
            faults.append(Fault(path=("arms",), message=message))
        if faults:
            raise Faults(*faults)
        return self

    def _wrong_ids(self) -> Iterator[Fault]:
        seen = {HOLD_OUT}
        for i, arm in enumerate(self.arms):
            if arm.id in seen:
                why = "means those without an arm" if arm.id == HOLD_OUT else "is used twice"
                message = f"arm id {arm.id!r} {why}: give each arm its own"
                yield Fault(path=("arms", i, "id"), message=message)
            seen.add(arm.id)

    def arm_of(self, customer_id: str) -> Arm | None:
        """Return the arm of a customer, None in the hold-out: by this name and the id, and nothing else.

        The first eight bytes of the SHA-256 of `name/id`, modulo 100, are a place from 0 to 99; the hold-out
        has the first ones, then each arm its share, by id, so that their order in the file is free.
        """
        digest = hashlib.sha256(f"{self.name}/{customer_id}".encode()).digest()
        place = int.from_bytes(digest[:8]) % 100
        end = self.hold_out
        if place < end:
            return None
        for arm in sorted(self.arms, key=lambda arm: arm.id):
            end += arm.share
            if place < end:
                return arm
        raise AssertionError("the shares are 100 percent together")
