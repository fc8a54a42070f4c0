"""The daily digest: once a day finance hears how things stand.

Started by a schedule. Late, skipped and repeated runs are harmless: there is one digest a day, and the next
one tells of every day that none was made for.
"""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.patience import DIGEST


@workflow.defn
class DailyDigest:
    """Input: {}. Returns the day of the digest and what became of it."""

    @workflow.run
    async def run(self, given: Any = None) -> str:
        told: str = await workflow.execute_activity(
            "Write the digest", {}, summary="what finance should know this morning", **DIGEST
        )
        return told
