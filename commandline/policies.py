"""Policies: looked at and tried before they are switched on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
def policy_lint(files: PolicyFiles, as_json: AsJson = False) -> None:
    """Check policy files: every mistake with its line, and what would be wise."""
    looked_at = look_at(files)
    if as_json:
        typer.echo(json.dumps([each.json() for each in looked_at], indent=2))
    else:
        tell(looked_at)
    usable(looked_at)


@app.command(name="adopt")
def policy_adopt(files: PolicyFiles, by: By = "cli") -> None:
    """Switch policies on, in place of those of the same name; none of them if one has an error.

    A customer is under the first adopted policy that names its segment; an open case keeps its own.
    """
    from store import policies

    looked_at = look_at(files)
    tell(looked_at)
    adopting = usable(looked_at)
    ledger = open_ledger(Settings.from_env())
    policies.adopt_all(ledger, adopting, now=now_of(ledger), by=by)
    for policy in adopting:
        typer.echo(f"{policy.policy} {policy.version}: adopted; the sweep wakes whom it concerns")


@app.command(name="list")
def policy_list(as_json: AsJson = False) -> None:
    """List the policies that were adopted: for each customer the first counts that names its segment."""
    from store import policies

    rows = policies.listed(open_ledger(Settings.from_env()))
    if as_json:
        columns = {"name", "version", "title", "segments", "position", "adopted_at", "adopted_by"}
        typer.echo(json.dumps([row.model_dump(mode="json", include=columns) for row in rows], indent=2))
        return
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
    svg: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="draw it as well, into this SVG file, for light and for dark pages"),
    ] = None,
    as_json: AsJson = False,
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
    due_on = due or datetime.now(UTC).date()
    rows = page(policy, due_on=due_on, customer=sample)
    if svg is not None:
        from drawing.calendar import calendar_file

        svg.write_text(calendar_file(policy, due_on=due_on, customer=sample), encoding="utf-8")
    if as_json:
        about = {"policy": policy.policy, "version": policy.version, "title": policy.title}
        typer.echo(json.dumps({**about, "rows": [row.json() for row in rows]}, indent=2))
        return
    typer.echo(f"{policy.title} ({policy.policy} {policy.version})")
    for row in rows:
        typer.echo(str(row))


@app.command(name="document")
def policy_document(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a policy file, in YAML")],
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, help="also write it there, as one self-contained page")
    ] = None,
    language: Annotated[str, typer.Option(help="of the words, like en")] = "en",
) -> None:
    """Print what a policy lets a customer expect, in plain language, from what drives the timers.

    Its version is what a customer accepts. The seller's name and addresses come from the environment.
    """
    from activities.rendering import Letters
    from composition import seller
    from domain.policy_document import document

    about = document(read_policy(file), seller(Settings.from_env()))
    text, page = Letters(ROOT / "templates").policy(about, language=language)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page, encoding="utf-8")
    typer.echo(text, nl=False)


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
    from domain.simulation.play import simulate
    from store.rates import shipped

    rules = read_policy(policy)
    customer, history, until = read_scenario(events)
    outcome = simulate(rules, customer, history, until, rates=shipped())
    if as_json:
        typer.echo(json.dumps(outcome.json(), indent=2))
        return
    for line in outcome.json()["timeline"]:
        what = " ".join(filter(None, (line["effect"], line["step"], line["channel"])))
        typer.echo(f"{line['at']} {line['kind']:6} {line['stage']:13} {what}  {line['why'] or ''}".rstrip())


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAt:
    """A policy file, as far as it can be read; `problems` are why not, one a line."""

    file: Path
    policy: Any = None
    findings: tuple[Any, ...] = ()
    problems: str = ""

    @property
    def usable(self) -> bool:
        """Whether it may be adopted."""
        return self.policy is not None and all(each.severity != "error" for each in self.findings)

    def json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "file": str(self.file),
            "usable": self.usable,
            "policy": self.policy and self.policy.policy,
            "version": self.policy and self.policy.version,
            "steps": self.policy and len(self.policy.steps),
            "findings": [asdict(finding) for finding in self.findings],
            "problems": self.problems.splitlines(),
        }


def look_at(files: Sequence[Path]) -> list[LookedAt]:
    """Read policy files and lint them."""
    from activities.rendering import Letters
    from domain.channels import CHANNELS
    from domain.policy_lint import lint
    from store.rates import shipped

    letters = Letters(ROOT / "templates")
    known: dict[str, tuple[str, ...]] = {channel: letters.names(channel) for channel in CHANNELS}
    looked_at = []
    for file in files:
        try:
            policy = read_policy(file)
        except Stop as stopped:
            looked_at.append(LookedAt(file=file, problems=str(stopped)))
        else:
            findings = lint(policy, templates=known, rates=shipped())
            looked_at.append(LookedAt(file=file, policy=policy, findings=findings))
    return looked_at


def tell(looked_at: Sequence[LookedAt]) -> None:
    """Print what was found in policy files; what must be mended stands on standard error."""
    for each in looked_at:
        if each.policy is None:
            typer.echo(each.problems, err=True)
            continue
        for finding in each.findings:
            typer.echo(f"{each.file}: {finding}", err=finding.severity == "error")
        counts = f"{len(each.policy.steps)} steps, {len(each.findings)} findings"
        typer.echo(f"{each.file}: {each.policy.policy} {each.policy.version}, {counts}")


def usable(looked_at: Sequence[LookedAt]) -> list[Any]:
    """Return the policies; stop if one of the files cannot be used."""
    policies = [each.policy for each in looked_at if each.usable]
    if len(policies) < len(looked_at):
        bad = len(looked_at) - len(policies)
        raise Stop(f"{bad} of {len(looked_at)} files cannot be used: mend their errors")
    return policies
