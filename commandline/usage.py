"""Usage that is billed afterwards: readings, the agreed profile, and how every month stands."""

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commandline.session import command, fact, now_of, open_ledger
from commandline.values import AsJson, By, CustomerId, day, money
from ending import Stop
from settings import Settings

if TYPE_CHECKING:
    from store.usage import Stands

app = typer.Typer(help="Watch what is used against its monthly budget.", no_args_is_help=True)

Month = Annotated[str, typer.Argument(help="a month of the customer's calendar, like 2026-02")]


@app.command(name="profile")
def agree(
    customer: CustomerId,
    expected: Annotated[str, typer.Option(help="what an ordinary month costs, like 800.00")],
    currency: Annotated[str, typer.Option(help="ISO 4217, like EUR")],
    budget: Annotated[str | None, typer.Option(help="without it the policy's factor makes one")] = None,
    peak: Annotated[str | None, typer.Option(help="what a month of --peak-month costs")] = None,
    peak_month: Annotated[
        list[int] | None, typer.Option(min=1, max=12, help="its number; may repeat")
    ] = None,
    region: Annotated[list[str] | None, typer.Option(help="where they use services; may repeat")] = None,
    service: Annotated[list[str] | None, typer.Option(help="what they use; may repeat")] = None,
    evidence: Annotated[
        str | None, typer.Option(help="how they agreed, such as a contract's number; no name of a person")
    ] = None,
    review: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="when it is to be agreed again")
    ] = None,
    by: By = "cli",
) -> None:
    """Note what a customer expects to use in a month, as it was agreed; the newest counts."""
    given: dict[str, Any] = {
        "expected": expected,
        "currency": currency,
        "budget": budget,
        "peak": peak,
        "peak_months": peak_month or None,
        "regions": region or None,
        "services": service or None,
        "evidence": evidence,
        "review_on": None if review is None else review.isoformat(),
        "by": by,
    }
    command(customer, "agree_usage", given)


@app.command(name="report")
def report(
    customer: CustomerId,
    month: Month,
    amount: Annotated[str, typer.Argument(help="all of the month so far, like 120.50")],
    currency: Annotated[str, typer.Argument(help="ISO 4217, like EUR")],
    subscription: Annotated[str | None, typer.Option(help="of one subscription; without it of all")] = None,
) -> None:
    """Record what was used of a month so far, where no provider tells it."""
    body = _body("UsageReported", month=month, amount=amount, currency=currency, subscription=subscription)
    named = f"/{subscription}" if subscription else ""
    # The newest counts: an amount that comes back, as when a slip is mended, is a reading of its own.
    at = f"{now_of(open_ledger(Settings.from_env())):%Y-%m-%dT%H:%M:%SZ}"
    fact(customer, body, happened_on=None, key=f"usage/{customer}/{month}{named}/{amount}-{currency}/{at}")


@app.command(name="billed")
def billed(
    customer: CustomerId,
    month: Month,
    invoice: Annotated[str | None, typer.Option(help="the invoice that bills it")] = None,
    amount: Annotated[str | None, typer.Option(help="how much of it; without it all")] = None,
    currency: Annotated[str | None, typer.Option(help="of the amount")] = None,
) -> None:
    """Say that a month's usage was billed: it counts no more as unbilled."""
    part = money(amount, currency) if amount and currency else {}
    if bool(amount) != bool(currency):
        raise Stop("--amount and --currency belong together: write both, or neither for all", status=2)
    body = _body("UsageBilled", month=month, invoice=invoice, **part)
    fact(customer, body, happened_on=None, key=f"billed/{customer}/{month}/{invoice or amount or 'all'}")


@app.command(name="show")
def show(
    customer: Annotated[str | None, typer.Argument(help="one customer; without it all who use")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how usage stands against its budget, and what of it is not billed."""
    from store import usage

    ledger = open_ledger(Settings.from_env())
    lines = usage.standings(ledger, now=now_of(ledger), customer_id=customer)
    if as_json:
        typer.echo(json.dumps([line.json() for line in lines], indent=2))
        return
    for line in lines:
        typer.echo(_words(line))
    typer.echo(f"customers with usage: {len(lines)}")


def _words(line: "Stands") -> str:
    unbilled = ", ".join(map(str, line.unbilled)) or "nothing"
    if line.standing is None:
        return f"{line.customer_id}: no month is watched now; unbilled: {unbilled}"
    stands = line.standing
    budget = f"{stands.budget.amount}{'' if stands.budget.agreed else ' (nothing is agreed)'}"
    forecast = f", {stands.forecast} if it goes on so" if stands.forecast else ""
    odd = "; odd" if line.odd else ""
    return (
        f"{line.customer_id} {stands.month}: {stands.used} until {stands.read_on},"
        f" {stands.percent} % of {budget}{forecast}; unbilled: {unbilled}{odd}"
    )


def _body(name: str, **values: Any) -> Any:
    """Return a fact of what was given.

    Raises:
        Stop: it cannot be; every problem is named.
    """
    from pydantic import ValidationError

    from domain import facts
    from domain.sentences import sentences

    model = getattr(facts, name)
    try:
        return model(**{key: value for key, value in values.items() if value is not None})
    except ValidationError as error:
        raise Stop("; ".join(sentences(error, model=model)), status=2) from None
