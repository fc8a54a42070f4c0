"""One suspension of one subscription, and its end: the single writer of the service's switch.

Guard, suspend and verify happen in one activity under a claim; the customer's workflow then tells.
While the service is suspended, or restricted, this workflow waits for the word that it may end.
Started when the service is suspended already, it brings it back. An activity that finds another turn
of the switch wanted names the activity that does it, and this one runs: so the plan decides.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.answers import SwitchAnswer
    from workflows.patience import AFTER_TIMEOUT, TURN

WRONG_INPUT = 'It is started by the customer\'s workflow, with {"customer_id": "ACME"}.'
SUSPEND, REACTIVATE = "Suspend the service", "Bring the service back"

# The queue is as slow as the provider wants it. Who has paid comes first, then what was begun at several
# places or takes several requests, and then, with all else in the queue, what may as well begin later.
RETURNS, GOES_ON, BEGINS = Priority(priority_key=1), Priority(priority_key=2), Priority(priority_key=3)


@workflow.defn
class SubscriptionSuspension:
    """Input: {"customer_id": "..."}. The workflow's id is suspension/<subscription>."""

    @workflow.init
    def __init__(self, given: Any = None) -> None:
        customer_id = given.get("customer_id") if isinstance(given, dict) else None
        self.customer_id = customer_id if isinstance(customer_id, str) else ""
        self.news = False
        self.goes_on = False

    @workflow.run
    async def run(self, given: Any = None) -> str:
        if not self.customer_id:
            raise ApplicationError(WRONG_INPUT, non_retryable=True)
        answer = await self._switch(SUSPEND)
        while not answer["view"]["suspended"]:
            if answer["view"].get("over"):
                return f"The service is {answer['says']}."
            if answer["answer"] == "unwanted":
                return f"Not suspended: {answer['says']}"
            await self._wait(answer["until"], "try the switch again")
            answer = await self._switch(SUSPEND)
        if answer["answer"] == "done":
            await self._wait(None, "")
        while (answer := await self._switch(REACTIVATE))["view"]["suspended"]:
            await self._wait(answer["until"], "try again to bring the service back")
        return f"The service is {answer['says']}."

    @workflow.signal(name="News", description="The customer's plan has changed: look again.")
    def on_news(self) -> None:
        self.news = True

    async def _switch(self, name: str) -> SwitchAnswer:
        """Turn the switch, or go on with a turn that takes its time at a provider."""
        self.news = False
        while True:
            order = {"customer_id": self.customer_id, **({"goes_on": "yes"} if self.goes_on else {})}
            try:
                answer: SwitchAnswer = await workflow.execute_activity(
                    name,
                    order,
                    task_queue=f"{workflow.info().task_queue}-service",
                    summary=f"subscription {self.customer_id}",
                    priority=self._priority(name),
                    result_type=SwitchAnswer,
                    **TURN,
                )
            except ActivityError:
                self.goes_on = False
                again_at = workflow.now() + AFTER_TIMEOUT
                await self._wait(again_at.isoformat(), "try again: the switch did not answer")
            else:
                self.goes_on = True
                workflow.set_current_details(answer["view"]["details"])
                break
        wanted = answer["view"].get("wants")
        return answer if wanted is None else await self._switch(wanted)

    def _priority(self, name: str) -> Priority:
        if name == REACTIVATE:
            return RETURNS
        return GOES_ON if self.goes_on else BEGINS

    async def _wait(self, until: str | None, summary: str) -> None:
        """Wait for news, or until an instant; a history that has grown long begins anew then.

        A new run asks the plan, which knows what has been turned: it carries nothing.
        """
        if until is None:
            await workflow.wait_condition(lambda: self.news)
        else:
            wait = datetime.fromisoformat(until) - workflow.now()
            with suppress(TimeoutError):
                await workflow.wait_condition(lambda: self.news, timeout=wait, timeout_summary=summary)
        if workflow.info().is_continue_as_new_suggested() and workflow.patched("continues as new"):
            workflow.continue_as_new({"customer_id": self.customer_id})
