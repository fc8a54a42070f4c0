"""The customers' own pages: which number stands for whom in a link, and which links were revoked.

A link says a number, a generation and a day. To revoke all links of a customer the generation is raised:
nothing has to be remembered of a link. New contact data raises it too, as the old address may be another's.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, select

from domain.page_link import PageLink, read, sealed
from store import customers, journal
from store.database import Ledger
from store.tables import OwnPageRow

PATH = "/c/"
"""Where `serve` takes these links."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose page a link opens, and until which day."""

    customer_id: str
    until: date


class PageLinks:
    """Makes and reads the links of one ledger.

    Args:
        keys: the first seals, all are accepted: so one is taken out of use without breaking its links.
        days: so many days after the day of its message a link works.
    """

    def __init__(self, ledger: Ledger, *, keys: tuple[bytes, ...], public_url: str, days: int) -> None:
        self._ledger, self._keys, self._days = ledger, keys, days
        self._base = public_url.rstrip("/") + PATH

    def url(self, customer_id: str, on: date) -> str:
        """Return the link of a message that goes out on a day; the same for all of that day.

        Raises:
            UnknownCustomer: there is none of this id.
        """
        with self._ledger.read() as session:
            page = _page(session, customer_id)
        if page is None:
            with self._ledger.write() as session:
                customers.lock(session, customer_id)
                page = _page(session, customer_id) or _opened(session, customer_id)
        assert page.number is not None
        link = PageLink(number=page.number, generation=page.generation, until=on + timedelta(days=self._days))
        return self._base + sealed(link, self._keys)

    def possible(self, customer_id: str, on: date) -> list[str]:
        """Return every link that a message of a day may have carried, the likeliest first; writes nothing."""
        with self._ledger.read() as session:
            page = _page(session, customer_id)
        if page is None or page.number is None:
            return []
        until = on + timedelta(days=self._days)
        return [
            self._base + sealed(PageLink(number=page.number, generation=each, until=until), [key])
            for each in range(page.generation, -1, -1)
            for key in self._keys
        ]

    def hand_out(self, customer_id: str, *, by: str, now: datetime) -> str:
        """Return a link of today for a person who asked for it, which the journal says.

        Raises:
            UnknownCustomer: there is none of this id.
        """
        url = self.url(customer_id, now.date())
        with self._ledger.write() as session:
            row = customers.lock(session, customer_id)
            why = "handed out a link to the customer's page"
            journal.write(
                session, at=max(now, row.last_now), what="note", why=why, customer_id=row.id, actor=by
            )
        return url

    def visit(self, token: str, today: date) -> Visit | None:
        """Return whose page a token opens; None for whatever does not work, and whyever it does not."""
        link = read(token, self._keys)
        if link is None or link.until < today:
            return None
        with self._ledger.read() as session:
            found = select(OwnPageRow).where(OwnPageRow.number == link.number)
            page = session.exec(found).one_or_none()
            if page is None or page.generation != link.generation:
                return None
            if not customers.has_contact(session, page.customer_id):
                return None  # Forgotten: nobody is left whose page it could be.
            return Visit(customer_id=page.customer_id, until=link.until)


def revoke(ledger: Ledger, customer_id: str, *, by: str, now: datetime) -> None:
    """Let no link work any more that a customer was ever sent; the next message has a new one.

    Raises:
        UnknownCustomer: there is none of this id.
    """
    with ledger.write() as session:
        row = customers.lock(session, customer_id)
        page = _page(session, customer_id) or _opened(session, customer_id)
        page.generation += 1
        why = "revoked every link to the customer's page"
        journal.write(
            session, at=max(now, row.last_now), what="command", why=why, customer_id=row.id, actor=by
        )


def _page(session: Session, customer_id: str) -> OwnPageRow | None:
    return session.exec(select(OwnPageRow).where(OwnPageRow.customer_id == customer_id)).one_or_none()


def _opened(session: Session, customer_id: str) -> OwnPageRow:
    page = OwnPageRow(customer_id=customer_id)
    session.add(page)
    session.flush()
    return page
