"""Access as it stands: a customer's situation under its policy, for whoever asks what is missing."""

from datetime import datetime

from domain.situation import Situation
from store import customers, facts
from store.database import Ledger


def situation(ledger: Ledger, customer_id: str, *, now: datetime) -> Situation:
    """Return the situation of a customer now.

    Raises:
        UnknownCustomer, NoPolicy: a sentence that says what to do.
    """
    with ledger.read() as session:
        row = customers.get(session, customer_id)
        now = max(now, row.last_now)
        loaded = facts.load(session, row, now=now)
        return Situation(policy=loaded.policy, account=loaded.account, now=now)
