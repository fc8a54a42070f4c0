"""Admission: what the plan wants while a new customer is being verified.

The verification has a workflow of its own, which checks and sends codes; the plan starts it, gives a
person the call and the review, and wakes when it should have come further, so that a lost workflow is missed.
"""

from collections.abc import Iterator
from datetime import timedelta

from domain.channels import ONBOARDING, TASK
from domain.effects import Effect, EffectDebt, Wanted
from domain.onboarding import Move, next_move
from domain.own_steps import CALL_APPLICANT, REVIEW, WAITS_TOO_LONG
from domain.reasons import Reason, because
from domain.situation import Situation

MISSED_AFTER = timedelta(minutes=15)
"""After its start a verification has something to wait for, or something is wrong."""


def admission(at: Situation) -> Wanted:
    """Return the start of a verification, or the review that it asks for."""
    wanted = Wanted()
    if at.account.onboarding != "pending":
        return wanted
    account = at.account
    move = next_move(account.verification, at.now, account.onboarding_rules, account.customer)
    begun = {claim.step: claim for claim in at.account.claims if claim.stands and _about_this(claim.debts)}
    if ONBOARDING not in begun:
        reason = because("onboarding.begin")
        wanted.effects.append(
            Effect(kind="onboard", step=ONBOARDING, channel=ONBOARDING, debts=_this(at), reason=reason)
        )
        return wanted
    for step, reason in _tasks(move):
        if step not in begun:
            wanted.effects.append(
                Effect(kind="task", step=step, channel=TASK, debts=_this(at), reason=reason)
            )
    wanted.later.append(move.until or begun[ONBOARDING].claimed_at + MISSED_AFTER)
    return wanted


def _tasks(move: Move) -> Iterator[tuple[str, Reason]]:
    """What a person is asked to do, and once more where it lies for too long."""
    step = {"review": REVIEW, "call": CALL_APPLICANT}.get(move.kind)
    if step is None:
        return
    yield step, move.reason
    if move.late:
        yield WAITS_TOO_LONG, because("onboarding.late", step=step, why=move.reason.words)


def _about_this(debts: tuple[tuple[str, int], ...]) -> bool:
    return any(invoice == ONBOARDING for invoice, _ in debts)


def _this(at: Situation) -> tuple[EffectDebt, ...]:
    """What claims about the verification count by: there is one."""
    return (EffectDebt(invoice=ONBOARDING, opening=1, amount=at.nothing),)
