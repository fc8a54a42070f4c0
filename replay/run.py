"""A replay of a whole receivables export: play every customer, then check what was promised.

Customers are independent, so several servers play side by side; each customer has its own clock. The
export names no addresses: the replay gives each customer invented ones, so that messages can be
"delivered", and says so.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig

from composition import Parts, parts
from domain.facts import InvoiceIssued
from domain.policy import Policy
from domain.receivables.imported import Import, ImportedCustomer
from importing import Bar, new_facts
from lawbooks import law_of
from replay.folder import fresh
from replay.player import Player, player
from replay.report import ReplayReport, tell
from settings import Settings
from store import customers, invariants, journal, policies, reports
from store.customers import ContactData
from store.database import Ledger, migrate
from store.errors import Refused
from store.facts import NewFact
from store.figures import figures

AFTERWARDS = timedelta(days=60)
"""How long a customer is watched after its last fact."""

BANK_HOUR = time(10)
"""Facts of the export have dates only; they arrive at this hour, the customer's time."""


def run(
    found: Import, *, policy: Policy, folder: Path, first: int | None, servers: int, bar: Bar
) -> ReplayReport:
    """Replay an export, or the `first` so many of its customers, into a fresh ledger under `folder`.

    Raises:
        Refused: the policy is for nobody of them, or there is nobody.
    """
    began = monotonic()
    _hear_errors_alone()
    known = found.customers[:first]
    if not known:
        raise Refused("no row can be played: there is no customer in it")
    everybody = [each for each in known if policy.audience.missed(each.customer) is None]
    if not everybody:
        words = policy.audience.words
        raise Refused(f"no customer is of {words}, which policy {policy.policy} is for")
    fresh(folder)
    settings = Settings(database_url=f"sqlite:///{folder / 'ledger.db'}", outbox=folder / "outbox")
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url, durable=False, law_of=law_of(settings))
    start_at = min(_arrivals(customer)[0][0] for customer in everybody) - timedelta(days=1)
    policies.adopt(ledger, policy, now=start_at, by="replay")
    with bar("Playing customers", len(everybody)) as played:
        asyncio.run(_play_all(parts(settings, ledger), everybody, servers, played))
    told = folder / "timeline.csv"
    tell(journal.read(ledger), told)
    done = figures(ledger)
    report = ReplayReport(
        policy=f"{policy.policy}/{policy.version}",
        seconds=monotonic() - began,
        figures=done,
        rows_with_errors=len(found.errors),
        left_out=len(known) - len(everybody),
        told=told,
        broken=(*_unaccounted(everybody, ledger), *invariants.broken(ledger)),
    )
    ledger.close()
    return report


def _unaccounted(everybody: Iterable[ImportedCustomer], ledger: Ledger) -> list[str]:
    """Say which invoices of the export the ledger lacks, and which it has besides."""
    bodies = [fact.body for customer in everybody for fact in customer.facts]
    issued = {body.invoice for body in bodies if isinstance(body, InvoiceIssued)}
    booked = reports.invoices(ledger)
    return [
        *(f"invoice {invoice} was told and is not booked" for invoice in sorted(issued - booked)),
        *(f"invoice {invoice} is booked and nobody told it" for invoice in sorted(booked - issued)),
    ]


def _hear_errors_alone() -> None:
    """Leave out what each worker warns of: what the time-skipping server cannot do, and we do not use."""
    telemetry = TelemetryConfig(logging=LoggingConfig(filter="ERROR"))
    Runtime.set_default(Runtime(telemetry=telemetry), error_if_already_set=False)


async def _play_all(
    made: Parts, everybody: Iterable[ImportedCustomer], servers: int, played: Callable[[int], None]
) -> None:
    """Play on several servers; each takes the next customer when it is done with one."""
    waiting = iter(enumerate(everybody))
    async with asyncio.TaskGroup() as group:
        for number in range(servers):
            group.create_task(_serve(made, waiting, number, played))


async def _serve(
    made: Parts, waiting: Iterator[tuple[int, ImportedCustomer]], number: int, played: Callable[[int], None]
) -> None:
    """Play customers on one server until none is left."""
    async with player(made, task_queue=f"replay-{number}") as playing:
        for begun, customer in waiting:
            played(begun)
            await _play(playing, customer)


async def _play(playing: Player, imported: ImportedCustomer) -> None:
    arrivals = _arrivals(imported)
    customer_id = imported.customer.id
    contact = ContactData(
        name=imported.name or customer_id,
        email=f"billing@{customer_id.lower()}.example",
        phone="+12025550123",
    )
    with playing.ledger.write() as session:
        before = arrivals[0][0] - timedelta(hours=1)
        customers.add(session, imported.customer, contact, now=before, where=imported.where)
    await playing.play(customer_id, arrivals, arrivals[-1][0] + AFTERWARDS)
    await playing.end(customer_id)


def _arrivals(imported: ImportedCustomer) -> list[tuple[datetime, NewFact]]:
    """Return every fact with the instant at which it arrives, in order."""
    zone = ZoneInfo(imported.customer.timezone)
    found = [
        (datetime.combine(fact.happened_on or date.min, BANK_HOUR, zone).astimezone(UTC), fact)
        for fact in new_facts(imported)
    ]
    return sorted(found, key=lambda pair: (pair[0], pair[1].id))
