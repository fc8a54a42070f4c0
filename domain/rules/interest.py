"""Interest and fees: what finance gets proposed, what it may book no more, and what it booked in error.

A proposal is a task, once for a debt and each of its openings; what accrues later is reckoned when
finance books. Nothing is ever booked here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.book import Debt
from domain.channels import TASK
from domain.claim import Claim
from domain.effects import Effect, EffectDebt, Held, Wanted
from domain.interest.fees import Fee, booked_on
from domain.interest.owed import booked_for, fee_on, interest_on, never_owed, taken
from domain.interest.proposal import FeeProposal, InterestProposal
from domain.money import Money
from domain.own_steps import CANCEL_FEE, FEE, INTEREST, fee_step, is_about_fees
from domain.reasons import Reason, because
from domain.situation import Situation


def interest(at: Situation) -> Wanted:
    """The proposals that have fallen due, and the fees that are to be cancelled."""
    wanted = Wanted()
    terms = at.policy.interest
    if terms.basis != "none" and terms.party(at.account.customer.segment) is not None:
        _propose_interest(at, wanted)
        for step in terms.fees:
            _propose_fee(at, step, wanted)
    if at.account.fees:
        _cancel(at, wanted)
    return wanted


def _propose_interest(at: Situation, wanted: Wanted) -> None:
    due = [debt for debt in at.debts if _due(at, debt, wanted)]
    for parts in _by_invoice(_not_resting(at, INTEREST, due, wanted)):
        proposal = interest_on(at, parts[0])
        if proposal is None:
            continue
        if not proposal.empty:
            asked = proposal.total or proposal.interest
            wanted.effects.append(_task(INTEREST, parts, asked=asked, reason=proposed(proposal)))
            return  # The next one follows when this one is on somebody's desk.
        if _grows(at, parts[0], proposal):
            wanted.later.append(at.calendar.start_of(at.today + timedelta(days=1)))
        if proposal.withheld:
            debts = at.effect_debts(parts)
            wanted.hold(Held(step=INTEREST, channel=TASK, debts=debts, reason=proposal.withheld[0]))


def _by_invoice(debts: Sequence[Debt]) -> list[list[Debt]]:
    """Return debts by their invoice: interest is reckoned on all of it, also where only parts are due."""
    found: dict[str, list[Debt]] = {}
    for debt in debts:
        found.setdefault(debt.invoice, []).append(debt)
    return list(found.values())


def _grows(at: Situation, debt: Debt, proposal: InterestProposal) -> bool:
    """Whether interest that is none yet will be some: it is less than half a cent, or booked until today."""
    if any(reason.rule == "interest.cap" for reason in proposal.withheld):
        return False
    before = booked_on(at.account.fees, debt.invoice, debt.open.currency).until
    return any(period.exact_minor for period in proposal.periods) or (
        before is not None and before >= at.today
    )


def _due(at: Situation, debt: Debt, wanted: Wanted) -> bool:
    """Whether the day of the proposal has come for a debt that has none; it opens with the window."""
    terms = at.policy.interest
    if debt.about is not None or terms.propose_at is None or at.claims(debt, INTEREST):
        return False
    if isinstance(terms.propose_at, int):
        day = at.day_of(terms.propose_at, debt)
    else:
        step = next(step for step in at.policy.steps if step.id == terms.propose_at)
        if at.unmet(step, debt) is not None:
            return False
        day = at.step_on(step, debt)
    if day is None or at.before_go_live(day):
        return False
    if at.opening(day) > at.now:
        wanted.later.append(at.opening(day))
        return False
    return at.too_little(debt.open.currency, [debt]) is None


def _propose_fee(at: Situation, step: str, wanted: Wanted) -> None:
    own = fee_step(step)
    asked = {invoice for claim in at.account.claims if claim.step == own for invoice in claim.invoices}
    due = [
        debt
        for debt in at.debts
        if debt.about is None and debt.invoice not in asked and at.claims(debt, step)
    ]
    for parts in _by_invoice(_not_resting(at, own, due, wanted)):
        proposal = fee_on(at, parts[0], step)
        if proposal is not None and proposal.amount:
            wanted.effects.append(_task(own, parts, asked=proposal.amount, reason=_agreed(proposal)))
            return


def _not_resting(at: Situation, step: str, due: Sequence[Debt], wanted: Wanted) -> Sequence[Debt]:
    held = at.resting(due) if due else None
    if held is None:
        return due
    reason, until = held
    wanted.hold(Held(step=step, channel=TASK, debts=at.effect_debts(due), reason=reason, until=until))
    return ()


def _cancel(at: Situation, wanted: Wanted) -> None:
    """Ask for the first fee that was booked in error and that nobody has been told of."""
    debts = {debt.invoice: debt for debt in at.account.debts}
    for fee in at.account.fees:
        debt = debts[fee.fee]
        if at.account.begun.get((debt.invoice, debt.opening, CANCEL_FEE)):
            continue
        if (why := in_error(at, fee, debts.get(fee.invoice))) is not None:
            reason = because("task.cancel_fee", fee=fee.fee, amount=fee.amount, why=why)
            wanted.effects.append(_task(CANCEL_FEE, [debt], asked=debt.open, reason=reason))
            return


def in_error(at: Situation, fee: Fee, about: Debt | None) -> str | None:
    """Say why a fee should not have been booked: its invoice or its notice was wrong; None if all is well."""
    if about is not None and never_owed(at, about):
        return f"nothing of {fee.invoice} was ever owed"
    if fee.kind == "fee" and fee.step is not None and not taken(at, fee.invoice, fee.step):
        begun = any(claim.step == fee.step and fee.invoice in claim.invoices for claim in at.account.claims)
        return f"{fee.step} for {fee.invoice} reached nobody" if begun else None
    return None


def _task(step: str, parts: Sequence[Debt], *, asked: Money, reason: Reason) -> Effect:
    """Return the task about an invoice, or about parts of it: the first of them has the amount."""
    amounts = [asked, *(Money.zero(asked.currency) for _ in parts[1:])]
    about = tuple(
        EffectDebt(invoice=debt.invoice, opening=debt.opening, amount=amount, part=debt.part)
        for debt, amount in zip(parts, amounts, strict=True)
    )
    return Effect(kind="task", step=step, channel=TASK, debts=about, reason=reason)


def proposed(proposal: InterestProposal) -> Reason:
    """Say what is proposed, how it comes about, on which law and rows, and what is left out and why."""
    parts = [f"{proposal.interest} interest"] if proposal.interest else []
    if proposal.compensation:
        parts.append(f"{proposal.compensation} compensation")
    basis = [proposal.legal_basis]
    if proposal.rows:
        basis.append(f"rows {', '.join(proposal.rows)}")
    if proposal.basis == "statutory":
        basis.append(f"figures {proposal.confidence}")
    return because(
        "task.interest",
        asked=" and ".join(parts),
        invoice=proposal.invoice,
        until=proposal.as_of,
        formula=proposal.formula,
        basis="; ".join(basis),
        withheld=_withheld(proposal.withheld),
    )


def _agreed(proposal: FeeProposal) -> Reason:
    return because(
        "task.fee",
        amount=proposal.amount,
        invoice=proposal.invoice,
        step=proposal.step,
        basis=proposal.legal_basis,
        withheld=_withheld(proposal.withheld),
    )


def _withheld(reasons: Sequence[Reason]) -> str:
    return "".join(f"; not asked for: {reason.words}" for reason in reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A task about interest or a fee that nobody need look at any more, and why."""

    step: str
    invoice: str
    why: str


def over(at: Situation) -> Iterator[Over]:
    """Yield the tasks of this kind that were answered by a booking, or whose ground is gone."""
    for claim in at.account.claims:
        if claim.channel == TASK and claim.stands and is_about_fees(claim.step):
            for invoice in claim.invoices:
                if (why := _why_over(at, claim, invoice)) is not None:
                    yield Over(step=claim.step, invoice=invoice, why=why)


def _why_over(at: Situation, claim: Claim, invoice: str) -> str | None:
    debt = next((debt for debt in at.account.debts if debt.invoice == invoice), None)
    if debt is None:
        return "withdrawn: the invoice is not known any more"
    if claim.step == CANCEL_FEE:
        fee = next((fee for fee in at.account.fees if fee.fee == invoice), None)
        about = next((each for each in at.account.debts if each.invoice == debt.about), None)
        still = fee is not None and in_error(at, fee, about) is not None
        return None if still else "cancelled" if debt.state == "void" else "withdrawn: it is right after all"
    if claim.step == INTEREST:
        return _interest_over(at, claim, debt)
    step = claim.step.removeprefix(FEE)
    if booked_for(at, invoice, step) is not None:
        return "booked"
    proposal = None if never_owed(at, debt) else fee_on(at, debt, step)
    return None if proposal and proposal.amount else f"withdrawn: no fee for {step} is owed"


def _interest_over(at: Situation, claim: Claim, debt: Debt) -> str | None:
    mine = [fee for fee in at.account.fees if fee.invoice == debt.invoice]
    since = any(fee.kind == "interest" and fee.booked_at >= claim.claimed_at for fee in mine)
    if since and (not at.policy.interest.compensation or any(fee.kind == "compensation" for fee in mine)):
        return "booked"
    # A dispute is no reason to forget it: when it is won, its interest counts from the start.
    proposal = interest_on(at, debt, undisputed=False)
    if proposal is not None and ((proposal.interest and not since) or proposal.compensation):
        return None
    if since:
        return "booked"
    return f"withdrawn: nothing is asked for on {debt.invoice} any more"
