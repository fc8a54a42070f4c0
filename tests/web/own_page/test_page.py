"""The customer's own page over HTTP: what is shown, and what becomes of what is asked for."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.specimens import specimen_pages
from domain.facts import (
    DisputeOpened,
    HandedOver,
    HoldSet,
    InvoiceIssued,
    OptedIn,
    OptedOut,
    Paused,
    PaymentInFlight,
    PlanAgreed,
    Replied,
)
from store import customers, facts, heard
from tests.store.conftest import DUE, at
from tests.web.own_page.conftest import LETTERS, Visitor, seen
from web.own_page import asked
from web.own_page.asked import NOTES

PROBLEMS = {*re.findall(r'problem="(\w+)"', Path(asked.__file__).read_text(encoding="utf-8")), "saved"}


def said(visitor: Visitor, *kinds: type) -> list[Any]:
    history = facts.history(visitor.business.ledger, "ACME")
    return [fact.body for fact in history if isinstance(fact.body, kinds)]


# --- what is shown


async def test_the_page_says_what_is_owed_why_and_how_to_pay(visitor: Visitor) -> None:
    page = await visitor.look(visitor.link())

    assert page.status_code == 200
    for words in (
        *(
            "To pay now: 100.00 EUR",
            "INV-1",
            "due 2 March 2026, 4 days late",
            "Please quote customer number ACME",
        ),
        *(
            "https://pay.harbourlight.example/ACME",
            "IBAN GB33",
            "we will send you a reminder on 12 March 2026",
        ),
        *("A…@example.com", "…678", "This link works until 4 June 2026"),
    ):
        assert words in seen(page)
    for personal in ("Acme Ltd", "ACME@example.com", "+4915112345678"):
        assert personal not in page.text


async def test_what_is_due_later_or_with_others_is_not_asked_for_today(visitor: Visitor) -> None:
    visitor.business.invoice("ACME", "INV-2", "40.00", due=DUE + timedelta(days=20))
    page = seen(await visitor.look(visitor.link()))
    assert "To pay now: 100.00 EUR" in page
    assert "Due later INV-2 40.00 EUR" in page

    visitor.business.record("ACME", HandedOver(invoice="INV-1", to="Northern"), now=at(4))
    page = seen(await visitor.look(visitor.link()))
    assert "Nothing has to be paid today." in page
    assert page.index("With somebody else") < page.index("INV-1")
    assert '<option value="INV-1"' not in (await visitor.look(visitor.link())).text


async def test_a_customer_who_owes_nothing_is_thanked_and_asked_for_nothing(visitor: Visitor) -> None:
    visitor.business.pay("ACME", now=at(4))
    page = await visitor.look(visitor.link())

    assert "Nothing is open. Thank you." in seen(page)
    assert "Pay online" not in seen(page)
    assert "/promise" not in page.text
    assert "/dispute" not in page.text


async def test_money_on_its_way_and_a_pause_are_said(visitor: Visitor) -> None:
    money = PaymentInFlight(payment="P-1", amount="60.00", currency="EUR")
    visitor.business.record("ACME", money, Paused(to="2026-03-20", reason="asked for time"), now=at(4))
    page = seen(await visitor.look(visitor.link()))

    assert "60.00 EUR is on its way to us" in page
    assert "We are waiting until 20 March 2026" in page


async def test_under_a_hold_nothing_is_said_of_the_account(visitor: Visitor) -> None:
    """An attorney, a bankruptcy: we say nothing, and ask for nothing."""
    link = visitor.link()
    visitor.business.record("ACME", HoldSet(reason="bankruptcy"), now=at(4))
    page = await visitor.look(link)

    assert "Please talk to us" in seen(page)
    for words in ("INV-1", "100.00", "bankruptcy", "/promise", "/dispute"):
        assert words not in page.text
    assert (await visitor.ask(link, "promise", pay_on="2026-03-10")).status_code == 422


async def test_the_page_speaks_the_customers_language(visitor: Visitor) -> None:
    titles = {"en": "Your account", "de-AT": "Ihr Konto", "fr": "Votre compte", "ko": "고객님 계정"}
    for language, title in titles.items():
        name = visitor.business.customer(f"IN-{language}", language=language)
        page = await visitor.look(visitor.link(name), **{"Accept-Language": "en"})
        assert f'<html lang="{language[:2]}">' in page.text
        assert title in seen(page)


async def test_what_is_no_note_of_ours_says_nothing(visitor: Visitor) -> None:
    link = visitor.link()
    pages = {seen(await visitor.look(f"{link}?done={note}")) for note in (*NOTES, "nothing", "<b>")}
    assert len(pages) == len(NOTES) + 1


@pytest.mark.parametrize("language", LETTERS.languages)
def test_every_note_and_every_problem_has_words(language: str) -> None:
    assert len(PROBLEMS) == 8
    _, values = next(specimen_pages(LETTERS.languages))
    for name, words in (("note", NOTES), ("problem", PROBLEMS)):
        pages = {LETTERS.page("own_page", {**values, name: each}, language=language) for each in words}
        assert len(pages) == len(words)


async def test_what_a_customer_is_called_is_text_and_no_markup(visitor: Visitor) -> None:
    visitor.business.invoice("ACME", "<b>&'\"", "10.00")
    page = await visitor.look(visitor.link())

    assert "<b>&" not in page.text
    assert "&lt;b&gt;&amp;" in page.text


# --- a promise


async def test_a_promise_is_taken_once(visitor: Visitor) -> None:
    link, pay_on = visitor.link(), (DUE + timedelta(days=10)).isoformat()
    answer = await visitor.ask(link, "promise", pay_on=pay_on, amount="")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?done=promise")
    (promise,) = visitor.account().promises
    assert (promise.by, promise.pay_on.isoformat()) == ("customer", pay_on)
    assert visitor.woken == ["ACME"]
    page = await visitor.look(answer.headers["location"])
    assert "Thank you. We have noted the day" in seen(page)
    assert "said that you will pay 100.00 EUR by 12 March 2026" in seen(page)

    again = await visitor.ask(link, "promise", pay_on=pay_on, amount="")
    assert again.headers["location"].endswith("done=already")
    assert len(visitor.account().promises) == 1


async def test_a_part_is_promised_as_it_is_written_in_the_country(visitor: Visitor) -> None:
    await visitor.ask(visitor.link(), "promise", pay_on="2026-03-12", amount="60,50 EUR")
    (promise,) = visitor.account().promises
    assert str(promise.asked) == "60.50 EUR"


NO_PROMISES = (
    ({"pay_on": "2026-05-01"}, "a day within the days"),
    ({"pay_on": "2026-03-05"}, "a day within the days"),
    ({"pay_on": "tomorrow"}, "a day within the days"),
    ({"pay_on": ""}, "a day within the days"),
    ({"pay_on": "2026-03-12", "amount": "100.01"}, "not more than what is open"),
    ({"pay_on": "2026-03-12", "amount": "much"}, "not more than what is open"),
    ({"pay_on": "2026-03-12", "amount": "-5"}, "not more than what is open"),
    ({"pay_on": "2026-03-12", "amount": "5", "currency": "USD"}, "not more than what is open"),
)


async def test_what_cannot_be_promised_is_said_in_the_words_of_the_page(visitor: Visitor) -> None:
    link = visitor.link()
    for form, words in NO_PROMISES:
        answer = await visitor.ask(link, "promise", **form)
        assert answer.status_code == 422
        assert words in seen(answer)
        assert '<details id="promise" open>' in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert f'value="{form["pay_on"]}"' in answer.text, "what was entered is not lost"
    assert visitor.account().promises == ()
    assert visitor.woken == []


async def test_where_the_policy_takes_no_promise_any_more_a_call_is_offered(visitor: Visitor) -> None:
    link = visitor.link()
    for day in (4, 5):
        visitor.now[0] = at(day)
        await visitor.ask(link, "promise", pay_on=at(day).date().isoformat())
    visitor.now[0] = at(20)
    page = await visitor.look(link)

    assert "Please ask for a call, and we will find a way" in seen(page)
    assert "/promise" not in page.text
    assert (await visitor.ask(link, "promise", pay_on="2026-03-25")).status_code == 422


async def test_beside_a_plan_an_amount_has_to_be_named(visitor: Visitor) -> None:
    parts = [{"due_on": "2026-03-20", "amount": "50.00"}, {"due_on": "2026-04-20", "amount": "50.00"}]
    visitor.business.record("ACME", PlanAgreed(instalments=parts), now=at(4))
    link = visitor.link()

    assert "Leave it empty for all that is due" not in seen(await visitor.look(link))
    assert (await visitor.ask(link, "promise", pay_on="2026-03-12")).status_code == 422
    assert (await visitor.ask(link, "promise", pay_on="2026-03-12", amount="50")).status_code == 303


async def test_of_two_currencies_one_is_chosen(visitor: Visitor) -> None:
    dollars = InvoiceIssued(invoice="INV-2", amount="30.00", currency="USD", due_on=DUE)
    visitor.business.record("ACME", dollars, now=at(0), on=DUE)
    link = visitor.link()
    assert '<select id="currency"' in (await visitor.look(link)).text
    await visitor.ask(link, "promise", pay_on="2026-03-12", amount="20", currency="USD")

    (promise,) = visitor.account().promises
    assert str(promise.asked) == "20.00 USD"


# --- a dispute


async def test_an_invoice_is_contested_with_a_reason_and_what_is_written_goes_to_a_person(
    visitor: Visitor,
) -> None:
    link = visitor.link()
    form = {"invoice": "INV-1", "reason": "delivery", "amount": "40", "words": "Two boxes\r\nwere missing."}
    answer = await visitor.ask(link, "dispute", **form)

    assert answer.headers["location"] == f"{link}?done=dispute"
    (dispute,) = said(visitor, DisputeOpened)
    assert (dispute.invoice, dispute.amount, dispute.by) == ("INV-1", Decimal("40.00"), "customer")
    assert dispute.reason == "not delivered, or not ordered"
    assert said(visitor, Replied) == [Replied(channel="page", says="dispute")]
    (words,) = heard.read(visitor.business.ledger, "ACME")
    assert words.text == "INV-1: Two boxes\nwere missing."
    assert "boxes" not in str(facts.history(visitor.business.ledger, "ACME"))
    page = seen(await visitor.look(link))
    assert "To pay now: 60.00 EUR" in page
    assert "40.00 EUR of it is being checked" in page


async def test_the_whole_is_contested_once(visitor: Visitor) -> None:
    link = visitor.link()
    for done in ("dispute", "already"):
        answer = await visitor.ask(link, "dispute", invoice="INV-1", reason="paid", amount="", words="")
        assert answer.headers["location"].endswith(done)
    assert len(said(visitor, DisputeOpened)) == 1
    assert '/dispute"' not in (await visitor.look(link)).text, "nothing is left to contest"


NO_DISPUTES = (
    ({"invoice": "INV-1", "reason": "spite"}, "choose what is wrong"),
    ({"invoice": "INV-7", "reason": "paid"}, "cannot take this for this invoice"),
    ({"invoice": "", "reason": "paid"}, "cannot take this for this invoice"),
    ({"invoice": "service", "reason": "paid"}, "cannot take this for this invoice"),
    ({"invoice": "INV-1", "reason": "paid", "amount": "100.01"}, "not more than what is open"),
    ({"invoice": "INV-1", "reason": "paid", "words": "x" * 1001}, "too long"),
)


async def test_what_cannot_be_contested_is_said_and_not_done(visitor: Visitor) -> None:
    link = visitor.link()
    for form, words in NO_DISPUTES:
        answer = await visitor.ask(link, "dispute", **form)
        assert (answer.status_code, words in seen(answer)) == (422, True)
    assert said(visitor, DisputeOpened, Replied) == []


# --- a call


async def test_a_call_that_is_asked_for_is_a_task(visitor: Visitor) -> None:
    link = visitor.link()
    for done in ("call", "already"):
        answer = await visitor.ask(link, "call", when="morning", words="The <new> contract")
        assert answer.headers["location"].endswith(done)

    (words,) = heard.read(visitor.business.ledger, "ACME")
    assert words.text == "Please call me (in the morning). The <new> contract"
    assessment = visitor.business.assess("ACME", at(4))
    (task,) = [effect for effect in assessment.plan.effects if effect.kind == "task"]
    assert (task.step, "call me" in task.reason.words) == ("customer_reply", True)
    assert visitor.woken == ["ACME"]


async def test_a_call_at_no_time_that_is_offered_is_asked_for_again(visitor: Visitor) -> None:
    assert (await visitor.ask(visitor.link(), "call", when="midnight")).status_code == 422
    assert said(visitor, Replied) == []


# --- preferences


async def test_language_and_channels_are_saved_together(visitor: Visitor) -> None:
    link = visitor.link()
    form = {"language": "de", "channels": "1", "email": "1"}
    answer = await visitor.ask(link, "preferences", **form)

    assert answer.headers["location"] == f"{link}?done=saved"
    assert "Gespeichert." in seen(await visitor.look(answer.headers["location"]))
    assert said(visitor, OptedOut) == [OptedOut(channel="sms", by="customer")]
    assert visitor.account().reach == {"email": "ok", "sms": "opted_out"}
    with visitor.business.ledger.read() as session:
        assert customers.get(session, "ACME").language == "de"
    assert visitor.woken == ["ACME"]


@pytest.mark.parametrize(("before", "shown"), [("sv", "en"), ("de-AT", "de")])
async def test_a_language_that_nobody_touched_stays(visitor: Visitor, before: str, shown: str) -> None:
    visitor.business.customer("BETA", language=before)
    page = await visitor.look(visitor.link("BETA"))
    assert f'name="shown" value="{shown}"' in page.text
    form = {"language": shown, "shown": shown, "channels": "1", "email": "1", "sms": "1"}
    await visitor.ask(visitor.link("BETA"), "preferences", **form)

    with visitor.business.ledger.read() as session:
        assert customers.get(session, "BETA").language == before
    assert visitor.woken == []


async def test_who_leaves_the_list_of_emails_may_come_back(visitor: Visitor) -> None:
    link = visitor.link()
    await visitor.ask(link, "preferences", language="en", channels="1", sms="1")
    assert said(visitor, OptedOut) == [OptedOut(channel="email", scope="list", by="customer")]
    assert 'name="email" value="1">' in (await visitor.look(link)).text, "the box is empty"

    for minute in (1, 2):
        visitor.now[0] = at(4, 10, minute)
        await visitor.ask(link, "preferences", language="en", channels="1", sms="1", email="1")
    assert said(visitor, OptedIn) == [OptedIn(channel="email", by="customer")]
    assert visitor.account().reach == {"email": "ok", "sms": "ok"}


async def test_a_form_that_no_page_of_ours_sent_changes_nothing(visitor: Visitor) -> None:
    link = visitor.link()
    forms: tuple[dict[str, str], ...] = (
        {"channels": "1"},
        {"language": "xx", "channels": "1"},
        {"language": ".."},
    )
    for form in forms:
        assert (await visitor.ask(link, "preferences", **form)).status_code == 422
    assert said(visitor, OptedOut) == []
    assert visitor.woken == []


async def test_a_form_without_its_channels_unsubscribes_nobody(visitor: Visitor) -> None:
    assert (await visitor.ask(visitor.link(), "preferences", language="en")).status_code == 303
    assert said(visitor, OptedOut) == []
