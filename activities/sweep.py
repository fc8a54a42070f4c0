"""Keeping ledger and workflows in step."""

from temporalio import activity

from activities.books import Books
from activities.customers import Wake
from store import sweep

BATCH = 200
"""So many customers are woken by one sweep; the next one goes on."""


class Sweeping:
    """Wakes customers whose workflow should have looked and has not."""

    def __init__(self, *, books: Books, wake: Wake) -> None:
        self.books = books
        self.wake = wake

    @activity.defn(name="Wake who is due")
    async def wake_who_is_due(self, order: dict[str, str]) -> int:
        """Wake them, and return how many they were."""
        speed = self.books.clock().speed
        due = sweep.due(self.books.ledger, now=self.books.at(order["now"]), limit=BATCH, speed=speed)
        for customer_id in due:
            await self.wake(customer_id)
        return len(due)
