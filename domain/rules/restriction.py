"""The restriction of the main service: a milder turn of the same switch, before the suspension.

It goes the way of the suspension and comes back with it. It asks for no warning, unless the policy
names one.
"""

from domain.book import Debt
from domain.channels import SERVICE
from domain.effects import Effect, Held, Wanted
from domain.policy_steps import RestrictStep, counted
from domain.reasons import because
from domain.rules.approval import unapproved
from domain.rules.suspension import enough, suspension, unwarned
from domain.situation import Situation


def restriction(at: Situation) -> Wanted:
    """Return whether the service is to be restricted now, and what holds it."""
    wanted = Wanted()
    step = at.policy.restriction
    if step is None or at.account.service.down or not at.has_service:
        return wanted
    if any(effect.channel == SERVICE for effect in suspension(at).effects):
        return wanted  # Whoever is suspended now need not be restricted before.
    ready = enough(at, step, [debt for debt in at.debts if _ready(at, step, debt, wanted)], wanted)
    if not ready:
        return wanted
    debts = at.effect_debts(ready)
    held = at.elsewhere() or at.resting(ready) or at.closed() or unapproved(at, step, ready, wanted)
    if held:
        reason, until = held
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
        return wanted
    days = max(debt.days_late(at.today) for debt in ready)
    why = because("restrict.due", step=step.id, days=days, offset=counted(step))
    wanted.effects.append(Effect(kind="restrict", step=step.id, channel=SERVICE, debts=debts, reason=why))
    return wanted


def _ready(at: Situation, step: RestrictStep, debt: Debt, wanted: Wanted) -> bool:
    """Return whether this debt may restrict the service now, noting what holds it."""
    day = at.step_on(step, debt)
    if day is None or at.stands(debt, step.id) or not at.meant_for(step) or _was_suspended(at, debt):
        return False
    if at.opening(day) > at.now:
        wanted.later.append(at.opening(day))
        return False
    held = unwarned(at, step, debt)
    if held is None and (unmet := at.unmet(step, debt)) is not None:
        held = unmet, None
    if held is None and at.before_go_live(day):
        held = because("hold.before_go_live", step=step.id, on=day, go_live_on=at.account.go_live_on), None
    if held is not None:
        reason, until = held
        debts = at.effect_debts([debt])
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
    return held is None


def _was_suspended(at: Situation, debt: Debt) -> bool:
    """Whether this debt suspended the service already: what came back is not restricted for it again."""
    return at.policy.suspension is not None and at.stands(debt, at.policy.suspension.id)
