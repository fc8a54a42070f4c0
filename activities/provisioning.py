"""Provisioning an order, once, and writing down what the plan decided about credit.

The guard is the claim: it is made in one transaction with a fresh plan that still wants it, so that no
order is provisioned whose money was taken back a moment ago.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities.answers import Answer, Order
from activities.books import Books
from activities.once import Claimed, Mark, Once, unmarked, without_words
from domain.credit.state import ENGINE
from domain.errors import TryAgainLater
from domain.facts import Provisioned
from store import provisions
from store.claims import Begun
from store.database import Ledger
from store.facts import NewFact

SOURCE = "plan"
"""Of facts that the plan decided itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """What is to be provisioned; the reference tells a second attempt from a second order."""

    reference: str
    customer: str
    order: str
    subscription: str | None


class Provisioner(Protocol):
    """Provisions orders, and can be asked later whether it did.

    The same order again is answered, not provisioned twice. Either call answers or gives up within five
    seconds.

    Raises:
        TryAgainLater: certainly not provisioned, and it may work later; of `done`, it cannot be told yet.
        InDoubt: it may have been.
    """

    def provision(self, order: Provision, *, at: datetime) -> None: ...

    def done(self, order: Provision) -> bool: ...


class Provisioning:
    """Provisions what a customer's plan lets through, and writes down what the plan decided."""

    def __init__(
        self,
        *,
        books: Books,
        provisioner: Provisioner,
        monotonic: Callable[[], float] = time.monotonic,
        mark: Mark = unmarked,
    ) -> None:
        self.books = books
        self.provisioner = provisioner
        self.once = Once(books, monotonic=monotonic)
        self.mark = mark

    @activity.defn(name="Provision", no_thread_cancel_exception=True)
    def provision(self, order: Order) -> Answer:
        """Provision one order, if a fresh plan still wants it, and verify that it took effect.

        Never twice: see `activities.once`.
        """
        claimed = self.once.claim(order, find=self._find, confirm=lambda begun, _: self._confirm(begun))
        if not isinstance(claimed, Claimed):
            return claimed
        self.mark("claimed")
        return self._provision(claimed)

    @activity.defn(name="Book", no_thread_cancel_exception=True)
    def book(self, order: Order) -> Answer:
        """Write down one fact that the plan decided, if a fresh plan still decides it.

        Claim and fact are confirmed in one transaction: a claim without it was certainly not done.
        """
        claimed = self.once.claim(order, find=_never, confirm=lambda begun, _: self._confirm(begun))
        if not isinstance(claimed, Claimed):
            return claimed
        self.mark("claimed")
        return self._confirm(claimed.begun)

    def _find(self, begun: Begun) -> bool | None:
        """Whether an order that was begun before was provisioned; None is a certain no."""
        return self.provisioner.done(_asked(begun)) or None

    def _provision(self, claimed: Claimed) -> Answer:
        begun = claimed.begun
        if self.once.stale(claimed):
            return self.once.put_off(begun, until=begun.now)
        order = _asked(begun)
        try:
            with without_words():
                self.provisioner.provision(order, at=begun.now)
        except TryAgainLater as later:
            return self.once.try_later(begun, later)
        if not self.provisioner.done(order):
            raise RuntimeError(f"order {order.order} was to be provisioned, but nothing followed")
        self.mark("provisioned")
        return self._confirm(begun)

    def _confirm(self, begun: Begun) -> Answer:
        new = [_fact(begun)]
        assessment = self.books.confirm(begun, new=new)
        self.mark("confirmed")
        return self.books.answer("done", assessment)


def _never(begun: Begun) -> None:
    """What is written down with its claim's outcome was not, where there is none."""


def _asked(begun: Begun) -> Provision:
    name = begun.effect.debts[0].part
    order = begun.account.credit.order(name)
    return Provision(
        reference=begun.message,
        customer=begun.customer.id,
        order=name,
        subscription=None if order is None else order.subscription,
    )


def _fact(begun: Begun) -> NewFact:
    """The fact that an effect makes; of a provisioning that is settled later it is known from its claim."""
    body = begun.effect.body
    if body is None:
        order = _asked(begun)
        body = Provisioned(order=order.order, subscription=order.subscription, by=ENGINE)
    return NewFact(source=SOURCE, id=f"{begun.effect.kind}:{begun.message}", happened_at=begun.now, body=body)


class LedgerProvisioner:
    """The ledger's own switch: what is provisioned where no vendor keeps the service."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def provision(self, order: Provision, *, at: datetime) -> None:
        """Write the row of an order, once."""
        provisions.provision(
            self.ledger,
            order.customer,
            order.order,
            subscription=order.subscription,
            reference=order.reference,
            now=at,
        )

    def done(self, order: Provision) -> bool:
        """Read the row back."""
        return provisions.reference_of(self.ledger, order.customer, order.order) is not None
