"""What every command does first and last: it opens the ledger, and wakes a workflow.

Heavy modules are imported inside the functions that need them, so that `--help` answers at once.
"""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any

import typer

from ending import Stop, Unreachable
from settings import Settings

closing = ExitStack()
"""What `starter.main` closes at the end, however a command ended."""


def open_ledger(settings: Settings) -> Any:
    """Open the ledger, bringing it to this version's tables first."""
    from lawbooks import law_of
    from store.database import Ledger, migrate

    migrate(settings.database_url)
    ledger = Ledger(settings.database_url, law_of=law_of(settings))
    closing.callback(ledger.close)
    return ledger


def now_of(ledger: Any) -> datetime:
    """Return the ledger's now: real time, unless a demo has set its clock."""
    from store import clock

    return clock.read(ledger).business(datetime.now(UTC))


def wake(settings: Settings, customer_id: str) -> str:
    """Wake a customer's workflow; where Temporal does not answer, say that the sweep will."""
    from composition import connected, waker

    async def call() -> None:
        async with connected(settings) as client:
            await waker(client, settings.task_queue)(customer_id)

    try:
        asyncio.run(call())
    except Unreachable:
        return " (Temporal does not answer: the next sweep wakes the workflow)"
    return ""


def command(customer_id: str, name: str, data: Mapping[str, Any]) -> None:
    """Perform a finance command, as the Temporal UI's update of the same name does."""
    from composition import code_check
    from store import commands
    from store.errors import Refused

    settings = Settings.from_env()
    ledger = open_ledger(settings)
    given = {key: value for key, value in data.items() if value is not None}
    try:
        done = commands.perform(
            ledger, customer_id, name, given, now=now_of(ledger), check=code_check(settings)
        )
    except Refused as refused:
        raise Stop(f"{customer_id}: {refused}") from None
    woken = wake(settings, customer_id) if done.wake else ""
    if done.wrong:
        raise Stop(f"{customer_id}: {done.words}{woken}")
    typer.echo(f"{customer_id}: {done.words}{woken}")


def fact(customer_id: str, body: Any, *, happened_on: date | None, key: str) -> None:
    """Record one fact at the command line's door."""
    from domain.facts import PaymentReceived
    from domain.reported import too_early
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
    early = too_early(happened_on, now.date()) if isinstance(body, PaymentReceived) else None
    if early:
        raise Stop(f"--on: {early}", status=2)
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
