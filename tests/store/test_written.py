"""In which words a message went out: kept with it, and what language was lacking."""

from datetime import date, timedelta
from typing import Any

from activities.notices import notice_of
from activities.rendering import Letters
from composition import seller
from domain.wording import Wording, sha256_of
from settings import ROOT, Settings
from store import written


def send(business: Any, customer: str, language: str) -> tuple[Any, Wording, str]:
    """Send the first reminder to a new customer; return what was begun, its wording, and its text."""
    business.customer(customer, language=language)
    business.invoice(customer, f"INV-{customer}", due=date(2026, 3, 2))
    begun = business.begun(customer, "first/email", business.at(3))
    letters = Letters(ROOT / "templates")
    notice = notice_of(begun, seller=seller(Settings()))
    message = letters.message(notice, to="a@acme.example", sender="b@seller.example")
    words = letters.words(notice, message)
    assert words.sha256 == sha256_of(message)
    business.confirm(customer, begun.message, business.at(3), words=words)
    return begun, words, message.text


def test_the_words_of_a_message_are_kept_and_no_copy_of_it(business: Any) -> None:
    begun, words, text = send(business, "ACME", "de-AT")
    again = Wording(channel="email", template="x", asked="en", language="en", version="1", sha256="2")
    business.confirm("ACME", begun.message, business.at(4), words=again)

    ((at, message, kept),) = written.of(business.ledger, "ACME")
    assert (at, message, kept) == (business.at(3), begun.message, words)
    assert (kept.template, kept.asked, kept.language) == ("reminder_first", "de-AT", "de")
    assert (len(kept.version), len(kept.sha256)) == (12, 64)
    assert "INV-ACME" in text
    assert "INV-ACME" not in repr(kept)


def test_a_language_that_was_lacking_is_counted(business: Any) -> None:
    for customer, asked, language in (("A", "de-AT", "de"), ("B", "es", "en"), ("C", "en-US", "en")):
        business.customer(customer)
        words = Wording(
            channel="email", template="t", asked=asked, language=language, version="1", sha256=customer
        )
        with business.ledger.write() as session:
            written.keep(session, customer, customer, words, now=business.at(3))
    with business.ledger.read() as session:
        day = business.at(3) - timedelta(hours=1)
        assert written.fallen_back(session, day, day + timedelta(hours=2)) == {"es": 1}
        assert written.fallen_back(session, day, day + timedelta(minutes=5)) == {}
