"""Forgetting: the contact data of a customer is destroyed when nothing keeps it any more; facts stay."""

from datetime import datetime

from domain.account_fold import build
from domain.contact_law.books import lawless
from domain.retention import kept_because
from store import customers, facts, journal, whereabouts
from store.database import LAW_OF, Ledger
from store.errors import Refused


def forget(ledger: Ledger, customer_id: str, *, by: str, now: datetime) -> bool:
    """Destroy the contact data of a customer; False when there was none any more.

    Raises:
        UnknownCustomer: there is none of this id.
        Refused: money is open, or the law keeps records longer; nothing was destroyed.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        law_of = session.info.get(LAW_OF, lawless)
        account = build(
            row.customer(),
            facts.read(session, row.id),
            facts.read_claims(session, row.id),
            allocation=row.allocation,
            law=law_of(row.customer(), whereabouts.read(row, customers.contact(session, row.id).phone)),
        )
        kept = kept_because(account, max(now, row.last_now))
        if kept is not None:
            raise Refused(kept)
        if not customers.destroy_contact(session, customer_id):
            return False
        why = "contact data was destroyed: facts and amounts stay"
        journal.write(session, at=now, what="note", why=why, customer_id=row.id, actor=by)
        return True
