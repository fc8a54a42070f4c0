"""Retention: what keeps the contact data of a customer from being destroyed, and until when."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.account import Account
from domain.contact_law.rules import Retention
from domain.money import per_currency
from domain.own_steps import REPLY


def kept_because(account: Account, now: datetime) -> str | None:
    """Say why a customer cannot be forgotten yet; None when nothing speaks against it.

    The law's years count from the last thing that was done or learned (12 CFR 1006.100(a) for one).
    """
    owed = ", ".join(str(each) for each in per_currency(debt.open for debt in account.debts if debt.open))
    if owed:
        return f"{owed} is open: it is collected or written off before the customer is forgotten"
    if credit := ", ".join(str(each) for each in account.unapplied if each):
        return f"{credit} is the customer's own money: it goes back before the customer is forgotten"
    if any(claim.unsettled for claim in account.claims):
        return "a message is on its way: ask again when it is known whether it went out"
    today = now.astimezone(ZoneInfo(account.customer.timezone)).date()
    if (waits := _waits(account, today)) is not None:
        return waits
    rule, last = account.law.retention(today), last_activity_on(account)
    if rule is None or last is None or (ends_on := kept_until(rule, last)) < today:
        return None
    return f"{rule.id} keeps records until {ends_on} ({rule.source}): the last activity was on {last}"


def _waits(account: Account, today: date) -> str | None:
    """Say what a person has to end first: a hold, a dispute, a reply that nobody has read."""
    if hold := next((rest for rest in account.holds if rest.to_come(today)), None):
        return f"a hold is set ({hold.reason}): it is released before the customer is forgotten"
    if account.disputes:
        return f"dispute {account.disputes[0]} is open: it is resolved before the customer is forgotten"
    if account.questions:
        return "money came in that may be the customer's: decide about it first, `starter.py bank unapplied`"
    read_until = account.tasks_done.get(REPLY)
    if any(read_until is None or said.at > read_until for said in account.replies):
        return "a reply waits to be read: its task is done before the customer is forgotten"
    return None


def kept_until(rule: Retention, last_on: date) -> date:
    """Return the last day on which a rule keeps what was last touched on a day."""
    year = last_on.year + rule.years
    try:
        return last_on.replace(year=year)
    except ValueError:  # 29 February
        return date(year, 3, 1) - timedelta(days=1)


def last_activity_on(account: Account) -> date | None:
    """Return the customer's day on which something was last learned, or begun by us."""
    learned = [fact.learned_at for fact in account.history]
    begun = [claim.claimed_at for claim in account.claims]
    newest = max((*learned, *begun), default=None)
    return None if newest is None else newest.astimezone(ZoneInfo(account.customer.timezone)).date()
