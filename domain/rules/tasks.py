"""The work that the policy's steps give to people."""

from domain.book import Debt
from domain.channels import TASK
from domain.contacts import CALL
from domain.effects import Effect, Held, Wanted
from domain.policy_steps import TaskStep, counted
from domain.reasons import because
from domain.rules.contact import lawful
from domain.situation import Situation


def tasks(at: Situation) -> Wanted:
    """The work for people that has fallen due."""
    wanted = Wanted()
    for step in at.policy.tasks:
        due = [debt for debt in at.debts if _task_due(at, step, debt, wanted)]
        too_little = at.too_little_of(due)
        due = [debt for debt in due if too_little[debt.open.currency] is None]
        if not due:
            continue
        debts = at.effect_debts(due)
        held = at.resting(due)
        if held:
            wanted.hold(Held(step=step.id, channel=TASK, debts=debts, reason=held[0], until=held[1]))
            continue
        if step.task == CALL:
            due = _callable(at, step, due, wanted)
            if not due:
                continue
            debts = at.effect_debts(due)
        days = max(debt.days_late(at.today) for debt in due)
        reason = because("task.due", task=step.task, step=step.id, days=days, offset=counted(step))
        wanted.effects.append(Effect(kind="task", step=step.id, channel=TASK, debts=debts, reason=reason))
    return wanted


def _callable(at: Situation, step: TaskStep, due: list[Debt], wanted: Wanted) -> list[Debt]:
    """Leave out debts about which the customer may not be called now: the work begins when it may be done."""
    if at.account.reach.get(CALL) == "opted_out":
        debts = at.effect_debts(due)
        wanted.hold(Held(step=step.id, channel=TASK, debts=debts, reason=because("contact.no_calls")))
        return []
    return lawful(at, step.id, CALL, due, wanted)


def _task_due(at: Situation, step: TaskStep, debt: Debt, wanted: Wanted) -> bool:
    day = at.step_on(step, debt)
    if day is None or at.claims(debt, step.id) or not at.meant_for(step):
        return False
    if at.opening(day) > at.now:
        wanted.later.append(at.opening(day))
        return False
    if at.before_go_live(day) or at.unmet(step, debt) is not None:
        return False
    return at.undelivered(debt, step.needs_delivered) is None
