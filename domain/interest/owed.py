"""What may be asked for on a debt of an account now: the proposals, with all that they rest on."""

from datetime import date

from domain.book import Debt
from domain.interest.accrual import Days, LateDebt
from domain.interest.fees import Fee, booked_on
from domain.interest.late_debts import late_debt
from domain.interest.proposal import FeeProposal, InterestProposal, propose_fee, propose_interest
from domain.situation import Situation


def interest_on(at: Situation, debt: Debt, *, undisputed: bool = True) -> InterestProposal | None:
    """Return the interest and the compensation on a debt until today; None on what is no invoice.

    Args:
        undisputed: leave out what is contested now; without it, as if every dispute were won.
    """
    account, terms = at.account, at.policy.interest
    late = _late(at, debt, undisputed=undisputed)
    if late is None:
        return None
    paused = [Days(first=rest.first, last=rest.last) for rest in at.pauses if rest.first <= rest.last]
    return propose_interest(
        late,
        terms=terms,
        rates=account.rates,
        customer=account.customer,
        as_of=at.today,
        before=booked_on(account.fees, debt.invoice, debt.open.currency),
        paused=paused,
    )


def fee_on(at: Situation, debt: Debt, step: str) -> FeeProposal | None:
    """Return the agreed fee of a step on a debt; None where it was not taken, or its fee is booked."""
    if not taken(at, debt.invoice, step) or booked_for(at, debt.invoice, step) is not None:
        return None
    return propose_fee(
        invoice=debt.invoice,
        step=step,
        currency=debt.open.currency,
        terms=at.policy.interest,
        customer=at.account.customer,
        before=booked_on(at.account.fees, debt.invoice, debt.open.currency),
    )


def taken(at: Situation, invoice: str, step: str) -> bool:
    """Whether a step was taken for an invoice, and did not come back."""
    return any(
        claim.step == step and claim.stands and not claim.unsettled and invoice in claim.invoices
        for claim in at.account.claims
    )


def booked_for(at: Situation, invoice: str, step: str) -> Fee | None:
    """Return the fee of a step that was booked on an invoice: one at most, however often it opens."""
    mine = (fee for fee in at.account.fees if fee.invoice == invoice and fee.step == step)
    return next((fee for fee in mine if fee.kind == "fee"), None)


def never_owed(at: Situation, debt: Debt) -> bool:
    """Whether an invoice was wrong as a whole: void, or credited to the last cent."""
    if debt.state == "void":
        return True
    late = None if debt.open.minor else _late(at, debt)
    # On the first of all days nothing has been paid yet: what is not owed then never was.
    return late is not None and not any(late.owed(date.min, as_of=at.today))


def _late(at: Situation, debt: Debt, *, undisputed: bool = False) -> LateDebt | None:
    account = at.account
    contested = at.disputed.get(debt.invoice) if undisputed else None
    # It is reckoned on the whole invoice, whose schedule says what of it is late.
    debt = next(each for each in account.debts if each.invoice == debt.invoice) if debt.part else debt
    return late_debt(debt, entries=account.entries, history=account.history, disputed=contested)
