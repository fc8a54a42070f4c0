"""Work that waits for a person: the list of it, and the commands that end it."""

import json
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from commandline.session import command, now_of, open_ledger, wake
from commandline.values import AsJson, By, CustomerId, day, reason_words, six_digits
from ending import Stop
from settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from store.blast import Waiting
    from store.database import Ledger
    from store.worklist import Changed, Item

app = typer.Typer()
Kind = Literal["call", "review", "approval", "dispute", "contact", "cash"]
TaskNumber = Annotated[int, typer.Argument(metavar="TASK", help="the number of the task in `worklist`")]


@app.command()
def worklist(
    owner: Annotated[
        str | None, typer.Option(help="only what this person does; '' for what nobody does")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="only work of this kind")] = None,
    customer: Annotated[
        str | None, typer.Option(metavar="CUSTOMER", help="only what is about this one")
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="only what should be done by now")] = False,
    snoozed: Annotated[
        bool, typer.Option("--snoozed", help="what was put off, which is not listed else")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="at most so many, the most urgent")] = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person, the most urgent first, each with why, by when, and what ends it.

    Quick wins come first, then who is at risk, then what is better left alone; see docs/worklist.md.
    Where the blast guard waits for approval, it counts what it holds at this moment; --json has all of it.
    """
    from composition import worklist_rules
    from domain.own_steps import BLAST
    from store import blast
    from store import worklist as waiting

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    now, zone = now_of(ledger), ZoneInfo(settings.seller_timezone)
    sought = waiting.Sought(owner=owner, kind=kind, customer=customer, late=late, snoozed=snoozed)
    page = waiting.page(ledger, worklist_rules(settings), zone=zone, now=now, sought=sought, limit=limit)
    guarded = any(item.step == BLAST for item in page.items)
    held = blast.waiting(ledger, now=now) if guarded else None
    if as_json:
        typer.echo(json.dumps([_listed(item, held, settings) for item in page.items], indent=2))
        return
    for group, items in groupby(page.items, key=lambda item: item.group):
        typer.echo(f"{group.capitalize()} ({page.groups[group]})")
        for item in items:
            _print(item, held, settings, zone)
    counts = [f"waiting for a person: {page.total}"]
    if len(page.items) < page.total:
        counts.append(f"listed: {len(page.items)}")
    if page.late:
        counts.append(f"late: {page.late}")
    if page.snoozed and not snoozed:
        counts.append(f"put off: {page.snoozed}")
    typer.echo("; ".join(counts))


def _print(item: "Item", held: "Waiting | None", settings: Settings, zone: ZoneInfo) -> None:
    from domain.own_steps import BLAST

    typer.echo(f"{item.id:>5}  {item.customer or 'everybody'} {item.step}: {item.why}")
    due = f"{'LATE since' if item.late else 'due by'} {item.due_at.astimezone(zone):%d %b %Y %H:%M}"
    off = f", put off until {item.snoozed_until}" if item.snoozed_until else ""
    whose = f", {item.owner}" if item.owner else ""
    typer.echo(f"       {item.kind} since {item.opened_at.astimezone(zone):%d %b %Y}, {due}{whose}{off}")
    typer.echo(f"       {item.reason.words}")
    for line in held.lines() if held and item.step == BLAST else ():
        typer.echo(f"       {line}")
    typer.echo(f"       {_ending(item, held)}")
    if (link := _link(item, settings)) is not None:
        typer.echo(f"       {link}")


def _listed(item: "Item", held: "Waiting | None", settings: Settings) -> dict[str, Any]:
    """Return a task as JSON values."""
    from domain.own_steps import BLAST

    listed = {
        "task": item.id,
        "customer": item.customer,
        "step": item.step,
        "kind": item.kind,
        "since": item.opened_at.isoformat(),
        "why": item.why,
        "debts": dict(item.debts),
        "owner": item.owner,
        "snoozed_until": None if item.snoozed_until is None else item.snoozed_until.isoformat(),
        "due_at": item.due_at.isoformat(),
        "late": item.late,
        "rank": item.rank,
        "group": item.group,
        "reason": {"rule": item.reason.rule, "values": dict(item.reason.values), "words": item.reason.words},
        "overdue": {money.currency: money.plain() for money in item.overdue},
        "overdue_since": None if item.since is None else item.since.isoformat(),
        "command": _ending(item, held),
        "workflow": item.workflow,
        "link": _link(item, settings),
    }
    return listed | ({"waits": held.json()} if held and item.step == BLAST else {})


def _link(item: "Item", settings: Settings) -> str | None:
    """Return where the workflow of a task is shown."""
    from domain.ui_links import workflow_link

    if item.workflow is None:
        return None
    return f"{settings.temporal_ui}{workflow_link(settings.temporal_namespace, item.workflow)}"


@app.command()
def snooze(
    task: TaskNumber,
    until: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="the first day on which it is listed again"),
    ] = None,
    back: Annotated[bool, typer.Option("--back", help="list it again now")] = False,
    reason: Annotated[
        str | None, typer.Option(parser=reason_words, metavar="WORDS", help="why, for who looks for it")
    ] = None,
    by: By = "cli",
) -> None:
    """Put a task off until a day, with every other one of its customer's step; its deadline stays."""
    from store import worklist as waiting

    if (until is None) != back:
        raise Stop("--until: say until which day, or --back to list it now", status=2)
    _do(task, lambda ledger, now: waiting.snooze(ledger, task, until=until, reason=reason, by=by, now=now))


@app.command()
def reassign(
    task: TaskNumber,
    owner: Annotated[str | None, typer.Argument(help="who does it: a user name of ours")] = None,
    anybody: Annotated[bool, typer.Option("--anybody", help="nobody in particular does it")] = False,
    by: By = "cli",
) -> None:
    """Say who does a task, and every other one of its customer's step."""
    from store import worklist as waiting

    if (owner is None) != anybody:
        raise Stop("OWNER: say who does it, or --anybody", status=2)
    _do(task, lambda ledger, now: waiting.reassign(ledger, task, owner=owner, by=by, now=now))


def _do(task: int, use: "Callable[[Ledger, datetime], Changed]") -> None:
    """Do something about a task, and have the workflow of its customer show it."""
    from store.errors import Refused

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    try:
        done = use(ledger, now_of(ledger))
    except Refused as refused:
        raise Stop(f"task {task}: {refused}") from None
    woken = "" if done.wake is None else wake(settings, done.wake)
    typer.echo(f"task {task}: {done.words}{woken}")


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
def mended(
    task: Annotated[
        int | None, typer.Argument(metavar="TASK", help="the number of one; without it all such tasks")
    ] = None,
    by: By = "cli",
) -> None:
    """Say that what vendors or the engine itself found wrong with us is mended: it ends those tasks."""
    from domain.own_steps import TO_MEND
    from store import tasks
    from store import worklist as waiting

    if task is not None:
        _do(task, lambda ledger, now: waiting.complete(ledger, task, outcome="mended", by=by, now=now))
        return
    ledger = open_ledger(Settings.from_env())
    now = now_of(ledger)
    with ledger.write() as session:
        closed = sum(
            tasks.close(session, customer_id=None, step=step, now=now, outcome="mended", by=by)
            for step in TO_MEND
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


def _ending(item: "Item", held: "Waiting | None") -> str:
    """Return what ends a task, to be copied but for words in capitals."""
    match item.ending.way:
        case "mended":
            return f"starter.py mended {item.id}"
        case "switch":
            # It names the number that was listed: what comes after is asked about again.
            up_to = f" --up-to {len(held.effects)}" if held and held.effects else ""
            return f"starter.py go --allow-blast{up_to}"
        case "bank":
            _, line, _ = (item.message or "").split("/")
            return f"starter.py bank match {line} TARGET || starter.py bank ignore {line} --reason WORDS"
        case "incident":
            return f"starter.py incident show {(item.workflow or '').removeprefix('incident/')}"
        case "burst":
            return "starter.py onboarding close-burst NUMBER"
        case "by_itself":
            return _BY_ITSELF.get(item.step, "it ends by itself, once what it is about has changed")
        case "command":
            return _command(item)


_BY_ITSELF = {
    "unapplied": "name its invoice, or give it back: it ends by itself on the day after",
    "usage-budget": "starter.py partner-center budgets: it ends by itself once the budget stands",
    "monitor": "starter.py doctor",
}


def _command(item: "Item") -> str:
    """Return the command that answers a task, behind what is to be read or done before."""
    from domain import own_steps as steps

    who, usual = item.customer, item.ending.offers[0]
    done = f"starter.py task {who} {item.step}"
    before = {
        steps.ACTIVITY_REVIEW: f"starter.py activity list {who}",
        steps.REPLY: f"starter.py replies {who}",
        steps.WAITS_TOO_LONG: f"starter.py onboarding explain {who}",
        steps.UNREACHABLE: f"starter.py contact {who} --email ADDRESS",
        steps.WHEREABOUTS: f"starter.py contact {who} --timezone ZONE --region REGION",
    }
    given = usual.given
    words = {
        "complete_task": f"{before[item.step]} && {done}" if item.step in before else done,
        "approve": f"starter.py approve {who}" + (f" --step {given['step']}" if "step" in given else ""),
        "review_onboarding": f"starter.py review {who} OUTCOME",
        "called_back": f"starter.py onboarding called {who} OUTCOME --number-from WHERE",
        "agree_usage": f"starter.py usage profile {who} --expected AMOUNT --currency CURRENCY",
        "grant_access": f"starter.py access show {who}",
        "revoke_access": f"starter.py access revoke {who} GRANT --reason WORDS",
        "cancel_fee": f"starter.py fee cancel {who} {given.get('fee')} --reason WORDS",
        "book_fee": f"starter.py fee book {who} {given.get('invoice')} --kind {given.get('kind', 'KIND')}"
        + (f" --step {given['step']}" if "step" in given else ""),
        "hand_over": f"starter.py hand-over {who} --to NAME || {done}",
        "write_off": f"starter.py write-off {who} {given.get('invoice')} || {done}",
    }
    return words[usual.command]
