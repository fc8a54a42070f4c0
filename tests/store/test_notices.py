"""From a claimed effect to a message: the customer's own language decides its words."""

from datetime import date

import pytest

from activities.notices import notice_of
from activities.rendering import Letters
from composition import seller
from settings import ROOT, Settings


@pytest.mark.parametrize(
    ("language", "words", "day"),
    [
        ("en", "A reminder about your account", "2 March 2026"),
        ("de-AT", "Zahlungserinnerung", "2. März 2026"),
        ("fr", "Un rappel concernant votre compte", "2 mars 2026"),
        ("ko", "납부 안내", "2026년 3월 2일"),
        ("es", "A reminder about your account", "2 March 2026"),
    ],
)
def test_a_customer_reads_the_own_language_or_english(business, language: str, words: str, day: str) -> None:
    customer = business.customer("ACME", language=language)
    business.invoice(customer, "INV-1", due=date(2026, 3, 2))
    begun = business.begun(customer, "first/email", business.at(3))

    notice = notice_of(begun, seller=seller(Settings()))
    message = Letters(ROOT / "templates").message(notice, to="a@acme.example", sender="b@seller.example")

    assert notice.language == language
    assert words in (message.html or "")
    assert day in " ".join(message.text.split())
