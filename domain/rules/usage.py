"""Usage against its budget: what customers are told, and what it gives people to do.

One message for each level and month. The warning is repeated while usage stays above its level; of several
levels that are reached at once only the highest is told. Whoever uses nothing has no cost.
"""

from datetime import date, timedelta

from domain.channels import CHANNELS, TASK, USAGE
from domain.effects import Effect, EffectDebt, Wanted
from domain.own_steps import (
    USAGE_ALERT,
    USAGE_FORECAST,
    USAGE_ODD,
    USAGE_OVER,
    USAGE_PROFILE,
    USAGE_WARNING,
)
from domain.reasons import Reason, because
from domain.rules.telling import tell_once
from domain.situation import Situation
from domain.usage.book import Profile
from domain.usage.watch import Standing, rank, standing, suspicion

TEMPLATE, CONSUMER_TEMPLATE = "usage", "consumer_usage"
_SPIKES = 10_000_000
"""Above what months and their levels are numbered by."""


def usage(at: Situation) -> Wanted:
    """Return what usage that is billed afterwards asks for now."""
    wanted = Wanted()
    if not at.account.usage_told:
        return wanted
    _profile(at, wanted)
    stands = standing_of(at)
    if stands is None:
        return wanted
    wanted.add(_told(at, stands))
    if stands.level is not None and stands.level >= at.policy.usage.alert_percent:
        budget = stands.budget.amount
        why = because(
            "usage.over", month=stands.month, used=stands.used, percent=stands.percent, budget=budget
        )
        _task(at, USAGE_OVER, _number(stands.month), why, wanted)
    # The same finding opens an incident where the reading is recorded (`store.signs`).
    if (odd := suspicion(at.policy.usage, stands)) is not None:
        _task(at, USAGE_ODD, _odd_number(stands), odd, wanted)
    return wanted


def standing_of(at: Situation) -> Standing | None:
    """Return how the usage of the month stands that is watched now."""
    if not at.account.usage_told:
        return None
    return standing(at.policy.usage, at.account.usage, at.today, at.account.customer.currency)


def review_on(at: Situation, profile: Profile) -> date:
    """Return the day on which a profile is to be agreed again."""
    if profile.review_on is not None:
        return profile.review_on
    months = profile.agreed_on.year * 12 + profile.agreed_on.month - 1 + at.policy.usage.review_months
    return date(months // 12, months % 12 + 1, 1)


def _told(at: Situation, stands: Standing) -> Wanted:
    """The one message that is due about a month."""
    terms, said = at.policy.usage, _said(at, stands.month)
    warned, alerted = said.get(USAGE_WARNING, {}), said.get(USAGE_ALERT, {})
    if stands.level is None:
        return _tell(at, USAGE_FORECAST, stands, 0) if stands.over and not said else Wanted()
    place = rank(terms, stands.level)
    if place > max([0, *alerted]):
        return _tell(at, USAGE_ALERT, stands, place)
    if not warned and not alerted:
        return _tell(at, USAGE_WARNING, stands, 0)
    day = max((*warned.values(), *alerted.values())) + timedelta(days=terms.again_days)
    if f"{day:%Y-%m}" != stands.month:
        return Wanted()
    if day > at.today:
        return Wanted(later=[at.opening(day)])
    return _tell(at, USAGE_WARNING, stands, 1 + max(warned, default=0))


def _said(at: Situation, month: str) -> dict[str, dict[int, date]]:
    """By step and place, when something was said about a month."""
    said: dict[str, dict[int, date]] = {}
    for claim in at.account.claims:
        if claim.channel in CHANNELS and claim.stands and claim.debts[0][0] == USAGE:
            number, place = divmod(claim.debts[0][1], 1000)
            if number == _number(month):
                said.setdefault(claim.step, {})[place] = at.calendar.local_date(claim.claimed_at)
    return said


def _tell(at: Situation, step: str, stands: Standing, place: int) -> Wanted:
    about = EffectDebt(invoice=USAGE, opening=_number(stands.month) * 1000 + place, amount=at.nothing)
    private = any(notice.template.startswith("consumer_") for notice in at.policy.notices)
    template = CONSUMER_TEMPLATE if private else TEMPLATE
    channels, reason = at.policy.usage.channels, _because(at, step, stands)
    return tell_once(at, step, about, channels=channels, template=template, reason=reason)


def _because(at: Situation, step: str, stands: Standing) -> Reason:
    month, used, percent, budget = stands.month, stands.used, stands.percent, stands.budget.amount
    if step == USAGE_FORECAST:
        on, forecast = stands.read_on, stands.forecast
        return because("usage.forecast", month=month, used=used, budget=budget, on=on, forecast=forecast)
    if step == USAGE_WARNING:
        level = at.policy.usage.warn_percent
        return because("usage.warning", month=month, used=used, percent=percent, budget=budget, level=level)
    level = stands.level or 0
    return because("usage.alert", month=month, used=used, percent=percent, budget=budget, level=level)


def _profile(at: Situation, wanted: Wanted) -> None:
    """Ask for a profile where usage comes in without one, or for a new one when its time has come."""
    book, profile = at.account.usage, at.account.usage.profile
    newest = max(book.months, default=None)
    if profile is None and newest is not None:
        _task(at, USAGE_PROFILE, _number(newest[0]), because("usage.no_profile", month=newest[0]), wanted)
    elif profile is not None:
        others = [key for key in book.months if key[1] != profile.expected.currency]
        if others:
            month, currency = max(others)
            why = because("usage.no_budget", month=month, currency=currency)
            _task(at, USAGE_PROFILE, _number(month), why, wanted)
        due_on = review_on(at, profile)
        if due_on <= at.today:
            why = because("usage.review", on=profile.agreed_on, due_on=due_on)
            _task(at, USAGE_PROFILE, due_on.toordinal(), why, wanted)
        else:
            wanted.later.append(at.opening(due_on))


def _task(at: Situation, step: str, opening: int, reason: Reason, wanted: Wanted) -> None:
    """Ask for work once for each occasion, and never for more of it while some is open."""
    if at.open_task(step) or any(effect.step == step for effect in wanted.effects):
        return
    if any(claim.step == step and (USAGE, opening) in claim.debts for claim in at.account.claims):
        return
    about = EffectDebt(invoice=USAGE, opening=opening, amount=at.nothing)
    wanted.effects.append(Effect(kind="task", step=step, channel=TASK, debts=(about,), reason=reason))


def _odd_number(stands: Standing) -> int:
    if stands.spike is not None:
        return _SPIKES + stands.spike.on.toordinal()
    return _number(stands.month) * 1000


def _number(month: str) -> int:
    """Months are counted from 2000: the number has to fit a column of 32 bits with a level behind it."""
    return (int(month[:4]) - 2000) * 12 + int(month[5:])
