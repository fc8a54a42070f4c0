"""The collections policy as a customer reads it: values only, taken from what drives the timers.

The words stand in `templates/<language>/documents/`, which of them hold in `templates/shared/`. What
depends on the customer alone (for whom a step is, which approvals the seller wants) is left out: it
promises nothing to the reader.
"""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Literal

from domain.interest.terms import Interest
from domain.money import Money
from domain.notice import Seller
from domain.policy import Policy
from domain.policy_charges import Charges
from domain.policy_rests import Plans
from domain.policy_steps import NoticeStep, Step, SuspendStep, TaskStep

Says = Literal["reminder", "final_notice", "call", "review", "suspension"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStep:
    """One step as a customer meets it.

    Attributes:
        day: days from the due date; negative before it.
        channels: email, sms; empty for what is no message.
        all_channels: by each of them, not by the first that arrives.
        minimum: overdue amounts from which it is taken; empty for any.
    """

    says: Says
    day: int
    channels: tuple[str, ...] = ()
    all_channels: bool = False
    minimum: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """Everything that the policy lets a customer expect.

    Attributes:
        version: of the policy; it is what a customer accepts.
        weekdays, opens, closes, holidays: when messages go out, in the customer's time zone.
        promise_days, grace_days, promises: of a promise to pay, as the policy's `promises` has them.
        charges: how a card is charged again; None where no card is charged.
        suspension: the step that suspends; None where nobody is suspended.
    """

    title: str
    version: str
    seller: Seller
    steps: tuple[DocumentStep, ...]
    minimum: tuple[Money, ...]
    tolerance: tuple[Money, ...]
    gap_days: int
    weekdays: tuple[str, ...]
    opens: time
    closes: time
    holidays: bool
    promise_days: int
    grace_days: int
    promises: int
    plans: Plans
    charges: Charges | None
    interest: Interest
    suspension: SuspendStep | None
    returns: Literal["nothing_overdue", "below_minimum"]


def document(policy: Policy, seller: Seller) -> PolicyDocument:
    """Return what `policy` lets a customer of `seller` expect."""
    return PolicyDocument(
        title=policy.title,
        version=policy.version,
        seller=seller,
        steps=tuple(_step(policy, step) for step in policy.steps),
        minimum=_amounts(policy.minimum),
        tolerance=_amounts(policy.tolerance),
        gap_days=policy.minimum_gap_days,
        weekdays=policy.window.weekdays,
        opens=policy.window.opens,
        closes=policy.window.closes,
        holidays=policy.window.holidays,
        promise_days=policy.promises.max_days,
        grace_days=policy.promises.grace_days,
        promises=policy.promises.most,
        plans=policy.plans,
        charges=policy.charges,
        interest=policy.interest,
        suspension=policy.suspension,
        returns=policy.back.when,
    )


def _step(policy: Policy, step: Step) -> DocumentStep:
    minimum = _amounts(step.when.minimum)
    if isinstance(step, SuspendStep):
        return DocumentStep(says="suspension", day=step.offset_days, minimum=minimum)
    if isinstance(step, TaskStep):
        return DocumentStep(says=step.task, day=step.offset_days, minimum=minimum)
    return _notice(policy, step, minimum)


def _notice(policy: Policy, step: NoticeStep, minimum: tuple[Money, ...]) -> DocumentStep:
    return DocumentStep(
        says="final_notice" if step.id == policy.last_warning else "reminder",
        day=step.offset_days,
        channels=step.channels,
        all_channels=step.send == "all",
        minimum=minimum,
    )


def _amounts(amounts: dict[str, Decimal]) -> tuple[Money, ...]:
    return tuple(Money.of(amount, currency) for currency, amount in sorted(amounts.items()))
