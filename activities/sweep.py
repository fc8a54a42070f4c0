"""Keeping ledger and workflows in step."""

import asyncio
import time
from collections.abc import Mapping

from temporalio import activity

from activities.books import Books
from activities.customers import Wake
from activities.tracking import Tracking
from store import breakers, monitors, sweep

BATCH = 500
"""So many customers of either kind are woken by one sweep; the next one goes on."""

AT_ONCE = 20

ASK_SECONDS = 2.0
"""So long after its start a sweep asks vendors: the last question still ends within the attempt's time."""


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
        tracking: Tracking | None = None,
        senders: Mapping[str, str] = _NOBODY,
    ) -> None:
        self.books = books
        self.wake = wake
        self.tracking = tracking
        self.senders = senders

    @activity.defn(name="Wake who is due")
    async def wake_who_is_due(self, order: dict[str, str]) -> int:
        """Wake them, and return how many they were. One who cannot be woken keeps nobody else waiting."""
        began = time.monotonic()
        due = await asyncio.to_thread(self._due, order["now"])
        await self._wake(due)
        if self.tracking is not None:
            left = ASK_SECONDS - (time.monotonic() - began)
            heard = await asyncio.to_thread(self.tracking.ask_for, left, self.books.at(order["now"]))
            await self._wake(heard)
        return len(due)

    async def _wake(self, customers: list[str]) -> None:
        failed: list[BaseException] = []
        for start in range(0, len(customers), AT_ONCE):
            waking = (self.wake(customer_id) for customer_id in customers[start : start + AT_ONCE])
            ends = await asyncio.gather(*waking, return_exceptions=True)
            failed += [end for end in ends if end is not None]
        if failed:
            raise failed[0]

    def _due(self, now: str) -> list[str]:
        ledger, speed, at = self.books.ledger, self.books.clock().speed, self.books.at(now)
        breakers.let_one_try(ledger, self.senders, now=at)
        monitors.raise_alarms(ledger, now=at)
        return sweep.due(ledger, now=at, limit=BATCH, speed=speed)
