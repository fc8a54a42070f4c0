"""What customers see and do on their own pages, beside the commands that finance has too."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from domain.facts import Replied
from domain.own_page import CUSTOMER, OwnPage, own_page
from domain.replies import Says
from domain.situation import Situation
from store import clock, customers, facts
from store.database import Ledger
from store.doors import record_locked
from store.errors import Refused
from store.facts import NewFact
from store.tables import CustomerRow, ReplyRow

PAGE = "page"
"""The source of what was said on a page, and the channel that it came by."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a wish; `already` where it had been said before, and nothing was written."""

    already: bool
    wake: bool


def page(ledger: Ledger, customer_id: str, *, now: datetime) -> OwnPage:
    """Return a customer's page; writes nothing and takes no lock.

    Raises:
        UnknownCustomer, NoPolicy: there is nothing to show.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        now = clock.instant_for(session, row, now)
        loaded = facts.load(session, row, now=now)
        contact = customers.contact(session, customer_id)
    at = Situation(policy=loaded.policy, account=loaded.account, now=now)
    return own_page(at, email=contact.email, phone=contact.phone)


def write_to_us(ledger: Ledger, customer_id: str, says: Says, text: str, *, now: datetime) -> Done:
    """Take what a customer wrote on the page, or the wish for a call: a task for a person follows from it.

    The words are personal data and go with the contact data, as those of a message do.

    Raises:
        UnknownCustomer: there is none of this id.
        Refused: the customer was forgotten meanwhile; nothing was written.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        if not customers.has_contact(session, row.id):
            raise Refused(f"{row.id} was forgotten: nothing is kept of what is written there.")
        if _said_today(session, row, says, text, now):
            return Done(already=True, wake=False)
        session.add(ReplyRow(customer_id=row.id, heard_at=now, channel=PAGE, says=says, text=text))
        name = f"{row.id}/{row.revision + 1}"
        new = NewFact(source=PAGE, id=name, happened_at=now, body=Replied(channel=PAGE, says=says))
        recorded = record_locked(session, row, [new], now=now)
        return Done(already=False, wake=recorded.wake)


def _said_today(session: Session, row: CustomerRow, says: str, text: str, now: datetime) -> bool:
    """Whether the very same was said on this day of UTC: a second click is no second wish."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    same = select(ReplyRow.id).where(
        ReplyRow.customer_id == row.id,
        ReplyRow.channel == PAGE,
        ReplyRow.says == says,
        ReplyRow.text == text,
        col(ReplyRow.heard_at) >= since,
    )
    return session.exec(same.limit(1)).first() is not None


def choose_language(ledger: Ledger, customer_id: str, language: str, *, now: datetime) -> Done:
    """Write to a customer in another language from now on.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        given: dict[str, customers.Said] = {"language": language}
        changed, _ = customers.reclassify(session, row, given, by=CUSTOMER, now=now)
        return Done(already=not changed, wake=bool(changed))
