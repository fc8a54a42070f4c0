"""What a letter may say of interest that nobody has booked yet: what it is a day, and by which law.

Only of what the policy would propose for this customer: never for a consumer, nor where a table or a row
is missing, nor beyond an agreed cap.
"""

from collections.abc import Iterable, Iterator

from domain.book import Debt
from domain.interest.accrual import Period
from domain.interest.owed import interest_on
from domain.interest.proposal import InterestProposal
from domain.interest.rates import as_percent
from domain.money import Money, per_currency
from domain.notice import DailyInterest, NoticeInterest
from domain.situation import Situation


def announced(at: Situation, debts: Iterable[Debt]) -> NoticeInterest | None:
    """Return what may be said of interest on these debts today; None where there is nothing to say."""
    if at.policy.interest.basis == "none":
        return None
    invoices = {debt.invoice: debt for debt in debts if debt.about is None}
    found = [proposal for debt in invoices.values() if (proposal := interest_on(at, debt)) is not None]
    found = [proposal for proposal in found if not _exhausted(proposal)]
    lines = tuple(line for proposal in found for line in _lines(proposal))
    fixed = [proposal.compensation for proposal in found if proposal.compensation]
    if not lines and not fixed:
        return None
    return NoticeInterest(
        lines=lines,
        legal_basis=next((each.interest_basis for each in found if lines), ""),
        compensation=tuple(per_currency(fixed)),
        compensation_basis=next((each.compensation_basis for each in found if each.compensation), ""),
    )


def _exhausted(proposal: InterestProposal) -> bool:
    """Whether the agreed cap leaves nothing more to ask for."""
    return not proposal.interest and any(reason.rule == "interest.cap" for reason in proposal.withheld)


def _lines(proposal: InterestProposal) -> Iterator[DailyInterest]:
    """Yield what accrues today: a part that has its own rate has a line of its own."""
    for period in proposal.periods:
        if period.days.last == proposal.as_of and (a_day := _a_day(period)):
            percent = as_percent(period.annual_rate).normalize()
            yield DailyInterest(
                invoice=proposal.invoice,
                base=period.base,
                annual_percent=percent,
                a_day=a_day,
                row=period.row,
            )


def _a_day(period: Period) -> Money:
    """Return the interest of one day, rounded half to even."""
    return Money(round(period.exact_minor / period.days.count), period.base.currency)
