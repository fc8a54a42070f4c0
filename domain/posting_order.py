"""The order in which facts about money are posted: by day, then by kind.

An invoice of a day stands before the payment of that day, so the order in which facts of one day were
learned changes nothing. What names an invoice or a payment waits for it, where it is dated earlier.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from domain import facts
from domain.facts import Fact

# Money facts of one day are posted in this order, whatever order they came in; those of one line by
# their instants first, because they undo each other.
_ORDER: tuple[tuple[type[facts.Body], ...], ...] = (
    (facts.InvoiceIssued,),
    (facts.FeeBooked,),
    (facts.InvoiceCorrected,),
    (facts.PaymentCancelled,),
    (facts.PaymentReceived,),
    (facts.CreditNote,),
    (facts.CreditNoteCancelled,),
    (facts.DepositApplied,),
    (facts.DepositRefunded,),
    (facts.Refunded,),
    (facts.ChargedBack, facts.ChargebackReversed),
    (facts.WrittenOff, facts.WriteOffUndone),
    (facts.FeeWaived,),
    (facts.InvoiceVoided, facts.DraftDeleted),
    (facts.FeeCancelled,),
)
_RANK: Mapping[type[facts.Body], tuple[int, int]] = {
    body: (rank, place) for rank, line in enumerate(_ORDER) for place, body in enumerate(line)
}
# An invoice or a payment, and its name.
Named = tuple[str, str]


def is_money(body: facts.Body) -> bool:
    """Return whether a fact of this kind is posted to the book."""
    return type(body) in _RANK


def days_born(money: Iterable[Fact]) -> dict[Named, date]:
    """Return the day on which each invoice and each payment comes into the book."""
    born: dict[Named, date] = {}
    for fact in money:
        match fact.body:
            case facts.InvoiceIssued(invoice=name) | facts.FeeBooked(fee=name):
                key = ("invoice", name)
            case facts.PaymentReceived(payment=name):
                key = ("payment", name)
            case _:
                continue
        born[key] = min(born.get(key, fact.happened_on), fact.happened_on)
    return born


def posted_on(fact: Fact, born: Mapping[Named, date]) -> date:
    """Return the day of a fact, or the later one of what it names: dates come from several clocks."""
    return max([fact.happened_on, *(born[each] for each in waits_for(fact.body) if each in born)])


def waits_for(body: facts.Body) -> list[Named]:
    """Return what a fact is not posted before."""
    if isinstance(body, facts.InvoiceIssued | facts.PaymentReceived | facts.FeeBooked):
        return []  # An early payment is posted at once, and applied later; a fee stands by itself.
    if isinstance(body, facts.FeeWaived | facts.FeeCancelled):
        return [("invoice", body.fee)]
    return [(kind, str(getattr(body, kind, ""))) for kind in ("invoice", "payment")]


def posting_key(fact: Fact, on: date) -> tuple[date, int, bool, str, int, str, str, str]:
    """Order by what a fact says before where it comes from: two sources may number it differently."""
    rank, place = _RANK[type(fact.body)]
    at = fact.happened_at.isoformat() if fact.happened_at else ""
    unnamed = getattr(fact.body, "invoice", "") is None
    return (on, rank, unnamed, at, place, repr(fact.body), fact.source, fact.id)
