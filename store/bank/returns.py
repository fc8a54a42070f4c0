"""What a bank takes back: the payment that it undoes, and the fact that follows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from domain.facts import ChargedBack, PaymentCancelled, PaymentFailed, PaymentInFlight, PaymentReceived
from domain.money import Money
from store import facts
from store.bank import deciding, lines
from store.bank.lines import Kept
from store.tables import CustomerRow, FactRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The payments that are undone, of one customer.

    Attributes:
        in_flight: they never arrived: what was on its way has failed.
        invoice: of money on its way, what it was for.
    """

    customer: str
    payments: Sequence[tuple[str, Money]]
    in_flight: bool = False
    invoice: str | None = None

    @property
    def words(self) -> str:
        """The names of the payments."""
        return " and ".join(name for name, _ in self.payments)


def original_of(session: Session, kept: Kept) -> Original | None:
    """Return what a returned line undoes; None where it is not known, or may be one of several."""
    if kept.row.reference is None or kept.row.minor >= 0:
        return None
    lines_ = _of_lines(session, kept)
    others = [each for each in _of_facts(session, kept) if not _is_of(each, lines_)]
    found = [*lines_, *others]
    return found[0] if len(found) == 1 else None


def _is_of(other: Original, lines_: Sequence[Original]) -> bool:
    """Whether a payment is that of a line, under the name by which it had been announced."""
    names = {(each.customer, name) for each in lines_ for name, _ in each.payments}
    came_in = other.in_flight and other.customer in {each.customer for each in lines_}
    return came_in or all((other.customer, name) in names for name, _ in other.payments)


def _of_lines(session: Session, kept: Kept) -> list[Original]:
    earlier = [
        other
        for other in lines.of_reference(session, kept.row.reference or "")
        if other.row.minor > 0 and other.state == "applied" and other.row.currency == kept.row.currency
    ]
    return [
        Original(
            customer=other.decision.customer_id or "",
            payments=[
                (each["payment"], Money.of(each["amount"], other.row.currency))
                for each in lines.payments_of(other.decision)
            ],
        )
        for other in earlier
        if other.decision is not None
    ]


def _of_facts(session: Session, kept: Kept) -> list[Original]:
    """Return the payment that another door knows by the same name; also while it was on its way."""
    name = kept.detail.end_to_end if kept.detail else None
    if not name:
        return []
    received, on_its_way = {}, {}
    for customer, body in payments_named(session, name):
        if isinstance(body, PaymentReceived):
            received[customer] = Original(
                customer=customer, payments=[(name, Money.of(body.amount, body.currency))]
            )
        else:
            on_its_way[customer] = Original(
                customer=customer,
                payments=[(name, Money.of(body.amount, body.currency))],
                in_flight=True,
                invoice=body.invoice,
            )
    return list((received or on_its_way).values())


def payments_named(session: Session, name: str) -> list[tuple[str, PaymentReceived | PaymentInFlight]]:
    """Return the payments of this name, with their customers, that came in or are on their way.

    One that was taken for a customer's and is not is none.
    """
    said = f'"payment":{json.dumps(name, ensure_ascii=False)}'
    rows = session.exec(
        select(FactRow).where(
            col(FactRow.kind).in_(["payment_received", "payment_in_flight", "payment_cancelled"]),
            col(FactRow.body).contains(said, autoescape=True),
        )
    )
    bodies = [(row.customer_id, facts.read_text(row.body)) for row in rows]
    gone = {
        customer for customer, body in bodies if isinstance(body, PaymentCancelled) and body.payment == name
    }
    return [
        (customer, body)
        for customer, body in bodies
        if isinstance(body, PaymentReceived | PaymentInFlight)
        and body.payment == name
        and customer not in gone
    ]


def take_back(
    session: Session,
    kept: Kept,
    row: CustomerRow,
    original: Original,
    *,
    why: str,
    by: str,
    now: datetime,
) -> None:
    """Book what a returned line undoes: never more than was paid. Fees of the bank are no customer's debt."""
    left, payments = -kept.row.minor, []
    for number, (name, paid) in enumerate(original.payments, start=1):
        taken = Money(min(left, paid.minor), paid.currency)
        if taken.minor <= 0:
            break
        left -= taken.minor
        body: ChargedBack | PaymentFailed = ChargedBack(payment=name, amount=taken.amount)
        if original.in_flight:
            decline = kept.row.reason or "returned"
            body = PaymentFailed(payment=name, invoice=original.invoice, decline=decline)
        deciding.write(session, kept, row, f"{kept.name}/returned/{number}", body, now=now)
        payments.append({"payment": name, "amount": (-taken).plain(), "invoice": original.invoice or ""})
    deciding.decide(session, kept, "returned", why=why, by=by, now=now, customer_id=row.id, payments=payments)
