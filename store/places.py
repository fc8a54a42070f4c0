"""Places: which subscriptions at providers a customer's service is, and when each is looked at.

Who has none has the ledger's own switch. A place is linked and unlinked while nothing of ours is suspended
there: else nobody would know any more what to bring back, or where.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from domain.channels import SERVICE
from domain.switching import Place, Seen
from store import customers, facts, journal
from store.database import Ledger
from store.errors import Refused
from store.tables import CustomerRow, PlaceRow

OWN = "ledger"
"""The provider whose switch is the ledger's own."""

EVERY = timedelta(days=1)
"""How often a place is looked at of itself."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A place as the ledger has it, with what was last seen there."""

    place: Place
    linked_at: datetime
    linked_by: str
    seen: str | None
    seen_at: datetime | None
    ends_on: date | None


def own(customer_id: str) -> Place:
    """Return where the service of a customer is kept who has no place at a vendor: by the ledger itself."""
    return Place(customer=customer_id, provider=OWN, account=customer_id, resource=customer_id)


def link(ledger: Ledger, place: Place, *, by: str, now: datetime) -> bool:
    """Say that a subscription at a provider belongs to a customer; False when it is known so already.

    Said again with another account, kind or parent it is corrected.

    Raises:
        UnknownCustomer: there is no such customer.
        Refused: it is another customer's, its parent is not linked, or our switch is down; every problem.
    """
    with ledger.write() as session:
        row = customers.lock(session, place.customer)
        there = session.get(PlaceRow, (place.provider, place.resource))
        if there is not None and _place(there) == place:
            return False
        problems = [*_unsound(session, place, there), *_turned_down(session, row, "link")]
        if problems:
            raise Refused("\n".join(problems))
        session.merge(
            PlaceRow(
                provider=place.provider,
                resource=place.resource,
                customer_id=place.customer,
                account=place.account,
                kind=place.kind,
                parent=place.parent,
                linked_at=now,
                linked_by=by,
                look_at=now,
            )
        )
        _note(session, place, "is kept at", by=by, now=now)
        return True


def unlink(ledger: Ledger, customer_id: str, provider: str, resource: str, *, by: str, now: datetime) -> None:
    """Say that a subscription at a provider does not belong to a customer any more.

    Raises:
        UnknownCustomer: there is no such customer.
        Refused: it is not this customer's, others are add-ons of it, or our switch is down.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        there = session.get(PlaceRow, (provider, resource))
        if there is None or there.customer_id != customer_id:
            raise Refused(f"{resource} at {provider} is not linked to {customer_id}.")
        problems = _turned_down(session, row, "unlink")
        if _add_ons(session, there):
            problems.append(f"{resource} has add-ons that are linked: unlink those first.")
        if problems:
            raise Refused("\n".join(problems))
        session.delete(there)
        _note(session, _place(there), "is no longer kept at", by=by, now=now)


def of(session: Session, customer_id: str) -> tuple[Place, ...]:
    """Return the places of a customer, in the order in which they were linked; or the ledger's own."""
    return tuple(map(_place, _rows(session, customer_id))) or (own(customer_id),)


def linked(ledger: Ledger, customer_id: str) -> list[Linked]:
    """Return what is linked to a customer, in that order.

    Raises:
        UnknownCustomer: there is no such customer.
    """
    with ledger.read() as session:
        customers.get(session, customer_id)
        return [
            Linked(
                place=_place(row),
                linked_at=row.linked_at,
                linked_by=row.linked_by,
                seen=row.seen,
                seen_at=row.seen_at,
                ends_on=row.ends_on,
            )
            for row in _rows(session, customer_id)
        ]


def owner(session: Session, provider: str, resource: str) -> str | None:
    """Return whose a subscription at a provider is; None where it is not linked."""
    row = session.get(PlaceRow, (provider, resource))
    return None if row is None else row.customer_id


def hint(session: Session, provider: str, resource: str, *, now: datetime) -> str | None:
    """Have a place looked at soon, since somebody says that it changed; return whose it is, if anybody's."""
    row = session.get(PlaceRow, (provider, resource))
    if row is None:
        return None
    row.look_at = min(row.look_at, now)
    return row.customer_id


def due(ledger: Ledger, *, now: datetime, limit: int) -> list[str]:
    """Return the customers with a place that is to be looked at, the longest waiting first."""
    waiting = select(PlaceRow.customer_id).where(col(PlaceRow.look_at) <= now)
    longest = waiting.group_by(PlaceRow.customer_id).order_by(
        func.min(PlaceRow.look_at), PlaceRow.customer_id
    )
    with ledger.read() as session:
        return list(session.exec(longest.limit(limit)))


def saw(
    session: Session, place: Place, seen: Seen, *, now: datetime, again_at: datetime | None = None
) -> None:
    """Note how a place was seen, and when it is looked at again where that is said."""
    row = session.get(PlaceRow, (place.provider, place.resource))
    if row is not None:
        row.seen, row.seen_at, row.ends_on = seen.state, now, seen.ends_on
        row.look_at = row.look_at if again_at is None else again_at


def look_again(session: Session, customer_id: str, *, at: datetime) -> None:
    """Have every place of a customer looked at again at an instant, where nothing could be seen now."""
    for row in _rows(session, customer_id):
        row.look_at = at


def _rows(session: Session, customer_id: str) -> list[PlaceRow]:
    mine = select(PlaceRow).where(PlaceRow.customer_id == customer_id)
    return list(session.exec(mine.order_by(col(PlaceRow.linked_at), col(PlaceRow.resource))))


def _place(row: PlaceRow) -> Place:
    return Place(
        customer=row.customer_id,
        provider=row.provider,
        account=row.account,
        resource=row.resource,
        kind=row.kind,
        parent=row.parent,
    )


def _unsound(session: Session, place: Place, there: PlaceRow | None) -> list[str]:
    """Say what is wrong with a place that is to be linked."""
    problems = []
    for what, name in (("account", place.account), ("resource", place.resource)):
        if not _NAME.fullmatch(name):
            problems.append(f"{name!r} is no {what}: write it as the provider shows it, without spaces.")
    if there is not None and there.customer_id != place.customer:
        problems.append(f"{place.resource} at {place.provider} is customer {there.customer_id}'s.")
    if place.parent is None:
        return problems
    parent = session.get(PlaceRow, (place.provider, place.parent))
    if parent is None or parent.customer_id != place.customer or place.parent == place.resource:
        problems.append(f"{place.parent} is not linked to {place.customer}: link it before its add-ons.")
    elif parent.parent is not None or (there is not None and _add_ons(session, there)):
        problems.append("An add-on has no add-ons: name the subscription that all of them belong to.")
    return problems


def _add_ons(session: Session, row: PlaceRow) -> bool:
    mine = select(PlaceRow.resource).where(PlaceRow.provider == row.provider, PlaceRow.parent == row.resource)
    return session.exec(mine.limit(1)).first() is not None


def _turned_down(session: Session, row: CustomerRow, what: str) -> list[str]:
    account = facts.account_of(session, row, allocation=row.allocation)
    if account.service.down:
        return [f"Our switch is down: {what} once the service of {row.id} is back."]
    if any(claim.unsettled and claim.channel == SERVICE for claim in account.claims):
        return [f"The service of {row.id} is being turned: {what} once that is over."]
    return []


def _note(session: Session, place: Place, says: str, *, by: str, now: datetime) -> None:
    add_on = f", an add-on of {place.parent}" if place.parent else ""
    kind = f" ({place.kind})" if place.kind else ""
    why = f"the service {says} {place.provider}: {place.resource}{kind}{add_on}"
    journal.write(session, at=now, what="note", why=why, customer_id=place.customer, actor=by)
