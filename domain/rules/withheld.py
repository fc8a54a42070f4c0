"""A return that is withheld: the customer has paid, and the service is not given back all the same."""

from domain.channels import TASK
from domain.effects import Effect, Wanted
from domain.own_steps import WITHHELD
from domain.reasons import because
from domain.rules.reactivation import blockers, returns_because
from domain.situation import Situation


def withheld(at: Situation) -> Wanted:
    """The task that tells finance why a payment gives no service back, once a suspension."""
    wanted = Wanted()
    held = at.elsewhere() or at.investigated()
    if held is None or not at.has_service or not _would_return(at):
        return wanted
    this_time = at.this_suspension
    keys = {(debt.key, debt.opening) for debt in this_time}
    if any(claim.step == WITHHELD and keys & set(claim.debts) for claim in at.account.claims):
        return wanted
    reason = because("task.withheld", why=held[0].words)
    wanted.effects.append(Effect(kind="task", step=WITHHELD, channel=TASK, debts=this_time, reason=reason))
    return wanted


def _would_return(at: Situation) -> bool:
    """Whether a service that is down would come back now; where others suspended it, whether all is paid."""
    if at.account.service.down:
        return returns_because(at) is not None
    since = at.account.elsewhere_on
    if since is None or blockers(at):
        return False
    return any(entry.on >= since and entry.amount.minor < 0 for entry in at.account.entries)
