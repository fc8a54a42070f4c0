"""A message that may have gone out, and does not go out again: a person must know.

It counts as said, so that nobody is told twice, and as not delivered: what builds on it waits.
"""

from domain.channels import TASK
from domain.effects import Effect, Wanted
from domain.own_steps import in_doubt_of
from domain.reasons import because
from domain.situation import Situation


def in_doubt(at: Situation) -> Wanted:
    """Return a task for each message of which nobody can tell, while what it was about is open."""
    wanted = Wanted()
    for claim in at.account.claims:
        if claim.state != "unknown" or not claim.is_message:
            continue
        step = in_doubt_of(claim.step, claim.channel)
        known = {key for each in at.account.claims if each.step == step for key in each.debts}
        debts = at.named(key for key in claim.debts if key not in known and at.matters(*key))
        if debts and all(effect.step != step for effect in wanted.effects):
            on = at.calendar.local_date(claim.claimed_at)
            reason = because("task.in_doubt", step=claim.step, channel=claim.channel, on=on)
            wanted.effects.append(Effect(kind="task", step=step, channel=TASK, debts=debts, reason=reason))
    return wanted
