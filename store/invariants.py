"""What the engine promises, asked of the whole ledger: every broken promise is a sentence.

Asserted after demos, replays and kill tests, and by `doctor`. Only claims and entries are looked
at, never times of the plan: a demo at a day a second runs hours of business time late.
"""

import json
from collections import defaultdict
from datetime import datetime

from sqlmodel import Session, col, select

from domain.facts import Delivered, read_body
from domain.policy import Policy
from domain.situation import NO_DEBTS
from store import policies
from store.database import Ledger
from store.tables import ClaimRow, DebtRow, EntryRow, FactRow

MADE = ("claimed", "sent", "unknown")


def broken(ledger: Ledger) -> list[str]:
    """Return a sentence for every promise that is broken; none when all is well."""
    with ledger.read() as session:
        return [
            *_debts_that_differ_from_their_entries(session),
            *_claims_after_the_money(session),
            *_suspended_without_warning(session),
            *_claimed_twice(session),
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
        if claim.debt in NO_DEBTS or claim.kind not in ("notice", "suspend"):
            continue
        known = sum(minor for learned_at, minor in entries[claim.debt] if learned_at <= claim.claimed_at)
        if known <= 0:
            sentences.append(
                f"{claim.customer_id}: {claim.step} by {claim.channel} was begun on {claim.claimed_at} "
                f"although nothing was open on {claim.debt}"
            )
    return sentences


def _suspended_without_warning(session: Session) -> list[str]:
    """Every debt that suspended a service had its warnings delivered before, for that opening."""
    delivered = _deliveries(session)
    claims = session.exec(select(ClaimRow).where(col(ClaimRow.state).in_(MADE))).all()
    warned: dict[tuple[str, int, str], list[datetime]] = defaultdict(list)
    for claim in claims:
        if claim.message in delivered:
            warned[claim.debt, claim.opening, claim.step].append(delivered[claim.message])
    sentences = []
    for claim in claims:
        if claim.kind != "suspend" or claim.debt in NO_DEBTS:
            continue
        policy = policies.get(session, claim.policy_version)
        for need in _needed(policy):
            steps = _stand_ins(policy, need)
            times = [at for step in steps for at in warned[claim.debt, claim.opening, step]]
            if not any(at <= claim.claimed_at for at in times):
                sentences.append(
                    f"{claim.customer_id}: suspended on {claim.claimed_at} for {claim.debt} "
                    f"although {need} had not been delivered"
                )
    return sentences


def _deliveries(session: Session) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for row in session.exec(select(FactRow).where(FactRow.kind == "delivered")):
        body = read_body(json.loads(row.body))
        if isinstance(body, Delivered) and body.message is not None:
            found[body.message] = row.happened_at or row.learned_at
    return found


def _needed(policy: Policy) -> tuple[str, ...]:
    return policy.suspension.needs_delivered if policy.suspension else ()


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
