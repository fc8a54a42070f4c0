"""The doors: facts are written first, then the workflow is woken, where the plan changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.plan import plan
from domain.posting_order import is_money
from store import customers, facts, signs
from store.assess import signature
from store.database import Ledger
from store.errors import NoPolicy
from store.facts import NewFact
from store.tables import CustomerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of the facts at a door.

    Attributes:
        accepted: facts written now.
        already: facts that were recorded before.
        wake: whether the customer's workflow has to look.
    """

    accepted: int
    already: int
    wake: bool


def record(
    ledger: Ledger, customer_id: str, new: Sequence[NewFact], *, now: datetime, news: bool = True
) -> Recorded:
    """Append facts in one transaction; a plan that they do not change needs no wake.

    Raises:
        UnknownCustomer, Conflict, Refused: nothing was written.
    """
    with ledger.write() as session:
        return record_locked(session, customers.lock(session, customer_id), new, now=now, news=news)


def record_locked(
    session: Session, row: CustomerRow, new: Sequence[NewFact], *, now: datetime, news: bool = True
) -> Recorded:
    """Append facts of a locked customer, as `record` does."""
    assessed = row.assessed_revision == row.revision
    written = facts.append(session, row, new, now=now, news=news)
    signs.look_through(session, row, written, now=now)
    accepted = len(written)
    wake = row.assessed_revision != row.revision
    money = any(is_money(fact.body) for fact in written)  # It changes what is owed: no need to look.
    if wake and assessed and not money and _plans_as_before(session, row, now):
        row.assessed_revision = row.revision
        wake = False
    return Recorded(accepted=accepted, already=len(new) - accepted, wake=wake)


def _plans_as_before(session: Session, row: CustomerRow, now: datetime) -> bool:
    try:
        loaded = facts.load(session, row, now=now)
    except NoPolicy:
        return False  # The workflow says so, where people look.
    return signature(plan(loaded.policy, loaded.account, max(now, row.last_now))) == row.signature
