"""What an assessment notes of a customer for the worklist: what we wait for, broken promises, and habits.

It is noted only of customers with open tasks, so that a list of thousands needs no account.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from statistics import median
from typing import Any, NamedTuple

from domain.book import Debt
from domain.reasons import Reason, because
from domain.rest import FOREVER
from domain.situation import Situation

LATEST = 10
"""A habit is that of so many invoices, the last to be paid."""


class Standing(NamedTuple):
    """One customer, as it was assessed last.

    Attributes:
        rests: why nobody is to press now.
        rests_until: when that is over by time alone.
        broken: so many promises about what is open were not kept.
        paid: so many invoices were ever paid; None where nobody has looked.
        pays_on_day: so many days past due, the median of the last of them; negative before it.
    """

    rests: Reason | None = None
    rests_until: datetime | None = None
    broken: int = 0
    paid: int | None = None
    pays_on_day: int = 0

    def habit(self, invoices: int) -> int | None:
        """Return on which day past due the customer as a rule pays, if so many invoices tell."""
        return self.pays_on_day if self.paid is not None and self.paid >= invoices else None

    def resting(self, now: datetime) -> Reason | None:
        """Return why nobody is to press at this instant."""
        return self.rests if self.rests_until is None or now < self.rests_until else None

    def json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        rests = self.rests and [self.rests.rule, dict(self.rests.values)]
        until = self.rests_until and self.rests_until.isoformat()
        kept = {"rests": rests, "until": until, "broken": self.broken, "paid": self.paid}
        return kept | {"day": self.pays_on_day}


UNKNOWN = Standing()
"""Of a customer at whom nobody has looked since there was a task."""


def read_standing(kept: Mapping[str, Any]) -> Standing:
    """Return what was kept."""
    return Standing(
        rests=Reason(*kept["rests"]) if kept["rests"] else None,
        rests_until=datetime.fromisoformat(kept["until"]) if kept["until"] else None,
        broken=kept["broken"],
        paid=kept["paid"],
        pays_on_day=kept["day"],
    )


def standing_of(at: Situation) -> Standing:
    """Return the standing of a customer in a situation."""
    rests = _rests(at)
    late = _days_of_payment(at)
    return Standing(
        rests=None if rests is None else rests[0],
        rests_until=None if rests is None else rests[1],
        broken=_broken(at),
        paid=len(late),
        pays_on_day=round(median(late[-LATEST:])) if late else 0,
    )


def _rests(at: Situation) -> tuple[Reason, datetime | None] | None:
    """Why nobody presses for what is past due: all of it rests, waits for money, or is not asked for."""
    if (held := at.resting(at.overdue)) is not None or at.overdue:
        return held
    late = (debt for debt in at.open_debts if debt.days_late(at.today) > 0)
    return next((why for debt in late if (why := _not_ours(at, debt)) is not None), None)


def _not_ours(at: Situation, debt: Debt) -> tuple[Reason, datetime | None] | None:
    """Why we do not ask for a debt that is past due."""
    if (exemption := at.exemption(debt)) is not None:
        until = "undone" if exemption.last == FOREVER else exemption.last
        return because("hold.exempt", until=until, reason=exemption.reason), at.after(exemption)
    if (collector := at.collector(debt)) is not None:
        to, on = collector.reason, collector.first
        return because("hold.handed_over", invoice=debt.invoice, to=to, on=on), None
    contested = at.not_asked(debt)
    return None if contested is None else (contested, None)


def _broken(at: Situation) -> int:
    """Count the promises about what is open that were not kept."""
    if not at.account.promises:
        return 0
    open_ones, terms = {debt.invoice for debt in at.open_debts}, at.policy.promises
    about = (each for each in at.account.promises if open_ones.intersection(each.invoices))
    return sum(each.state(terms, at.today, at.tolerances) == "broken" for each in about)


def _days_of_payment(at: Situation) -> Sequence[int]:
    """Return of each invoice that was paid how many days after its due date, in the order of payment."""
    invoices = {debt.invoice: debt for debt in at.account.debts if debt.about is None and _is_paid(debt)}
    last: dict[str, date] = {}
    for entry in at.account.entries:
        if entry.invoice in invoices:
            last[entry.invoice] = max(entry.on, last.get(entry.invoice, entry.on))
    by_day = sorted(last.items(), key=lambda each: (each[1], each[0]))
    return [invoices[invoice].days_late(on) for invoice, on in by_day]


def _is_paid(debt: Debt) -> bool:
    return debt.state == "settled" and not debt.open
