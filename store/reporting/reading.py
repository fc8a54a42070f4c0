"""One reading of the ledger, from which every report of one day is made: all of it as of one moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlmodel import Session, col, select

from domain.facts import Fact
from domain.reports.conversion import Conversion
from domain.reports.items import Item
from domain.reports.months import Month, converted, ends, months_of
from domain.reports.sheet import Report, Sheet
from store.database import Ledger
from store.reporting import items, known
from store.tables import CustomerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every report is asked for.

    Attributes:
        as_of: the end of this day.
        known_at: what was learned later counts for nothing; None for all that is known now.
        conversion: into one currency; None leaves each apart.
        listed: whether the single items behind the table are wanted.
        months: so many months are shown, the running one included.
    """

    as_of: date
    known_at: datetime | None = None
    conversion: Conversion | None = None
    listed: bool = False
    months: int = 12


class Reading:
    """A transaction that reads, and what was read in it already."""

    def __init__(self, session: Session, asked: Asked) -> None:
        self.session = session
        self.asked = asked

    def each_item(self) -> Iterator[Item]:
        """Every item, with its due dates as of the ends of the months that are shown; none is kept."""
        days = ends(self.asked.as_of, self.asked.months)
        return items.read(self.session, as_of=self.asked.as_of, known_at=self.asked.known_at, days=days)

    @cached_property
    def open_items(self) -> list[Item]:
        """Every item of which something was left at the end of the day."""
        asked = self.asked
        return [*items.read(self.session, as_of=asked.as_of, known_at=asked.known_at, only_open=True)]

    @cached_property
    def months(self) -> list[Month]:
        """Every month since the first entry; in one currency where that was asked for."""
        asked = self.asked
        return self._own_months if asked.conversion is None else converted(self._own_months, asked.conversion)

    @cached_property
    def _own_months(self) -> list[Month]:
        return months_of(self.each_item(), as_of=self.asked.as_of, shown=self.asked.months)

    @property
    def first_on(self) -> date:
        """The first day of the months that are shown."""
        return ends(self.asked.as_of, self.asked.months)[-1].replace(day=1)

    @property
    def notes(self) -> tuple[str, ...]:
        """At which rates the months were converted."""
        conversion = self.asked.conversion
        return () if conversion is None else (conversion.words(month.currency for month in self._own_months),)

    def facts_of(self, *kinds: str) -> Iterator[tuple[str, list[Fact]]]:
        """Every fact of the customers who have one of these kinds, by customer."""
        asked = self.asked
        return known.histories_of(self.session, *kinds, as_of=asked.as_of, known_at=asked.known_at)

    @cached_property
    def customers(self) -> Mapping[str, CustomerRow]:
        """Every customer."""
        rows = self.session.exec(select(CustomerRow).order_by(col(CustomerRow.id)))
        return {row.id: row for row in rows}

    def report(self, name: str, sheet: Sheet, listed: Sheet | None = None, **terms: Any) -> Report:
        """Return a finished report."""
        asked, into = self.asked, self.asked.conversion
        if into is not None:
            terms["in"] = into.into
            terms["rates"] = {code: str(rate) for code, rate in sorted(into.rates.items())}
        return Report(
            name=name,
            as_of=asked.as_of,
            known_at=asked.known_at,
            sheet=sheet,
            terms=terms,
            listed=listed if asked.listed else None,
        )


@contextmanager
def reading(ledger: Ledger, asked: Asked) -> Iterator[Reading]:
    """Read the ledger for reports of one day."""
    with ledger.read() as session:
        yield Reading(session, asked)
