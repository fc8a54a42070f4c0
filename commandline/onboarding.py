"""Onboarding: the decision table, why a customer waits, calls, and bursts of applications."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from commandline.files import read_text
from commandline.session import command, now_of, open_ledger
from commandline.values import AsJson, By, CustomerId
from ending import Stop
from settings import Settings

if TYPE_CHECKING:
    from domain.onboarding.rules import OnboardingRules

app = typer.Typer(help="Decide who becomes a customer, and see why.", no_args_is_help=True)

TableFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a decision table, in YAML")]


@app.command()
def explain(customer: CustomerId, as_json: AsJson = False) -> None:
    """Print every check of a customer and the decision table row by row: why it waits, or was decided so."""
    from activities.onboarding_words import explanation
    from store import onboarding

    ledger = open_ledger(Settings.from_env())
    standing = onboarding.standing(ledger, customer, now=now_of(ledger))
    if standing.onboarding is None:
        raise Stop(f"{customer}: nobody was verified here")
    lines = explanation(standing)
    says = standing.move.reason.words if standing.move else f"over: {standing.onboarding.replace('_', ' ')}"
    if as_json:
        found = {
            "customer": customer,
            "onboarding": standing.onboarding,
            "says": says,
            "checks": {name: _check(check) for name, check in standing.progress.in_order()},
            "table": {"rules": standing.rules.rules, "version": standing.rules.version},
            "explained": lines,
        }
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(f"{customer}: {says}")
    for line in lines:
        typer.echo(f"- {line}")


def _check(check: Any) -> dict[str, Any]:
    return {
        "outcome": check.outcome,
        "at": check.at.isoformat(),
        "score": check.score,
        "reasons": list(check.reasons),
        "evidence": check.evidence,
        "provider": check.provider,
        "ruleset": check.ruleset,
    }


@app.command()
def lint(file: TableFile, as_json: AsJson = False) -> None:
    """Check a decision table: every mistake with its line, and what would be wise."""
    from domain.onboarding.table_lint import advice

    rules = _read(file)
    wise = advice(rules)
    if as_json:
        found = {"file": str(file), "version": rules.version, "rows": len(rules.rows), "advice": list(wise)}
        typer.echo(json.dumps(found, indent=2))
        return
    for line in wise:
        typer.echo(f"{file}: {line}")
    typer.echo(f"{rules.rules} {rules.version}: {len(rules.rows)} rows, no mistake")


@app.command()
def adopt(file: TableFile, by: By = "cli") -> None:
    """Let a decision table decide from now on, also of verifications that are not over."""
    from store import onboarding

    rules = _read(file)
    ledger = open_ledger(Settings.from_env())
    adopted = onboarding.adopt(ledger, rules, now=now_of(ledger), by=by)
    words = "adopted; the sweep wakes whom it concerns" if adopted else "decides already"
    typer.echo(f"{rules.rules} {rules.version}: {words}")


@app.command()
def table(as_json: AsJson = False) -> None:
    """Print the decision table that decides now, a row a line."""
    from store import onboarding_rules

    ledger = open_ledger(Settings.from_env())
    with ledger.read() as session:
        rules = onboarding_rules.in_force(session)
    if as_json:
        typer.echo(json.dumps({"version": rules.version, **json.loads(rules.canonical())}, indent=2))
        return
    typer.echo(f"{rules.rules} {rules.version}: {rules.title}")
    for row in rules.rows:
        asked = row.when.model_dump(mode="json", exclude_defaults=True)
        terms = getattr(row, row.action).model_dump(mode="json", exclude_defaults=True)
        typer.echo(f"- {row.id}: {row.action} {json.dumps(terms)} when {json.dumps(asked)}")


@app.command()
def checks(as_json: AsJson = False) -> None:
    """List the checks that there are, cheapest first, and everything that they may find."""
    from domain.onboarding.checks import CHECKS
    from domain.onboarding.findings import FINDINGS

    if as_json:
        kinds = [{"check": kind.id, "paid": kind.paid, "looks_at": kind.looks_at} for kind in CHECKS.values()]
        found = {code: {"weight": each.weight, "words": each.words} for code, each in FINDINGS.items()}
        typer.echo(json.dumps({"checks": kinds, "findings": found}, indent=2))
        return
    for kind in CHECKS.values():
        typer.echo(f"{kind.id}{' (costs money or time)' if kind.paid else ''}: {kind.looks_at}")
    for code, finding in FINDINGS.items():
        typer.echo(f"- {code} ({finding.weight}): {finding.words}")


@app.command()
def called(
    customer: CustomerId,
    outcome: Annotated[
        Literal["reached", "no_answer", "wrong_number"], typer.Argument(help="what came of the call")
    ],
    number_from: Annotated[
        str, typer.Option("--number-from", help="where the number is from: never from the application")
    ],
    attempt: Annotated[int, typer.Option(min=1, help="which call it was, from 1")] = 1,
    by: By = "cli",
) -> None:
    """Say what came of a call to a new customer."""
    told = {"outcome": outcome, "number_from": number_from, "attempt": attempt, "by": by}
    command(customer, "called_back", told)


@app.command()
def accept(
    customer: CustomerId,
    policy: Annotated[str, typer.Argument(help="the collections policy, by name or version")],
    by: By = "cli",
) -> None:
    """Note that a customer accepted the collections policy: without that there is no credit."""
    command(customer, "accept_policy", {"version": policy, "by": by})


@app.command()
def bursts(as_json: AsJson = False) -> None:
    """List the bursts of applications that are open: nobody who is part of one is let in by itself."""
    from store import alike

    found = alike.listed(open_ledger(Settings.from_env()))
    if as_json:
        listed = [
            {"burst": each.id, "alike": each.kind, "since": each.opened_at.isoformat(), "count": each.count}
            for each in found
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    for each in found:
        typer.echo(f"{each.id}: {each.count} with one {each.kind} since {each.opened_at:%d %b %Y %H:%M}")
    typer.echo(f"bursts that are open: {len(found)}")


@app.command(name="close-burst")
def close_burst(
    number: Annotated[int, typer.Argument(help="as `onboarding bursts` has it")], by: By = "cli"
) -> None:
    """Close a burst that a person has looked at; who waits because of it still waits for a decision."""
    from store import alike
    from store.errors import Refused

    ledger = open_ledger(Settings.from_env())
    try:
        alike.close_burst(ledger, number, now=now_of(ledger), by=by)
    except Refused as refused:
        raise Stop(str(refused)) from None
    typer.echo(f"burst {number}: closed")


def _read(file: Path) -> "OnboardingRules":
    from domain.documents import BadDocument, read
    from domain.onboarding.rules import OnboardingRules

    try:
        return read(read_text(file), model=OnboardingRules, name=str(file))
    except BadDocument as bad:
        raise Stop(str(bad)) from None


def card_of(file: Path | None) -> Any:
    """Read what a processor said of a card, from its JSON; no card number may stand in it."""
    from commandline.files import read_json
    from domain.onboarding.card_reading import read_card

    if file is None:
        return None
    found = read_json(file)
    try:
        return read_card(found if isinstance(found, dict) else {})
    except ValueError as error:
        raise Stop(f"{file}: {error}", status=2) from None


def expected(words: Sequence[str] | None) -> Any:
    """Read an amount with its currency, like 1490.00 EUR."""
    from domain.money import Money, MoneyError

    if not words:
        return None
    try:
        return Money.of(words[0], words[1])
    except MoneyError as error:
        raise Stop(f"--expects: {error}", status=2) from None
