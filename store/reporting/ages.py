"""The ageing of the whole ledger: the database adds up by due date, and the domain sorts into buckets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from domain.ageing import Ageing, Balance, age
from domain.instalments import falls_due
from domain.money import Money
from store.reporting.items import Names, chunks, debts_then, own_dates

_ENTRIES, _DEBTS = (SQLModel.metadata.tables[name] for name in ("entries", "debts"))
_ABOUT = sa.and_(_DEBTS.c.customer_id == _ENTRIES.c.customer_id, _DEBTS.c.invoice == _ENTRIES.c.invoice)


def ageing(session: Session, *, as_of: date, known_at: datetime | None = None) -> Ageing:
    """Return what was owed at the end of `as_of`, by how late it was then.

    With all that is known now; or, with `known_at`, with what was known at that instant.
    """
    return age([*_by_due_date(session, as_of, known_at), *_by_other_dates(session, as_of, known_at)], as_of)


def _by_due_date(session: Session, as_of: date, known_at: datetime | None) -> Iterator[Balance]:
    """Yield what is open by the due dates of now: as many lines as there are days, however many invoices."""
    by = (_ENTRIES.c.currency, _DEBTS.c.due_on)
    for currency, due_on, minor in session.connection().execute(_sums(by, as_of, known_at)):
        yield Balance(open=Money(int(minor), currency), due_on=due_on)


def _by_other_dates(session: Session, as_of: date, known_at: datetime | None) -> Iterator[Balance]:
    """Yield what moves the few invoices that fell due by other dates, or in parts, to where they were."""
    left = _left(session, own_dates(session), as_of, known_at)
    names: dict[str, set[str]] = {}
    for customer, invoice in left:
        names.setdefault(customer, set()).add(invoice)
    then = debts_then(session, [as_of], known_at, names) if names else {}
    for (customer, invoice), balance in left.items():
        debt = then.get((customer, invoice), {}).get(as_of)
        if debt is not None:
            yield replace(balance, open=-balance.open)
            dues = falls_due(debt, balance.open)
            yield from (Balance(open=due.amount, due_on=due.due_on) for due in dues)


def _left(
    session: Session, names: Names, as_of: date, known_at: datetime | None
) -> Mapping[tuple[str, str], Balance]:
    """Return what was left of these invoices where something was, by the due dates of now."""
    by = (_ENTRIES.c.customer_id, _ENTRIES.c.invoice, _ENTRIES.c.currency, _DEBTS.c.due_on)
    found = {}
    for some in chunks(sorted(names)):
        theirs = {invoice for customer in some for invoice in names[customer]}
        whose = (_ENTRIES.c.customer_id.in_(some), _ENTRIES.c.invoice.in_(theirs))
        sums = _sums(by, as_of, known_at).where(*whose)
        for customer, invoice, currency, due_on, minor in session.connection().execute(sums):
            if minor and invoice in names[customer]:
                found[customer, invoice] = Balance(open=Money(int(minor), currency), due_on=due_on)
    return found


def _sums(by: Iterable[Any], as_of: date, known_at: datetime | None) -> sa.Select[Any]:
    sums = (
        sa.select(*by, sa.func.sum(_ENTRIES.c.minor))
        .select_from(_ENTRIES.outerjoin(_DEBTS, _ABOUT))
        .where(_ENTRIES.c.happened_on <= as_of)
        .group_by(*by)
    )
    return sums if known_at is None else sums.where(_ENTRIES.c.learned_at <= known_at)
