"""The collections policy: the numbers and rules that finance may change, read from YAML.

A policy is data. `domain.documents.read` turns a file into it and reports every mistake with its
line; `domain.plan` applies it. Days are whole days in the customer's zone. Amounts are decimals in
major units per currency. Its version is the hash of its canonical content, so equal content is one
version, whatever the file is called.

The parts of a policy that are still to come get a field of their own here. What came after the first
release stands in `_ADDED` and its like: while it is left at its default, which never changes, a policy
keeps its version.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from domain.channels import EMAIL
from domain.documents import Fault, Faults, Whole
from domain.interest.terms import Interest
from domain.own_steps import RESERVED
from domain.policy_access import Access
from domain.policy_audience import Audience
from domain.policy_charges import Charges, reserved
from domain.policy_contact import Contact
from domain.policy_credit import CreditTerms
from domain.policy_experiment import Experiment
from domain.policy_fields import Amounts, Channels, Part, StepId
from domain.policy_order import wrong_needs, wrong_order
from domain.policy_rests import Disputes, Pauses, Plans, Promises
from domain.policy_steps import (
    HandOverStep,
    NoticeStep,
    Proposing,
    RestrictStep,
    Step,
    SuspendStep,
    TaskStep,
    TerminateStep,
    WriteOffStep,
    earliest_day,
)
from domain.policy_usage import Usage
from domain.policy_window import Window

_ADDED = (
    *("pauses", "promises", "plans", "disputes", "charges", "interest", "experiment", "contact"),
    *("grace_days", "credit", "usage", "access"),
)
_ADDED_TO_STEPS, _ADDED_TO_WHEN = ("anchor", "in_doubt", "statutory"), ("maximum",)


class Return(Part):
    """What brings a suspended customer back.

    Attributes:
        when: `nothing_overdue`: no overdue main debt is left; `below_minimum`: what is left is
            under the policy's minimum.
        thanks: template of the message afterwards.
        channels: of that message, in order of preference; the first that reaches the customer.
    """

    when: Literal["nothing_overdue", "below_minimum"] = "nothing_overdue"
    thanks: StepId = "thanks"
    channels: Channels = ("email",)


class Policy(Part):
    """One collections policy.

    Attributes:
        policy: its name, which stays the same when its numbers change.
        title: its name for people.
        audience: whom it is for.
        experiment: some of them are under another policy, to compare.
        minimum: overdue net amount per currency below which nobody is chased.
        tolerance: a balance up to this, per currency, counts as paid.
        minimum_gap_days: whole days between two reminders to one customer.
        grace_days: whole days after the due date on which nothing presses: a step of theirs waits.
        lateness: after downtime, `never_skip` sends the highest reminder that is due but no step
            beyond a warning that has not gone out yet; `most_severe` sends the highest, and its
            delivery stands for the warnings below it.
        allocation: which debt money pays that names no invoice, or that its invoice does not need: the
            `oldest_due` date, or the `oldest_invoice` by date of issue.
        window: when messages may go out.
        contact: what of contact law is ours to choose.
        pauses, promises: for how long, and how often, chasing may rest.
        charges: how a customer's card is charged again; none charges no card.
        plans: what an instalment plan is worth.
        disputes: how long a dispute may wait for people.
        credit: what is prepaid, and what happens while a limit is used up.
        steps: what happens, mildest first.
        interest: what lateness costs, as it is proposed to finance.
        usage: how usage that is billed afterwards is watched.
        access: under which conditions roles of administration are granted.
        back: what brings a suspended customer back.
    """

    policy: StepId
    title: str
    audience: Audience = Field(alias="for")
    experiment: Experiment | None = None
    minimum: Amounts = Field(default_factory=dict)
    tolerance: Amounts = Field(default_factory=dict)
    minimum_gap_days: Whole = Field(default=2, ge=0, le=90)
    grace_days: Whole = Field(default=0, ge=0, le=365)
    lateness: Literal["never_skip", "most_severe"] = "never_skip"
    allocation: Literal["oldest_due", "oldest_invoice"] = "oldest_due"
    window: Window = Field(default_factory=Window)
    contact: Contact = Field(default_factory=Contact)
    pauses: Pauses = Field(default_factory=Pauses)
    promises: Promises = Field(default_factory=Promises)
    charges: Charges | None = None
    plans: Plans = Field(default_factory=Plans)
    disputes: Disputes = Field(default_factory=Disputes)
    credit: CreditTerms = Field(default_factory=CreditTerms)
    steps: tuple[Step, ...] = Field(min_length=1)
    interest: Interest = Field(default_factory=Interest)
    usage: Usage = Field(default_factory=Usage)
    access: Access = Field(default_factory=Access)
    back: Return = Field(default_factory=Return, alias="return")

    @field_validator("steps")
    @classmethod
    def _steps_fit_together(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        faults = [*_wrong_ids(steps), *_wrong_channels(steps), *wrong_order(steps), *wrong_needs(steps)]
        if faults:
            raise Faults(*faults)
        return steps

    @field_validator("interest")
    @classmethod
    def _interest_fits_the_steps(cls, interest: Interest, info: ValidationInfo) -> Interest:
        steps: tuple[Step, ...] = info.data.get("steps", ())  # none where the steps have faults of their own
        faults = [*interest.wrong_steps({step.id: earliest_day(step) for step in steps})] if steps else []
        if faults:
            raise Faults(*faults)
        return interest

    @model_validator(mode="after")
    def _steps_are_no_charges(self) -> Self:
        named = [(i, step.id) for i, step in enumerate(self.steps) if self.charges and reserved(step.id)]
        if named:
            message = "is how the engine names its charges: choose another id"
            raise Faults(*(Fault(path=("steps", i, "id"), message=f"{id_!r} {message}") for i, id_ in named))
        return self

    # What follows from the steps is kept, because a plan asks for it all the time. `model_copy` would
    # take it along: a policy with other steps is made anew.

    @cached_property
    def notices(self) -> tuple[NoticeStep, ...]:
        """The message steps, mildest first."""
        return tuple(step for step in self.steps if isinstance(step, NoticeStep))

    @cached_property
    def statutory(self) -> frozenset[str]:
        """The notices that the law requires."""
        return frozenset(step.id for step in self.notices if step.statutory)

    @cached_property
    def tasks(self) -> tuple[TaskStep, ...]:
        """The steps that give a person work."""
        return tuple(step for step in self.steps if isinstance(step, TaskStep))

    @cached_property
    def suspension(self) -> SuspendStep | None:
        """The step that suspends, where the policy has one."""
        return next((step for step in self.steps if isinstance(step, SuspendStep)), None)

    @cached_property
    def restriction(self) -> RestrictStep | None:
        """The step that restricts, where the policy has one."""
        return next((step for step in self.steps if isinstance(step, RestrictStep)), None)

    @cached_property
    def termination(self) -> TerminateStep | None:
        """The step that ends the subscription, where the policy has one."""
        return next((step for step in self.steps if isinstance(step, TerminateStep)), None)

    @cached_property
    def proposals(self) -> tuple[Proposing, ...]:
        """The steps that ask a person to hand over or to write off."""
        return tuple(step for step in self.steps if isinstance(step, HandOverStep | WriteOffStep))

    @cached_property
    def warnings(self) -> frozenset[str]:
        """The steps without which nobody is suspended, directly or through another step."""
        return self._needed(self.suspension.needs_delivered if self.suspension else ())

    @cached_property
    def unskippable(self) -> frozenset[str]:
        """The notices that something other than a notice builds on, directly or through another step."""
        ends = (step for step in self.steps if not isinstance(step, NoticeStep | TaskStep))
        return self._needed(need for step in ends for need in step.needs_delivered)

    @cached_property
    def end_warnings(self) -> frozenset[str]:
        """The warnings of the end of the subscription, which stand after the suspension."""
        suspension, termination = self.suspension, self.termination
        if suspension is None or termination is None:
            return frozenset()
        after = self.steps[self.steps.index(suspension) + 1 :]
        return frozenset(termination.needs_delivered) & {step.id for step in after}

    def _needed(self, steps: Iterable[str]) -> frozenset[str]:
        needs = {step.id: step.needs_delivered for step in self.steps}
        wanted = list(steps)
        found: set[str] = set()
        while wanted:
            step = wanted.pop()
            if step not in found:
                found.add(step)
                wanted.extend(needs[step])
        return frozenset(found)

    @cached_property
    def last_warning(self) -> str | None:
        """The most severe notice before the suspension, which announces its date."""
        return next((step.id for step in reversed(self.notices) if step.id in self.warnings), None)

    def canonical(self) -> str:
        """Return the content as JSON in one fixed form: what the ledger keeps and hashes."""
        content: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude=_unused(self, _ADDED))
        for step, written in zip(self.steps, content["steps"], strict=True):
            for name in _unused(step, _ADDED_TO_STEPS):
                del written[name]
            for name in _unused(step.when, _ADDED_TO_WHEN):
                del written["when"][name]
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def version(self) -> str:
        """The first 12 hex digits of the SHA-256 of the canonical content."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()[:12]


def _unused(part: Part, added: tuple[str, ...]) -> set[str]:
    """Return which of these later additions a part of a policy leaves at their default."""
    fields = type(part).model_fields
    return {
        name
        for name in added
        if name in fields and getattr(part, name) == fields[name].get_default(call_default_factory=True)
    }


def _wrong_channels(steps: tuple[Step, ...]) -> Iterator[Fault]:
    for i, step in enumerate(steps):
        if isinstance(step, NoticeStep) and step.statutory and EMAIL not in step.channels:
            message = (
                f"step {step.id!r} is statutory, and no SMS gets past a STOP: add email to its `channels`"
            )
            yield Fault(path=(i, "statutory"), message=message)


def _wrong_ids(steps: tuple[Step, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, step in enumerate(steps):
        if step.id in seen:
            yield Fault(path=(i, "id"), message=f"step id {step.id!r} is used twice: give each its own")
        if step.id in RESERVED:
            message = f"step id {step.id!r} is reserved for the engine's own messages: choose another"
            yield Fault(path=(i, "id"), message=message)
        seen.add(step.id)
