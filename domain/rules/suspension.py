"""The suspension of the main service: once per opening of a debt, and never without warning.

It happens only after its warnings were delivered and the notice period and the announced day have
passed; a rest opens a debt again.
"""

from collections.abc import Sequence
from datetime import datetime

from domain.account import ANY_STEP, Request
from domain.book import Debt
from domain.channels import SERVICE, TASK
from domain.effects import Effect, Held, Wanted
from domain.money import Money
from domain.own_steps import APPROVE
from domain.policy_fields import amount_in
from domain.policy_steps import Proposing, RestrictStep, SuspendStep, Switching
from domain.reasons import Reason, because
from domain.situation import Situation


def suspension(at: Situation) -> Wanted:
    """Return whether the service is to be suspended now, and what holds it."""
    wanted = Wanted()
    step = at.policy.suspension
    if step is None or at.account.service.suspended or not at.has_service:
        return wanted
    ready = [debt for debt in at.debts if _ready(at, step, debt, wanted)]
    ready = enough(at, step, ready, wanted)
    if not ready:
        return wanted
    debts = at.effect_debts(ready)
    held = at.elsewhere() or at.resting(ready) or _unapproved(at, step, ready, wanted) or at.closed()
    if held:
        reason, until = held
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
    else:
        why = _why(at, step, ready)
        wanted.effects.append(Effect(kind="suspend", step=step.id, channel=SERVICE, debts=debts, reason=why))
    return wanted


def _ready(at: Situation, step: SuspendStep, debt: Debt, wanted: Wanted) -> bool:
    """Return whether this debt may suspend the service now, noting what holds it."""
    day = at.step_on(step, debt)
    if at.stands(debt, step.id) or day is None or not at.meant_for(step):
        return False
    asked = asked_for(at, debt)
    if day > at.today and not asked:
        wanted.later.append(at.opening(day))
        return False
    held = not_yet(at, step, debt)
    if held is None and (unmet := at.unmet(step, debt)) is not None:
        held = unmet, None
    if held is None and at.before_go_live(day) and not asked:
        held = because("hold.before_go_live", step=step.id, on=day, go_live_on=at.account.go_live_on), None
    if held is not None:
        reason, until = held
        debts = at.effect_debts([debt])
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
    return held is None


def not_yet(at: Situation, step: SuspendStep, debt: Debt) -> tuple[Reason, datetime | None] | None:
    """Why the warnings of a debt do not yet allow a suspension, whoever asks for it."""
    if (held := unwarned(at, step, debt)) is not None:
        return held
    announced = [c.suspend_on for n in step.needs_delivered for c in at.claims(debt, n) if c.suspend_on]
    # Also by a step that a policy adopted since does not have: the customer was told that day.
    announced += filter(None, [at.account.announced.get((debt.key, debt.opening))])
    if announced and at.today < max(announced):
        return because("hold.announced", until=max(announced)), at.opening(max(announced))
    return None


def unwarned(at: Situation, step: Switching, debt: Debt) -> tuple[Reason, datetime | None] | None:
    """Why a debt may not turn the service's switch: a side debt, a warning missing, or its notice running."""
    if not debt.main:
        return because("hold.side_debt", invoice=debt.invoice), None
    missing = at.undelivered(debt, step.needs_delivered)
    if missing is not None:
        return because("hold.not_delivered", needed=missing, invoice=debt.invoice), None
    if not step.needs_delivered:
        return None
    needed, delivered_at = _last_delivery(at, step, debt)
    notice_ends = at.calendar.days_after(delivered_at, step.notice_days)
    if at.now < notice_ends:
        until = at.calendar.next_open(notice_ends)
        reason = because(
            "hold.notice_period",
            needed=needed,
            delivered_on=at.calendar.local_date(delivered_at),
            days=step.notice_days,
            until=at.calendar.local_date(until),
        )
        return reason, until
    return None


def _last_delivery(at: Situation, step: Switching, debt: Debt) -> tuple[str, datetime]:
    deliveries = []
    for need in step.needs_delivered:
        claim = at.delivered(debt, need)
        if claim is not None and claim.delivered_at is not None:
            deliveries.append((claim.delivered_at, need))
    delivered_at, need = max(deliveries)
    return need, delivered_at


def requested(at: Situation) -> bool:
    """Whether finance asked for the suspension, it has not happened since, and its cause is still owed."""
    return any(asked_for(at, debt) for debt in at.overdue)


def asked_for(at: Situation, debt: Debt) -> bool:
    """Whether a request to suspend is about this debt: it was late already when finance asked."""
    request, since = at.account.suspend_request, at.account.service.since
    if request is None or (since is not None and request.at <= since and not at.account.service.restricted):
        return False
    asked_on = at.calendar.local_date(request.at)
    return debt in at.overdue and debt.main and debt.days_late(asked_on) > 0 and debt.opened_on <= asked_on


def enough(at: Situation, step: Switching, ready: list[Debt], wanted: Wanted) -> list[Debt]:
    """Leave out currencies in which less than the policy's minimum is owed on main debts."""
    worth = []
    for debt in ready:
        reason = at.too_little(debt.open.currency, main=True)
        if reason is None:
            worth.append(debt)
            continue
        debts = at.effect_debts([debt])
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason))
    return worth


def _unapproved(
    at: Situation, step: SuspendStep, ready: Sequence[Debt], wanted: Wanted
) -> tuple[Reason, datetime | None] | None:
    """Where the amount needs a person's approval: the task to give it, and the hold until then."""
    over = over_threshold(at, step, ready)
    if over is None or any(asked_for(at, debt) for debt in ready) or _approved(at, step, ready):
        return None
    amount, threshold = over
    new = [debt for debt in ready if not at.claims(debt, APPROVE)]
    if new:
        reason = because("task.approval", step=step.id, amount=amount, threshold=threshold)
        debts = at.effect_debts(new)
        wanted.effects.append(Effect(kind="task", step=APPROVE, channel=TASK, debts=debts, reason=reason))
    return because("hold.approval", amount=amount, threshold=threshold), None


def over_threshold(
    at: Situation, step: SuspendStep | RestrictStep | Proposing, debts: Sequence[Debt]
) -> tuple[Money, Money] | None:
    """The amount that needs approval and the threshold it reaches, if any does."""
    for total in at.totals(debts):
        threshold = amount_in(step.approval, total.currency)
        if threshold is not None and total >= threshold:
            return total, threshold
    return None


def _approved(at: Situation, step: SuspendStep, ready: Sequence[Debt]) -> bool:
    """An approval counts for what it was asked for, and whose warnings had gone out when it was given.

    One that answers no task was given ahead, about all that had been warned of by then.
    """
    given = [at.account.approvals.get(name) for name in (step.id, ANY_STEP)]
    approval = max((each for each in given if each), key=lambda each: each.at, default=None)
    if approval is None:
        return False
    warned = [at.delivered(debt, need) for debt in ready for need in step.needs_delivered]
    if not all(claim is not None and claim.claimed_at <= approval.at for claim in warned):
        return False
    asked = [claim for claim in at.account.claims if claim.step == APPROVE and claim.stands]
    answers = [
        c
        for c in asked
        if c.claimed_at <= approval.at and (not approval.since or c.claimed_at > approval.since)
    ]
    return not answers or all(_asked_before(at, debt, approval) for debt in ready)


def _asked_before(at: Situation, debt: Debt, approval: Request) -> bool:
    asked = at.claims(debt, APPROVE)
    return any(claim.stands and claim.claimed_at <= approval.at for claim in asked)


def _why(at: Situation, step: SuspendStep, ready: Sequence[Debt]) -> Reason:
    request = at.account.suspend_request
    if request is not None and any(asked_for(at, debt) for debt in ready):
        return because("suspend.requested", step=step.id, by=request.by)
    oldest = min(ready, key=lambda debt: (debt.due_on, debt.invoice))
    delivered_on = at.calendar.local_date(_last_delivery(at, step, oldest)[1])
    days = oldest.days_late(at.today)
    return because("suspend.due", step=step.id, days=days, delivered_on=delivered_on)
