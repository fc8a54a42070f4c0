"""Keeping ledger and workflows in step."""

import asyncio

from temporalio import activity

from activities.books import Books
from activities.customers import Wake
from store import breakers, sweep

BATCH = 500
"""So many customers of either kind are woken by one sweep; the next one goes on."""

AT_ONCE = 20


class Sweeping:
    """Wakes customers whose workflow should have looked and has not."""

    def __init__(self, *, books: Books, wake: Wake) -> None:
        self.books = books
        self.wake = wake

    @activity.defn(name="Wake who is due")
    async def wake_who_is_due(self, order: dict[str, str]) -> int:
        """Wake them, and return how many they were. One who cannot be woken keeps nobody else waiting."""
        due = await asyncio.to_thread(self._due, order["now"])
        failed: list[BaseException] = []
        for start in range(0, len(due), AT_ONCE):
            waking = (self.wake(customer_id) for customer_id in due[start : start + AT_ONCE])
            ends = await asyncio.gather(*waking, return_exceptions=True)
            failed += [end for end in ends if end is not None]
        if failed:
            raise failed[0]
        return len(due)

    def _due(self, now: str) -> list[str]:
        ledger, speed, at = self.books.ledger, self.books.clock().speed, self.books.at(now)
        breakers.let_one_try(ledger, now=at)
        return sweep.due(ledger, now=at, limit=BATCH, speed=speed)
