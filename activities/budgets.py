"""Budgets at the provider: what was agreed is set there too, read back, and compared.

A budget is set outright and not by a difference, so to ask again harms nobody. It is read before, so that
nothing is asked for that stands there already, and once a day afterwards: somebody may change it.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from temporalio import activity

from activities.answers import Went
from activities.books import Books
from activities.monitoring import ANEW, OFF, RUN_SECONDS, stopped, went
from activities.once import Mark, unmarked
from domain.errors import InDoubt, Misconfigured, Refused, TryAgainLater
from domain.usage.provider_budget import Wish
from store import budgets, monitors


class BudgetKeeper(Protocol):
    """Keeps a monthly budget for each account; errors as `domain.errors` sorts them."""

    name: str

    def budget(self, account: str) -> Decimal | None:
        """Return the budget of an account in major units; None where it has none."""
        ...

    def set_budget(self, account: str, amount: Decimal | None, *, request: str) -> None:
        """Set it, or with None take it away; again is harmless."""
        ...


class Budgets:
    """Brings what was agreed to the provider."""

    def __init__(
        self,
        *,
        books: Books,
        keeper: BudgetKeeper,
        mark: Mark = unmarked,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.books = books
        self.keeper = keeper
        self.mark = mark
        self.monotonic = monotonic

    @activity.defn(name="Set budgets")
    async def set(self, order: dict[str, str]) -> Went:
        """Set the budgets that are due, and look at those of yesterday."""
        return await asyncio.to_thread(self.set_at, self.books.at(order["now"]))

    def set_at(self, now: datetime) -> Went:
        """Go on with what is due at an instant; return how far it came."""
        ledger, began, done = self.books.ledger, self.monotonic(), 0
        if not monitors.is_on(ledger, monitors.BUDGETS, now=now):
            return went(OFF)
        monitors.begin(ledger, monitors.BUDGETS, now=now)
        for customer_id in budgets.due(ledger, now=now):
            if self.monotonic() - began > RUN_SECONDS:
                return went(f"{done} budgets stand so far", more=True)
            try:
                done += self._set(customer_id, now)
            except Refused as refused:
                budgets.cannot(ledger, customer_id, str(refused), now=now)
            except (TryAgainLater, Misconfigured, InDoubt) as trouble:
                return stopped(ledger, monitors.BUDGETS, trouble, ANEW, now=now)
        monitors.succeeded(ledger, monitors.BUDGETS, now=now)
        return went(f"{done} budgets stand")

    def _set(self, customer_id: str, now: datetime) -> bool:
        """Have one budget stand as it was agreed; return whether it does."""
        ledger, keeper = self.books.ledger, self.keeper
        wished = budgets.wanted(ledger, customer_id, keeper.name, now=now)
        if not isinstance(wished, Wish):
            budgets.cannot(ledger, customer_id, wished or "", now=now)
            return False
        found = keeper.budget(wished.account)
        if wished.differs(found) is not None:
            request = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{customer_id}/budget/{now.isoformat()}"))
            budgets.asked(ledger, customer_id, wished, request, now=now)
            self.mark("claimed")
            keeper.set_budget(wished.account, wished.decimal, request=request)
            self.mark("done")
            found = keeper.budget(wished.account)
        return budgets.stands(ledger, customer_id, wished, found, now=now)
