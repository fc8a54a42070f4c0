"""What was just recorded of a customer, looked through for signs of fraud and misuse: each opens an incident.

It is done in the transaction that recorded it, so that no sign is lost; the sweep wakes the workflow.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from domain.facts import Fact, UsageReported
from domain.incidents import signs
from domain.rules.usage import standing_of
from domain.situation import Situation
from domain.usage.watch import suspicion
from store import facts, incidents
from store.errors import NoPolicy
from store.tables import CustomerRow

LATELY_DAYS = 30
"""What is older is history: who imports the years before is not to look into each of them."""


def look_through(session: Session, row: CustomerRow, written: Sequence[Fact], *, now: datetime) -> None:
    """Open an incident for every sign among facts that were written now of a locked customer."""
    for fact in written:
        noticed = signs.of_fact(row.id, fact.body, fact.happened_on)
        if noticed is not None and (now.date() - fact.happened_on).days <= LATELY_DAYS:
            incidents.notice_here(session, row, noticed, now=now)
    if any(isinstance(fact.body, UsageReported) for fact in written):
        _usage(session, row, max(now, row.last_now))


def _usage(session: Session, row: CustomerRow, now: datetime) -> None:
    try:
        loaded = facts.load(session, row, now=now)
    except NoPolicy:
        return  # Nothing says what is odd.
    at = Situation(policy=loaded.policy, account=loaded.account, now=now)
    stands = standing_of(at)
    if stands is not None and suspicion(at.policy.usage, stands) is not None:
        incidents.notice_here(session, row, signs.of_usage(row.id, stands), now=now)
