"""Self-checks: what would otherwise stall in silence becomes a sentence."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile

from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

import lawbooks
from composition import connected, onboarding_files
from domain.clouds import CLOUDS
from domain.contact_law.whereabouts import Whereabouts
from domain.documents import BadDocument
from domain.errors import Misconfigured
from domain.interest.rates import Rates
from ending import Stop, Unreachable, ledger_words
from settings import Settings
from store import (
    alike,
    breakers,
    claims,
    clock,
    controls,
    inbox,
    monitors,
    onboarding_rules,
    policies,
    rates,
    refusals,
    sweep,
    switches,
    whereabouts,
)
from store.database import Ledger, is_there, migrate
from workflows.search_attributes import INDEXED_TYPES, SEARCH_ATTRIBUTES

ROW_AHEAD = timedelta(days=30)
"""So long before a rate of interest runs out `doctor` asks for the next row."""


UNSETTLED = timedelta(minutes=15)
"""Longer than a vendor is asked before an effect counts as unknown or is done again."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    about: str
    ok: bool
    words: str


async def problems_of_server(client: Client) -> list[str]:
    """Return what a server lacks, with the remedy; an unregistered attribute would stall every workflow."""
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    known = dict(answer.custom_attributes)
    problems = []
    for name, kind in SEARCH_ATTRIBUTES.items():
        command = f"temporal operator search-attribute create --name {name} --type {kind}"
        if name not in known:
            problems.append(f"search attribute {name} is not registered: run `{command}`")
        elif known[name] != INDEXED_TYPES[kind]:
            problems.append(
                f"search attribute {name} has another type than {kind}: remove it, then run `{command}`"
            )
    return problems


async def examine(settings: Settings) -> list[Finding]:
    """Look at settings, ledger and Temporal; every finding says what is wrong and the remedy."""
    findings = [Finding(about="settings", ok=True, words=f"task queue {settings.task_queue}")]
    findings += await asyncio.to_thread(_ledger, settings)
    findings += await asyncio.to_thread(lambda: [*_contact_law(settings)])
    findings.append(await asyncio.to_thread(_onboarding_lists, settings))
    findings.append(await asyncio.to_thread(_outbox, settings))
    findings.append(_partner_center(settings))
    findings += await _temporal(settings)
    return findings


def _ledger(settings: Settings) -> list[Finding]:
    about = f"ledger ({settings.database_url.split('://', 1)[0]})"
    path = settings.database_url.removeprefix("sqlite:///")
    try:
        if path != settings.database_url:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        migrate(settings.database_url)
        ledger = Ledger(settings.database_url)
        identity = Finding(about=about, ok=True, words=f"identity {ledger.identity}")
        looks = (_work, _doors, _monitors, _policies, _rates, _onboarding, _switches, _controls)
        return [identity, *(finding for look in looks for finding in look(ledger))]
    except (SQLAlchemyError, CommandError, OSError) as error:
        return [Finding(about=about, ok=False, words=ledger_words(error))]


def _work(ledger: Ledger) -> Iterator[Finding]:
    now = clock.read(ledger).business(datetime.now(UTC))
    waiting = sweep.due(ledger, now=now, limit=1000)
    words = f"{len(waiting)} customers wait for a look" + (": do workers run?" if waiting else "")
    yield Finding(about="sweep", ok=not waiting, words=words)
    open_claims = claims.unsettled(ledger, before=now - UNSETTLED)
    words = f"{len(open_claims)} effects of which nobody knows the outcome for a quarter of an hour"
    yield Finding(about="claims", ok=not open_claims, words=words)


def _doors(ledger: Ledger) -> Iterator[Finding]:
    """Say what the doors refused this week, and what was about nobody we know; neither is a fault of ours."""
    since = clock.read(ledger).business(datetime.now(UTC)) - WEEK
    refused = refusals.since(ledger, since.date())
    told = ", ".join(f"{count} at {door} ({why})" for (door, why), count in refused.items())
    yield Finding(about="webhooks refused this week", ok=True, words=told or "none")
    unknown = inbox.unknown_since(ledger, since)
    told = ", ".join(f"{count} of {source}" for source, count in unknown.items())
    yield Finding(about="webhooks about nobody we know", ok=True, words=told or "none")


def _monitors(ledger: Ledger) -> Iterator[Finding]:
    """Say which watch has gone silent, and what the others could tell nobody about."""
    now = clock.read(ledger).business(datetime.now(UTC))
    silent = {each.name for each in monitors.silent(ledger, now=now)}
    for monitor in monitors.all_of(ledger):
        if monitor.name in silent:
            yield Finding(about=f"monitor {monitor.name}", ok=False, words=monitor.words)
            continue
        told = ", ".join(f"{count} {word}" for word, count in sorted(monitor.unknown.items()))
        last = f"{monitor.succeeded_at:%d %b %Y %H:%M} UTC" if monitor.succeeded_at else "not yet"
        words = f"last went through: {last}" + (f"; of no use: {told}" if told else "")
        yield Finding(about=f"monitor {monitor.name}", ok=True, words=words)


def _policies(ledger: Ledger) -> Iterator[Finding]:
    adopted = [row for row in policies.listed(ledger) if row.position is not None]
    if not adopted:
        words = "none is adopted, so nobody is written to: `starter.py policy adopt FILE` does it"
        yield Finding(about="policies", ok=False, words=words)
        return
    yield Finding(about="policies", ok=True, words=", ".join(row.name for row in adopted))
    with ledger.read() as session:
        left = policies.uncovered(session)
    for segment, count in sorted(left.items()):
        words = (
            f"{count} customers are of segment {segment}, which no adopted policy is for, with all it asks"
        )
        yield Finding(about="policies", ok=False, words=words)


def _onboarding(ledger: Ledger) -> Iterator[Finding]:
    with ledger.read() as session:
        rules = onboarding_rules.in_force(session)
    yield Finding(about="onboarding", ok=True, words=f"decision table {rules.rules} {rules.version} decides")
    open_ = len(alike.listed(ledger))
    words = f"{open_} are open" + (": `starter.py onboarding bursts`" if open_ else "")
    yield Finding(about="bursts of applications", ok=not open_, words=words)


def _rates(ledger: Ledger) -> Iterator[Finding]:
    """Name the rows of interest by law that customers' countries need now, or soon."""
    try:
        tables = rates.shipped()
    except BadDocument as error:
        yield Finding(about="rates", ok=False, words=f"nobody is looked at before they are mended: {error}")
        return
    with ledger.read() as session:
        countries = policies.countries_with_interest_by_law(session)
    today = clock.read(ledger).business(datetime.now(UTC)).date()
    lacking = dict.fromkeys(filter(None, (_lacking(tables, country, today) for country in countries)))
    for words in lacking:
        yield Finding(about="rates", ok=False, words=f"{words}: without it no interest is proposed")
    if countries and not lacking:
        yield Finding(about="rates", ok=True, words=f"interest by law for {', '.join(countries)}")


def _lacking(tables: Rates, country: str, today: date) -> str | None:
    """Say which row of a country's table is missing, or will be in a month."""
    table = tables.table_for(country)
    if table is None:
        return f"no table in policies/rates/ is for {country}"
    file = f"policies/rates/{table.rows_of or table.table}.yaml"
    if (row := tables.lacking(table, today)) is not None:
        return f"{file} lacks row {row}"
    row = tables.lacking(table, today + ROW_AHEAD)
    return None if row is None else f"{file} will lack row {row} within {ROW_AHEAD.days} days"


def _contact_law(settings: Settings) -> Iterator[Finding]:
    """Say how surely the rules were read, and for how many customers some were not."""
    about = "contact law"
    try:
        books = lawbooks.books_of(settings)
    except (Stop, BadDocument, OSError) as error:
        yield Finding(about=about, ok=False, words=str(error))
        return
    yield Finding(about=about, ok=True, words="; ".join(books.confidence))
    for (country, region), count in sorted(_whereabouts(settings).items(), key=str):
        where = Whereabouts(region=region)
        for warning in books.warnings(country, where):
            who = "1 customer" if count == 1 else f"{count} customers"
            yield Finding(about=about, ok=True, words=f"{who}: {warning}")


def _onboarding_lists(settings: Settings) -> Finding:
    """Say what is wrong with the lists and tables that new customers are checked against."""
    wrong = []
    for read in onboarding_files(settings).all():
        try:
            read()
        except Misconfigured as why:
            wrong.append(str(why))
    return Finding(about="onboarding lists", ok=not wrong, words="; ".join(wrong) or "can be read")


def _whereabouts(settings: Settings) -> Mapping[tuple[str | None, str | None], int]:
    """Count the customers of each place; of a ledger that cannot be read nothing, it is a finding already."""
    try:
        if not is_there(settings.database_url):
            return {}
        with closing(Ledger(settings.database_url)) as ledger:
            return whereabouts.counted(ledger)
    except (SQLAlchemyError, CommandError):
        return {}


def _controls(ledger: Ledger) -> Iterator[Finding]:
    """Name the controls that are off or did not run when they should; a person decided the first."""
    now = clock.read(ledger).business(datetime.now(UTC))
    with ledger.read() as session:
        found = controls.register(session, now)
    for each in found:
        for words in each.words:
            yield Finding(about="control", ok=each.off is not None or not each.overdue, words=words)
    if not any(each.words for each in found):
        yield Finding(about="controls", ok=True, words=f"{len(found)} are on, and ran when they should")


def _switches(ledger: Ledger) -> Iterator[Finding]:
    holding = [*switches.holding(switches.read(ledger)), *breakers.holding(ledger)]
    for words in holding:
        yield Finding(about="switch", ok=False, words=words)
    if not holding:
        yield Finding(about="switch", ok=True, words="go")


def _partner_center(settings: Settings) -> Finding:
    """Say which cloud is ours, and what it does not have."""
    name = settings.partner_center_cloud
    if name is None:
        return Finding(about="Partner Center", ok=True, words="none is set up")
    cloud = CLOUDS[name]
    lacking = sorted(each.replace("_", " ") for each in CLOUDS["commercial"].offers - cloud.offers)
    without = f", which has no {', '.join(lacking)}" if lacking else ""
    return Finding(about="Partner Center", ok=True, words=f"{name} at {cloud.api}{without}")


def _outbox(settings: Settings) -> Finding:
    """Try to write where messages go; a folder's rights do not tell it of every disk."""
    about = f"outbox {settings.outbox}"
    try:
        settings.outbox.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=settings.outbox):
            return Finding(about=about, ok=True, words="can be written")
    except OSError as error:
        words = f"cannot be written ({error.strerror or error}): no message goes out; set OUTBOX, or mend it"
        return Finding(about=about, ok=False, words=words)


async def _temporal(settings: Settings) -> list[Finding]:
    about = f"Temporal at {settings.temporal_address}"
    try:
        async with connected(settings) as client:
            problems = await problems_of_server(client)
            stuck = await client.count_workflows("TemporalReportedProblems IS NOT NULL")
    except Unreachable as error:
        words = f"{error.why}; until then nothing is waited for or sent"
        return [Finding(about=about, ok=False, words=words)]
    findings = [Finding(about=about, ok=False, words=problem) for problem in problems]
    if not problems:
        findings.append(Finding(about=about, ok=True, words=f"namespace {client.namespace}"))
    words = f"{stuck.count} workflows cannot go on" + (
        ": filter the UI's list by Failures" if stuck.count else ""
    )
    findings.append(Finding(about="workflows", ok=not stuck.count, words=words))
    return findings
