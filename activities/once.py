"""Once: how an effect is begun that a vendor performs, so that it never happens twice.

The claim is committed before the vendor is called. An attempt that finds an unconfirmed claim waits until
no other can be at work on it, and asks the vendor by reference before anything is done again.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from activities.answers import Answer, Order
from activities.books import Books
from domain.errors import Refused, TryAgainLater
from store.claims import Begun, PutOff, Unwanted

Found = TypeVar("Found")
FRESH_SECONDS = 5.0
"""A claim older than this at the moment of the call is released: its plan may be out of date."""


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
    ) -> Claimed | Answer:
        """Claim an effect, if a fresh plan still wants it; else the answer why it is not done now.

        Args:
            find: asks the vendor whether a claim that was begun before did happen.
            confirm: writes down that it did.
        """
        books, now = self.books, self.books.now()
        customer_id, key = order["customer_id"], order["key"]
        since = self.monotonic()
        begun = books.begin(customer_id, key, now)
        if isinstance(begun, Begun) and begun.settle:
            at_work_until = books.at_work_until(begun, now)
            if at_work_until is not None:
                return books.put_off(customer_id, now, until=at_work_until)
            with without_words():
                found = find(begun)
            if found is not None:
                return confirm(begun, found)
            books.release(begun)
            since = self.monotonic()
            begun = books.begin(customer_id, key, now)
        match begun:
            case Unwanted():
                return books.answer("unwanted", books.assess(customer_id, now))
            case PutOff(until=until):
                return books.put_off(customer_id, now, until=until)
        return Claimed(begun=begun, since=since)

    def stale(self, claimed: Claimed) -> bool:
        """Whether a claim is too old to be acted on."""
        return self.monotonic() - claimed.since > FRESH_SECONDS

    def put_off(self, begun: Begun, *, until: datetime) -> Answer:
        """Give a claim back whose effect certainly did not happen, and try again at an instant."""
        self.books.release(begun)
        return self.books.put_off(begun.customer.id, begun.now, until=until)
