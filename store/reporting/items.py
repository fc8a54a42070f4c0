"""Items of the whole ledger: every invoice with what was posted to it until a day, in one question."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from domain.book import Debt
from domain.facts import InvoiceCorrected
from domain.posting import post
from domain.reports.items import FLOWS, Item, Posted
from store.reporting.known import histories_with
from store.tables import FactRow

_FACTS, _ENTRIES, _DEBTS = (SQLModel.metadata.tables[name] for name in ("facts", "entries", "debts"))

# A scheduled invoice names its instalments; the words are those of the body as it is written.
_SCHEDULED = sa.and_(col(FactRow.kind) == "invoice_issued", col(FactRow.body).contains('"instalments":['))


def read(
    session: Session, *, as_of: date, known_at: datetime | None = None, days: Sequence[date] = ()
) -> list[Item]:
    """Return every item with what was posted to it until the end of a day.

    Args:
        days: earlier ones at whose end it is asked, too, what was not due yet.
    """
    looked_at = sorted({as_of, *days}, reverse=True)
    then = debts_then(session, looked_at, known_at)
    rows = session.connection().execute(_posted(as_of, known_at))
    return [
        Item(
            customer=customer,
            invoice=invoice,
            currency=currency,
            due_on=due_on,
            posted=[Posted(on, FLOWS[kind], int(minor)) for *_, on, kind, minor in of],
            then=then.get((customer, invoice)),
        )
        for (customer, invoice, currency, due_on), of in groupby(rows, key=itemgetter(0, 1, 2, 3))
    ]


def _posted(as_of: date, known_at: datetime | None) -> sa.Select[Any]:
    item = (_ENTRIES.c.customer_id, _ENTRIES.c.invoice, _ENTRIES.c.currency, _DEBTS.c.due_on)
    said = sa.and_(_FACTS.c.source == _ENTRIES.c.source, _FACTS.c.source_id == _ENTRIES.c.fact)
    about = sa.and_(_DEBTS.c.customer_id == _ENTRIES.c.customer_id, _DEBTS.c.invoice == _ENTRIES.c.invoice)
    posted = (
        sa.select(*item, _ENTRIES.c.happened_on, _FACTS.c.kind, sa.func.sum(_ENTRIES.c.minor))
        .select_from(_ENTRIES.join(_FACTS, said).outerjoin(_DEBTS, about))
        .where(_ENTRIES.c.happened_on <= as_of)
        .group_by(*item, _ENTRIES.c.happened_on, _FACTS.c.kind)
        .order_by(*item[:3], _ENTRIES.c.happened_on, _FACTS.c.kind)
    )
    return posted if known_at is None else posted.where(_ENTRIES.c.learned_at <= known_at)


def debts_then(
    session: Session, days: Sequence[date], known_at: datetime | None
) -> Mapping[tuple[str, str | None], Mapping[date, Debt]]:
    """Return the debts whose due dates the projection does not tell, as they were and were known on each day.

    Corrections change dates, and instalments have dates of their own: customers who have any are posted
    again, for an earlier day only if something was corrected in between.

    Args:
        days: the newest first.
    """
    found: dict[tuple[str, str | None], dict[date, Debt]] = {}
    special = sa.or_(col(FactRow.kind) == "invoice_corrected", _SCHEDULED)
    of = select(FactRow.customer_id).where(special)
    for customer, history in histories_with(session, of, as_of=days[0], known_at=known_at):
        corrected = {f.happened_on for f in history if isinstance(f.body, InvoiceCorrected)}
        debts: Iterable[Debt] = ()
        posted_for = date.max
        for day in days:
            if posted_for == date.max or any(day < on <= posted_for for on in corrected):
                debts = post([fact for fact in history if fact.happened_on <= day]).debts
                posted_for = day
            for debt in debts:
                found.setdefault((customer, debt.invoice), {})[day] = debt
    return found
