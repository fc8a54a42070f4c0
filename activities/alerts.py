"""Alerts of fraud and misuse: read from the provider into incidents, and answered there after the response.

An alert is told to be resolved once people have said what it was. That it is being told is written first,
and how it stands is read before and afterwards: whoever dies in between has told it again, which harms
nobody, and what somebody else has resolved is not told at all.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities.answers import Went
from activities.books import Books
from activities.customers import Wake
from activities.incidents import WakeIncident
from activities.monitoring import ANEW, RUN_SECONDS, stopped, went
from activities.once import Mark, unmarked
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.incidents.alerts import ANSWERED, ANSWERING, UNANSWERED, Alert, AlertsPage, Outcome, Owed, Stands
from store import alerts, incidents, monitors


class AlertSource(Protocol):
    """A provider's alerts; errors as `domain.errors` sorts them.

    Attributes:
        name: the source of its notices.
    """

    name: str

    def alerts(self, after: str | None) -> AlertsPage:
        """Return a page of all alerts, resolved ones too.

        Raises:
            Refused: among others, `after` is none of this provider's.
        """
        ...

    def stands(self, alert: Alert) -> Stands:
        """Return how an alert stands."""
        ...

    def resolve(self, alert: Alert, outcome: Outcome, *, request: str) -> None:
        """Say that an alert is resolved, and as what; again is harmless."""
        ...


class Alerts:
    """Reads alerts and answers them."""

    def __init__(
        self,
        *,
        books: Books,
        source: AlertSource,
        wake: Wake,
        wake_incident: WakeIncident,
        mark: Mark = unmarked,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.books = books
        self.source = source
        self.wake = wake
        self.wake_incident = wake_incident
        self.mark = mark
        self.monotonic = monotonic

    @activity.defn(name="Read alerts")
    async def read(self, order: dict[str, str]) -> Went:
        """Read alerts into incidents, and wake whom they concern."""
        came, found, whom = await asyncio.to_thread(self.read_at, self.books.at(order["now"]))
        for incident_id in found:
            await self.wake_incident(incident_id)
        for customer_id in whom:
            await self.wake(customer_id)
        return came

    @activity.defn(name="Answer alerts")
    async def answer(self, order: dict[str, str]) -> Went:
        """Tell the provider what became of its alerts."""
        return await asyncio.to_thread(self.answer_at, self.books.at(order["now"]))

    def read_at(self, now: datetime) -> tuple[Went, tuple[str, ...], tuple[str, ...]]:
        """Go on with reading alerts; return how far it came, and the incidents and customers to wake."""
        ledger, began = self.books.ledger, self.monotonic()
        found, whom, new = dict[str, None](), dict[str, None](), 0
        after = monitors.begin(ledger, monitors.ALERTS, now=now).cursor.get("after")
        while True:
            try:
                page = self.source.alerts(after)
            except (TryAgainLater, Misconfigured, Refused, InDoubt) as trouble:
                came = stopped(ledger, monitors.ALERTS, trouble, ANEW, now=now)
                return came, tuple(found), tuple(whom)
            heard = alerts.take(ledger, page.notices, now=now)
            found.update(dict.fromkeys(heard.incidents))
            whom.update(dict.fromkeys(heard.customers))
            new, after = new + heard.new, page.after
            with ledger.write() as session:
                monitors.move(session, monitors.ALERTS, {"after": after}, unknown={})
            if after is None:
                monitors.succeeded(ledger, monitors.ALERTS, now=now)
                return went(f"{new} new incidents"), tuple(found), tuple(whom)
            if self.monotonic() - began > RUN_SECONDS:
                return went(f"{new} new incidents so far", more=True), tuple(found), tuple(whom)

    def answer_at(self, now: datetime) -> Went:
        """Tell what is owed, one alert after another; what does not work waits for the next run.

        One alert may fail where the others do not, and keeps none of them back; after a second one the
        provider is left alone.
        """
        began, told, failed = self.monotonic(), 0, ""
        for incident_id, owed in alerts.owing(self.books.ledger, self.source.name, now=now):
            if self.monotonic() - began > RUN_SECONDS:
                return went(f"{told} alerts are answered so far", more=True)
            try:
                told += self._told(incident_id, owed, now)
            except Refused as refused:
                self._give_up(incident_id, owed.alert, str(refused), now)
            except Misconfigured as trouble:
                monitors.note(self.books.ledger, str(trouble), now=now)
                return went(str(trouble))
            except (TryAgainLater, InDoubt) as trouble:
                self._failed(incident_id, owed, str(trouble), now)
                if failed:
                    return went(failed)
                failed = str(trouble)
        return went(failed or f"{told} alerts are answered")

    def _failed(self, incident_id: str, owed: Owed, why: str, now: datetime) -> None:
        """Note since when an alert cannot be answered, and leave it to a person in time."""
        if owed.given_up(now):
            self._give_up(incident_id, owed.alert, why, now)
        elif owed.since is None:
            self._note(incident_id, ANSWERING, owed.alert, now, outcome=owed.outcome)

    def _told(self, incident_id: str, owed: Owed, now: datetime) -> bool:
        """Tell the provider of one alert, unless it stands so already; return whether it stands so now."""
        before = self.source.stands(owed.alert)
        if not before.resolved:
            self._note(incident_id, ANSWERING, owed.alert, now, outcome=owed.outcome)
            self.mark("claimed")
            name = f"{incident_id}/{owed.alert.event}/{now.isoformat()}"
            request = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
            self.source.resolve(owed.alert, owed.outcome, request=request)
            self.mark("done")
            before = self.source.stands(owed.alert)
        if before.resolved:
            self._note(incident_id, ANSWERED, owed.alert, now, stands=before.words)
            return True
        if owed.given_up(now):
            self._give_up(incident_id, owed.alert, f"it takes the answer and stays {before.words}", now)
        return False

    def _give_up(self, incident_id: str, alert: Alert, why: str, now: datetime) -> None:
        """Leave an alert to a person."""
        incidents.add(
            self.books.ledger,
            incident_id,
            f"{UNANSWERED}/{alert.event}",
            UNANSWERED,
            note=why,
            data={"event": alert.event},
            now=now,
        )
        words = f"{incident_id}: {self.source.name} was not told what became of its alert ({why}): tell it"
        monitors.note(self.books.ledger, words, now=now)

    def _note(self, incident_id: str, what: str, alert: Alert, now: datetime, **data: str) -> None:
        data = {"event": alert.event, **data}
        incidents.add(self.books.ledger, incident_id, f"{what}/{alert.event}", what, data=data, now=now)
