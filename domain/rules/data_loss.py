"""The loss of suspended data: a person hears of it before."""

from datetime import datetime, timedelta

from domain.channels import TASK
from domain.effects import Effect, Wanted
from domain.own_steps import DATA_LOSS
from domain.reasons import because
from domain.situation import Situation

LOSS_DAYS = 7
"""How long before suspended data is lost a person hears of it."""


def data_lost_at(at: Situation) -> datetime | None:
    """When the data of a suspended service is lost; None for one that is in service, or never suspended.

    A term that ends at the provider takes it along; else the policy says how long it is kept.
    """
    service, step = at.account.service, at.policy.suspension
    if not service.suspended or not at.has_service or service.since is None or step is None:
        return None
    if service.ends_on is not None:
        return at.calendar.start_of(service.ends_on)
    return service.since + timedelta(days=step.data_kept_days)


def data_loss(at: Situation) -> Wanted:
    """The task that warns a person before suspended data is lost, once a suspension."""
    wanted = Wanted()
    lost_at, this_time = data_lost_at(at), at.this_suspension
    keys = {(debt.key, debt.opening) for debt in this_time}
    if lost_at is None or any(c.step == DATA_LOSS and keys & set(c.debts) for c in at.account.claims):
        return wanted
    warn_at = lost_at - timedelta(days=LOSS_DAYS)
    if at.now < warn_at:
        wanted.later.append(warn_at)
        return wanted
    reason = because("task.data_loss", on=at.calendar.local_date(lost_at))
    wanted.effects.append(Effect(kind="task", step=DATA_LOSS, channel=TASK, debts=this_time, reason=reason))
    return wanted
