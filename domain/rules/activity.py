"""What the audit of activity logs noticed: a person looks at it, one task at a time."""

from domain.channels import ACTIVITY, TASK
from domain.effects import Effect, EffectDebt, Wanted
from domain.own_steps import ACTIVITY_REVIEW
from domain.reasons import because
from domain.situation import Situation


def activity(at: Situation) -> Wanted:
    """Return the task to look at what was noticed since the last such task was opened or done.

    Which of it opens an incident as well says the rule that noticed it, where it is recorded.
    """
    wanted = Wanted()
    noticed = at.account.noticed
    if not noticed or at.open_task(ACTIVITY_REVIEW):
        return wanted
    steps = [claim for claim in at.account.claims if claim.step == ACTIVITY_REVIEW]
    known = max((opening for claim in steps for _, opening in claim.debts), default=0)
    new = noticed[known:]
    if new:
        says = "; ".join(dict.fromkeys(each.says for each in new))
        reason = because("activity.noticed", count=len(new), says=says, rules=_rules(at, known))
        about = EffectDebt(invoice=ACTIVITY, opening=len(noticed), amount=at.nothing)
        effect = Effect(kind="task", step=ACTIVITY_REVIEW, channel=TASK, debts=(about,), reason=reason)
        wanted.effects.append(effect)
    return wanted


def _rules(at: Situation, known: int) -> str:
    return ", ".join(dict.fromkeys(each.rule for each in at.account.noticed[known:]))
