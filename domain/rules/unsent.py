"""What is wanted and does not get done: after some attempts a person must know.

A sender that is down, a template that cannot be rendered, a switch that does not answer: the effect is
tried again, after longer and longer rests, and meanwhile somebody looks.
"""

from domain.channels import BOOK, CHANNELS, CHARGE, PROVISION, SERVICE, TASK
from domain.claim import Claim
from domain.effects import Effect, Wanted
from domain.own_steps import UNSENT
from domain.reasons import because
from domain.situation import Situation

FAILED_OFTEN = 3
"""So many attempts that came to nothing are one for a person."""

_OUTWARD = (*CHANNELS, SERVICE, CHARGE, PROVISION, BOOK)


def unsent(at: Situation) -> Wanted:
    """Return the task about the first effect that has failed too often and still matters."""
    wanted = Wanted()
    tried_often = [claim for claim in at.account.claims if claim.attempt >= FAILED_OFTEN]
    if not tried_often:
        return wanted
    known = {key for claim in at.account.claims if claim.step == UNSENT for key in claim.debts}
    for claim in tried_often:
        if claim.channel not in _OUTWARD or _failed(claim) < FAILED_OFTEN:
            continue
        debts = at.named(key for key in claim.debts if key not in known and at.matters(*key))
        if debts:
            reason = because("task.unsent", step=claim.step, channel=claim.channel, failed=_failed(claim))
            wanted.effects.append(Effect(kind="task", step=UNSENT, channel=TASK, debts=debts, reason=reason))
            break
    return wanted


def _failed(claim: Claim) -> int:
    """How many attempts came to nothing: all of a claim that was given up, all but one of one that runs."""
    if claim.state == "released":
        return claim.attempt
    return claim.attempt - 1 if claim.unsettled else 0
