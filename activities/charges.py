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
from domain.channels import CHARGE
from domain.charges.cards import ENGINE
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.facts import Body, PaymentFailed, PaymentInFlight, PaymentReceived
from domain.own_steps import CHARGE_STUCK
from store import breakers, customers, tasks
from store.claims import Begun
from store.facts import NewFact


class Cashier(Protocol):
    """Charges a card through a vendor, and can be asked later what became of it.

    Either call answers or gives up within five seconds, as a `Courier` does. A decline is an answer, not an
    error; one that the customer could still pay elsewhere is none until the vendor takes no money for it.

    Raises:
        TryAgainLater: certainly not charged, and it may work later; of `find`, it cannot be told yet.
        Refused: certainly not charged, for a reason that only a person can mend.
        Misconfigured: certainly not charged, by a fault of ours that every other charge would meet.
        InDoubt: it may have been charged; never of `find`, which says so by waiting.
    """

    @property
    def sender(self) -> str:
        """Whom a fault of ours stops; empty where nothing can be at fault."""
        ...

    def charge(self, charge: Charge, *, at: datetime) -> Receipt: ...

    def find(self, charge: Charge, *, since: datetime) -> Receipt | None:
        """Return what became of a charge that was begun at the real instant `since`.

        None says that it certainly was not made, and that nothing is left of it that could still be paid.
        """
        ...


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
        claimed = self.once.claim(order, find=self._find, confirm=self._confirm, sender=self.cashier.sender)
        if not isinstance(claimed, Claimed):
            return claimed
        self.mark("claimed")
        return self._charge(claimed)

    def _find(self, begun: Begun) -> Receipt | None:
        """Ask what became of a charge. What cannot be told is asked again: money is never left in doubt."""
        since = self.books.clock().real(begun.claimed_at)
        try:
            return self.cashier.find(_charge_of(begun), since=since)
        except Misconfigured as wrong:
            self._stop_sender(begun, wrong)
            raise TryAgainLater(str(wrong)) from wrong
        except Refused as refused:
            self._tell(begun, refused)
            raise TryAgainLater(str(refused)) from refused
        except InDoubt as unknown:
            raise TryAgainLater(str(unknown)) from unknown

    def _charge(self, claimed: Claimed) -> Answer:
        begun = claimed.begun
        if self.once.stale(claimed):
            return self.once.put_off(begun, until=begun.now)
        try:
            with without_words():
                receipt = self.cashier.charge(_charge_of(begun), at=begun.now)
        except InDoubt as doubt:
            activity.logger.warning("%s: %s", begun.effect.step, doubt)
            return self.once.leave(begun)
        except Misconfigured as wrong:
            # Given back first: whatever happens to the breaker, this claim is no matter of doubt.
            self.books.release(begun)
            until = self._stop_sender(begun, wrong)
            return self.books.put_off(begun.customer.id, begun.effect.key, begun.now, until=until)
        except Refused as refused:
            self._tell(begun, refused)
            return self.once.put_off(begun, until=begun.now + self.books.rest(begun))
        except TryAgainLater as later:
            return self.once.try_later(begun, later)
        self.mark("charged")
        return self._confirm(begun, receipt)

    def _tell(self, begun: Begun, refused: Refused) -> None:
        """Open a task, at once: trying again mends nothing, and meanwhile nothing is collected."""
        (debt,), customer_id = begun.effect.debts, begun.customer.id
        why = f"the card cannot be charged for {debt.invoice}: {refused}"
        with self.books.ledger.write() as session:
            customers.lock(session, customer_id)
            tasks.open_of_customer(session, customer_id, CHARGE_STUCK, why, now=begun.now, one=True)

    def _goes_on(self, begun: Begun) -> None:
        """End the task about a charge that was refused: cards are charged again."""
        outcome = "a charge was answered"
        with self.books.ledger.write() as session:
            tasks.close(
                session,
                customer_id=begun.customer.id,
                step=CHARGE_STUCK,
                now=begun.now,
                outcome=outcome,
                by="engine",
            )

    def _stop_sender(self, begun: Begun, wrong: Misconfigured) -> datetime:
        """Let no other charge run into a fault of ours; return when the next one may try."""
        return self.books.stop_sender(CHARGE, self.cashier.sender, why=str(wrong), now=begun.now)

    def _confirm(self, begun: Begun, receipt: Receipt) -> Answer:
        answer = NewFact(
            source="cashier",
            id=f"{begun.message}/{receipt.outcome}",
            happened_at=begun.now,
            body=answer_of(begun.effect.debts[0].invoice, receipt),
        )
        assessment = self.books.confirm(begun, provider_ref=receipt.provider_ref, new=[answer])
        self.mark("confirmed")
        if any(task.step == CHARGE_STUCK for task in assessment.open_tasks):
            self._goes_on(begun)
        if begun.trying:
            breakers.close(self.books.ledger, CHARGE, self.cashier.sender, now=begun.now)
        return self.books.answer("done", assessment)


def _charge_of(begun: Begun) -> Charge:
    """What is charged; of a claim that was begun before, with the card that there was then."""
    (debt,) = begun.effect.debts
    card = begun.account.wallet.card_at(begun.claimed_at)
    return Charge(
        reference=begun.message,
        customer=begun.customer.id,
        invoice=debt.invoice,
        instrument=begun.effect.instrument or (card.instrument if card else ""),
        amount=debt.amount,
        attempt=begun.attempt,
    )


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
