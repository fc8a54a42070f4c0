"""What watches by itself: usage against budgets, and the activity log.

A run goes on where the one before it stopped, page by page. It takes some seconds and says whether there is
more: a workflow asks again. Whatever keeps it from going through is written down, and is an alarm in a day.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from temporalio import activity

from activities.answers import Went
from activities.books import Books
from activities.customers import Wake
from domain.activity_log.records import RecordsPage
from domain.activity_log.rules import Audit
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.usage.measured import ReadingsPage
from store import activity_log, monitors, usage
from store.database import Ledger

RUN_SECONDS = 4.0
"""After so long a run stops at the end of a page: an attempt has ten seconds."""

OVERLAP_DAYS = 1
"""So many days are read again: records are shown late."""

MOST_DAYS_BACK = 90
"""No log of a provider reaches back further."""

ANEW: Mapping[str, Any] = {"after": None}
"""The cursor of a run that begins with the first page."""

OFF = "the register of controls has it switched off"


class UsageSource(Protocol):
    """Tells what every account has used of the month so far."""

    def readings(self, after: str | None) -> ReadingsPage:
        """Return a page; errors as `domain.errors` sorts them."""
        ...


class ActivityLog(Protocol):
    """Tells what administrators did."""

    name: str

    def records(self, since: date, until: date, after: str | None) -> RecordsPage:
        """Return a page of the records of these days; errors as `domain.errors` sorts them.

        Raises:
            Refused: among others, `after` is none of this log's, or the days are too long ago.
        """
        ...


class Monitoring:
    """Reads usage and activity logs.

    Args:
        zone: the seller's, whose hours are usual ones.
    """

    def __init__(
        self,
        *,
        books: Books,
        usage_source: UsageSource,
        log: ActivityLog,
        rules: Audit,
        zone: str,
        wake: Wake,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.books = books
        self.usage_source = usage_source
        self.log = log
        self.rules = rules
        self.zone = zone
        self.wake = wake
        self.monotonic = monotonic

    @activity.defn(name="Read usage")
    async def read_usage(self, order: dict[str, str]) -> Went:
        """Read what was used, and wake whom it concerns."""
        came, whom = await asyncio.to_thread(self.usage_at, self.books.at(order["now"]))
        for customer_id in whom:
            await self.wake(customer_id)
        return came

    @activity.defn(name="Audit the activity log")
    async def audit_activity(self, order: dict[str, str]) -> Went:
        """Read the log and audit it, and wake whom it concerns."""
        came, whom = await asyncio.to_thread(self.activity_at, self.books.at(order["now"]))
        for customer_id in whom:
            await self.wake(customer_id)
        return came

    def usage_at(self, now: datetime) -> tuple[Went, tuple[str, ...]]:
        """Go on with reading usage at an instant; return how far it came, and whom to wake."""
        ledger, began, wake = self.books.ledger, self.monotonic(), dict[str, None]()
        if not monitors.is_on(ledger, monitors.USAGE, now=now):
            return went(OFF), ()
        after = monitors.begin(ledger, monitors.USAGE, now=now).cursor.get("after")
        if after is None:
            monitors.start_over(ledger, monitors.USAGE)
        accepted = 0
        while True:
            try:
                page = self.usage_source.readings(after)
            except (TryAgainLater, Misconfigured, Refused, InDoubt) as trouble:
                return stopped(ledger, monitors.USAGE, trouble, ANEW, now=now), tuple(wake)
            read = usage.take(ledger, page.readings, now=now)
            wake.update(dict.fromkeys(read.wake))
            accepted += read.accepted
            after = page.after
            with ledger.write() as session:
                monitors.move(session, monitors.USAGE, {"after": after}, unknown=read.unknown)
            if after is None:
                monitors.succeeded(ledger, monitors.USAGE, now=now)
                return went(f"{accepted} new readings"), tuple(wake)
            if self.monotonic() - began > RUN_SECONDS:
                return went(f"{accepted} new readings so far", more=True), tuple(wake)

    def activity_at(self, now: datetime) -> tuple[Went, tuple[str, ...]]:
        """Go on with the audit at an instant; return how far it came, and whom to wake."""
        ledger, began = self.books.ledger, self.monotonic()
        if not monitors.is_on(ledger, monitors.ACTIVITY, now=now):
            return went(OFF), ()
        window = _window(monitors.begin(ledger, monitors.ACTIVITY, now=now).cursor, now)
        if window.after is None:
            monitors.start_over(ledger, monitors.ACTIVITY)
        if window.lost_until is not None:
            monitors.note(ledger, f"the activity log before {window.lost_until} was never read", now=now)
        new = 0
        while True:
            try:
                page = self.log.records(window.since, window.until, window.after)
            except (TryAgainLater, Misconfigured, Refused, InDoubt) as trouble:
                after = None if isinstance(trouble, Refused) else window.after
                ended = stopped(ledger, monitors.ACTIVITY, trouble, window.cursor(after), now=now)
                return ended, self._audit(now)
            window = window.behind(page.after)
            new += activity_log.keep(
                ledger, self.log.name, page.records, cursor=window.cursor(page.after), now=now
            ).new
            if window.after is None:
                whom = self._audit(now)
                monitors.succeeded(ledger, monitors.ACTIVITY, now=now)
                return went(f"{new} new records"), whom
            if self.monotonic() - began > RUN_SECONDS:
                return went(f"{new} new records so far", more=True), self._audit(now)

    def _audit(self, now: datetime) -> tuple[str, ...]:
        return activity_log.audit(self.books.ledger, self.rules, zone=self.zone, now=now)


def stopped(
    ledger: Ledger, name: str, trouble: Exception, cursor: Mapping[str, Any], *, now: datetime
) -> Went:
    """Note what keeps a run from going on: it waits for what passes, and ends with what does not.

    Args:
        cursor: where the next run begins after what does not pass. Where this one stood may be what was
            refused, so it begins anew, and finds again what it has.
    """
    monitors.failed(ledger, name, str(trouble), now=now)
    if isinstance(trouble, TryAgainLater):
        return went(str(trouble), more=True, wait=trouble.delay)
    with ledger.write() as session:
        monitors.move(session, name, cursor, unknown={})
    if isinstance(trouble, Misconfigured):
        monitors.note(ledger, str(trouble), now=now)
    return went(str(trouble))


def went(words: str, *, more: bool = False, wait: timedelta = timedelta()) -> Went:
    """Return how far a run came."""
    return Went(more=more, wait_seconds=wait.total_seconds(), words=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """The days that a run reads, and where it stands within them.

    Attributes:
        done: the last day up to which everything was read; None before the first run.
        lost_until: the day before which nobody can read the log any more, though it was not read.
    """

    since: date
    until: date
    after: str | None
    done: date | None
    lost_until: date | None = None

    def behind(self, after: str | None) -> "_Window":
        done = self.until if after is None else self.done
        return _Window(since=self.since, until=self.until, after=after, done=done)

    def cursor(self, after: str | None) -> dict[str, Any]:
        """Return what is written down: the days only while there is more of them to read."""
        cursor: dict[str, Any] = {"done": None if self.done is None else self.done.isoformat()}
        if after is not None:
            cursor |= {"since": self.since.isoformat(), "until": self.until.isoformat(), "after": after}
        return cursor


def _window(cursor: Mapping[str, Any], now: datetime) -> _Window:
    """Return the days to read: those of a run that was cut short, else from a day before the last one on."""
    today = now.astimezone(UTC).date()
    earliest = today - timedelta(days=MOST_DAYS_BACK - 1)
    done = date.fromisoformat(cursor["done"]) if cursor.get("done") else None
    if cursor.get("after") is not None and date.fromisoformat(cursor["since"]) >= earliest:
        since, until = date.fromisoformat(cursor["since"]), date.fromisoformat(cursor["until"])
        return _Window(since=since, until=until, after=cursor["after"], done=done)
    since = earliest if done is None else max(earliest, done - timedelta(days=OVERLAP_DAYS))
    lost = since if done is not None and done < earliest - timedelta(days=1) else None
    return _Window(since=since, until=today, after=None, done=done, lost_until=lost)
