"""What a later export says of an invoice otherwise than earlier ones did.

Another amount or due date is a correction, and more money is a payment of the difference. What an
export cannot take back (a payment, a day, a currency) stays as it was first told, and is a difference
for a person.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.facts import (
    Body,
    DisputeOpened,
    DisputeResolved,
    InvoiceCorrected,
    InvoiceIssued,
    PaymentReceived,
)
from domain.money import Money
from domain.receivables.imported import DatedBody

_KEPT = "the ledger keeps what came first"


@dataclass(slots=True, kw_only=True)
class Amended:
    """What is to be recorded of a row, and what about it a person has to look at."""

    facts: list[DatedBody] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


def amend(wanted: Sequence[DatedBody], recorded: Mapping[str, DatedBody], *, today: date) -> Amended:
    """Compare all that a row says of its invoice with what exports have said of it, by id, in order."""
    issued = wanted[0].body
    before = recorded.get(wanted[0].id)
    if not isinstance(issued, InvoiceIssued) or before is None or not isinstance(before.body, InvoiceIssued):
        return Amended(facts=[*wanted])
    number, first = issued.invoice, before.body
    if issued.currency != first.currency:
        was = f"invoice {number} was in {first.currency}, and now is in {issued.currency}"
        return Amended(differences=[f"{was}: {_KEPT}"])
    amended = Amended(facts=[before, *_correction(issued, first, recorded, today)])
    if issued.issued_on != first.issued_on:
        was = f"invoice {number} was issued on {first.issued_on}, and now on {issued.issued_on}"
        amended.differences.append(f"{was}: {_KEPT}")
    _pay(amended, first, [each for each in wanted if isinstance(each.body, PaymentReceived)], recorded)
    for each in wanted:
        if isinstance(each.body, DisputeOpened | DisputeResolved):
            _dispute(amended, each, recorded)
    return amended


def _correction(
    issued: InvoiceIssued, first: InvoiceIssued, recorded: Mapping[str, DatedBody], today: date
) -> Iterator[DatedBody]:
    """Yield the correction that makes of the invoice, as exports told it until now, what it is said to be."""
    amount, due_on = first.amount, first.due_on
    for each in recorded.values():
        if isinstance(each.body, InvoiceCorrected):
            amount, due_on = each.body.amount or amount, each.body.due_on or due_on
    if (amount, due_on) == (issued.amount, issued.due_on):
        return
    body = InvoiceCorrected(
        invoice=issued.invoice,
        amount=issued.amount if issued.amount != amount else None,
        due_on=issued.due_on if issued.due_on != due_on else None,
    )
    name = f"invoice_corrected:{issued.invoice}:{issued.amount}:{issued.due_on}"
    # It may have been so before, and something else in between.
    again = sum(known == name or known.startswith(f"{name}/") for known in recorded)
    yield DatedBody(id=f"{name}/{again + 1}" if again else name, happened_on=today, body=body)


@dataclass(frozen=True, slots=True)
class _Paid:
    """Money of one kind: of part payments, or of the settlement."""

    fact: DatedBody
    amount: Decimal


def _pay(
    amended: Amended, invoice: InvoiceIssued, wanted: Sequence[DatedBody], recorded: Mapping[str, DatedBody]
) -> None:
    """Record money that is new; each payment of a row stands for all of its kind until now."""
    before = _paid(each for each in recorded.values() if isinstance(each.body, PaymentReceived))
    now = _paid(wanted)
    total, was = (sum((paid.amount for paid in each.values()), Decimal()) for each in (now, before))
    if total < was:
        told, tells = (Money.of(amount, invoice.currency) for amount in (was, total))
        words = f"of invoice {invoice.invoice} {told} were paid, and now {tells}"
        amended.differences.append(f"{words}: book a refund or a chargeback where that is so")
    elif all(kind in now and now[kind].amount >= paid.amount for kind, paid in before.items()):
        for kind, paid in now.items():
            _grow(amended, paid, before.get(kind))
    elif total > was:
        last = wanted[-1]
        amended.facts.append(_payment(last, f"{last.id}:{total}", total - was))


def _paid(payments: Iterable[DatedBody]) -> dict[str, _Paid]:
    """Return the newest payment of each kind with the sum of them; an id begins with its kind."""
    paid: dict[str, _Paid] = {}
    for each in payments:
        assert isinstance(each.body, PaymentReceived)
        kind = each.id.partition(":")[0]
        known = paid[kind].amount if kind in paid else Decimal()
        paid[kind] = _Paid(each, known + each.body.amount)
    return paid


def _grow(amended: Amended, now: _Paid, before: _Paid | None) -> None:
    if before is None:
        amended.facts.append(now.fact)
    elif now.amount > before.amount:
        name = f"{now.fact.id}:{now.amount}"
        amended.facts.append(_payment(now.fact, name, now.amount - before.amount))
    elif now.fact.happened_on == before.fact.happened_on:
        amended.facts.append(before.fact)
    else:
        invoice = getattr(now.fact.body, "invoice", None)
        was = f"invoice {invoice} was paid on {before.fact.happened_on}, and now on {now.fact.happened_on}"
        amended.differences.append(f"{was}: {_KEPT}")


def _payment(like: DatedBody, name: str, amount: Decimal) -> DatedBody:
    body = like.body.model_copy(update={"payment": name, "amount": amount})
    return DatedBody(id=name, happened_on=like.happened_on, body=body)


def _dispute(amended: Amended, wanted: DatedBody, recorded: Mapping[str, DatedBody]) -> None:
    """Record what is new of a dispute; its days follow from others by the mapping, and may move."""
    before = recorded.get(wanted.id)
    if before is None:
        amended.facts.append(wanted)
    elif before.body == wanted.body:
        amended.facts.append(before)
    else:
        was, now = (_outcome(body) for body in (before.body, wanted.body))
        amended.differences.append(f"{wanted.id} was {was}, and now is {now}: {_KEPT}")


def _outcome(body: Body) -> str:
    return getattr(body, "outcome", None) or "open"
