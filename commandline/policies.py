"""Policies: looked at and tried before they are switched on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from commandline.files import read_policies, read_policy, read_scenario
from commandline.session import command, now_of, open_ledger
from commandline.values import AsJson, By, CustomerId, any_day, day, reason_words
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
    from lawbooks import books_of

    looked_at = side_by_side(look_at(files))
    if as_json:
        typer.echo(json.dumps([each.json() for each in looked_at], indent=2))
    else:
        tell(looked_at)
        read = books_of(Settings.from_env())
        typer.echo(f"contact law: {'; '.join(read.confidence)}; {len(read.not_read)} places are not read")
    usable(looked_at)


@app.command(name="adopt")
def policy_adopt(files: PolicyFiles, by: By = "cli") -> None:
    """Switch policies on, in place of those of the same name; none of them if one has an error.

    A customer is under the first adopted policy that is for it; an open case keeps its own. What it would
    change says `dry-run --policy FILE` beforehand.
    """
    from store import policies

    looked_at = look_at(files)
    if not all(each.usable for each in looked_at):
        tell(looked_at)
        usable(looked_at)
    ledger = open_ledger(Settings.from_env())
    with ledger.read() as session:
        looked_at = side_by_side(looked_at, adopted=policies.adopted(session))
    tell(looked_at)
    adopting = usable(looked_at)
    policies.adopt_all(ledger, adopting, now=now_of(ledger), by=by)
    for policy in adopting:
        typer.echo(f"{policy.policy} {policy.version}: adopted; the sweep wakes whom it concerns")


@app.command(name="list")
def policy_list(as_json: AsJson = False) -> None:
    """List the policies that were adopted: for each customer the first counts that is for it."""
    from domain.policy_audience import Audience
    from store import policies

    rows = policies.listed(open_ledger(Settings.from_env()))
    if as_json:
        columns = {"name", "version", "title", "segments", "position", "adopted_at", "adopted_by"}
        listed = [
            {**row.model_dump(mode="json", include=columns), "for": json.loads(row.content)["for"]}
            for row in rows
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    for row in rows:
        state = "no longer chosen" if row.position is None else f"number {row.position}"
        audience = Audience.model_validate(json.loads(row.content)["for"])
        adopted = f"adopted on {row.adopted_at:%d %b %Y} by {row.adopted_by}"
        typer.echo(f"{row.name} {row.version}: {state}, for {audience.words}, {adopted}")
    if not rows:
        typer.echo("no policy is adopted: `starter.py policy adopt FILE` does it")


@app.command(name="retire")
def policy_retire(
    name: Annotated[str, typer.Argument(help="the policy's name, as `policy list` has it")], by: By = "cli"
) -> None:
    """Take a policy out of the choice: nobody gets it any more; an open case keeps it until it is closed."""
    from store import policies

    ledger = open_ledger(Settings.from_env())
    version = policies.retire(ledger, name, now=now_of(ledger), by=by)
    typer.echo(f"{name} {version}: retired; the sweep wakes whom it concerns")


@app.command(name="use")
def policy_use(
    customer: CustomerId,
    name: Annotated[str | None, typer.Argument(metavar="[POLICY]", help="the name of an adopted one")] = None,
    reason: Annotated[
        str | None, typer.Option(parser=reason_words, metavar="WORDS", help="why this customer is another")
    ] = None,
    until: Annotated[
        date | None, typer.Option("--to", parser=any_day, metavar="DATE", help="last day")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="let the policies say again for whom they are")] = False,
    by: By = "cli",
) -> None:
    """Choose a customer's policy by hand, until a day or --end; an open case keeps its own.

    It counts from the next case on, or at once where none is open. To chase nobody at all is `exempt`.
    """
    if end:
        if name is not None or until is not None:
            raise Stop("--end: it ends whatever was chosen: leave out the policy and --to", status=2)
        command(customer, "end_use_policy", {"reason": reason, "by": by})
        return
    if name is None or reason is None:
        raise Stop("POLICY and --reason: say which policy, and why", status=2)
    command(customer, "use_policy", {"policy": name, "to": until, "reason": reason, "by": by})


@app.command(name="switch")
def policy_switch(
    names: Annotated[
        list[str], typer.Argument(metavar="[CUSTOMER] POLICY", help="whose open case, and the policy's name")
    ],
    all_open: Annotated[
        bool, typer.Option("--all-open", help="every open case that is under an older version of it")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do it; without it, only say what would change")] = False,
    by: By = "cli",
    as_json: AsJson = False,
) -> None:
    """Let open cases go on under another policy, or a newer version; first it says what that changes.

    What was sent is not sent again, whatever the policy says now: docs/policy.md has the rules.
    """
    from commandline.progress import bar
    from store import commands, what_if

    if len(names) != (1 if all_open else 2):
        raise Stop("write CUSTOMER POLICY, or --all-open POLICY", status=2)
    customer, name = None if all_open else names[0], names[-1]
    ledger = open_ledger(Settings.from_env())
    now = now_of(ledger)
    found = what_if.switching(ledger, name, customer, now=now, bar=bar)
    if as_json:
        typer.echo(json.dumps([each.json() for each in found], indent=2))
    else:
        for each in found:
            typer.echo(each.words)
    if customer is not None and yes:
        command(customer, "adopt_policy", {"policy": name, "by": by})
    elif yes:
        for each in found:
            given = {"policy": name, "by": by}
            commands.perform(ledger, each.change.customer_id, "adopt_policy", given, now=now)
        typer.echo(f"{len(found)} open cases go on under {name}; the sweep wakes them", err=as_json)
    elif not as_json:
        rest = "add --yes to do it" if found else "there is nothing to switch"
        typer.echo(f"{len(found)} open cases would go on under {name}: nothing was changed, {rest}")


@app.command(name="explain")
def policy_explain(customer: CustomerId, as_json: AsJson = False) -> None:
    """Say which policy a customer is under and why, what was passed over, and what holds the next contact."""
    from store import explaining

    ledger = open_ledger(Settings.from_env())
    explained = explaining.explain(ledger, customer, now=now_of(ledger))
    typer.echo(json.dumps(explained.json(), indent=2) if as_json else "\n".join(explained.lines()))


@app.command(name="show")
def policy_show(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a policy file, in YAML")],
    due: SampleDue = None,
    timezone: Annotated[str, typer.Option(help="of the sample customer")] = "Europe/Berlin",
    country: Annotated[str, typer.Option(help="of the sample customer, for holidays and contact law")] = "DE",
    region: Annotated[str | None, typer.Option(help="state or province of the sample customer")] = None,
    svg: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="draw it as well, into this SVG file, for light and for dark pages"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the calendar of a sample invoice under a policy."""
    from domain.contact_law.placing import read_region
    from domain.contact_law.whereabouts import Whereabouts
    from domain.customer import Customer
    from domain.policy_page import show as page
    from lawbooks import law_of

    policy = read_policy(file)
    try:
        sample = Customer(
            id="SAMPLE",
            timezone=timezone,
            country=country,
            segment=next(iter(policy.audience.segments), "business"),
        )
        where = Whereabouts(region=None if region is None else read_region(region, country))
    except ValueError as error:
        raise Stop(str(error), status=2) from None
    due_on = due or datetime.now(UTC).date()
    law = law_of(Settings.from_env())(sample, where)
    rows = page(policy, due_on=due_on, customer=sample, law=law)
    if svg is not None:
        from drawing.calendar import calendar_file

        drawn = calendar_file(policy, due_on=due_on, customer=sample, law=law)
        svg.write_text(drawn, encoding="utf-8")
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
    language: Annotated[
        str | None, typer.Option(help="of the words, like en or de; without it SELLER_LANGUAGE")
    ] = None,
) -> None:
    """Print what a policy lets a customer expect, in plain language, from what drives the timers.

    Its version is what a customer accepts. The seller's name and addresses come from the environment.
    """
    from activities.rendering import Letters
    from composition import seller
    from domain.policy_document import document

    settings, letters = Settings.from_env(), Letters(ROOT / "templates")
    tag = language or settings.seller_language
    if not letters.speaks(tag):
        which = "SELLER_LANGUAGE" if language is None else "--language"
        raise Stop(f"{which}: there are no words in {tag!r}: use {' or '.join(letters.languages)}", status=2)
    text, page = letters.policy(document(read_policy(file), seller(settings)), language=tag)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page, encoding="utf-8")
    typer.echo(text, nl=False)


@app.command(name="simulate")
def policy_simulate(
    policies: Annotated[
        list[Path],
        typer.Option("--policy", exists=True, help="a policy file, or a folder of them; may be repeated"),
    ],
    events: Annotated[
        list[Path],
        typer.Option(
            "--events",
            exists=True,
            dir_okay=False,
            help="customer and events, in JSON; may be repeated, a customer each",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Play events of a customer through a policy: docs/simulation-format.md.

    One policy file is played, whomever it is for. Of several, or of a folder, each customer's is chosen as
    live: the first that is for it, the arm of an experiment, or what a person chose; and the output says why.
    """
    from domain.assignment import who
    from domain.simulation.play import simulate
    from lawbooks import law_of
    from store.rates import shipped

    rules = read_policies(policies)
    chosen = len(policies) > 1 or policies[0].is_dir()
    scenarios, laws = [read_scenario(file) for file in events], law_of(Settings.from_env())
    played = []
    for customer, where, history, until in scenarios:
        law = laws(customer, where)
        under = rules if chosen else rules[0]
        played.append((customer, simulate(under, customer, history, until, rates=shipped(), law=law)))
    if as_json:
        told = [{"customer": customer.id, **outcome.json()} for customer, outcome in played]
        typer.echo(json.dumps(told if len(told) > 1 else played[0][1].json(), indent=2))
        return
    for customer, outcome in played:
        if chosen or len(played) > 1:
            typer.echo(f"{customer.id}: {who(customer)}")
        _tell_outcome(outcome)


def _tell_outcome(outcome: Any) -> None:
    """Print which policy counts from when on and why, and then the timeline."""
    told = outcome.json()
    for each in told.get("policies", ()):
        name = f"policy {each['policy']} {each['version']}" if each["policy"] else "no policy"
        typer.echo(f"{each['at']} {name}, {each['why']}")
        for passed in each["passed_over"]:
            typer.echo(f"{each['at']} passed over: {passed['why']}")
    for line in told["timeline"]:
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
    """Read policy files and lint each by itself."""
    from activities.rendering import Letters
    from domain.channels import CHANNELS
    from domain.policy_lint import lint
    from lawbooks import books_of
    from store.rates import shipped

    letters, books = Letters(ROOT / "templates"), books_of(Settings.from_env())
    known: dict[str, tuple[str, ...]] = {channel: letters.names(channel) for channel in CHANNELS}
    looked_at = []
    for file in files:
        try:
            policy = read_policy(file)
        except Stop as stopped:
            looked_at.append(LookedAt(file=file, problems=str(stopped)))
        else:
            findings = lint(policy, templates=known, rates=shipped(), books=books)
            looked_at.append(LookedAt(file=file, policy=policy, findings=findings))
    return looked_at


def side_by_side(looked_at: Sequence[LookedAt], *, adopted: Sequence[Any] = ()) -> list[LookedAt]:
    """Add what is wrong with policies next to each other, and next to what is adopted."""
    from domain.policy_lint import lint_together

    together = lint_together([each.policy for each in looked_at if each.policy], adopted=adopted)
    return [replace(each, findings=(*each.findings, *_about(each.policy, together))) for each in looked_at]


def _about(policy: Any, together: Sequence[tuple[str, Any]]) -> list[Any]:
    return [finding for name, finding in together if policy is not None and name == policy.policy]


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
