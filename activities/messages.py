"""Everything the engine says to a customer: claim, render, hand over, confirm."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities.answers import Answer, Order
from activities.books import Books
from activities.notices import notice_of
from activities.once import Claimed, Mark, Once, unmarked, without_words
from activities.rendering import Letters
from domain.errors import Refused, TryAgainLater
from domain.facts import ContactInvalid
from domain.notice import Accepted, Message, Seller
from store.claims import Begun
from store.facts import NewFact


class Courier(Protocol):
    """Hands one message to a vendor, and can be asked later whether it went out.

    Either answers or gives up within five seconds: whoever asks ten seconds after a claim whether the
    message went out must be told of every one that did.

    Raises:
        TryAgainLater: certainly not sent, and it may work later.
        Refused: certainly not sent, and it never will be.
    """

    def deliver(self, message: Message, *, at: datetime) -> Accepted: ...

    def find(self, reference: str) -> Accepted | None: ...


class Messages:
    """Sends the notices that a customer's plan wants."""

    def __init__(
        self,
        *,
        books: Books,
        letters: Letters,
        couriers: Mapping[str, Courier],
        seller: Seller,
        monotonic: Callable[[], float] = time.monotonic,
        mark: Mark = unmarked,
    ) -> None:
        self.books = books
        self.letters = letters
        self.couriers = couriers
        self.seller = seller
        self.once = Once(books, monotonic=monotonic)
        self.mark = mark

    @activity.defn(name="Send", no_thread_cancel_exception=True)
    def send(self, order: Order) -> Answer:
        """Send one notice, if a fresh plan still wants it.

        Never twice: see `activities.once`.
        """
        claimed = self.once.claim(
            order,
            find=lambda begun: self.couriers[begun.effect.channel].find(begun.message),
            confirm=self._confirm,
        )
        if not isinstance(claimed, Claimed):
            return claimed
        self.mark("claimed")
        return self._deliver(claimed)

    def _deliver(self, claimed: Claimed) -> Answer:
        begun, now = claimed.begun, claimed.begun.now
        with without_words():
            message = self._message(begun)
        if self.once.stale(claimed):
            return self.once.put_off(begun, until=now)
        try:
            with without_words():
                accepted = self.couriers[begun.effect.channel].deliver(message, at=now)
        except TryAgainLater as later:
            return self.once.put_off(begun, until=now + max(later.delay, self.books.rest(begun)))
        except Refused as refused:
            return self._refuse(begun, refused)
        self.mark("sent")
        return self._confirm(begun, accepted)

    def _message(self, begun: Begun) -> Message:
        notice = notice_of(begun, seller=self.seller)
        email = begun.effect.channel == "email"
        return self.letters.message(
            notice,
            to=(begun.contact.email if email else begun.contact.phone) or "",
            sender=self.seller.support_email if email else self.seller.name,
        )

    def _confirm(self, begun: Begun, accepted: Accepted) -> Answer:
        assessment = self.books.confirm(begun, provider_ref=accepted.provider_ref, outcome=accepted.outcome)
        self.mark("confirmed")
        return self.books.answer("done", assessment)

    def _refuse(self, begun: Begun, refused: Refused) -> Answer:
        """A refusal is a fact: the claim stays refused, and the plan moves on to the next channel."""
        invalid = NewFact(
            source="courier",
            id=f"invalid:{begun.message}",
            happened_at=begun.now,
            body=ContactInvalid(channel=begun.effect.channel),
        )
        assessment = self.books.confirm(begun, state="refused", new=[invalid] if refused.invalid else [])
        return self.books.answer("refused", assessment)
