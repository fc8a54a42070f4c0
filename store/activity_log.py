"""The activity log: records are kept once, page by page with the cursor, and audited by the rules.

A page and the cursor behind it are one transaction, and what the rules have not seen is marked: a crash at
any point loses nothing and doubles nothing.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select, update

from domain.activity_log.records import KNOWN_KINDS, BadRecord, Record, read_record
from domain.activity_log.rules import Audit, Finding, findings
from domain.facts import ActivityNoticed
from domain.incidents import signs
from store import customers, facts, incidents, monitors, service_accounts
from store.database import Ledger, upsert
from store.doors import record_locked
from store.facts import NewFact
from store.tables import ActivityDetailRow, ActivityRow, CustomerRow

SOURCE = "activity"
_MOST_RECORDS = 20
_CHUNK = 500
_BATCH = 100
"""So many customers are audited at once; the next question has the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a page."""

    new: int
    again: int
    unknown: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record as a person reads it."""

    at: datetime
    customer_id: str | None
    account: str | None
    kind: str
    resource: str
    status: str
    record: str
    principal: str | None


def keep(
    ledger: Ledger,
    source: str,
    page: Iterable[Mapping[str, Any]],
    *,
    cursor: Mapping[str, Any],
    now: datetime,
) -> Kept:
    """Keep the records of a page, each once, and move the cursor behind it, all in one transaction."""
    unknown: Counter[str] = Counter()
    records: dict[str, Record] = {}
    for raw in page:
        try:
            record = read_record(raw)
        except BadRecord as wrong:
            unknown[str(wrong)] += 1
            continue
        records[record.id] = record
    with ledger.write() as session:
        owners = service_accounts.owners(session, (r.account for r in records.values() if r.account))
        new = 0
        for record in records.values():
            customer_id = owners.get(record.account or "")
            if _insert(session, source, record, customer_id, ledger.code_key, now):
                new += 1
                if record.kind not in KNOWN_KINDS:
                    unknown[f"kind {record.kind}"] += 1
                if customer_id is None:
                    unknown["of an account that is no customer's"] += 1
        monitors.move(session, monitors.ACTIVITY, cursor, unknown=unknown)
    return Kept(new=new, again=len(records) - new, unknown=dict(unknown))


def _insert(
    session: Session, source: str, record: Record, customer_id: str | None, key: bytes, now: datetime
) -> bool:
    table = ActivityRow.__table__  # type: ignore[attr-defined]
    values = {
        "source": source,
        "record": record.id,
        "account": record.account,
        "customer_id": customer_id,
        "kind": record.kind,
        "resource": record.resource,
        "status": record.status,
        "happened_at": record.at,
        "heard_at": now,
        "actor": _actor(record.principal, key),
        "audited": False,
    }
    inserting = upsert(session, table).values(values).on_conflict_do_nothing().returning(table.c.id)
    number = session.connection().execute(inserting).scalar()
    if number is None:
        return False
    session.add(ActivityDetailRow(activity_id=number, raw=dict(record.raw)))
    return True


def _actor(principal: str | None, key: bytes) -> str | None:
    if principal is None:
        return None
    return hmac.new(key, f"actor\n{principal.lower()}".encode(), hashlib.sha256).hexdigest()[:16]


def audit(ledger: Ledger, rules: Audit, *, zone: str, now: datetime) -> tuple[str, ...]:
    """Audit what the rules have not seen yet; return the customers whose workflows have to look."""
    wake: list[str] = []
    waiting = select(ActivityRow.customer_id).where(
        col(ActivityRow.audited).is_(False), col(ActivityRow.customer_id).is_not(None)
    )
    while True:
        with ledger.read() as session:
            whom = sorted(filter(None, session.exec(waiting.distinct().limit(_BATCH))))
        if not whom:
            return tuple(wake)
        for customer_id in whom:
            with ledger.write() as session:
                row = customers.lock(session, customer_id)
                if _audit(session, row, rules, zone, max(now, row.last_now)):
                    wake.append(customer_id)


def _audit(session: Session, row: CustomerRow, rules: Audit, zone: str, now: datetime) -> bool:
    mine = ActivityRow.customer_id == row.id
    unseen = session.exec(select(ActivityRow).where(mine, col(ActivityRow.audited).is_(False))).all()
    first, last = min(each.happened_at for each in unseen), max(each.happened_at for each in unseen)
    # What came late may complete what had happened after it.
    around = select(ActivityRow, ActivityDetailRow).join(ActivityDetailRow, isouter=True)
    around = around.where(mine, ActivityRow.happened_at > first - rules.longest)
    around = around.where(ActivityRow.happened_at <= last + rules.longest)
    records = [_record(activity, detail) for activity, detail in session.exec(around)]
    new = frozenset(each.record for each in unseen)
    found = findings(rules, records, new, zone)
    fresh = [each for each in found if not facts.recorded(session, SOURCE, f"{row.id}/{each.name}")]
    facts_of = [
        NewFact(
            source=SOURCE, id=f"{row.id}/{each.name}", happened_at=each.records[-1].at, body=_noticed(each)
        )
        for each in fresh
    ]
    recorded = record_locked(session, row, facts_of, now=now) if facts_of else None
    for each in fresh:
        if each.rule.opens is not None:
            noticed = signs.of_activity(row.id, each.rule.opens, each.rule.id, each.rule.says, each.name)
            incidents.notice_here(session, row, noticed, now=now)
    for start in range(0, len(unseen), _CHUNK):
        some = [each.id for each in unseen[start : start + _CHUNK]]
        session.exec(update(ActivityRow).where(col(ActivityRow.id).in_(some)).values(audited=True))
    return recorded is not None and recorded.wake


def _record(activity: ActivityRow, detail: ActivityDetailRow | None) -> Record:
    """Return a record as it came; of one whose words were destroyed what is left of it."""
    if detail is not None:
        return read_record(detail.raw)
    return Record(
        id=activity.record,
        kind=activity.kind,
        resource=activity.resource,
        status=activity.status,
        at=activity.happened_at,
        account=activity.account,
        principal=None,
        application=None,
        values={},
        before={},
        raw={},
    )


def _noticed(found: Finding) -> ActivityNoticed:
    return ActivityNoticed(
        rule=found.rule.id,
        about=found.rule.about,
        says=found.rule.says,
        count=len(found.records),
        first_at=min(record.at for record in found.records),
        last_at=max(record.at for record in found.records),
        records=tuple(record.id for record in found.records[:_MOST_RECORDS]),
    )


def listed(
    ledger: Ledger, *, customer_id: str | None = None, kind: str | None = None, limit: int = 50
) -> list[Line]:
    """Return records, the newest first."""
    asked = select(ActivityRow, ActivityDetailRow).join(ActivityDetailRow, isouter=True)
    if customer_id is not None:
        asked = asked.where(ActivityRow.customer_id == customer_id)
    if kind is not None:
        asked = asked.where(ActivityRow.kind == kind)
    newest = asked.order_by(col(ActivityRow.happened_at).desc(), col(ActivityRow.id).desc()).limit(limit)
    with ledger.read() as session:
        return [
            Line(
                at=row.happened_at,
                customer_id=row.customer_id,
                account=row.account,
                kind=row.kind,
                resource=row.resource,
                status=row.status,
                record=row.record,
                principal=None if detail is None else _record(row, detail).principal,
            )
            for row, detail in session.exec(newest)
        ]


def counted(ledger: Ledger, *, since: timedelta, now: datetime) -> Mapping[str, int]:
    """Count the records of each kind that were heard of lately."""
    asked = select(ActivityRow.kind, func.count()).where(ActivityRow.heard_at > now - since)
    with ledger.read() as session:
        found: Sequence[tuple[str, int]] = session.exec(asked.group_by(ActivityRow.kind)).all()
        return dict(sorted(found))
