"""Why an instalment plan makes no sense now, and what of the debts is left out of one."""

from datetime import timedelta

from domain import facts
from domain.money import Money, MoneyError, per_currency
from domain.situation import Situation


def plan_refused(at: Situation, body: facts.PlanAgreed) -> str | None:
    """Return why this plan cannot be agreed on, or None."""
    if (wrong := facts.wrong_instalments(body)) is not None:
        return f"{wrong[0].upper()}{wrong[1:]}."
    first, last = body.instalments[0].due_on, body.instalments[-1].due_on
    if first <= at.today:
        return f"The first instalment is due on {first}: agree on a day after {at.today}."
    most_days = at.policy.plans.most_days
    if most_days is not None and last > (latest := at.today + timedelta(days=most_days)):
        return f"A plan is for {most_days} days at most: agree on a last instalment until {latest}."
    currency = _currency(at, body)
    owed = next((each for each in _owed(at) if each.currency == currency), None)
    if owed is None:
        return f"Nothing is open in {currency}; open are {' and '.join(map(str, _owed(at)))}."
    current = next((plan for plan in at.plans if plan.currency == currency), None)
    if current is not None:
        return f"A plan to pay {current.words} is current: end it first."
    try:
        total = _total(body, currency)
    except MoneyError as error:
        return f"{error}."
    if total > owed:
        return f"{total} cannot be paid in instalments: {owed} are open."
    return None


def ending_refused(at: Situation, body: facts.PlanEnded) -> str | None:
    """Return why no plan can be ended, or None."""
    if body.currency is not None and all(plan.currency != body.currency for plan in at.plans):
        return f"No instalment plan in {body.currency} is current."
    return None


def outside(at: Situation, body: facts.PlanAgreed) -> str | None:
    """Say what a plan leaves out of what is open; None when it is all in it."""
    currency = _currency(at, body)
    owed = next(each for each in _owed(at) if each.currency == currency)
    rest = owed - _total(body, currency)
    return f"{rest} are not in the plan, and are chased as before" if rest else None


def _owed(at: Situation) -> tuple[Money, ...]:
    return per_currency(debt.open for debt in at.account.open_debts)


def _currency(at: Situation, body: facts.PlanAgreed) -> str:
    return body.currency or at.account.customer.currency or at.account.open_debts[0].open.currency


def _total(body: facts.PlanAgreed, currency: str) -> Money:
    total = Money.zero(currency)
    for each in body.instalments:
        total += Money.of(each.amount, currency)
    return total
