"""Work that waits for a person: the list of it, and the commands that end it."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from commandline.session import command, now_of, open_ledger
from commandline.values import AsJson, By, CustomerId, six_digits
from settings import Settings

if TYPE_CHECKING:
    from store.blast import Waiting
    from store.tasks import Task

app = typer.Typer()


@app.command()
def worklist(as_json: AsJson = False) -> None:
    """List what waits for a person, oldest first, each with the command that ends it.

    Where the blast guard waits for approval, it counts what it holds at this moment; --json has all of it.
    """
    from store import blast, tasks
    from store.switches import BLAST

    ledger = open_ledger(Settings.from_env())
    waiting = tasks.worklist(ledger)
    guarded = any(task.step == BLAST for task in waiting)
    held = blast.waiting(ledger, now=now_of(ledger)) if guarded else None
    if as_json:
        typer.echo(json.dumps([_listed(task, held) for task in waiting], indent=2))
        return
    for task in waiting:
        typer.echo(f"{task.opened_at:%d %b %Y} {task.customer_id or 'everybody'} {task.step}: {_why(task)}")
        for line in held.lines() if held and task.step == BLAST else ():
            typer.echo(f"    {line}")
        typer.echo(f"    {_ending(task, held)}")
    typer.echo(f"waiting for a person: {len(waiting)}")


def _listed(task: "Task", held: "Waiting | None") -> dict[str, Any]:
    """Return a task as JSON values."""
    from store.switches import BLAST

    listed = {
        "customer": task.customer_id,
        "step": task.step,
        "kind": task.kind,
        "since": task.opened_at.isoformat(),
        "why": _why(task),
        "debts": dict(task.debts),
        "command": _ending(task, held),
    }
    return listed | ({"waits": held.json()} if held and task.step == BLAST else {})


@app.command(name="task")
def complete_task(
    customer: CustomerId,
    step: Annotated[str, typer.Argument(help="the step whose task is done, as `worklist` names it")],
    outcome: Annotated[str | None, typer.Option(metavar="WORDS", help="how it went, in a few words")] = None,
    reached: Annotated[
        bool | None,
        typer.Option("--reached/--not-reached", help="of a call: whether you talked to the customer"),
    ] = None,
    by: By = "cli",
) -> None:
    """Say that the task of a step is done.

    A call counts for the law of contact, reached or not; after one that reached somebody the law may ask
    for days of silence.
    """
    command(customer, "complete_task", {"step": step, "outcome": outcome, "reached": reached, "by": by})


@app.command()
def replies(customer: CustomerId, as_json: AsJson = False) -> None:
    """Print what a customer wrote to us, oldest first: personal data, kept with the contact data."""
    from store import heard

    words = heard.read(open_ledger(Settings.from_env()), customer)
    if as_json:
        listed = [
            {"at": each.heard_at.isoformat(), "channel": each.channel, "says": each.says, "text": each.text}
            for each in words
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    for each in words:
        text = " ".join(each.text.split())
        typer.echo(f"{each.heard_at:%d %b %Y %H:%M} {each.channel} ({each.says.replace('_', ' ')}): {text}")
    typer.echo(f"{customer}: {len(words)} replies")


@app.command()
def mended(by: By = "cli") -> None:
    """Say that what vendors or the engine itself found wrong with us is mended: it ends those tasks."""
    from store import tasks
    from store.inbox import VENDOR

    ledger = open_ledger(Settings.from_env())
    now = now_of(ledger)
    with ledger.write() as session:
        closed = sum(
            tasks.close(session, customer_id=None, step=step, now=now, outcome="mended", by=by)
            for step in (VENDOR, *tasks.TO_MEND)
        )
    typer.echo(f"tasks that are done: {closed}")


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
    credit: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="AMOUNT CURRENCY", help="the limit of the credit that you give"),
    ] = None,
    terms_days: Annotated[
        int | None, typer.Option(min=0, max=365, help="to pay an invoice within, on credit")
    ] = None,
    by: By = "cli",
) -> None:
    """Decide about a new customer whose verification waits for a person.

    Why it waits says `onboarding explain`. Large amounts take two people.
    """
    told = {"outcome": outcome, "note": note, "by": by, "terms_days": terms_days}
    if credit is not None:
        told |= {"limit": credit[0], "currency": credit[1]}
    command(customer, "review_onboarding", told)


def _why(task: "Task") -> str:
    """Say why a task was opened, without the words that stand before it."""
    return task.why.removeprefix(f"{task.kind} task {task.step}: ")


def _ending(task: "Task", held: "Waiting | None") -> str:
    """Return what ends a task, to be copied but for words in capitals.

    An approval names the number that was listed: what comes after is asked about again.
    """
    from domain import own_steps as steps
    from store.alike import BURST
    from store.inbox import VENDOR
    from store.monitors import MONITOR
    from store.switches import BLAST
    from store.tasks import TO_MEND, UNAPPLIED

    who, done = task.customer_id, f"starter.py task {task.customer_id} {task.step}"
    up_to = f" --up-to {len(held.effects)}" if held and held.effects else ""
    endings = {
        **dict.fromkeys((VENDOR, *TO_MEND), "starter.py mended"),
        UNAPPLIED: "name its invoice, or give it back: it ends by itself on the day after",
        MONITOR: "starter.py doctor",
        steps.USAGE_PROFILE: f"starter.py usage profile {who} --expected AMOUNT --currency CURRENCY",
        steps.USAGE_BUDGET: "starter.py partner-center budgets: it ends by itself once the budget stands",
        steps.ACTIVITY_REVIEW: f"starter.py activity list {who} && {done}",
        steps.ACCESS_DECISION: f"starter.py access show {who}",
        steps.ACCESS_OVER: f"starter.py access revoke {who} GRANT --reason WORDS",
        steps.REPLY: f"starter.py replies {who} && {done}",
        BLAST: f"starter.py go --allow-blast{up_to}",
        steps.APPROVE: f"starter.py approve {who}",
        steps.REVIEW: f"starter.py review {who} OUTCOME",
        steps.INCIDENT: f"starter.py incident show {task.why.partition(':')[0]}",
        steps.WAITS_TOO_LONG: f"starter.py onboarding explain {who} && {done}",
        steps.CALL_APPLICANT: f"starter.py onboarding called {who} OUTCOME --number-from WHERE",
        BURST: "starter.py onboarding close-burst NUMBER",
        steps.UNREACHABLE: f"starter.py contact {who} --email ADDRESS && {done}",
        steps.WHEREABOUTS: f"starter.py contact {who} --timezone ZONE --region REGION && {done}",
    }
    if (about := next(iter(task.debts), None)) is not None:
        endings[steps.INTEREST] = f"starter.py fee book {who} {about} --kind KIND"
        endings[steps.CANCEL_FEE] = f"starter.py fee cancel {who} {about} --reason WORDS"
        if task.step.startswith(steps.FEE):
            step = task.step.removeprefix(steps.FEE)
            endings[task.step] = f"starter.py fee book {who} {about} --kind fee --step {step}"
    if task.step == steps.BANK_LINE:
        _, line, _ = (task.message or "").split("/")
        return f"starter.py bank match {line} TARGET || starter.py bank ignore {line} --reason WORDS"
    if task.step != steps.APPROVE and steps.is_approval(task.step):
        return f"starter.py approve {who} --step {task.step.removeprefix(steps.approval_of(''))}"
    return endings.get(task.step, done)
