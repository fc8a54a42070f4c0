"""Exchanges: every request to a provider of subscriptions, with its answer, as evidence.

What was said is kept whole up to a size, and destroyed with the personal data of its customer; that it was
said, when, and with which answer, stays. Of looks that changed nothing the newest are kept.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, select

from domain.switching import Exchange, Place
from store import customers
from store.database import Ledger
from store.tables import ExchangeRow

MOST_CHARS = 32 * 1024
"""So much is kept of what was sent, and of what came back."""

MOST_LOOKS = 50
"""So many exchanges that changed nothing are kept of each place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An exchange as it is kept."""

    at: datetime
    place: str
    message: str | None
    exchange: Exchange


def keep(ledger: Ledger, place: Place, message: str | None, exchange: Exchange, *, now: datetime) -> None:
    """Keep an exchange."""
    with ledger.write() as session:
        session.add(
            ExchangeRow(
                customer_id=place.customer,
                provider=place.provider,
                resource=place.resource,
                message=message,
                at=now,
                method=exchange.method,
                path=exchange.path,
                request=exchange.request,
                correlation=exchange.correlation,
                status=exchange.status,
                sent=_bounded(exchange.sent),
                got=_bounded(exchange.got),
            )
        )
        session.flush()
        if exchange.method == "GET":
            _forget_old_looks(session, place)


def _bounded(body: Any) -> Any:
    """Return a body, or its beginning where it is too long."""
    if body is None:
        return None
    text = json.dumps(body, default=str)
    return json.loads(text) if len(text) <= MOST_CHARS else {"cut": len(text), "begins": text[:MOST_CHARS]}


def _forget_old_looks(session: Session, place: Place) -> None:
    looks = (
        select(ExchangeRow.id)
        .where(
            ExchangeRow.customer_id == place.customer,
            ExchangeRow.provider == place.provider,
            ExchangeRow.resource == place.resource,
            ExchangeRow.method == "GET",
        )
        .order_by(col(ExchangeRow.id).desc())
    )
    old = session.exec(looks.offset(MOST_LOOKS)).all()
    session.exec(delete(ExchangeRow).where(col(ExchangeRow.id).in_(old)))


def of(ledger: Ledger, customer_id: str) -> list[Kept]:
    """Return what was asked and answered about a customer's subscriptions, in order.

    Raises:
        UnknownCustomer: there is no such customer.
    """
    mine = select(ExchangeRow).where(ExchangeRow.customer_id == customer_id).order_by(col(ExchangeRow.id))
    with ledger.read() as session:
        customers.get(session, customer_id)
        return [
            Kept(
                at=row.at,
                place=f"{row.provider} {row.resource}",
                message=row.message,
                exchange=Exchange(
                    method=row.method,
                    path=row.path,
                    request=row.request,
                    correlation=row.correlation,
                    status=row.status,
                    sent=row.sent,
                    got=row.got,
                ),
            )
            for row in session.exec(mine)
        ]
