"""Instalment plans: open debts that are paid by other dates than their own, as was agreed.

A plan is about what was open in its currency at the end of the day on which it was agreed, the oldest
due first. Nobody marks an instalment paid or missed: what has come in on these invoices since says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from domain.book import Book, Debt, Due
from domain.claim_key import key_of
from domain.facts import PlanAgreed, PlanEnded
from domain.instalments import contest, falls_due, fill, opens_again
from domain.money import Money, MoneyError
from domain.policy_rests import Plans
from domain.rest import Rest

State = Literal["current", "kept", "missed", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """An invoice under a plan: what was open on it when it was agreed, and how much of that is in it."""

    invoice: str
    owed: int
    planned: int

    def left(self, owed: int) -> int:
        """What is left in the plan when so much is open: what comes in pays the plan first."""
        return max(self.planned - max(self.owed - owed, 0), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentPlan:
    """One plan.

    Attributes:
        covered: its invoices, the oldest due first.
        left: what of them was left in the plan at the end of days, from the one on which it was agreed.
        ended_on: the day on which finance ended it, or on which another took its place.
    """

    agreed_on: date
    by: str
    instalments: tuple[Due, ...]
    covered: tuple[Covered, ...]
    left: tuple[tuple[date, int], ...]
    ended_on: date | None = None

    @property
    def currency(self) -> str:
        """In which it is paid."""
        return self.instalments[0].amount.currency

    @property
    def words(self) -> str:
        """What was agreed: `300.00 EUR in 3 instalments until 2026-06-01`."""
        total, number = Money(self._total, self.currency), len(self.instalments)
        until = self.instalments[-1].due_on
        return f"{total} in {number} instalment{'s' if number > 1 else ''} until {until}"

    @property
    def _total(self) -> int:
        return sum(due.amount.minor for due in self.instalments)

    def left_on(self, day: date) -> Money:
        """What of it was left to pay at the end of a day."""
        known = [minor for on, minor in self.left if on <= day]
        return Money(known[-1] if known else 0, self.currency)

    def missed_on(self, terms: Plans, today: date, forgiven: int = 0) -> date | None:
        """The first day on which an instalment was not paid and its grace was over; None if there is none.

        Args:
            forgiven: so much may be left all the same: what is tolerated, disputed, on its way.
        """
        deadlines = self.deadlines(terms)
        for day in sorted({*deadlines, *(on for on, _ in self.left)}):
            if day >= today:
                break
            to_come = sum(
                due.amount.minor
                for due, deadline in zip(self.instalments, deadlines, strict=True)
                if deadline > day
            )
            if self.left_on(day).minor > to_come + forgiven:
                return day + timedelta(days=1)
        return None

    def deadlines(self, terms: Plans) -> list[date]:
        """The last days on which the money for its instalments may arrive."""
        return [due.due_on + timedelta(days=terms.grace_days) for due in self.instalments]

    def over_on(self, terms: Plans, today: date, forgiven: int = 0) -> date | None:
        """The day from which it does not count any more; None while it does."""
        missed_on = self.missed_on(terms, today, forgiven) if terms.on_missed == "ends" else None
        ended_on = self.ended_on if self.ended_on is not None and self.ended_on <= today else None
        return min((on for on in (missed_on, ended_on) if on is not None), default=None)

    def state(self, terms: Plans, today: date, forgiven: int = 0) -> State:
        """What has become of it by `today`."""
        if self.left_on(today).minor <= forgiven:
            return "kept"
        missed_on = self.missed_on(terms, today, forgiven)
        if self.ended_on is not None and self.ended_on <= (missed_on or today):
            return "ended"
        return "current" if missed_on is None else "missed"

    def rests(self, over_on: date) -> list[Rest]:
        """The days on which it counted, by invoice."""
        last = over_on - timedelta(days=1)
        return [
            Rest(first=self.agreed_on, last=last, reason=self.words, invoice=each.invoice)
            for each in self.covered
        ]

    def keys(self, invoice: str) -> tuple[tuple[str, int], ...]:
        """What claims about its instalments of an invoice count by."""
        return tuple(
            (key_of(invoice, self.part(number)), due.opening)
            for number, due in enumerate(self.instalments, 1)
        )

    def part(self, number: int) -> str:
        """How an instalment is named beside its invoice."""
        return f"plan {self.agreed_on} instalment {number}"


Told = tuple[date, PlanAgreed | PlanEnded]


def agreed_plans(book: Book, told: Sequence[Told], own: str | None) -> tuple[InstalmentPlan, ...]:
    """Return the plans that were agreed, in their order; one about nothing is none.

    Args:
        told: what was said about plans, in order, each with its day.
        own: the customer's currency.
    """
    plans = []
    for position, (on, body) in enumerate(told):
        currency = _currency(book, on, body, own)
        if not isinstance(body, PlanAgreed) or currency is None:
            continue
        endings = (
            later_on
            for later_on, later in told[position + 1 :]
            if _currency(book, later_on, later, own) in (None, currency)
        )
        with suppress(MoneyError):  # An amount that its currency does not have is no amount.
            dues = [Due(due_on=e.due_on, amount=Money.of(e.amount, currency)) for e in body.instalments]
            plan = instalment_plan(
                book, agreed_on=on, by=body.by or "finance", instalments=dues, ended_on=next(endings, None)
            )
            plans += [] if plan is None else [plan]
    return tuple(plans)


def _currency(book: Book, on: date, body: PlanAgreed | PlanEnded, own: str | None) -> str | None:
    """The currency that is meant; None for an ending of every plan, and where nothing was open."""
    if body.currency is not None or isinstance(body, PlanEnded):
        return body.currency
    if own is not None:
        return own
    born = {entry.invoice for entry in book.entries if entry.on <= on}
    return next((debt.open.currency for debt in book.debts if debt.invoice in born), None)


def instalment_plan(
    book: Book, *, agreed_on: date, by: str, instalments: Sequence[Due], ended_on: date | None
) -> InstalmentPlan | None:
    """Return a plan about what was open in its currency then; None when nothing was."""
    currency = instalments[0].amount.currency
    balances = _balances(book, currency)
    covered = _covered(book, balances, agreed_on, sum(due.amount.minor for due in instalments))
    if not covered:
        return None
    days = {on for each in covered for on, _ in balances[each.invoice] if on > agreed_on}
    left = tuple(
        (day, sum(each.left(_at(balances[each.invoice], day)) for each in covered))
        for day in (agreed_on, *sorted(days))
    )
    return InstalmentPlan(
        agreed_on=agreed_on,
        by=by,
        instalments=_with_openings(instalments, left),
        covered=covered,
        left=left,
        ended_on=ended_on,
    )


def _balances(book: Book, currency: str) -> dict[str, list[tuple[date, int]]]:
    """What was open by invoice at the end of each day on which that changed."""
    balances: dict[str, list[tuple[date, int]]] = {}
    for entry in sorted(book.entries, key=lambda entry: entry.on):
        if entry.invoice is not None and entry.amount.currency == currency:
            days = balances.setdefault(entry.invoice, [])
            owed = days[-1][1] if days else 0
            days.append((entry.on, owed + entry.amount.minor))
    return balances


def _at(balances: Sequence[tuple[date, int]], day: date) -> int:
    known = [owed for on, owed in balances if on <= day]
    return known[-1] if known else 0


def _covered(
    book: Book, balances: Mapping[str, Sequence[tuple[date, int]]], agreed_on: date, total: int
) -> tuple[Covered, ...]:
    """Return what a plan of so much is about: of what was open, the oldest due first."""
    owed = {invoice: _at(days, agreed_on) for invoice, days in balances.items()}
    open_then = [debt for debt in book.debts if owed.get(debt.invoice, 0) > 0]
    dues = [
        (due.due_on, debt.invoice, due.amount.minor)
        for debt in open_then
        for due in falls_due(debt, Money(owed[debt.invoice], debt.open.currency))
    ]
    planned: dict[str, int] = {}
    for _, invoice, minor in sorted(dues):
        taken = min(minor, total)
        total -= taken
        if taken:
            planned[invoice] = planned.get(invoice, 0) + taken
    return tuple(
        Covered(invoice=invoice, owed=owed[invoice], planned=minor) for invoice, minor in planned.items()
    )


def _with_openings(instalments: Sequence[Due], left: Sequence[tuple[date, int]]) -> tuple[Due, ...]:
    """Return the instalments with how often each was opened: money that is taken back opens one again."""
    dues, leasts = list(instalments), [0] * len(instalments)
    amounts = [due.amount.minor for due in instalments]
    for on, minor in left:
        for number, owed in enumerate(fill(amounts, minor)):
            if opens_again(leasts[number], owed):
                due = dues[number]
                dues[number], leasts[number] = replace(due, opening=due.opening + 1, opened_on=on), owed
            leasts[number] = min(leasts[number], owed)
    return tuple(dues)


def under(
    plan: InstalmentPlan,
    debts: Iterable[Debt],
    whole: Mapping[str, Debt],
    disputed: Mapping[str, Money],
) -> list[Debt]:
    """Return open debts with what a plan covers of them by the plan's dates.

    Args:
        debts: by their own dates.
        whole: the open invoices, by number.
        disputed: what is contested, by invoice.
    """
    planned = {
        each.invoice: each.left(whole[each.invoice].open.minor)
        for each in plan.covered
        if each.invoice in whole
    }
    found, parts = list[Debt](), _parts(plan, planned, whole)
    for debt in debts:
        taken = min(planned.get(debt.invoice, 0), debt.open.minor)
        if debt.invoice in planned:
            planned[debt.invoice] -= taken
            if taken < debt.open.minor:
                parts[debt.invoice].append(replace(debt, open=debt.open - Money(taken, debt.open.currency)))
        else:
            found.append(debt)
    for invoice, some in parts.items():
        found += contest(sorted(some, key=lambda part: part.due_on), disputed.get(invoice))
    return found


def _parts(
    plan: InstalmentPlan, planned: Mapping[str, int], whole: Mapping[str, Debt]
) -> dict[str, list[Debt]]:
    """Return by invoice the open instalments of a plan: each pays the oldest debts that are left."""
    parts: dict[str, list[Debt]] = {invoice: [] for invoice in planned}
    left = {invoice: minor for invoice, minor in planned.items() if minor}
    amounts = [due.amount.minor for due in plan.instalments]
    for number, minor in enumerate(fill(amounts, sum(left.values())), 1):
        due = plan.instalments[number - 1]
        while minor:
            invoice = next(iter(left))
            taken = min(minor, left[invoice])
            minor -= taken
            left[invoice] -= taken
            if not left[invoice]:
                del left[invoice]
            amount = Money(taken, plan.currency)
            part = replace(
                whole[invoice],
                part=plan.part(number),
                original=amount,
                open=amount,
                due_on=due.due_on,
                opening=due.opening,
                opened_on=due.opened_on or plan.agreed_on,
                instalments=(),
            )
            parts[invoice].append(part)
    return parts
