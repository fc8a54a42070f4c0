"""Policies: looked at and tried before they are switched on."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from commandline.files import read_policy, read_scenario
from commandline.session import now_of, open_ledger
from commandline.values import AsJson, By, day
from ending import Stop
from settings import ROOT, Settings

app = typer.Typer(help="Look at policies before they are switched on.", no_args_is_help=True)

PolicyFiles = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="policy files, in YAML")]
SampleDue = Annotated[
    date | None,
    typer.Option("--due", parser=day, metavar="DATE", help="of the sample invoice; today without it"),
]


@app.command(name="lint")
def policy_lint(files: PolicyFiles) -> None:
    """Check policy files: every mistake with its line, and what would be wise."""
    linted(files)


@app.command(name="adopt")
def policy_adopt(files: PolicyFiles, by: By = "cli") -> None:
    """Switch policies on, in place of those of the same name; none of them if one has an error.

    A customer is under the first adopted policy that names its segment; an open case keeps its own.
    """
    from store import policies

    checked = linted(files)
    ledger = open_ledger(Settings.from_env())
    for policy in checked:
        policies.adopt(ledger, policy, now=now_of(ledger), by=by)
        typer.echo(f"{policy.policy} {policy.version}: adopted; the sweep wakes whom it concerns")


@app.command(name="list")
def policy_list() -> None:
    """List the policies that were adopted: for each customer the first counts that names its segment."""
    from store import policies

    rows = policies.listed(open_ledger(Settings.from_env()))
    for row in rows:
        state = "replaced" if row.position is None else f"number {row.position}"
        adopted = f"adopted on {row.adopted_at:%d %b %Y} by {row.adopted_by}"
        typer.echo(f"{row.name} {row.version}: {state}, for {' and '.join(row.segments)}, {adopted}")
    if not rows:
        typer.echo("no policy is adopted: `starter.py policy adopt FILE` does it")


@app.command(name="show")
def policy_show(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a policy file, in YAML")],
    due: SampleDue = None,
    timezone: Annotated[str, typer.Option(help="of the sample customer")] = "Europe/Berlin",
    country: Annotated[str, typer.Option(help="of the sample customer, for its holidays")] = "DE",
) -> None:
    """Show the calendar of a sample invoice under a policy."""
    from domain.customer import Customer
    from domain.policy_page import show as page

    policy = read_policy(file)
    try:
        sample = Customer(
            id="SAMPLE", timezone=timezone, country=country, segment=policy.audience.segments[0]
        )
    except ValueError as error:
        raise Stop(str(error), status=2) from None
    typer.echo(f"{policy.title} ({policy.policy} {policy.version})")
    for row in page(policy, due_on=due or datetime.now(UTC).date(), customer=sample):
        typer.echo(str(row))


@app.command(name="simulate")
def policy_simulate(
    policy: Annotated[
        Path, typer.Option("--policy", exists=True, dir_okay=False, help="a policy file, in YAML")
    ],
    events: Annotated[
        Path, typer.Option("--events", exists=True, dir_okay=False, help="customer and events, in JSON")
    ],
    as_json: AsJson = False,
) -> None:
    """Play events of one customer through a policy: docs/simulation-format.md."""
    from domain.simulate import simulate

    rules = read_policy(policy)
    customer, history, until = read_scenario(events)
    outcome = simulate(rules, customer, history, until)
    if as_json:
        typer.echo(json.dumps(outcome.json(), indent=2))
        return
    for line in outcome.json()["timeline"]:
        what = " ".join(filter(None, (line["effect"], line["step"], line["channel"])))
        typer.echo(f"{line['at']} {line['kind']:6} {line['stage']:13} {what}  {line['why'] or ''}".rstrip())


def linted(files: Sequence[Path]) -> list[Any]:
    """Read policy files and print what is found in them; stop if one cannot be used."""
    from activities.rendering import Letters
    from domain.policy_lint import lint

    letters = Letters(ROOT / "templates")
    known = {channel: letters.names(channel) for channel in ("email", "sms")}
    usable = []
    for file in files:
        try:
            policy = read_policy(file)
        except Stop as stopped:
            typer.echo(str(stopped), err=True)
            continue
        findings = lint(policy, templates=known)
        errors = [finding for finding in findings if finding.severity == "error"]
        for finding in findings:
            typer.echo(f"{file}: {finding}", err=finding in errors)
        typer.echo(
            f"{file}: {policy.policy} {policy.version}, {len(policy.steps)} steps, {len(findings)} findings"
        )
        if not errors:
            usable.append(policy)
    if len(usable) < len(files):
        raise Stop(f"{len(files) - len(usable)} of {len(files)} files cannot be used: mend their errors")
    return usable
