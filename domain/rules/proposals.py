"""Hand-over and write-off: a person's work, which the policy asks for and a command of theirs ends."""

from collections.abc import Sequence

from domain import facts
from domain.book import Debt
from domain.channels import TASK
from domain.effects import Effect, Held, Wanted
from domain.policy_steps import HandOverStep, Proposing, counted
from domain.reasons import because
from domain.rules.approval import unapproved
from domain.situation import Situation

_WORK = {"hand_over": "hand-over", "write_off": "write-off"}


def proposals(at: Situation) -> Wanted:
    """The hand-overs and write-offs that have fallen due, as tasks."""
    wanted = Wanted()
    for step in at.policy.proposals:
        ours = _ours_to_end(at, step)
        reached = [debt for debt in ours if _reached(at, step, debt, wanted)]
        # Their conditions are about all that is past due, also with others or of what has ended.
        late = [debt for debt in ours if debt.days_late(at.today) > 0] if reached else []
        due = [debt for debt in reached if at.unmet(step, debt, late) is None]
        due = [debt for debt in due if at.too_little(debt.open.currency, due) is None]
        if not due:
            continue
        debts = at.effect_debts(due)
        held = at.resting(due) or unapproved(at, step, due, wanted)
        if held:
            wanted.hold(Held(step=step.id, channel=TASK, debts=debts, reason=held[0], until=held[1]))
            continue
        days = max(debt.days_late(at.today) for debt in due)
        reason = because("task.due", task=_WORK[step.kind], step=step.id, days=days, offset=counted(step))
        wanted.effects.append(Effect(kind="task", step=step.id, channel=TASK, debts=debts, reason=reason))
    return wanted


def _ours_to_end(at: Situation, step: Proposing) -> Sequence[Debt]:
    """Debts that may be asked for: also of a subscription that ended; to be written off also by others."""
    debts = [debt for debt in at.open_debts if at.claimable(debt)]
    if isinstance(step, HandOverStep):
        return [debt for debt in debts if at.collector(debt) is None]
    return debts


def _reached(at: Situation, step: Proposing, debt: Debt, wanted: Wanted) -> bool:
    day = at.step_on(step, debt)
    if day is None or at.claims(debt, step.id) or not at.meant_for(step):
        return False
    if at.opening(day) > at.now:
        wanted.later.append(at.opening(day))
        return False
    if at.before_go_live(day):
        return False
    return at.undelivered(debt, step.needs_delivered) is None


def ended_by(at: Situation, body: facts.Body) -> str | None:
    """The step whose task is done with this fact: nothing is left of what it asked for."""
    kind = {facts.HandedOver: "hand_over", facts.WrittenOff: "write_off"}.get(type(body))
    step = next((step for step in at.policy.proposals if step.kind == kind), None)
    if step is None:
        return None
    asked = [debt for debt in _ours_to_end(at, step) if at.stands(debt, step.id)]
    invoice = getattr(body, "invoice", None)
    left = [debt for debt in asked if invoice not in (None, debt.invoice)]
    return step.id if asked and not left else None
