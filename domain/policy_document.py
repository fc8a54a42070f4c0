"""The collections policy as a customer reads it: values only, taken from what drives the timers.

The words stand in `templates/<language>/documents/`, which of them hold in `templates/shared/`. What
depends on the customer alone (for whom a step is, which approvals the seller wants) is left out, as is
what is proposed to write off: it promises nothing to the reader.
"""

from collections.abc import Mapping
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
from domain.policy_steps import (
    Anchor,
    NoticeStep,
    RestrictStep,
    Step,
    SuspendStep,
    TaskStep,
    TerminateStep,
    WriteOffStep,
    presses,
)

Says = Literal[
    "reminder",
    "final_notice",
    "end_warning",
    "call",
    "review",
    "restriction",
    "suspension",
    "hand_over",
    "termination",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStep:
    """One step as a customer meets it.

    Attributes:
        day: days from the anchor, grace included; negative before the due date.
        channels: email, sms; empty for what is no message.
        all_channels: by each of them, not by the first that arrives.
        minimum: overdue amounts from which it is taken; empty for any.
        maximum: overdue amounts up to which it is taken; empty for any.
    """

    says: Says
    day: int
    anchor: Anchor = "due_date"
    channels: tuple[str, ...] = ()
    all_channels: bool = False
    minimum: tuple[Money, ...] = ()
    maximum: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """Everything that the policy lets a customer expect.

    Attributes:
        version: of the policy; it is what a customer accepts.
        weekdays, opens, closes, holidays: when messages go out, in the customer's time zone.
        quiet_days: days after the due date on which nothing presses.
        promise_days, grace_days, promises: of a promise to pay, as the policy's `promises` has them.
        charges: how a card is charged again; None where no card is charged.
        restriction, suspension, termination: the steps that do so; None where nobody is met by them.
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
    quiet_days: int
    promise_days: int
    grace_days: int
    promises: int
    plans: Plans
    charges: Charges | None
    interest: Interest
    restriction: RestrictStep | None
    suspension: SuspendStep | None
    termination: TerminateStep | None
    returns: Literal["nothing_overdue", "below_minimum"]


def document(policy: Policy, seller: Seller) -> PolicyDocument:
    """Return what `policy` lets a customer of `seller` expect."""
    return PolicyDocument(
        title=policy.title,
        version=policy.version,
        seller=seller,
        steps=tuple(_step(policy, step) for step in policy.steps if not isinstance(step, WriteOffStep)),
        minimum=_amounts(policy.minimum),
        tolerance=_amounts(policy.tolerance),
        gap_days=policy.minimum_gap_days,
        weekdays=policy.window.weekdays,
        opens=policy.window.opens,
        closes=policy.window.closes,
        holidays=policy.window.holidays,
        quiet_days=policy.grace_days,
        promise_days=policy.promises.max_days,
        grace_days=policy.promises.grace_days,
        promises=policy.promises.most,
        plans=policy.plans,
        charges=policy.charges,
        interest=policy.interest,
        restriction=policy.restriction,
        suspension=policy.suspension,
        termination=policy.termination,
        returns=policy.back.when,
    )


def _step(policy: Policy, step: Step) -> DocumentStep:
    return DocumentStep(
        says=_says(policy, step),
        day=_day(policy, step),
        anchor=step.anchor,
        channels=step.channels if isinstance(step, NoticeStep) else (),
        all_channels=isinstance(step, NoticeStep) and step.send == "all",
        minimum=_amounts(step.when.minimum),
        maximum=_amounts(step.when.maximum),
    )


def _says(policy: Policy, step: Step) -> Says:
    match step:
        case TaskStep():
            return step.task
        case NoticeStep() if step.id in policy.end_warnings:
            return "end_warning"
        case NoticeStep():
            return "final_notice" if step.id == policy.last_warning else "reminder"
    return _TURNS[step.kind]


_TURNS: Mapping[str, Says] = {
    "restrict": "restriction",
    "suspend": "suspension",
    "hand_over": "hand_over",
    "terminate": "termination",
}


def _day(policy: Policy, step: Step) -> int:
    """The day as it comes out: a step within the days of grace waits for their end."""
    grace = policy.grace_days if step.anchor == "due_date" and presses(step) else 0
    return max(step.offset_days, grace + 1) if grace else step.offset_days


def _amounts(amounts: dict[str, Decimal]) -> tuple[Money, ...]:
    return tuple(Money.of(amount, currency) for currency, amount in sorted(amounts.items()))
