"""What customers owe or will, against what they may owe."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from domain.credit.exposure import Exposure
from domain.credit.lateness import counted
from domain.situation import Situation
from store import customers, facts
from store.database import Ledger
from store.errors import NoPolicy
from store.tables import CustomerRow, FactRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The exposure of one customer in one currency, and how many of its invoices were paid how."""

    customer: str
    exposure: Exposure
    invoices: Mapping[str, int]


def read(ledger: Ledger, customer_id: str | None, *, now: datetime) -> list[Line]:
    """Return the exposures of a customer, else of every customer to whom a limit was ever granted.

    One of whom no policy is for is passed over among all.

    Raises:
        UnknownCustomer, NoPolicy: the one that is asked for.
    """
    with ledger.read() as session:
        if customer_id is not None:
            names = [customers.get(session, customer_id).id]
        else:
            granted = select(FactRow.customer_id).where(FactRow.kind == "credit_granted").distinct()
            names = sorted(session.exec(granted))
        lines = []
        for row in session.exec(select(CustomerRow).where(col(CustomerRow.id).in_(names))):
            try:
                loaded = facts.load(session, row, now=now)
            except NoPolicy:
                if customer_id is not None:
                    raise
                continue
            at = Situation(policy=loaded.policy, account=loaded.account, now=max(now, row.last_now))
            for currency, used in at.exposures.items():
                mine = [debt for debt in at.account.debts if debt.original.currency == currency]
                lines.append(Line(customer=row.id, exposure=used, invoices=counted(at, mine)))
        return sorted(lines, key=lambda line: (line.customer, line.exposure.currency))
