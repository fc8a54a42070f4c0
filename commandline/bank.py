"""What banks say: their files taken into the ledger, and the lines about which a person decides."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commandline.session import closing, now_of, open_ledger, wake
from commandline.values import AsJson, By, Reason
from ending import Stop
from settings import Settings

if TYPE_CHECKING:
    from domain.cash.lines import BankFile
    from store.bank.answering import Answered
    from store.bank.lines import Kept

app = typer.Typer(help="Statements of banks: import them, and say whose a line is where nobody knows.")

Line = Annotated[int, typer.Argument(min=1, metavar="LINE", help="the number of a bank line")]


@app.command(name="import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True, dir_okay=False, metavar="FILE...", help="camt.053, camt.052, MT940, or a CSV"
        ),
    ],
    mapping: Annotated[
        Path | None, typer.Option("--map", exists=True, dir_okay=False, help="what the columns of a CSV mean")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="only report what is wrong; write nothing")] = False,
    encoding: Annotated[
        str | None, typer.Option(help="of MT940 and CSV, like cp1252; UTF-8 where none is named")
    ] = None,
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Take the statements of a bank into the ledger, and let their lines pay what they are for.

    Every problem of every file is reported by its line. If there is an error, nothing is written at all.
    To import a file again changes nothing, and lines that several files have count once; after a crash
    it does what is missing. What is certain becomes a payment; all else waits for a person: `bank
    unapplied` lists it.
    """
    from banking import import_bank_files
    from commandline.progress import bar

    found = _read(files, mapping, encoding)
    problems = [problem for _, each in found for problem in each.problems]
    for problem in problems:
        typer.echo(str(problem), err=True)
    errors = [problem for problem in problems if problem.severity == "error"]
    lines = sum(len(statement.lines) for _, each in found for statement in each.statements)
    summary: dict[str, Any] = {"files": len(files), "lines_read": lines, "problems": len(problems)}
    said = f"{len(files)} files, {lines} lines read"
    settings = Settings.from_env()
    if errors:
        typer.echo(json.dumps(summary) if as_json else said)
        raise Stop(f"{len(errors)} errors: nothing was written; mend them and import again")
    if check:
        summary["lines_known_already"] = known = _known(found, settings)
        typer.echo(json.dumps(summary) if as_json else f"{said}, {known} known already")
        return
    ledger = open_ledger(settings)
    done = import_bank_files(ledger, found, by=by, now=now_of(ledger), settings=settings, bar=bar)
    typer.echo(json.dumps(summary | done.json()) if as_json else f"{said}\n{done.words()}")


def _read(files: list[Path], mapping: Path | None, encoding: str | None) -> "list[tuple[Path, BankFile]]":
    """Read every file; what keeps any of them out is reported with the others."""
    from banking import read_bank_file, read_bank_mapping
    from domain.cash.lines import BankFile
    from store.errors import Refused

    rules = None if mapping is None else read_bank_mapping(mapping)
    found: list[tuple[Path, BankFile]] = []
    refused = []
    for file in files:
        try:
            read = read_bank_file(file, rules, encoding=encoding, today=datetime.now(UTC).date())
            found.append((file, read))
        except Refused as error:
            refused.append(str(error))
    if refused:
        for _, each in found:
            refused += [str(problem) for problem in each.problems]
        raise Stop("\n".join([*refused, "nothing was written"]))
    return found


def _known(found: "list[tuple[Path, BankFile]]", settings: Settings) -> int:
    """Count the lines that are known already, where there is a ledger; write nothing."""
    from banking import count_known
    from store.database import Ledger, is_there

    if not is_there(settings.database_url):
        return 0
    ledger = Ledger(settings.database_url)
    closing.callback(ledger.close)
    return count_known(ledger, found)


@app.command()
def unapplied(
    texts: Annotated[
        bool, typer.Option("--texts", help="also what the payer wrote, and the name: personal data")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the money that is nobody's yet, oldest first, each with why and with who it may be from."""
    from store.bank import reading

    waiting = reading.unapplied(open_ledger(Settings.from_env()))
    if as_json:
        typer.echo(json.dumps([_listed(kept, texts) for kept in waiting], indent=2))
        return
    for kept in waiting:
        typer.echo(_told(kept))
        for each in kept.decision.candidates if kept.decision else ():
            typer.echo(f"    {each['customer']}, {each['score']} of 100: {each['why']}")
        if texts and kept.detail:
            typer.echo(f"    {kept.detail.payer or 'nobody named'}: {kept.detail.text}")
    sums = ", ".join(str(each) for each in reading.sums(waiting)) or "nothing"
    typer.echo(f"{len(waiting)} lines are nobody's yet; {sums} came in with them")


@app.command()
def match(
    line: Line,
    targets: Annotated[
        list[str],
        typer.Argument(metavar="TARGET...", help="invoices of one customer, or the customer; else a payment"),
    ],
    by: By = "cli",
) -> None:
    """Say what a line pays: invoices of one customer in this order, or the customer.

    The last invoice gets what is left. Of money that went out, name the payment that it undoes.
    """
    from store.bank import answering

    _answer(lambda ledger, now: answering.match(ledger, line, targets, by=by, now=now))


@app.command()
def unmatch(line: Line, reason: Reason, by: By = "cli") -> None:
    """Take back what a line has paid: that is owed again, and the line waits for a person."""
    from store.bank import answering

    _answer(lambda ledger, now: answering.unmatch(ledger, line, reason=reason, by=by, now=now))


@app.command()
def ignore(line: Line, reason: Reason, by: By = "cli") -> None:
    """Say that a line is no customer's, or the same money as another; what its payer wrote is destroyed."""
    from store.bank import answering

    _answer(lambda ledger, now: answering.ignore(ledger, line, reason=reason, by=by, now=now))


def _answer(ask: Any) -> None:
    """Ask the ledger, wake whom it touched, and print the sentence."""
    settings = Settings.from_env()
    ledger = open_ledger(settings)
    done: Answered = ask(ledger, now_of(ledger))
    woken = [wake(settings, customer) for customer in done.touched]
    typer.echo(f"{done.words}{next(filter(None, woken), '')}")


@app.command()
def show(
    statement: Annotated[
        int | None, typer.Argument(min=1, help="a statement, by its number here; without one all of them")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the statements with what became of their lines, or every line of one."""
    from store.bank import reading

    ledger = open_ledger(Settings.from_env())
    if statement is None:
        _all_statements(ledger, as_json)
        return
    found = reading.of_statement(ledger, statement)
    if not found:
        raise Stop(f"There is no statement {statement}: `starter.py bank show` lists them.")
    if as_json:
        typer.echo(json.dumps([reading.listed(kept) for kept in found], indent=2))
        return
    for kept in found:
        typer.echo(_told(kept))


def _all_statements(ledger: Any, as_json: bool) -> None:
    from store.bank import reading

    found = reading.statements(ledger)
    if as_json:
        listed = [
            {
                "statement": each.id,
                "file": each.file,
                "account": each.account,
                "number": each.number,
                "first_on": each.days[0].isoformat(),
                "last_on": each.days[1].isoformat(),
                "lines": dict(each.states),
                "amounts": {state: amount.plain() for state, amount in each.amounts.items()},
            }
            for each in found
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    for each in found:
        sums = ", ".join(f"{n} {state} {each.amounts[state]}" for state, n in each.states.items())
        typer.echo(f"{each.id} {each.days[0]} to {each.days[1]} {each.file} {each.account}: {sums}")
    typer.echo(f"{len(found)} statements")


def _told(kept: "Kept") -> str:
    """Return a line in one line, without what its payer wrote."""
    made = kept.decision
    who = f" {made.customer_id}" if made and made.customer_id else ""
    why = f": {made.why}" if made else ""
    return f"{kept.id} {kept.row.booked_on} {kept.amount} {kept.state}{who}{why}"


def _listed(kept: "Kept", texts: bool) -> dict[str, Any]:
    from store.bank import reading

    said = {"payer": kept.detail.payer, "text": kept.detail.text} if texts and kept.detail else {}
    return reading.listed(kept) | said
