"""One incident of fraud, misuse or enforcement: received, reviewed, acted, responded, each with its clock.

What comes next is read from the ledger by a local activity. The workflow waits for a person, for news or
for the next instant; what people leave undone in time, the engine does as far as the playbook allows.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.answers import IncidentAnswer, IncidentLooked
    from domain.incidents.page import IncidentView
    from workflows.attributes import at_start, changed, pair
    from workflows.incident_updates import IncidentUpdates
    from workflows.patience import AFTER_TIMEOUT, EFFECT, LOCAL

WRONG_INPUT = (
    'Start it with one JSON object that names an incident, like {"incident_id": "inc-0123456789ab"}.'
)


@workflow.defn
class RiskIncident(IncidentUpdates):
    """Input: {"incident_id": "..."}. The workflow's id is incident/<id>."""

    @workflow.init
    def __init__(self, given: Any = None) -> None:
        self.given = given
        incident_id = given.get("incident_id") if isinstance(given, dict) else None
        self.incident_id = incident_id if isinstance(incident_id, str) else ""
        self.news = False
        self.view: IncidentView | None = None
        self.attributes = at_start()

    @workflow.run
    async def run(self, given: Any = None) -> str:
        if not self.incident_id:
            raise ApplicationError(WRONG_INPUT, non_retryable=True)
        if workflow.info().workflow_id != f"incident/{self.incident_id}":
            return await self._start_the_right_one()
        while True:
            self.news = False
            view = await self._look()
            if view["move"] == "act":
                await self._act(view)
            elif view["move"] == "over":
                await workflow.wait_condition(workflow.all_handlers_finished)
                return f"The incident is closed: {view['says']}."
            elif workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(given)
            else:
                await self._wait(view["until"], view["says"])

    @workflow.signal(name="News", description="Something was told about this incident: look again.")
    def on_news(self) -> None:
        self.news = True

    @workflow.query(name="View", description="What the workflow knows, as JSON.")
    def show_view(self) -> IncidentView | None:
        return self.view

    async def _look(self) -> IncidentView:
        order = {"incident_id": self.incident_id, "now": workflow.now().isoformat()}
        looked: IncidentLooked = await workflow.execute_local_activity(
            "Look at the incident", order, result_type=IncidentLooked, **LOCAL
        )
        view = looked["view"]
        if view is None:
            raise ApplicationError(looked["unknown"], non_retryable=True)
        self.view = view
        workflow.set_current_details(view["details"])
        # What the engine does at once changes them again: they wait for it.
        new = changed(view["attributes"], self.attributes) if view["move"] != "act" else []
        if new:
            workflow.upsert_search_attributes([pair(attribute) for attribute in new])
            self.attributes = view["attributes"]
        return view

    async def _act(self, view: IncidentView) -> None:
        order = {"incident_id": self.incident_id}
        try:
            done: IncidentAnswer = await workflow.execute_activity(
                "Do what is due in the incident",
                order,
                summary=view["says"],
                result_type=IncidentAnswer,
                **EFFECT,
            )
        except ActivityError:
            until = workflow.now() + AFTER_TIMEOUT
            await self._wait(until.isoformat(), "try again: it did not get an answer")
        else:
            workflow.logger.debug("%s: %s", self.incident_id, done["says"])

    async def _start_the_right_one(self) -> str:
        order = {"incident_id": self.incident_id}
        summary = f"incident/{self.incident_id}"
        found: dict[str, str] = await workflow.execute_activity(
            "Start the right incident", order, summary=summary, **EFFECT
        )
        if "unknown" in found:
            raise ApplicationError(found["unknown"], non_retryable=True)
        return found["words"]

    async def _wait(self, until: str | None, summary: str) -> None:
        """Wait for news or an instant."""
        if until is None:
            await workflow.wait_condition(lambda: self.news)
            return
        wait = datetime.fromisoformat(until) - workflow.now()
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.news, timeout=wait, timeout_summary=summary)
