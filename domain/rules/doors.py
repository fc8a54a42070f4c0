"""Money that a bank's file had, and another door brought as well: a person says whether it is one money."""

from domain.channels import DOORS, TASK
from domain.effects import Effect, EffectDebt, Wanted
from domain.own_steps import TWICE
from domain.reasons import because
from domain.situation import Situation


def doors(at: Situation) -> Wanted:
    """Return the task about the newest money that may have come in twice; one at a time."""
    wanted = Wanted()
    if not at.twice or at.open_task(TWICE):
        return wanted
    newest = max(at.twice, key=lambda each: (each.learned_at, each.payment))
    asked = [claim for claim in at.account.claims if claim.step == TWICE and claim.state != "released"]
    if any(newest.learned_at <= claim.claimed_at for claim in asked):
        return wanted
    reason = because(
        "task.twice",
        amount=newest.amount,
        payment=newest.payment,
        source=newest.source,
        other=newest.other,
    )
    debts = (EffectDebt(invoice=DOORS, opening=len(asked) + 1, amount=newest.amount),)
    wanted.effects.append(Effect(kind="task", step=TWICE, channel=TASK, debts=debts, reason=reason))
    return wanted
