"""The customer's account: looking at it, writing commands down, finding the right workflow."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity

from activities.answers import Looked
from activities.books import Books
from store import commands, customers
from store.assess import Rests
from store.errors import NoPolicy, Refused
from store.verifications import CodeCheck

Wake = Callable[[str], Awaitable[None]]
"""Starts or wakes the workflow of a customer."""


class Customers:
    """What a customer's workflow asks for itself."""

    def __init__(self, *, books: Books, wake: Wake, check: CodeCheck | None = None) -> None:
        self.books = books
        self.wake = wake
        self.check = check

    @activity.defn(name="Look at the account", no_thread_cancel_exception=True)
    def look(self, order: dict[str, Any]) -> Looked:
        """Plan for the customer at `order["now"]`, an instant of workflow time.

        `order["put_off"]` are the effects that wait: key, about, news, and until when in workflow time.
        """
        put_off = [
            Rests(key=key, about=about, news=news, until=self.books.at(until))
            for key, about, news, until in order.get("put_off", ())
        ]
        try:
            now = self.books.at(order["now"])
            assessment = self.books.assess(order["customer_id"], now, put_off=put_off)
        except NoPolicy as missing:
            return Looked(view=None, unknown="", waits=str(missing))
        except Refused as refused:
            return Looked(view=None, unknown=str(refused))
        return Looked(view=self.books.view(assessment), unknown="")

    @activity.defn(name="Write down", no_thread_cancel_exception=True)
    def write_down(self, order: dict[str, Any]) -> dict[str, str]:
        """Check a command and append its fact, in one transaction. The same command twice is one fact.

        `order["now"]` is an instant of workflow time.
        """
        try:
            done = commands.perform(
                self.books.ledger,
                order["customer_id"],
                order["command"],
                order["data"],
                now=self.books.at(order["now"]),
                check=self.check,
            )
        except Refused as refused:
            return {"refused": str(refused)}
        return {"words": done.words}

    @activity.defn(name="Start the right one")
    async def start_the_right_one(self, order: dict[str, str]) -> dict[str, str]:
        """Start or wake the workflow with the right id, for somebody who used another."""
        customer_id = order["customer_id"]
        try:
            await asyncio.to_thread(customers.known, self.books.ledger, customer_id)
        except Refused as refused:
            return {"unknown": str(refused)}
        await self.wake(customer_id)
        right = f"customer/{customer_id}"
        return {"words": f"This customer's workflow is {right}: it runs, look there. Nothing else was done."}
