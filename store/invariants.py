"""What the engine promises, asked of the whole ledger: every broken promise is a sentence.

Asserted after demos, replays and kill tests, and by `doctor`. Only claims and entries are looked
at, never times of the plan: a demo at a day a second runs hours of business time late.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain.channels import NO_DEBTS
from domain.claim_key import invoice_of
from domain.facts import Bounced, Delivered, FeeBooked, FeeCancelled, read_body
from domain.policy import Policy
from domain.policy_steps import SuspendStep, Switching
from store import policies
from store.database import Ledger
from store.tables import ClaimRow, CustomerRow, DebtRow, EntryRow, FactRow

TURNED = ("restrict", "suspend", "terminate")
MADE = ("claimed", "sent", "unknown")


def broken(ledger: Ledger) -> list[str]:
    """Return a sentence for every promise that is broken; none when all is well."""
    with ledger.read() as session:
        return [
            *_debts_that_differ_from_their_entries(session),
            *_claims_after_the_money(session),
            *_suspended_without_warning(session),
            *_claimed_twice(session),
            *_wronged_by_a_fee(session),
        ]


def _debts_that_differ_from_their_entries(session: Session) -> list[str]:
    sums: dict[str, int] = defaultdict(int)
    for invoice, minor in session.exec(select(EntryRow.invoice, EntryRow.minor)):
        if invoice is not None:
            sums[invoice] += minor
    return [
        f"invoice {debt.invoice}: {debt.open_minor} is open, but its entries sum to {sums[debt.invoice]}"
        for debt in session.exec(select(DebtRow))
        if debt.open_minor != sums[debt.invoice]
    ]


def _claims_after_the_money(session: Session) -> list[str]:
    """A debt is claimed against only while something is open on it, as far as we knew."""
    entries: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for invoice, learned_at, minor in session.exec(
        select(EntryRow.invoice, EntryRow.learned_at, EntryRow.minor)
    ):
        if invoice is not None:
            entries[invoice].append((learned_at, minor))
    sentences = []
    for claim in session.exec(select(ClaimRow).where(col(ClaimRow.state).in_(MADE))):
        if invoice_of(claim.debt) in NO_DEBTS or claim.kind not in ("notice", "charge", *TURNED):
            continue
        # What is learned at the very instant of a charge is its answer.
        until = claim.claimed_at - timedelta(microseconds=claim.kind == "charge")
        known = sum(minor for learned_at, minor in entries[invoice_of(claim.debt)] if learned_at <= until)
        if known <= 0:
            sentences.append(
                f"{claim.customer_id}: {claim.step} by {claim.channel} was begun on {claim.claimed_at} "
                f"although nothing was open on {claim.debt}"
            )
    return sentences


@dataclass(frozen=True, slots=True)
class _Warning:
    """A message that arrived: when, what day of suspension it announced, and when it came back after all."""

    delivered_at: datetime
    suspend_on: date | None
    bounced_at: datetime | None


def _suspended_without_warning(session: Session) -> list[str]:
    """Every debt that turned a service down was warned before: of this opening, long enough, of that day."""
    claims = session.exec(select(ClaimRow).where(col(ClaimRow.state).in_(MADE))).all()
    warnings = _warnings(session, claims)
    zones = dict(session.exec(select(CustomerRow.id, CustomerRow.timezone)).all())
    sentences = []
    for claim in claims:
        if claim.kind not in TURNED or claim.debt in NO_DEBTS:
            continue
        policy = policies.get(session, claim.policy_version)
        step = _step(policy, claim.step)
        for need in step.needs_delivered if step else ():
            sent = [
                warning
                for step in _stand_ins(policy, need)
                for warning in warnings[claim.customer_id, claim.debt, claim.opening, step]
            ]
            at = claim.claimed_at.astimezone(ZoneInfo(zones[claim.customer_id]))
            wrong = _wrong(step, sent, at) if step else None
            if wrong is not None:
                done = {"restrict": "restricted", "suspend": "suspended"}.get(claim.kind, "ended")
                sentences.append(
                    f"{claim.customer_id}: {done} on {claim.claimed_at} for {claim.debt} "
                    f"although {need} {wrong}"
                )
    return sentences


def _wrong(step: Switching, sent: list[_Warning], at: datetime) -> str | None:
    """Return what the warnings lacked at a local instant of the step; None when all was well."""
    # What is learned at the very instant of the suspension may have come after it.
    arrived = [each for each in sent if each.bounced_at is None or each.bounced_at >= at]
    arrived = [each for each in arrived if each.delivered_at <= at]
    if not arrived:
        return "had not been delivered"
    notice = timedelta(days=step.notice_days)
    if all(each.delivered_at.astimezone(at.tzinfo) + notice > at for each in arrived):
        return f"had not been delivered {notice.days} days before"
    if not isinstance(step, SuspendStep):
        return None
    announced = max((each.suspend_on for each in arrived if each.suspend_on), default=None)
    return f"had announced {announced}" if announced and at.date() < announced else None


def _warnings(
    session: Session, claims: Sequence[ClaimRow]
) -> Mapping[tuple[str, str, int, str], list[_Warning]]:
    """Return what arrived, by customer, debt, opening and step."""
    delivered, bounced = _outcomes(session)
    warnings: dict[tuple[str, str, int, str], list[_Warning]] = defaultdict(list)
    for claim in claims:
        at = delivered.get(claim.message)
        if at is not None:
            key = (claim.customer_id, claim.debt, claim.opening, claim.step)
            warnings[key].append(_Warning(at, claim.suspend_on, bounced.get(claim.message)))
    return warnings


def _outcomes(session: Session) -> tuple[dict[str, datetime], dict[str, datetime]]:
    """Return when each message arrived, and when we learned that it came back."""
    delivered: dict[str, datetime] = {}
    bounced: dict[str, datetime] = {}
    for row in session.exec(select(FactRow).where(col(FactRow.kind).in_(["delivered", "bounced"]))):
        body = read_body(json.loads(row.body))
        if isinstance(body, Delivered) and body.message is not None:
            delivered[body.message] = row.happened_at or row.learned_at
        elif isinstance(body, Bounced) and body.message is not None:
            bounced[body.message] = row.learned_at
    return delivered, bounced


def _step(policy: Policy, step: str) -> Switching | None:
    turns = (each for each in policy.steps if isinstance(each, Switching))
    return next((each for each in turns if each.id == step), None)


def _stand_ins(policy: Policy, step: str) -> list[str]:
    """What counts for a warning: under `most_severe` every later notice, for the last warning only itself."""
    if policy.lateness == "never_skip" or step == policy.last_warning:
        return [step]
    ids = [notice.id for notice in policy.notices]
    return ids[ids.index(step) :]


def _claimed_twice(session: Session) -> list[str]:
    seen: set[tuple[str, str, int, str, str]] = set()
    sentences = []
    for claim in session.exec(select(ClaimRow).where(col(ClaimRow.state).in_(MADE))):
        key = (claim.customer_id, claim.debt, claim.opening, claim.step, claim.channel)
        if key in seen:
            sentences.append(f"{claim.customer_id}: {claim.step} by {claim.channel} twice for {claim.debt}")
        seen.add(key)
    return sentences


def _wronged_by_a_fee(session: Session) -> list[str]:
    """A fee is a side debt, which suspends nobody, and no two are interest on an invoice up to one day."""
    kinds = select(FactRow).where(col(FactRow.kind).in_(["fee_booked", "fee_cancelled"]))
    rows = session.exec(kinds.order_by(col(FactRow.number))).all()
    bodies = [(row.customer_id, read_body(json.loads(row.body))) for row in rows]
    cancelled = {body.fee for _, body in bodies if isinstance(body, FeeCancelled)}
    booked = [(who, body) for who, body in bodies if isinstance(body, FeeBooked)]
    if not booked:
        return []
    main = set(session.exec(select(DebtRow.invoice).where(col(DebtRow.main).is_(True))))
    suspends = select(ClaimRow.debt).where(col(ClaimRow.kind).in_(TURNED), col(ClaimRow.state).in_(MADE))
    suspending = set(session.exec(suspends))
    sentences, charged = [], dict[tuple[str, str, date | None], str]()
    for customer_id, body in booked:
        if body.fee in main:
            sentences.append(f"{customer_id}: fee {body.fee} is no side debt")
        if body.fee in suspending:
            sentences.append(f"{customer_id}: suspended for fee {body.fee}")
        if body.kind != "interest" or body.fee in cancelled:
            continue
        other = charged.setdefault((customer_id, body.invoice, body.until), body.fee)
        if other != body.fee:
            sentences.append(
                f"{customer_id}: {body.fee} and {other} are both interest on {body.invoice} to {body.until}"
            )
    return sentences
