"""What others did to subscriptions at their providers, written down for the customer whose they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from domain.account import Account
from domain.channels import SERVICE
from domain.facts import Body, kind_of
from domain.own_steps import SWITCH_ODD
from domain.switching import Place
from domain.watching import PROVIDER, Conclusion, Look, conclude
from store import customers, doors, facts, journal, places, tasks, turns
from store.database import Ledger
from store.doors import Recorded
from store.facts import NewFact
from store.tables import CustomerRow

AFTER_A_TURN = timedelta(hours=1)
"""Business time after which a service is looked at that was being turned."""

SOON = timedelta(minutes=10)
"""Business time after which what is on its way is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is to be looked at of a customer; `ours` are the places at which something of ours is down."""

    places: tuple[Place, ...]
    ours: frozenset[turns.Key]


def to_look_at(ledger: Ledger, customer_id: str, *, now: datetime) -> Watched | None:
    """Return what to look at; None where our own switch is being turned, or nothing is left to watch."""
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        account = facts.account_of(session, row, allocation=row.allocation)
        if _turning(account):
            places.look_again(session, customer_id, at=now + AFTER_A_TURN)
            return None
        if account.service.ended or account.cancelled_on is not None:
            places.look_again(session, customer_id, at=now + places.EVERY)
            return None
        ours = frozenset(turns.snapshots(session, customer_id))
        return Watched(places=places.of(session, customer_id), ours=ours)


def note(ledger: Ledger, customer_id: str, looks: list[Look], *, now: datetime) -> bool:
    """Write down what follows from looks at all places; say whether the customer's workflow has to look.

    Nothing follows where our own switch has begun to turn meanwhile.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        account = facts.account_of(session, row, allocation=row.allocation)
        if _turning(account):
            places.look_again(session, customer_id, at=now + AFTER_A_TURN)
            return False
        ours = turns.snapshots(session, customer_id)
        if any((turns.key(look.place) in ours) != look.ours for look in looks):
            return False  # It was turned while we looked: the next look sees it so.
        for look in looks:
            again = SOON if look.seen.state is None else places.EVERY
            places.saw(session, look.place, look.seen, now=now, again_at=now + again)
        found = conclude(account, looks)
        _for_people(session, row, found, now)
        for place in found.over:
            turns.given_back(session, place, now=now)
        told = [_tell(session, row, body, why.words, now) for body, why in found.told]
        return any(each.wake for each in told)


def _turning(account: Account) -> bool:
    return any(claim.unsettled and claim.channel == SERVICE for claim in account.claims)


def _for_people(session: Session, row: CustomerRow, found: Conclusion, now: datetime) -> None:
    """Open the tasks, each once: one that was closed does not come again with every look."""
    for place, why in found.tasks:
        key = f"{why.rule}/{place.provider}/{place.resource}/{row.id}"
        again = why.rule == "switch.brought_back"
        if again or not journal.written(session, [key]):
            said = None if again else key
            journal.write(session, at=now, what="note", reason=why, customer_id=row.id, key=said)
            tasks.open_of_customer(session, row.id, SWITCH_ODD, why.words, now=now)


def tell(ledger: Ledger, customer_id: str, body: Body, *, why: str, now: datetime) -> Recorded:
    """Write down what a provider shows, with its words in the journal.

    Raises:
        UnknownCustomer: there is no such customer.
    """
    with ledger.write() as session:
        return _tell(session, customers.lock(session, customer_id), body, why, now)


def _tell(session: Session, row: CustomerRow, body: Body, why: str, now: datetime) -> Recorded:
    journal.write(session, at=now, what="note", why=why, customer_id=row.id)
    name = f"{kind_of(body)}/{row.id}/{now.isoformat()}"
    new = NewFact(source=PROVIDER, id=name, happened_at=now, body=body)
    return doors.record_locked(session, row, [new], now=now)
