"""From the book to what interest is reckoned on: an invoice's parts, and each entry on it since."""

from collections.abc import Iterable

from domain import facts
from domain.book import Debt, Entry
from domain.facts import Body, Fact
from domain.interest.accrual import DuePart, LateDebt, Movement
from domain.money import Money

_CORRECTIONS = (facts.InvoiceCorrected, facts.InvoiceVoided, facts.DraftDeleted, facts.CreditNote)


def late_debt(
    debt: Debt, *, entries: Iterable[Entry], history: Iterable[Fact], disputed: Money | None = None
) -> LateDebt | None:
    """Return a debt of the book with all that lowered or raised it.

    Args:
        debt: one that is owed by itself; interest on interest is never asked for.
        entries: of the book, this debt's and others'.
        history: the facts that the entries come from.
        disputed: what is contested now.

    Returns:
        None where the invoice was never issued.
    """
    bodies = {(fact.source, fact.id): fact.body for fact in history}
    issued: facts.InvoiceIssued | None = None
    movements = []
    for entry in entries:
        if entry.invoice != debt.invoice:
            continue
        body = bodies.get((entry.source, entry.fact))
        # Money that waited for the invoice pays it by the same fact, in a later entry.
        if issued is None and isinstance(body, facts.InvoiceIssued):
            issued = body
            continue
        movements.append(Movement(on=entry.on, amount=entry.amount, corrects=_corrects(body, debt.invoice)))
    if issued is None:
        return None
    parts = _parts(issued, debt)
    return LateDebt(invoice=debt.invoice, parts=parts, movements=tuple(movements), disputed=disputed)


def _corrects(body: Body | None, invoice: str) -> bool:
    """Whether a fact says what this invoice should have been; what a credit leaves over pays like money."""
    return isinstance(body, _CORRECTIONS) and body.invoice == invoice


def _parts(issued: facts.InvoiceIssued, debt: Debt) -> tuple[DuePart, ...]:
    """Return the instalments, or the whole where there are none, or where they do not add up to it."""
    amount = Money.of(issued.amount, issued.currency)
    if sum(due.amount.minor for due in debt.instalments) != amount.minor:
        return (DuePart(due_on=debt.due_on, amount=amount),)
    return tuple(DuePart(due_on=due.due_on, amount=due.amount) for due in debt.instalments)
