"""The safety switches: stop and go, the day of going live, and what would go out now."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from commandline.files import read_policy
from commandline.session import now_of, open_ledger
from commandline.values import AsJson, By, Reason, any_day
from ending import Stop
from settings import Settings

app = typer.Typer()


@app.command(name="stop")
def stop_everything(reason: Reason, by: By = "cli") -> None:
    """Stop all outward effects, at once and for everybody, until `go`."""
    from store import switches

    ledger = open_ledger(Settings.from_env())
    new = switches.stop(ledger, reason=reason, by=by, now=now_of(ledger))
    typer.echo("stopped: nothing goes out until `go`" if new else "stopped already")


@app.command()
def go(
    allow_blast: Annotated[
        bool, typer.Option("--allow-blast", help="also let out, for a day, what the blast guard holds")
    ] = False,
    up_to: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="allow so many effects; without it, as many as wait now"),
    ] = None,
    by: By = "cli",
) -> None:
    """Let effects go out again; the sweep wakes everybody who waits.

    What the blast guard holds waits for --allow-blast. It covers a number of effects, and lasts a day;
    what is wanted beyond it counts against the limit again. `worklist` lists them, with their number.
    """
    from store import blast, switches

    if up_to is not None and not allow_blast:
        raise Stop("--up-to: it says how much --allow-blast covers: add that, or leave it out", status=2)
    ledger = open_ledger(Settings.from_env())
    now = now_of(ledger)
    if not allow_blast:
        waiting = switches.go(ledger, by=by, now=now)
        typer.echo(f"go: {waiting} customers are waiting and will be woken by the sweep")
        return
    allowed = blast.allow(ledger, by=by, now=now, most=up_to)
    until = f"{now + switches.ALLOWED_FOR:%d %b %Y %H:%M} UTC"
    typer.echo(f"go: {allowed.woken} customers are waiting and will be woken by the sweep")
    typer.echo(f"{allowed.effects} effects may go out beyond the limit until {until}; more ask again")


@app.command(name="go-live")
def go_live(
    on: Annotated[
        date | None, typer.Argument(parser=any_day, metavar="[DATE]", help="the day; without it, print it")
    ] = None,
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Show or set the day before which no step counts: what fell due earlier is not sent.

    A ledger goes live on the day of its first policy. The sweep looks at everybody again.
    """
    from store import switches

    ledger = open_ledger(Settings.from_env())
    if on is not None:
        switches.set_go_live(ledger, on, by=by, now=now_of(ledger))
    day_of = switches.read(ledger).go_live_on
    if as_json:
        typer.echo(json.dumps({"go_live_on": day_of and day_of.isoformat()}, indent=2))
        return
    typer.echo(f"live since {day_of}" if day_of else "not live yet: adopt a policy first")


@app.command()
def limit(
    number: Annotated[
        int | None, typer.Argument(min=1, metavar="[N]", help="effects an hour; without it, print it")
    ] = None,
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Show or set how many messages and suspensions may go out within an hour before a person is asked."""
    from store import switches

    ledger = open_ledger(Settings.from_env())
    if number is not None:
        switches.set_blast_limit(ledger, number, by=by, now=now_of(ledger))
    allowed = switches.read(ledger).blast_limit
    if as_json:
        typer.echo(json.dumps({"limit": allowed}, indent=2))
        return
    typer.echo(f"{allowed} messages and suspensions within an hour; more wait for `go --allow-blast`")


@app.command(name="dry-run")
def dry_run(
    policy: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="a policy file: what adopting it would change"),
    ] = None,
    code: Annotated[
        bool,
        typer.Option("--code", help="for whom this version plans otherwise than the one that looked last"),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what would go out now, to nobody's harm, and say what keeps the rest.

    With a policy file: for every customer with something open whose policy it would be, or would no longer
    be, which steps would appear, vanish or move. Nothing is adopted.
    """
    from store import blast, breakers, reports, switches

    ledger = open_ledger(Settings.from_env())
    if policy is not None:
        _what_if(ledger, policy, as_json=as_json)
        return
    if code:
        _rethought(ledger, as_json=as_json)
        return
    found = reports.dry_run(ledger, now=now_of(ledger))
    if as_json:
        typer.echo(json.dumps([line.json() for line in found.wanted], indent=2))
        return
    stand = switches.read(ledger)
    for words in (
        *(line.words for line in found.wanted),
        *switches.holding(stand),
        *breakers.holding(ledger),
    ):
        typer.echo(words)
    if stand.blast_since is not None:
        typer.echo(f"held by the guard: {blast.held(found).summary}")
    if found.without_policy:
        typer.echo(f"{found.without_policy} customers have no policy: see `starter.py doctor`")
    if found.opens_at:
        opens = f"{found.opens_at:%d %b %Y %H:%M} UTC"
        typer.echo(f"{found.closed} customers wait for hours in which something may go out, from {opens} on")
    if found.next_at and not found.wanted:
        typer.echo(f"nobody else is due before {found.next_at:%d %b %Y %H:%M} UTC")
    typer.echo(f"would go out now: {len(found.wanted)}")


def _rethought(ledger: Any, *, as_json: bool) -> None:
    from commandline.progress import bar
    from store import what_if

    looked, found = what_if.rethinking(ledger, bar=bar)
    if as_json:
        typer.echo(json.dumps([each.json() for each in found], indent=2))
        return
    for each in found:
        typer.echo(each.words)
    typer.echo(f"{looked} customers planned again at their last look, {len(found)} of them otherwise")


def _what_if(ledger: Any, file: Path, *, as_json: bool) -> None:
    from commandline.progress import bar
    from store import what_if

    found = what_if.adopting(ledger, read_policy(file), now=now_of(ledger), bar=bar)
    if as_json:
        typer.echo(json.dumps([each.json() for each in found], indent=2))
        return
    changed = [each for each in found if each.change.changes]
    for each in changed:
        typer.echo(each.words)
    typer.echo(
        f"{len(found)} customers with something open would be under another policy, {len(changed)} of them"
        " with other steps; nothing was changed"
    )
