"""The ledger's own switch on a subscription: what is suspended where no vendor keeps the service."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlmodel import Session

from domain.switching import SubscriptionState
from store import customers
from store.database import Ledger
from store.errors import Refused
from store.tables import SubscriptionRow

_STATES: dict[str, SubscriptionState] = {state: state for state in get_args(SubscriptionState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription, and since when the switch stands so."""

    id: str
    customer_id: str
    state: SubscriptionState
    changed_at: datetime


def turn(
    ledger: Ledger, subscription_id: str, customer_id: str, to: SubscriptionState, *, now: datetime
) -> Subscription:
    """Turn the switch, keeping a snapshot of what was in service; again changes nothing.

    The snapshot stays as a record once the service is back.

    Raises:
        UnknownCustomer: there is no such customer.
        Refused: the subscription is another customer's.
    """
    with ledger.write() as session:
        customers.lock(session, customer_id)
        row = _row(session, subscription_id, customer_id, now)
        if row.state != to:
            if row.state == "active":
                row.snapshot = {"state": row.state, "since": row.changed_at.isoformat()}
            row.state, row.changed_at = to, now
        return Subscription(
            id=row.id, customer_id=row.customer_id, state=_STATES[row.state], changed_at=row.changed_at
        )


def _row(session: Session, subscription_id: str, customer_id: str, now: datetime) -> SubscriptionRow:
    row = session.get(SubscriptionRow, subscription_id)
    if row is None:
        row = SubscriptionRow(id=subscription_id, customer_id=customer_id, state="active", changed_at=now)
        session.add(row)
    elif row.customer_id != customer_id:
        raise Refused(f"Subscription {subscription_id} is not customer {customer_id}'s.")
    return row


def state(ledger: Ledger, subscription_id: str) -> SubscriptionState:
    """Return how the switch stands; active when it was never touched."""
    with ledger.read() as session:
        row = session.get(SubscriptionRow, subscription_id)
        return "active" if row is None else _STATES[row.state]
