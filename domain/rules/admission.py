"""Admission: what the plan wants while a new customer is being verified.

The verification has a workflow of its own, which checks and sends codes; the plan starts it, gives a
person the review, and wakes when it should have come further, so that a lost workflow is missed.
"""

from datetime import timedelta

from domain.channels import ONBOARDING, TASK
from domain.effects import Effect, EffectDebt, Wanted
from domain.onboarding import next_move
from domain.own_steps import REVIEW
from domain.reasons import because
from domain.situation import Situation

MISSED_AFTER = timedelta(minutes=15)
"""After its start a verification has something to wait for, or something is wrong."""


def admission(at: Situation) -> Wanted:
    """Return the start of a verification, or the review that it asks for."""
    wanted = Wanted()
    if at.account.onboarding != "pending":
        return wanted
    move = next_move(at.account.verification, at.now)
    begun = {claim.step: claim for claim in at.account.claims if claim.stands and _about_this(claim.debts)}
    if ONBOARDING not in begun:
        reason = because("onboarding.begin")
        wanted.effects.append(
            Effect(kind="onboard", step=ONBOARDING, channel=ONBOARDING, debts=_this(at), reason=reason)
        )
        return wanted
    if move.kind == "review" and REVIEW not in begun:
        wanted.effects.append(
            Effect(kind="task", step=REVIEW, channel=TASK, debts=_this(at), reason=move.reason)
        )
    wanted.later.append(move.until or begun[ONBOARDING].claimed_at + MISSED_AFTER)
    return wanted


def _about_this(debts: tuple[tuple[str, int], ...]) -> bool:
    return any(invoice == ONBOARDING for invoice, _ in debts)


def _this(at: Situation) -> tuple[EffectDebt, ...]:
    """What claims about the verification count by: there is one."""
    return (EffectDebt(invoice=ONBOARDING, opening=1, amount=at.nothing),)
