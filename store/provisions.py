"""What the ledger's own switch has provisioned, where no vendor does: one row an order, never a second."""

from datetime import datetime

from sqlmodel import col, select

from store import customers
from store.database import Ledger
from store.tables import ProvisionRow


def provision(
    ledger: Ledger, customer_id: str, order: str, *, subscription: str | None, reference: str, now: datetime
) -> None:
    """Provision an order; again changes nothing. Without a subscription it is the customer's main one.

    Raises:
        UnknownCustomer: there is no such customer.
    """
    with ledger.write() as session:
        customers.lock(session, customer_id)
        if session.get(ProvisionRow, (customer_id, order)) is None:
            row = ProvisionRow(
                customer_id=customer_id,
                order=order,
                subscription=subscription or customer_id,
                reference=reference,
                provisioned_at=now,
            )
            session.add(row)


def reference_of(ledger: Ledger, customer_id: str, order: str) -> str | None:
    """Return the reference under which an order was provisioned; None where it was not."""
    with ledger.read() as session:
        row = session.get(ProvisionRow, (customer_id, order))
        return None if row is None else row.reference


def of_customer(ledger: Ledger, customer_id: str) -> list[str]:
    """Return the orders of a customer that were provisioned, in the order in which they were."""
    mine = select(ProvisionRow).where(ProvisionRow.customer_id == customer_id)
    with ledger.read() as session:
        rows = session.exec(mine.order_by(col(ProvisionRow.provisioned_at), col(ProvisionRow.order)))
        return [row.order for row in rows]
