"""The doors: facts are written first, then the workflow is woken, where the plan changed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice

from sqlmodel import Session

from domain.book import is_money
from domain.customer import Customer
from domain.plan import plan
from store import customers, facts
from store.assess import signature
from store.customers import ContactData
from store.database import Ledger
from store.errors import NoPolicy, Refused
from store.facts import NewFact
from store.tables import CustomerRow

BATCH = 50
"""Customers of a bulk import in one transaction."""

Imported = tuple[Customer, ContactData, Sequence[NewFact]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of the facts at a door.

    Attributes:
        accepted: facts written now.
        already: facts that were recorded before.
        wake: whether the customer's workflow has to look.
    """

    accepted: int
    already: int
    wake: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What became of a bulk import.

    Attributes:
        added: customers that were new.
        contacts: customers whose contact data the export has otherwise than the ledger had it.
        touched: the customers with new facts, each to be woken once.
        refused: customer id and sentence; nothing of that customer was written.
    """

    added: int
    accepted: int
    already: int
    contacts: int
    touched: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


def record(
    ledger: Ledger, customer_id: str, new: Sequence[NewFact], *, now: datetime, news: bool = True
) -> Recorded:
    """Append facts in one transaction; a plan that they do not change needs no wake.

    Raises:
        UnknownCustomer, Conflict, Refused: nothing was written.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        assessed = row.assessed_revision == row.revision
        written = facts.append(session, row, new, now=now, news=news)
        accepted = len(written)
        wake = row.assessed_revision != row.revision
        money = any(is_money(fact.body) for fact in written)  # It changes what is owed: no need to look.
        if wake and assessed and not money and _plans_as_before(session, row, now):
            row.assessed_revision = row.revision
            wake = False
        return Recorded(accepted=accepted, already=len(new) - accepted, wake=wake)


def _plans_as_before(session: Session, row: CustomerRow, now: datetime) -> bool:
    try:
        loaded = facts.load(session, row)
    except NoPolicy:
        return False  # The workflow says so, where people look.
    return signature(plan(loaded.policy, loaded.account, max(now, row.last_now))) == row.signature


@dataclass(slots=True)
class _Tally:
    """A bulk import's sums while it runs."""

    added: int = 0
    accepted: int = 0
    already: int = 0
    contacts: int = 0
    touched: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def record_in_bulk(
    ledger: Ledger, incoming: Iterable[Imported], *, now: datetime, progress: Callable[[int], None]
) -> BulkResult:
    """Add many customers with their facts, some 50 a transaction; may be repeated after a crash.

    `progress` is called with the number of customers done.
    """
    tally, done, coming = _Tally(), 0, iter(incoming)
    while batch := list(islice(coming, BATCH)):
        with ledger.write() as session:
            # In one order everywhere, so that two imports never wait for each other.
            for each in sorted(batch, key=lambda each: each[0].id):
                _import(session, each, now, tally)
        done += len(batch)
        progress(done)
    return BulkResult(
        added=tally.added,
        accepted=tally.accepted,
        already=tally.already,
        contacts=tally.contacts,
        touched=tuple(tally.touched),
        refused=tuple(tally.refused),
    )


def _import(session: Session, each: Imported, now: datetime, tally: _Tally) -> None:
    customer, contact, new = each
    try:
        with session.begin_nested():
            added = customers.add(session, customer, contact, now=now)
            row = customers.lock(session, customer.id)
            revision = row.revision
            renewed = not added and _renewed(session, row, contact, now)
            accepted = len(facts.append(session, row, new, now=now))
    except Refused as error:
        tally.refused.append((customer.id, str(error)))
        return
    tally.added += added
    tally.accepted += accepted
    tally.already += len(new) - accepted
    tally.contacts += renewed
    if row.revision != revision:
        tally.touched.append(customer.id)


def _renewed(session: Session, row: CustomerRow, contact: ContactData, now: datetime) -> bool:
    """Take over the contact data of an export: what it leaves out stays, what was destroyed too."""
    if not customers.has_contact(session, row.id):
        return False
    given = {name: value for name, value in asdict(contact).items() if value is not None}
    return bool(customers.renew_contact(session, row, given, by="import", now=now))
