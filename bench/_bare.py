"""The smallest workflow that does something: what Temporal costs when nothing is calculated.

In a module of its own, because the sandbox loads a workflow's module anew for every workflow.
"""

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from workflows.patience import EFFECT


@activity.defn(name="Nothing", no_thread_cancel_exception=True)
def nothing(given: str) -> str:
    """Do nothing, on a thread as our own activities."""
    return given


@workflow.defn
class Bare:
    """One activity, as patiently called as an effect, and its answer."""

    @workflow.run
    async def run(self, given: str) -> str:
        answer: str = await workflow.execute_activity("Nothing", given, **EFFECT)
        return answer
