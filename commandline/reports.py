"""Reports from the ledger, as of any day."""

import json
from datetime import date, datetime
from typing import Annotated, Literal
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


@app.command(name="recovery")
def report_recovery(
    first: Annotated[
        date | None,
        typer.Option("--from", parser=any_day, metavar="DATE", help="debts overdue from this day on"),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=any_day, metavar="DATE", help="and until this day; today without it"),
    ] = None,
    within: Annotated[
        int,
        typer.Option(min=1, max=3650, metavar="DAYS", help="days after the due date in which money counts"),
    ] = 30,
    by: Annotated[
        Literal["arm", "step"] | None, typer.Option(help="split by arm of an experiment, or by last step")
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=any_day, metavar="DATE", help="the end of this day; today without it"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What came in of what became overdue, by month and currency, with both numbers of every ratio.

    A month is closed once its last debt has had its days; an open one is not to be compared. Customers are
    not put into steps by lot: by step the report describes, by arm it compares.
    """
    from store import recovery

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    today = now_of(ledger).astimezone(ZoneInfo(settings.seller_timezone)).date()
    found = recovery.recovered(
        ledger, first=first, last=last, within_days=within, as_of=min(as_of or today, today), by=by
    )
    typer.echo(json.dumps(found.json(), indent=2) if as_json else found.table())
