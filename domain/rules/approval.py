"""Approval by a person, of steps other than the suspension: from an amount on, a task for each step."""

from collections.abc import Sequence

from domain.account import ANY_STEP, Request
from domain.book import Debt
from domain.channels import TASK
from domain.effects import Effect, Wanted
from domain.money import Money
from domain.own_steps import approval_of
from domain.policy_fields import amount_in
from domain.policy_steps import Proposing, RestrictStep, TerminateStep
from domain.reasons import Reason, because
from domain.rules.suspension import over_threshold
from domain.situation import Situation

Approved = RestrictStep | TerminateStep | Proposing


def unapproved(
    at: Situation, step: Approved, ready: Sequence[Debt], wanted: Wanted
) -> tuple[Reason, None] | None:
    """Where the amount needs a person's approval: the task to give it, and the hold until then."""
    over = needs_approval(at, step, ready)
    if over is None or is_approved(at, step, ready):
        return None
    amount, threshold = over
    new = [debt for debt in ready if not at.claims(debt, approval_of(step.id))]
    if new:
        reason = because("task.approval", step=step.id, amount=amount, threshold=threshold)
        debts = at.effect_debts(new)
        wanted.effects.append(
            Effect(kind="task", step=approval_of(step.id), channel=TASK, debts=debts, reason=reason)
        )
    return because("hold.approval", amount=amount, threshold=threshold), None


def needs_approval(at: Situation, step: Approved, debts: Sequence[Debt]) -> tuple[Money, Money] | None:
    """The amount that needs approval, and from which on; to end a subscription any does by itself."""
    if isinstance(step, TerminateStep):
        totals = [(total, amount_in(step.approval, total.currency)) for total in at.totals(debts)]
        over = [(total, least or Money.zero(total.currency)) for total, least in totals]
        return next(((total, least) for total, least in over if total >= least), None)
    return over_threshold(at, step, debts)


def still_to_approve(at: Situation, step: Proposing, named: Sequence[Debt]) -> tuple[Money, Money] | None:
    """The amount for which a command about debts waits for approval, and from which on.

    What the step asked approval for together is added up, else each invoice would pass by itself. What it
    has asked a person to do needs no more.
    """
    new = [debt for debt in named if not at.stands(debt, step.id)]
    asked = [debt for debt in at.open_debts if at.claims(debt, approval_of(step.id))]
    waiting = {debt.key: debt for debt in (*new, *asked) if not at.stands(debt, step.id)}
    over = needs_approval(at, step, list(waiting.values())) if new else None
    return None if over is None or is_approved(at, step, new) else over


def is_approved(at: Situation, step: Approved, debts: Sequence[Debt]) -> bool:
    """Whether a person said yes to each of these debts, after having been asked about it."""
    given = [at.account.approvals.get(name) for name in (step.id, ANY_STEP)]
    approval = max((each for each in given if each), key=lambda each: each.at, default=None)
    return approval is not None and all(_asked_before(at, step, debt, approval) for debt in debts)


def _asked_before(at: Situation, step: Approved, debt: Debt, approval: Request) -> bool:
    asked = at.claims(debt, approval_of(step.id))
    return any(claim.stands and claim.claimed_at <= approval.at for claim in asked)
