"""Items of the whole ledger: every invoice with what was posted to it until a day, in one question."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from domain.book import Debt
from domain.facts import Body, Fact, InvoiceCorrected
from domain.posting import post
from domain.reports.items import FLOWS, Item, Posted
from store.facts import read_text
from store.reporting.known import histories_with
from store.tables import FactRow

_FACTS, _ENTRIES, _DEBTS = (SQLModel.metadata.tables[name] for name in ("facts", "entries", "debts"))

# The words are those of the body as it is written. A correction of the amount alone moves no date.
_SCHEDULED = sa.and_(col(FactRow.kind) == "invoice_issued", col(FactRow.body).contains('"instalments":['))
_MOVED = sa.and_(
    col(FactRow.kind) == "invoice_corrected",
    sa.or_(col(FactRow.body).contains('"due_on":"'), col(FactRow.body).contains('"instalments":[')),
)
_OWN_DATES = sa.or_(_MOVED, _SCHEDULED)
_DATING = ("invoice_issued", "invoice_corrected", "invoice_voided", "draft_deleted")
"""Kinds of facts that say when an invoice falls due."""

_CHUNK = 500
# So many rows are fetched at a time.
_ROWS = 5_000

Names = Mapping[str, Collection[str]]
"""Invoices by customer."""


def read(
    session: Session,
    *,
    as_of: date,
    known_at: datetime | None = None,
    days: Sequence[date] = (),
    only_open: bool = False,
) -> Iterator[Item]:
    """Yield every item with what was posted to it until the end of a day; of a large ledger none is kept.

    Args:
        days: earlier ones at whose end it is asked, too, what was not due yet.
        only_open: those of which nothing was left at the end of the day are left out.
    """
    looked_at = sorted({as_of, *days}, reverse=True)
    then = debts_then(session, looked_at, known_at)
    rows = session.connection().execute(_posted(as_of, known_at, only_open=only_open))
    for (customer, invoice, currency, due_on), of in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        yield Item(
            customer=customer,
            invoice=invoice,
            currency=currency,
            due_on=due_on,
            posted=[Posted(on, FLOWS[kind], int(minor)) for *_, on, kind, minor in of],
            then=then.get((customer, invoice)),
        )


def _posted(as_of: date, known_at: datetime | None, *, only_open: bool) -> sa.Select[Any]:
    item = (_ENTRIES.c.customer_id, _ENTRIES.c.invoice, _ENTRIES.c.currency, _DEBTS.c.due_on)
    said = sa.and_(_FACTS.c.source == _ENTRIES.c.source, _FACTS.c.source_id == _ENTRIES.c.fact)
    about = sa.and_(_DEBTS.c.customer_id == _ENTRIES.c.customer_id, _DEBTS.c.invoice == _ENTRIES.c.invoice)
    then = [_ENTRIES.c.happened_on <= as_of]
    if known_at is not None:
        then.append(_ENTRIES.c.learned_at <= known_at)
    of = _ENTRIES.join(_FACTS, said).outerjoin(_DEBTS, about)
    if only_open:
        left = _left_of(then)
        of = of.join(left, sa.and_(*(_none_is_one(_ENTRIES.c[each.name]) == each for each in left.c)))
    return (
        sa.select(*item, _ENTRIES.c.happened_on, _FACTS.c.kind, sa.func.sum(_ENTRIES.c.minor))
        .select_from(of)
        .where(*then)
        .group_by(*item, _ENTRIES.c.happened_on, _FACTS.c.kind)
        .order_by(*item[:3], _ENTRIES.c.happened_on, _FACTS.c.kind)
        .execution_options(yield_per=_ROWS)
    )


def _left_of(then: Sequence[sa.ColumnElement[bool]]) -> sa.Subquery:
    """Select the items of which something was left."""
    item = (_ENTRIES.c.customer_id, _ENTRIES.c.invoice, _ENTRIES.c.currency)
    named = [_none_is_one(column).label(column.name) for column in item]
    return (
        sa.select(*named).where(*then).group_by(*item).having(sa.func.sum(_ENTRIES.c.minor) != 0).subquery()
    )


def _none_is_one(column: Any) -> Any:
    """Let a column be compared where it may be null: of unapplied money there is no invoice."""
    return sa.func.coalesce(column, "") if column.name == "invoice" else column


def own_dates(session: Session) -> Names:
    """Return the invoices whose dates the projection of debts does not tell for every day, by customer."""
    names: dict[str, set[str]] = {}
    for customer, text in session.exec(select(FactRow.customer_id, FactRow.body).where(_OWN_DATES)):
        names.setdefault(customer, set()).add(_invoice(read_text(text)))
    return names


def debts_then(
    session: Session, days: Sequence[date], known_at: datetime | None, names: Names | None = None
) -> Mapping[tuple[str, str | None], Mapping[date, Debt]]:
    """Return the debts whose due dates the projection does not tell, as they were and were known on each day.

    Corrections change dates, and instalments have dates of their own: such invoices are posted again, for an
    earlier day only if something was corrected in between. What is open on them is not told.

    Args:
        days: the newest first.
        names: only these; without it all that there are.
    """
    names = own_dates(session) if names is None else names
    found: dict[tuple[str, str | None], dict[date, Debt]] = {}
    for customer, history in _that_date(session, names, as_of=days[0], known_at=known_at):
        corrected = {fact.happened_on for fact in history if isinstance(fact.body, InvoiceCorrected)}
        debts: Iterable[Debt] = ()
        posted_for = date.max
        for day in days:
            if posted_for == date.max or any(day < on <= posted_for for on in corrected):
                debts = post([fact for fact in history if fact.happened_on <= day]).debts
                posted_for = day
            for debt in debts:
                found.setdefault((customer, debt.invoice), {})[day] = debt
    return found


def _that_date(
    session: Session, names: Names, *, as_of: date, known_at: datetime | None
) -> Iterator[tuple[str, list[Fact]]]:
    """Yield the facts that say when these invoices fell due, by customer.

    Money moves no date, so it is left out; but whether something was left to write off is for money to say.
    """
    wrote_off = set(session.exec(select(FactRow.customer_id).where(col(FactRow.kind) == "write_off")))
    known = partial(histories_with, session, as_of=as_of, known_at=known_at)
    for some in chunks(sorted(names.keys() - wrote_off)):
        for customer, history in known(some, kinds=_DATING):
            yield customer, [fact for fact in history if _invoice(fact.body) in names[customer]]
    for some in chunks(sorted(names.keys() & wrote_off)):
        yield from known(some)


def chunks(customers: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield customers, so many at a time as a database takes in one list."""
    for first in range(0, len(customers), _CHUNK):
        yield customers[first : first + _CHUNK]


def _invoice(body: Body) -> str:
    return str(getattr(body, "invoice", ""))
