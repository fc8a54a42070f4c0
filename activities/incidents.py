"""Incidents: looking at one, doing what is due in it, writing down what a person asks for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity

from activities.answers import IncidentAnswer, IncidentLooked
from activities.books import Books
from activities.customers import Wake
from activities.once import Mark, unmarked
from domain.incidents.page import view_of
from store import incidents, playbooks
from store.errors import Refused

WakeIncident = Callable[[str], Awaitable[None]]
"""Starts or wakes the workflow of an incident."""


class Incidents:
    """What an incident's workflow asks for itself.

    Whether the control of incidents is switched on is to be asked in `act`: to look and to write down what
    people do goes on.
    """

    def __init__(
        self, *, books: Books, wake: Wake, wake_incident: WakeIncident, mark: Mark = unmarked
    ) -> None:
        self.books = books
        self.wake = wake
        self.wake_incident = wake_incident
        self.mark = mark

    @activity.defn(name="Look at the incident", no_thread_cancel_exception=True)
    def look(self, order: dict[str, str]) -> IncidentLooked:
        """Say how far an incident is and what comes next, at `order["now"]`, an instant of workflow time."""
        try:
            now = self.books.at(order["now"])
            listed = incidents.look(self.books.ledger, order["incident_id"], now=now)
        except Refused as refused:
            return IncidentLooked(view=None, unknown=str(refused))
        view = view_of(
            listed.incident,
            playbooks.shipped(),
            listed.move,
            self.books.clock(),
            language=listed.language,
        )
        return IncidentLooked(view=view, unknown="")

    @activity.defn(name="Do what is due in the incident")
    async def act(self, order: dict[str, str]) -> IncidentAnswer:
        """Do what people left undone, as far as the playbook allows; what is not due any more is not done."""
        done = await asyncio.to_thread(self._act, order["incident_id"])
        if done.customer is not None:
            await self.wake(done.customer)
        return IncidentAnswer(says=done.words)

    def _act(self, incident_id: str) -> incidents.Done:
        self.mark("claimed")
        done = incidents.do_what_is_due(self.books.ledger, incident_id, now=self.books.now())
        self.mark("confirmed")
        return done

    @activity.defn(name="Write down about the incident")
    async def write_down(self, order: dict[str, Any]) -> dict[str, str]:
        """Check a command and write its entry, in one transaction. The same command twice is one entry."""
        now = self.books.at(order["now"])
        ledger, incident_id = self.books.ledger, order["incident_id"]
        name, data = order["command"], order["data"]
        try:
            done = await asyncio.to_thread(incidents.perform, ledger, incident_id, name, data, now=now)
        except Refused as refused:
            return {"refused": str(refused)}
        if done.customer is not None:
            await self.wake(done.customer)
        return {"words": done.words}

    @activity.defn(name="Start the right incident")
    async def start_the_right_one(self, order: dict[str, str]) -> dict[str, str]:
        """Start or wake the workflow with the right id, for somebody who used another."""
        incident_id = order["incident_id"]
        try:
            await asyncio.to_thread(incidents.known, self.books.ledger, incident_id)
        except Refused as refused:
            return {"unknown": str(refused)}
        await self.wake_incident(incident_id)
        right = f"incident/{incident_id}"
        return {"words": f"This incident's workflow is {right}: it runs, look there. Nothing else was done."}
