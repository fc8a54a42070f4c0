"""Charging a card: claim, charge with the claim's reference, write the answer down as a fact."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities.answers import Answer, Order
from activities.books import Books
from activities.once import Claimed, Mark, Once, unmarked, without_words
from domain.cashier import Charge, Receipt
from domain.charges.cards import ENGINE
from domain.errors import TryAgainLater
from domain.facts import Body, PaymentFailed, PaymentInFlight, PaymentReceived
from store.claims import Begun
from store.facts import NewFact


class Cashier(Protocol):
    """Charges a card through a vendor, and can be asked later what became of it.

    The reference is the idempotency key: the same one again is answered, not charged. Either call answers
    or gives up within five seconds, as a `Courier` does. A decline is an answer, not an error.

    Raises:
        TryAgainLater: certainly not charged, and it may work later.
    """

    def charge(self, charge: Charge, *, at: datetime) -> Receipt: ...

    def find(self, reference: str) -> Receipt | None: ...


class Charges:
    """Makes the charges that a customer's plan wants."""

    def __init__(
        self,
        *,
        books: Books,
        cashier: Cashier,
        monotonic: Callable[[], float] = time.monotonic,
        mark: Mark = unmarked,
    ) -> None:
        self.books = books
        self.cashier = cashier
        self.once = Once(books, monotonic=monotonic)
        self.mark = mark

    @activity.defn(name="Charge", no_thread_cancel_exception=True)
    def charge(self, order: Order) -> Answer:
        """Charge a card once, if a fresh plan still wants it.

        Never twice: see `activities.once`.
        """
        claimed = self.once.claim(
            order, find=lambda begun: self.cashier.find(begun.message), confirm=self._confirm
        )
        if not isinstance(claimed, Claimed):
            return claimed
        self.mark("claimed")
        return self._charge(claimed)

    def _charge(self, claimed: Claimed) -> Answer:
        begun = claimed.begun
        (debt,) = begun.effect.debts
        charge = Charge(
            reference=begun.message,
            customer=begun.customer.id,
            invoice=debt.invoice,
            instrument=begun.effect.instrument,
            amount=debt.amount,
        )
        if self.once.stale(claimed):
            return self.once.put_off(begun, until=begun.now)
        try:
            with without_words():
                receipt = self.cashier.charge(charge, at=begun.now)
        except TryAgainLater as later:
            return self.once.try_later(begun, later)
        self.mark("charged")
        return self._confirm(begun, receipt)

    def _confirm(self, begun: Begun, receipt: Receipt) -> Answer:
        answer = NewFact(
            source="cashier",
            id=f"{begun.message}/{receipt.outcome}",
            happened_at=begun.now,
            body=answer_of(begun.effect.debts[0].invoice, receipt),
        )
        assessment = self.books.confirm(begun, provider_ref=receipt.provider_ref, new=[answer])
        self.mark("confirmed")
        return self.books.answer("done", assessment)


def answer_of(invoice: str, receipt: Receipt) -> Body:
    """The answer as a fact: what was taken is money of this invoice, under the reference of the claim."""
    if receipt.outcome == "declined":
        return PaymentFailed(
            invoice=invoice,
            payment=receipt.reference,
            decline=receipt.decline,
            by=ENGINE,
            instrument=receipt.instrument,
        )
    kind = PaymentReceived if receipt.outcome == "paid" else PaymentInFlight
    return kind(
        payment=receipt.reference,
        amount=receipt.amount.amount,
        currency=receipt.amount.currency,
        invoice=invoice,
    )
