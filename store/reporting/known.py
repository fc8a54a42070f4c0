"""What was known: the facts of some customers until a day, as known at a moment, in one question."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from domain.facts import Fact
from store.facts import read_text

_FACTS = SQLModel.metadata.tables["facts"]
# So many rows are fetched at a time: a ledger has more facts than memory should hold at once.
_ROWS = 5_000


def histories_with(
    session: Session, customers: Any, *, as_of: date, known_at: datetime | None, kinds: Sequence[str] = ()
) -> Iterator[tuple[str, list[Fact]]]:
    """Return every fact until the end of a day of the customers that a select gives, by customer.

    Args:
        kinds: only facts of these; of all without any.
    """
    facts = (
        sa.select(_FACTS)
        .where(_FACTS.c.customer_id.in_(customers), _FACTS.c.happened_on <= as_of)
        .order_by(_FACTS.c.customer_id, _FACTS.c.number)
        .execution_options(yield_per=_ROWS)
    )
    if kinds:
        facts = facts.where(_FACTS.c.kind.in_(kinds))
    if known_at is not None:
        facts = facts.where(_FACTS.c.learned_at <= known_at)
    rows = session.connection().execute(facts)
    for customer, of in groupby(rows, key=lambda row: row.customer_id):
        yield str(customer), [_fact(row) for row in of]


def histories_of(
    session: Session, *kinds: str, as_of: date, known_at: datetime | None
) -> Iterator[tuple[str, list[Fact]]]:
    """Return every fact until the end of a day of the customers who have one of these kinds."""
    some = sa.select(_FACTS.c.customer_id).where(_FACTS.c.kind.in_(kinds))
    return histories_with(session, some, as_of=as_of, known_at=known_at)


def _fact(row: Any) -> Fact:
    return Fact(
        source=row.source,
        id=row.source_id,
        happened_on=row.happened_on,
        happened_at=row.happened_at,
        learned_at=row.learned_at,
        body=read_text(row.body),
        number=row.number,
    )
