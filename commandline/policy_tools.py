"""Policies tried on the past: years of real invoices under one or two of them, and what differs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from commandline.files import read_policy, read_scenario, writable
from commandline.session import closing, now_of
from commandline.values import AsJson, day
from ending import Stop
from settings import Settings

app = typer.Typer()

LEDGER = "ledger"
MOST_SHOWN = 10
"""So many customers are shown with all that changes for them."""


def _share(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is no share: write a fraction such as 0.20") from None


Policies = Annotated[
    list[Path],
    typer.Option("--policy", exists=True, dir_okay=False, help="a policy file; a second one is compared"),
]
ReactionDays = Annotated[
    int, typer.Option(min=0, max=365, help="assumed: days from a notice to the money that it brings")
]
ReactionShare = Annotated[
    Decimal,
    typer.Option(
        parser=_share, metavar="SHARE", help="assumed: the part of the money that reacts to a notice"
    ),
]
Map = Annotated[
    Path | None, typer.Option("--map", exists=True, dir_okay=False, help="what the columns of FILE mean")
]
Until = Annotated[
    date | None,
    typer.Option(
        "--until", parser=day, metavar="DATE", help="the last day to play; without it that of the last fact"
    ),
]
Customers = Annotated[int | None, typer.Option(min=1, help="only the first so many")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="processes side by side; they change only the time")]
Skip = Annotated[bool, typer.Option("--skip-bad-rows", help="play the good rows although others have errors")]
Encoding = Annotated[str, typer.Option(help="of FILE, like utf-8 or cp1252")]


@app.command(name="backtest")
def policy_backtest(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE|ledger", help="a CSV export of receivables, or the ledger's own facts"),
    ],
    policies: Policies,
    mapping: Map = None,
    until: Until = None,
    customers: Customers = None,
    jobs: Jobs = 1,
    reaction_days: ReactionDays = 5,
    reaction_share: ReactionShare = Decimal("0.20"),
    skip: Skip = False,
    encoding: Encoding = "utf-8-sig",
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="write a page with plots as well")] = None,
    as_json: AsJson = False,
) -> None:
    """Play years of real invoices under one or two policies: who would have got what, and when.

    Payments stay on the days on which they happened. What reminders would have brought forward is
    computed under an assumption, which is printed with the figures.
    """
    from commandline.progress import bar
    from domain.backtest import Backtest
    from domain.backtest_report import json_values, words
    from replay.backtest import play

    if len(policies) > 2:
        raise Stop("--policy: one policy is played, or two are compared: name no more", status=2)
    assumption = _assumption(reaction_days, reaction_share)
    rules = tuple(read_policy(each) for each in policies)
    writable(html)
    history = _history(file, mapping, until, customers, encoding=encoding, skip=skip)
    with bar("Playing customers", history.count) as played:
        tried = play(
            rules,
            history.pasts,
            until=history.until,
            days=reaction_days,
            jobs=jobs,
            progress=played,
            **_by_law(),
        )
    _played_somebody(history, [tally.customers for tally in tried.tallies], rules)
    if all(tally.since > history.until for tally in tried.tallies):
        raise Stop(f"nothing happened until {history.until}: choose a later day for --until")
    result = Backtest(
        source=history.source,
        customers=history.count,
        until=history.until,
        policies=rules,
        assumption=assumption,
        tried=tried,
    )
    if html is not None:
        from drawing.backtest import backtest_page

        html.write_text(backtest_page(result), encoding="utf-8")
    typer.echo(json.dumps(json_values(result), indent=2) if as_json else words(result))
    _tell_left_out(history)


@app.command(name="diff")
def policy_diff(
    before: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a policy file, as it is")],
    after: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a policy file, as it would be")],
    events: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="customer and events, in JSON, as for simulate"),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(metavar="FILE|ledger", help="a CSV export of receivables, or the ledger's own facts"),
    ] = None,
    mapping: Map = None,
    until: Until = None,
    customers: Customers = None,
    jobs: Jobs = 1,
    skip: Skip = False,
    encoding: Encoding = "utf-8-sig",
    as_json: AsJson = False,
) -> None:
    """Say what one policy has otherwise than another, and on given facts what changes for whom.

    Without facts only the rules are compared. Steps are the same if they have the same id.
    """
    from commandline.progress import bar
    from domain.policy_diff import compare
    from replay.backtest import compare as play_both

    first, second = read_policy(before), read_policy(after)
    if events is not None and file is not None:
        raise Stop("--events and --file: compare on the facts of one of them", status=2)
    history = None
    if events is not None:
        history = _scenario(events, until)
    elif file is not None:
        history = _history(file, mapping, until, customers, encoding=encoding, skip=skip)
    elif mapping is not None:
        raise Stop("--map: name the export that it is for with --file", status=2)
    rules = compare(first, second)
    changes = None
    if history is not None:
        with bar("Playing customers", history.count) as played:
            also = {"jobs": jobs, "progress": played, **_by_law()}
            changes = play_both(first, second, history.pasts, until=history.until, **also)
    if as_json:
        about = [{"policy": each.policy, "version": each.version} for each in (first, second)]
        facts = None
        if history is not None and changes is not None:
            facts = {"source": history.source, "until": history.until.isoformat(), **changes.json()}
        result = {"before": about[0], "after": about[1], "rules": [each.json() for each in rules]}
        typer.echo(json.dumps({**result, "facts": facts}, indent=2))
    else:
        typer.echo(f"from {first.policy} {first.version} to {second.policy} {second.version}")
        typer.echo("\n".join(map(str, rules)) or "the two say the same")
        if history is not None and changes is not None:
            typer.echo(f"\n{history.source}, until {history.until}: {changes.words(most=MOST_SHOWN)}")
    if history is not None:
        _tell_left_out(history)


@app.command(name="schema")
def policy_schema() -> None:
    """Print the JSON Schema of a policy file, for an editor: completion, hints and early errors."""
    from domain.policy_schema import schema

    typer.echo(json.dumps(schema(), indent=2))


def _assumption(days: int, share: Decimal) -> Any:
    from domain.backtest import Assumption

    try:
        return Assumption(days=days, share=share)
    except ValueError as error:
        raise Stop(f"--reaction-share: {error}", status=2) from None


def _by_law() -> dict[str, Any]:
    """Return what is law and no policy: rates of interest, and the rules of contact."""
    from lawbooks import law_of
    from store.rates import shipped

    return {"rates": shipped(), "law_of": law_of(Settings.from_env())}


# --- where the facts come from


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    """The customers to play; `errors` counts the rows that were left out."""

    source: str
    pasts: Iterable[Any]
    count: int
    until: date
    errors: int = 0


def _history(
    file: str, mapping: Path | None, until: date | None, first: int | None, *, encoding: str, skip: bool
) -> _History:
    """Read an export by its mapping, or the ledger."""
    if file == LEDGER:
        if mapping is not None:
            raise Stop("--map: the ledger needs no mapping: leave it out, or name an export", status=2)
        return _ledger(until, first)
    export = Path(file)
    if not export.is_file():
        raise Stop(f"{file}: there is no such file: name a CSV export, or `ledger`", status=2)
    if mapping is None:
        raise Stop(f"--map: say what the columns of {file} mean, as for `import`", status=2)
    return _export(export, mapping, until, first, encoding=encoding, skip=skip)


def _export(
    file: Path, mapping: Path, until: date | None, first: int | None, *, encoding: str, skip: bool
) -> _History:
    from domain.backtest import last_day
    from importing import read_mapping, read_receivables
    from replay.backtest import pasts_of

    found = read_receivables(file, mapping, encoding=encoding, today=datetime.now(UTC).date())
    for problem in found.problems:
        typer.echo(str(problem), err=True)
    if found.errors and not skip:
        raise Stop(f"{len(found.errors)} errors: nothing was played; mend them, or see --skip-bad-rows")
    pasts = pasts_of(found, read_mapping(mapping))
    last_on, pasts = last_day(pasts), pasts[:first]
    if last_on is None:
        raise Stop(f"{file}: no row can be played: there is no customer in it")
    return _History(
        source=str(file), pasts=pasts, count=len(pasts), until=until or last_on, errors=len(found.errors)
    )


def _ledger(until: date | None, first: int | None) -> _History:
    from store import customers, histories
    from store.database import Ledger, is_there

    settings = Settings.from_env()
    if not is_there(settings.database_url):
        raise Stop("there is no ledger of this version at DATABASE_URL: `starter.py import` fills one")
    ledger = Ledger(settings.database_url)
    closing.callback(ledger.close)
    count = len(customers.ids(ledger)[:first])
    if not count:
        raise Stop("the ledger has no customers: `starter.py import` brings them in")
    today = now_of(ledger).astimezone(ZoneInfo(settings.seller_timezone)).date()
    return _History(
        source="the ledger", pasts=histories.pasts(ledger, first=first), count=count, until=until or today
    )


def _scenario(events: Path, until: date | None) -> _History:
    from domain.backtest import Past

    customer, where, history, last_on = read_scenario(events)
    past = Past(customer=customer, where=where, channels=("email", "sms"), facts=tuple(history))
    return _History(source=str(events), pasts=(past,), count=1, until=until or last_on)


def _played_somebody(history: _History, counts: Iterable[int], rules: Iterable[Any]) -> None:
    if not any(counts):
        segments = sorted({segment for policy in rules for segment in policy.audience.segments})
        names = " and ".join(policy.policy for policy in rules)
        raise Stop(
            f"{history.source}: no customer is of segment {' or '.join(segments)}, which {names} is for"
        )


def _tell_left_out(history: _History) -> None:
    if history.errors:
        raise Stop(f"{history.errors} errors: their rows were left out; mend them and play again")
