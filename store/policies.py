"""Policies as adopted: by the hash of their content, each name's newest in the order of choice."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, and_, col, false, not_, or_, select, true

from domain.assignment import Choice, who
from domain.customer import Customer
from domain.policy import Policy
from domain.policy_audience import Audience
from store import controls, journal, sweep
from store.database import Ledger
from store.errors import NoPolicy, Refused
from store.tables import CustomerRow, IdentityRow, PolicyRow, SwitchesRow


def adopt(ledger: Ledger, policy: Policy, *, now: datetime, by: str) -> str:
    """Adopt one policy, as `adopt_all` does; return its version."""
    return adopt_all(ledger, [policy], now=now, by=by)[0]


def adopt_all(ledger: Ledger, adopting: Sequence[Policy], *, now: datetime, by: str) -> list[str]:
    """Adopt policies in place of older ones of their names, all or none; return their versions.

    Customers whom they concern, and who have no open case, are to be looked at again. With its first
    policy a ledger goes live: what fell due on earlier days is not sent, unless `go-live` says otherwise.
    """
    with ledger.write() as session:
        # One at a time, or two would take the same place; nobody else locks this row.
        session.get_one(IdentityRow, 1, with_for_update=True)
        return [_adopt(session, policy, now=now, by=by) for policy in adopting]


def _adopt(session: Session, policy: Policy, *, now: datetime, by: str) -> str:
    version = policy.version
    row = session.get(PolicyRow, version)
    if row is not None and row.position is not None:
        return version
    older = _named(session, policy.policy)
    if older is not None:
        position, older.position = older.position, None
    else:
        last = session.exec(select(func.max(PolicyRow.position))).one()
        position = 1 if last is None else last + 1
    session.merge(
        PolicyRow(
            version=version,
            name=policy.policy,
            title=policy.title,
            content=policy.canonical(),
            segments=list(policy.audience.segments),
            adopted_at=now,
            adopted_by=by,
            position=position,
        )
    )
    session.flush()
    concerned = [policy, *([_parse(older)] if older else [])]
    sweep.mark(session, _concerned(session, concerned))
    if position == 1 and older is None:
        _go_live(session, now.date())
    controls.ran(session, "S4", at=now)
    why = f"policy {policy.policy} {version} was adopted"
    journal.write(session, at=now, what="note", why=why, actor=by, policy_version=version)
    return version


def _go_live(session: Session, today: date) -> None:
    switches = session.get_one(SwitchesRow, 1, with_for_update=True, populate_existing=True)
    switches.go_live_on = switches.go_live_on or today


def listed(ledger: Ledger) -> list[PolicyRow]:
    """Return what was ever adopted: first what is switched on, in the order of choice."""
    with ledger.read() as session:
        rows = session.exec(select(PolicyRow).order_by(col(PolicyRow.adopted_at))).all()
    return sorted(rows, key=lambda row: (row.position is None, row.position or 0))


def countries_with_interest_by_law(session: Session) -> list[str]:
    """Return the countries of customers whose adopted policy proposes interest by law, sorted."""
    versions = session.exec(select(PolicyRow.version).where(col(PolicyRow.position).is_not(None))).all()
    by_law = [
        policy for policy in (get(session, each) for each in versions) if policy.interest.basis == "statutory"
    ]
    known = session.exec(select(CustomerRow.segment, CustomerRow.country).distinct())
    return sorted(
        {
            country
            for segment, country in known
            if country is not None
            for policy in by_law
            if not policy.audience.segments or segment in policy.audience.segments
            if policy.interest.party(segment) is not None
        }
    )


def retire(ledger: Ledger, name: str, *, now: datetime, by: str) -> str:
    """Take a policy out of the choice; return its version. An open case keeps it until it is closed.

    Raises:
        Refused: no policy of this name is adopted, or an experiment names it.
    """
    with ledger.write() as session:
        session.get_one(IdentityRow, 1, with_for_update=True)
        row = _named(session, name)
        if row is None:
            raise Refused(f"No policy {name!r} is adopted: see `starter.py policy list`.")
        users = [
            policy.policy
            for policy in adopted(session)
            if policy.experiment and name in {arm.policy for arm in policy.experiment.arms}
        ]
        if users:
            raise Refused(
                f"{name} is an arm of the experiment in {' and '.join(users)}: adopt that without it."
            )
        sweep.mark(session, _concerned(session, [_parse(row)]))
        row.position = None
        why = f"policy {name} {row.version} was retired"
        journal.write(session, at=now, what="note", why=why, actor=by, policy_version=row.version)
        return row.version


def _concerned(session: Session, changing: Sequence[Policy]) -> ColumnElement[bool]:
    """Whoever may be under one of these policies, before or after; a tag is not looked at in SQL.

    Those whom an arm of an experiment gives it, or a person, have it as their last choice, or will find it
    through the policy that names it.
    """
    names = {policy.policy for policy in changing}
    naming = [
        policy
        for policy in adopted(session)
        if policy.experiment and names & {arm.policy for arm in policy.experiment.arms}
    ]
    audiences = [_of(policy.audience) for policy in (*changing, *naming)]
    chosen = col(CustomerRow.chosen)["policy"].as_string().in_(sorted(names))
    return and_(or_(chosen, *audiences), col(CustomerRow.policy_version).is_(None))


def _of(audience: Audience) -> ColumnElement[bool]:
    """The customers of an audience, and those whom only a tag rules out."""
    conditions = [
        func.coalesce(col(column), "").in_(asked)
        for column, asked in (
            (CustomerRow.segment, audience.segments),
            (CustomerRow.country, audience.countries),
            (CustomerRow.currency, audience.currencies),
            (CustomerRow.size, audience.sizes),
            (CustomerRow.risk, audience.risks),
        )
        if asked
    ]
    return and_(true(), *conditions)


def uncovered(session: Session) -> dict[str, int]:
    """Return how many customers no adopted policy is for, by their segment."""
    audiences = [policy.audience for policy in adopted(session)]
    whole = [_of(each) for each in audiences if not (each.tags or each.without_tags)]
    left = session.exec(select(CustomerRow).where(not_(or_(false(), *whole))))
    nobodys = [
        row.segment for row in left if all(each.missed(row.customer()) is not None for each in audiences)
    ]
    return dict(Counter(nobodys))


def covers(session: Session, customer: Customer) -> bool:
    """Whether an adopted policy is for a customer."""
    return any(policy.audience.missed(customer) is None for policy in adopted(session))


def adopted(session: Session) -> list[Policy]:
    """Return what is switched on, in the order of choice."""
    return list(by_version(session).values())


def by_version(session: Session) -> dict[str, Policy]:
    """Return what is switched on by its version, in the order of choice."""
    versions = (
        select(PolicyRow.version)
        .where(col(PolicyRow.position).is_not(None))
        .order_by(col(PolicyRow.position), col(PolicyRow.name))
    )
    return {version: get(session, version) for version in session.exec(versions).all()}


def nobodys(customer: Customer, chosen: Choice) -> str:
    """Say that no policy is for a customer, and what would be."""
    known = "; ".join(each.reason.words for each in chosen.passed_over)
    return (
        f"No adopted policy is for segment {customer.segment!r}, or not with this customer's other words"
        f" ({who(customer)}){': ' if known else ''}{known}. Adopt one with `starter.py policy adopt FILE`,"
        " name what fits under `for:` in a policy that is adopted, or correct the customer."
    )


def find(session: Session, name: str) -> Policy:
    """Return a policy by its version, or by its name: then the version that is switched on.

    Raises:
        NoPolicy: there is none.
    """
    row = _named(session, name)
    return get(session, name if row is None else row.version)


def named(session: Session, name: str) -> Policy | None:
    """Return the policy of this name that is switched on."""
    row = _named(session, name)
    return None if row is None else _parse(row)


def _named(session: Session, name: str) -> PolicyRow | None:
    wanted = select(PolicyRow).where(PolicyRow.name == name, col(PolicyRow.position).is_not(None))
    return session.exec(wanted).one_or_none()


def get(session: Session, version: str) -> Policy:
    """Return an adopted policy.

    Raises:
        NoPolicy: this version was never adopted here.
    """
    found = _parsed.get(version)
    if found is None:
        row = session.get(PolicyRow, version)
        if row is None:
            raise NoPolicy(f"No policy {version!r} was adopted here: see `starter.py policy list`.")
        found = _parse(row)
    return found


def _parse(row: PolicyRow) -> Policy:
    found = _parsed.get(row.version)
    if found is None:
        found = _parsed[row.version] = Policy.model_validate_json(row.content)
    return found


# A version is the hash of a policy's content, so an entry is right for every ledger and for ever.
_parsed: dict[str, Policy] = {}
