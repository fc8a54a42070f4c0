"""What is owed, as a letter and the customer's own page name it."""

from domain.book import Debt
from domain.notice import NoticeCharge, NoticeDebt
from domain.situation import Situation


def notice_debt(at: Situation, debt: Debt) -> NoticeDebt:
    """Return a debt with what of it is disputed, and with its ground where it is one for lateness."""
    return NoticeDebt(
        invoice=debt.name,
        original=debt.original,
        open=debt.open,
        disputed=at.account.contested(debt),
        due_on=debt.due_on,
        days_late=debt.days_late(at.today),
        charge=_charge(at, debt),
    )


def _charge(at: Situation, debt: Debt) -> NoticeCharge | None:
    """What lateness costs, as it was booked; None of an invoice."""
    fee = next((fee for fee in at.account.fees if fee.fee == debt.invoice), None)
    if debt.about is None or fee is None:
        return None
    return NoticeCharge(kind=fee.kind, invoice=fee.invoice, until=fee.until, basis=fee.basis, rows=fee.rows)
