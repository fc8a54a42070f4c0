"""Work that waits for a person: the list of it, and the commands that end it."""

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commandline.session import command, open_ledger
from commandline.values import AsJson, By, CustomerId, six_digits
from settings import Settings

if TYPE_CHECKING:
    from store.tasks import Task

app = typer.Typer()


@app.command()
def worklist(as_json: AsJson = False) -> None:
    """List what waits for a person, oldest first, each with the command that ends it."""
    from store import tasks

    waiting = tasks.worklist(open_ledger(Settings.from_env()))
    if as_json:
        listed = [
            {
                "customer": task.customer_id,
                "step": task.step,
                "kind": task.kind,
                "since": task.opened_at.isoformat(),
                "why": _why(task),
                "debts": dict(task.debts),
                "command": _ending(task),
            }
            for task in waiting
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    for task in waiting:
        typer.echo(f"{task.opened_at:%d %b %Y} {task.customer_id or 'everybody'} {task.step}: {_why(task)}")
        typer.echo(f"    {_ending(task)}")
    typer.echo(f"waiting for a person: {len(waiting)}")


@app.command(name="task")
def complete_task(
    customer: CustomerId,
    step: Annotated[str, typer.Argument(help="the step whose task is done, as `worklist` names it")],
    outcome: Annotated[str | None, typer.Option(metavar="WORDS", help="how it went, in a few words")] = None,
    by: By = "cli",
) -> None:
    """Say that the task of a step is done."""
    command(customer, "complete_task", {"step": step, "outcome": outcome, "by": by})


@app.command(name="enter-code")
def enter_code(
    customer: CustomerId,
    code: Annotated[str, typer.Argument(parser=six_digits, metavar="CODE", help="its six digits")],
) -> None:
    """Enter the code that a new customer received by SMS and reads to you."""
    command(customer, "enter_code", {"code": code})


@app.command()
def review(
    customer: CustomerId,
    outcome: Annotated[
        Literal["approve", "approve_prepayment", "reject"], typer.Argument(help="what you decide")
    ],
    note: Annotated[str | None, typer.Option(metavar="WORDS", help="why, for who looks later")] = None,
    by: By = "cli",
) -> None:
    """Decide about a new customer whose verification waits for a person."""
    command(customer, "review_onboarding", {"outcome": outcome, "note": note, "by": by})


def _why(task: "Task") -> str:
    """Say why a task was opened, without the words that stand before it."""
    return task.why.removeprefix(f"{task.kind} task {task.step}: ")


def _ending(task: "Task") -> str:
    """Return what ends a task, to be copied but for words in capitals."""
    from domain.own_steps import APPROVE, REVIEW, UNREACHABLE
    from store.switches import BLAST

    who, done = task.customer_id, f"starter.py task {task.customer_id} {task.step}"
    endings = {
        BLAST: "starter.py go --allow-blast",
        APPROVE: f"starter.py approve {who}",
        REVIEW: f"starter.py review {who} OUTCOME",
        UNREACHABLE: f"starter.py contact {who} --email ADDRESS && {done}",
    }
    return endings.get(task.step, done)
