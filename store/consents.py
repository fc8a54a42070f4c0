"""Consents: opt-outs of SMS, and what takes them back, of which the vendor of SMS has to be told.

Whatever door a fact came through, it is found here by its kind; a row says what became of it. What is told
is how things stand by then, and of several facts that wait it is told once.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlmodel import Session, SQLModel, col, or_, select

from domain.consent import Consent, How, Status
from domain.facts import OptedIn
from store import customers, facts, journal
from store.database import Ledger, upsert
from store.facts import read_text
from store.tables import ConsentRow, FactRow

CHANNEL = "sms"
State = Literal["told", "heard", "moot", "refused", "waiting"]

_CONSENTS = SQLModel.metadata.tables["consents"]
_OUT, _IN, _MOVED = "opted_out", "opted_in", "contact_changed"
_HOW: dict[str, How] = {"twilio": "message"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """What a customer said of SMS, and the vendor has not been told.

    Attributes:
        facts: by their number.
        tries: how often it was tried to tell.
        said_at: in business time; that of `consent`, which is None where there is nothing to tell.
    """

    customer_id: str
    facts: tuple[int, ...]
    tries: int
    said_at: datetime
    number: str = field(default="", repr=False)
    status: Status | None = None
    how: How = "other"

    def consent(self, at: datetime) -> Consent | None:
        """Return what is to be told, given the real instant at which it was said."""
        if self.status is None:
            return None
        name = hashlib.sha256(f"{self.customer_id}\n{self.facts[-1]}".encode()).hexdigest()[:32]
        return Consent(name=name, number=self.number, status=self.status, how=self.how, at=at)


def untold(ledger: Ledger, *, now: datetime, limit: int) -> list[Untold]:
    """Return what is to be told by now, in the order in which it was learned."""
    out = select(FactRow.customer_id).where(FactRow.kind == _OUT)
    found = (
        select(FactRow, ConsentRow)
        .join(ConsentRow, col(ConsentRow.fact) == FactRow.number, isouter=True)
        .where(
            # A new number matters to whoever had opted out by the old one.
            or_(
                col(FactRow.kind).in_((_OUT, _IN)),
                (col(FactRow.kind) == _MOVED) & col(FactRow.customer_id).in_(out),
            ),
            or_(
                col(ConsentRow.fact).is_(None),
                (col(ConsentRow.state) == "waiting") & (col(ConsentRow.next_at) <= now),
            ),
        )
        .order_by(col(FactRow.number))
        .limit(limit)
    )
    with ledger.read() as session:
        said: defaultdict[str, list[tuple[FactRow, ConsentRow | None]]] = defaultdict(list)
        for fact, row in session.exec(found):
            said[fact.customer_id].append((fact, row))
        return [_untold(session, customer_id, each) for customer_id, each in said.items()]


def _untold(session: Session, customer_id: str, said: Sequence[tuple[FactRow, ConsentRow | None]]) -> Untold:
    last = said[-1][0]
    number = customers.contact(session, customer_id).phone or ""
    return Untold(
        customer_id=customer_id,
        facts=tuple(fact.number or 0 for fact, _ in said),
        tries=max(row.tries if row else 0 for _, row in said),
        said_at=last.happened_at or last.learned_at,
        number=number,
        status=_status(session, number, [fact for fact, _ in said]) if number else None,
        how=_HOW.get(last.source, "other"),
    )


def _status(session: Session, number: str, said: Iterable[FactRow]) -> Status | None:
    """Return how things stand with a number; whoever shares it and wants nothing there speaks for all."""
    sharing = (customers.get(session, each) for each in customers.reached_at(session, CHANNEL, number))
    if any(facts.account_of(session, row).reach.get(CHANNEL) == "opted_out" for row in sharing):
        return "out"
    bodies = (read_text(fact.body) for fact in said)
    return "in" if any(isinstance(body, OptedIn) and body.channel == CHANNEL for body in bodies) else None


def heard(session: Session, source: str, name: str, *, now: datetime) -> None:
    """Note of a fact, if there is one, that the vendor has heard it itself: it acts on it already."""
    found = select(FactRow.number).where(FactRow.source == source, FactRow.source_id == name)
    number = session.exec(found).first()
    if number is not None:
        _note(session, number, {"state": "heard", "tries": 0, "next_at": None, "at": now})


def settle(ledger: Ledger, what: Untold, state: State, *, now: datetime, words: str) -> None:
    """Note that nothing more is to be told of it, and why."""
    with ledger.write() as session:
        for number in what.facts:
            _note(session, number, {"state": state, "tries": what.tries + 1, "next_at": None, "at": now})
        if state != "moot":
            journal.write(
                session, at=now, what="outcome", why=words, customer_id=what.customer_id, channel=CHANNEL
            )


def put_off(ledger: Ledger, what: Sequence[Untold], *, until: datetime, now: datetime) -> None:
    """Note that telling came to nothing, and is tried again at an instant."""
    with ledger.write() as session:
        for each in what:
            waits = {"state": "waiting", "tries": each.tries + 1, "next_at": until, "at": now}
            for number in each.facts:
                _note(session, number, waits)


def _note(session: Session, number: int, values: dict[str, object]) -> None:
    written = upsert(session, _CONSENTS).values(fact=number, **values)
    session.connection().execute(written.on_conflict_do_update(index_elements=["fact"], set_=values))
