"""Keeping ledger and workflows in step."""

import asyncio
import time
from collections.abc import Mapping

from temporalio import activity

from activities.books import Books
from activities.customers import Wake
from activities.incidents import WakeIncident
from activities.telling import Telling
from activities.tracking import Tracking
from store import breakers, controls, incidents, monitors, outside, sweep

BATCH = 500
"""So many customers of either kind are woken by one sweep; the next one goes on."""

AT_ONCE = 20

ASK_SECONDS = 2.0
"""So long after its start a sweep asks vendors: the last question still ends within the attempt's time.

What one is told comes first, once a sweep, and takes the time from the questions.
"""


_NOBODY: Mapping[str, str] = {}


class Sweeping:
    """Wakes customers whose workflow should have looked and has not.

    Args:
        senders: from where each channel sends.
    """

    def __init__(
        self,
        *,
        books: Books,
        wake: Wake,
        wake_incident: WakeIncident,
        tracking: Tracking | None = None,
        telling: Telling | None = None,
        senders: Mapping[str, str] = _NOBODY,
    ) -> None:
        self.books = books
        self.wake = wake
        self.wake_incident = wake_incident
        self.tracking = tracking
        self.telling = telling
        self.senders = senders

    @activity.defn(name="Wake who is due")
    async def wake_who_is_due(self, order: dict[str, str]) -> int:
        """Wake them, and return how many they were. One who cannot be woken keeps nobody else waiting."""
        began = time.monotonic()
        due = await asyncio.to_thread(self._due, order["now"])
        late = await asyncio.to_thread(self._late, order["now"])
        await self._wake(due)
        await self._all(self.wake_incident, late)
        if self.telling is not None:
            await asyncio.to_thread(self.telling.tell, self.books.at(order["now"]))
        if self.tracking is not None:
            left = ASK_SECONDS - (time.monotonic() - began)
            heard = await asyncio.to_thread(self.tracking.ask_for, left, self.books.at(order["now"]))
            await self._wake(heard)
        return len(due) + len(late)

    async def _wake(self, customers: list[str]) -> None:
        await self._all(self.wake, customers)

    async def _all(self, wake: Wake, names: list[str]) -> None:
        failed: list[BaseException] = []
        for start in range(0, len(names), AT_ONCE):
            waking = (wake(name) for name in names[start : start + AT_ONCE])
            ends = await asyncio.gather(*waking, return_exceptions=True)
            failed += [end for end in ends if end is not None]
        if failed:
            raise failed[0]

    def _due(self, now: str) -> list[str]:
        ledger, speed, at = self.books.ledger, self.books.clock().speed, self.books.at(now)
        breakers.let_one_try(ledger, self.senders, now=at)
        controls.note(ledger, "S11c", "S13", at=at)
        monitors.raise_alarms(ledger, now=at)
        outside.go_on(ledger, now=at)  # Whom it changes is due now.
        return sweep.due(ledger, now=at, limit=BATCH, speed=speed)

    def _late(self, now: str) -> list[str]:
        """Return the incidents whose workflow should have looked and has not."""
        ledger, speed, at = self.books.ledger, self.books.clock().speed, self.books.at(now)
        return incidents.due(ledger, now=at, limit=BATCH, speed=speed)
