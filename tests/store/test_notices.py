"""From a claimed effect to a message: the customer's own language decides its words."""

from dataclasses import replace
from datetime import date

import pytest

from activities.notices import notice_of
from activities.rendering import Letters
from composition import seller
from domain.effects import Effect
from domain.policy import Policy
from domain.policy_steps import Switching
from settings import ROOT, Settings
from store.claims import Begun
from store.customers import ContactData
from tests.domain.playing import CUSTOMER, FINAL, FIRST, SECOND, SUSPEND, A, event, invoice, play, policy


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


@pytest.mark.parametrize(
    ("phone", "ends"), [("+14165550123", True), ("+4915112345678", False), (None, False)]
)
def test_texts_to_america_say_how_to_end_them(business, phone: str | None, ends: bool) -> None:
    business.customer("ACME")
    business.invoice("ACME", "INV-1", due=date(2026, 3, 2))
    begun = business.begun("ACME", "first/email", business.at(3))
    begun = replace(begun, contact=replace(begun.contact, phone=phone))
    assert notice_of(begun, seller=seller(Settings())).ends_texts == ends


RESTRICT = {"kind": "restrict", "id": "restrict", "offset_days": 20}


@pytest.mark.parametrize(
    ("under", "back_on", "told_on"),
    [
        (policy(FIRST, SECOND, FINAL, SUSPEND), "2026-04-02", "2026-04-08"),
        (policy(FIRST, SECOND, FINAL, RESTRICT, SUSPEND), "2026-03-24", "2026-03-30"),
    ],
)
def test_the_news_of_a_second_turn_names_what_is_owed(under: Policy, back_on: str, told_on: str) -> None:
    back = event(back_on, "reactivate_requested", reason="agreed")
    played = play(A, invoice("B", due="2026-03-09"), back, under=under, until=told_on)
    told = [line for line in played.lines if line.effect == "notice" and line.channel == "email"][-1]
    assert {debt.invoice for debt in told.debts} == {"service"}, "no claim names a debt twice"
    assert told.reason is not None
    step = next(s for s in under.steps if isinstance(s, Switching) and s.kind[:7] in (told.step or ""))
    effect = Effect(
        kind="notice",
        step=told.step or "",
        channel="email",
        debts=told.debts,
        reason=told.reason,
        template=step.tell,
    )
    begun = Begun(
        message="m",
        effect=effect,
        account=played.account,
        policy=under,
        contact=ContactData(name="Acme"),
        customer=CUSTOMER,
        settle=False,
        attempt=1,
        trying=False,
        claimed_at=told.at,
        now=told.at,
    )
    notice = notice_of(begun, seller=seller(Settings()))
    message = Letters(ROOT / "templates").message(notice, to="a@acme.example", sender="b@seller.example")
    assert [debt.invoice for debt in notice.debts] == ["A", "B"]
    assert "B" in message.subject
