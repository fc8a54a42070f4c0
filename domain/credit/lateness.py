"""Whether an invoice was paid in time, late, or not at all: late keeps the service, not at all may end it."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Literal

from domain.book import Debt
from domain.situation import Situation

Lateness = Literal["not_due", "on_time", "late", "non_payment"]


def lateness(at: Situation, debt: Debt) -> Lateness:
    """Classify an invoice: what was not paid by its final notice is no late payment any more.

    What was settled by the due date is on time, however it was settled.
    """
    settled_on = _settled_on(at, debt)
    if settled_on is not None and settled_on <= debt.due_on:
        return "on_time"
    if settled_on is None and debt.days_late(at.today) <= 0:
        return "not_due"
    noticed_on = _final_notice_on(at, debt)
    return "non_payment" if noticed_on is not None and _by(settled_on, noticed_on) else "late"


def counted(at: Situation, debts: Iterable[Debt]) -> dict[str, int]:
    """Return how many invoices were paid how, without those that are void and charges for lateness."""
    invoices = [debt for debt in debts if debt.about is None and debt.state != "void"]
    found = Counter(lateness(at, debt) for debt in invoices)
    return {each: found[each] for each in ("not_due", "on_time", "late", "non_payment")}


def _by(settled_on: date | None, noticed_on: date) -> bool:
    return settled_on is None or settled_on > noticed_on


def _settled_on(at: Situation, debt: Debt) -> date | None:
    """The day of the last posting of an invoice on which nothing is open."""
    if debt.open:
        return None
    days = [entry.on for entry in at.account.entries if entry.invoice == debt.invoice]
    return max(days, default=debt.issued_on)


def _final_notice_on(at: Situation, debt: Debt) -> date | None:
    """The day of the first final notice about an invoice, or about a part of it."""
    warning = at.policy.last_warning
    said = [
        claim.claimed_at
        for claim in at.account.claims
        if claim.step == warning and claim.stands and debt.invoice in claim.invoices
    ]
    return at.calendar.local_date(min(said)) if said else None
