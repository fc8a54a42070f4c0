"""Incidents: taking notices, what the engine does by itself, and what people ask for.

Every change is one transaction under the customer's lock, where a customer is known, and then the
incident's own: the entry, the facts that the customer's plan has to know, the one task that waits for a
person, and when the workflow is to look. So nothing is half done, and a lost wake is found by the sweep.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from domain.facts import (
    Body,
    IncidentClosed,
    IncidentOpened,
    OrdersBlocked,
    OrdersUnblocked,
    SubscriptionCancelled,
    SuspendedElsewhere,
)
from domain.incidents import commands
from domain.incidents.incident import (
    ENGINE,
    LIMITED,
    SUSPEND,
    TERMINATE,
    UNBLOCK,
    Entry,
    Incident,
    incident_of,
)
from domain.incidents.moves import DONE_BY_ENGINE, Move, next_move
from domain.incidents.notice import Notice
from domain.incidents.page import task_of
from domain.incidents.playbooks import ENGLISH
from domain.own_steps import INCIDENT
from domain.spelling import closest
from store import customers, facts, journal, playbooks, service_accounts, tasks
from store.database import Ledger
from store.errors import Refused
from store.facts import NewFact
from store.sweep import PATIENCE_SECONDS
from store.tables import (
    CustomerRow,
    FactRow,
    IncidentEntryRow,
    IncidentNameRow,
    IncidentRow,
    IncidentTextRow,
    SubscriptionRow,
    TaskRow,
)

SOURCE = "incident"
Known = Literal["new", "more", "again"]
Told = TypeVar("Told")
_MOST_MOVES = 20
"""More than can be due at one instant."""

_INSTANT = timedelta(microseconds=1)
_TRIES = 5
"""So often a transaction is begun anew that met another one about the same notice."""


class UnknownIncident(Refused):
    """The ledger has no incident of this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a notice.

    Attributes:
        known: a `new` incident; `more` about one that is known; or told `again` in the same words.
        wake: whether the incident's workflow has to look; `customer` is whose has to, if any.
    """

    incident: str
    known: Known
    wake: bool
    customer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done about an incident; `customer` is whose workflow has to look, if any."""

    words: str
    already: bool = False
    customer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An incident with what comes next in it, and the language of its customer."""

    incident: Incident
    move: Move
    language: str = ENGLISH


class _Moved(Exception):
    """The incident was assigned to a customer at this very moment: begin anew, under that lock."""


@dataclass(slots=True, kw_only=True)
class _Work:
    """An incident in the transaction that changes it."""

    session: Session
    row: IncidentRow
    customer: CustomerRow | None
    now: datetime
    entries: list[Entry]
    facts: list[NewFact] = field(default_factory=list)

    @property
    def incident(self) -> Incident:
        """The incident as it is now."""
        return incident_of(self.row.id, self.entries)

    def has(self, key: str) -> bool:
        """Whether there is an entry of this key."""
        return any(entry.key == key for entry in self.entries)

    def add(self, key: str, what: str, *, by: str, note: str = "", **data: str) -> None:
        """Write an entry, and a line of the journal."""
        entry = Entry(key=key, what=what, at=self.now, by=by, note=note, data=data)
        self.entries.append(entry)
        row = IncidentEntryRow(
            incident_id=self.row.id, key=key, what=what, at=self.now, by=by, note=note, data=data
        )
        self.session.add(row)
        said = ", ".join(f"{name} {value}" for name, value in data.items())
        journal.write(
            self.session,
            at=self.now,
            what="note" if by == ENGINE else "command",
            why=f"{self.row.id}: {what}" + (f" ({said})" if said else "") + (f": {note}" if note else ""),
            customer_id=self.row.customer_id,
            step=INCIDENT,
            actor=by,
            key=f"{SOURCE}/{self.row.id}/{key}",
        )

    def tell(self, name: str, body: Body) -> None:
        """Have the customer's plan know of something; told twice under one name it is one fact."""
        new = NewFact(source=SOURCE, id=f"{self.row.id}/{name}", happened_at=self.now, body=body)
        self.facts.append(new)


def take(ledger: Ledger, notice: Notice, *, now: datetime) -> Taken:
    """Take a notice: it begins an incident, or adds to the one that is known by any of its names."""
    for _ in range(_TRIES):
        with ledger.read() as session:
            known = _known_as(session, notice)
            customer_id = _whom(session, notice)
        try:
            if known is None:
                return _begin(ledger, notice, customer_id, now)
            return _changed(ledger, known, now, lambda work: _more(work, notice), also=customer_id)
        except IntegrityError:
            continue  # Another delivery of this moment was first: it is known now.
    raise RuntimeError(f"a notice of {notice.source} met others {_TRIES} times")


def heard(ledger: Ledger, notice: Notice) -> Known:
    """Return what a notice would be, and write nothing."""
    with ledger.read() as session:
        known = _known_as(session, notice)
        if known is None:
            return "new"
        said = select(IncidentEntryRow.id).where(
            IncidentEntryRow.incident_id == known, IncidentEntryRow.key == notice.key
        )
        return "more" if session.exec(said.limit(1)).first() is None else "again"


def add(
    ledger: Ledger,
    incident_id: str,
    key: str,
    what: str,
    *,
    note: str = "",
    data: Mapping[str, str],
    now: datetime,
) -> None:
    """Write an entry of what the engine itself does about an incident, once; it moves nobody.

    Raises:
        UnknownIncident: there is none of this id.
    """

    def added(work: _Work) -> None:
        if not work.has(key):
            work.add(key, what, by=ENGINE, note=note, **data)

    _changed(ledger, incident_id, now, added)


def _known_as(session: Session, notice: Notice) -> str | None:
    """Return the incident that a notice is about; the same words begin a new one once the old is closed."""
    for name in (notice.name, notice.event_name):
        found = session.get(IncidentNameRow, name) if name else None
        if found is not None:
            return found.incident_id
    content = notice.content_name
    found = session.get(IncidentNameRow, content) if content else None
    if found is None or session.get_one(IncidentRow, found.incident_id).closed_at is not None:
        return None
    return found.incident_id


def _whom(session: Session, notice: Notice) -> str | None:
    """Return which customer of ours a notice is about, where it names one or its subscription."""
    for name in filter(None, (notice.customer, notice.subscription)):
        if session.get(CustomerRow, name) is not None:
            return name
        owned = session.get(SubscriptionRow, name)
        if owned is not None:
            return owned.customer_id
    # A provider names the customer by the account that it has there.
    if notice.customer is None:
        return None
    return service_accounts.owners(session, [notice.customer]).get(notice.customer)


def _begin(ledger: Ledger, notice: Notice, customer_id: str | None, now: datetime) -> Taken:
    with ledger.write() as session:
        customer = customers.lock(session, customer_id) if customer_id else None
        if _known_as(session, notice) is not None:
            raise IntegrityError("known by now", None, Exception())
        return _begun(session, notice, customer, now)


def _begun(session: Session, notice: Notice, customer: CustomerRow | None, now: datetime) -> Taken:
    row = IncidentRow(
        id=notice.incident,
        source=notice.source,
        source_id=notice.name,
        customer_id=customer.id if customer is not None else None,
        kind=notice.about.name,
        opened_at=now,
        wake_at=now,
    )
    session.add(row)
    session.flush()
    work = _Work(session=session, row=row, customer=customer, now=now, entries=[])
    if customer is not None:
        work.now = max(now, customer.last_now)
        work.add("assigned/notice", "assigned", by=ENGINE, customer=customer.id)
    _note(work, notice)
    return Taken(incident=row.id, known="new", wake=True, customer=_settle(work))


def notice_here(session: Session, customer: CustomerRow | None, notice: Notice, *, now: datetime) -> Taken:
    """Take a notice of the engine's own, in the transaction that learned of it; the sweep wakes the workflow.

    Args:
        customer: whom it is about, locked; what is about one customer is noticed under that lock alone.
    """
    known = _known_as(session, notice)
    if known is None:
        return _begun(session, notice, customer, now)
    try:
        work = _work(session, known, customer.id if customer is not None else None, now)
    except _Moved:
        # Somebody said that it is about another customer: it is known, and theirs.
        return Taken(incident=known, known="again", wake=False)
    return _more(work, notice)


def _more(work: _Work, notice: Notice) -> Taken:
    """Add what one more notice says; the workflow looks where that changes what comes next, or the task."""
    if work.has(notice.key):
        return Taken(incident=work.row.id, known="again", wake=False)
    before = work.incident
    if work.row.customer_id is None and work.customer is not None:
        _assign(work, work.customer.id)
        work.add("assigned/notice", "assigned", by=ENGINE, customer=work.customer.id)
    _note(work, notice)
    seen = work.row.wake_at
    customer = _settle(work)
    after = work.incident
    rules = playbooks.shipped()
    was, now_is = ((next_move(each, rules, work.now), task_of(each, rules)) for each in (before, after))
    if was == now_is:
        work.row.wake_at = seen
        return Taken(incident=work.row.id, known="more", wake=False, customer=customer)
    return Taken(incident=work.row.id, known="more", wake=True, customer=customer)


def _note(work: _Work, notice: Notice) -> None:
    """Write a notice down: its entry, its text apart, and the names by which it is known again."""
    work.add(notice.key, "noticed", by=notice.source, **notice.said)
    if notice.text:
        text = notice.text.replace("\0", "").encode("utf-8", "replace").decode()
        kept = IncidentTextRow(incident_id=work.row.id, heard_at=work.now, source=notice.source, text=text)
        work.session.add(kept)
    for name in filter(None, (notice.name, notice.event_name, notice.content_name)):
        known = work.session.get(IncidentNameRow, name)
        if known is None:
            work.session.add(IncidentNameRow(name=name, incident_id=work.row.id))
        elif name == notice.content_name:
            known.incident_id = work.row.id
    work.session.flush()


def look(ledger: Ledger, incident_id: str, *, now: datetime) -> Listed:
    """Return an incident with what comes next, and note when its workflow looks again.

    Raises:
        UnknownIncident: there is none of this id.
    """

    def looked(work: _Work) -> Listed:
        incident = work.incident
        move = next_move(incident, playbooks.shipped(), work.now)
        # What the engine has to do is overdue until it is done: an activity that was lost is found.
        work.row.wake_at = work.now if move.kind in DONE_BY_ENGINE else move.until
        language = work.customer.language if work.customer is not None else ENGLISH
        return Listed(incident=incident, move=move, language=language)

    return _changed(ledger, incident_id, now, looked)


def read(ledger: Ledger, incident_id: str, *, now: datetime) -> Listed:
    """Return an incident with what comes next, and write nothing.

    Raises:
        UnknownIncident: there is none of this id.
    """
    with ledger.read() as session:
        row = _row(session, incident_id)
        customer = session.get(CustomerRow, row.customer_id) if row.customer_id else None
        incident = incident_of(incident_id, _entries(session, incident_id))
    language = ENGLISH if customer is None else customer.language
    return Listed(incident=incident, move=next_move(incident, playbooks.shipped(), now), language=language)


def do_what_is_due(ledger: Ledger, incident_id: str, *, now: datetime) -> Done:
    """Do all that the engine has to do now; decided again here, so that nothing is done twice.

    Raises:
        UnknownIncident: there is none of this id.
    """

    def due(work: _Work) -> Done:
        said = []
        for _ in range(_MOST_MOVES):
            move = next_move(work.incident, playbooks.shipped(), work.now)
            if move.kind not in DONE_BY_ENGINE:
                break
            _make(work, move)
            said.append(move.reason.words)
        customer = _settle(work) if said else _last_told(work)
        return Done(words="; ".join(said) or "nothing is due", already=not said, customer=customer)

    return _changed(ledger, incident_id, now, due)


def _last_told(work: _Work) -> str | None:
    """Whom an attempt before this one may have told of, and not woken: to wake twice is no harm."""
    return work.row.customer_id if work.incident.taken else None


def _make(work: _Work, move: Move) -> None:
    words = move.reason.words
    match move.kind:
        case "mark":
            work.add("unverified", "unverified", by=ENGINE, note=words)
        case "limit":
            assert move.action is not None
            work.add(f"limited/{move.action}", "limited", by=ENGINE, note=words, action=move.action)
            _on_orders(work, move.action, by=ENGINE)
        case "escalate":
            assert move.level is not None
            work.add(f"escalated/{move.level}", "escalated", by=ENGINE, note=words, level=move.level)
        case "remind":
            work.add(f"reminded/{work.now:%Y-%m-%dT%H:%M}", "reminded", by=ENGINE, note=words)
        case "refund":
            work.add("refund_due", "refund_due", by=ENGINE, note=words)


def perform(ledger: Ledger, incident_id: str, name: str, data: Mapping[str, Any], *, now: datetime) -> Done:
    """Perform the command `name` of `domain.incidents.commands` with its JSON input.

    Raises:
        Refused: the sentence why not; nothing was written.
    """
    given = _read(name, data)

    def performed(work: _Work) -> Done:
        return _performed(work, name, given)

    also = given.customer if isinstance(given, commands.Assign) else None
    return _changed(ledger, incident_id, now, performed, also=also)


def _read(name: str, data: Mapping[str, Any]) -> commands.Input:
    if name not in commands.COMMANDS:
        near = closest(name, commands.COMMANDS)
        hint = f"; did you mean {near!r}?" if near else f": use one of {', '.join(commands.COMMANDS)}"
        raise Refused(f"There is no command {name!r}{hint}")
    if (mistakes := commands.wrong(name, data)) is not None:
        raise Refused(mistakes)
    return commands.read(name, data)


def _performed(work: _Work, name: str, given: commands.Input) -> Done:
    incident = work.incident
    key = commands.key_of(name, given, work.entries)
    if work.has(key):
        return Done(words=f"Already done: {commands.WHAT[name]}.", already=True)
    refusal = commands.refusal(incident, playbooks.shipped(), name, given)
    if refusal is not None:
        raise Refused(refusal)
    note = commands.note_of(given)
    if isinstance(given, commands.Assign) and given.customer is not None:
        _assign(work, given.customer)
    work.add(key, commands.WHAT[name], by=given.by, note=note, **commands.data_of(given))
    match given:
        case commands.Act(action=action):
            _on_orders(work, action, by=given.by)
            _on_service(work, action, by=given.by)
        case commands.Close() if incident.cleared and incident.orders_blocked:
            # What it was blocked for has turned out to be nothing.
            work.add(f"{key}/orders", "acted", by=given.by, action=UNBLOCK)
            _on_orders(work, UNBLOCK, by=given.by)
    return Done(words=_told(work, name), customer=_settle(work))


def _told(work: _Work, name: str) -> str:
    """Say what a command did, and what stays as it is where somebody may think otherwise."""
    words = f"{commands.WHAT[name].capitalize()}."
    if name == "close" and work.incident.orders_blocked:
        return f"{words} Orders of {work.row.customer_id} stay blocked."
    return words


def _assign(work: _Work, customer_id: str) -> None:
    """Name the customer of an incident that had none; the lock is held already."""
    assert work.customer is not None
    assert work.customer.id == customer_id
    work.row.customer_id = customer_id


def _on_orders(work: _Work, action: str, *, by: str) -> None:
    """Have the customer's orders blocked, or let through again, where that is what an action does."""
    times = sum(each.action == action for each in work.incident.actions)
    says = playbooks.shipped().action(action).says
    reason = f"incident {work.row.id}: {says}"
    if action in LIMITED:
        work.tell(f"{action}/{times}", OrdersBlocked(reason=reason, by=by, incident=work.row.id))
    elif action == UNBLOCK:
        work.tell(f"{action}/{times}", OrdersUnblocked(reason=reason, by=by, incident=work.row.id))


def _on_service(work: _Work, action: str, *, by: str) -> None:
    """Note what a person did at the vendor: it is no suspension of ours, and not ours to give back."""
    outcome = f"incident {work.row.id}"
    if action == SUSPEND:
        work.tell(SUSPEND, SuspendedElsewhere(outcome=outcome, by=by))
    elif action == TERMINATE:
        work.tell(TERMINATE, SubscriptionCancelled(outcome=outcome, by=by))


def _settle(work: _Work) -> str | None:
    """Bring all that follows from the entries up to date; return whose workflow has to look, if any."""
    incident = work.incident
    work.row.wake_at = None if incident.closed is not None else work.now
    work.row.kind = incident.kind.name
    if incident.closed is not None and work.row.closed_at is None:
        work.row.closed_at = work.now
    _bring_task(work, incident)
    if work.customer is None:
        return None
    _rest(work, incident)
    if incident.suspended and incident.trusted and not incident.test:
        work.tell("suspended", SuspendedElsewhere(outcome=f"incident {incident.id}", by=ENGINE))
    fresh = [fact for fact in work.facts if not facts.recorded(work.session, SOURCE, fact.id)]
    if not fresh:
        return None
    facts.append(work.session, work.customer, fresh, now=work.now)
    return work.customer.id


def _rest(work: _Work, incident: Incident) -> None:
    """Let the customer's dunning rest while fraud or misuse is looked into, or let it go on."""
    wanted = incident.kind.rests_dunning and incident.trusted and not incident.test and not incident.closed
    times = _count(work.session, f"{incident.id}/opened/")
    resting = times > _count(work.session, f"{incident.id}/closed/")
    if wanted and not resting:
        opened = IncidentOpened(
            incident=incident.id,
            kind=incident.kind.name,
            category="fraud" if incident.kind.category == "fraud" else "misuse",
            by=ENGINE,
        )
        work.tell(f"opened/{times + 1}", opened)
    elif resting and not wanted:
        by = incident.closed.by if incident.closed else ENGINE
        closed = IncidentClosed(incident=incident.id, outcome=incident.verdict, by=by)
        work.tell(f"closed/{times}", closed)


def _count(session: Session, begins: str) -> int:
    found = select(func.count()).where(FactRow.source == SOURCE, col(FactRow.source_id).startswith(begins))
    return session.exec(found).one()


def _bring_task(work: _Work, incident: Incident) -> None:
    """Have one open task say what is to be done by whom; what changed is a new one, for a new reader."""
    begins = f"{SOURCE}/{incident.id}/"
    of_this = col(TaskRow.message).startswith(begins)
    rows = list(work.session.exec(select(TaskRow).where(of_this)))
    waiting = [row for row in rows if row.closed_at is None]
    why = task_of(incident, playbooks.shipped())
    if any(row.why == why and row.customer_id == incident.customer for row in waiting):
        return
    newest = work.entries[-1]
    for row in waiting:
        row.closed_at, row.outcome, row.closed_by = work.now, newest.what, newest.by
    if why is not None:
        task = TaskRow(
            customer_id=work.row.customer_id,
            step=INCIDENT,
            kind="review",
            opened_at=work.now,
            why=why,
            message=f"{begins}{len(rows) + 1}",
            owner=incident.owner,
        )
        tasks.add(work.session, task)
    work.session.flush()


def _changed(
    ledger: Ledger,
    incident_id: str,
    now: datetime,
    change: Callable[[_Work], Told],
    *,
    also: str | None = None,
) -> Told:
    """Change an incident in one transaction, under the lock of its customer and then its own.

    Args:
        also: the customer whom the change may name, where it has none.

    Raises:
        UnknownIncident: there is none of this id.
    """
    for _ in range(_TRIES):
        with ledger.read() as session:
            customer_id = _row(session, incident_id).customer_id or also
        try:
            with ledger.write() as session:
                return change(_work(session, incident_id, customer_id, now))
        except _Moved:
            continue
    raise RuntimeError(f"incident {incident_id} was assigned {_TRIES} times")


def _work(session: Session, incident_id: str, customer_id: str | None, now: datetime) -> _Work:
    customer = customers.lock(session, customer_id) if customer_id else None
    found = select(IncidentRow).where(IncidentRow.id == incident_id).with_for_update()
    row = session.exec(found, execution_options={"populate_existing": True}).one()
    if row.customer_id not in (None, customer_id):
        raise _Moved
    entries = _entries(session, incident_id)
    # Of two reviews the later one counts: no two entries are of one instant.
    newest = max((entry.at for entry in entries), default=now - _INSTANT) + _INSTANT
    last_now = customer.last_now if customer is not None else now
    return _Work(session=session, row=row, customer=customer, now=max(now, newest, last_now), entries=entries)


def _row(session: Session, incident_id: str) -> IncidentRow:
    row = session.get(IncidentRow, incident_id)
    if row is None:
        raise UnknownIncident(
            f"There is no incident {incident_id!r} in this ledger: `starter.py incident list` has the open"
            " ones, and `incident report` begins one."
        )
    return row


def _entries(session: Session, incident_id: str) -> list[Entry]:
    found = select(IncidentEntryRow).where(IncidentEntryRow.incident_id == incident_id)
    return [
        Entry(key=row.key, what=row.what, at=row.at, by=row.by, note=row.note, data=row.data)
        for row in session.exec(found.order_by(col(IncidentEntryRow.id)))
    ]


def known(ledger: Ledger, incident_id: str) -> None:
    """Return when there is an incident of this id.

    Raises:
        UnknownIncident: there is none.
    """
    with ledger.read() as session:
        _row(session, incident_id)


def history(ledger: Ledger, incident_id: str) -> list[Entry]:
    """Return the entries of an incident, in the order in which they were written.

    Raises:
        UnknownIncident: there is none of this id.
    """
    with ledger.read() as session:
        _row(session, incident_id)
        return _entries(session, incident_id)


def texts(ledger: Ledger, incident_id: str) -> list[str]:
    """Return the notices of an incident as they came, oldest first: personal data."""
    with ledger.read() as session:
        found = select(IncidentTextRow.text).where(IncidentTextRow.incident_id == incident_id)
        return list(session.exec(found.order_by(col(IncidentTextRow.id))))


def listed(ledger: Ledger, *, now: datetime, closed: bool = False) -> Sequence[Listed]:
    """Return the open incidents, or with `closed` all of them, the oldest first."""
    found = select(IncidentRow.id).order_by(col(IncidentRow.opened_at), col(IncidentRow.id))
    if not closed:
        found = found.where(col(IncidentRow.closed_at).is_(None))
    with ledger.read() as session:
        incidents = [incident_of(name, _entries(session, name)) for name in session.exec(found)]
    return [Listed(incident=each, move=next_move(each, playbooks.shipped(), now)) for each in incidents]


def paged(ledger: Ledger, *, only_open: bool, after: str, limit: int) -> list[Incident]:
    """Return incidents in the order of their ids, from behind `after`."""
    found = select(IncidentRow.id).where(col(IncidentRow.id) > after).order_by(col(IncidentRow.id))
    if only_open:
        found = found.where(col(IncidentRow.closed_at).is_(None))
    with ledger.read() as session:
        names = session.exec(found.limit(limit)).all()
        return [incident_of(name, _entries(session, name)) for name in names]


def due(ledger: Ledger, *, now: datetime, limit: int, speed: float = 1) -> list[str]:
    """Return the incidents whose workflow should have looked and has not, those first that wait longest.

    `speed` is the business clock's: the patience is one of real time.
    """
    patience = timedelta(seconds=PATIENCE_SECONDS * speed)
    late = select(IncidentRow.id).where(col(IncidentRow.wake_at) < now - patience)
    with ledger.read() as session:
        return list(session.exec(late.order_by(col(IncidentRow.wake_at), col(IncidentRow.id)).limit(limit)))
