"""What others did to subscriptions at their providers, as facts of the customer whose they are."""

from datetime import datetime

from domain.facts import Body, kind_of
from store import customers, doors, journal
from store.database import Ledger
from store.doors import Recorded
from store.facts import NewFact

SOURCE = "provider"
"""Of facts that a look at a provider told."""


def tell(ledger: Ledger, customer_id: str, body: Body, *, why: str, now: datetime) -> Recorded:
    """Write down what a provider shows, with its words in the journal.

    Raises:
        UnknownCustomer: there is no such customer.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        journal.write(session, at=now, what="note", why=why, customer_id=customer_id)
        name = f"{kind_of(body)}/{customer_id}/{now.isoformat()}"
        new = NewFact(source=SOURCE, id=name, happened_at=now, body=body)
        return doors.record_locked(session, row, [new], now=now)
