"""Copies: a message made again from the ledger as of then, and what proves it the one that went out."""

from dataclasses import dataclass, field

from activities.notices import notice_of
from activities.rendering import BadTemplate, Letters
from domain.notice import Message, Seller
from domain.wording import Copy
from store.database import Ledger
from store.sent_then import begun_then


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Makes messages again; it sends nothing and writes nothing."""

    ledger: Ledger
    letters: Letters = field(repr=False)
    seller: Seller

    def copy(self, customer_id: str, message: str) -> Copy | str:
        """Return a message as it would be written today of what was known then, or why it cannot be.

        Raises:
            UnknownCustomer: there is none of this id.
        """
        begun = begun_then(self.ledger, customer_id, message)
        if begun is None:
            return "By what is known of that moment, and by today's rules, this message would not go out."
        email = begun.effect.channel == "email"
        sender = self.seller.support_email if email else self.seller.name
        to = (begun.contact.email if email else begun.contact.phone) or ""
        try:
            notice = notice_of(begun, seller=self.seller)
            made: Message = self.letters.message(notice, to=to, sender=sender)
        except BadTemplate:
            return "There are no words any more in which this message was written."
        return Copy(message=made, words=self.letters.words(notice, made))
