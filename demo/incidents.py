"""The demo's incident: the vendor finds a customer mining, and the fraud desk brings it to its response.

The notice comes as Graph's API answers it. Nobody answers within the hour, which at a day a second is over
at once, so the engine blocks the customer's orders and tells the next owner; then people go on.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.customers import Wake
from activities.incidents import WakeIncident
from composition import notices_of
from store import incidents
from store.database import Ledger
from store.errors import Refused

CUSTOMER = "MARIONETTE"
"""Whom our dunning and its vendor have suspended by then, and who pays while the incident is open."""

NOTICED_ON = 38
ALERT = {
    "id": f"{CUSTOMER}-strings-on-a-pool",
    "alertType": "networkConnectionsToCryptoMiningPools",
    "status": "active",
    "severity": "high",
    "confidenceLevel": "medium",
    "subscriptionId": CUSTOMER,
    "isTest": "false",
    "additionalDetails": {"ConnectionCount": "31"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody asks for on a day, as an update of the workflow would."""

    day: int
    name: str
    data: Mapping[str, str]


ASKS = (
    Ask(day=39, name="acknowledge", data={"by": "maria"}),
    Ask(
        day=40,
        name="review",
        data={"verdict": "confirmed", "branch": "compromised", "note": "an old key", "by": "maria"},
    ),
    Ask(day=41, name="act", data={"action": "remove_resources", "by": "maria"}),
    Ask(day=42, name="respond", data={"says": "resolved as fraud at the vendor", "by": "maria"}),
    Ask(day=54, name="act", data={"action": "unblock_orders", "by": "maria"}),
    Ask(day=54, name="close", data={"refund": "none", "by": "maria"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentStory:
    """Tells the notice on its day, and asks for what people ask for.

    Attributes:
        until: waits for a business instant.
        now: the business instant of this moment.
    """

    ledger: Ledger
    start_at: datetime
    end_at: datetime
    until: Callable[[datetime], Awaitable[None]]
    now: Callable[[], datetime]
    wake: Wake
    wake_incident: WakeIncident

    async def play(self) -> None:
        """Play it to the end of the demo, or of the incident."""
        if not await self._reaches(NOTICED_ON):
            return
        [notice] = notices_of(json.dumps([ALERT]).encode(), "graph")
        taken = await asyncio.to_thread(incidents.take, self.ledger, notice, now=self.now())
        await self._woken(taken.incident, taken.customer)
        for ask in ASKS:
            if not await self._reaches(ask.day):
                return
            await self._ask(taken.incident, ask)

    async def _ask(self, incident: str, ask: Ask) -> None:
        """Ask for something; where the engine is days behind there may be no orders to let through yet."""
        with suppress(Refused):
            done = await asyncio.to_thread(
                incidents.perform, self.ledger, incident, ask.name, ask.data, now=self.now()
            )
            await self._woken(incident, done.customer)

    async def _reaches(self, day: int) -> bool:
        """Wait for a day; False when the demo ends before."""
        at = self.start_at + timedelta(days=day)
        if at >= self.end_at:
            return False
        await self.until(at)
        return True

    async def _woken(self, incident: str, customer: str | None) -> None:
        await self.wake_incident(incident)
        if customer is not None:
            await self.wake(customer)


def summary(ledger: Ledger, now: datetime) -> list[str]:
    """Say of each incident how it went."""
    found = [each.incident for each in incidents.listed(ledger, now=now, closed=True)]
    return [
        f"incident {each.id} ({each.title}, {each.customer}): {each.state},"
        f" {', '.join(taken.action for taken in each.actions) or 'nothing done'}"
        for each in found
    ]
