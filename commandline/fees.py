"""Interest, compensations and fees: what finance books of what is proposed, gives up, or takes back."""

from datetime import date
from typing import Annotated, Literal

import typer

from commandline.session import command
from commandline.values import By, CustomerId, Reason, day, reason_words

app = typer.Typer(help="Book interest and fees as proposed, waive or cancel them.", no_args_is_help=True)

FeeNumber = Annotated[str, typer.Argument(help="the fee's own number, like INV-1042-I1")]


@app.command(name="book")
def fee_book(
    customer: CustomerId,
    invoice: Annotated[str, typer.Argument(help="the invoice that it is about, like INV-1042")],
    kind: Annotated[Literal["interest", "compensation", "fee"], typer.Option(help="what is charged")],
    step: Annotated[str | None, typer.Option(help="of a fee: the step whose fee it is")] = None,
    amount: Annotated[str | None, typer.Option(help="less than proposed, or with --reason more")] = None,
    number: Annotated[str | None, typer.Option(help="its number; without it one is made")] = None,
    due: Annotated[
        date | None, typer.Option(parser=day, metavar="DATE", help="the last day to pay; today without it")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(parser=reason_words, metavar="WORDS", help="why another amount")
    ] = None,
    by: By = "cli",
) -> None:
    """Charge interest, a compensation or the fee of a step, as it is proposed today."""
    told = {"invoice": invoice, "kind": kind, "step": step, "amount": amount, "fee": number}
    command(customer, "book_fee", {**told, "due_on": due, "reason": reason, "by": by})


@app.command(name="waive")
def fee_waive(
    customer: CustomerId,
    number: FeeNumber,
    reason: Reason,
    amount: Annotated[str | None, typer.Option(help="a part; without it all that is open")] = None,
    by: By = "cli",
) -> None:
    """Give up a fee that was rightly charged, or a part of it."""
    command(customer, "waive_fee", {"fee": number, "amount": amount, "reason": reason, "by": by})


@app.command(name="cancel")
def fee_cancel(customer: CustomerId, number: FeeNumber, reason: Reason, by: By = "cli") -> None:
    """Take back a fee that should never have been charged: what had paid it pays the invoices."""
    command(customer, "cancel_fee", {"fee": number, "reason": reason, "by": by})
