"""A message is made again from the ledger as of then, and its digest says whether it is the same."""

from datetime import date
from typing import Any

from activities.copies import Copies
from activities.notices import notice_of
from activities.rendering import Letters
from composition import seller
from domain.facts import InvoiceIssued
from domain.wording import Copy
from settings import ROOT, Settings
from store import customers, written


def send(business: Any, key: str, days_late: int) -> str:
    """Send a message as the activity does; return its reference."""
    begun = business.begun("ACME", key, business.at(days_late))
    letters = Letters(ROOT / "templates")
    notice = notice_of(begun, seller=seller(Settings()))
    message = letters.message(notice, to="a@acme.example", sender="b@seller.example")
    words = letters.words(notice, message)
    business.confirm("ACME", begun.message, business.at(days_late), outcome="delivered", words=words)
    return str(begun.message)


def copies(business: Any) -> Copies:
    return Copies(ledger=business.ledger, letters=Letters(ROOT / "templates"), seller=seller(Settings()))


def kept(business: Any, message: str) -> Any:
    return next(words for _, name, words in written.of(business.ledger, "ACME") if name == message)


def test_what_happened_later_is_not_in_the_copy(business: Any) -> None:
    business.customer(language="de")
    business.invoice("ACME", "INV-1")
    sent = [send(business, "first/email", 3), send(business, "second/email", 10)]
    later = InvoiceIssued(invoice="INV-2", amount="7.00", currency="EUR", due_on=date(2026, 3, 2))
    business.record("ACME", later, now=business.at(11))
    business.pay("ACME", "40.00", now=business.at(11))

    for message in sent:
        copy = copies(business).copy("ACME", message)
        assert isinstance(copy, Copy)
        assert copy.differs(kept(business, message)) is None
        assert "100,00" in copy.message.text
        assert "INV-2" not in copy.message.text


def test_a_copy_that_differs_says_so(business: Any) -> None:
    business.customer()
    business.invoice("ACME", "INV-1")
    message = send(business, "first/email", 3)
    customers.correct_contact(
        business.ledger, "ACME", {"name": "Acme Holding"}, by="maria", now=business.at(4)
    )
    copy = copies(business).copy("ACME", message)
    assert isinstance(copy, Copy)
    assert "a name, an address" in (copy.differs(kept(business, message)) or "")


def test_what_cannot_be_made_again_says_why(business: Any) -> None:
    business.customer()
    assert "would not go out" in str(copies(business).copy("ACME", "m-unknown"))
