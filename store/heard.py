"""What customers tell us by message: opt-outs at once and in the right scope, all else for a person.

What they wrote is personal data and stands in rows that go with the contact data; facts and inbox only
say what it was about.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from domain.contact_law.books import lawless
from domain.facts import Body, OptedIn, OptedOut, Replied
from domain.replies import Reply, Says, Understood, understand
from store import consents, customers, facts, inbox, whereabouts
from store.database import LAW_OF, Ledger
from store.doors import record_locked
from store.facts import NewFact
from store.inbox import Event, Taken
from store.tables import ClaimRow, CustomerRow, JournalRow, ReplyRow

UNSUBSCRIBE = "unsubscribe"
"""The source of opt-outs by the link in our emails."""
_UNSUBSCRIBED = OptedOut(channel="email", scope="list")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of a reply.

    Attributes:
        says: what it was taken to be about.
        confirm: the language in which the opt-out is to be confirmed; None where it is not.
    """

    taken: Taken
    says: Says
    confirm: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One reply, as a person reads it."""

    heard_at: datetime
    channel: str
    says: str
    text: str


def take(ledger: Ledger, reply: Reply, *, now: datetime) -> Heard:
    """Take a reply for every customer with the number that it came from; of others it is only counted."""
    with ledger.read() as session:
        whom = customers.reached_at(session, reply.channel, reply.sender) if reply.sender else []
    understood = understand(reply.text, keyword=reply.keyword)
    if not whom:
        with ledger.write() as session:
            new = inbox.note(session, _event(reply, understood.says), None, now)
        return Heard(taken=Taken(known="unknown" if new else "again"), says=understood.says)
    each = [_take_for(ledger, customer_id, reply, understood, now) for customer_id in whom]
    says = next((heard.says for heard in each if heard.says == "stop"), each[0].says)
    confirm = next((heard.confirm for heard in each if heard.confirm), None)
    return Heard(taken=inbox.together([heard.taken for heard in each]), says=says, confirm=confirm)


def _event(reply: Reply, says: str) -> Event:
    return Event(source=reply.source, dedupe=reply.dedupe, word=says, provider_ref=reply.provider_ref)


def _take_for(ledger: Ledger, customer_id: str, reply: Reply, understood: Understood, now: datetime) -> Heard:
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        if not customers.has_contact(session, row.id):
            # Forgotten since the number was looked up: nothing of these words is kept.
            first = inbox.note(session, _event(reply, understood.says), None, now)
            return Heard(taken=Taken(known="unknown" if first else "again"), says=understood.says)
        now = max(now, row.last_now)
        out = _opted_out(session, row, reply.channel)
        meant = _meant(session, row, reply, understood, now, out=out)
        says = meant.says
        if not inbox.note(session, _event(reply, says), row.id, now):
            return Heard(taken=Taken(known="again"), says=says)
        text = reply.text.replace("\0", "")
        session.add(ReplyRow(customer_id=row.id, heard_at=now, channel=reply.channel, says=says, text=text))
        name = f"{reply.dedupe}/{row.id}"
        new = [
            NewFact(source=reply.source, id=id_, happened_at=now, body=body)
            for id_, body in ((name, _body(says, reply.channel)), *_besides(name, reply.channel, meant, out))
            if _is_news(body, out)
        ]
        recorded = record_locked(session, row, new, now=now)
        if meant.answered:
            consents.heard(session, reply.source, name, now=now)
        taken = Taken(known="done", wake=(row.id,) if recorded.wake else ())
        ours = says == "stop" and not meant.answered and not out
        return Heard(taken=taken, says=says, confirm=row.language if ours else None)


def _meant(
    session: Session, row: CustomerRow, reply: Reply, understood: Understood, now: datetime, *, out: bool
) -> Understood:
    """Return what a reply says to this customer's contact law, and in this customer's state."""
    law = session.info.get(LAW_OF, lawless)(row.customer(), whereabouts.read(row, reply.sender))
    if law.opts_out(reply.channel, reply.text, now):
        return replace(understood, says="stop", besides=None)
    if understood.says == "start" and not out:
        # There is nothing to take back: a plain "yes" answers something else.
        return Understood(says="other")
    return understood


def _besides(name: str, channel: str, meant: Understood, out: bool) -> list[tuple[str, Body]]:
    """Return what a person has to read in an opt-out; to say it again in other words is nothing new."""
    if meant.besides is None or (out and meant.besides == "unclear_stop"):
        return []
    return [(f"{name}/says", Replied(channel=channel, says=meant.besides))]


def _body(says: Says, channel: str) -> Body:
    match says:
        case "stop":
            return OptedOut(channel=channel)
        case "start":
            return OptedIn(channel=channel)
        case _:
            return Replied(channel=channel, says=says)


def _is_news(body: Body, out: bool) -> bool:
    """Whether a fact says anything new: an opt-out twice is one, and a cry for help is answered already."""
    match body:
        case OptedOut():
            return not out
        case Replied(says="help"):
            return False
        case _:
            return True


def _opted_out(session: Session, row: CustomerRow, channel: str) -> bool:
    """Whether the customer has opted out of a channel and not taken it back."""
    return facts.account_of(session, row).reach.get(channel) == "opted_out"


def language_of(ledger: Ledger, message: str) -> str | None:
    """Return the language of the customer to whom a message went; None where nobody knows the message."""
    with ledger.read() as session:
        customer_id = _addressee(session, message)
        return None if customer_id is None else customers.get(session, customer_id).language


def unsubscribe(ledger: Ledger, message: str, *, now: datetime) -> Taken:
    """Take the opt-out of email that the link in a message is; a second click changes nothing."""
    with ledger.read() as session:
        customer_id = _addressee(session, message)
    if customer_id is None:
        return Taken(known="unknown")
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        if _opted_out(session, row, "email"):
            return Taken(known="again")
        name = f"{message}/{row.revision}"  # After an opt-in the same link opts out once more.
        new = NewFact(source=UNSUBSCRIBE, id=name, happened_at=now, body=_UNSUBSCRIBED)
        recorded = record_locked(session, row, [new], now=now)
        return Taken(known="done", wake=(row.id,) if recorded.wake else ())


def _addressee(session: Session, message: str) -> str | None:
    """Return to whom a message went; the journal knows those too whose claims were taken over."""
    claim = session.exec(select(ClaimRow.customer_id).where(ClaimRow.message == message).limit(1)).first()
    if claim is not None:
        return claim
    line = select(JournalRow.customer_id).where(JournalRow.message == message).limit(1)
    return session.exec(line).first()


def read(ledger: Ledger, customer_id: str) -> list[Words]:
    """Return what a customer wrote, oldest first.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        customers.get(session, customer_id)
        found = select(ReplyRow).where(ReplyRow.customer_id == customer_id)
        return [
            Words(heard_at=row.heard_at, channel=row.channel, says=row.says, text=row.text)
            for row in session.exec(found.order_by(col(ReplyRow.id)))
        ]
