"""Once: how an effect is begun that a vendor performs, so that it never happens twice.

The claim is committed before the vendor is called. An attempt that finds an unconfirmed claim waits until
no other can be at work on it, and asks the vendor by reference before anything is done again. Where not even
the vendor can tell, it is done again or never, as the caller says.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from activities.answers import Answer, Order
from activities.books import RESTS, Books
from domain.errors import SORTED, InDoubt, TryAgainLater
from domain.in_doubt import Doubt
from store.claims import Begun, PutOff, Unwanted

Found = TypeVar("Found")
FRESH_SECONDS = 5.0
"""A claim older than this at the moment of the call is released: its plan may be out of date."""


class Mark(Protocol):
    """Told at each point between claim and confirmation; tests kill the process there."""

    def __call__(self, point: str) -> None: ...


def always(begun: Begun) -> Doubt:
    """Do it again: what costs nothing, or what the vendor tells apart by its reference."""
    return Doubt(repeats=True)


def unmarked(point: str) -> None:
    """Do nothing: what production does at a marked point."""


@contextmanager
def without_words() -> Iterator[None]:
    """Let an unexpected error pass without its words: a library's may hold an address or a letter.

    They would stay in the workflow's history and in logs. Type and place are enough to find it.
    """
    try:
        yield
    except SORTED:
        raise
    except Exception as error:  # noqa: BLE001  # raised again, as whatever it was
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        raise RuntimeError(f"{type(error).__name__} at {where}, in {place.name}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A claim that is ours to act on; `since` is a monotonic second."""

    begun: Begun
    since: float


class Once:
    """Begins effects of one kind."""

    def __init__(self, books: Books, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.books = books
        self.monotonic = monotonic

    def claim(
        self,
        order: Order,
        *,
        find: Callable[[Begun], Found | None],
        confirm: Callable[[Begun, Found], Answer],
        in_doubt: Callable[[Begun], Doubt] = always,
        sender: str = "",
    ) -> Claimed | Answer:
        """Claim an effect, if a fresh plan still wants it; else the answer why it is not done now.

        Args:
            find: asks the vendor whether a claim that was begun before did happen; None is a certain no.
            confirm: writes down that it did.
            in_doubt: whether it is done again where not even asking can tell.
            sender: of a message, from where it would go out.
        """
        books, now = self.books, self.books.now()
        customer_id, key = order["customer_id"], order["key"]
        since = self.monotonic()
        begun = books.begin(customer_id, key, now, sender=sender)
        if isinstance(begun, Begun) and begun.settle:
            at_work_until = books.at_work_until(begun, now)
            if at_work_until is not None:
                return books.put_off(customer_id, key, now, until=at_work_until)
            why = ""
            try:
                with without_words():
                    found = find(begun)
            except TryAgainLater as later:
                return books.put_off(customer_id, key, now, until=now + self._patience(begun, later))
            except InDoubt:
                found, doubt = None, in_doubt(begun)
                why = doubt.reason.words if doubt.reason else ""
                if not doubt.repeats:
                    return books.answer("done", books.confirm(begun, state="unknown", why=why))
            if found is not None:
                return confirm(begun, found)
            books.release(begun, in_doubt=why)
            since = self.monotonic()
            begun = books.begin(customer_id, key, now, sender=sender)
        match begun:
            case Unwanted():
                return books.answer("unwanted", books.assess(customer_id, now))
            case PutOff(until=until):
                return books.put_off(customer_id, key, now, until=until)
        return Claimed(begun=begun, since=since)

    def _patience(self, begun: Begun, later: TryAgainLater) -> timedelta:
        """How long to wait before asking again: the vendor's wish, and longer the older the claim is."""
        so_far = (begun.now - begun.claimed_at) / 2
        return max(self.books.lasting(later.delay), min(so_far, self.books.lasting(RESTS[-1])))

    def stale(self, claimed: Claimed) -> bool:
        """Whether a claim is too old to be acted on."""
        return self.monotonic() - claimed.since > FRESH_SECONDS

    def put_off(self, begun: Begun, *, until: datetime) -> Answer:
        """Give a claim back whose effect certainly did not happen, and try again at an instant."""
        self.books.release(begun)
        return self.books.put_off(begun.customer.id, begun.effect.key, begun.now, until=until)

    def try_later(self, begun: Begun, later: TryAgainLater) -> Answer:
        """Give a claim back that a vendor could not serve, for as long as it asks and attempts rest."""
        rest = max(self.books.lasting(later.delay), self.books.rest(begun))
        return self.put_off(begun, until=begun.now + rest)

    def leave(self, begun: Begun) -> Answer:
        """Leave a claim as it is, whose effect may have happened: the next attempt asks."""
        until = begun.claimed_at + self.books.rest(begun)
        return self.books.put_off(begun.customer.id, begun.effect.key, begun.now, until=until)
