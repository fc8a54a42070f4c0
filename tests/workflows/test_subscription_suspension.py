"""The workflow of a suspension by itself, where its activities answer as the test says."""

from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.answers import SubscriptionView, SwitchAnswer
from replay.player import test_server as server_path
from workflows.conversion import DATA_CONVERTER
from workflows.subscription_suspension import SubscriptionSuspension


def answer(word: str, until: str | None = None, *, suspended: bool = False) -> SwitchAnswer:
    view = SubscriptionView(suspended=suspended, details="")
    return SwitchAnswer(answer=word, until=until, says="as it was said", view=view)  # type: ignore[typeddict-item]


async def test_a_history_that_has_grown_long_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that is away for half a year is asked every few minutes."""
    monkeypatch.setattr(
        workflow.Info, "is_continue_as_new_suggested", lambda info: info.continued_run_id is None
    )
    asked = list[str]()

    @activity.defn(name="Suspend the service")
    async def suspend(order: dict[str, str]) -> SwitchAnswer:
        asked.append(activity.info().workflow_run_id or "")
        if len(asked) == 1:
            until = activity.info().started_time + timedelta(hours=1)
            return answer("deferred", until.isoformat())
        return answer("unwanted")

    path = server_path()
    async with (
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=path, data_converter=DATA_CONVERTER
        ) as env,
        Worker(
            env.client,
            task_queue="q",
            workflows=[SubscriptionSuspension],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ),
        Worker(env.client, task_queue="q-service", activities=[suspend]),
    ):
        handle = await env.client.start_workflow(
            SubscriptionSuspension.run, {"customer_id": "ACME"}, id="suspension/ACME", task_queue="q"
        )
        assert await handle.result() == "Not suspended: as it was said"
        first = await env.client.get_workflow_handle(
            "suspension/ACME", run_id=handle.first_execution_run_id
        ).describe()

    assert first.status == WorkflowExecutionStatus.CONTINUED_AS_NEW
    assert len(asked) == len(set(asked)) == 2, "one attempt in each run"
