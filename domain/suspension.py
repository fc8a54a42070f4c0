"""Suspension and return of the main service, and the messages that tell of them.

A suspension happens once per opening of a debt, only after its warnings were delivered and the
notice period and the announced day have passed; a rest opens a debt again. The return needs no
window, no gap and no approval.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from domain.account import ANY_STEP
from domain.book import Debt
from domain.channels import SERVICE, TASK, Channel
from domain.ladder import Wanted, paused
from domain.money import Money
from domain.own_steps import APPROVE, DATA_LOSS, RETURNED, THANKED, TOLD
from domain.policy_fields import amount_in
from domain.policy_steps import SuspendStep, TaskStep
from domain.reasons import Reason, because
from domain.situation import Effect, EffectDebt, Held, Situation

THANKS_DAYS = 30
"""How long after the return a message about it still makes sense."""

LOSS_DAYS = 7
"""How long before suspended data is lost a person hears of it."""


def suspension(at: Situation) -> Wanted:
    """Return whether the service is to be suspended now, and what holds it."""
    wanted = Wanted()
    step = at.policy.suspension
    if step is None or at.account.service.suspended:
        return wanted
    ready = [debt for debt in at.debts if _ready(at, step, debt, wanted)]
    ready = _enough(at, step, ready, wanted)
    if not ready:
        return wanted
    debts = at.effect_debts(ready)
    in_flight = at.in_flight(ready)
    held = (
        paused(at) or (in_flight and (in_flight, None)) or _unapproved(at, step, ready, wanted) or at.closed()
    )
    if held:
        reason, until = held
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
    else:
        why = _why(at, step, ready)
        wanted.effects.append(Effect(kind="suspend", step=step.id, channel=SERVICE, debts=debts, reason=why))
    return wanted


def _ready(at: Situation, step: SuspendStep, debt: Debt, wanted: Wanted) -> bool:
    """Return whether this debt may suspend the service now, noting what holds it."""
    day = at.step_on(step, debt)
    if at.stands(debt, step.id) or day is None or not at.meant_for(step):
        return False
    asked = asked_for(at, debt)
    if day > at.today and not asked:
        wanted.later.append(at.opening(day))
        return False
    held = not_yet(at, step, debt)
    if held is None and (unmet := at.unmet(step, debt)) is not None:
        held = unmet, None
    if held is None and at.before_go_live(day) and not asked:
        held = because("hold.before_go_live", step=step.id, on=day, go_live_on=at.account.go_live_on), None
    if held is not None:
        reason, until = held
        debts = at.effect_debts([debt])
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason, until=until))
    return held is None


def not_yet(at: Situation, step: SuspendStep, debt: Debt) -> tuple[Reason, datetime | None] | None:
    """Why the warnings of a debt do not yet allow a suspension, whoever asks for it."""
    if not debt.main:
        return because("hold.side_debt", invoice=debt.invoice), None
    missing = at.undelivered(debt, step.needs_delivered)
    if missing is not None:
        return because("hold.not_delivered", needed=missing, invoice=debt.invoice), None
    needed, delivered_at = _last_delivery(at, step, debt)
    notice_ends = at.calendar.days_after(delivered_at, step.notice_days)
    if at.now < notice_ends:
        until = at.calendar.next_open(notice_ends)
        reason = because(
            "hold.notice_period",
            needed=needed,
            delivered_on=at.calendar.local_date(delivered_at),
            days=step.notice_days,
            until=at.calendar.local_date(until),
        )
        return reason, until
    announced = [c.suspend_on for n in step.needs_delivered for c in at.claims(debt, n) if c.suspend_on]
    if announced and at.today < max(announced):
        return because("hold.announced", until=max(announced)), at.opening(max(announced))
    return None


def _last_delivery(at: Situation, step: SuspendStep, debt: Debt) -> tuple[str, datetime]:
    deliveries = []
    for need in step.needs_delivered:
        claim = at.delivered(debt, need)
        if claim is not None and claim.delivered_at is not None:
            deliveries.append((claim.delivered_at, need))
    delivered_at, need = max(deliveries)
    return need, delivered_at


def requested(at: Situation) -> bool:
    """Whether finance asked for the suspension, it has not happened since, and its cause is still owed."""
    return any(asked_for(at, debt) for debt in at.overdue)


def asked_for(at: Situation, debt: Debt) -> bool:
    """Whether a request to suspend is about this debt: it was late already when finance asked."""
    request, since = at.account.suspend_request, at.account.service.since
    if request is None or (since is not None and request.at <= since):
        return False
    asked_on = at.calendar.local_date(request.at)
    return debt in at.overdue and debt.main and debt.days_late(asked_on) > 0 and debt.opened_on <= asked_on


def _enough(at: Situation, step: SuspendStep, ready: list[Debt], wanted: Wanted) -> list[Debt]:
    """Leave out currencies in which less than the policy's minimum is owed on main debts."""
    worth = []
    for debt in ready:
        reason = at.too_little(debt.open.currency, main=True)
        if reason is None:
            worth.append(debt)
            continue
        debts = at.effect_debts([debt])
        wanted.hold(Held(step=step.id, channel=SERVICE, debts=debts, reason=reason))
    return worth


def _unapproved(
    at: Situation, step: SuspendStep, ready: Sequence[Debt], wanted: Wanted
) -> tuple[Reason, datetime | None] | None:
    """Where the amount needs a person's approval: the task to give it, and the hold until then."""
    over = over_threshold(at, step, ready)
    if over is None or any(asked_for(at, debt) for debt in ready) or _approved(at, step, ready):
        return None
    amount, threshold = over
    new = [debt for debt in ready if not at.claims(debt, APPROVE)]
    if new:
        reason = because("task.approval", step=step.id, amount=amount, threshold=threshold)
        debts = at.effect_debts(new)
        wanted.effects.append(Effect(kind="task", step=APPROVE, channel=TASK, debts=debts, reason=reason))
    return because("hold.approval", amount=amount, threshold=threshold), None


def over_threshold(at: Situation, step: SuspendStep, debts: Sequence[Debt]) -> tuple[Money, Money] | None:
    """The amount that needs approval and the threshold it reaches, if any does."""
    for total in at.totals(debts):
        threshold = amount_in(step.approval, total.currency)
        if threshold is not None and total >= threshold:
            return total, threshold
    return None


def _approved(at: Situation, step: SuspendStep, ready: Sequence[Debt]) -> bool:
    """An approval counts for debts whose warnings had gone out when it was given."""
    given = [at.account.approvals.get(name) for name in (step.id, ANY_STEP)]
    approval = max((each for each in given if each), key=lambda each: each.at, default=None)
    if approval is None:
        return False
    warned = [at.delivered(debt, need) for debt in ready for need in step.needs_delivered]
    return all(claim is not None and claim.claimed_at <= approval.at for claim in warned)


def _why(at: Situation, step: SuspendStep, ready: Sequence[Debt]) -> Reason:
    request = at.account.suspend_request
    if request is not None and any(asked_for(at, debt) for debt in ready):
        return because("suspend.requested", step=step.id, by=request.by)
    oldest = min(ready, key=lambda debt: (debt.due_on, debt.invoice))
    delivered_on = at.calendar.local_date(_last_delivery(at, step, oldest)[1])
    days = oldest.days_late(at.today)
    return because("suspend.due", step=step.id, days=days, delivered_on=delivered_on)


def blockers(at: Situation) -> list[Debt]:
    """The debts that keep a suspended service suspended: overdue main ones that no credit covers."""
    return [debt for debt in at.overdue if debt.main and at.net(debt.open.currency, main=True)]


def reactivation(at: Situation) -> Wanted:
    """Return whether the service is to come back now. No window, no gap, no approval."""
    wanted = Wanted()
    reason = _returns(at) if at.account.service.suspended else None
    if reason is not None:
        effect = Effect(
            kind="reactivate", step=RETURNED, channel=SERVICE, debts=_this_time(at), reason=reason
        )
        wanted.effects.append(effect)
    return wanted


def _returns(at: Situation) -> Reason | None:
    request, since = at.account.reactivate_request, at.account.service.since
    if request is not None and since is not None and request.at >= since:
        return because("return.requested", by=request.by)
    left = blockers(at)
    if not left:
        return because("return.settled")
    if at.policy.back.when == "below_minimum":
        currencies = sorted({debt.open.currency for debt in left})
        minimums = [amount_in(at.policy.minimum, each) or Money.zero(each) for each in currencies]
        if all(at.net(minimum.currency, main=True) < minimum for minimum in minimums):
            return because("return.below_minimum", minimum=" and ".join(map(str, minimums)))
    return None


def news_of_the_service(at: Situation) -> Wanted:
    """The message that says the service was suspended, or is back: once each, without a gap."""
    service, step = at.account.service, at.policy.suspension
    since = None if service.since is None else at.calendar.local_date(service.since)
    if step is None or since is None or at.today > since + timedelta(days=THANKS_DAYS):
        return Wanted()
    if service.suspended:
        if _returns(at) is not None:
            return Wanted()  # It comes back at once: what was true a moment ago would only frighten.
        reason = because("suspend.told", on=since)
        return _tell(at, TOLD, step.tell, step.channels, reason, blockers(at))
    if not _paid_for(at, step, since):
        return Wanted()
    back = at.policy.back
    return _tell(at, THANKED, back.thanks, back.channels, because("return.thanks", on=since), [])


def _paid_for(at: Situation, step: SuspendStep, since: date) -> bool:
    """Whether money brought the service back on a day, and not that chasing rests or was given up."""
    late = [debt for debt in at.open_debts if debt.main and debt.days_late(since) > 0]
    if any(_still_owed(at, late, currency) for currency in {debt.open.currency for debt in late}):
        return False
    suspensions = [claim for claim in at.account.claims if claim.step == step.id and claim.stands]
    names = {invoice for invoice, _ in suspensions[-1].debts} if suspensions else set()
    states = {debt.state for debt in at.account.debts if debt.invoice in names}
    return not states or not states <= {"void", "written_off"}


def _still_owed(at: Situation, late: Sequence[Debt], currency: str) -> bool:
    """Whether more than brings a service back is open on these debts, disputed and exempt or not."""
    tolerance, minimum = amount_in(at.policy.tolerance, currency), amount_in(at.policy.minimum, currency)
    loose = sum(money.minor for money in at.account.unapplied if money.currency == currency)
    amounts = [debt.open for debt in late if debt.open.currency == currency]
    owed = sum(each.minor for each in amounts if tolerance is None or each > tolerance) - loose
    if at.policy.back.when == "below_minimum" and minimum is not None:
        return owed >= max(minimum.minor, 1)
    return owed > 0


def _tell(
    at: Situation,
    step: str,
    template: str,
    channels: Sequence[Channel],
    reason: Reason,
    debts: Sequence[Debt],
) -> Wanted:
    wanted = Wanted()
    this_time = _this_time(at)
    key = (this_time[0].invoice, this_time[0].opening)
    begun = [
        claim
        for claim in at.account.claims
        if claim.step == step and claim.state != "released" and key in claim.debts
    ]
    tried = at.account.tried(begun)
    channel = next((c for c in channels if c not in tried and at.account.reach.get(c) == "ok"), None)
    if channel is None or any(claim.stands for claim in begun):
        return wanted
    shut = at.closed()
    # No claim names a debt twice: what an earlier suspension told of already is not named again.
    named = (*this_time, *at.effect_debts(debt for debt in debts if not at.claims(debt, step)))
    if shut is not None:
        wanted.hold(Held(step=step, channel=channel, debts=named, reason=shut[0], until=shut[1]))
        return wanted
    effect = Effect(kind="notice", step=step, channel=channel, debts=named, reason=reason, template=template)
    wanted.effects.append(effect)
    return wanted


def _this_time(at: Situation) -> tuple[EffectDebt, ...]:
    """What claims about the service count by: the service itself, and how often it was suspended."""
    currency = at.account.customer.currency or "EUR"
    times = at.account.service.times
    return (EffectDebt(invoice=SERVICE, opening=times, amount=Money.zero(currency)),)


def data_lost_at(at: Situation) -> datetime | None:
    """When the data of a suspended service is lost; None for one that is in service, or never suspended."""
    service, step = at.account.service, at.policy.suspension
    if not service.suspended or service.since is None or step is None:
        return None
    return service.since + timedelta(days=step.data_kept_days)


def data_loss(at: Situation) -> Wanted:
    """The task that warns a person before suspended data is lost, once a suspension."""
    wanted = Wanted()
    lost_at, this_time = data_lost_at(at), _this_time(at)
    keys = {(debt.invoice, debt.opening) for debt in this_time}
    if lost_at is None or any(c.step == DATA_LOSS and keys & set(c.debts) for c in at.account.claims):
        return wanted
    warn_at = lost_at - timedelta(days=LOSS_DAYS)
    if at.now < warn_at:
        wanted.later.append(warn_at)
        return wanted
    reason = because("task.data_loss", on=at.calendar.local_date(lost_at))
    wanted.effects.append(Effect(kind="task", step=DATA_LOSS, channel=TASK, debts=this_time, reason=reason))
    return wanted


def tasks(at: Situation) -> Wanted:
    """The work for people that has fallen due."""
    wanted = Wanted()
    for step in at.policy.tasks:
        due = [debt for debt in at.debts if _task_due(at, step, debt, wanted)]
        due = [debt for debt in due if at.too_little(debt.open.currency, due) is None]
        if not due:
            continue
        debts = at.effect_debts(due)
        in_flight = at.in_flight(due)
        held = paused(at) or (in_flight and (in_flight, None))
        if held:
            wanted.hold(Held(step=step.id, channel=TASK, debts=debts, reason=held[0], until=held[1]))
            continue
        days = max(debt.days_late(at.today) for debt in due)
        reason = because("task.due", task=step.task, step=step.id, days=days, offset=step.offset_days)
        wanted.effects.append(Effect(kind="task", step=step.id, channel=TASK, debts=debts, reason=reason))
    return wanted


def _task_due(at: Situation, step: TaskStep, debt: Debt, wanted: Wanted) -> bool:
    day = at.step_on(step, debt)
    if day is None or at.claims(debt, step.id) or not at.meant_for(step):
        return False
    if at.opening(day) > at.now:
        wanted.later.append(at.opening(day))
        return False
    if at.before_go_live(day) or at.unmet(step, debt) is not None:
        return False
    return at.undelivered(debt, step.needs_delivered) is None
