"""What new facts refer to: the invoices, payments and the like that they name must be known.

Refused here is what the book would otherwise pass over without a word.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from domain import facts
from domain.facts import Fact
from domain.money import Money, MoneyError
from store import policies
from store.errors import NoPolicy
from store.tables import DebtRow

_CHUNK = 500
_ELSEWHERE = select(DebtRow.invoice).where(
    col(DebtRow.invoice).in_(bindparam("invoices", expanding=True)),
    DebtRow.customer_id != bindparam("customer"),
)


@dataclass(slots=True)
class _Names:
    """What may be named, and the currency that goes with it."""

    invoices: dict[str, str] = field(default_factory=dict)  # fees too: money and disputes may name them
    fees: dict[str, str] = field(default_factory=dict)
    payments: dict[str, str] = field(default_factory=dict)
    credits: dict[str, str] = field(default_factory=dict)
    disputes: set[str] = field(default_factory=set)
    deposits: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)

    def learn(self, body: facts.Body) -> None:
        """Take in what a fact introduces; credit notes after the invoices."""
        match body:
            case facts.InvoiceIssued():
                self.invoices.setdefault(body.invoice, body.currency)
            case facts.FeeBooked():
                self.invoices.setdefault(body.fee, body.currency)
                self.fees.setdefault(body.fee, body.currency)
            case facts.PaymentReceived():
                self.payments.setdefault(body.payment, body.currency)
            case facts.CreditNote() if body.invoice in self.invoices:
                self.credits.setdefault(body.credit_note, self.invoices[body.invoice])
            case facts.DisputeOpened():
                self.disputes.add(body.dispute)
            case facts.DepositRequested():
                self.deposits.setdefault(body.deposit, body.currency)
            case facts.OrderPlaced():
                self.orders.setdefault(body.order, body.currency)
            case _:
                pass


def problems_of(
    session: Session, customer_id: str, known: Sequence[Fact], adding: Sequence[Fact]
) -> list[str]:
    """Return what is wrong with new facts of a customer, a sentence each; they may name each other."""
    names = _Names()
    bodies = [fact.body for fact in (*known, *adding)]
    for body in sorted(bodies, key=lambda body: isinstance(body, facts.CreditNote)):
        names.learn(body)
    taken = Counter(filter(None, map(_introduces, bodies)))
    elsewhere = _invoices_elsewhere(session, customer_id, adding)
    problems = []
    for fact in adding:
        found = [*_wrong(fact.body, names), *_adopts_unknown(session, fact.body)]
        if early := facts.ends_too_early(fact.body, fact.happened_on):
            found.append(early)
        introduced = _introduces(fact.body)
        if introduced and taken[introduced] > 1:
            found.append("{} {} is recorded already, by another fact".format(*introduced))
        if introduced and introduced[0] == "invoice" and introduced[1] in elsewhere:
            found.append(f"invoice {introduced[1]} belongs to another customer")
        problems += [f"{fact.source} {fact.id}: {problem}" for problem in found]
    return problems


def _introduces(body: facts.Body) -> tuple[str, str] | None:
    """What may be said once only: the book would pass over a second time."""
    match body:
        case facts.InvoiceIssued():
            return "invoice", body.invoice
        case facts.FeeBooked():
            return "invoice", body.fee
        case facts.PaymentReceived():
            return "payment", body.payment
        case facts.CreditNote():
            return "credit note", body.credit_note
        case facts.DepositRequested():
            return "deposit", body.deposit
        case facts.OrderPlaced():
            return "order", body.order
        case _:
            return None


def _wrong(body: facts.Body, names: _Names) -> Iterator[str]:
    if isinstance(body, facts.WorkersDown):
        yield "workers_down belongs to simulations, not into a ledger"
    currency: str | None = getattr(body, "currency", None)
    invoice: str | None = getattr(body, "invoice", None)
    if invoice is not None:
        if invoice not in names.invoices:
            yield f"there is no invoice {invoice} of this customer"
        currency = currency or names.invoices.get(invoice)
    match body:
        case facts.PaymentReceived() | facts.PaymentInFlight() if body.invoice in names.invoices:
            owed = names.invoices[body.invoice]
            if owed != body.currency:
                yield (
                    f"payment {body.payment} is in {body.currency}, and invoice {body.invoice} in {owed}:"
                    " it can pay that only once it is exchanged"
                )
        case facts.PaymentCancelled() | facts.Refunded() | facts.ChargedBack() | facts.ChargebackReversed():
            currency = names.payments.get(body.payment)
            if currency is None:
                yield f"there is no payment {body.payment} of this customer"
        case facts.CreditNoteCancelled():
            currency = names.credits.get(body.credit_note)
            if currency is None:
                yield f"there is no credit note {body.credit_note} of this customer"
        case facts.FeeBooked() if body.invoice in names.fees:
            yield f"{body.invoice} is a fee itself: none is charged on a fee"
        case facts.FeeWaived() | facts.FeeCancelled():
            currency = names.fees.get(body.fee)
            if currency is None:
                yield f"there is no fee {body.fee} of this customer"
        case facts.DisputeResolved() if body.dispute not in names.disputes:
            yield f"there is no dispute {body.dispute} of this customer"
        case _:
            pass
    if wrong := facts.wrong_instalments(body):
        yield wrong
    yield from _wrong_order(body, names)
    currency = currency or names.deposits.get(str(getattr(body, "deposit", None)))
    instalments: Sequence[facts.Instalment] = getattr(body, "instalments", None) or ()
    amounts = (each for _, each in body if isinstance(each, Decimal))
    for each in (*amounts, *(instalment.amount for instalment in instalments)):
        if currency is not None:
            try:
                Money.of(each, currency)
            except MoneyError as error:
                yield str(error)


def _wrong_order(body: facts.Body, names: _Names) -> Iterator[str]:
    """Say what is wrong with the order or the deposit that a fact names."""
    if isinstance(body, facts.OrderPlaced):
        return
    order, deposit = getattr(body, "order", None), getattr(body, "deposit", None)
    if order is not None and order not in names.orders and not isinstance(body, facts.InvoiceIssued):
        yield f"there is no order {order} of this customer"
    # How a verification ended says how much is to be paid in advance, and names no deposit.
    if deposit is None or isinstance(body, facts.Onboarded):
        return
    currency = names.deposits.get(deposit)
    if currency is None:
        yield f"there is no deposit {deposit} of this customer"
        return
    match body:
        case facts.DepositRequested() if names.orders.get(str(order), currency) != currency:
            yield f"deposit {deposit} is in {currency}, and order {order} in {names.orders[str(order)]}"
        case facts.PaymentReceived() | facts.PaymentInFlight() if body.invoice is not None:
            yield f"payment {body.payment} names an invoice and a deposit: name what it is for"
        case facts.PaymentReceived() | facts.PaymentInFlight() if body.currency != currency:
            yield f"payment {body.payment} is in {body.currency}, and deposit {deposit} in {currency}"
        case facts.DepositApplied() if names.invoices.get(body.invoice, currency) != currency:
            yield f"deposit {deposit} is in {currency}, and {body.invoice} in {names.invoices[body.invoice]}"
        case _:
            pass


def _adopts_unknown(session: Session, body: facts.Body) -> Iterator[str]:
    if isinstance(body, facts.PolicyAdopted):
        try:
            policies.get(session, body.policy)
        except NoPolicy as error:
            yield str(error)


def _invoices_elsewhere(session: Session, customer_id: str, adding: Sequence[Fact]) -> set[str]:
    """The new invoices and fees that another customer has: their numbers are unique in a ledger."""
    introduced = filter(None, (_introduces(fact.body) for fact in adding))
    issued = [name for kind, name in introduced if kind == "invoice"]
    found: set[str] = set()
    for start in range(0, len(issued), _CHUNK):
        some = {"invoices": issued[start : start + _CHUNK], "customer": customer_id}
        found.update(session.connection().execute(_ELSEWHERE, some).scalars())
    return found
