"""The updates of an incident's workflow: one per command, in a module that is loaded once a process."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.incidents.commands import COMMANDS, wrong
    from domain.incidents.page import IncidentView
    from workflows.patience import LOCAL
    from workflows.updates import update_of


class IncidentUpdates:
    """One update per command of `domain.incidents.commands`."""

    view: IncidentView | None
    news: bool
    incident_id: str

    def _may(self, name: str, data: Any) -> None:
        """Refuse before anything is written; with no view, or one out of date, the transaction decides."""
        mistakes = wrong(name, data)
        if mistakes is not None:
            raise ApplicationError(f"Cannot {name}: {mistakes}", non_retryable=True)
        if self.view is not None and not self.news and name in self.view["refused"]:
            raise ApplicationError(f"Cannot {name}: {self.view['refused'][name]}", non_retryable=True)

    async def _do(self, name: str, data: Any) -> str:
        now = workflow.now().isoformat()
        order = {"incident_id": self.incident_id, "command": name, "data": data, "now": now}
        done: dict[str, str] = await workflow.execute_local_activity(
            "Write down about the incident", order, **LOCAL
        )
        if "refused" in done:
            raise ApplicationError(f"Cannot {name}: {done['refused']}", non_retryable=True)
        self.news = True
        return done["words"]


for _command in COMMANDS.values():
    setattr(IncidentUpdates, _command.name, update_of(_command))
