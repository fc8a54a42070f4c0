"""Exports: many customers at once, some a transaction, compared with what exports said before."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from domain.contact_law.whereabouts import ANYWHERE, Whereabouts
from domain.customer import Customer
from domain.facts import Fact, InvoiceCorrected
from domain.receivables.amending import amend
from domain.receivables.imported import DatedBody
from store import customers, facts, signs
from store.customers import ContactData, Said
from store.database import Ledger
from store.errors import Refused
from store.facts import NewFact
from store.tables import CustomerRow

BATCH = 50
"""Customers of a bulk import in one transaction."""


class Imported(NamedTuple):
    """What an export says of one customer."""

    customer: Customer
    contact: ContactData
    new: Sequence[NewFact]
    where: Whereabouts = ANYWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What of an export was not recorded, and why; without an invoice all of the customer."""

    customer_id: str
    invoice: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What became of a bulk import.

    Attributes:
        added: customers that were new.
        contacts: customers whose contact data the export has otherwise than the ledger had it.
        changed: customers whose segment, country, time zone or language it has otherwise.
        touched: the customers with new facts, each to be woken once.
        refused: what was left out, or differs from what was recorded before.
    """

    added: int
    accepted: int
    already: int
    contacts: int
    changed: int
    touched: tuple[str, ...]
    refused: tuple[Refusal, ...]


@dataclass(slots=True)
class _Tally:
    """A bulk import's sums while it runs."""

    added: int = 0
    accepted: int = 0
    already: int = 0
    contacts: int = 0
    changed: int = 0
    touched: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, other: "_Tally") -> None:
        """Add the sums of one customer, now that they are certain."""
        self.added += other.added
        self.accepted += other.accepted
        self.already += other.already
        self.contacts += other.contacts
        self.changed += other.changed
        self.touched += other.touched
        self.refused += other.refused


def record_in_bulk(
    ledger: Ledger,
    incoming: Iterable[Imported],
    *,
    now: datetime,
    progress: Callable[[int], None],
    said: Set[str] = frozenset(),
    by: str = "import",
) -> BulkResult:
    """Add many customers with their facts, some 50 a transaction; may be repeated after a crash.

    Args:
        progress: called with the number of customers done.
        said: what of segment, country, time zone, language, region and places the export says of customers
            who are known already; all else of them is only for who is new.
        by: who is named where something of a customer changes.
    """
    tally, done, coming = _Tally(), 0, iter(incoming)
    while batch := list(islice(coming, BATCH)):
        with ledger.write() as session:
            # In one order everywhere, so that two imports never wait for each other.
            for each in sorted(batch, key=lambda each: each[0].id):
                tally.add(_import(session, each, said, now, by))
        done += len(batch)
        progress(done)
    return BulkResult(
        added=tally.added,
        accepted=tally.accepted,
        already=tally.already,
        contacts=tally.contacts,
        changed=tally.changed,
        touched=tuple(tally.touched),
        refused=tuple(tally.refused),
    )


def compare(
    ledger: Ledger, incoming: Iterable[Imported], *, now: datetime, said: Set[str] = frozenset()
) -> tuple[Refusal, ...]:
    """Return what `record_in_bulk` would leave out; nothing is written."""
    found: list[Refusal] = []
    with ledger.read() as session:
        for customer, _, new, where in incoming:
            row = session.get(CustomerRow, customer.id)
            known = facts.read(session, customer.id) if row else []
            if row:
                kept = customers.obstacles(session, row, _said(customer, where, said)).values()
                found += [Refusal(customer_id=customer.id, invoice=None, why=why) for why in kept]
            row = row or customers.row_of(customer, now=now)
            rows, differing = _amended(row, known, new, now)
            found += differing
            for invoice, some in rows.items():
                try:
                    facts.check(session, row, some, known=known, now=now)
                except Refused as error:
                    found.append(Refusal(customer_id=customer.id, invoice=invoice, why=str(error)))
    return tuple(found)


def _import(session: Session, each: Imported, said: Set[str], now: datetime, by: str) -> _Tally:
    """Import one customer; if the ledger refuses something, all rows but those that it is about."""
    try:
        with session.begin_nested():
            return _record(session, each, said, now, by, apart=False)
    except Refused:
        pass
    try:
        with session.begin_nested():
            return _record(session, each, said, now, by, apart=True)
    except _NothingLeft as nothing:
        return _Tally(refused=nothing.refused)


class _NothingLeft(Exception):
    """Nothing could be recorded of a customer, who is then not added either."""

    def __init__(self, refused: list[Refusal]) -> None:
        super().__init__()
        self.refused = refused


def _record(
    session: Session, each: Imported, said: Set[str], now: datetime, by: str, *, apart: bool
) -> _Tally:
    """Record one customer's facts, all together or else `apart`, row by row."""
    customer, contact, new, where = each
    added = customers.add(session, customer, contact, now=now, where=where)
    row = customers.lock(session, customer.id)
    revision = row.revision
    changed: tuple[str, ...] = ()
    kept: Mapping[str, str] = {}
    if not added:
        said_now = _said(customer, where, said)
        changed, kept = customers.reclassify(session, row, said_now, by=by, now=now)
    renewed = not added and _renewed(session, row, contact, now, by)
    known = [] if added else facts.read(session, row.id)
    rows, refused = _amended(row, known, new, now)
    refused += [Refusal(customer_id=row.id, invoice=None, why=why) for why in kept.values()]
    batches = rows if apart else {None: [fact for some in rows.values() for fact in some]}
    accepted = 0
    for invoice, some in batches.items():
        try:
            with session.begin_nested():
                written = facts.append(session, row, some, now=now)
                signs.look_through(session, row, written, now=now)
                accepted += len(written)
        except Refused as error:
            if not apart:
                raise
            refused.append(Refusal(customer_id=row.id, invoice=invoice, why=str(error)))
    if added and refused and not accepted:
        raise _NothingLeft(refused)
    return _Tally(
        added=added,
        accepted=accepted,
        already=sum(map(len, rows.values())) - accepted,
        contacts=renewed,
        changed=bool(changed),
        touched=[row.id] if row.revision != revision else [],
        refused=refused,
    )


def _amended(
    row: CustomerRow, known: Sequence[Fact], new: Sequence[NewFact], now: datetime
) -> tuple[dict[str | None, list[NewFact]], list[Refusal]]:
    """Return by invoice what is to be recorded, and what the export has otherwise than earlier ones."""
    now = max(now, row.last_now)
    today = now.astimezone(ZoneInfo(row.timezone)).date()
    recorded: dict[tuple[str, str | None], dict[str, DatedBody]] = {}
    for fact in known:
        recorded.setdefault((fact.source, _invoice(fact)), {})[fact.id] = _told(fact, today)
    rows: dict[str | None, list[NewFact]] = {}
    for each in new:
        rows.setdefault(_invoice(each), []).append(each)
    refused: list[Refusal] = []
    for invoice, some in rows.items():
        source = some[0].source
        amended = amend(
            [_told(each, today) for each in some], recorded.get((source, invoice), {}), today=today
        )
        rows[invoice] = [_new(source, each, now) for each in amended.facts]
        refused += [Refusal(customer_id=row.id, invoice=invoice, why=why) for why in amended.differences]
    return rows, refused


def _said(customer: Customer, where: Whereabouts, said: Set[str]) -> dict[str, Said]:
    """Return what an export says a customer is, and where; an empty cell says nothing."""
    placed: dict[str, Said | None] = {"region": where.region, "places": list(where.places)}
    found = {name: placed[name] if name in placed else getattr(customer, name) for name in sorted(said)}
    return {name: value for name, value in found.items() if value}


def _invoice(fact: Fact | NewFact) -> str | None:
    return getattr(fact.body, "invoice", None)


def _told(fact: Fact | NewFact, today: date) -> DatedBody:
    return DatedBody(id=fact.id, happened_on=fact.happened_on or today, body=fact.body)


def _new(source: str, told: DatedBody, now: datetime) -> NewFact:
    # An export does not say when it was corrected: it is now, and after all corrections until now.
    if isinstance(told.body, InvoiceCorrected):
        return NewFact(source=source, id=told.id, happened_at=now, body=told.body)
    return NewFact(source=source, id=told.id, happened_on=told.happened_on, body=told.body)


def _renewed(session: Session, row: CustomerRow, contact: ContactData, now: datetime, by: str) -> bool:
    """Take over the contact data of an export: what it leaves out stays, what was destroyed too."""
    if not customers.has_contact(session, row.id):
        return False
    given = {name: value for name, value in asdict(contact).items() if value is not None}
    return bool(customers.renew_contact(session, row, given, by=by, now=now))
