"""Reports from the ledger, as of any day."""

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from commandline.files import read_text, writable
from commandline.report_options import (
    AsOf,
    Csv,
    Html,
    Into,
    KnownAt,
    Listed,
    Months,
    RatePairs,
    RatesOf,
    conversion_of,
    show,
)
from commandline.session import now_of, open_ledger
from commandline.values import AsJson, any_day
from ending import Stop
from settings import Settings

app = typer.Typer(help="Reports from the ledger, as of any day.", no_args_is_help=True)

Period = Annotated[int, typer.Option(min=1, max=24, metavar="MONTHS", help="sales of so many months count")]
Weeks = Annotated[int, typer.Option(min=1, max=104, help="so many weeks are shown")]
Within = Annotated[
    int, typer.Option(min=1, max=365, metavar="DAYS", help="days after a message in which money counts")
]
Grace = Annotated[
    int, typer.Option(min=0, max=60, metavar="DAYS", help="days after the promised day that still count")
]
RatesFile = typer.Option(
    "--rates", exists=True, dir_okay=False, metavar="FILE", help="finance's own loss rates, in YAML"
)


@app.command(name="ageing")
def report_ageing(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    into: Into = None,
    rate: RatePairs = None,
    rates_of: RatesOf = None,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """What is open by days past due, per currency, at the end of any day."""
    from domain.reports.aged import ageing_sheet
    from store import reports
    from store.reporting import money

    conversion = conversion_of(into, rate, rates_of)
    if listed or html is not None or conversion is not None:
        asked = {"as_of": as_of, "known_at": known_at, "conversion": conversion, "listed": listed}
        _report(asked, money.ageing, as_csv=as_csv, as_json=as_json, html=html)
        return
    ledger, today = _ledger()
    ageing = reports.ageing(ledger, as_of=as_of or today, known_at=known_at)
    show(ageing.table, ageing.json, lambda: ageing_sheet(ageing).csv(), as_csv=as_csv, as_json=as_json)


@app.command(name="movements")
def report_movements(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Months = 12,
    into: Into = None,
    rate: RatePairs = None,
    rates_of: RatesOf = None,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """How what was open became what is open, month by month: invoiced, credited, received, written off."""
    from store.reporting import money

    asked: dict[str, Any] = {
        "as_of": as_of,
        "known_at": known_at,
        "months": months,
        "listed": listed,
        "conversion": conversion_of(into, rate, rates_of),
    }
    _report(asked, money.movements, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="dso")
def report_dso(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Months = 12,
    period: Period = 3,
    into: Into = None,
    rate: RatePairs = None,
    rates_of: RatesOf = None,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """Days sales outstanding by month: simple and by countback, best possible, and days delinquent."""
    from store.reporting import money

    asked: dict[str, Any] = {
        "as_of": as_of,
        "known_at": known_at,
        "months": months,
        "listed": listed,
        "conversion": conversion_of(into, rate, rates_of),
    }
    made = partial(money.dso, period=period)
    _report(asked, made, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="cei")
def report_cei(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Months = 12,
    into: Into = None,
    rate: RatePairs = None,
    rates_of: RatesOf = None,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """The collection effectiveness index by month: what was collected of what could be, in percent."""
    from store.reporting import money

    asked: dict[str, Any] = {
        "as_of": as_of,
        "known_at": known_at,
        "months": months,
        "listed": listed,
        "conversion": conversion_of(into, rate, rates_of),
    }
    _report(asked, money.cei, as_csv=as_csv, as_json=as_json, html=html)


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
    as_of: AsOf = None,
    known_at: KnownAt = None,
    as_csv: Csv = False,
    as_json: AsJson = False,
) -> None:
    """What came in of what became overdue, by month and currency, with both numbers of every ratio.

    A month is closed once its last debt has had its days; an open one is not to be compared. Customers are
    not put into steps by lot: by step the report describes, by arm it compares.
    """
    from domain.reports.recovered import recovery_sheet
    from store import recovery

    ledger, today = _ledger()
    found = recovery.recovered(
        ledger,
        first=first,
        last=last,
        within_days=within,
        as_of=min(as_of or today, today),
        by=by,
        known_at=known_at,
    )
    show(found.table, found.json, lambda: recovery_sheet(found).csv(), as_csv=as_csv, as_json=as_json)


@app.command(name="promises")
def report_promises(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    grace: Grace = 0,
    months: Months = 12,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """Promises to pay by the month of their day: how many were kept, and how much of the money."""
    from store.reporting import agreements

    asked = {"as_of": as_of, "known_at": known_at, "months": months, "listed": listed}
    made = partial(agreements.promises, grace_days=grace)
    _report(asked, made, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="disputes")
def report_disputes(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Months = 12,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """Disputes by the month in which they were opened: won, lost, open, and the days to an answer."""
    from store.reporting import agreements

    asked = {"as_of": as_of, "known_at": known_at, "months": months, "listed": listed}
    _report(asked, agreements.disputes, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="contacts")
def report_contacts(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    within: Within = 7,
    months: Months = 12,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """Messages by step and channel: sent, delivered, and what was paid in the days after.

    That money came in after a message is a coincidence; `report recovery --by arm` tells what it brought.
    """
    from store.reporting import contacts

    asked = {"as_of": as_of, "known_at": known_at, "months": months, "listed": listed}
    made = partial(contacts.contacts, within_days=within)
    _report(asked, made, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="held")
def report_held(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Months = 12,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """Contacts that were held back, by rule and month."""
    from store.reporting import contacts

    asked = {"as_of": as_of, "known_at": known_at, "months": months, "listed": listed}
    _report(asked, contacts.holds, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="suspensions")
def report_suspensions(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Months = 12,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """Suspensions by month: how many came back, after how many days, and how many last."""
    from store.reporting import agreements

    asked = {"as_of": as_of, "known_at": known_at, "months": months, "listed": listed}
    _report(asked, agreements.suspensions, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="forecast")
def report_forecast(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    weeks: Weeks = 13,
    into: Into = None,
    rate: RatePairs = None,
    rates_of: RatesOf = None,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """The cash that is to come by week: promised, by instalment plan, and by due date; overdue apart."""
    from store.reporting import agreements

    asked: dict[str, Any] = {
        "as_of": as_of,
        "known_at": known_at,
        "listed": listed,
        "conversion": conversion_of(into, rate, rates_of),
    }
    made = partial(agreements.forecast, weeks=weeks)
    _report(asked, made, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="allowance")
def report_allowance(
    rates: Annotated[Path, RatesFile],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    into: Into = None,
    rate: RatePairs = None,
    rates_of: RatesOf = None,
    listed: Listed = False,
    as_csv: Csv = False,
    as_json: AsJson = False,
    html: Html = None,
) -> None:
    """The loss allowance: what is open by days past due, times the loss rates of finance."""
    from store.reporting import money

    matrix = _loss_rates(rates)
    asked: dict[str, Any] = {
        "as_of": as_of,
        "known_at": known_at,
        "listed": listed,
        "conversion": conversion_of(into, rate, rates_of),
    }
    made = partial(money.allowance, rates=matrix)
    _report(asked, made, as_csv=as_csv, as_json=as_json, html=html)


@app.command(name="page")
def report_page(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="the HTML file to write")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    months: Months = 12,
    period: Period = 3,
    weeks: Weeks = 13,
    within: Within = 7,
    grace: Grace = 0,
    rates: Annotated[Path | None, RatesFile] = None,
    into: Into = None,
    rate: RatePairs = None,
    rates_of: RatesOf = None,
) -> None:
    """Write every report of one day into one page with plots: it fetches nothing, and it prints."""
    from drawing.receivables import receivables_page
    from store.reporting import board, catalogue

    writable(out)
    matrix = None if rates is None else _loss_rates(rates)
    terms = catalogue.Terms(
        period_months=period, weeks=weeks, within_days=within, grace_days=grace, loss_rates=matrix
    )
    asked: dict[str, Any] = {
        "as_of": as_of,
        "known_at": known_at,
        "months": months,
        "conversion": conversion_of(into, rate, rates_of),
    }
    made = _made(asked, lambda reading: board.board(reading, terms))
    out.write_text(receivables_page(made, seller=Settings.from_env().seller_name), encoding="utf-8")
    typer.echo(f"{out}: {len(made)} reports as of the end of {made['ageing'].as_of}")


def _ledger() -> tuple[Any, date]:
    """Open the ledger; return it with today, as the seller has it."""
    settings = Settings.from_env()
    ledger = open_ledger(settings)
    return ledger, now_of(ledger).astimezone(ZoneInfo(settings.seller_timezone)).date()


def _made(asked: dict[str, Any], made: Callable[[Any], Any]) -> Any:
    from domain.reports.conversion import NoRate
    from store.reporting.reading import Asked, reading

    ledger, today = _ledger()
    asked["as_of"] = asked["as_of"] or today
    if (conversion := asked.get("conversion")) is not None:
        asked["conversion"] = conversion(asked["as_of"])
    try:
        with reading(ledger, Asked(**asked)) as read:
            return made(read)
    except NoRate as missing:
        raise Stop(f"--rate: {missing}", status=2) from None


def _report(
    asked: dict[str, Any], made: Callable[[Any], Any], *, as_csv: bool, as_json: bool, html: Path | None
) -> None:
    """Make a report and print it; with a file, write its page as well."""
    writable(html)
    report = _made(asked, made)
    if html is not None:
        from drawing.receivables import report_page

        html.write_text(report_page(report), encoding="utf-8")
    show(report.text, report.json, report.csv, as_csv=as_csv, as_json=as_json)


def _loss_rates(file: Path) -> Any:
    from domain.documents import BadDocument, read
    from domain.reports.allowance import LossRates

    try:
        return read(read_text(file), model=LossRates, name=str(file))
    except BadDocument as bad:
        raise Stop(str(bad)) from None
