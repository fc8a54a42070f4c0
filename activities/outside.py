"""Reading what systems outside have told: for webhooks that never came, and names that nobody knows.

A run goes on where the one before it stopped. It takes some seconds and says whether there is more: a
workflow asks again. Whatever keeps it from going through is written down, and is an alarm in a day.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from temporalio import activity

from activities.answers import Went
from activities.books import Books
from activities.customers import Wake
from activities.incidents import WakeIncident
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.hints import Hint
from domain.reported_facts import Answer, Reported, TellingsPage
from domain.staleness import FRESH
from store import hints, monitors, outside

RUN_SECONDS = 4.0
"""After so long a run stops at the end of a page: an attempt has ten seconds."""

OVERLAP = timedelta(hours=1)
"""So much is read again: what is dated before may be shown after."""

MOST_BACK = timedelta(days=30)
"""Nothing that was told reaches back further."""

ASK_AGAIN = timedelta(hours=6)
ASK_SOON = timedelta(minutes=15)
"""So long a name rests that could not be asked for: no name keeps the others from being asked for."""


class Teller(Protocol):
    """Has what it told at hand, and knows what its names stand for. Errors as `domain.errors` sorts them."""

    name: str

    def page(self, since: datetime, after: str | None) -> TellingsPage: ...

    def ask(self, name: str, at: datetime) -> Answer | None:
        """Return what a name stands for; None where nobody can say."""
        ...


@dataclass(slots=True)
class _Woken:
    customers: dict[str, None] = field(default_factory=dict)
    incidents: dict[str, None] = field(default_factory=dict)

    def add(self, customers: Iterable[str], incidents: Iterable[str] = ()) -> None:
        self.customers.update(dict.fromkeys(customers))
        self.incidents.update(dict.fromkeys(incidents))


class Outside:
    """Reads what one system has told."""

    def __init__(
        self,
        *,
        books: Books,
        teller: Teller,
        wake: Wake,
        wake_incident: WakeIncident,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.books = books
        self.teller = teller
        self.wake = wake
        self.wake_incident = wake_incident
        self.monotonic = monotonic

    @activity.defn(name="Read what was told")
    async def read(self, order: dict[str, str]) -> Went:
        """Read what was told, ask what is not known, and wake whom it concerns."""
        went, woken = await asyncio.to_thread(self.read_at, self.books.at(order["now"]))
        for customer_id in woken.customers:
            await self.wake(customer_id)
        for incident_id in woken.incidents:
            await self.wake_incident(incident_id)
        return went

    def read_at(self, now: datetime) -> tuple[Went, _Woken]:
        """Go on at an instant; return how far it came, and whom to wake."""
        ledger, name, woken = self.books.ledger, self.teller.name, _Woken()
        cursor, began = monitors.begin(ledger, name, now=now).cursor, self.monotonic()
        try:
            more = self._pages(cursor, began, now, woken) or self._ask(began, now, woken)
        except (TryAgainLater, Misconfigured, Refused, InDoubt) as trouble:
            return self._stopped(trouble, now), woken
        if more:
            return Went(more=True, wait_seconds=0.0, words="there is more to read or to ask"), woken
        monitors.succeeded(ledger, name, now=now)
        waiting = len(outside.waiting(ledger, name))
        return Went(more=False, wait_seconds=0.0, words=f"all is read; {waiting} wait"), woken

    def _pages(self, cursor: Any, began: float, now: datetime, woken: _Woken) -> bool:
        """Read page by page; say whether there is more. The cursor is in the time of the other system."""
        ledger, there = self.books.ledger, self.books.clock().real(now)
        done = datetime.fromisoformat(cursor["done"]) if cursor.get("done") else there - MOST_BACK
        since = max(done - OVERLAP, there - MOST_BACK)
        until = datetime.fromisoformat(cursor["until"]) if cursor.get("after") else there
        after = cursor.get("after")
        while True:
            page = self.teller.page(since, after)
            for told in page.told:
                self._take(told, now, woken)
            after = page.after
            at = {"done": done, "until": until} if after is not None else {"done": until}
            kept: dict[str, Any] = {key: value.isoformat() for key, value in at.items()}
            with ledger.write() as session:
                monitors.move(session, self.teller.name, {**kept, "after": after}, unknown={})
            if after is None or self._is_late(began):
                return after is not None

    def _ask(self, began: float, now: datetime, woken: _Woken) -> bool:
        """Ask what names stand for, one after the other, and take each answer; say whether there are more."""
        ledger, name = self.books.ledger, self.teller.name
        nobodys, late = list[str](), False
        while not late and (names := outside.to_ask(ledger, name, now=now, after=ASK_AGAIN, limit=1)):
            (each,) = names
            try:
                answer = self.teller.ask(each, self.books.clock().real(now))
            except TryAgainLater:
                outside.asked(ledger, name, each, at=now - ASK_AGAIN + ASK_SOON)
                raise
            for told in answer.told if answer else ():
                self._take(told, now, woken)
            if answer is not None and not answer.billed:
                nobodys.append(each)
            late = self._is_late(began)
        again = outside.try_again(ledger, name, now=now)
        woken.add(again.wake, again.incidents)
        for each in nobodys:
            outside.drop(ledger, name, each, now=now)
        return late

    def _is_late(self, began: float) -> bool:
        return self.monotonic() - began > RUN_SECONDS

    def _take(self, told: Reported | Hint, now: datetime, woken: _Woken) -> None:
        if isinstance(told, Hint):
            woken.add(hints.take(self.books.ledger, told, now=now).customers)
            return
        taken = outside.take(self.books.ledger, told, now=now, fresh=self.books.lasting(FRESH))
        woken.add(taken.wake, taken.incidents)

    def _stopped(self, trouble: Exception, now: datetime) -> Went:
        """Note what keeps a run from going on: it waits for what passes, and ends with what does not."""
        ledger, name = self.books.ledger, self.teller.name
        monitors.failed(ledger, name, str(trouble), now=now)
        if isinstance(trouble, TryAgainLater):
            return Went(more=True, wait_seconds=trouble.delay.total_seconds(), words=str(trouble))
        if isinstance(trouble, Misconfigured):
            monitors.note(ledger, str(trouble), now=now)
        if isinstance(trouble, Refused):
            # Where it stood may be what was refused: the next run begins anew, and finds what it has again.
            with ledger.write() as session:
                monitors.move(session, name, {}, unknown={})
        return Went(more=False, wait_seconds=0.0, words=str(trouble))
