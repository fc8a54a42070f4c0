"""Customers: who there is, the lock on one, and the personal data that can be destroyed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime

from sqlalchemy import bindparam, null, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select

from domain.contact_law.placing import read_city, read_region
from domain.contact_law.whereabouts import ANYWHERE, Whereabouts
from domain.customer import Customer
from domain.facts import Body, ContactChanged, ContactInvalid, Fact
from domain.identifiers import usable
from domain.onboarding import Application
from store import facts, journal, policies, whereabouts
from store.database import Ledger
from store.errors import Refused, UnknownCustomer
from store.facts import NewFact
from store.tables import (
    ActivityDetailRow,
    ActivityRow,
    ApplicationRow,
    BankDetailRow,
    BankPayerRow,
    ContactRow,
    CustomerRow,
    ExchangeRow,
    IncidentRow,
    IncidentTextRow,
    OwnPageRow,
    ReplyRow,
    SnapshotRow,
    TraitRow,
)

_LOCKED = select(CustomerRow).where(CustomerRow.id == bindparam("customer")).with_for_update()

Said = str | list[str]
"""What is said of a customer in one column of its row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactData:
    """How to reach a customer; what is None is not known, or was destroyed. It prints nothing of it."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    vat_id: str | None = field(default=None, repr=False)


def contact_of(application: Application) -> ContactData:
    """Return the contact data that an application holds."""
    return ContactData(**{name.name: getattr(application, name.name) for name in fields(ContactData)})


def add(
    session: Session,
    customer: Customer,
    contact: ContactData,
    *,
    now: datetime,
    where: Whereabouts = ANYWHERE,
) -> bool:
    """Add a customer; False when the id is known already, and then nothing is changed."""
    if session.get(CustomerRow, customer.id) is not None:
        return False
    row = row_of(customer, now=now)
    whereabouts.note(row, where)
    whereabouts.note_phone(row, contact.phone)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return False  # Somebody else added it at this moment, and has committed.
    session.add(ContactRow(customer_id=customer.id, **asdict(contact)))
    session.flush()
    return True


def row_of(customer: Customer, *, now: datetime) -> CustomerRow:
    """Return the row of a customer who is new."""
    values = {**asdict(customer), "tags": list(customer.tags)}
    return CustomerRow(**values, created_at=now, revision=1, news=1, last_now=now)


def get(session: Session, customer_id: str) -> CustomerRow:
    """Return a customer's row, to read only.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    row = session.get(CustomerRow, customer_id)
    if row is None:
        raise unknown(customer_id)
    return row


def known(ledger: Ledger, customer_id: str) -> None:
    """Return when there is such a customer.

    Raises:
        UnknownCustomer: there is none of this id; a sentence that says what to do.
    """
    with ledger.read() as session:
        get(session, customer_id)


def lock(session: Session, customer_id: str) -> CustomerRow:
    """Lock a customer's row until the end of the transaction, and return it as it is now.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    session.flush()
    found = session.exec(
        _LOCKED, params={"customer": customer_id}, execution_options={"populate_existing": True}
    )
    row = found.one_or_none()
    if row is None:
        raise unknown(customer_id)
    return row


def unknown(customer_id: str) -> UnknownCustomer:
    """Return the error that says what to do about a customer nobody knows."""
    return UnknownCustomer(
        f"There is no customer {customer_id!r} in this ledger: add it with `starter.py onboard`,"
        " or import its invoices with `starter.py import`."
    )


def contact(session: Session, customer_id: str) -> ContactData:
    """Return the contact data of a customer; all None once destroyed."""
    row = session.get(ContactRow, customer_id)
    if row is None:
        return ContactData()
    return ContactData(**row.model_dump(exclude={"customer_id"}))


def change_contact(session: Session, row: CustomerRow, changed: ContactData, *, now: datetime) -> list[Fact]:
    """Replace the contact data of a locked customer; a fact says which channels changed, not to what."""
    before = contact(session, row.id)
    session.merge(ContactRow(customer_id=row.id, **asdict(changed)))
    whereabouts.note_phone(row, changed.phone)
    if before.email not in (None, changed.email) or before.phone not in (None, changed.phone):
        # The old address may be another's by now: links that were sent there show nothing any more.
        pages = update(OwnPageRow).where(col(OwnPageRow.customer_id) == row.id)
        session.exec(pages.values(generation=OwnPageRow.generation + 1))
    session.flush()
    new: list[NewFact] = []
    for channel, old, value in (
        ("email", before.email, changed.email),
        ("sms", before.phone, changed.phone),
    ):
        if value != old:
            body: Body = ContactChanged(channel=channel) if value else ContactInvalid(channel=channel)
            name = f"{row.id}/{row.revision + 1}/{channel}"
            new.append(NewFact(source="contact", id=name, happened_at=now, body=body))
    return facts.append(session, row, new, now=now)


def renew_contact(
    session: Session, row: CustomerRow, given: Mapping[str, str | None], *, by: str, now: datetime
) -> tuple[str, ...]:
    """Take what is given into the contact data of a locked customer; return the names of what changed.

    What changed is journaled by its name alone: the ledger's lines outlive the data.
    """
    before = contact(session, row.id)
    after = replace(before, **given)
    changed = tuple(name for name in given if getattr(after, name) != getattr(before, name))
    if changed:
        now = max(now, row.last_now)
        change_contact(session, row, after, now=now)
        why = f"changed contact data: {', '.join(changed)}"
        journal.write(session, at=now, what="note", why=why, customer_id=row.id, actor=by)
    return changed


def reclassify(
    session: Session, row: CustomerRow, given: Mapping[str, Said], *, by: str, now: datetime
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Take what a plan knows a locked customer by otherwise, as far as that is safe.

    Returns the names of what changed, and the sentences of `obstacles` for what stays.
    """
    kept = obstacles(session, row, given)
    changed = {name: value for name, value in _otherwise(row, given).items() if name not in kept}
    if changed:
        words = [f"{name} {_shown(getattr(row, name))} to {_shown(value)}" for name, value in changed.items()]
        why = f"changed customer: {', '.join(words)}"
        journal.write(session, at=max(now, row.last_now), what="note", why=why, customer_id=row.id, actor=by)
        for name, value in changed.items():
            setattr(row, name, value)
        # The policy, the hours and the holidays may be others: the workflow has to look.
        row.revision += 1
        row.news += 1
        session.flush()
    return tuple(changed), kept


def obstacles(session: Session, row: CustomerRow, given: Mapping[str, Said]) -> dict[str, str]:
    """Return, by its name, why what is given otherwise than known cannot be taken now; writes nothing."""
    otherwise = _otherwise(row, given)
    kept = {}
    zone = otherwise.get("timezone")
    if zone is not None and row.case_open:
        # The day of the suspension was announced, and debts were counted late, by the days of the old one.
        kept["timezone"] = (
            f"{row.id}: the time zone {row.timezone} stays and is not changed to {zone} while a case is open:"
            " import again when it is closed"
        )
    # A country is taken whatever follows: its law and its holidays count. The seller's own words are not.
    words = [name for name in ("segment", "size", "risk") if name in otherwise]
    then = CustomerRow(**{**row.model_dump(), **otherwise}).customer()
    if words and policies.covers(session, row.customer()) and not policies.covers(session, then):
        for name in words:
            kept[name] = (
                f"{row.id}: the {name} {getattr(row, name) or 'unknown'} stays, since no adopted policy is"
                f" for {otherwise[name]}: correct it, or adopt one with `starter.py policy adopt FILE`"
            )
    return kept


def _otherwise(row: CustomerRow, given: Mapping[str, Said]) -> dict[str, Said]:
    return {name: value for name, value in given.items() if value != getattr(row, name)}


def _shown(value: Said | None) -> str:
    return " and ".join([value] if isinstance(value, str) else value or []) or "unknown"


def place(
    ledger: Ledger,
    customer_id: str,
    *,
    timezone: str | None = None,
    region: str | None = None,
    city: str | None = None,
    by: str,
    now: datetime,
) -> tuple[str, ...]:
    """Take time zone, region or city of a customer as a person says; return the names of what changed.

    Raises:
        UnknownCustomer: there is none of this id.
        Refused: one of them cannot be, or has to stay for now; nothing was written.
    """
    with ledger.write() as session:
        row = lock(session, customer_id)
        given: dict[str, Said] = {}
        try:
            if timezone:
                given["timezone"] = replace(row.customer(), timezone=timezone).timezone
            if region:
                given["region"] = read_region(region, row.country)
            if city:
                given["places"] = [read_city(city, row.country)]
        except ValueError as error:
            raise Refused(str(error)) from None
        kept = obstacles(session, row, given)
        if kept:
            raise Refused("\n".join(kept.values()))
        return reclassify(session, row, given, by=by, now=now)[0]


def correct_contact(
    ledger: Ledger, customer_id: str, given: Mapping[str, str | None], *, by: str, now: datetime
) -> tuple[tuple[str, ...], bool]:
    """Change contact data as a person says; return the names of what changed, and whether to wake.

    Raises:
        UnknownCustomer: there is none of this id.
        Refused: an address cannot be used; nothing was written.
    """
    with ledger.write() as session:
        row = lock(session, customer_id)
        revision = row.revision
        changed = renew_contact(session, row, _usable(row, given), by=by, now=now)
        return changed, row.revision != revision


def _usable(row: CustomerRow, given: Mapping[str, str | None]) -> dict[str, str | None]:
    addresses = Application(
        customer_id=row.id, country=row.country, email=given.get("email"), phone=given.get("phone")
    )
    try:
        tidy = usable(addresses)
    except ValueError as error:
        raise Refused(str(error)) from None
    return {**given, **{name: getattr(tidy, name) for name in ("email", "phone") if name in given}}


def known_contact(ledger: Ledger, customer_id: str) -> dict[str, bool]:
    """Return for each kind of contact data whether the ledger has it, and never what it is.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        known = asdict(contact(session, get(session, customer_id).id))
    return {name: value is not None for name, value in known.items()}


def reached_at(session: Session, channel: str, address: str) -> list[str]:
    """Return the ids of all customers whose number or email address this is, sorted."""
    found = select(ContactRow.customer_id)
    if channel == "sms":
        return sorted(session.exec(found.where(ContactRow.phone == address)))
    # Vendors lower it as they like, and nobody has two mailboxes that differ by case.
    return sorted(session.exec(found.where(func.lower(ContactRow.email) == address.lower())))


def has_contact(session: Session, customer_id: str) -> bool:
    """Whether there is contact data; there is none once it was destroyed."""
    return session.get(ContactRow, customer_id) is not None


def destroy_contact(session: Session, customer_id: str) -> bool:
    """Destroy the personal data of a customer; facts stay. False when there was none."""
    row = lock(session, customer_id)
    data = session.get(ContactRow, customer_id)
    theirs = select(IncidentRow.id).where(IncidentRow.customer_id == customer_id)
    session.exec(delete(IncidentTextRow).where(col(IncidentTextRow.incident_id).in_(theirs)))
    for table in (ReplyRow, ApplicationRow, TraitRow, BankDetailRow, BankPayerRow):
        session.exec(delete(table).where(col(table.customer_id) == customer_id))
    # That something was asked and answered stays; what the provider said of the customer does not.
    said = update(ExchangeRow).where(col(ExchangeRow.customer_id) == customer_id)
    session.exec(said.values(sent=null(), got=null()))
    over = update(SnapshotRow).where(
        col(SnapshotRow.customer_id) == customer_id, col(SnapshotRow.over_at).is_not(None)
    )
    session.exec(over.values(content=null()))
    done = select(ActivityRow.id).where(ActivityRow.customer_id == customer_id)
    session.exec(delete(ActivityDetailRow).where(col(ActivityDetailRow.activity_id).in_(done)))
    if data is None:
        return False
    session.delete(data)
    whereabouts.note_phone(row, None)
    session.flush()
    row.revision += 1
    row.news += 1
    return True


def ids(ledger: Ledger) -> list[str]:
    """Return the ids of all customers, sorted."""
    with ledger.read() as session:
        return sorted(session.exec(select(CustomerRow.id)))
