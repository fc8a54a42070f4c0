"""Interest on late payment, compensation and fees: what may be proposed to finance, with its formula.

Nothing here is ever booked by itself. A proposal says on which law or clause it rests, with which
rows, bases, days and rates, and what is not asked for and why. A day whose rate nobody has entered
bears no interest, and the missing row is named. Interest is rounded once, over all periods, half to
even.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from domain.customer import Customer
from domain.facts import FIRST_DAY, LAST_DAY
from domain.interest.accrual import YEAR_DAYS, Accrual, Days, LateDebt, Period, Span, Tariff, accrue
from domain.interest.compensation import CompensationLine, compensate, total
from domain.interest.rates import Confidence, Rates, RateTable, as_percent, weakest
from domain.interest.terms import Interest
from domain.money import Money
from domain.policy_fields import amount_in
from domain.reasons import Reason, because

ROUNDING = "half_even"
"""Half a minor unit goes to the even neighbour; once, at the end."""

MOST_TERMS = 6
"""So many periods stand in a formula; the proposal lists them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What was booked on an invoice before, so that nothing is asked for twice.

    Attributes:
        until: the last day of which interest was booked.
        compensated_until: whatever went late by this day has been compensated.
        agreed: agreed interest and fees so far, for the cap.
    """

    until: date | None = None
    compensated_until: date | None = None
    agreed: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestProposal:
    """What may be asked for on one invoice; empty where `withheld` says why not.

    Attributes:
        as_of: the last day of which interest is asked for.
        table: the law's table, None for a contract.
        interest: in the currency of the invoice, rounded once.
        periods: which base bore which rate on which days, by which row.
        compensation: the sum of its lines, in the currency of the law; None where there is none.
        interest_basis, compensation_basis: the law or the clause of each, as it is quoted.
        formula: how the amounts come about, on one line.
        confidence: the mark of the least certain number that was used.
        withheld: what is not asked for, and why.
    """

    invoice: str
    as_of: date
    basis: Literal["statutory", "contract", "none"]
    table: str | None = None
    interest: Money
    periods: tuple[Period, ...] = ()
    compensation: Money | None = None
    compensation_lines: tuple[CompensationLine, ...] = ()
    interest_basis: str = ""
    compensation_basis: str = ""
    formula: str = ""
    confidence: Confidence = "verified"
    withheld: tuple[Reason, ...] = ()

    @property
    def legal_basis(self) -> str:
        """The law or the clause of all that is asked for."""
        return "; ".join(filter(None, (self.interest_basis, self.compensation_basis)))

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.interest and not self.compensation

    @property
    def rows(self) -> tuple[str, ...]:
        """The ids of the rows that were used, in order of use."""
        return tuple(dict.fromkeys(period.row for period in self.periods if period.row))

    @property
    def total(self) -> Money | None:
        """Interest and compensation together; None where they are in two currencies."""
        if self.compensation is None:
            return self.interest
        if self.compensation.currency != self.interest.currency:
            return None
        return self.interest + self.compensation


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeProposal:
    """The agreed fee for a step on one invoice; nothing where `withheld` says why."""

    invoice: str
    step: str
    amount: Money
    legal_basis: str
    withheld: tuple[Reason, ...] = ()


def propose_interest(
    debt: LateDebt,
    *,
    terms: Interest,
    rates: Rates,
    customer: Customer,
    as_of: date,
    before: Booked | None = None,
    paused: Iterable[Days] = (),
) -> InterestProposal:
    """Return what may be asked for on a debt, of the days up to `as_of` inclusive.

    Args:
        debt: the invoice, with what is overdue of it on each day.
        terms: the part of the policy.
        rates: the tables of the law.
        customer: segment and country decide whether there is interest, and by which law.
        as_of: the last day that counts.
        before: what was booked on this invoice already.
        paused: days on which chasing rested; they matter only where the terms say that interest rests too.
    """
    before = before or Booked()
    empty = InterestProposal(
        invoice=debt.invoice, as_of=as_of, basis=terms.basis, interest=Money.zero(debt.currency)
    )
    refused = list(_refusals(terms, rates, customer))
    if refused:
        return replace(empty, withheld=tuple(refused))
    resting = () if terms.runs_in_pauses else tuple(paused)
    notes = list(_notes(debt, resting, as_of))
    table = rates.table_for(customer.country) if terms.basis == "statutory" else None
    if table is None:
        return _by_contract(empty, debt, terms, before, resting, notes)
    return _by_law(empty, debt, table, rates, terms, before, resting, notes)


def propose_fee(
    *,
    invoice: str,
    step: str,
    currency: str,
    terms: Interest,
    customer: Customer,
    before: Booked | None = None,
) -> FeeProposal:
    """Return the agreed fee for a step that was taken on an invoice of this currency."""
    basis = f"contract: {terms.clause}"
    nothing = FeeProposal(invoice=invoice, step=step, amount=Money.zero(currency), legal_basis=basis)
    if terms.party(customer.segment) is None:
        return replace(nothing, withheld=(because("interest.segment", segment=customer.segment),))
    agreed = amount_in(terms.fees.get(step, {}), currency)
    if agreed is None:
        return replace(nothing, withheld=(because("interest.no_fee", step=step, currency=currency),))
    amount, capped = _capped(agreed, terms, before or Booked())
    return replace(nothing, amount=amount, withheld=tuple(capped))


def _refusals(terms: Interest, rates: Rates, customer: Customer) -> Iterator[Reason]:
    """Yield why there is no interest at all."""
    party = terms.party(customer.segment)
    if terms.basis == "none" or (terms.basis == "contract" and terms.annual_percent is None):
        yield because("interest.none")
    elif party is None:
        yield because("interest.segment", segment=customer.segment)
    elif terms.basis == "statutory":
        table = rates.table_for(customer.country)
        if table is None:
            yield because("interest.country", country=customer.country or "an unknown country")
        elif party not in table.scope:
            yield because("interest.scope", table=table.table, party=party)


def _notes(debt: LateDebt, resting: tuple[Days, ...], as_of: date) -> Iterator[Reason]:
    """Yield what lowers the interest besides payments."""
    if debt.disputed:
        yield because("interest.disputed", amount=debt.disputed, invoice=debt.invoice)
    first_late = debt.by_due_date[0].due_on + timedelta(days=1)
    for rest in resting:
        first, last = max(rest.first, first_late), min(rest.last, as_of)
        if first <= last:
            yield because("interest.paused", first=first, last=last)


def _by_law(
    empty: InterestProposal,
    debt: LateDebt,
    table: RateTable,
    rates: Rates,
    terms: Interest,
    before: Booked,
    resting: tuple[Days, ...],
    notes: list[Reason],
) -> InterestProposal:
    rows = {row.id: row for row in rates.rows(table)}
    spans = [
        Span(days=Days(first=row.from_, last=row.to), annual_rate=table.annual_rate(row), row=row.id)
        for row in rows.values()
    ]
    tariff = Tariff(spans=tuple(spans), fixed_at_start=table.fixed_at_start)
    accrual = accrue(debt, tariff=tariff, as_of=empty.as_of, after=before.until, resting=resting)
    notes = [*notes, *_missing(accrual, table, rates)]
    lines: tuple[CompensationLine, ...] = ()
    law = table.compensation if terms.compensation else None
    # Without any rate the law's claim cannot be written down: finance enters the row first.
    if law is not None and (accrual.periods or not accrual.unknown):
        lines, unsaid = compensate(debt, law, as_of=empty.as_of, compensated_until=before.compensated_until)
        notes += unsaid
    interest, compensation = _rounded(accrual, debt), total(lines)
    marks = [table.confidence]
    marks += [rows[period.row].confidence for period in accrual.periods if period.row]
    if law is not None and lines:
        marks.append(law.confidence)
    return replace(
        empty,
        table=table.table,
        interest=interest,
        periods=accrual.periods,
        compensation=compensation,
        compensation_lines=lines,
        interest_basis=table.legal_basis,
        compensation_basis=law.legal_basis if law is not None and lines else "",
        formula=_formula(accrual, interest, interest, compensation),
        confidence=weakest(marks),
        withheld=tuple(notes),
    )


def _by_contract(
    empty: InterestProposal,
    debt: LateDebt,
    terms: Interest,
    before: Booked,
    resting: tuple[Days, ...],
    notes: list[Reason],
) -> InterestProposal:
    rate = terms.annual_rate or Decimal(0)
    always = Span(days=Days(first=FIRST_DAY, last=LAST_DAY), annual_rate=rate)
    accrual = accrue(
        debt, tariff=Tariff(spans=(always,)), as_of=empty.as_of, after=before.until, resting=resting
    )
    interest = _rounded(accrual, debt)
    asked, capped = _capped(interest, terms, before)
    return replace(
        empty,
        interest=asked,
        periods=accrual.periods,
        interest_basis=f"contract: {terms.clause}",
        formula=_formula(accrual, interest, asked, None),
        withheld=(*notes, *capped),
    )


def _missing(accrual: Accrual, table: RateTable, rates: Rates) -> Iterator[Reason]:
    for days in accrual.unknown:
        row = rates.missing(table, days.first, days.last)
        if table.fixed_at_start:
            yield because("interest.start_row", table=table.table, row=row, first=days.first)
        else:
            yield because("interest.row", table=table.table, row=row, first=days.first, last=days.last)


def _rounded(accrual: Accrual, debt: LateDebt) -> Money:
    """Round once, half to even: the sum of the periods, and never each of them."""
    return Money(round(accrual.exact_minor), debt.currency)


def _capped(amount: Money, terms: Interest, before: Booked) -> tuple[Money, list[Reason]]:
    """Return as much of an agreed amount as the cap for the invoice leaves."""
    cap = amount_in(terms.cap, amount.currency)
    if cap is None:
        return amount, []
    booked = before.agreed or Money.zero(amount.currency)
    left = max(Money.zero(amount.currency), cap - booked)
    if amount <= left:
        return amount, []
    return left, [because("interest.cap", amount=amount, cap=cap, booked=booked)]


def _formula(accrual: Accrual, interest: Money, asked: Money, compensation: Money | None) -> str:
    """Return how the amounts come about: `10,000.00 GBP × 11.75 % × 60/365 = 193.15 GBP`."""
    terms = [
        f"{period.base} × {as_percent(period.annual_rate):f} % × {period.days.count}/{YEAR_DAYS}"
        for period in accrual.periods
    ]
    if (more := len(terms) - MOST_TERMS) > 0:
        terms = [*terms[:MOST_TERMS], f"{more} more periods"]
    words = f"{' + '.join(terms)} = {interest}" if terms else ""
    if asked != interest:
        words += f", capped at {asked}"
    if compensation:
        words += f"{'; ' if words else ''}compensation {compensation}"
    return words
