"""What a customer costs in Temporal: events, bytes and billable actions, over all runs and children."""

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

# One action each, by Temporal Cloud's price list; signal-with-start counts once with its start.
_ONE_ACTION = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
        EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    }
)
# Where the signal of a signal-with-start stands: some servers schedule the first task before it.
_WITH_THE_START = (1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Events, bytes of history, and actions."""

    events: int = 0
    bytes: int = 0
    actions: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            events=self.events + other.events,
            bytes=self.bytes + other.bytes,
            actions=self.actions + other.actions,
        )


async def cost_of(client: Client, customer_id: str) -> Cost:
    """Return the cost of a customer's workflow with its suspension, all runs of both."""
    total = Cost()
    for workflow_id in (f"customer/{customer_id}", f"suspension/{customer_id}"):
        for history in await runs_of(client, workflow_id):
            total += _cost(history.events)
    return total


async def cost_of_verification(client: Client, customer_id: str) -> Cost:
    """Return the cost of the workflow that verified a customer, all runs of it."""
    total = Cost()
    for history in await runs_of(client, f"onboarding/{customer_id}"):
        total += _cost(history.events)
    return total


async def runs_of(client: Client, workflow_id: str) -> list[WorkflowHistory]:
    """Return the histories of a workflow and of the runs that it continues, newest first."""
    found: list[WorkflowHistory] = []
    run_id: str | None = ""
    while run_id is not None:
        try:
            history = await client.get_workflow_handle(workflow_id, run_id=run_id or None).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            break
        found.append(history)
        run_id = _earlier_run(history.events[0])
    return found


def _earlier_run(started: HistoryEvent) -> str | None:
    return started.workflow_execution_started_event_attributes.continued_execution_run_id or None


def _cost(events: Sequence[HistoryEvent]) -> Cost:
    actions = 0
    looked_in_this_task = False
    for number, event in enumerate(events):
        kind = event.event_type
        if kind == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            looked_in_this_task = False
        elif kind == EventType.EVENT_TYPE_MARKER_RECORDED and not looked_in_this_task:
            looked_in_this_task = True  # all local activities of one task are one action
            actions += 1
        elif kind == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED and number in _WITH_THE_START:
            pass  # one call, one action
        elif kind in _ONE_ACTION:
            actions += 1
    return Cost(events=len(events), bytes=sum(event.ByteSize() for event in events), actions=actions)
