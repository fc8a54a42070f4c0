"""What a person says of a bank line: whose it is, that it was taken for another's, or that it is nobody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from domain.facts import ChargedBack, PaymentCancelled, PaymentReceived, Refunded
from domain.money import Money
from store import customers
from store.bank import deciding, lines
from store.bank.deciding import Part
from store.bank.lines import Kept
from store.bank.returns import payments_named
from store.database import Ledger
from store.errors import Refused
from store.tables import CustomerRow, DebtRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a line: a sentence, and whose workflow has to look."""

    words: str
    touched: tuple[str, ...]


def match(ledger: Ledger, line_id: int, targets: Sequence[str], *, by: str, now: datetime) -> Answered:
    """Let a line pay invoices of one customer, in this order, or the customer.

    Money that went out undoes a payment, which is named instead.

    Raises:
        Refused: why it cannot; nothing was written.
    """
    with ledger.write() as session:
        kept = _open(session, line_id)
        if kept.row.minor <= 0:
            return _took_back(session, kept, targets, by=by, now=now)
        who, invoices = _targets(session, targets)
        row = deciding.lock(session, kept, who)
        parts = _parts(session, kept, row, invoices)
        paid = ", ".join(f"{part.amount} for {part.invoice or who}" for part in parts)
        told = deciding.answer(session, kept, outcome=f"it is from {who}", by=by, now=now)
        deciding.apply(session, kept, row, parts, why=f"{by} said so: {paid}", by=by, now=now)
        words = f"Bank line {kept.id} of {kept.amount} is from {who}: {paid}."
        return Answered(words=words, touched=tuple(dict.fromkeys([who, *told])))


def unmatch(ledger: Ledger, line_id: int, *, reason: str, by: str, now: datetime) -> Answered:
    """Take back what a line paid: what it had paid is owed again, and the line waits for a person.

    Raises:
        Refused: it has paid nothing; nothing was written.
    """
    with ledger.write() as session:
        kept = lines.get(session, line_id)
        if kept.state != "applied" or kept.decision is None or kept.decision.customer_id is None:
            raise Refused(f"Bank line {line_id} is {kept.state}: only what it has paid can be taken back.")
        row = customers.lock(session, kept.decision.customer_id)
        for each in lines.payments_of(kept.decision):
            name = each["payment"]
            body = PaymentCancelled(payment=name, reason=reason, by=by)
            deciding.write(session, kept, row, f"{name}/cancelled", body, now=now)
        deciding.unlearn(session, kept, row.id)
        deciding.decide(session, kept, "unmatched", why=reason, by=by, now=now, customer_id=row.id)
        words = f"Bank line {kept.id} of {kept.amount} is not from {row.id} any more: match it, or ignore it."
        return Answered(words=words, touched=(row.id,))


def ignore(ledger: Ledger, line_id: int, *, reason: str, by: str, now: datetime) -> Answered:
    """Say that a line is no customer's, or the same money as another; what its payer wrote is destroyed.

    Raises:
        Refused: it has paid something, or is ignored already; nothing was written.
    """
    with ledger.write() as session:
        kept = _open(session, line_id)
        if kept.state == "ignored":
            raise Refused(
                f"Bank line {line_id} is ignored already: {kept.decision.why if kept.decision else ''}."
            )
        told = deciding.answer(session, kept, outcome=reason, by=by, now=now)
        deciding.decide(session, kept, "ignored", why=reason, by=by, now=now)
        deciding.forget_details(session, kept)
        words = f"Bank line {kept.id} of {kept.amount} is ignored: {reason}."
        return Answered(words=words, touched=tuple(told))


def _open(session: Session, line_id: int) -> Kept:
    """Lock a line about which something may still be said.

    Raises:
        Refused: something was concluded from it.
    """
    kept = lines.get(session, line_id)
    if kept.state in ("applied", "returned"):
        undo = f"; `starter.py bank unmatch {line_id}` takes that back" if kept.state == "applied" else ""
        who = kept.decision.customer_id if kept.decision else None
        raise Refused(f"Bank line {line_id} is {kept.state} already, to {who}{undo}.")
    return kept


def _targets(session: Session, targets: Sequence[str]) -> tuple[str, list[str]]:
    """Return the customer that is meant, and the invoices that are named."""
    invoices, who = [], set[str]()
    for target in targets:
        owner = session.exec(select(DebtRow.customer_id).where(DebtRow.invoice == target)).first()
        if owner is not None:
            invoices.append(target)
        elif session.get(CustomerRow, target) is not None:
            owner = target
        else:
            raise Refused(f"There is no invoice and no customer {target!r}: `starter.py show` knows both.")
        who.add(owner)
    if len(who) > 1:
        named = " and ".join(sorted(who))
        raise Refused(f"A line is from one customer, and these are of {named}: name invoices of one.")
    return who.pop(), invoices


def _parts(session: Session, kept: Kept, row: CustomerRow, invoices: Sequence[str]) -> list[Part]:
    """Share a line out: each invoice what is open on it, the last one all that is left."""
    parts, left = [], kept.row.minor
    for number, invoice in enumerate(dict.fromkeys(invoices), start=1):
        debt = session.get(DebtRow, (row.id, invoice))
        if debt is None or debt.currency != kept.row.currency:
            in_currency = debt.currency if debt else "no currency"
            remedy = "match it to the customer, or exchange it first"
            raise Refused(f"{invoice} is in {in_currency}, and the line in {kept.row.currency}: {remedy}.")
        share = left if number == len(set(invoices)) else min(left, debt.open_minor)
        if share > 0:
            parts.append(Part(invoice=invoice, amount=Money(share, kept.row.currency)))
            left -= share
    return parts or [Part(invoice=None, amount=kept.amount)]


def _took_back(session: Session, kept: Kept, targets: Sequence[str], *, by: str, now: datetime) -> Answered:
    """Book money that went out as the return, or the refund, of a payment."""
    if len(targets) != 1:
        raise Refused("Money that went out undoes one payment: name that.")
    (name,) = targets
    owner, paid = _payment(session, name)
    if paid.currency != kept.row.currency:
        raise Refused(
            f"{name} is in {paid.currency}, and the line in {kept.row.currency}: name another payment."
        )
    row = deciding.lock(session, kept, owner)
    amount = Money(min(-kept.row.minor, paid.minor), paid.currency)
    body: ChargedBack | Refunded = Refunded(payment=name, amount=amount.amount)
    if kept.row.returned:
        body = ChargedBack(payment=name, amount=amount.amount)
    told = deciding.answer(session, kept, outcome=f"it undoes {name}", by=by, now=now)
    deciding.write(session, kept, row, f"{kept.name}/returned/1", body, now=now)
    payments = [{"payment": name, "amount": (-amount).plain(), "invoice": ""}]
    why = f"{by} said so: {amount} of {name} went back"
    deciding.decide(session, kept, "returned", why=why, by=by, now=now, customer_id=row.id, payments=payments)
    words = f"Bank line {kept.id} of {kept.amount} undoes {amount} of {name}, from {row.id}."
    return Answered(words=words, touched=tuple(dict.fromkeys([row.id, *told])))


def _payment(session: Session, name: str) -> tuple[str, Money]:
    """Return whose payment it is, and of how much.

    Raises:
        Refused: there is none of this name, or there are several.
    """
    found = [
        (customer, Money.of(body.amount, body.currency))
        for customer, body in payments_named(session, name)
        if isinstance(body, PaymentReceived)
    ]
    if len(found) != 1:
        several = "several customers have" if found else "there is no"
        raise Refused(f"{several} payment {name}: `starter.py bank show` has those of the bank.".capitalize())
    return found[0]
