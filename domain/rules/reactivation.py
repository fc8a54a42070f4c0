"""The return of the main service: it needs no window, no gap and no approval."""

from domain.book import Debt
from domain.channels import SERVICE
from domain.effects import Effect, Held, Wanted
from domain.money import Money
from domain.own_steps import RETURNED
from domain.policy_fields import amount_in
from domain.reasons import Reason, because
from domain.situation import Situation


def blockers(at: Situation) -> list[Debt]:
    """The debts that keep a service down: overdue main ones that no credit covers, handed over or not."""
    away = [debt for debt in at.open_debts if at.collector(debt) and at.claimable(debt)]
    late = [*at.overdue, *(debt for debt in away if debt.days_late(at.today) > 0)]
    return [debt for debt in late if debt.main and at.net(debt.open.currency, away, main=True)]


def reactivation(at: Situation) -> Wanted:
    """Return whether the service is to come back now. No window, no gap, no approval."""
    wanted = Wanted()
    reason = returns_because(at) if at.account.service.down and at.has_service else None
    if reason is not None and (held := at.elsewhere() or at.investigated()) is not None:
        wanted.hold(Held(step=RETURNED, channel=SERVICE, debts=at.this_suspension, reason=held[0]))
    elif reason is not None:
        effect = Effect(
            kind="reactivate", step=RETURNED, channel=SERVICE, debts=at.this_suspension, reason=reason
        )
        wanted.effects.append(effect)
    return wanted


def returns_because(at: Situation) -> Reason | None:
    """Why a suspended service comes back now; None when it does not."""
    request, since = at.account.reactivate_request, at.account.service.since
    if request is not None and since is not None and request.at >= since:
        return because("return.requested", by=request.by)
    left = blockers(at)
    if not left:
        return because("return.settled")
    if at.policy.back.when == "below_minimum":
        currencies = sorted({debt.open.currency for debt in left})
        minimums = [amount_in(at.policy.minimum, each) or Money.zero(each) for each in currencies]
        if all(at.net(minimum.currency, left, main=True) < minimum for minimum in minimums):
            return because("return.below_minimum", minimum=" and ".join(map(str, minimums)))
    return None
