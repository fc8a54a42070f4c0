"""Whole exports of receivables: taken into the ledger, or played through the workflows."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from commandline.files import read_policy
from commandline.session import closing, now_of, open_ledger
from commandline.values import AsJson
from ending import WRONG_USAGE, Stop
from settings import ROOT, Settings

app = typer.Typer()

Encoding = Annotated[str, typer.Option(help="of the file, like utf-8 or cp1252")]


@app.command(name="import")
def import_file(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="a CSV export of receivables")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--map", exists=True, dir_okay=False, help="what its columns mean")
    ] = None,
    watched: Annotated[
        Path | None,
        typer.Option(
            "--watch", exists=True, file_okay=False, help="import what is put into a folder, until Ctrl-C"
        ),
    ] = None,
    every: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="how often --watch looks into the folder")
    ] = 10.0,
    once: Annotated[bool, typer.Option("--once", help="let --watch look once, as a cron job would")] = False,
    check: Annotated[bool, typer.Option("--check", help="only report what is wrong; write nothing")] = False,
    skip: Annotated[
        bool, typer.Option("--skip-bad-rows", help="import the good rows although others have errors")
    ] = False,
    encoding: Encoding = "utf-8-sig",
    as_json: AsJson = False,
) -> None:
    """Import customers, invoices, payments and disputes from any CSV.

    Every problem is reported by its line. If a row has an error, nothing is written at all. To import
    a file again changes nothing; after a crash it writes what is missing. What a later export has
    otherwise is changed: a name, an address, a country, a segment, an invoice's amount and due date, and
    of a payment that has grown the difference is booked. What cannot be changed so is reported, and stays.

    With --watch it is a folder: exports and files of banks are imported once they have their name, and moved
    to done/ or refused/ with a report beside each. NAME.mapping.yaml in it is for CSVs that begin with NAME.
    """
    if watched is not None:
        alone = file is None and mapping is None and not check
        _watch(watched, every=every, once=once, encoding=encoding, alone=alone)
        return
    if file is None or mapping is None:
        raise Stop("import needs a file and its --map, or a folder to --watch", status=WRONG_USAGE)
    _import(file, mapping, check=check, skip=skip, encoding=encoding, as_json=as_json)


def _import(file: Path, mapping: Path, *, check: bool, skip: bool, encoding: str, as_json: bool) -> None:
    from commandline.progress import bar
    from importing import counted, import_receivables, read_receivables

    found = read_receivables(file, mapping, encoding=encoding, today=datetime.now(UTC).date())
    for problem in found.problems:
        typer.echo(str(problem), err=True)
    by_kind = counted(found)
    summary: dict[str, Any] = {"rows": found.rows, "accepted": found.accepted, "problems": by_kind}
    lines = [f"{file}: {found.rows} rows, {found.accepted} accepted"]
    if by_kind:
        lines.append("problems: " + ", ".join(f"{number} {kind}" for kind, number in by_kind.items()))
    refused: tuple[str, ...] = ()
    settings = Settings.from_env()
    if check:
        refused = _compared(found, file, settings)
    elif skip or not found.errors:
        ledger = open_ledger(settings)
        done = import_receivables(ledger, found, file=file, now=now_of(ledger), settings=settings, bar=bar)
        refused = done.refused
        summary |= done.json()
        lines.append(done.words())
    for sentence in refused:
        typer.echo(sentence, err=True)
    typer.echo(json.dumps(summary) if as_json else "\n".join(lines))
    if refused:
        rest = "would be" if check else "was"
        raise Stop(
            f"{len(refused)} differences that an import cannot mend: see above; all else {rest} written"
        )
    if found.errors and skip and not check:
        raise Stop(f"{len(found.errors)} errors: their rows were left out; mend them and import again")
    if found.errors:
        raise Stop(f"{len(found.errors)} errors: nothing was written; mend them, or see --skip-bad-rows")


def _watch(folder: Path, *, every: float, once: bool, encoding: str, alone: bool) -> None:
    """Import what is put into a folder, until Ctrl-C, or what lies there now."""
    from commandline.progress import bar
    from dropping import sweep

    if not alone:
        raise Stop("--watch takes a folder alone: leave out the file, --map and --check", status=WRONG_USAGE)
    settings = Settings.from_env()
    ledger = open_ledger(settings)
    refused = 0
    while True:
        now = now_of(ledger)
        for dropped in sweep(
            folder, ledger, encoding=encoding, by="import", now=now, settings=settings, bar=bar
        ):
            said = "done" if dropped.done else "refused"
            typer.echo(f"{dropped.file}: {said}: {dropped.report.splitlines()[-1]}")
            refused += not dropped.done
        if once:
            break
        time.sleep(every)
    if refused:
        raise Stop(f"{refused} files were refused: their reports in {folder / 'refused'} say why")


def _compared(found: Any, file: Path, settings: Settings) -> tuple[str, ...]:
    """Return what an import would leave out, where there is a ledger to compare with; write nothing."""
    from importing import compare_receivables
    from lawbooks import law_of
    from store.database import Ledger, is_there

    if not is_there(settings.database_url):
        return ()
    ledger = Ledger(settings.database_url, law_of=law_of(settings))
    closing.callback(ledger.close)
    return compare_receivables(ledger, found, file=file, now=now_of(ledger))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a CSV export of receivables")],
    mapping: Annotated[
        Path, typer.Option("--map", exists=True, dir_okay=False, help="what its columns mean")
    ],
    policy: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="the policy file to play under")
    ] = ROOT / "policies" / "business.yaml",
    folder: Annotated[Path, typer.Option(help="where the ledger and the messages go; emptied first")] = Path(
        "var/replay"
    ),
    customers: Annotated[int | None, typer.Option(min=1, help="only the first so many")] = None,
    servers: Annotated[int, typer.Option(min=1, max=8, help="time-skipping servers side by side")] = 2,
    skip: Annotated[
        bool, typer.Option("--skip-bad-rows", help="play the good rows although others have errors")
    ] = False,
    encoding: Encoding = "utf-8-sig",
    as_json: AsJson = False,
) -> None:
    """Play a history of receivables through the real workflows, and check what it promised.

    Rows are read as `import` reads them: if one has an error, nothing is played.
    """
    from commandline.progress import bar
    from importing import read_receivables
    from replay.run import run

    rules = read_policy(policy)
    found = read_receivables(file, mapping, encoding=encoding, today=datetime.now(UTC).date())
    for problem in found.problems:
        typer.echo(str(problem), err=True)
    if found.errors and not skip:
        raise Stop(f"{len(found.errors)} errors: nothing was played; mend them, or see --skip-bad-rows")
    report = run(found, policy=rules, folder=folder, first=customers, servers=servers, bar=bar)
    typer.echo(json.dumps(report.json(), indent=2) if as_json else report.words())
    if report.broken:
        raise Stop(f"{len(report.broken)} promises were broken: see above")
    if found.errors:
        raise Stop(f"{len(found.errors)} errors: their rows were left out; mend them and replay again")
