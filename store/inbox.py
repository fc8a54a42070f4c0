"""The inbox: each event that a vendor reports is taken once, with its consequence, in one transaction.

What is about nobody we know is kept and counted, and changes nothing. No event is personal data here.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session, SQLModel, col, func, select

from domain.claim import Claim
from domain.delivery import OPERATORS, Outcome, Receipt, names_of, outcomes
from domain.facts import Bounced, Delivered, OptedOut
from domain.own_steps import VENDOR
from store import breakers, claims, consents, customers, facts, tasks
from store.database import Ledger, upsert
from store.doors import record_locked
from store.facts import NewFact
from store.tables import ClaimRow, ContactRow, CustomerRow, FactRow, InboxRow

Known = Literal["done", "again", "unknown"]

_INBOX = SQLModel.metadata.tables["inbox"]
_NOTHING_MINE = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of an event.

    Attributes:
        known: it was written now, or is known already, or is about nobody we know.
        wake: the customers whose workflows have to look.
    """

    known: Known
    wake: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as the inbox keeps it."""

    source: str
    dedupe: str
    word: str
    message: str | None = None
    provider_ref: str | None = None


def take(ledger: Ledger, receipt: Receipt, *, now: datetime, code_version: str) -> Taken:
    """Take a report about a message, with its consequence; a repeated one changes nothing."""
    with ledger.read() as session:
        message, whom = _about(session, receipt)
    event = Event(
        source=receipt.source,
        dedupe=receipt.dedupe,
        word=receipt.word,
        message=message,
        provider_ref=receipt.provider_ref,
    )
    if not whom:
        with ledger.write() as session:
            new = note(session, event, None, now)
        return Taken(known="unknown" if new else "again")
    taken = together([_take_for(ledger, each, event, receipt, now, code_version) for each in whom])
    if taken.known == "done" and receipt.state == "delivered" and message is not None:
        _sender_works(ledger, receipt, message, now)
    return taken


def _sender_works(ledger: Ledger, receipt: Receipt, message: str, now: datetime) -> None:
    """Close the breaker of a sender whose message has arrived, where it was begun since.

    In a transaction of its own: whoever waits is locked there, and nobody else may be.
    """
    if receipt.sender is None:
        return
    with ledger.read() as session:
        if not breakers.is_open(session, receipt.channel, receipt.sender):
            return
        begun_at = session.exec(
            select(ClaimRow.claimed_at).where(ClaimRow.message == message).limit(1)
        ).first()
    breakers.close(ledger, receipt.channel, receipt.sender, now=now, arrived=begun_at)


def together(taken: Sequence[Taken]) -> Taken:
    """Return what became of an event that is about several customers."""
    known: Known = "done" if any(each.known == "done" for each in taken) else taken[0].known
    return Taken(known=known, wake=tuple(customer for each in taken for customer in each.wake))


def _about(session: Session, receipt: Receipt) -> tuple[str | None, Sequence[str]]:
    """Return the message that a report is about, and whose it is; by address only what the customer wants."""
    theirs = names_of(receipt.provider_ref) if receipt.provider_ref else ()
    for column, names in (
        (ClaimRow.message, [receipt.reference]),
        (ClaimRow.provider_ref, theirs),
    ):
        claim = session.exec(select(ClaimRow).where(col(column).in_(names)).limit(1)).first()
        if claim is not None:
            return claim.message, [claim.customer_id]
    if receipt.about_the_customer and receipt.address:
        return None, customers.reached_at(session, receipt.channel, receipt.address)
    return None, []


def _take_for(
    ledger: Ledger, customer_id: str, event: Event, receipt: Receipt, now: datetime, code_version: str
) -> Taken:
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        if not note(session, event, row.id, now):
            return Taken(known="again")
        claim = _proven(session, row, event, now, code_version)
        if receipt.reaction in OPERATORS:
            _tell_operator(session, receipt, claim, now)
        found = [_fact(each, receipt, row.id, now) for each in outcomes(receipt, claim, now)]
        new = [fact for fact in found if not facts.recorded(session, fact.source, fact.id)]
        recorded = record_locked(session, row, new, now=now)
        for fact in new:
            if isinstance(fact.body, OptedOut) and receipt.channel == consents.CHANNEL:
                consents.heard(session, fact.source, fact.id, now=now)
        return Taken(known="done", wake=(row.id,) if recorded.wake else ())


def _tell_operator(session: Session, receipt: Receipt, claim: Claim | None, now: datetime) -> None:
    """Stop the sender whose fault it is; else open a task, once for these words."""
    words = f"{receipt.trouble.says if receipt.trouble else ''} ({receipt.word})"
    if receipt.reaction == "configuration" and receipt.sender and claim is not None:
        at = {"begun_at": claim.claimed_at, "now": now}
        breakers.trip_by_report(session, receipt.channel, receipt.sender, why=words, **at)
    else:
        tasks.open_once(session, VENDOR, f"{receipt.source}: {words}", now=now)


def _proven(
    session: Session, row: CustomerRow, event: Event, now: datetime, code_version: str
) -> Claim | None:
    """Return the claim that an event is about; it proves that the vendor took it, whoever knew of that."""
    message = event.message
    if message is None or _claim(session, row, message) is None:
        return None  # Another attempt has taken its place since.
    claims.prove(session, row, message, provider_ref=event.provider_ref, now=now, code_version=code_version)
    session.flush()
    return _claim(session, row, message)


def _claim(session: Session, row: CustomerRow, message: str) -> Claim | None:
    return next((claim for claim in facts.read_claims(session, row.id) if claim.message == message), None)


def _fact(outcome: Outcome, receipt: Receipt, customer_id: str, now: datetime) -> NewFact:
    """Name a fact: what became of a message as whoever sent it would, so that it is one however we hear.

    What a customer wants is one fact for each whom an address reaches.
    """
    of_message = isinstance(outcome.body, Delivered | Bounced)
    return NewFact(
        source=claims.SOURCE if of_message else receipt.source,
        id=outcome.name if of_message else f"{outcome.name}/{customer_id}",
        happened_at=min(receipt.at or now, now),
        body=outcome.body,
    )


def digest(event: Event, customer_id: str | None = None) -> str:
    """Return the name under which an event is kept."""
    return hashlib.sha256(f"{event.dedupe}\n{customer_id or ''}".encode()).hexdigest()[:32]


def note(
    session: Session, event: Event, customer_id: str | None, now: datetime, *, outcome: str | None = None
) -> bool:
    """Write an event down, once for each customer whom it is about; False when it is known already.

    Args:
        outcome: what became of it, where it is not what follows from whom it is about.
    """
    values = {
        "source": event.source,
        "dedupe": digest(event, customer_id),
        "heard_at": now,
        "word": event.word[:64],
        "customer_id": customer_id,
        "message": event.message,
        "provider_ref": event.provider_ref,
        "outcome": outcome or ("done" if customer_id else _NOTHING_MINE),
    }
    written = (
        upsert(session, _INBOX).values(values).on_conflict_do_nothing(index_elements=["source", "dedupe"])
    )
    return session.connection().execute(written.returning(_INBOX.c.id)).first() is not None


def unknown_since(ledger: Ledger, since: datetime) -> dict[str, int]:
    """Count, by source, the events since an instant that were about nobody we know."""
    found = (
        select(InboxRow.source, func.count())
        .where(InboxRow.outcome == _NOTHING_MINE, col(InboxRow.heard_at) >= since)
        .group_by(InboxRow.source)
    )
    with ledger.read() as session:
        return dict(session.exec(found.order_by(InboxRow.source)).all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that a vendor took and of which nobody knows whether it arrived."""

    customer_id: str
    message: str
    channel: str
    provider_ref: str
    sent_at: datetime
    to: str = field(repr=False)


def waiting(
    ledger: Ledger, channels: Iterable[str], *, now: datetime, after: timedelta, within: timedelta, limit: int
) -> list[Waiting]:
    """Return messages sent longer than `after` and less than `within` ago that neither arrived nor failed."""
    ends = [ClaimRow.message + f"/{name}" for name in ("delivered", "bounced", "passing", "ours")]
    told = select(FactRow.source_id).where(
        FactRow.source == claims.SOURCE,
        FactRow.customer_id == ClaimRow.customer_id,
        col(FactRow.source_id).in_(ends),
    )
    found = (
        select(ClaimRow, ContactRow)
        .join(ContactRow, col(ContactRow.customer_id) == ClaimRow.customer_id, isouter=True)
        .where(
            ClaimRow.state == "sent",
            ClaimRow.position == 0,
            ClaimRow.kind == "notice",
            col(ClaimRow.channel).in_(channels),
            col(ClaimRow.provider_ref).is_not(None),
            col(ClaimRow.sent_at) < now - after,
            col(ClaimRow.sent_at) > now - within,
            ~told.exists(),
        )
        .order_by(col(ClaimRow.sent_at), col(ClaimRow.id))
        .limit(limit)
    )
    with ledger.read() as session:
        return [
            Waiting(
                customer_id=row.customer_id,
                message=row.message,
                channel=row.channel,
                provider_ref=row.provider_ref or "",
                sent_at=row.sent_at or row.claimed_at,
                to=_address(contact, row.channel),
            )
            for row, contact in session.exec(found)
        ]


def _address(contact: ContactRow | None, channel: str) -> str:
    """Return where a message went, as far as that is known today."""
    if contact is None:
        return ""
    return (contact.phone if channel == "sms" else contact.email) or ""
