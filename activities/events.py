"""Events: what the seller's own product is told, one endpoint by itself, on a queue of its own.

The body was written with what it tells of, and is sent as it is. Whoever dies after sending sends again:
the receiver knows a repetition by its id.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Protocol

from temporalio import activity

from activities.answers import Went
from activities.books import Books
from activities.once import Mark, unmarked
from domain.events.delivering import Answered
from store import event_deliveries
from store.event_deliveries import Due

AT_ONCE = 8
"""So many events of as many customers are on their way to one endpoint."""

RUN_SECONDS = 20.0
"""After so long a run begins no other batch: an attempt has a minute."""

LEASE = timedelta(minutes=2)
"""Real time after which an event is due again of which nobody said what became of it."""


class Endpoint(Protocol):
    """Takes events. A repetition has the same id and body.

    Attributes:
        name: in the ledger; no URL, which may hold a secret.
    """

    @property
    def name(self) -> str: ...

    @property
    def host(self) -> str: ...

    def post(self, id_: str, body: str) -> Answered: ...


class Events:
    """Tells the endpoints what is due."""

    def __init__(self, *, books: Books, endpoints: Sequence[Endpoint], mark: Mark = unmarked) -> None:
        self.books = books
        self.endpoints: Mapping[str, Endpoint] = {each.name: each for each in endpoints}
        self.mark = mark

    @activity.defn(name="Tell the seller's product", no_thread_cancel_exception=True)
    def tell(self, order: dict[str, str]) -> Went:
        """Send what is due to one endpoint, until nothing is or the time is over."""
        endpoint = self.endpoints.get(order["endpoint"])
        if endpoint is None:
            closed = event_deliveries.left(self.books.ledger, order["endpoint"], now=self.books.now())
            words = (
                "the settings name this endpoint no more" if closed else "another worker has this endpoint"
            )
            return Went(more=False, wait_seconds=0, words=words)
        began, sent, taken = time.monotonic(), 0, 0
        more = True
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="events") as threads:
            while more and time.monotonic() - began < RUN_SECONDS:
                batch = self._take(endpoint)
                answers = [*threads.map(lambda due: endpoint.post(due.id, due.body), batch)]
                self.mark("told")
                self._settle(endpoint, batch, answers)
                sent, taken = sent + len(answers), taken + sum(each.taken for each in answers)
                # To an endpoint that takes nothing one event is sent a run, until it does.
                more = any(each.taken for each in answers)
        ledger, now = self.books.ledger, self.books.now()
        event_deliveries.tell_of_lateness(ledger, endpoint.name, now=now, lasting=self.books.lasting)
        event_deliveries.forget(ledger, now=now)
        return Went(more=more, wait_seconds=0, words=f"{taken} of {sent} events taken")

    def _take(self, endpoint: Endpoint) -> list[Due]:
        now = self.books.now()
        until = now + self.books.lasting(LEASE)
        return event_deliveries.take(self.books.ledger, endpoint.name, now=now, until=until, limit=AT_ONCE)

    def _settle(self, endpoint: Endpoint, batch: Sequence[Due], answers: Sequence[Answered]) -> None:
        if not batch:
            return
        event_deliveries.settle(
            self.books.ledger,
            endpoint.name,
            [*zip(batch, answers, strict=True)],
            now=self.books.now(),
            lasting=self.books.lasting,
        )
