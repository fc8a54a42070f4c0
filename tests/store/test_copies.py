"""A message is made again from the ledger as of then, and its digest says whether it is the same."""

from datetime import date
from typing import Any

from activities.copies import HIDDEN, Copies, Pages, no_pages
from activities.notices import no_page, notice_of
from activities.rendering import Letters
from composition import seller
from domain.facts import InvoiceIssued
from domain.wording import Copy
from settings import ROOT, Settings
from store import customers, own_pages, written
from store.own_pages import PageLinks


def send(business: Any, key: str, days_late: int, links: PageLinks | None = None) -> str:
    """Send a message as the activity does; return its reference."""
    page = no_page if links is None else links.url
    begun = business.begun("ACME", key, business.at(days_late))
    letters = Letters(ROOT / "templates")
    notice = notice_of(begun, seller=seller(Settings()), page=page)
    message = letters.message(notice, to="a@acme.example", sender="b@seller.example")
    words = letters.words(notice, message)
    business.confirm("ACME", begun.message, business.at(days_late), outcome="delivered", words=words)
    return str(begun.message)


def copy_of(business: Any, message: str, pages: Pages = no_pages) -> Copy | str:
    letters = Letters(ROOT / "templates")
    copies = Copies(ledger=business.ledger, letters=letters, seller=seller(Settings()), pages=pages)
    known = {name: words for _, name, words in written.of(business.ledger, "ACME")}
    return copies.copy("ACME", message, known.get(message))


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
        copy = copy_of(business, message)
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
    copy = copy_of(business, message)
    assert isinstance(copy, Copy)
    assert "a name, an address" in (copy.differs(kept(business, message)) or "")


def test_what_cannot_be_made_again_says_why(business: Any) -> None:
    business.customer()
    assert "would not go out" in str(copy_of(business, "m-unknown"))


def test_the_link_to_the_page_is_in_the_digest_and_not_in_the_copy(business: Any) -> None:
    business.customer()
    business.invoice("ACME", "INV-1")

    def links(*keys: bytes) -> PageLinks:
        return PageLinks(business.ledger, keys=keys, public_url="https://pay.example", days=90)

    old, new = b"o" * 32, b"n" * 32
    plain = send(business, "first/email", 3)
    linked = send(business, "second/email", 10, links(old))
    own_pages.revoke(business.ledger, "ACME", by="maria", now=business.at(11))
    for message in (plain, linked):
        copy = copy_of(business, message, links(new, old).possible)
        assert isinstance(copy, Copy)
        assert copy.differs(kept(business, message)) is None
        whole = f"{copy.message.text} {copy.message.html}"
        assert "https://pay.example/c/" not in whole
        assert (HIDDEN in whole) == (message == linked)
