"""What watches by itself, started by schedules: each goes on until it has read all that there is.

A provider that asks for patience is waited for; whatever else stops a run waits for the next one, which
goes on where this one stopped.
"""

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.answers import Went
    from workflows.patience import EFFECT

MOST_TURNS = 100
"""So often one run asks for more; the next one goes on. It bounds the history."""

MOST_WAIT = timedelta(hours=1)


@workflow.defn
class UsageWatch:
    """Input: {}. Returns in words how far it came."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        return await _until_all_is_read("Read usage", "usage against budgets")


@workflow.defn
class ActivityAudit:
    """Input: {}. Returns in words how far it came."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        return await _until_all_is_read("Audit the activity log", "what administrators did")


@workflow.defn
class ServiceWatch:
    """Input: {}. Returns in words how far it came."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        queue = f"{workflow.info().task_queue}-service"
        return await _until_all_is_read("Look at the places", "services at their providers", queue)


@workflow.defn
class OutsideWatch:
    """Input: {}. Returns in words how far it came."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        return await _until_all_is_read("Read what was told", "what Stripe has told")


@workflow.defn
class AlertWatch:
    """Input: {}. Returns in words how far it came with reading, and with answering."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        read = await _until_all_is_read("Read alerts", "the provider's alerts of fraud and misuse")
        answered = await _until_all_is_read("Answer alerts", "what became of them")
        return f"{read}; {answered}"


@workflow.defn
class BudgetWatch:
    """Input: {}. Returns in words how far it came."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        return await _until_all_is_read("Set budgets", "budgets at the provider")


async def _until_all_is_read(name: str, summary: str, queue: str | None = None) -> str:
    words = ""
    for _ in range(MOST_TURNS):
        order = {"now": workflow.now().isoformat()}
        went: Went = await workflow.execute_activity(
            name, order, task_queue=queue, result_type=Went, summary=summary, **EFFECT
        )
        words = went["words"]
        if not went["more"]:
            break
        if went["wait_seconds"]:
            wait = min(timedelta(seconds=went["wait_seconds"]), MOST_WAIT)
            await workflow.sleep(wait, summary=words)
    return words
