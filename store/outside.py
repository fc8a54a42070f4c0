"""What systems outside report, taken once and in any order.

Their names are put in place of ours, or ours in place of theirs, by what they themselves made known. What
names something that nobody knows yet is kept, and taken as soon as it is known; so is what is about a
customer whom nobody knows. The same money told by a charge of ours and by its webhook is one payment.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from sqlmodel import Session, col, func, select, update

from domain import facts as kinds
from domain.channels import CHARGE
from domain.claim import Claim
from domain.facts import Body, Fact
from domain.own_steps import VENDOR
from domain.reported import natural_name, too_early
from domain.reported_facts import Named, Report, Reported, read, write
from domain.staleness import BELIEVED_AFTER, FRESH
from store import customers, facts, inbox, incidents, intake, outside_states, service_accounts, tasks
from store.database import Ledger
from store.doors import record_locked
from store.errors import Refused
from store.facts import NewFact
from store.outside_tables import OutsideNameRow, OutsideWaitingRow
from store.tables import CustomerRow, DebtRow

CASHIER = "cashier"
"""The source of what our own charges were answered."""

HOLDS = "outside"
"""The source of the rests of chasing that money which waits here brings."""

OURS_WITHIN = timedelta(hours=1)
"""A charge that failed so soon after one of ours was begun on the same invoice is that one."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""By so much theirs may be behind ours; many tell whole seconds alone."""

GOES_ON = timedelta(days=1)
RARELY = timedelta(hours=1)
"""So often is tried again, after that, what waits for the answer to a charge of ours."""

_CHARGE = "a charge of ours on "
"""How the words begin why money waits for the answer to one."""

_MOST_AT_ONCE = 200
_MOST_AGAIN = 50
_MOST_STEPS = 4
_SAME = "/payment"
"""Behind the name of their money: which payment of ours it was found to be."""

Known = Literal["done", "again", "waits", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a telling, and of those that had waited for it.

    Attributes:
        known: it was taken now, was known already, is kept until it can be taken, or says nothing of anybody.
        ask: the system can be asked for what is missing.
        wake: the customers whose workflows have to look; `incidents` are those whose have to.
    """

    known: Known
    ask: bool = False
    wake: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that could not be taken yet."""

    source: str
    word: str
    needs: str | None
    customer_id: str | None
    why: str
    heard_at: datetime


class _Waits(Exception):
    """It cannot be taken yet.

    Attributes:
        needs: the name that nobody knows; None where it is something else.
        person: whether it takes a person.
        stale: whether it may be out of date.
    """

    def __init__(self, needs: str | None, why: str, *, person: bool = False, stale: bool = False) -> None:
        super().__init__(why)
        self.needs = needs
        self.why = why
        self.person = person
        self.stale = stale


@dataclass(slots=True)
class _Round:
    """A round of taking: how long what is told counts as now, what it has made known, whom it has changed."""

    fresh: timedelta = FRESH
    customers: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    wake: dict[str, None] = field(default_factory=dict)
    incidents: dict[str, None] = field(default_factory=dict)

    def taken(self, known: Known, *, ask: bool = False) -> Taken:
        return Taken(known=known, ask=ask, wake=tuple(self.wake), incidents=tuple(self.incidents))


def take(ledger: Ledger, reported: Reported, *, now: datetime, fresh: timedelta = FRESH) -> Taken:
    """Take one telling, with all that had waited for it.

    Args:
        fresh: how long what is told counts as now, on the clock of `now`.
    """
    touched = _Round(fresh=fresh)
    known = _take(ledger, reported, now, touched, kept=None)
    if touched.customers or touched.names:
        _take_who_waited(ledger, reported.source, now, touched)
    return touched.taken(known, ask=known == "waits" and reported.asks)


def try_again(
    ledger: Ledger, source: str | None = None, *, now: datetime, limit: int = _MOST_AT_ONCE
) -> Taken:
    """Try to take what waits, the longest first: two deliveries of one moment may have missed each other."""
    touched, waits = _Round(), False
    found = select(OutsideWaitingRow)
    if source is not None:
        found = found.where(OutsideWaitingRow.source == source)
    with ledger.read() as session:
        rows = session.exec(found.order_by(col(OutsideWaitingRow.id)).limit(limit)).all()
    for row in rows:
        waits |= _take_again(ledger, row, now, touched) == "waits"
    return touched.taken("waits" if waits else "done")


def go_on(ledger: Ledger, *, now: datetime) -> Taken:
    """Try again what waits for no name, as for the answer to a charge of ours, or for one that is known.

    Two deliveries of one moment may have missed each other. It is tried for a day; then whoever asks goes on,
    and what waits for a charge of ours is tried more rarely: a person was told, and chasing waits for it.
    What may be stale is believed then. Those that were never tried come first, and then the longest rested.
    """
    stale, long_ago = col(OutsideWaitingRow.stale), now - GOES_ON
    names = select(OutsideNameRow.theirs).where(
        OutsideNameRow.source == OutsideWaitingRow.source, OutsideNameRow.theirs == OutsideWaitingRow.needs
    )
    lately = ~stale & (col(OutsideWaitingRow.heard_at) > long_ago)
    may_be = lately & (col(OutsideWaitingRow.needs).is_(None) | names.exists())
    of_charge = ~stale & col(OutsideWaitingRow.needs).is_(None)
    of_charge &= col(OutsideWaitingRow.why).startswith(_CHARGE, autoescape=True)
    tried_at, id = col(OutsideWaitingRow.tried_at), col(OutsideWaitingRow.id)
    may_be |= of_charge & (tried_at.is_(None) | (tried_at <= now - RARELY))
    believed = stale & (col(OutsideWaitingRow.heard_at) <= now - BELIEVED_AFTER)
    found = select(OutsideWaitingRow).where(may_be | believed)
    with ledger.read() as session:
        first = session.exec(found.order_by(tried_at.nulls_first(), id).limit(_MOST_AGAIN)).all()
    if not first:
        return Taken(known="done")
    with ledger.write() as session:
        session.exec(update(OutsideWaitingRow).where(id.in_([row.id for row in first])).values(tried_at=now))
    touched = _Round()
    for row in sorted(first, key=lambda each: each.id or 0):
        _take_again(ledger, row, now, touched)
    return touched.taken("done")


def drop(ledger: Ledger, source: str, needs: str, *, now: datetime) -> int:
    """Forget what waits for a name that is nobody's, as the system itself says; count it."""
    mine = (col(OutsideWaitingRow.source) == source) & (col(OutsideWaitingRow.needs) == needs)
    with ledger.write() as session:
        rows = session.exec(select(OutsideWaitingRow).where(mine)).all()
        for row in rows:
            _over(session, row, now)
        return len(rows)


def waiting(ledger: Ledger, source: str | None = None) -> list[Waiting]:
    """Return what waits, the longest first."""
    found = select(OutsideWaitingRow).order_by(col(OutsideWaitingRow.id))
    if source is not None:
        found = found.where(OutsideWaitingRow.source == source)
    with ledger.read() as session:
        return [
            Waiting(
                source=row.source,
                word=row.word,
                needs=row.needs,
                customer_id=row.customer_id,
                why=row.why,
                heard_at=row.heard_at,
            )
            for row in session.exec(found)
        ]


def to_ask(ledger: Ledger, source: str, *, now: datetime, after: timedelta, limit: int) -> tuple[str, ...]:
    """Return names that something waits for, and note that the system is asked of them.

    Those that it was never asked of come first, so that none waits for many that nobody knows.

    Args:
        after: so long ago it must have been asked last.
    """
    needs, asked_at = col(OutsideWaitingRow.needs), col(OutsideWaitingRow.asked_at)
    due = (
        select(needs)
        .where(
            OutsideWaitingRow.source == source,
            needs.is_not(None),
            asked_at.is_(None) | (asked_at <= now - after),
        )
        .group_by(needs)
        .order_by(func.count(asked_at), func.min(asked_at), func.min(OutsideWaitingRow.id))
    )
    with ledger.write() as session:
        names = tuple(name for name in session.exec(due.limit(limit)) if name is not None)
        _note_asked(session, source, names, now)
        return names


def asked(ledger: Ledger, source: str, needs: str, *, at: datetime) -> None:
    """Note when the system was asked of a name, otherwise than `to_ask` does."""
    with ledger.write() as session:
        _note_asked(session, source, (needs,), at)


def _note_asked(session: Session, source: str, names: Sequence[str], at: datetime) -> None:
    mine = (col(OutsideWaitingRow.source) == source) & col(OutsideWaitingRow.needs).in_(names)
    session.exec(update(OutsideWaitingRow).where(mine).values(asked_at=at))


def theirs_of(session: Session, source: str, kind: str, name: str) -> Sequence[str]:
    """Return each name that a system outside has for one of ours, in order."""
    found = select(OutsideNameRow.theirs).where(
        OutsideNameRow.source == source, OutsideNameRow.kind == kind, OutsideNameRow.ours == name
    )
    return session.exec(found.order_by(col(OutsideNameRow.theirs))).all()


def name(session: Session, source: str, theirs: str, named: Named, customer_id: str) -> None:
    """Say what a name of a system outside stands for; what was said first stays."""
    if session.get(OutsideNameRow, (source, theirs)) is None:
        row = OutsideNameRow(
            source=source,
            theirs=theirs,
            kind=named.kind,
            ours=named.ours,
            customer_id=customer_id,
            invoice=named.invoice,
        )
        session.add(row)
        session.flush()


def _take_who_waited(ledger: Ledger, source: str, now: datetime, touched: _Round) -> None:
    """Take what waited for the names and the customers that are known now, until nothing more can be."""
    tried = set[int]()
    while rows := _ready(ledger, source, touched, tried):
        for row in rows:
            tried.add(row.id or 0)
            _take_again(ledger, row, now, touched)


def _ready(ledger: Ledger, source: str, touched: _Round, tried: set[int]) -> Sequence[OutsideWaitingRow]:
    ready = select(OutsideWaitingRow).where(
        OutsideWaitingRow.source == source,
        col(OutsideWaitingRow.customer_id).in_(touched.customers)
        | col(OutsideWaitingRow.needs).in_(touched.names),
    )
    with ledger.read() as session:
        rows = session.exec(ready.order_by(col(OutsideWaitingRow.id)).limit(_MOST_AT_ONCE)).all()
    return [row for row in rows if row.id not in tried]


def _take_again(ledger: Ledger, row: OutsideWaitingRow, now: datetime, touched: _Round) -> Known:
    return _take(ledger, read(row.source, row.told), now, touched, kept=row)


def _take(
    ledger: Ledger,
    reported: Reported,
    now: datetime,
    touched: _Round,
    *,
    kept: OutsideWaitingRow | None,
) -> Known:
    with ledger.read() as session:
        heard_at = now if kept is None else kept.heard_at
        reported = outside_states.dated(session, reported, heard_at=heard_at, now=now)
        customer_id = _whom(session, reported)
        newer = _is_newer(session, reported)
        # Before anything is taken over of who he is: what he owes is looked at under his lock.
        stale = _stale(session, reported, now, touched, kept) if reported.application is not None else None
    if customer_id is None and not _whose(reported):
        return _of_nobody(ledger, reported, now, touched)
    if stale is not None:
        return _wait_for(ledger, reported, stale, now, kept)
    why = f"nobody knows whose {_whose(reported)} is"
    if reported.application is not None and (newer and reported.replaces if customer_id else reported.adds):
        try:
            customer_id = _keep(ledger, reported, customer_id, now, touched)
        except Refused as refused:
            why = str(refused)
            reported = replace(reported, tasks=(*reported.tasks, why))
    if customer_id is None:
        unknown = _Waits(_whose(reported), why, person=reported.customer is not None)
        return _wait_for(ledger, reported, unknown, now, kept)
    return _take_for(ledger, customer_id, reported, now, touched, kept)


def _stale(
    session: Session, reported: Reported, now: datetime, touched: _Round, kept: OutsideWaitingRow | None
) -> _Waits | None:
    """Return what a telling waits for that may be out of date; None where it is believed."""
    heard_at = now if kept is None else kept.heard_at
    why = outside_states.doubted(session, reported, heard_at=heard_at, now=now, fresh=touched.fresh)
    if why is None or reported.shown is None:
        return None
    return _Waits(reported.shown.object, f"{why}: it is read again", stale=True)


def _wait_for(
    ledger: Ledger, reported: Reported, waits: _Waits, now: datetime, kept: OutsideWaitingRow | None
) -> Known:
    """Keep what is about nobody we know, or whose customer would change by it, until it can be taken."""
    with ledger.write() as session:
        heard = kept is not None or reported.event is None
        if not heard and not inbox.note(session, _event(reported), None, now, outcome="done"):
            return "again"
        _wait(session, reported, None, waits, now, kept)
    return "waits"


def _of_nobody(ledger: Ledger, reported: Reported, now: datetime, touched: _Round) -> Known:
    """Keep that something was said which nobody can read, or which is about nobody."""
    with ledger.write() as session:
        if reported.shown is not None and reported.shown.read:
            touched.names.add(reported.shown.object)
            outside_states.stands(session, reported, heard_at=now)
        if reported.event is not None and not inbox.note(session, _event(reported), None, now):
            return "again"
        for words in reported.tasks:
            tasks.open_once(session, VENDOR, f"{reported.source}: {words}", now=now)
    return "unknown"


def _whose(reported: Reported) -> str:
    return reported.customer or next(iter(reported.about), "")


def _whom(session: Session, reported: Reported) -> str | None:
    """Return the customer of ours whom a telling is about; None where nobody knows."""
    for theirs in filter(None, (reported.customer, *reported.about)):
        named = session.get(OutsideNameRow, (reported.source, theirs))
        if named is not None:
            return named.customer_id
    application = reported.application
    if application is not None and session.get(CustomerRow, application.customer_id) is not None:
        return application.customer_id
    if reported.customer is None:
        return None
    return service_accounts.owners(session, [reported.customer]).get(reported.customer)


def _is_newer(session: Session, reported: Reported) -> bool:
    """Whether what is said of the customer is no older than what was said before."""
    known = session.get(OutsideNameRow, (reported.source, reported.customer or ""))
    return known is None or not _older(reported.as_of, known.as_of)


def _older(as_of: datetime | None, known: datetime | None) -> bool:
    return known is not None and as_of is not None and as_of < known


def _keep(ledger: Ledger, reported: Reported, customer_id: str | None, now: datetime, touched: _Round) -> str:
    """Add the customer, or take over what is said of one who is known.

    Raises:
        Refused: something of it cannot be used.
    """
    application = reported.application
    assert application is not None
    if customer_id is not None:
        application = replace(application, customer_id=customer_id)
    kept = intake.keep(ledger, application, said=reported.said, by=reported.source, now=now)
    if kept.wake:
        touched.wake[application.customer_id] = None
    return application.customer_id


def _event(reported: Reported) -> inbox.Event:
    return inbox.Event(source=reported.source, dedupe=reported.event or "", word=reported.word)


def _take_for(
    ledger: Ledger,
    customer_id: str,
    reported: Reported,
    now: datetime,
    touched: _Round,
    kept: OutsideWaitingRow | None,
) -> Known:
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        now = max(now, row.last_now)
        if reported.event is not None and not inbox.note(session, _event(reported), row.id, now):
            return "again"
        try:
            if (stale := _stale(session, reported, now, touched, kept)) is not None:
                raise stale
            newest = _learn(session, row, reported)
            with session.begin_nested():
                taking = _Taking(session=session, row=row, reported=reported, now=now, newest=newest)
                wake, opened = taking.take()
        except (_Waits, Refused) as reason:
            session.refresh(row)
            waits = reason if isinstance(reason, _Waits) else _Waits(None, str(reason), person=True)
            _wait(session, reported, row, waits, now, kept)
            return "waits"
        outside_states.stands(session, reported, heard_at=now if kept is None else kept.heard_at)
        if kept is not None and (waited := session.get(OutsideWaitingRow, kept.id)) is not None:
            _rest_no_more(session, row, waited, now)
            _over(session, waited, now)
    shown = None if reported.shown is None else reported.shown.object
    touched.customers.add(customer_id)
    touched.names.update(reported.names, filter(None, [reported.customer, shown]))
    if wake:
        touched.wake[customer_id] = None
    touched.incidents.update(dict.fromkeys(opened))
    return "done"


def _wait(
    session: Session,
    reported: Reported,
    customer: CustomerRow | None,
    waits: _Waits,
    now: datetime,
    kept: OutsideWaitingRow | None,
) -> None:
    """Keep a telling until it can be taken; what was asked for is asked for again instead."""
    waited = None if kept is None else session.get(OutsideWaitingRow, kept.id)
    if kept is not None and waited is None:
        return  # Another one has taken it at this moment.
    if waited is None and reported.event is None:
        # What waits for it is taken after it, so it is kept as well.
        waited = outside_states.reading_of(session, reported, now)
        if waited is None:
            return
    if waited is None:
        waited = OutsideWaitingRow(source=reported.source, heard_at=now, word=reported.word, told={}, why="")
    before = _words(waited)
    if kept is None:
        waited.heard_at, waited.told = now, write(reported)
    if waited.needs != waits.needs:
        waited.asked_at = None  # It was asked about something else.
    waited.needs, waited.why, waited.stale = waits.needs, waits.why[:500], waits.stale
    waited.customer_id = None if customer is None else customer.id
    session.add(waited)
    session.flush()
    if before != _words(waited):
        _close(session, before, now)
    long = waits.why.startswith(_CHARGE) and now - waited.heard_at >= GOES_ON
    if waits.person or long:
        tasks.open_once(session, VENDOR, _words(waited), now=now)
    if long and customer is not None:
        _rest(session, customer, waited, now)


def _rest(session: Session, customer: CustomerRow, waited: OutsideWaitingRow, now: datetime) -> None:
    """Let chasing rest while money that was told waits for the answer to a charge of ours."""
    hold = kinds.HoldSet(reason=_hold(waited))
    name = _hold_name("hold", waited)
    if all(fact.id != name for fact in facts.read(session, customer.id)):
        record_locked(
            session, customer, [NewFact(source=HOLDS, id=name, happened_at=now, body=hold)], now=now
        )


def _rest_no_more(session: Session, customer: CustomerRow, waited: OutsideWaitingRow, now: datetime) -> None:
    """End the rest of chasing for what waited, since it was taken."""
    names = {fact.id for fact in facts.read(session, customer.id) if fact.source == HOLDS}
    if _hold_name("hold", waited) in names:
        body = kinds.HoldReleased(reason=_hold(waited))
        new = NewFact(source=HOLDS, id=_hold_name("released", waited), happened_at=now, body=body)
        record_locked(session, customer, [new], now=now)


def _hold_name(what: str, waited: OutsideWaitingRow) -> str:
    return f"{what}:{waited.source}:{waited.id}:{int(waited.heard_at.timestamp())}"  # SQLite counts anew.


def _hold(waited: OutsideWaitingRow) -> str:
    return f"money that {waited.source} told of waits for a charge of ours (no. {waited.id})"


def _words(waited: OutsideWaitingRow) -> str:
    """Return the words of the task about something that waits for a person."""
    whose = "" if waited.customer_id is None else f" of {waited.customer_id}"
    return f"{waited.source}: what it says{whose} could not be taken: {waited.why}"


def _over(session: Session, waited: OutsideWaitingRow, now: datetime) -> None:
    """Forget what waited, since it was taken."""
    _close(session, _words(waited), now)
    session.delete(waited)


def _close(session: Session, words: str, now: datetime) -> None:
    outcome = "it does not wait for this any more"
    tasks.close_where(session, VENDOR, words, now=now, outcome=outcome, by="engine")


def _learn(session: Session, row: CustomerRow, reported: Reported) -> frozenset[str]:
    """Write down which names of theirs are which of ours; return those of which this is the newest state."""
    names: dict[str, Named] = dict(reported.names)
    if reported.customer is not None:
        names.setdefault(reported.customer, Named(kind="customer", ours=row.id))
    newest = set[str]()
    for theirs, named in names.items():
        name(session, reported.source, theirs, named, row.id)
        known = session.get_one(OutsideNameRow, (reported.source, theirs))
        if not _older(reported.as_of, known.as_of):
            newest.add(theirs)
            known.as_of = reported.as_of or known.as_of
    return frozenset(newest)


@dataclass(slots=True, kw_only=True)
class _Taking:
    """One telling about a locked customer, while it is taken."""

    session: Session
    row: CustomerRow
    reported: Reported
    now: datetime
    newest: frozenset[str]
    known: list[Fact] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    new: list[NewFact] = field(default_factory=list)

    def take(self) -> tuple[bool, list[str]]:
        """Record all of it; return whether the customer's workflow has to look, and which incidents' have to.

        Raises:
            _Waits: it names what nobody knows yet.
            Refused: the ledger takes it as little as it would from anybody.
        """
        self.known = facts.read(self.session, self.row.id)
        self.claims = facts.read_claims(self.session, self.row.id)
        for report in self.reported.reports:
            self._add(report)
        if (settled := self.reported.settled) is not None:
            self._settle(settled.invoice, settled.report)
        wake = bool(self.new) and record_locked(self.session, self.row, self.new, now=self.now).wake
        for words in self.reported.tasks:
            told = f"{self.reported.source}: {words} ({self.row.id})"
            tasks.open_once(self.session, VENDOR, told, now=self.now)
        opened = []
        for notice in self.reported.notices:
            about = replace(notice, customer=self.row.id)
            taken = incidents.notice_here(self.session, self.row, about, now=self.now)
            opened += [taken.incident] if taken.wake else []
        # Incidents raise the news of a customer where they rest the dunning.
        return wake or bool(opened), opened

    def _add(self, report: Report) -> None:
        body: Body | None = self._in_our_names(report.body)
        match body:
            case kinds.InvoiceIssued() if (before := self._issued(body.invoice)) is not None:
                self._correct(before, body, report)
                return
            case kinds.PaymentReceived() | kinds.PaymentInFlight():
                body = self._once(body)
            case kinds.PaymentFailed() if self._is_ours(body, report.at or self.now):
                return
            case _:
                pass
        if body is not None:
            self._write(body, report)

    def _write(self, body: Body, report: Report) -> None:
        name = natural_name(body) or report.name
        if name is None:
            raise Refused(intake.NAMELESS)
        if early := too_early(report.on or (report.at.date() if report.at else None), self.now.date()):
            raise Refused(early)
        source = self.reported.source
        if (source, name) in self._names():
            return  # What was said first stays; what may change says so by a fact of its own.
        at = report.at or (self.now if report.on is None else None)
        self.new.append(NewFact(source=source, id=name, happened_on=report.on, happened_at=at, body=body))

    # --- names ------------------------------------------------------------------------------------

    def _in_our_names(self, body: Body) -> Body:
        """Return a fact with our names of what it names.

        Raises:
            _Waits: nobody knows one of them.
        """
        ours = dict[str, str]()
        if isinstance(body, kinds.InvoiceIssued):
            return body
        invoice: str | None = getattr(body, "invoice", None)
        payment: str | None = getattr(body, "payment", None)
        if invoice is not None:
            ours["invoice"] = self._invoice(invoice)
        if payment is not None:
            ours["payment"] = self._payment(payment)
            if isinstance(body, kinds.Refunded | kinds.ChargedBack | kinds.ChargebackReversed):
                self._must_be_paid(payment, ours["payment"])
        if isinstance(body, kinds.CreditNoteCancelled):
            self._must_be_credited(body.credit_note)
        if isinstance(body, kinds.DisputeResolved):
            self._must_be_disputed(body.dispute)
        return body.model_copy(update=ours)

    def _named(self, theirs: str) -> OutsideNameRow | None:
        return self.session.get(OutsideNameRow, (self.reported.source, theirs))

    def _invoice(self, theirs: str) -> str:
        """Return our name of an invoice, or of that which a payment is for."""
        named = self._named(theirs)
        if named is not None and named.kind == "payment":
            if named.invoice is None:
                raise _Waits(theirs, f"nobody knows for which invoice {theirs} is")
            return self._invoice(named.invoice)
        invoice = theirs if named is None else named.ours
        if self._issued(invoice) is None and not self._has_debt(invoice):
            raise _Waits(theirs, f"nobody knows invoice {theirs}")
        return invoice

    def _has_debt(self, invoice: str) -> bool:
        mine = select(DebtRow.invoice).where(DebtRow.customer_id == self.row.id, DebtRow.invoice == invoice)
        return self.session.exec(mine).first() is not None

    def _payment(self, theirs: str) -> str:
        """Return our name of a payment: theirs may be one of several names of the same money."""
        payment = theirs
        for _ in range(_MOST_STEPS):
            named = self._named(payment)
            if named is None or named.kind != "payment" or named.ours == payment:
                break
            payment = named.ours
        same = self._named(f"{payment}{_SAME}")
        return payment if same is None else same.ours

    def _must_be_paid(self, theirs: str, payment: str) -> None:
        if not any(each.payment == payment for _, each in self._received()):
            raise _Waits(theirs, f"nobody knows payment {theirs}")

    def _must_be_credited(self, credit_note: str) -> None:
        said = (body for body in self._bodies() if isinstance(body, kinds.CreditNote))
        if not any(body.credit_note == credit_note for body in said):
            raise _Waits(credit_note, f"nobody knows credit note {credit_note}")

    def _must_be_disputed(self, dispute: str) -> None:
        said = (body for body in self._bodies() if isinstance(body, kinds.DisputeOpened))
        if not any(body.dispute == dispute for body in said):
            raise _Waits(dispute, f"nobody knows dispute {dispute}")

    # --- what is known already ----------------------------------------------------------------------

    def _bodies(self) -> Iterator[Body]:
        yield from (fact.body for fact in self.known)
        yield from (fact.body for fact in self.new)

    def _names(self) -> set[tuple[str, str]]:
        return {(fact.source, fact.id) for fact in self.known} | {(fact.source, fact.id) for fact in self.new}

    def _issued(self, invoice: str) -> kinds.InvoiceIssued | None:
        issued = (body for body in self._bodies() if isinstance(body, kinds.InvoiceIssued))
        return next((body for body in issued if body.invoice == invoice), None)

    def _received(self) -> Iterator[tuple[str, kinds.PaymentReceived]]:
        told: list[Fact | NewFact] = [*self.known, *self.new]
        for fact in told:
            if isinstance(fact.body, kinds.PaymentReceived):
                yield fact.source, fact.body

    def _correct(self, before: kinds.InvoiceIssued, said: kinds.InvoiceIssued, report: Report) -> None:
        """Correct an invoice that is known otherwise, where nothing newer was said of it."""
        source, as_of = self.reported.source, self.reported.as_of
        mine = any(fact.source == source and fact.body == before for fact in self.known)
        newest = any(self._is_of(theirs, said.invoice) for theirs in self.newest)
        if not mine or (self.reported.names and not newest) or before.currency != said.currency:
            return
        amount, due_on = before.amount, before.due_on
        for body in self._bodies():
            if isinstance(body, kinds.InvoiceCorrected) and body.invoice == said.invoice:
                amount, due_on = body.amount or amount, body.due_on or due_on
        if (amount, due_on) == (said.amount, said.due_on):
            return
        body = kinds.InvoiceCorrected(
            invoice=said.invoice,
            amount=said.amount if said.amount != amount else None,
            due_on=said.due_on if said.due_on != due_on else None,
        )
        at = as_of or self.now
        name = f"invoice_corrected:{said.invoice}:{said.amount}:{said.due_on}:{int(at.timestamp())}"
        self._write(body, replace(report, body=body, name=name, on=None, at=at))

    def _is_of(self, theirs: str, invoice: str) -> bool:
        named = self._named(theirs)
        return named is not None and named.kind == "invoice" and named.ours == invoice

    # --- the same money -----------------------------------------------------------------------------

    def _once(
        self, body: kinds.PaymentReceived | kinds.PaymentInFlight
    ) -> kinds.PaymentReceived | kinds.PaymentInFlight | None:
        """Return money under the name by which it is known, or None where it is in the book already."""
        if any(each.payment == body.payment for _, each in self._received()):
            return None
        if body.invoice is None:
            return body
        if any(claim.unsettled and body.invoice in claim.invoices for claim in self._charges()):
            raise _Waits(None, f"{_CHARGE}{body.invoice} has no answer yet")
        if (mine := self._charged(body)) is not None:
            alias = Named(kind="payment", ours=mine.payment, invoice=body.invoice)
            name(self.session, self.reported.source, f"{body.payment}{_SAME}", alias, self.row.id)
            if isinstance(mine, kinds.PaymentReceived) or isinstance(body, kinds.PaymentInFlight):
                return None
            return body.model_copy(update={"payment": mine.payment})
        told = self._told_as_paid(body.invoice)
        if isinstance(body, kinds.PaymentReceived) and told is not None and self._paid(body.invoice) >= told:
            return None
        return body

    def _charges(self) -> Iterable[Claim]:
        return (claim for claim in self.claims if claim.channel == CHARGE)

    def _charged(
        self, body: kinds.PaymentReceived | kinds.PaymentInFlight
    ) -> kinds.PaymentReceived | kinds.PaymentInFlight | None:
        """Return the answer of our own charge that this money is; what has come in first."""
        answers = [
            fact.body
            for fact in self.known
            if fact.source == CASHIER
            and isinstance(fact.body, kinds.PaymentReceived | kinds.PaymentInFlight)
            and (fact.body.invoice, fact.body.amount) == (body.invoice, body.amount)
            and self._is_free(fact.body.payment)
        ]
        answers.sort(key=lambda each: isinstance(each, kinds.PaymentInFlight))
        return answers[0] if answers else None

    def _is_free(self, payment: str) -> bool:
        """Whether no other money of theirs is known to be this payment."""
        same = select(OutsideNameRow.theirs).where(
            OutsideNameRow.source == self.reported.source,
            OutsideNameRow.customer_id == self.row.id,
            OutsideNameRow.ours == payment,
            col(OutsideNameRow.theirs).endswith(_SAME),
        )
        return self.session.exec(same.limit(1)).first() is None

    def _is_ours(self, body: kinds.PaymentFailed, at: datetime) -> bool:
        """Whether a charge that failed is one of ours, whose answer says so; money on its way had another."""
        if any(
            isinstance(told, kinds.PaymentInFlight) and told.payment == body.payment
            for told in self._bodies()
        ):
            return False
        return any(
            body.invoice in claim.invoices
            and claim.claimed_at - CLOCKS_DIFFER <= at <= claim.claimed_at + OURS_WITHIN
            for claim in self._charges()
        )

    def _paid(self, invoice: str) -> Decimal:
        sources = (self.reported.source, CASHIER)
        mine = (body for source, body in self._received() if source in sources)
        return sum((body.amount for body in mine if body.invoice == invoice), Decimal())

    def _told_as_paid(self, invoice: str) -> Decimal | None:
        """Return how much of an invoice they said was paid in all; None where they did not."""
        said = select(OutsideNameRow.paid).where(
            OutsideNameRow.source == self.reported.source,
            OutsideNameRow.customer_id == self.row.id,
            OutsideNameRow.kind == "invoice",
            OutsideNameRow.ours == invoice,
        )
        paid = self.session.exec(said).first()
        return None if paid is None else Decimal(paid)

    def _settle(self, theirs: str, report: Report) -> None:
        """Record what was paid of an invoice in all and is not in the book yet."""
        assert isinstance(report.body, kinds.PaymentReceived)
        invoice = self._invoice(theirs)
        if any(claim.unsettled and invoice in claim.invoices for claim in self._charges()):
            raise _Waits(None, f"{_CHARGE}{invoice} has no answer yet")
        named, total = self._named(theirs), report.body.amount
        if named is not None:
            named.paid = str(max(total, Decimal(named.paid or 0)))
        missing = total - self._paid(invoice)
        if missing <= 0:
            return
        changes = {"invoice": invoice, "amount": missing}
        if any(each.payment == report.body.payment for _, each in self._received()):
            changes["payment"] = f"{report.body.payment}:{total}"
        body = self._once(report.body.model_copy(update=changes))
        if body is not None:
            self._write(body, report)
