"""The watch over services where they are kept: what others suspended, brought back or ended becomes facts."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from temporalio import activity

from activities.answers import Went
from activities.books import Books
from activities.customers import Wake
from activities.once import without_words
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.own_steps import SWITCH_ODD
from domain.switching import Exchange, Place
from domain.turning import failed
from domain.watching import Look
from store import customers, exchanges, monitors, places, tasks, turns, watched

if TYPE_CHECKING:
    from activities.service import Switch

ENOUGH_SECONDS = 4.0
"""After so long a run begins with nobody any more: a look takes five seconds at most, an attempt ten."""

AT_ONCE = 20
"""So many customers are looked at by one run."""

LATER = timedelta(hours=1)
"""Business time after which a place is looked at again whose provider did not answer."""

WakeTurn = Callable[[str], Awaitable[None]]
"""Wakes what is turning a customer's service, where something is: its provider says that it changed."""


@dataclass(slots=True)
class _Round:
    """What a run came to."""

    looked: int = 0
    wake: list[str] = field(default_factory=list)
    turning: list[str] = field(default_factory=list)
    trouble: str | None = None


class Watching:
    """Looks at places that are due, once a day or when a webhook hints that one has changed."""

    def __init__(
        self,
        *,
        books: Books,
        switches: Mapping[str, "Switch"],
        wake: Wake,
        wake_turn: WakeTurn,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.books = books
        self.switches = switches
        self.wake = wake
        self.wake_turn = wake_turn
        self.monotonic = monotonic

    @activity.defn(name="Look at the places")
    async def look_around(self, order: dict[str, str]) -> Went:
        """Look at who is due, and wake whom it concerns."""
        went, done = await asyncio.to_thread(self.look_at, self.books.at(order["now"]))
        for customer_id in done.wake:
            await self.wake(customer_id)
        for customer_id in done.turning:
            await self.wake_turn(customer_id)
        return went

    def look_at(self, now: datetime) -> tuple[Went, _Round]:
        """Look at who is due at an instant."""
        ledger, began, done = self.books.ledger, self.monotonic(), _Round()
        monitors.begin(ledger, monitors.SERVICES, now=now)
        due = places.due(ledger, now=now, limit=AT_ONCE)
        more = len(due) == AT_ONCE
        for customer_id in due:
            if self.monotonic() - began > ENOUGH_SECONDS:
                more = True
                break
            self._look(customer_id, done, now)
        if done.trouble is None:
            monitors.succeeded(ledger, monitors.SERVICES, now=now)
        else:
            monitors.failed(ledger, monitors.SERVICES, done.trouble, now=now)
        words = done.trouble or f"looked at {done.looked}"
        return Went(more=more, wait_seconds=0, words=words), done

    def _look(self, customer_id: str, done: _Round, now: datetime) -> None:
        """Look at every place of a customer, and write down what follows."""
        ledger = self.books.ledger
        asked = watched.to_look_at(ledger, customer_id, now=now)
        if asked is None:
            done.turning.append(customer_id)
            return
        looks = []
        for place in asked.places:
            look = self._seen(place, ours=turns.key(place) in asked.ours, done=done, now=now)
            if look is None:
                return
            looks.append(look)
        done.looked += 1
        if watched.note(ledger, customer_id, looks, now=now):
            done.wake.append(customer_id)

    def _seen(self, place: Place, *, ours: bool, done: _Round, now: datetime) -> Look | None:
        """Look at one place; None where that came to nothing, and it is looked at later."""
        ledger = self.books.ledger

        def note(exchange: Exchange) -> None:
            exchanges.keep(ledger, place, None, exchange, now=now)

        switch = self.switches.get(place.provider)
        try:
            if switch is None:
                raise Misconfigured(f"nobody is set up who looks at subscriptions at {place.provider}")
            with without_words():
                return Look(place=place, seen=switch.look(place, note=note), ours=ours)
        except Refused as refused:
            why = failed(place, refused)
            with ledger.write() as session:
                customers.lock(session, place.customer)
                tasks.open_of_customer(session, place.customer, SWITCH_ODD, why.words, now=now)
                places.look_again(session, place.customer, at=now + places.EVERY)
        except (TryAgainLater, Misconfigured, InDoubt) as trouble:
            done.trouble = str(trouble)
            if isinstance(trouble, Misconfigured):
                monitors.note(ledger, str(trouble), now=now)
            delay = trouble.delay if isinstance(trouble, TryAgainLater) else LATER
            with ledger.write() as session:
                places.look_again(session, place.customer, at=now + self.books.lasting(delay))
        return None
