"""The plan: everything anybody may want to know about one customer at one instant.

`plan(policy, account, now)` is the product. The live workflow, the simulator, the forecast that
finance sees and the answer to every command come from here; nothing else decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from domain.account import Account
from domain.book import Debt
from domain.decide import decide
from domain.effects import Effect, Held
from domain.money import Money, per_currency
from domain.policy import Policy
from domain.refusals import Refusal, allowed, lapses_at
from domain.simulation.forecast import forecast
from domain.simulation.timeline import Line
from domain.situation import Situation

FORECAST_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do now, what waits and why, and what may come.

    Attributes:
        stage: onboarding, rejected, current, overdue, reminder, final_notice, restricted, suspended,
            terminated or handed_over.
        effects: wanted now, independent of each other.
        held: what one rule keeps back, each with its reason.
        wake_at: the absolute instant to look again, later than now; None when only news can matter.
        forecast: the next effects if nothing happens and messages are delivered.
        allowed: for each command None, or the sentence why not.
        allowed_until: from then on time alone may have lifted a refusal.
        overdue: what may be chased and is past due, per currency.
        owed: all that is open, per currency.
        overdue_since: the due date of the oldest chased debt.
        case_open: whether a delinquency is being worked on.
        debts: all that is open, of what is paid in instalments each of them.
        agreed: the instalment plans that count, in words.
        broken: the newest promise in words, where it was broken and its debts are still open.
    """

    stage: str
    effects: tuple[Effect, ...]
    held: tuple[Held, ...]
    wake_at: datetime | None
    forecast: tuple[Line, ...]
    allowed: Mapping[str, Refusal]
    overdue: tuple[Money, ...]
    owed: tuple[Money, ...]
    overdue_since: date | None
    case_open: bool
    allowed_until: datetime | None = None
    debts: tuple[Debt, ...] = ()
    agreed: tuple[str, ...] = ()
    broken: str | None = None


def plan(policy: Policy, account: Account, now: datetime) -> Plan:
    """Plan for one account at one instant, from all its facts."""
    decision = decide(policy, account, now)
    at = Situation(policy=policy, account=account, now=max(now, account.newest_at or now))
    return Plan(
        stage=decision.stage,
        effects=decision.effects,
        held=decision.held,
        wake_at=decision.wake_at,
        forecast=forecast(policy, account, at.now, lines=FORECAST_LINES, first=decision),
        allowed=allowed(at),
        allowed_until=lapses_at(at),
        overdue=at.totals(at.overdue),
        owed=per_currency(debt.open for debt in account.open_debts),
        overdue_since=min((debt.due_on for debt in at.overdue), default=None),
        case_open=decision.case_open,
        debts=at.open_debts,
        agreed=tuple(each.words for each in at.plans if each.left_on(at.today)),
        broken=_broken(at),
    )


def _broken(at: Situation) -> str | None:
    """Return the newest promise in words, where it was broken and something that it was about is open."""
    if not at.account.promises:
        return None
    newest = at.account.promises[-1]
    if newest.state(at.policy.promises, at.today, at.tolerances) != "broken":
        return None
    return newest.words if any(debt.invoice in newest.invoices for debt in at.open_debts) else None
