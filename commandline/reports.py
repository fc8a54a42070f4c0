"""Reports from the ledger, as of any day."""

import json
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commandline.session import now_of, open_ledger
from commandline.values import AsJson, any_day, instant
from settings import Settings

app = typer.Typer(help="Reports from the ledger, as of any day.", no_args_is_help=True)


@app.command(name="ageing")
def report_ageing(
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=any_day, metavar="DATE", help="the end of this day; today without it"),
    ] = None,
    known_at: Annotated[
        datetime | None,
        typer.Option("--known-at", parser=instant, metavar="INSTANT", help="as we knew it then"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What is open by days past due, per currency, at the end of any day."""
    from store import reports

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    today = now_of(ledger).astimezone(ZoneInfo(settings.seller_timezone)).date()
    ageing = reports.ageing(ledger, as_of=as_of or today, known_at=known_at)
    typer.echo(json.dumps(ageing.json(), indent=2) if as_json else ageing.table())
