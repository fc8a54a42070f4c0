"""A replay of a whole receivables export: play every customer, then check what was promised.

Customers are independent, so several servers play side by side; each customer has its own clock. The
export names no addresses: the replay gives each customer invented ones, so that messages can be
"delivered", and says so.
"""

import asyncio
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from composition import Parts, parts
from domain.documents import read
from domain.policy import Policy
from domain.receivables import ImportedCustomer
from importing import new_facts, read_receivables
from replay.player import Player, player
from replay.report import ReplayReport
from settings import Settings
from store import customers, invariants, policies
from store.customers import ContactData
from store.database import Ledger, migrate
from store.facts import NewFact
from store.figures import figures

AFTERWARDS = timedelta(days=60)
"""How long a customer is watched after its last fact."""

BANK_HOUR = time(10)
"""Facts of the export have dates only; they arrive at this hour, the customer's time."""


def run(
    file: Path, mapping: Path, *, policy_file: Path, folder: Path, first: int | None, servers: int
) -> ReplayReport:
    """Replay an export under one policy into a fresh ledger under `folder`."""
    began = monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = Settings(database_url=f"sqlite:///{folder / 'ledger.db'}", outbox=folder / "outbox")
    migrate(settings.database_url)
    ledger = Ledger(settings.database_url)
    policy = read(policy_file.read_text(encoding="utf-8"), model=Policy, name=str(policy_file))
    everybody = read_receivables(file, mapping).customers[:first]
    start_at = min(_arrivals(customer)[0][0] for customer in everybody) - timedelta(days=1)
    policies.adopt(ledger, policy, now=start_at, by="replay")
    asyncio.run(_play_all(parts(settings, ledger), everybody, servers))
    report = ReplayReport(
        policy=f"{policy.policy}/{policy.version}",
        seconds=monotonic() - began,
        figures=figures(ledger),
        broken=tuple(invariants.broken(ledger)),
    )
    ledger.close()
    return report


async def _play_all(made: Parts, everybody: Iterable[ImportedCustomer], servers: int) -> None:
    """Play on several servers; each takes the next customer when it is done with one."""
    waiting = iter(everybody)
    async with asyncio.TaskGroup() as group:
        for number in range(servers):
            group.create_task(_serve(made, waiting, number))


async def _serve(made: Parts, waiting: Iterator[ImportedCustomer], number: int) -> None:
    """Play customers on one server until none is left."""
    async with player(made, task_queue=f"replay-{number}") as playing:
        for customer in waiting:
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
        customers.add(session, imported.customer, contact, now=arrivals[0][0] - timedelta(hours=1))
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
