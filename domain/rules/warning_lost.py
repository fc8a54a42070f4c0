"""A warning that came back after the service was turned down on it: a person decides what follows."""

from domain.book import Debt
from domain.channels import TASK
from domain.effects import Effect, Wanted
from domain.own_steps import WARNING_LOST
from domain.policy_steps import Switching
from domain.reasons import because
from domain.situation import Situation


def warning_lost(at: Situation) -> Wanted:
    """The task that says that a warning reached nobody after all, once a turn."""
    wanted, service = Wanted(), at.account.service
    step = at.policy.suspension if service.suspended else at.policy.restriction
    if not service.down or not at.has_service or step is None:
        return wanted
    this_time = at.this_suspension
    keys = {(debt.key, debt.opening) for debt in this_time}
    if any(claim.step == WARNING_LOST and keys & set(claim.debts) for claim in at.account.claims):
        return wanted
    lost = {debt.name: need for debt in at.debts if (need := _lost(at, step, debt)) is not None}
    if lost:
        invoices, warnings = ", ".join(lost), " and ".join(dict.fromkeys(lost.values()))
        reason = because("task.warning_lost", warning=warnings, invoices=invoices, step=step.id)
        effect = Effect(kind="task", step=WARNING_LOST, channel=TASK, debts=this_time, reason=reason)
        wanted.effects.append(effect)
    return wanted


def _lost(at: Situation, step: Switching, debt: Debt) -> str | None:
    """The warning of a debt behind the turn that had arrived, as far as anybody knew, and came back since."""
    if not at.stands(debt, step.id) or (need := at.undelivered(debt, step.needs_delivered)) is None:
        return None
    sent = [claim for each in at.stand_ins(need) for claim in at.claims(debt, each)]
    return need if any(claim.delivered_at and claim.bounced_at for claim in sent) else None
