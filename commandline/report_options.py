"""The options that reports share, and how a report is printed."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from commandline.values import any_day, instant
from ending import Stop

AsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=any_day, metavar="DATE", help="the end of this day; today without it"),
]
KnownAt = Annotated[
    datetime | None,
    typer.Option("--known-at", parser=instant, metavar="INSTANT", help="as we knew it then"),
]
Months = Annotated[int, typer.Option(min=1, max=120, help="so many months are shown")]
Into = Annotated[
    str | None, typer.Option("--in", metavar="CURRENCY", help="all of it in this currency, by your rates")
]
RatePairs = Annotated[
    list[str] | None,
    typer.Option("--rate", metavar="CODE=RATE", help="what one of a currency is worth, like USD=0.92"),
]
RatesOf = Annotated[
    date | None,
    typer.Option(
        "--rates-of", parser=any_day, metavar="DATE", help="the day of your rates; that of the report without"
    ),
]
Listed = Annotated[bool, typer.Option("--list", help="also the single invoices behind the figures")]
Csv = Annotated[bool, typer.Option("--csv", help="print CSV; with --list that of the invoices")]
Html = Annotated[Path | None, typer.Option(metavar="OUT", help="write it as a page with a plot as well")]


def conversion_of(
    into: str | None, pairs: list[str] | None, rates_of: date | None
) -> Callable[[date], Any] | None:
    """Read the rates of a report; return the conversion for the day of the report, or None without any."""
    from domain.reports.conversion import BadRate, Conversion, read_currency, read_rate

    if into is None:
        if pairs or rates_of:
            raise Stop("--rate: say with --in into which currency it converts", status=2)
        return None
    try:
        currency = read_currency(into)
    except BadRate as bad:
        raise Stop(f"--in: {bad}", status=2) from None
    try:
        rates = dict(read_rate(pair, currency) for pair in pairs or ())
    except BadRate as bad:
        raise Stop(f"--rate: {bad}", status=2) from None
    return lambda as_of: Conversion(into=currency, rates=rates, stated_on=rates_of or as_of)


def show(
    text: Callable[[], str],
    values: Callable[[], Any],
    rows: Callable[[], str],
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Print a report as text, or for machines."""
    if as_csv and as_json:
        raise Stop("--csv and --json: choose one of them", status=2)
    if as_json:
        typer.echo(json.dumps(values(), indent=2, ensure_ascii=False))
    elif as_csv:
        typer.echo(rows(), nl=False)
    else:
        typer.echo(text())
