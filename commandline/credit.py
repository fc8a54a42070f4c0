"""Credit, orders and deposits: what may be owed, what is ordered, what is prepaid, how much is used."""

import json
from datetime import date
from typing import Annotated, Any

import typer

from commandline.session import command, now_of, open_ledger
from commandline.values import AsJson, By, CustomerId, Reason, day, reason_words
from settings import Settings

app = typer.Typer()
credit = typer.Typer(help="Grant a limit, or end it.", no_args_is_help=True)
order = typer.Typer(help="Place, cancel, block and unblock orders.", no_args_is_help=True)
deposit = typer.Typer(help="Ask for deposits, apply them, give them back.", no_args_is_help=True)

Currency = Annotated[str, typer.Argument(help="ISO 4217 code, like EUR")]
OrderName = Annotated[str, typer.Argument(help="the order's own number, like ORD-2041")]
DepositName = Annotated[str, typer.Argument(help="the deposit's name, like ORD-2041-D")]
ForIncident = Annotated[str | None, typer.Option(help="the incident that it is about")]
Part = Annotated[str | None, typer.Option(help="a part; without it all that is left")]


@credit.command(name="grant")
def credit_grant(
    customer: CustomerId,
    limit: Annotated[str, typer.Argument(help="what may be owed, like 5000.00; 0 is prepayment only")],
    currency: Currency,
    reason: Reason,
    terms: Annotated[int | None, typer.Option("--terms", metavar="DAYS", help="days to pay")] = None,
    by: By = "cli",
) -> None:
    """Let a customer owe so much in a currency: orders that fit are provisioned without a deposit."""
    told = {"limit": limit, "currency": currency, "terms_days": terms, "reason": reason, "by": by}
    command(customer, "grant_credit", told)


@credit.command(name="end")
def credit_end(
    customer: CustomerId,
    reason: Reason,
    currency: Annotated[str | None, typer.Option(help="only the credit in this currency")] = None,
    by: By = "cli",
) -> None:
    """End a customer's credit: what is ordered now is prepaid, and what is owed stays owed."""
    command(customer, "end_credit", {"currency": currency, "reason": reason, "by": by})


@order.command(name="place")
def order_place(
    customer: CustomerId,
    number: OrderName,
    amount: Annotated[str, typer.Argument(help="what is owed for it, like 300.00")],
    currency: Currency,
    subscription: Annotated[str | None, typer.Option(help="what is provisioned; else the main one")] = None,
    first_month: Annotated[
        str | None, typer.Option(help="estimate of the first month; else the amount")
    ] = None,
    prepay: Annotated[
        str | None, typer.Option(help="a deposit that was agreed; else as the policy says")
    ] = None,
    by: By = "cli",
) -> None:
    """Record an order: it is provisioned when it is prepaid, or credit covers it."""
    told = {"order": number, "amount": amount, "currency": currency, "subscription": subscription}
    command(customer, "place_order", {**told, "first_month": first_month, "prepay": prepay, "by": by})


@order.command(name="cancel")
def order_cancel(customer: CustomerId, number: OrderName, reason: Reason, by: By = "cli") -> None:
    """Cancel an order that was not provisioned; a task asks what becomes of its deposit."""
    command(customer, "cancel_order", {"order": number, "reason": reason, "by": by})


@order.command(name="block")
def order_block(customer: CustomerId, reason: Reason, incident: ForIncident = None, by: By = "cli") -> None:
    """Provision nothing more that is ordered, until it is unblocked; what there is works on."""
    command(customer, "block_orders", {"reason": reason, "incident": incident, "by": by})


@order.command(name="unblock")
def order_unblock(customer: CustomerId, reason: Reason, incident: ForIncident = None, by: By = "cli") -> None:
    """Let orders go on again: those blocked for an incident, else all others."""
    command(customer, "unblock_orders", {"reason": reason, "incident": incident, "by": by})


@deposit.command(name="request")
def deposit_request(
    customer: CustomerId,
    name: DepositName,
    amount: Annotated[str, typer.Argument(help="what is asked for, like 300.00")],
    currency: Currency,
    for_order: Annotated[str | None, typer.Option("--order", help="the order that waits for it")] = None,
    due: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="the last day; else as the policy says")
    ] = None,
    by: By = "cli",
) -> None:
    """Ask a customer for a deposit, for an order or as a security."""
    told = {"deposit": name, "amount": amount, "currency": currency, "order": for_order}
    command(customer, "request_deposit", {**told, "due_on": due, "by": by})


@deposit.command(name="apply")
def deposit_apply(
    customer: CustomerId,
    name: DepositName,
    invoice: Annotated[str, typer.Argument(help="the invoice that it pays, like INV-1042")],
    amount: Part = None,
    by: By = "cli",
) -> None:
    """Let a deposit pay an invoice, as much as is open there."""
    command(customer, "apply_deposit", {"deposit": name, "invoice": invoice, "amount": amount, "by": by})


@deposit.command(name="refund")
def deposit_refund(
    customer: CustomerId,
    name: DepositName,
    amount: Part = None,
    why: Annotated[
        str | None, typer.Option(parser=reason_words, metavar="WORDS", help="why, in a few words")
    ] = None,
    by: By = "cli",
) -> None:
    """Note that what is left of a deposit was given back to the customer."""
    command(customer, "refund_deposit", {"deposit": name, "amount": amount, "reason": why, "by": by})


@app.command()
def exposure(
    customer: Annotated[str | None, typer.Argument(help="one customer; without it all with a limit")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what customers owe or will, against what they may owe, and from what it is reckoned."""
    from domain.credit.exposure import WORDS
    from store.exposures import read

    ledger = open_ledger(Settings.from_env())
    lines = read(ledger, customer, now=now_of(ledger))
    if as_json:
        found = [
            {"customer": line.customer, **line.exposure.json(), "invoices": line.invoices} for line in lines
        ]
        typer.echo(json.dumps({"formula": WORDS, "exposures": found}, indent=2))
        return
    if not lines:
        typer.echo("no customer has a limit, and nothing is open" if customer is None else "nothing is open")
        return
    typer.echo(f"exposure = {WORDS}\n")
    rows = [_HEADINGS, *(_cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADINGS))]
    for row in rows:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in _with(row, widths)
        ]
        typer.echo("  ".join(cells).rstrip())


_HEADINGS = (
    *("customer", "receivables", "unbilled", "orders", "deposits", "overpayment"),
    *("exposure", "limit", "used", "paid late", "not paid"),
)


def _cells(line: Any) -> tuple[str, ...]:
    used = line.exposure
    parts = (used.receivables, used.unbilled, used.orders, used.deposits, used.overpayment)
    limit = "none" if used.limit is None else str(used.limit)
    percent = "" if used.percent is None else f"{used.percent} %"
    late, unpaid = (str(line.invoices[each]) for each in ("late", "non_payment"))
    return (line.customer, *(part.plain() for part in parts), str(used.total), limit, percent, late, unpaid)


def _with(row: tuple[str, ...], widths: list[int]) -> Any:
    return enumerate(zip(row, widths, strict=True))


app.add_typer(credit, name="credit")
app.add_typer(order, name="order")
app.add_typer(deposit, name="deposit")
