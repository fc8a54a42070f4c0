"""Telling the seller's product what happened, one endpoint a workflow, started by a schedule.

A run goes on while there is something that is taken; what is not taken rests, and the next run goes on.
"""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.answers import Went
    from workflows.patience import EVENTS

MOST_TURNS = 50
"""So often one run asks for more; it bounds the history."""


@workflow.defn
class EventsOut:
    """Input: {"endpoint": name}. Returns in words what was taken."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        words = ""
        queue = f"{workflow.info().task_queue}-events"
        for _ in range(MOST_TURNS):
            went: Went = await workflow.execute_activity(
                "Tell the seller's product",
                {"endpoint": str((given or {}).get("endpoint", ""))},
                result_type=Went,
                task_queue=queue,
                summary="events to the seller's product",
                **EVENTS,
            )
            words = went["words"]
            if not went["more"]:
                break
        return words
