"""What finance reads in the morning, printed."""

import json
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commandline.session import now_of, open_ledger
from commandline.values import AsJson, any_day
from ending import Stop
from settings import Settings

app = typer.Typer()


@app.command()
def digest(
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=any_day, metavar="DATE", help="the day on which it is read; today"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the daily digest: what is overdue, went out, waits, is held, and which controls are off.

    Of a day on which one was made it is that one, word for word; else it is made from what the ledger
    holds, and not kept. It tells of the days since the last one that was made.
    """
    from composition import worklist_rules
    from store import clock, digests

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    now, zone = now_of(ledger), ZoneInfo(settings.seller_timezone)
    today = now.astimezone(zone).date()
    if as_of is not None and as_of > today:
        raise Stop(f"--as-of: {as_of} is still to come: the newest digest is that of {today}", status=2)
    speed = clock.read(ledger).speed
    rules = worklist_rules(settings)
    found = digests.preview(ledger, as_of or today, zone=zone, now=now, speed=speed, rules=rules)
    if as_json:
        typer.echo(json.dumps(found.json(), indent=2))
        return
    typer.echo(f"{found.subject}\nWhat happened on {found.days}.")
    for section in found.sections:
        typer.echo(f"\n{section.title}")
        for line in section.lines:
            typer.echo(f"  {line}")
