"""Arrears on the command line.

Every command takes --help. Those that print data take --json. Exit status: 0 done, 1 refused or not
found, 2 wrong usage. Commands write to the ledger and work while no worker runs; the workflow is
woken when Temporal answers, else by the next sweep.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

from domain.calendar import use_pinned_zones

use_pinned_zones()  # before anything reads a zone

import typer  # noqa: E402

from settings import ROOT, BadSettings, Settings  # noqa: E402

app = typer.Typer(
    name="starter.py",
    help=__doc__,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
policy_app = typer.Typer(help="Look at policies before they are switched on.", no_args_is_help=True)
report_app = typer.Typer(help="Reports from the ledger, as of any day.", no_args_is_help=True)
templates_app = typer.Typer(help="The words that customers read.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")
app.add_typer(report_app, name="report")
app.add_typer(templates_app, name="templates")

CustomerId = Annotated[str, typer.Argument(help="the customer's id in our books, like ACME")]
By = Annotated[str, typer.Option("--by", help="who decides this: a user name of ours", envvar="USER")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]


closing = ExitStack()
"""What `main` closes at the end, however a command ended."""


class Stop(Exception):
    """Ends a command with a sentence on standard error and a status."""

    def __init__(self, words: str, status: int = 1) -> None:
        super().__init__(words)
        self.status = status


def open_ledger(settings: Settings) -> Any:
    """Open the ledger, bringing it to this version's tables first."""
    from store.database import Ledger, migrate

    check_database_url(settings)
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url)
    closing.callback(ledger.close)
    return ledger


def check_database_url(settings: Settings) -> None:
    """Refuse a DATABASE_URL that names no ledger."""
    from store.database import read_url

    try:
        read_url(settings.database_url)
    except ValueError as error:
        raise BadSettings(str(error)) from None


def now_of(ledger: Any) -> datetime:
    """Return the ledger's now: real time, unless a demo has set its clock."""
    from store import clock

    return clock.read(ledger).business(datetime.now(UTC))


def wake(settings: Settings, customer_id: str) -> str:
    """Wake a customer's workflow; where Temporal does not answer, say that the sweep will."""
    from temporalio.service import RPCError

    from composition import connect, waker

    async def call() -> None:
        client = await asyncio.wait_for(connect(settings), timeout=5)
        await waker(client, settings.task_queue)(customer_id)

    try:
        asyncio.run(call())
    except (RPCError, RuntimeError, TimeoutError):
        return " (Temporal does not answer: the next sweep wakes the workflow)"
    return ""


def command(customer_id: str, name: str, data: Mapping[str, Any]) -> None:
    """Perform a finance command, as the Temporal UI's update of the same name does."""
    from store import commands
    from store.errors import Refused

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    given = {key: value for key, value in data.items() if value is not None}
    try:
        done = commands.perform(ledger, customer_id, name, given, now=now_of(ledger))
    except Refused as refused:
        raise Stop(f"{customer_id}: {refused}") from None
    woken = wake(settings, customer_id) if done.wake else ""
    typer.echo(f"{customer_id}: {done.words}{woken}")


def fact(customer_id: str, body: Any, *, happened_on: date | None, key: str) -> None:
    """Record one fact at the command line's door."""
    from domain.facts import PaymentReceived
    from store import doors
    from store.errors import Refused, UnknownCustomer
    from store.facts import NewFact

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    now = now_of(ledger)
    new = NewFact(
        source="cli",
        id=key,
        happened_on=happened_on,
        happened_at=None if happened_on else now,
        body=body,
    )
    if happened_on and isinstance(body, PaymentReceived) and happened_on > now.date() + timedelta(days=1):
        raise Stop(f"--on: {happened_on} is still to come: write when the money arrived", status=2)
    try:
        recorded = doors.record(ledger, customer_id, [new], now=now)
    except UnknownCustomer:
        raise
    except Refused as refused:
        known = f"`starter.py show {customer_id}` has what is known"
        raise Stop(f"{customer_id}: {refused}. Nothing was written: {known}") from None
    if recorded.already:
        typer.echo(f"{customer_id}: already recorded: {key}")
        return
    woken = wake(settings, customer_id) if recorded.wake else ""
    typer.echo(f"{customer_id}: recorded {key}{woken}")


def day(text: str) -> date:
    """Read a date on which something happens; far from our time it is a slip of the hand."""
    read = any_day(text)
    if not 1970 <= read.year <= 2100:
        raise typer.BadParameter(f"{text} is in an impossible year: write one between 1970 and 2100")
    return read


def any_day(text: str) -> date:
    """Read a date of the command line."""
    with suppress(ValueError):
        if len(text) == len("2026-02-03"):
            return date.fromisoformat(text)
    raise typer.BadParameter(f"{text!r} is no date: write it like 2026-02-03")


def instant(text: str) -> datetime:
    """Read an instant of the command line."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no instant: write it like 2026-02-03T09:00:00Z")
    return at


def reason_words(text: str) -> str:
    """Read a reason; an empty one would stand on every page where somebody wants to know."""
    if not text.strip():
        raise typer.BadParameter("an empty reason is none: write a few words, like 'asked for time'")
    return text.strip()


def money(amount: str, currency: str) -> dict[str, str]:
    """Check an amount with its currency before a fact is made of them."""
    from domain.money import Money, MoneyError

    try:
        if Money.of(amount, currency).minor > 0:
            return {"amount": amount.strip(), "currency": currency}
    except MoneyError as error:
        raise Stop(f"amount: {error}", status=2) from None
    raise Stop(f"amount: {amount} {currency} is no debt and no payment: write more than 0", status=2)


IssuedOn = Annotated[
    date | None, typer.Option("--issued", parser=day, metavar="DATE", help="its date; today without it")
]
ArrivedOn = Annotated[
    date | None, typer.Option("--on", parser=day, metavar="DATE", help="when it arrived; now without it")
]
SampleDue = Annotated[
    date | None,
    typer.Option("--due", parser=day, metavar="DATE", help="of the sample invoice; today without it"),
]
LastDay = Annotated[date | None, typer.Option("--to", parser=any_day, metavar="DATE", help="last day")]
Reason = Annotated[
    str,
    typer.Option(parser=reason_words, metavar="WORDS", help="why; it is shown wherever this has an effect"),
]
DueOn = Annotated[
    date,
    typer.Option("--due", parser=day, metavar="DATE", help="the last day to pay in time, like 2026-03-31"),
]


@app.command()
def invoice(
    customer: CustomerId,
    number: Annotated[str, typer.Argument(help="the invoice number, like INV-1042")],
    amount: Annotated[str, typer.Argument(help="the amount, like 1490.00")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code, like EUR")],
    due: DueOn,
    issued: IssuedOn = None,
    side: Annotated[bool, typer.Option(help="a side debt: never suspends the service")] = False,
) -> None:
    """Record an invoice; the same one again changes nothing."""
    from domain.facts import InvoiceIssued

    if issued and due < issued:
        raise Stop(f"--due: {due} is before --issued {issued}: correct one of them", status=2)
    body = InvoiceIssued.model_validate(
        {
            "invoice": number,
            **money(amount, currency),
            "due_on": due,
            "issued_on": issued,
            "main": not side,
        }
    )
    fact(customer, body, happened_on=issued, key=f"invoice:{number}")


@app.command()
def pay(
    customer: CustomerId,
    amount: Annotated[str, typer.Argument(help="the amount, like 1490.00")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code, like EUR")],
    payment: Annotated[str, typer.Option(help="the payment's own reference; the same one counts once")],
    invoice: Annotated[str | None, typer.Option(help="what it pays; else the oldest due first")] = None,
    on: ArrivedOn = None,
) -> None:
    """Record money that has arrived."""
    from domain.facts import PaymentReceived

    body = PaymentReceived.model_validate({"payment": payment, **money(amount, currency), "invoice": invoice})
    fact(customer, body, happened_on=on, key=f"payment:{payment}")


@app.command()
def pause(
    customer: CustomerId,
    reason: Reason,
    until: LastDay = None,
    by: By = "cli",
) -> None:
    """Stop chasing until the end of a day; the days do not count as lateness."""
    command(customer, "pause", {"to": until, "reason": reason, "by": by})


@app.command()
def resume(customer: CustomerId, by: By = "cli") -> None:
    """End a pause now: chasing goes on from where it stood."""
    command(customer, "resume", {"by": by})


@app.command()
def exempt(
    customer: CustomerId,
    reason: Reason,
    invoice: Annotated[str | None, typer.Option(help="only this invoice")] = None,
    until: LastDay = None,
    end: Annotated[bool, typer.Option("--end", help="end the exemption instead")] = False,
    by: By = "cli",
) -> None:
    """Never chase a customer, or one invoice, until undone with --end or a day has passed."""
    if end:
        command(customer, "end_exemption", {"invoice": invoice, "by": by, "reason": reason})
    else:
        command(customer, "exempt", {"invoice": invoice, "to": until, "reason": reason, "by": by})


@app.command()
def approve(
    customer: CustomerId,
    step: Annotated[str | None, typer.Option(help="the step that waits; without it, whichever does")] = None,
    by: By = "cli",
) -> None:
    """Approve a step that waits for a person."""
    command(customer, "approve", {"step": step, "by": by})


@app.command()
def suspend(customer: CustomerId, reason: Reason, by: By = "cli") -> None:
    """Suspend now instead of on the planned day; undelivered warnings still forbid it."""
    command(customer, "suspend", {"reason": reason, "by": by})


@app.command()
def reactivate(customer: CustomerId, reason: Reason, by: By = "cli") -> None:
    """Give the service back although money is still owed."""
    command(customer, "reactivate", {"reason": reason, "by": by})


@app.command(name="stop")
def stop_everything(reason: Reason, by: By = "cli") -> None:
    """Stop all outward effects, at once and for everybody, until `go`."""
    from store import switches

    ledger = open_ledger(Settings.from_env())
    new = switches.stop(ledger, reason=reason, by=by, now=now_of(ledger))
    typer.echo("stopped: nothing goes out until `go`" if new else "stopped already")


@app.command()
def go(
    allow_blast: Annotated[
        bool, typer.Option("--allow-blast", help="also let out, for an hour, what the blast guard holds")
    ] = False,
    by: By = "cli",
) -> None:
    """Let effects go out again; the sweep wakes everybody who waits."""
    from store import switches

    ledger = open_ledger(Settings.from_env())
    waiting = switches.go(ledger, by=by, now=now_of(ledger), allow_blast=allow_blast)
    typer.echo(f"go: {waiting} customers are waiting and will be woken by the sweep")


@app.command(name="go-live")
def go_live(
    on: Annotated[
        date | None, typer.Argument(parser=any_day, metavar="[DATE]", help="the day; without it, print it")
    ] = None,
) -> None:
    """Show or set the day before which no step counts: what fell due earlier is not sent.

    A ledger goes live on the day of its first policy. The sweep looks at everybody again.
    """
    from store import switches

    ledger = open_ledger(Settings.from_env())
    if on is not None:
        switches.set_go_live(ledger, on)
    day_of = switches.read(ledger).go_live_on
    typer.echo(f"live since {day_of}" if day_of else "not live yet: adopt a policy first")


@app.command(name="dry-run")
def dry_run(as_json: AsJson = False) -> None:
    """List what would go out now, to nobody's harm."""
    from store import reports

    ledger = open_ledger(Settings.from_env())
    wanted = reports.dry_run(ledger, now=now_of(ledger))
    if as_json:
        typer.echo(json.dumps([line.json() for line in wanted], indent=2))
        return
    for line in wanted:
        typer.echo(line.words)
    typer.echo(f"would go out now: {len(wanted)}")


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="a CSV export of receivables")],
    mapping: Annotated[
        Path, typer.Option("--map", exists=True, dir_okay=False, help="what its columns mean")
    ],
    check: Annotated[bool, typer.Option("--check", help="only report what is wrong; write nothing")] = False,
    skip: Annotated[
        bool, typer.Option("--skip-bad-rows", help="import the good rows although others have errors")
    ] = False,
    encoding: Annotated[str, typer.Option(help="of the file, like utf-8 or cp1252")] = "utf-8-sig",
    as_json: AsJson = False,
) -> None:
    """Import customers, invoices, payments and disputes from any CSV.

    Every problem is reported by its line. If a row has an error, nothing is written at all. To import
    a file again changes nothing; after a crash it writes what is missing.
    """
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
    if not check and (skip or not found.errors):
        settings = Settings.from_env()
        ledger = open_ledger(settings)
        done = import_receivables(ledger, found, file=file, now=now_of(ledger), settings=settings)
        refused = done.refused
        summary |= done.json()
        lines.append(done.words())
    for sentence in refused:
        typer.echo(sentence, err=True)
    typer.echo(json.dumps(summary) if as_json else "\n".join(lines))
    if refused:
        raise Stop(f"{len(refused)} customers were refused: mend their rows and import again")
    if found.errors and skip and not check:
        raise Stop(f"{len(found.errors)} errors: their rows were left out; mend them and import again")
    if found.errors:
        raise Stop(f"{len(found.errors)} errors: nothing was written; mend them, or see --skip-bad-rows")


@app.command()
def onboard(
    customer: CustomerId,
    name: Annotated[str, typer.Option(help="the company, or the person")],
    email: Annotated[str, typer.Option(help="where reminders go")],
    phone: Annotated[str | None, typer.Option(help="in international form, like +4930123456")] = None,
    address: Annotated[str | None, typer.Option(help="postal address in one line")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166 code, like DE")] = None,
    timezone: Annotated[str, typer.Option(help="IANA name, like Europe/Berlin")] = "UTC",
    segment: Annotated[str, typer.Option(help="business or consumer")] = "business",
    language: Annotated[str, typer.Option(help="of messages, like en or pt-BR")] = "en",
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code, like EUR")] = None,
    vat_id: Annotated[str | None, typer.Option("--vat-id", help="tax number of a company")] = None,
) -> None:
    """Begin the verification of a new customer."""
    from domain.onboarding import Application
    from store import onboarding

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    application = Application(
        customer_id=customer,
        name=name,
        email=email,
        phone=phone,
        address=address,
        country=country,
        timezone=timezone,
        segment=segment,
        language=language,
        currency=currency,
        vat_id=vat_id,
    )
    recorded = onboarding.apply(ledger, application, now=now_of(ledger))
    if not recorded.accepted:
        typer.echo(f"{customer}: onboarding was begun before")
        return
    typer.echo(f"{customer}: verification begins{wake(settings, customer)}")


@app.command()
def show(customer: CustomerId, as_json: AsJson = False) -> None:
    """Show a customer: what is owed, what was said, what is next, and why."""
    from activities.books import Books
    from composition import code_version
    from domain.commands import COMMANDS
    from domain.view import details
    from store import clock, journal

    ledger = open_ledger(Settings.from_env())
    books = Books(ledger=ledger, clock=lambda: clock.read(ledger), code_version=code_version())
    view = books.view(books.assess(customer, now_of(ledger)))
    lines = journal.read(ledger, customer)
    if as_json:
        journaled = [{"at": line.at.isoformat(), "what": line.what, "why": line.why} for line in lines]
        typer.echo(json.dumps({"view": view, "journal": journaled}, indent=2))
        return
    typer.echo(details(view, COMMANDS).replace("**", "").replace("`", "").removeprefix("# "))
    typer.echo("\nWhat was decided, and why")
    for line in lines:
        typer.echo(f"- {line.at:%d %b %Y %H:%M} {line.what} {line.step or ''}: {line.why}")


@app.command()
def doctor() -> None:
    """Check settings, ledger and Temporal; say what is missing and what then does not work."""
    from selfcheck import examine

    settings = Settings.from_env()
    check_database_url(settings)
    findings = asyncio.run(examine(settings))
    for finding in findings:
        typer.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.about}: {finding.words}")
    if not all(finding.ok for finding in findings):
        raise Stop("something needs attention: see the lines marked BAD")


@app.command()
def demo(
    days: Annotated[int, typer.Option(min=1, max=400, help="business days to play")] = 120,
    speed: Annotated[float, typer.Option(min=0.1, max=4, help="business days a second")] = 1.0,
    keep: Annotated[bool, typer.Option("--keep", help="leave everything running until Ctrl-C")] = False,
    folder: Annotated[Path, typer.Option(help="where its database and messages go; emptied first")] = Path(
        "var/demo"
    ),
) -> None:
    """Play a sample business on a real Temporal server and watch."""
    from demo.play import play

    raise SystemExit(play(days=days, days_a_second=speed, keep=keep, folder=folder))


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
    as_json: AsJson = False,
) -> None:
    """Play a history of receivables through the real workflows, and check what it promised."""
    from replay.run import run

    report = run(file, mapping, policy_file=policy, folder=folder, first=customers, servers=servers)
    typer.echo(json.dumps(report.json(), indent=2) if as_json else report.words())
    if report.broken:
        raise Stop(f"{len(report.broken)} promises were broken: see above")


PolicyFiles = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="policy files, in YAML")]


@policy_app.command(name="lint")
def policy_lint(files: PolicyFiles) -> None:
    """Check policy files: every mistake with its line, and what would be wise."""
    linted(files)


@policy_app.command(name="adopt")
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


@policy_app.command(name="list")
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


@policy_app.command(name="show")
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


@policy_app.command(name="simulate")
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


@report_app.command(name="ageing")
def report_ageing(
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=any_day, metavar="DATE", help="the end of this day; today without it"),
    ] = None,
    known_at: Annotated[
        datetime | None,
        typer.Option("--known-at", parser=instant, metavar="INSTANT", help="as we knew it then"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What is open by days past due, per currency, at the end of any day."""
    from store import reports

    ledger = open_ledger(Settings.from_env())
    ageing = reports.ageing(ledger, as_of=as_of or now_of(ledger).date(), known_at=known_at)
    typer.echo(json.dumps(ageing.json(), indent=2) if as_json else ageing.table())


@templates_app.command(name="render")
def templates_render(
    folder: Annotated[Path, typer.Option(help="where the page goes")] = Path("var/templates"),
) -> None:
    """Render every template with sample data into one page."""
    from activities.rendering import Letters, render_all

    typer.echo(f"rendered: {render_all(Letters(ROOT / 'templates'), folder)}")


def read_text(file: Path) -> str:
    """Read a text file; one that is none is named with its line."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Stop(f"{file}:{line}: not UTF-8 text ({error.reason}): save the file as UTF-8") from None


def read_policy(file: Path) -> Any:
    """Read and check a policy file."""
    from domain.documents import BadDocument, read
    from domain.policy import Policy

    try:
        return read(read_text(file), model=Policy, name=str(file))
    except BadDocument as bad:
        raise Stop(str(bad)) from None


def read_scenario(file: Path) -> tuple[Any, list[Any], date]:
    """Read the events of `policy simulate`: the customer, its facts, and the last day to play."""
    from pydantic import ValidationError

    from domain.documents import sentences
    from domain.simulate import Scenario, read_events

    def refuse(problems: list[str]) -> NoReturn:
        raise Stop("\n".join(f"{file}: {problem}" for problem in problems)) from None

    try:
        scenario = Scenario.model_validate(read_json(file))
    except ValidationError as error:
        refuse(sentences(error, model=Scenario))
    try:
        customer = scenario.customer.customer()
    except ValueError as error:
        refuse([f"customer: {error}"])
    try:
        return customer, read_events(customer, scenario.events), scenario.until
    except ValueError as error:
        refuse(str(error).splitlines())


def read_json(file: Path) -> Any:
    """Read a JSON file strictly: no NaN, and no key twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise Stop(f"{file}: the key {key!r} stands twice in one object: keep one of them")
        return dict(pairs)

    def no_number(word: str) -> NoReturn:
        raise Stop(f'{file}: {word} is no number: write amounts as text, like "1490.00"')

    text = read_text(file)
    if not text.strip():
        raise Stop(f"{file}:1: the file is empty: see docs/simulation-format.md for what goes in")
    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}"
        raise Stop(
            f"{where}: this is not JSON at column {error.colno} ({error.msg}): mend it there"
        ) from None
    except (ValueError, RecursionError):
        raise Stop(f"{file}: a number too long or too many levels inside each other: simplify it") from None


def leave(status: int) -> NoReturn:
    """Exit without interpreter shutdown, in which a Temporal client may abort.

    Source: github.com/temporalio/sdk-python/issues/300.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # whoever read our output has enough
            stream.flush()
    os._exit(status)


def ledger_errors() -> tuple[type[Exception], ...]:
    """Return what a database may raise; loaded only once something was raised."""
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    return SQLAlchemyError, CommandError


def ledger_words(error: Exception) -> str:
    """Say what is wrong with the ledger, without the statement: its values are personal data."""
    cause = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
    if "locate revision" in str(error):
        return "the ledger was written by a newer version of Arrears: use that version"
    return f"the ledger cannot be used ({cause}): check DATABASE_URL, and that it can be read and written"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, with the process's arguments or these, and return its exit status."""
    from pydantic import ValidationError

    from domain.documents import sentences
    from domain.money import MoneyError
    from store.errors import Refused

    try:
        with closing:
            app(arguments, prog_name="starter.py", standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Stop as stopped:
        words, status = str(stopped), stopped.status
    except (Refused, MoneyError) as refused:
        words, status = str(refused), 1
    except ValidationError as wrong:
        words, status = "\n".join(sentences(wrong)), 2
    except BadSettings as bad:
        words, status = str(bad), 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        words, status = f"{where}{error.strerror or error}: check the path and your rights to it", 1
    except ledger_errors() as error:
        words, status = ledger_words(error), 1
    else:
        return 0
    typer.echo(words, err=True)
    return status


if __name__ == "__main__":
    leave(main())
