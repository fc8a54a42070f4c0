"""The scheduled watches as workflows: they ask for more until all is read, and wait as long as is asked."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.answers import Went
from replay.player import test_server as server_path
from workflows.conversion import DATA_CONVERTER
from workflows.monitoring import ActivityAudit, AlertWatch, BudgetWatch, OutsideWatch, UsageWatch


class Provider:
    """Answers as the activities do: patience is asked for once, then there is more, then all is read."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = [
            Went(more=True, wait_seconds=57.0, words="busy"),
            Went(more=True, wait_seconds=0.0, words="500 new records so far"),
            Went(more=False, wait_seconds=0.0, words="20 new records"),
        ]

    @activity.defn(name="Audit the activity log")
    async def audit(self, order: dict[str, str]) -> Went:
        self.asked.append(order["now"])
        return self.answers.pop(0)

    @activity.defn(name="Read alerts")
    async def alerts(self, order: dict[str, str]) -> Went:
        return Went(more=False, wait_seconds=0.0, words="1 new incidents")

    @activity.defn(name="Answer alerts")
    async def answer(self, order: dict[str, str]) -> Went:
        return Went(more=False, wait_seconds=0.0, words="2 alerts are answered")

    @activity.defn(name="Set budgets")
    async def budgets(self, order: dict[str, str]) -> Went:
        return Went(more=False, wait_seconds=0.0, words="3 budgets stand")

    @activity.defn(name="Read usage")
    async def usage(self, order: dict[str, str]) -> Went:
        return Went(more=False, wait_seconds=0.0, words="2 new readings")

    @activity.defn(name="Read what was told")
    async def told(self, order: dict[str, str]) -> Went:
        return Went(more=False, wait_seconds=0.0, words="all is read")


async def test_a_watch_goes_on_until_all_is_read_and_waits_as_it_is_asked() -> None:
    provider = Provider()
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=DATA_CONVERTER, test_server_existing_path=server_path()
    ) as env:
        queue = f"q-{uuid.uuid4().hex[:8]}"
        watches: Any = [UsageWatch, ActivityAudit, AlertWatch, BudgetWatch, OutsideWatch]
        does = [provider.audit, provider.usage, provider.alerts, provider.answer, provider.budgets]
        does.append(provider.told)
        async with Worker(env.client, task_queue=queue, workflows=watches, activities=does):
            words = await asyncio.wait_for(
                env.client.execute_workflow(ActivityAudit.run, {}, id="a", task_queue=queue), 60
            )
            others: list[str] = [
                await env.client.execute_workflow(watch.run, {}, id=watch.__name__, task_queue=queue)
                for watch in (UsageWatch, AlertWatch, BudgetWatch, OutsideWatch)
            ]
    assert words == "20 new records"
    assert others == [
        "2 new readings",
        "1 new incidents; 2 alerts are answered",
        "3 budgets stand",
        "all is read",
    ]
    first, second, _ = map(datetime.fromisoformat, provider.asked)
    assert second - first >= timedelta(seconds=57)
