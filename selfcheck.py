"""Self-checks: what would otherwise stall in silence becomes a sentence."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from composition import connected
from ending import Unreachable
from settings import Settings
from store import claims, clock, sweep, switches
from store.database import Ledger, migrate
from workflows.search_attributes import INDEXED_TYPES, SEARCH_ATTRIBUTES


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
    findings += await _temporal(settings)
    return findings


def _ledger(settings: Settings) -> list[Finding]:
    where = settings.database_url.split("://", 1)[0]
    path = settings.database_url.removeprefix("sqlite:///")
    if path != settings.database_url:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    try:
        migrate(settings.database_url)
        ledger = Ledger(settings.database_url)
        now = clock.read(ledger).business(datetime.now(UTC))
        waiting = sweep.due(ledger, now=now, limit=1000)
        open_claims = claims.unsettled(ledger, before=now - timedelta(hours=1))
        stopped = switches.read(ledger)
    except (SQLAlchemyError, OSError) as error:
        words = f"cannot be used ({type(error).__name__}): check DATABASE_URL and that it can be written"
        return [Finding(about=f"ledger ({where})", ok=False, words=words)]
    findings = [Finding(about=f"ledger ({where})", ok=True, words=f"identity {ledger.identity}")]
    words = f"{len(waiting)} customers wait for a look"
    findings.append(
        Finding(about="sweep", ok=not waiting, words=words + (": do workers run?" if waiting else ""))
    )
    words = f"{len(open_claims)} effects of which nobody knows the outcome for an hour"
    findings.append(Finding(about="claims", ok=not open_claims, words=words))
    words = (
        f"stopped by {stopped.stopped_by}: {stopped.stopped_reason}; `go` ends it"
        if stopped.stopped
        else "go"
    )
    findings.append(Finding(about="switch", ok=not stopped.stopped, words=words))
    ledger.close()
    return findings


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
