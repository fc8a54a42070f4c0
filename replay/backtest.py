"""The backtest of a whole export or ledger: many customers, in one process or in several.

Customers are independent and all sums are of whole numbers, so the result does not depend on how many
processes there are, nor on which of them plays whom.
"""

import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date, datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar
from zoneinfo import ZoneInfo

from domain.backtest import ARRIVAL, Past, Tally, Tried, as_it_happened, try_out
from domain.calendar import use_pinned_zones
from domain.contact_law.books import LawOf, lawless
from domain.contact_law.whereabouts import located
from domain.facts import Fact
from domain.interest.rates import Rates
from domain.policy import Policy
from domain.receivables.imported import Import
from domain.receivables.mapping import Mapping
from domain.timeline_diff import Difference, differences

BATCH = 20
"""Customers that a process plays between two reports of how far it is."""


def pasts_of(found: Import, mapping: Mapping) -> tuple[Past, ...]:
    """Return the customers of an export.

    An export that has no column of addresses says nothing about them: then a channel reaches everybody.
    """
    columns = mapping.customer
    pasts = []
    for each in found.customers:
        zone = ZoneInfo(each.customer.timezone)
        addresses = (("email", columns.email, each.email), ("sms", columns.phone, each.phone))
        history = [
            Fact(
                source="import",
                id=told.id,
                happened_on=told.happened_on,
                happened_at=None,
                learned_at=datetime.combine(told.happened_on, ARRIVAL, zone),
                body=told.body,
            )
            for told in each.facts
        ]
        channels = tuple(name for name, column, address in addresses if column is None or address)
        where = located(each.where, each.phone)
        pasts.append(as_it_happened(each.customer, history, channels=channels, where=where))
    return tuple(pasts)


def play(
    policies: Sequence[Policy],
    pasts: Iterable[Past],
    *,
    until: date,
    days: int,
    jobs: int,
    progress: Callable[[int], None],
    rates: Rates | None = None,
    law_of: LawOf = lawless,
) -> Tried:
    """Play customers under each policy, as `domain.backtest.try_out` does.

    `progress` is called with the number of customers done.
    """
    work = partial(try_out, tuple(policies), until=until, days=days, rates=rates, law_of=law_of)
    tried = Tried(tallies=tuple(Tally() for _ in policies))
    for part in spread(work, pasts, jobs=jobs, progress=progress):
        tried.add(part)
    return tried


def compare(
    before: Policy,
    after: Policy,
    pasts: Iterable[Past],
    *,
    until: date,
    jobs: int,
    progress: Callable[[int], None],
    rates: Rates | None = None,
    law_of: LawOf = lawless,
) -> Difference:
    """Play customers under both policies, as `domain.timeline_diff.differences` does."""
    work = partial(differences, before, after, until=until, rates=rates, law_of=law_of)
    found = Difference()
    for part in spread(work, pasts, jobs=jobs, progress=progress):
        found.add(part)
    return found


T = TypeVar("T")


def spread(
    work: Callable[[Sequence[Past]], T],
    pasts: Iterable[Past],
    *,
    jobs: int,
    progress: Callable[[int], None],
) -> Iterator[T]:
    """Yield the work on each batch of customers, in their order, done in so many processes."""
    coming, done = iter(pasts), 0
    if jobs == 1:
        while batch := list(islice(coming, BATCH)):
            yield work(batch)
            done += len(batch)
            progress(done)
        return
    # A copy of a process with threads, such as those of a progress bar, may hang: start afresh.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin) as pool:
        running: deque[tuple[int, Future[T]]] = deque()
        try:
            while batch := list(islice(coming, BATCH)):
                running.append((len(batch), pool.submit(work, batch)))
                if len(running) > 2 * jobs:
                    done = yield from _next(running, done, progress)
            while running:
                done = yield from _next(running, done, progress)
        finally:
            for _, future in running:
                future.cancel()


def _begin() -> None:
    """Begin a process: Ctrl-C is for the one that asks, which ends the others after their batch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_pinned_zones()


def _next(
    running: deque[tuple[int, "Future[T]"]], done: int, progress: Callable[[int], None]
) -> Generator[T, None, int]:
    count, future = running.popleft()
    yield future.result()
    progress(done + count)
    return done + count
