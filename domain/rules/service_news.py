"""The messages that say that the service was restricted or suspended, is back, or ended."""

from collections.abc import Sequence
from datetime import date, timedelta

from domain.book import Debt
from domain.effects import Wanted
from domain.own_steps import THANKED, TOLD, TOLD_ENDED, TOLD_RESTRICTED
from domain.policy import Return
from domain.policy_fields import amount_in
from domain.policy_steps import Switching
from domain.reasons import Reason, because
from domain.rules.reactivation import blockers, returns_because
from domain.rules.telling import tell_once
from domain.situation import Situation

THANKS_DAYS = 30
"""How long after the return a message about it still makes sense."""


def news_of_the_service(at: Situation) -> Wanted:
    """The message that says that the service was turned down, is back, or ended: once each, without a gap."""
    service = at.account.service
    since = None if service.since is None else at.calendar.local_date(service.since)
    if since is None:
        return Wanted()
    if service.ended:
        return _news_of_the_end(at, since)
    if at.account.cancelled_on is not None or at.today > since + timedelta(days=THANKS_DAYS):
        return Wanted()
    if service.down:
        return _news_of_the_turn(at, since)
    return _thanks(at, because("return.thanks", on=since), since)


def _news_of_the_turn(at: Situation, since: date) -> Wanted:
    """The message that the service was restricted or suspended."""
    if returns_because(at) is not None:
        return Wanted()  # It comes back at once: what was true a moment ago would only frighten.
    debts = _behind_the_turn(at)
    restriction, suspension = at.policy.restriction, at.policy.suspension
    if at.account.service.restricted:
        reason = because("restrict.told", on=since)
        return Wanted() if restriction is None else _tell(at, TOLD_RESTRICTED, restriction, reason, debts)
    reason = because("suspend.told", on=since)
    return Wanted() if suspension is None else _tell(at, TOLD, suspension, reason, debts)


def _behind_the_turn(at: Situation) -> list[Debt]:
    """The debts for which the service is down, without those that have left our chasing."""
    return [debt for debt in blockers(at) if at.left_on(debt) is None]


def told_again(at: Situation, step: str) -> list[Debt]:
    """The debts for which the service is down again: an earlier message of this step has named them already.

    No claim names a debt twice, and still the letter says what is to be paid.
    """
    if step not in (TOLD, TOLD_RESTRICTED):
        return []
    return [debt for debt in _behind_the_turn(at) if at.claims(debt, step)]


def _news_of_the_end(at: Situation, since: date) -> Wanted:
    """The message that the subscription ended, and when all is paid after it a last thanks."""
    step = at.policy.termination
    owed = [debt for debt in at.open_debts if at.claimable(debt) and debt.main and debt.days_late(since) > 0]
    if not owed:
        return _thanks(at, because("terminate.thanks", on=since), since)
    if step is None or at.today > since + timedelta(days=THANKS_DAYS):
        return Wanted()
    ours = [debt for debt in owed if at.collector(debt) is None]
    return _tell(at, TOLD_ENDED, step, because("terminate.told", on=since), ours) if ours else Wanted()


def _thanks(at: Situation, reason: Reason, since: date) -> Wanted:
    turns = [step for step in (at.policy.restriction, at.policy.suspension) if step is not None]
    if not turns or not _paid_for(at, turns, since):
        return Wanted()
    return _tell(at, THANKED, at.policy.back, reason, [])


def _paid_for(at: Situation, turns: Sequence[Switching], since: date) -> bool:
    """Whether money brought the service back on a day, and not that chasing rests or was given up."""
    late = [debt for debt in at.scheduled if debt.main and debt.days_late(since) > 0]
    if any(_still_owed(at, late, currency) for currency in {debt.open.currency for debt in late}):
        return False
    ids = {step.id for step in turns}
    turned = [claim for claim in at.account.claims if claim.step in ids and claim.stands]
    names = set(turned[-1].invoices) if turned else set()
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
    at: Situation, step: str, told: Switching | Return, reason: Reason, debts: Sequence[Debt]
) -> Wanted:
    template = told.thanks if isinstance(told, Return) else told.tell
    (this_time,) = at.this_suspension
    return tell_once(
        at, step, this_time, channels=told.channels, template=template, reason=reason, debts=debts
    )
