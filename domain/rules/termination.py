"""The end of a subscription: only after it was suspended for long, was warned of, and a person said yes.

It is final. What is due then is nobody's to chase but those to whom it is handed over; what comes in
later is booked, and what is taken back later is for a person.
"""

from datetime import datetime

from domain.book import Debt
from domain.channels import SERVICE, TASK
from domain.effects import Effect, Held, Wanted
from domain.own_steps import AFTER_END, CLOSED
from domain.policy_steps import TerminateStep
from domain.reasons import because
from domain.rules.approval import unapproved
from domain.rules.reactivation import returns_because
from domain.rules.suspension import enough, unwarned
from domain.situation import Situation


def termination(at: Situation) -> Wanted:
    """Return whether the subscription is to be ended now, and what holds it."""
    wanted = Wanted()
    step, service = at.policy.termination, at.account.service
    if at.account.cancelled_on is not None and service.down:
        return _close(at)
    if step is None or not service.suspended or not at.has_service or returns_because(at) is not None:
        return wanted
    ends_at = _suspended_until(at, step)
    if at.now < ends_at:
        wanted.later.append(ends_at)
        return wanted
    ready = enough(at, step, [debt for debt in at.debts if _ready(at, step, debt, wanted)], wanted)
    if not ready:
        return wanted
    debts = at.effect_debts(ready)
    held = at.elsewhere() or at.resting(ready) or at.closed() or unapproved(at, step, ready, wanted)
    if held:
        reason, until = held
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
        return wanted
    since = service.since or at.now
    why = because("terminate.due", step=step.id, on=at.calendar.local_date(since))
    wanted.effects.append(Effect(kind="terminate", step=step.id, channel=SERVICE, debts=debts, reason=why))
    return wanted


def _close(at: Situation) -> Wanted:
    """Put the switch of a subscription away that was cancelled while it was restricted or suspended."""
    reason, wanted = because("terminate.cancelled", on=at.account.cancelled_on), Wanted()
    debts = at.this_suspension
    effect = Effect(kind="terminate", step=CLOSED, channel=SERVICE, debts=debts, reason=reason)
    wanted.effects.append(effect)
    return wanted


def _suspended_until(at: Situation, step: TerminateStep) -> datetime:
    """The first instant at which the service has been suspended for long enough."""
    since = at.account.service.since or at.now
    return at.calendar.next_open(at.calendar.days_after(since, step.suspended_days))


def _ready(at: Situation, step: TerminateStep, debt: Debt, wanted: Wanted) -> bool:
    """Return whether this debt may end the subscription now, noting what holds it."""
    day = at.step_on(step, debt)
    if day is None or at.stands(debt, step.id) or not at.meant_for(step):
        return False
    if at.opening(day) > at.now:
        wanted.later.append(at.opening(day))
        return False
    held = unwarned(at, step, debt)
    if held is None and (unmet := at.unmet(step, debt)) is not None:
        held = unmet, None
    if held is not None:
        reason, until = held
        debts = at.effect_debts([debt])
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
    return held is None


def after_the_end(at: Situation) -> Wanted:
    """The task about debts that were opened again after they had left our chasing: nothing else happens."""
    wanted = Wanted()
    if at.ended_on is None and not at.account.handed_over:
        return wanted
    again = []
    for debt in at.scheduled:
        left_on = at.left_on(debt)
        # A fee that was booked since is no debt that was opened again: it goes with what it is about.
        opened_again = debt.about is None or debt.opening > 1
        if left_on is None or debt.opened_on <= left_on or not opened_again:
            continue
        if not at.claims(debt, AFTER_END):
            again.append(debt)
    if again:
        names = ", ".join(debt.name for debt in again)
        reason, debts = because("task.after_end", invoices=names), at.effect_debts(again)
        wanted.effects.append(Effect(kind="task", step=AFTER_END, channel=TASK, debts=debts, reason=reason))
    return wanted
