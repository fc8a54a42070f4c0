"""The verification of a new customer: checks, a code to the telephone, and a review by a person.

The next move comes from the ledger's facts, by a local activity; each move writes what it found and
the workflow looks again. It waits for the end of a code, for a rest to pass, or for news: an entered
code or a person's decision, which arrive at the customer's workflow and are told from there.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.answers import MoveAnswer, OnboardingView
    from workflows.patience import AFTER_TIMEOUT, EFFECT, LOCAL

WRONG_INPUT = 'It is started by the customer\'s workflow, with {"customer_id": "ACME"}.'
# Move: the activity that does it, and the queue behind the task queue's name.
_MOVES = {
    "check_here": ("Check the application", ""),
    "check": ("Check identifiers", ""),  # of histories from before
    "ask": ("Ask a provider", "-checks"),
    "send": ("Send the code", "-sms"),
    "conclude": ("Conclude onboarding", ""),
}


@workflow.defn
class OnboardingVerification:
    """Input: {"customer_id": "..."}. The workflow's id is onboarding/<customer>."""

    @workflow.init
    def __init__(self, given: Any = None) -> None:
        customer_id = given.get("customer_id") if isinstance(given, dict) else None
        self.customer_id = customer_id if isinstance(customer_id, str) else ""
        self.news = False

    @workflow.run
    async def run(self, given: Any = None) -> str:
        if not self.customer_id:
            raise ApplicationError(WRONG_INPUT, non_retryable=True)
        while True:
            self.news = False
            view = await self._look()
            if view["move"] == "over":
                return view["says"]
            if view["move"] in _MOVES:
                answer = await self._do(view)
                if answer["until"] is not None:
                    await self._wait(answer["until"], answer["says"])
            elif workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(given)
            else:
                await self._wait(view["until"], view["says"])

    @workflow.signal(name="News", description="A code was entered or a person decided: look again.")
    def on_news(self) -> None:
        self.news = True

    async def _look(self) -> OnboardingView:
        order = {"customer_id": self.customer_id, "now": workflow.now().isoformat()}
        view: OnboardingView = await workflow.execute_local_activity(
            "Look at the application", order, result_type=OnboardingView, **LOCAL
        )
        workflow.set_current_details(view["details"])
        return view

    async def _do(self, view: OnboardingView) -> MoveAnswer:
        name, queue = _MOVES[view["move"]]
        try:
            answer: MoveAnswer = await workflow.execute_activity(
                name,
                {"customer_id": self.customer_id},
                task_queue=f"{workflow.info().task_queue}{queue}",
                summary=view["says"],
                result_type=MoveAnswer,
                **EFFECT,
            )
        except ActivityError:
            until = workflow.now() + AFTER_TIMEOUT
            return MoveAnswer(until=until.isoformat(), says="it did not get an answer: try again")
        return answer

    async def _wait(self, until: str | None, summary: str) -> None:
        """Wait for news or an instant."""
        if until is None:
            await workflow.wait_condition(lambda: self.news)
            return
        wait = datetime.fromisoformat(until) - workflow.now()
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.news, timeout=wait, timeout_summary=summary)
