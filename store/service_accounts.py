"""Which customer of ours an account at a provider is."""

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import Session, col, func, select, update

from store import customers
from store.database import Ledger
from store.tables import ActivityRow, CustomerRow, PlaceRow, ServiceAccountRow

_CHUNK = 500


def link(ledger: Ledger, customer_id: str, account: str) -> int:
    """Say that an account is a customer's; return how many records of the activity log that is news for.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.write() as session:
        row = customers.get(session, customer_id)
        known = session.get(ServiceAccountRow, account)
        if known is None:
            session.add(ServiceAccountRow(account=account, customer_id=row.id))
        else:
            known.customer_id = row.id
        session.flush()
        # What was kept while nobody was known to have the account is audited now.
        mine = (col(ActivityRow.account) == account) & col(ActivityRow.customer_id).is_(None)
        return session.exec(
            update(ActivityRow).where(mine).values(customer_id=row.id, audited=False)
        ).rowcount


def owners(session: Session, accounts: Iterable[str]) -> Mapping[str, str]:
    """Return the customers of these accounts, as far as they are known: linked, or of the same id.

    Where neither is, an account is whose subscriptions are kept there, if they are of one customer.
    """
    wanted = sorted(set(accounts))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        same = session.exec(select(CustomerRow.id).where(col(CustomerRow.id).in_(some)))
        found.update({customer_id: customer_id for customer_id in same})
        linked = session.exec(select(ServiceAccountRow).where(col(ServiceAccountRow.account).in_(some)))
        found.update({row.account: row.customer_id for row in linked})
        if missing := [account for account in some if account not in found]:
            found.update(_by_places(session, missing))
    return found


def _by_places(session: Session, accounts: Sequence[str]) -> Mapping[str, str]:
    only = func.min(PlaceRow.customer_id)
    placed = (
        select(PlaceRow.account, only)
        .where(col(PlaceRow.account).in_(accounts))
        .group_by(PlaceRow.account)
        .having(only == func.max(PlaceRow.customer_id))
    )
    return dict(session.exec(placed).all())
