"""Every letter says what it must, safely; a fault in the words is an error with file and line."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rendering import BadTemplate, Letters
from activities.specimens import preview, specimen, specimen_code, specimens
from domain.channels import CHANNELS
from domain.interest.fees import FeeKind
from domain.money import Money
from domain.notice import Message, Notice, NoticeCharge, NoticeDebt, sms_segments, totals_of

TEMPLATES = Path(__file__).parents[2] / "templates"
KINDS = (
    "upcoming",
    "reminder_first",
    "reminder_second",
    "reminder_third",
    "final_notice",
    "restricted",
    "suspended",
    "termination_warning",
    "terminated",
    "thanks",
    "card_update",
)
NAMES = (*KINDS, *(f"consumer_{kind}" for kind in KINDS))
OF_CREDIT = ("deposit_request", "order_cancelled", "credit_near", "credit_full")
ASKING = tuple(name for name in NAMES if not name.endswith("thanks"))
TO = {"to": "robin@winter.example", "sender": "billing@harbourlight.example"}
LETTERS = Letters(TEMPLATES)


def written(notice: Notice) -> Message:
    return LETTERS.message(notice, **TO)


def readable(html: str) -> str:
    """The words of an HTML page without its markup, spaces collapsed."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br>", " ", body))).split())


def parts(message: Message) -> list[str]:
    """What the reader of each half of the message reads."""
    text = " ".join(message.text.split())
    return [text] if message.html is None else [text, readable(message.html)]


def with_words(tmp_path: Path, name: str, words: str) -> Letters:
    folder = tmp_path / "templates"
    copytree(TEMPLATES, folder)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(words, encoding="utf-8")
    return Letters(folder)


@pytest.mark.parametrize("channel", CHANNELS)
def test_both_policies_have_all_their_letters_in_every_channel(channel: str) -> None:
    assert LETTERS.names(channel) == tuple(sorted((*NAMES, *OF_CREDIT, "usage", "consumer_usage")))


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", NAMES)
def test_every_letter_names_invoice_amount_date_and_reference(name: str, channel: str) -> None:
    day = "1 March 2026" if channel == "email" else "1 Mar 2026"
    for words in parts(written(specimen(name, channel))):
        for fact in ("INV-1042", "1,490.00 EUR", day, "7QK4M2XD", "Harbourlight Cloud"):
            assert fact in words


@pytest.mark.parametrize("name", ASKING)
def test_every_letter_that_asks_says_how_to_pay_how_to_dispute_and_whom_to_ask(name: str) -> None:
    notice = specimen(name, "email")
    seller = notice.seller
    for words in parts(written(notice)):
        for fact in (seller.payment_url, seller.account, seller.support_email, seller.support_phone):
            assert fact in words
        assert "disputed part" in words or "part in question" in words
        assert "To pay now: 1,490.00 EUR" in words


@pytest.mark.parametrize("name", ASKING)
def test_every_letter_that_asks_says_what_comes_next_and_when(name: str) -> None:
    notice = specimen(name, "email")
    assert notice.next_on is not None
    for words in parts(written(notice)):
        after = words.partition("What happens next")[2]
        assert f"{notice.next_on.day} {notice.next_on:%B %Y}" in after


@pytest.mark.parametrize(
    ("says", "business", "consumer"),
    [
        ("reminder", "send you a reminder on 5 May 2026", "write to you again on 5 May 2026"),
        ("final_notice", "a final notice on 5 May 2026", "one last reminder on 5 May 2026"),
        ("restriction", "no new orders from 5 May 2026 on", "nothing new can be ordered from 5 May 2026 on"),
        ("suspension", "suspend the service on 5 May 2026", "pause your service on 5 May 2026"),
        ("termination", "the subscription ends on 5 May 2026", "your subscription ends on 5 May 2026"),
        ("task", "contact you in person on 5 May 2026", "get in touch with you on 5 May 2026"),
    ],
)
def test_each_next_step_has_its_sentence(says: str, business: str, consumer: str) -> None:
    for name, sentence in (("reminder_first", business), ("consumer_reminder_first", consumer)):
        notice = replace(specimen(name, "email"), next_says=says, next_on=date(2026, 5, 5))
        for words in parts(written(notice)):
            assert sentence in words


@pytest.mark.parametrize("name", ["reminder_first", "consumer_reminder_first"])
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("half", [{"next_on": None}, {"next_says": None}, {"next_says": "holiday"}])
def test_a_next_step_without_its_day_or_its_word_is_an_error(
    name: str, channel: str, half: dict[str, None]
) -> None:
    with pytest.raises(BadTemplate):
        written(replace(specimen(name, channel), **half))


def test_without_a_next_step_the_letter_says_so() -> None:
    notice = replace(specimen("reminder_first", "email"), next_on=None, next_says=None)
    for words in parts(written(notice)):
        assert "No further step is planned at the moment." in words


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", ["final_notice", "consumer_final_notice"])
def test_the_final_notice_announces_the_day_of_the_suspension(name: str, channel: str) -> None:
    notice = replace(specimen(name, channel), suspend_on=date(2026, 4, 23))
    for words in parts(written(notice)):
        assert ("23 April 2026" if channel == "email" else "23 Apr 2026") in words


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", ["final_notice", "consumer_final_notice"])
def test_a_final_notice_before_a_suspension_without_its_day_is_an_error(name: str, channel: str) -> None:
    with pytest.raises(BadTemplate, match=rf"templates/en/{channel}/{name}.j2:\d+: 'None' is not a date"):
        written(replace(specimen(name, channel), suspend_on=None))


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", ["final_notice", "consumer_final_notice"])
def test_a_final_notice_that_nothing_follows_speaks_of_no_suspension(name: str, channel: str) -> None:
    notice = replace(specimen(name, channel), suspend_on=None, next_says=None, next_on=None)
    for words in parts(written(notice)):
        assert "suspen" not in words
        assert "pause" not in words


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", ["termination_warning", "consumer_termination_warning"])
def test_the_warning_of_the_end_announces_its_day(name: str, channel: str) -> None:
    notice = replace(specimen(name, channel), next_on=date(2026, 7, 9))
    day = "9 July 2026" if channel == "email" else "9 Jul 2026"
    for words in parts(written(notice)):
        assert day in words
        if channel == "email":
            assert f"subscription ends on {day}. To keep it, please pay " in words


@pytest.mark.parametrize("name", ["termination_warning", "consumer_termination_warning"])
def test_a_warning_of_the_end_without_its_day_is_an_error(name: str) -> None:
    with pytest.raises(BadTemplate, match=rf"templates/en/email/{name}.j2:\d+: 'None' is not a date"):
        written(replace(specimen(name, "email"), next_on=None))


@pytest.mark.parametrize("name", ["termination_warning", "consumer_termination_warning"])
def test_a_warning_of_the_end_that_another_step_follows_names_no_day_of_the_end(name: str) -> None:
    for words in parts(written(replace(specimen(name, "email"), next_says="task"))):
        assert "ends on" not in words
        assert "subscription, please pay 1,490.00 EUR" in words


@pytest.mark.parametrize("name", ["thanks", "consumer_thanks"])
def test_thanks_speak_of_the_service_only_if_it_was_off(name: str) -> None:
    notice = specimen(name, "email")
    for words in parts(written(notice)):
        assert "is running again" in words
    for words in parts(written(replace(notice, suspend_on=None, debts=()))):
        assert "running" not in words


def test_partial_payment_and_dispute_are_shown_with_their_amounts() -> None:
    for words in parts(written(specimen("reminder_first", "email"))):
        assert "52,000 JPY" in words
        assert "of 80,000 JPY" in words
        assert "12,000 JPY of it is disputed" in words
        assert "To pay now: 1,490.00 EUR and 40,000 JPY" in words


SPEAK_OF_INTEREST = (
    "reminder_second",
    "reminder_third",
    "final_notice",
    "restricted",
    "suspended",
    "termination_warning",
)


def charge(kind: FeeKind, minor: int, basis: str, *rows: str) -> NoticeDebt:
    amount = Money(minor, "EUR")
    until = date(2026, 3, 20)
    about = NoticeCharge(kind=kind, invoice="INV-1042", until=until, basis=basis, rows=rows)
    return NoticeDebt(
        invoice=f"INV-1042-{kind[0].upper()}1",
        original=amount,
        open=amount,
        disputed=Money.zero("EUR"),
        due_on=until,
        days_late=5,
        charge=about,
    )


CHARGES = (
    charge("interest", 8_06, "Act of 1998: 1,490.00 EUR × 10.40 % × 19/365 = 8.06 EUR", "eu-2026-h1"),
    charge("compensation", 40_00, "Act of 1998, section 5: compensation 40.00 EUR"),
    charge("fee", 5_00, "contract: Terms, section 7"),
)


@pytest.mark.parametrize("name", ASKING)
def test_principal_and_each_charge_stand_apart_with_their_basis_and_the_sum(name: str) -> None:
    """Legal basis, rate row and formula stand on the notice. Source: collections-practice.md, 7."""
    notice = specimen(name, "email")
    notice = replace(notice, debts=notice.debts[:1], charges=CHARGES, totals=totals_of(notice.debts[:1]))
    for words in parts(written(notice)):
        for fact in (
            "interest on INV-1042 until 20 March 2026",
            "Basis: Act of 1998: 1,490.00 EUR × 10.40 % × 19/365 = 8.06 EUR (rate eu-2026-h1)",
            "compensation for INV-1042",
            "Basis: Act of 1998, section 5: compensation 40.00 EUR",
            "agreed fee for INV-1042",
        ):
            assert fact in words
        sums = words.partition("Invoices: ")[2].replace(" - ", " ")
        assert sums.startswith(
            "1,490.00 EUR Interest: 8.06 EUR Compensation: 40.00 EUR Fees: 5.00 EUR To pay now: 1,543.06 EUR"
        )


def test_what_a_step_asks_for_and_announces_is_without_the_charges() -> None:
    """A fee never suspends: to keep the service it is enough to pay the invoice."""
    notice = specimen("final_notice", "email")
    notice = replace(notice, debts=notice.debts[:1], charges=CHARGES, totals=totals_of(notice.debts[:1]))
    for words in parts(written(notice)):
        assert "To prevent the suspension, please pay 1,490.00 EUR so that" in words
    for words in parts(written(replace(notice, suspend_on=None, next_says=None, next_on=None))):
        assert "Please pay 1,543.06 EUR now." in words


def test_a_letter_about_charges_alone_calls_them_so() -> None:
    notice = replace(specimen("reminder_first", "email"), debts=CHARGES[:2], totals=totals_of(CHARGES[:2]))
    message = written(notice)
    assert message.subject == "Reminder: charges INV-1042-I1 and INV-1042-C1, due on 20 March 2026"
    for words in parts(message):
        assert "Charges INV-1042-I1 and INV-1042-C1 were due" in words
        assert "Invoices:" not in words
        assert "To pay now: 48.06 EUR" in words


def test_thanks_still_name_what_is_open_for_lateness() -> None:
    for name in ("thanks", "consumer_thanks"):
        for words in parts(written(replace(specimen(name, "email"), charges=CHARGES))):
            assert "INV-1042-C1" in words.partition("Also on your account")[2]


@pytest.mark.parametrize("name", SPEAK_OF_INTEREST)
def test_a_business_hears_what_a_day_costs_and_by_which_law(name: str) -> None:
    for words in parts(written(specimen(name, "email"))):
        assert "we may charge interest (Directive 2011/7/EU, art. 2(6), 2(7), 3 and 5):" in words
        a_day = "1,490.00 EUR at 10.4 % a year, divided by 365: 0.42 EUR a day (rate eu-2026-h2)"
        assert f"INV-1042: {a_day}" in words
        assert "also charge a fixed compensation of 40.00 EUR (Directive 2011/7/EU, art. 6)" in words
    for words in parts(written(replace(specimen(name, "email"), interest=None))):
        assert "interest" not in words.lower()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in SPEAK_OF_INTEREST])
def test_no_other_letter_announces_interest(name: str, channel: str) -> None:
    announces = specimen("final_notice", "email").interest
    for words in parts(written(replace(specimen(name, channel), interest=announces))):
        assert "interest" not in words.lower()
        assert "compensation" not in words.lower()


@pytest.mark.parametrize("name", NAMES)
def test_text_and_html_say_the_same_sentences(name: str) -> None:
    message = written(specimen(name, "email"))
    assert message.html is not None
    page = readable(message.html)
    letter = message.text.partition("What is open")[0].partition("What this was about")[0]
    for paragraph in letter.split("\n\n"):
        assert " ".join(paragraph.split()) in page


def test_what_is_text_never_stands_in_html_unescaped() -> None:
    """One file of words serves both halves: only in HTML is what it says escaped."""
    notice = replace(specimen("reminder_first", "email"), customer="<C&1>")
    message = written(notice)
    assert "<C&1>" in message.text
    assert "&lt;C&amp;1&gt;" in (message.html or "")
    assert "<C&1>" not in (message.html or "")


@pytest.mark.parametrize("name", NAMES)
def test_html_loads_nothing_from_outside_and_names_its_language(name: str) -> None:
    html = written(specimen(name, "email")).html
    assert html is not None
    assert '<html lang="en" ' in html
    assert not re.search(r"<(script|img|link|iframe)\b|@import|url\(|\bsrc=", html)


@pytest.mark.parametrize("name", NAMES)
def test_an_sms_starts_with_the_brand_and_fits_two_segments(name: str) -> None:
    message = written(specimen(name, "sms"))
    assert message.subject is None
    assert message.text.startswith("Harbourlight Cloud: ")
    assert sms_segments(message.text) <= 2
    assert message.text.endswith("Reply STOP to end texts.")
    elsewhere = written(replace(specimen(name, "sms"), ends_texts=False)).text
    assert elsewhere.endswith("Reply STOP to end texts.") == name.startswith("consumer_")
    assert "\n" not in message.text


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("consumer_")])
def test_private_persons_are_not_threatened(name: str) -> None:
    for channel in CHANNELS:
        message = written(specimen(name, channel))
        for words in (*parts(message), message.subject or ""):
            assert not re.search(r"legal|court|collect|penalt|consequence|suspen|must pay|demand", words)


@pytest.mark.parametrize("name", ASKING)
def test_private_persons_hear_of_debt_advice_once_they_are_late(name: str) -> None:
    late_and_private = name.startswith("consumer_") and name != "consumer_upcoming"
    for words in parts(written(specimen(name, "email"))):
        assert ("debt advice" in words) == late_and_private


def test_names_are_escaped_in_html_and_left_alone_in_text() -> None:
    hostile = "<script>alert('AT&T')</script>"
    notice = specimen("reminder_first", "email")
    debts = tuple(replace(debt, invoice=hostile) for debt in notice.debts)
    seller = replace(notice.seller, name=hostile, account=hostile, address=hostile, support_email=hostile)
    message = written(replace(notice, addressee=hostile, customer=hostile, seller=seller, debts=debts))
    assert message.html is not None
    assert "<script" not in message.html
    assert "&lt;script&gt;" in message.html
    assert f"Dear {hostile}," in message.text
    assert hostile in (message.subject or "")
    sms = written(replace(notice, channel="sms", debts=debts))
    assert hostile in sms.text


@pytest.mark.parametrize("name", NAMES)
def test_no_letter_lets_markup_of_a_name_through(name: str) -> None:
    notice = specimen(name, "email")
    debts = tuple(replace(debt, invoice="<b>1</b>") for debt in notice.debts)
    message = written(replace(notice, addressee="<b>1</b>", debts=debts, others=debts))
    assert "<b>" not in (message.html or "")


@given(st.text(min_size=1))
def test_no_name_can_add_a_line_to_subject_or_header(name: str) -> None:
    notice = specimen("reminder_first", "email")
    debts = (replace(notice.debts[0], invoice=f"I{name}"),)
    message = written(replace(notice, debts=debts, addressee=f"A{name}"))
    assert len((message.subject or "").splitlines()) == 1
    message.text.encode()
    (message.html or "").encode()


@pytest.mark.parametrize(
    ("words", "line", "problem"),
    [
        ("Subject\n\n{{ notice.ballance }}\n", 3, "has no attribute 'ballance'"),
        ("Subject\n\n{{ notise.step }}\n", 3, "'notise' is undefined"),
        ("Subject\n\nx\n{{ notice.totals | mony }}\n", 4, "No filter named 'mony'"),
        ("Subject\n\n{% if %}\n", 3, "Expected an expression"),
        ("Subject\n\n{{ notice.addressee | day }}\n", 3, "'Harbour Kitchen Ltd' is not a date"),
        ("Subject\n\n{{ notice.sent_on | money }}\n", 3, "'2026-03-04' is not an amount of money"),
        ("Subject\n\n{{ notice.ballance | money }}\n", 3, "has no attribute 'ballance'"),
        ("Subject\n\n{% include 'email/none.j2' %}\n", 3, "no such template: email/none.j2"),
        ("Subject\nno gap\n", 1, "then a blank line"),
        ("\n", 1, "write the subject on the first line"),
        ("Subject\n\n", 1, "then the letter"),
    ],
)
def test_a_fault_in_the_words_names_file_and_line(
    tmp_path: Path, words: str, line: int, problem: str
) -> None:
    letters = with_words(tmp_path, "en/email/reminder_first.j2", words)
    with pytest.raises(BadTemplate) as caught:
        letters.message(specimen("reminder_first", "email"), **TO)
    assert caught.value.file == "templates/en/email/reminder_first.j2"
    assert caught.value.line == line
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    "attack", ["{{ notice.__class__.__mro__ }}", "{{ ''.__class__ }}", "{{ [].append(1) }}"]
)
def test_the_sandbox_refuses_what_words_have_no_business_with(tmp_path: Path, attack: str) -> None:
    letters = with_words(tmp_path, "en/email/reminder_first.j2", f"Subject\n\n{attack}\n")
    with pytest.raises(BadTemplate, match=r"reminder_first.j2:3: .*unsafe|not safely callable"):
        letters.message(specimen("reminder_first", "email"), **TO)


@pytest.mark.parametrize("name", ["nowhere", "../../secret", "_parts"])
def test_a_template_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(BadTemplate, match=re.escape(f"templates/en/email/{name}.j2:1: ")):
        written(replace(specimen("upcoming", "email"), template=name))


def test_nothing_to_ask_for_is_an_error_not_a_blank() -> None:
    with pytest.raises(BadTemplate, match="nothing to ask for"):
        written(replace(specimen("reminder_first", "email"), totals=()))


def test_a_channel_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="'fax': use email or sms"):
        written(replace(specimen("upcoming", "email"), channel="fax"))


@pytest.mark.parametrize("language", ["en", "es", "pt-BR", "shared", "", "../../etc", "x" * 40, "."])
def test_a_language_without_words_is_written_in_english(language: str) -> None:
    message = written(replace(specimen("upcoming", "email"), language=language))
    assert ("Content-Language", "en") in message.headers
    assert "1 March 2026" in message.text


def test_another_language_has_its_own_words_amounts_and_dates(tmp_path: Path) -> None:
    words = "{{ seller.name }}: {{ notice.totals | amounts }}, {{ notice.debts[0].due_on | day }}"
    letters = with_words(tmp_path, "it/sms/upcoming.j2", words)
    notice = replace(specimen("upcoming", "sms"), language="it-CH")
    text = letters.message(notice, **TO).text
    assert text == "Harbourlight Cloud: 1'490.00 EUR e 40'000 JPY, 1 marzo 2026 Ref 7QK4M2XD"
    with pytest.raises(BadTemplate, match=r"templates/it/sms/thanks.j2:1: no such template"):
        letters.message(replace(notice, template="thanks"), **TO)


def test_the_spaces_of_an_amount_make_no_sms_dearer(tmp_path: Path) -> None:
    """French groups by narrow no-break spaces, which would make the whole message UCS-2."""
    words = "{{ seller.name }}: {{ notice.totals | amounts }}, {{ notice.debts[0].due_on | day }}"
    letters = with_words(tmp_path, "fr/sms/upcoming.j2", words)
    text = letters.message(replace(specimen("upcoming", "sms"), language="fr-CH"), **TO).text
    assert text == "Harbourlight Cloud: 1 490,00 EUR et 40 000 JPY, 1 mars 2026 Ref 7QK4M2XD"


def test_american_english_writes_american_dates() -> None:
    message = written(replace(specimen("upcoming", "email"), language="en-US"))
    assert "March 1, 2026" in message.text


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(1_490_00, "EUR"), "1,490.00 EUR"),
        (Money(52_000, "JPY"), "52,000 JPY"),
        (Money(1_234_567, "KWD"), "1,234.567 KWD"),
        (Money(5, "USD"), "0.05 USD"),
        (Money(1_000_000_000_00, "ISK"), "100,000,000,000 ISK"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(money: Money, shown: str) -> None:
    debt = NoticeDebt(
        invoice="X-1",
        original=money,
        open=money,
        disputed=Money.zero(money.currency),
        due_on=date(2026, 3, 1),
        days_late=3,
    )
    notice = replace(specimen("reminder_first", "email"), debts=(debt,), totals=(money,))
    for words in parts(written(notice)):
        assert f"To pay now: {shown} " in words


@pytest.mark.parametrize(
    ("days_late", "shown"),
    [
        (14, "14 days late"),
        (1, "1 day late"),
        (0, "due today"),
        (-1, "due tomorrow"),
        (-5, "due in 5 days"),
    ],
)
def test_lateness_reads_well(days_late: int, shown: str) -> None:
    notice = specimen("consumer_upcoming", "email")
    late = replace(notice, debts=(replace(notice.debts[0], days_late=days_late),), others=())
    for words in parts(written(late)):
        assert shown in words


def test_many_invoices_are_counted_in_the_sentence_and_listed_in_full() -> None:
    notice = specimen("reminder_first", "email")
    debts = tuple(replace(notice.debts[0], invoice=f"N-{n}", due_on=date(2026, 3, n)) for n in range(1, 6))
    message = written(replace(notice, debts=debts, totals=totals_of(debts)))
    assert "N-1, N-2 and 3 more" in (message.subject or "")
    assert "between 1 March 2026 and 5 March 2026" in " ".join(message.text.split())
    for words in parts(message):
        assert all(f"N-{n}" in words for n in range(1, 6))
        assert "7,450.00 EUR" in words


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_code_is_in_the_message_but_not_in_its_subject(channel: str) -> None:
    message = LETTERS.code(specimen_code(channel), **TO)
    for words in parts(message):
        assert "493817" in words
        assert "10 minutes" in words
    assert "493817" not in (message.subject or "")
    assert message.step == "onboarding_code"
    if channel == "sms":
        assert sms_segments(message.text) == 1


def test_signs_of_typography_do_not_make_an_sms_dearer() -> None:
    notice = specimen("reminder_first", "sms")
    seller = replace(notice.seller, name="O’Neill – “Harbour”…")
    text = written(replace(notice, seller=seller)).text
    assert text.startswith('O\'Neill - "Harbour"...: ')


def test_a_message_carries_who_and_what() -> None:
    notice = specimen("upcoming", "email")
    message = written(notice)
    assert (message.to, message.sender) == (TO["to"], TO["sender"])
    assert (message.reference, message.customer, message.step) == ("7QK4M2XD", "C-1042", notice.step)
    assert ("Auto-Submitted", "auto-generated") in message.headers


@pytest.mark.slow
def test_rendering_twice_gives_the_same_bytes() -> None:
    assert specimens(LETTERS) == specimens(Letters(TEMPLATES))


def test_one_page_shows_every_template_in_every_language_and_channel(tmp_path: Path) -> None:
    page = preview(LETTERS, tmp_path / "letters").read_text(encoding="utf-8")
    for language in LETTERS.languages:
        for channel in CHANNELS:
            for name in (*NAMES, "onboarding_code"):
                assert page.count(f'<section id="{language}-{channel}-{name}">') == 1
    assert not re.search(r"<script|<link|\ssrc=", page)


def test_words_that_are_missing_altogether_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadTemplate, match="words are missing"):
        Letters(tmp_path)


GSM7_160 = "a" * 160


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a", 1),
        (GSM7_160, 1),
        (GSM7_160 + "a", 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # An escape pair is never split: the 153rd septet of the first segment stays empty.
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("@£$¥èéùìòÇ ÄÖÑÜ§¿äöñüà ΔΦΓΛΩΠΨΣΘΞ" + "a" * 126, 1),
        ("[]{}\\^~|" * 10, 1),
        ("ç", 1),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("ç" * 134, 2),
        ("ç" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        # The examples of Twilio's own calculator (message-segment-calculator, its tests) and documentation.
        ("{" + ("1234567890" * 16)[1:159], 1),
        ("{" + ("1234567890" * 16)[1:160], 2),
        ("😜" + ("1234567890" * 7)[1:69], 1),
        ("😜" + ("1234567890" * 7)[1:70], 2),
        ("a" * 161, 2),
        ("a" * 1530, 10),
        ("ж" * 71, 2),
        # 33 pairs fill 66 of 67 units; the 34th pair is not split.
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_segments_of_an_sms(text: str, segments: int) -> None:
    assert sms_segments(text) == segments


def test_totals_leave_out_what_is_disputed_and_sort_by_currency() -> None:
    def debt(left: Money, disputed: Money) -> NoticeDebt:
        return NoticeDebt(
            invoice="X", original=left, open=left, disputed=disputed, due_on=date(2026, 3, 1), days_late=0
        )

    usd, jpy = Money.zero("USD"), Money.zero("JPY")
    debts = [
        debt(Money(5_00, "USD"), Money(1_00, "USD")),
        debt(Money(900, "JPY"), jpy),
        debt(Money(2_50, "USD"), usd),
        debt(Money(7_00, "EUR"), Money(7_00, "EUR")),
    ]
    assert totals_of(debts) == (Money(900, "JPY"), Money(6_50, "USD"))


@pytest.mark.parametrize("says", ["warning", "alert", "forecast"])
@pytest.mark.parametrize("language", LETTERS.languages)
def test_a_letter_about_usage_names_what_was_used_and_the_budget(language: str, says: Any) -> None:
    notice = specimen("usage", "email", language)
    assert notice.usage is not None
    forecast = notice.usage.forecast if says == "forecast" else None
    for agreed in (True, False):
        usage = replace(notice.usage, says=says, agreed=agreed, forecast=forecast)
        message = written(replace(notice, usage=usage))
        for words in parts(message):
            for amount in filter(None, (usage.used, usage.budget, forecast)):
                assert LETTERS.written(amount, language=language) in words
        assert notice.seller.payment_url not in message.text
