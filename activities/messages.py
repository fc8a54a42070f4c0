"""Everything the engine says to a customer: claim, render, hand over, confirm."""

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from temporalio import activity

from activities.answers import Answer, Order
from activities.books import Books
from activities.notices import notice_of
from activities.rendering import Letters
from domain.errors import Refused, TryAgainLater
from domain.facts import ContactInvalid
from domain.notice import Accepted, Message, Seller
from store.claims import Begun, PutOff, Unwanted
from store.facts import NewFact

FRESH_SECONDS = 5.0
"""A claim older than this at the moment of the POST is released: its plan may be out of date."""


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


class Mark(Protocol):
    """Told at each point between claim and confirmation; tests kill the process there."""

    def __call__(self, point: str) -> None: ...


def unmarked(point: str) -> None:
    """Do nothing: what production does at a marked point."""


@contextmanager
def without_words() -> Iterator[None]:
    """Let an unexpected error pass without its words: a library's may hold an address or a letter.

    They would stay in the workflow's history and in logs. Type and place are enough to find it.
    """
    try:
        yield
    except (TryAgainLater, Refused):
        raise
    except Exception as error:  # noqa: BLE001  # raised again, as whatever it was
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        raise RuntimeError(f"{type(error).__name__} at {where}, in {place.name}") from None


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
        self.monotonic = monotonic
        self.mark = mark

    @activity.defn(name="Send", no_thread_cancel_exception=True)
    def send(self, order: Order) -> Answer:
        """Send one notice, if a fresh plan still wants it.

        Never twice: the claim is committed before the courier is called, and an attempt that finds
        an unconfirmed claim waits until no other can be at work on it, and asks the courier by reference
        before anything goes out again.
        """
        books, now = self.books, self.books.now()
        customer_id, key = order["customer_id"], order["key"]
        begun_at = self.monotonic()
        begun = books.begin(customer_id, key, now)
        if isinstance(begun, Begun) and begun.settle:
            at_work_until = books.at_work_until(begun, now)
            if at_work_until is not None:
                return books.put_off(customer_id, now, until=at_work_until)
            with without_words():
                accepted = self.couriers[begun.effect.channel].find(begun.message)
            if accepted is not None:
                return self._confirm(begun, accepted)
            books.release(begun)
            begun_at = self.monotonic()
            begun = books.begin(customer_id, key, now)
        match begun:
            case Unwanted():
                return books.answer("unwanted", books.assess(customer_id, now))
            case PutOff(until=until):
                return books.put_off(customer_id, now, until=until)
        self.mark("claimed")
        return self._deliver(begun, begun_at)

    def _deliver(self, begun: Begun, begun_at: float) -> Answer:
        now = begun.now
        with without_words():
            message = self._message(begun)
        if self.monotonic() - begun_at > FRESH_SECONDS:
            return self._put_off(begun, until=now)
        try:
            with without_words():
                accepted = self.couriers[begun.effect.channel].deliver(message, at=now)
        except TryAgainLater as later:
            return self._put_off(begun, until=now + max(later.delay, self.books.rest(begun)))
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

    def _put_off(self, begun: Begun, *, until: datetime) -> Answer:
        self.books.release(begun)
        return self.books.put_off(begun.customer.id, begun.now, until=until)

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
