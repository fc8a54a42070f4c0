"""Copies: a message made again from the ledger as of then, and what proves it the one that went out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from zoneinfo import ZoneInfo

from activities.notices import notice_of
from activities.rendering import BadTemplate, Letters
from domain.notice import Message, Seller
from domain.wording import Copy, Wording
from store.claims import Begun
from store.database import Ledger
from store.sent_then import begun_then

Pages = Callable[[str, date], Sequence[str]]
"""The links to a customer's own page that a message of a day may have carried."""

HIDDEN = "#the-link-of-the-customer"
"""Stands for that link in a copy: whoever opens it is taken for the customer."""

_MOST_TRIED = 20


def no_pages(customer_id: str, on: date) -> Sequence[str]:
    """Return none: where nobody serves the pages no message links to one."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Makes messages again; it sends nothing and writes nothing."""

    ledger: Ledger
    letters: Letters = field(repr=False)
    seller: Seller
    pages: Pages = no_pages

    def copy(self, customer_id: str, message: str, kept: Wording | None) -> Copy | str:
        """Return a message as it would be written today of what was known then, or why it cannot be.

        Args:
            kept: in which words it went out. A link in it may have been revoked since, or be sealed with an
                older key: of what may have stood there, that is taken which makes it the same.

        Raises:
            UnknownCustomer: there is none of this id.
        """
        begun = begun_then(self.ledger, customer_id, message)
        if begun is None:
            return "By what is known of that moment, and by today's rules, this message would not go out."
        try:
            made = list(islice(self._made(begun, kept), _MOST_TRIED))
        except BadTemplate:
            return "There are no words any more in which this message was written."
        same = (copy for copy in made if kept is not None and copy.differs(kept) is None)
        return next(same, made[0])

    def _made(self, begun: Begun, kept: Wording | None) -> Iterator[Copy]:
        """Yield the message with each link that it may have carried, and without one, up to the right one."""
        on = begun.now.astimezone(ZoneInfo(begun.customer.timezone)).date()
        for page in (*self.pages(begun.customer.id, on), None):
            copy = self._copy(begun, page)
            yield copy
            if kept is not None and copy.differs(kept) is None:
                return

    def _copy(self, begun: Begun, page: str | None) -> Copy:
        email = begun.effect.channel == "email"
        sender = self.seller.support_email if email else self.seller.name
        to = (begun.contact.email if email else begun.contact.phone) or ""
        notice = notice_of(begun, seller=self.seller, page=lambda customer_id, on: page)
        made = self.letters.message(notice, to=to, sender=sender)
        words = self.letters.words(notice, made)
        return Copy(message=made if page is None else _without(made, page), words=words)


def _without(message: Message, link: str) -> Message:
    html = None if message.html is None else message.html.replace(link, HIDDEN)
    return replace(message, text=message.text.replace(link, HIDDEN), html=html)
