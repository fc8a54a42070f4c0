"""The sweep: wakes every customer whose facts nobody has looked at, or whose step is overdue.

Started by a schedule. The same query heals a lost wake and rebuilds a lost namespace.
"""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.patience import EFFECT


@workflow.defn
class Sweep:
    """Input: {}. Returns how many customers were woken."""

    @workflow.run
    async def run(self, given: Any = None) -> int:
        woken: int = await workflow.execute_activity(
            "Wake who is due",
            {"now": workflow.now().isoformat()},
            summary="ledger and workflows in step",
            **EFFECT,
        )
        return woken
