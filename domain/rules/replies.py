"""What customers answer: a person reads it, one task at a time."""

from domain.channels import TASK, WORDS
from domain.effects import Effect, EffectDebt, Wanted
from domain.own_steps import REPLY
from domain.reasons import because
from domain.situation import Situation


def replies(at: Situation) -> Wanted:
    """Return the task to read what the customer said since the last such task was done."""
    wanted = Wanted()
    said = at.account.replies
    if not said or at.open_task(REPLY):
        return wanted
    known = max((claim.claimed_at for claim in at.account.claims if claim.step == REPLY), default=None)
    # Whoever ended the task has read what had come until then.
    read_until = max(filter(None, [known, at.account.tasks_done.get(REPLY)]), default=None)
    new = [each for each in said if read_until is None or each.at > read_until]
    if new:
        subjects = " and ".join(dict.fromkeys(each.says.replace("_", " ") for each in new))
        reason = because("task.reply", channel=new[-1].channel, says=subjects, count=len(new))
        about = EffectDebt(invoice=WORDS, opening=len(said), amount=at.nothing)
        debts = (about, *at.effect_debts(at.debts))
        wanted.effects.append(Effect(kind="task", step=REPLY, channel=TASK, debts=debts, reason=reason))
    return wanted
