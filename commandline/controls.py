"""The register of controls: how each stands, and switching one off for a while."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from commandline.session import now_of, open_ledger
from commandline.values import AsJson, By, Reason, day
from settings import Settings

if TYPE_CHECKING:
    from domain.controls.control import Standing

app = typer.Typer(help="The register of controls against non-payment, fraud and misuse.")

Id = Annotated[str, typer.Argument(metavar="ID", help="the control's id, like S22")]
_HEAD = ("id", "", "owner", "last run", "implemented by", "proven by")


@app.callback(invoke_without_command=True)
def listed(context: typer.Context, as_json: AsJson = False) -> None:
    """List every control: what implements it, whether it is on, who owns it, when it ran, what proves it."""
    if context.invoked_subcommand is not None:
        return
    found = _register()
    if as_json:
        typer.echo(json.dumps([_json(each) for each in found], indent=2))
        return
    lines = [_HEAD, *map(_line, found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
    off, late = (sum(map(bool, found_)) for found_ in zip(*((e.off, e.overdue) for e in found), strict=True))
    typer.echo(f"controls: {len(found)}, off: {off}, overdue: {late}")


@app.command(name="show")
def show(control: Id, as_json: AsJson = False) -> None:
    """Say all about one control: what it does, where, how it stands, and which tests prove it."""
    from store import controls

    controls.known(control)
    (found,) = (each for each in _register() if each.control.id == control)
    if as_json:
        typer.echo(json.dumps(_json(found), indent=2))
        return
    row = found.control
    often = f"at least every {_hours(row.within)}" if row.within else "on an event"
    switch = "may be switched off" if row.asked_in else f"has no switch: {row.instead}"
    typer.echo(f"{row.id} ({row.kind}, {row.phase}): {row.says}")
    typer.echo(f"  {'on' if found.off is None else 'off'}; {switch}")
    for words in found.words:
        typer.echo(f"  {words}")
    typer.echo(f"  owner: {row.owner}; runs {often}; last run: {_day(found.ran_at)}")
    for title, names in (("implemented by", row.implemented_by), ("proven by", row.proven_by)):
        for name in names:
            typer.echo(f"  {title} {name}")


@app.command(name="off")
def switch_off(
    control: Id,
    reason: Reason,
    until: Annotated[
        date,
        typer.Option("--until", parser=day, metavar="DATE", help="its last day off, in the seller's zone"),
    ],
    by: By = "cli",
) -> None:
    """Switch a control off until the end of a day; the daily digest says so every day.

    A control without a switch of its own refuses, and says what keeps it back instead.
    """
    from store import controls

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    ends = datetime.combine(until + timedelta(days=1), time(), ZoneInfo(settings.seller_timezone))
    off = controls.switch_off(
        ledger, control, by=by, reason=reason, until=ends.astimezone(UTC), now=now_of(ledger)
    )
    typer.echo(f"{control}: off until the end of {until}, by {off.by}: {off.reason}")


@app.command(name="on")
def switch_on(control: Id, by: By = "cli") -> None:
    """Switch a control on again before its time off is over."""
    from store import controls

    ledger = open_ledger(Settings.from_env())
    new = controls.switch_on(ledger, control, by=by, now=now_of(ledger))
    typer.echo(f"{control}: {'on again' if new else 'on already'}")


@app.command(name="done")
def done(
    control: Id,
    note: Annotated[
        str, typer.Option("--note", metavar="WORDS", help="what was done or found, in a few words")
    ],
    by: By = "cli",
) -> None:
    """Say that a control was done that only a person can do."""
    from store import controls

    ledger = open_ledger(Settings.from_env())
    controls.done(ledger, control, by=by, note=note, now=now_of(ledger))
    typer.echo(f"{control}: done by {by}")


def _register() -> "list[Standing]":
    from store import controls

    ledger = open_ledger(Settings.from_env())
    with ledger.read() as session:
        return controls.register(session, now_of(ledger))


def _line(each: "Standing") -> tuple[str, ...]:
    row = each.control
    stands = "off" if each.off else "overdue" if each.overdue else "on"
    return (
        row.id,
        stands,
        row.owner,
        _day(each.ran_at),
        _first(row.implemented_by),
        _first(row.proven_by),
    )


def _first(names: tuple[str, ...]) -> str:
    return names[0] + (f" (+{len(names) - 1})" if len(names) > 1 else "")


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else "-"


def _hours(span: timedelta) -> str:
    return f"{span.days} days" if span.days > 1 else f"{span // timedelta(hours=1)} hours"


def _json(each: "Standing") -> dict[str, Any]:
    """Return a control and how it stands as JSON values."""
    row, off = each.control, each.off
    return {
        "id": row.id,
        "says": row.says,
        "class": row.kind,
        "phase": row.phase,
        "owner": row.owner,
        "on": off is None,
        "off": off and {"by": off.by, "reason": off.reason, "until": off.until.isoformat()},
        "overdue": each.overdue,
        "last_run": each.ran_at and each.ran_at.isoformat(),
        "within_hours": row.within and row.within // timedelta(hours=1),
        "switchable": row.asked_in is not None,
        "implemented_by": list(row.implemented_by),
        "proven_by": list(row.proven_by),
    }
