"""Forgetting: the contact data of a customer is destroyed when nothing keeps it any more; facts stay."""

from datetime import datetime

from domain.retention import kept_because
from store import customers, facts, journal
from store.database import Ledger
from store.errors import Refused


def forget(ledger: Ledger, customer_id: str, *, by: str, now: datetime) -> bool:
    """Destroy the contact data of a customer; False when there was none any more.

    Raises:
        UnknownCustomer: there is none of this id.
        Refused: money is open, or the law keeps records longer; nothing was destroyed.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        account = facts.account_of(session, row, allocation=row.allocation)
        kept = kept_because(account, max(now, row.last_now))
        if kept is not None:
            raise Refused(kept)
        if not customers.destroy_contact(session, customer_id):
            return False
        why = "contact data was destroyed: facts and amounts stay"
        journal.write(session, at=now, what="note", why=why, customer_id=row.id, actor=by)
        return True
