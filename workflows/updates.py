"""The updates of a customer's workflow: one per command, in a module that is loaded once a process.

The sandbox loads a workflow's own module for every run; to define these there would cost each run as
much as everything else together.
"""

import json
from datetime import datetime
from typing import Any, Protocol

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.commands import COMMANDS, Command, wrong
    from domain.view import View
    from workflows.patience import LOCAL


class Updates:
    """One update per command of `domain.commands`, so that finance finds every command in the UI."""

    view: View | None
    news: bool
    customer_id: str

    def _may(self, name: str, data: Any) -> None:
        """Refuse before anything is written; with no view, or one out of date, the transaction decides."""
        mistakes = wrong(name, data)
        if mistakes is not None:
            raise ApplicationError(f"Cannot {name}: {mistakes}", non_retryable=True)
        if self.view is None or self.news or name not in self.view["refused"]:
            return
        until = self.view["refused_until"]
        if until is None or workflow.now() < datetime.fromisoformat(until):
            raise ApplicationError(f"Cannot {name}: {self.view['refused'][name]}", non_retryable=True)

    async def _do(self, name: str, data: Any) -> str:
        now = workflow.now().isoformat()
        order = {"customer_id": self.customer_id, "command": name, "data": data, "now": now}
        done: dict[str, str] = await workflow.execute_local_activity("Write down", order, **LOCAL)
        if "refused" in done:
            raise ApplicationError(f"Cannot {name}: {done['refused']}", non_retryable=True)
        self.news = True
        return done["words"]


class Updated(Protocol):
    """A workflow with updates of commands."""

    def _may(self, name: str, data: Any) -> None: ...

    async def _do(self, name: str, data: Any) -> str: ...


def update_of(command: Command) -> Any:
    """Return the update of a command: its validator refuses what makes no sense, and leaves no trace."""

    # An empty form sends nothing at all: it gets the sentence that says what to send.
    async def handle(self: Updated, data: Any = None) -> str:
        return await self._do(command.name, data)

    def validate(self: Updated, data: Any = None) -> None:
        self._may(command.name, data)

    handle.__name__ = handle.__qualname__ = command.name
    description = f"{command.does} Example: {json.dumps(dict(command.example))}"
    defined = workflow.update(name=command.name, description=description)(handle)
    defined.validator(validate)
    return defined


for _command in COMMANDS.values():
    setattr(Updates, _command.name, update_of(_command))
