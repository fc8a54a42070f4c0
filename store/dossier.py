"""The dossier: all that the ledger holds about one customer, as the pages of finance show it.

It only reads. Names and addresses are read where they are asked for, and only there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from domain.claim import Claim
from domain.customer import Customer
from domain.facts import Fact, PolicyAccepted
from domain.happenings import Happening, Teller, newest_first, stands
from domain.money import Money
from domain.wording import Wording
from domain.worklist.endings import Ending, ending
from store import customers, facts, written
from store.customers import ContactData
from store.database import Ledger
from store.tables import (
    ContactRow,
    CustomerRow,
    DebtRow,
    InboxRow,
    JournalRow,
    PolicyRow,
    TaskRow,
)
from store.worklist import workflow_of

_CLAIMS = SQLModel.metadata.tables["claims"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One customer in a list.

    Attributes:
        name: None where it was not asked for, or is not known.
        open: what is open, one amount per currency.
        due_on: of the oldest invoice of which something is open.
        tasks: how many wait for a person.
        wake_at: when it is looked at again; None where only news can matter.
    """

    id: str
    name: str | None
    segment: str
    country: str | None
    stage: str | None
    open: tuple[Money, ...]
    due_on: date | None
    tasks: int
    wake_at: datetime | None
    case_open: bool


def listed(
    ledger: Ledger,
    *,
    search: str = "",
    stage: str = "",
    after: str = "",
    limit: int,
    names: bool = False,
) -> list[Listed]:
    """Return customers in the order of their ids, from behind `after`.

    Args:
        search: a part of an id, or a whole invoice number; of whoever may see `names`, a part of one or a
            whole email address as well.
        stage: only those in it.
    """
    found = select(CustomerRow).where(col(CustomerRow.id) > after).order_by(col(CustomerRow.id)).limit(limit)
    if stage:
        found = found.where(CustomerRow.stage == stage)
    if search:
        found = found.where(_matches(search, names=names))
    with ledger.read() as session:
        rows = session.exec(found).all()
        ids = [row.id for row in rows]
        owed, tasks = _owed(session, ids), _tasks(session, ids)
        called = _names(session, ids) if names else {}
        return [
            Listed(
                id=row.id,
                name=called.get(row.id),
                segment=row.segment,
                country=row.country,
                stage=row.stage,
                open=tuple(Money(minor, currency) for currency, minor, _ in owed[row.id]),
                due_on=min((due_on for _, _, due_on in owed[row.id]), default=None),
                tasks=tasks.get(row.id, 0),
                wake_at=row.wake_at,
                case_open=row.case_open,
            )
            for row in rows
        ]


def _matches(search: str, *, names: bool) -> sa.ColumnElement[bool]:
    """Whether a customer is one that somebody may look for by these words."""
    words = search.lower()
    ways: list[sa.ColumnElement[bool]] = [
        sa.func.lower(col(CustomerRow.id)).contains(words, autoescape=True),
        col(CustomerRow.id).in_(select(DebtRow.customer_id).where(DebtRow.invoice == search)),
    ]
    if names:
        called = sa.func.lower(col(ContactRow.name)).contains(words, autoescape=True)
        mailed = sa.func.lower(col(ContactRow.email)) == words
        ways.append(col(CustomerRow.id).in_(select(ContactRow.customer_id).where(sa.or_(called, mailed))))
    return sa.or_(*ways)


def _owed(session: Session, ids: Sequence[str]) -> Mapping[str, list[tuple[str, int, date]]]:
    """Return per customer the currencies with what is open in each, and since when it is due."""
    sums = (
        select(
            col(DebtRow.customer_id),
            col(DebtRow.currency),
            sa.func.sum(DebtRow.open_minor),
            sa.func.min(DebtRow.due_on),
        )
        .where(col(DebtRow.customer_id).in_(ids), DebtRow.open_minor > 0)
        .group_by(col(DebtRow.customer_id), col(DebtRow.currency))
        .order_by(col(DebtRow.currency))
    )
    found: dict[str, list[tuple[str, int, date]]] = defaultdict(list)
    for customer_id, currency, minor, due_on in session.exec(sums):
        found[customer_id].append((currency, int(minor), due_on))
    return found


def _tasks(session: Session, ids: Sequence[str]) -> Mapping[str, int]:
    waiting = (
        select(col(TaskRow.customer_id), sa.func.count())
        .where(col(TaskRow.customer_id).in_(ids), col(TaskRow.closed_at).is_(None))
        .group_by(col(TaskRow.customer_id))
    )
    return {customer_id: count for customer_id, count in session.exec(waiting) if customer_id is not None}


def _names(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    rows = session.exec(
        select(ContactRow.customer_id, ContactRow.name).where(col(ContactRow.customer_id).in_(ids))
    )
    return {customer_id: name for customer_id, name in rows if name}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a customer besides the money.

    Attributes:
        contact: None where it was not asked for.
    """

    customer: Customer
    since: datetime
    stage: str | None
    contact: ContactData | None
    places: tuple[str, ...]


def about(ledger: Ledger, customer_id: str, *, contact: bool) -> About:
    """Return who a customer is.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        return About(
            customer=row.customer(),
            since=row.created_at,
            stage=row.stage,
            contact=customers.contact(session, row.id) if contact else None,
            places=tuple(filter(None, (row.country, row.region, *row.places))),
        )


def happened(ledger: Ledger, customer_id: str, *, newest: int | None = None) -> list[Happening]:
    """Return what happened to a customer, the newest first.

    Args:
        newest: no more than so many lines are wanted.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        told = _journal(session, row.id, newest)
        claims = facts.account_of(session, row, allocation=row.allocation).claims
        lines = newest_first(told, facts.read(session, row.id)[-(newest or 0) :], claims)
        return lines if newest is None else lines[:newest]


def _journal(session: Session, customer_id: str, newest: int | None) -> list[Happening]:
    lines = (
        select(JournalRow).where(JournalRow.customer_id == customer_id).order_by(col(JournalRow.id).desc())
    )
    return [_line(row) for row in reversed(session.exec(lines.limit(newest)).all())]


def _line(row: JournalRow) -> Happening:
    what = " by ".join(filter(None, (row.step, row.channel)))
    plain = row.what in ("command", "note", "switch", "outcome")
    return Happening(
        at=row.at,
        kind=cast(Teller, row.what),
        about=row.rule or "",
        says=row.why if plain or not what else what,
        why="" if plain or not what else row.why,
        by=row.actor,
        debts=row.debts,
        message=row.message,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One open task.

    Attributes:
        owner: who does it; None where nobody has taken it.
        workflow: in which it is worked on.
        ending: which commands end it.
    """

    step: str
    why: str
    opened_at: datetime
    owner: str | None
    snoozed_until: date | None
    workflow: str | None
    ending: Ending


def waiting(ledger: Ledger, customer_id: str) -> list[Waiting]:
    """Return the open tasks about a customer, oldest first.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    mine = select(TaskRow).where(TaskRow.customer_id == customer_id, col(TaskRow.closed_at).is_(None))
    with ledger.read() as session:
        customers.get(session, customer_id)
        return [
            Waiting(
                step=row.step,
                why=row.why.rpartition(f" task {row.step}: ")[2],
                opened_at=row.opened_at,
                owner=row.owner,
                snoozed_until=row.snoozed_until,
                workflow=workflow_of(customer_id, row.step, row.why),
                ending=ending(row.step, said=row.kind, whole=False, debts=tuple(row.debts)),
            )
            for row in session.exec(mine.order_by(col(TaskRow.opened_at), col(TaskRow.id)))
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message to a customer.

    Attributes:
        debts: with what was asked for.
        words: in which it went out; None where it did not, or nobody knew any more.
    """

    claim: Claim
    debts: tuple[tuple[str, Money], ...]
    policy_version: str
    code_version: str
    words: Wording | None

    @property
    def stands(self) -> str:
        """How it stands now, in words."""
        return stands(self.claim)


def messages(ledger: Ledger, customer_id: str) -> list[Sent]:
    """Return every message to a customer that was begun, the newest first.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    worded = {message: words for _, message, words in written.of(ledger, customer_id)}
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        account = facts.account_of(session, row, allocation=row.allocation)
        rows: dict[str, list[Any]] = defaultdict(list)
        mine = sa.select(_CLAIMS).where(_CLAIMS.c.customer_id == customer_id).order_by(_CLAIMS.c.position)
        for claimed in session.connection().execute(mine):
            rows[claimed.message].append(claimed)
    return [
        Sent(
            claim=claim,
            debts=tuple((each.debt, Money(each.amount_minor, each.currency)) for each in rows[claim.message]),
            policy_version=rows[claim.message][0].policy_version,
            code_version=rows[claim.message][0].code_version,
            words=worded.get(claim.message),
        )
        for claim in reversed(account.claims)
        if claim.is_message
    ]


def facts_before(ledger: Ledger, customer_id: str, *, before: int | None, limit: int) -> list[Fact]:
    """Return the facts of a customer, the newest first, from before the one of this number.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        customers.get(session, customer_id)
        known = facts.read(session, customer_id)
    return [fact for fact in reversed(known) if before is None or fact.number < before][:limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a vendor reported: its word, and what became of it."""

    source: str
    heard_at: datetime
    word: str
    message: str | None
    provider_ref: str | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUsed:
    """A policy under which something was decided, first and last, or that the customer accepted."""

    version: str
    title: str
    adopted_at: datetime
    adopted_by: str
    used: tuple[datetime, datetime] | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What proves what was done.

    Attributes:
        confirmations: of vendors, the newest first.
        codes: the versions of the code that decided, each with when it did first and last.
    """

    confirmations: tuple[Confirmation, ...]
    policies: tuple[PolicyUsed, ...]
    codes: tuple[tuple[str, datetime, datetime], ...]


def evidence(ledger: Ledger, customer_id: str) -> Evidence:
    """Return the evidence about a customer besides its messages and the exchanges with providers.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.read() as session:
        customers.get(session, customer_id)
        accepted = {
            fact.body.version: fact.learned_at
            for fact in facts.read(session, customer_id)
            if isinstance(fact.body, PolicyAccepted)
        }
        used = {
            version: (first, last) for version, first, last in _used(session, customer_id, "policy_version")
        }
        adopted = select(PolicyRow).where(col(PolicyRow.version).in_([*used, *accepted]))
        heard = select(InboxRow).where(InboxRow.customer_id == customer_id).order_by(col(InboxRow.id).desc())
        return Evidence(
            confirmations=tuple(
                Confirmation(**row.model_dump(include=set(Confirmation.__dataclass_fields__)))
                for row in session.exec(heard)
            ),
            policies=tuple(
                PolicyUsed(
                    version=row.version,
                    title=row.title,
                    adopted_at=row.adopted_at,
                    adopted_by=row.adopted_by,
                    used=used.get(row.version),
                    accepted_at=accepted.get(row.version),
                )
                for row in session.exec(adopted.order_by(col(PolicyRow.adopted_at)))
            ),
            codes=tuple(_used(session, customer_id, "code_version")),
        )


def _used(session: Session, customer_id: str, name: str) -> list[tuple[str, datetime, datetime]]:
    """Return the versions that the journal names, each with when it did first and last."""
    version = getattr(JournalRow, name)
    spans = (
        select(version, sa.func.min(JournalRow.at), sa.func.max(JournalRow.at))
        .where(JournalRow.customer_id == customer_id, version.is_not(None))
        .group_by(version)
        .order_by(sa.func.min(JournalRow.at))
    )
    return [(str(found), first, last) for found, first, last in session.exec(spans)]
