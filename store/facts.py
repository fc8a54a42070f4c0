"""Facts: how they are appended, and how one customer is loaded for a plan.

`append` is the only place that writes facts; the customer's row must be locked. Entries and debts
follow from the facts (`store.postings`), in the same transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col

from domain import facts, override
from domain.account import Account
from domain.account_fold import build
from domain.assignment import Choice, choose
from domain.claim import Claim
from domain.contact_law.books import lawless
from domain.facts import Body, Fact, kind_of, read_body, write_body
from domain.policy import Policy
from domain.posting_order import is_money
from store import events, onboarding_rules, policies, postings, rates, whereabouts
from store.database import LAW_OF, Ledger
from store.errors import Conflict, NoPolicy, Refused
from store.references import problems_of
from store.tables import CaseRow, CustomerRow, FactRow

_FACTS = SQLModel.metadata.tables["facts"]
_CLAIMS = SQLModel.metadata.tables["claims"]
_FACTS_OF = select(_FACTS).where(_FACTS.c.customer_id == bindparam("customer")).order_by(_FACTS.c.number)
_CLAIMS_OF = (
    select(_CLAIMS)
    .where(_CLAIMS.c.customer_id == bindparam("customer"))
    .order_by(_CLAIMS.c.message, _CLAIMS.c.position)
)
_CONTACT, _SWITCHES = SQLModel.metadata.tables["contact_data"], SQLModel.metadata.tables["switches"]
_OF_CUSTOMER = _CONTACT.c.customer_id == bindparam("customer")
# What else a plan needs, in one question; each part may be missing.
_AROUND = select(
    select(_CONTACT.c.email).where(_OF_CUSTOMER).scalar_subquery(),
    select(_CONTACT.c.phone).where(_OF_CUSTOMER).scalar_subquery(),
    select(_SWITCHES.c.go_live_on).scalar_subquery(),
)
_RECORDED = select(
    _FACTS.c.source, _FACTS.c.source_id, _FACTS.c.customer_id, _FACTS.c.happened_on, _FACTS.c.body
).where(_FACTS.c.source == bindparam("source"), _FACTS.c.source_id.in_(bindparam("names", expanding=True)))
_NUMBERED = insert(FactRow).returning(col(FactRow.number), sort_by_parameter_order=True)
# So many values a database takes in one list.
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFact:
    """A fact that a door brings; one of the two dates must be given.

    Attributes:
        id: unique within `source`.
        happened_on: the day in the customer's zone; without it, that of `happened_at`.
    """

    source: str
    id: str
    happened_on: date | None = None
    happened_at: datetime | None = None
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """One customer, ready for `domain.plan.plan`.

    Attributes:
        choice: why it is this policy; None where it is pinned, by the case or for the next one.
    """

    policy: Policy
    policy_version: str
    choice: Choice | None
    account: Account
    history: tuple[Fact, ...]


def append(
    session: Session,
    row: CustomerRow,
    new: Sequence[NewFact],
    *,
    now: datetime,
    news: bool = True,
    known: Sequence[Fact] | None = None,
) -> list[Fact]:
    """Append what is new of `new` to the facts of a locked customer; return what was written.

    What is recorded already with the same content is passed over.

    Args:
        known: every fact so far, where the caller has read them under this lock.

    Raises:
        Conflict: a source and id is recorded already with another content.
        Refused: something else is wrong; every problem, one a line. Nothing was written.
    """
    wanted = _not_recorded(session, row, new)
    if not wanted:
        return []
    known = read(session, row.id) if known is None else known
    adding = _sound(session, row, wanted, known, now)
    try:
        return _write(session, row, known, adding, news=news)
    except IntegrityError:
        # Two customers at one moment, each under its own lock: the database lets one through.
        raise Conflict("another delivery of this moment has the same id or invoice number") from None


def check(
    session: Session, row: CustomerRow, new: Sequence[NewFact], *, known: Sequence[Fact], now: datetime
) -> None:
    """Return when `append` would take these facts of a customer of whom these are known; write nothing.

    Raises:
        Conflict, Refused: as `append` would.
    """
    _sound(session, row, _not_recorded(session, row, new), known, now)


def _sound(
    session: Session, row: CustomerRow, wanted: Sequence[NewFact], known: Sequence[Fact], now: datetime
) -> list[Fact]:
    adding = _dated(row, wanted, max(now.astimezone(UTC), row.last_now))
    problems = problems_of(session, row.id, known, adding)
    if problems:
        raise Refused("\n".join(problems))
    return adding


def _write(
    session: Session, row: CustomerRow, known: Sequence[Fact], adding: Sequence[Fact], *, news: bool
) -> list[Fact]:
    written = _insert(session, row.id, adding)
    learned_at = adding[0].learned_at
    row.revision += 1
    row.news += int(news)
    row.last_now = learned_at
    adopted = [fact.body.policy for fact in written if isinstance(fact.body, facts.PolicyAdopted)]
    if adopted and row.case_open:
        row.policy_version = adopted[-1]
    if adopted or any(is_money(fact.body) for fact in written):
        history = [*known, *written]
        postings.bring_up_to_date(
            session, row, history, allocation=_allocation(session, row, history), learned_at=learned_at
        )
    events.tell_facts(session, row, written)
    return written


def read(session: Session, customer_id: str) -> list[Fact]:
    """Return every fact of a customer, in the order learned."""
    rows = session.connection().execute(_FACTS_OF, {"customer": customer_id})
    return [
        Fact(
            source=row.source,
            id=row.source_id,
            happened_on=row.happened_on,
            happened_at=row.happened_at,
            learned_at=row.learned_at,
            body=read_text(row.body),
            number=row.number,
        )
        for row in rows
    ]


def history(ledger: Ledger, customer_id: str) -> tuple[Fact, ...]:
    """Return every fact of a customer, in the order learned."""
    with ledger.read() as session:
        return tuple(read(session, customer_id))


def recorded(session: Session, source: str, name: str) -> bool:
    """Say whether a fact of this source and id is recorded."""
    return bool(_recorded(session, [(source, name)]))


def load(
    session: Session, row: CustomerRow, *, now: datetime | None = None, known: Sequence[Fact] | None = None
) -> Loaded:
    """Load a customer with the policy that applies now, or at the newest instant that is known of it.

    Args:
        known: every fact, where the caller has read them under this lock.

    Raises:
        NoPolicy: no adopted policy is for the customer.
    """
    session.flush()  # A claim that was settled a moment ago is to be seen.
    known = read(session, row.id) if known is None else known
    version, policy, choice = policy_for(session, row, known, now=now)
    return _loaded(session, row, known, version, policy, choice)


def load_under(session: Session, row: CustomerRow, policy: Policy) -> Loaded:
    """Load a customer as if a policy were theirs, which need not be adopted."""
    session.flush()
    return _loaded(session, row, read(session, row.id), policy.version, policy, None)


def _loaded(
    session: Session,
    row: CustomerRow,
    known: Sequence[Fact],
    version: str,
    policy: Policy,
    choice: Choice | None,
) -> Loaded:
    account = account_of(session, row, known, allocation=policy.allocation)
    return Loaded(policy=policy, policy_version=version, choice=choice, account=account, history=tuple(known))


def account_of(
    session: Session,
    row: CustomerRow,
    known: Sequence[Fact] | None = None,
    *,
    allocation: str = "oldest_due",
) -> Account:
    """Return the account that the facts of a customer are; who asks for the reach alone needs no policy.

    Args:
        known: every fact, where the caller has read them under this lock.
    """
    known = read(session, row.id) if known is None else known
    email, phone, go_live_on = session.connection().execute(_AROUND, {"customer": row.id}).one()
    channels = [channel for channel, address in (("email", email), ("sms", phone)) if address]
    customer, law_of = row.customer(), session.info.get(LAW_OF, lawless)
    account = build(
        customer,
        known,
        read_claims(session, row.id),
        channels=channels,
        go_live_on=go_live_on,
        allocation=allocation,
        rates=rates.shipped(),
        law=law_of(customer, whereabouts.read(row, phone)),
    )
    if account.onboarding == "pending":
        account = replace(account, onboarding_rules=onboarding_rules.in_force(session))
    # Facts may say that an address changed which has been destroyed since.
    lost = {channel for channel, reach in account.reach.items() if reach == "ok" and channel not in channels}
    if lost:
        account = replace(account, reach={**account.reach, **dict.fromkeys(lost, "missing")})
    if account.unsubscribed and "email" not in channels:
        account = replace(account, unsubscribed={})
    return account


def policy_for(
    session: Session, row: CustomerRow, known: Sequence[Fact], *, now: datetime | None = None
) -> tuple[str, Policy, Choice | None]:
    """Return version and policy: pinned by the case, adopted for this customer's next one, or chosen.

    Raises:
        NoPolicy: none is for the customer.
    """
    version = row.policy_version or _adopted_for(session, row, known)
    if version is not None:
        return version, policies.get(session, version), None
    adopted = policies.by_version(session)
    chosen = _choose(adopted.values(), row, known, now)
    if chosen.policy is None:
        raise NoPolicy(policies.nobodys(row.customer(), chosen))
    # Looked up, because a policy hashes all of its content each time that it is asked.
    version = next(version for version, policy in adopted.items() if policy is chosen.policy)
    return version, chosen.policy, chosen


def chosen_for(
    session: Session, row: CustomerRow, known: Iterable[Fact], *, now: datetime | None = None
) -> Choice:
    """Choose the policy of a customer as if no case were open; it may be none."""
    return _choose(policies.adopted(session), row, known, now)


def _choose(
    adopted: Iterable[Policy], row: CustomerRow, known: Iterable[Fact], now: datetime | None
) -> Choice:
    made = None
    for fact in known:
        made = override.after(fact, made)
    today = max(now or row.last_now, row.last_now).astimezone(ZoneInfo(row.timezone)).date()
    return choose(tuple(adopted), row.customer(), override.in_force(made, today))


def _adopted_for(session: Session, row: CustomerRow, known: Iterable[Fact]) -> str | None:
    """Return the version that was adopted for this customer alone since its last case was closed."""
    adopted = [fact for fact in known if isinstance(fact.body, facts.PolicyAdopted)]
    if not adopted:
        return None
    closed = session.get(CaseRow, (row.id, row.case_number))
    newest = adopted[-1]
    assert isinstance(newest.body, facts.PolicyAdopted)
    over = closed is not None and closed.closed_at is not None and newest.learned_at <= closed.closed_at
    return None if over else newest.body.policy


def _allocation(session: Session, row: CustomerRow, known: Sequence[Fact]) -> str:
    try:
        return policy_for(session, row, known)[1].allocation
    except NoPolicy:
        return row.allocation  # Money is booked whether or not anybody is chased for it.


def read_claims(session: Session, customer_id: str) -> list[Claim]:
    """Return the claims of a customer, one a message."""
    groups: dict[str, list[RowMapping]] = {}
    for row in session.connection().execute(_CLAIMS_OF, {"customer": customer_id}).mappings():
        groups.setdefault(row["message"], []).append(row)
    return [_claim(rows) for rows in groups.values()]


def _claim(rows: Sequence[RowMapping]) -> Claim:
    first = rows[0]
    return Claim(
        message=first["message"],
        step=first["step"],
        channel=first["channel"],
        debts=tuple((row["debt"], row["opening"]) for row in rows),
        claimed_at=first["claimed_at"],
        state=first["state"],
        attempt=first["attempt"],
        sent_at=first["sent_at"],
        suspend_on=first["suspend_on"],
        provider_ref=first["provider_ref"],
        kind=first["kind"],
    )


@lru_cache(maxsize=65_536)
def read_text(text: str) -> Body:
    """Return the body that a row's text holds. Bodies are frozen, so equal texts share one."""
    return read_body(json.loads(text))


def write_text(body: Body) -> str:
    """Return the text under which a body is kept."""
    return json.dumps(write_body(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _not_recorded(session: Session, row: CustomerRow, new: Sequence[NewFact]) -> list[NewFact]:
    """Leave out what is recorded already.

    Raises:
        Conflict: recorded already, with another content.
    """
    there_are = _recorded(session, [(fact.source, fact.id) for fact in new])
    wanted: dict[tuple[str, str], NewFact] = {}
    conflicts = []
    for fact in new:
        key = (fact.source, fact.id)
        there = there_are.get(key)
        if there is not None:
            if there["customer_id"] != row.id:
                conflicts.append(
                    f"{fact.source} {fact.id}: recorded already, for customer {there['customer_id']}"
                )
            # A day that the source states belongs to the fact; an instant may be that of the asking.
            elif read_text(there["body"]) != fact.body or fact.happened_on not in (
                None,
                there["happened_on"],
            ):
                conflicts.append(f"{fact.source} {fact.id}: recorded already, with another content")
        elif wanted.setdefault(key, fact) != fact:
            conflicts.append(f"{fact.source} {fact.id}: comes twice, with different contents")
    if conflicts:
        raise Conflict("\n".join(conflicts))
    return list(wanted.values())


def _recorded(session: Session, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], RowMapping]:
    found: dict[tuple[str, str], RowMapping] = {}
    for source in {source for source, _ in keys}:
        names = [name for of, name in keys if of == source]
        for start in range(0, len(names), _CHUNK):
            some = {"source": source, "names": names[start : start + _CHUNK]}
            rows = session.connection().execute(_RECORDED, some).mappings()
            found.update({(row["source"], row["source_id"]): row for row in rows})
    return found


def _dated(row: CustomerRow, new: Sequence[NewFact], learned_at: datetime) -> list[Fact]:
    """Give each fact its days.

    Raises:
        Refused: one has neither date, or a naive instant.
    """
    zone = ZoneInfo(row.timezone)
    dated, problems = [], []
    for fact in new:
        on, at = fact.happened_on, fact.happened_at
        if at is not None and at.tzinfo is None:
            problems.append(f"{fact.source} {fact.id}: {at} has no offset from UTC")
            continue
        if on is None:
            if at is None:
                problems.append(f"{fact.source} {fact.id}: say on which day, or when, it happened")
                continue
            on = at.astimezone(zone).date()
        at = None if at is None else at.astimezone(UTC)
        dated.append(
            Fact(
                source=fact.source,
                id=fact.id,
                happened_on=on,
                happened_at=at,
                learned_at=learned_at,
                body=fact.body,
            )
        )
    if problems:
        raise Refused("\n".join(problems))
    return dated


def _insert(session: Session, customer_id: str, adding: Sequence[Fact]) -> list[Fact]:
    """Insert the facts and return them with their numbers."""
    values = [
        {
            "customer_id": customer_id,
            "kind": kind_of(fact.body),
            "source": fact.source,
            "source_id": fact.id,
            "happened_on": fact.happened_on,
            "happened_at": fact.happened_at,
            "learned_at": fact.learned_at,
            "body": write_text(fact.body),
        }
        for fact in adding
    ]
    numbers = session.connection().execute(_NUMBERED, values).scalars().all()
    return [replace(fact, number=number or 0) for fact, number in zip(adding, numbers, strict=True)]
