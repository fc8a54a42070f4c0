"""Booking: from what finance enters to the fact of a fee, or the sentence why it may not be charged.

What is not given comes from the proposal of today. More than it takes a reason, and no reason helps
where the policy or the agreed cap forbid it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from domain import facts
from domain.book import Debt
from domain.commands import FeeEntry
from domain.interest.fees import booked_on
from domain.interest.owed import booked_for, fee_on, interest_on, never_owed, taken
from domain.money import Money, MoneyError
from domain.policy_fields import amount_in
from domain.reasons import Reason, because
from domain.situation import Situation

MOST_BASIS = 2000
_LETTERS = {"interest": "I", "compensation": "C", "fee": "F"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What may be asked for of one kind: nothing where `withheld` says why."""

    amount: Money
    until: date
    basis: str
    rows: tuple[str, ...] = ()
    withheld: Sequence[Reason] = ()


def forbidden(at: Situation) -> str | None:
    """Say why nothing may be charged to this customer at all."""
    terms, segment = at.policy.interest, at.account.customer.segment
    if terms.basis == "none":
        return "The policy asks for no interest or fees."
    return None if terms.party(segment) else f"Customers of segment {segment} owe no interest or fees."


def booking(at: Situation, entry: FeeEntry) -> facts.FeeBooked | str:
    """Return the fact that an entry means now, or why it may not be booked."""
    debt = next((debt for debt in at.account.debts if debt.invoice == entry.invoice), None)
    why_not = forbidden(at) or _wrong(at, debt, entry)
    if why_not is not None or debt is None:
        return why_not or f"Invoice {entry.invoice} is not known for this customer."
    asked = _asked(at, debt, entry)
    try:
        amount = asked.amount if entry.amount is None else Money.of(entry.amount, asked.amount.currency)
    except MoneyError as error:
        return f"{error}."
    if (too_much := _too_much(at, debt, entry, amount, asked)) is not None:
        return too_much
    known = {debt.invoice for debt in at.account.debts}
    return facts.FeeBooked(
        fee=entry.fee or _number(entry, known),
        invoice=entry.invoice,
        kind=entry.kind,
        amount=amount.amount,
        currency=amount.currency,
        until=asked.until,
        due_on=entry.due_on,
        step=entry.step if entry.kind == "fee" else None,
        basis=(asked.basis or entry.reason or "agreed")[:MOST_BASIS],
        rows=asked.rows,
        reason=entry.reason,
        by=entry.by,
    )


def _wrong(at: Situation, debt: Debt | None, entry: FeeEntry) -> str | None:
    """Say what no amount and no reason can mend."""
    if debt is None:
        return None
    if debt.about is not None:
        return f"{debt.invoice} is a fee itself: none is charged on a fee."
    if never_owed(at, debt):
        return f"Nothing of {debt.invoice} was ever owed."
    if any(entry.fee == each.invoice for each in at.account.debts):
        return f"The number {entry.fee} is taken: leave it out, or give another."
    if entry.kind != "fee":
        return None
    step, agreed = entry.step, at.policy.interest.fees
    if step not in agreed:
        named = " or ".join(agreed) or "no step"
        return f"Name the step whose fee it is: the policy has a fee for {named}."
    if not taken(at, debt.invoice, step):
        return f"The step {step} was not taken for {debt.invoice}, so its fee is not owed."
    earlier = booked_for(at, debt.invoice, step)
    return None if earlier is None else f"The fee for {step} is booked already, as {earlier.fee}."


def _asked(at: Situation, debt: Debt, entry: FeeEntry) -> _Asked:
    nothing = Money.zero(debt.open.currency)
    if entry.kind == "fee":
        fee = fee_on(at, debt, str(entry.step))
        if fee is None:
            return _Asked(amount=nothing, until=at.today, basis="")
        return _Asked(amount=fee.amount, until=at.today, basis=fee.legal_basis, withheld=fee.withheld)
    found = interest_on(at, debt)
    if found is None:
        return _Asked(amount=nothing, until=at.today, basis="")
    if entry.kind == "compensation":
        fixed = found.compensation
        basis = f"{found.compensation_basis}: compensation {fixed}" if fixed else ""
        amount = found.compensation or nothing
        return _Asked(amount=amount, until=at.today, basis=basis, withheld=found.withheld)
    # What comes after the last period bore nothing, or its rate is still to be entered.
    until = max((period.days.last for period in found.periods), default=at.today)
    formula = found.formula.removesuffix(f"; compensation {found.compensation}")
    basis = f"{found.interest_basis}: {formula}" if found.periods else ""
    return _Asked(amount=found.interest, until=until, basis=basis, rows=found.rows, withheld=found.withheld)


def _too_much(at: Situation, debt: Debt, entry: FeeEntry, amount: Money, asked: _Asked) -> str | None:
    """Say why this amount may not be charged: more than proposed without a reason, or than was agreed."""
    if not amount or (amount > asked.amount and entry.reason is None):
        nothing = f"No {entry.kind} can be asked for on {debt.invoice}"
        more = f"{amount} is more than the {asked.amount} that can be asked for on {debt.invoice}"
        words = [more if asked.amount and amount else nothing]
        words += [reason.words for reason in asked.withheld]
        before = booked_on(at.account.fees, debt.invoice, debt.open.currency)
        if not asked.amount and entry.kind == "interest" and before.until is not None:
            words.append(f"it is booked until {before.until}")
        remedy = "" if entry.amount is None else ": give a reason, or another amount"
        return f"{'; '.join(words)}{remedy}."
    cap = amount_in(at.policy.interest.cap, amount.currency)
    booked = booked_on(at.account.fees, debt.invoice, amount.currency).agreed or Money.zero(amount.currency)
    if cap is not None and amount + booked > cap:
        return f"{because('interest.cap', amount=amount, cap=cap, booked=booked).words}."
    return None


def _number(entry: FeeEntry, known: Collection[str]) -> str:
    """Return the first free number of a fee of this kind: INV-1042-I1."""
    stem = f"{entry.invoice[:120]}-{_LETTERS[entry.kind]}"
    count = 1
    while f"{stem}{count}" in known:
        count += 1
    return f"{stem}{count}"
