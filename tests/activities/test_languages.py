"""Every language says all that English says: the same messages, facts and rules, in words of its own."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any, get_args

import pytest

from activities.rendering import CODE_TEMPLATE, FALLBACK, BadTemplate, Letters
from activities.specimens import SPECIMEN_SELLER, specimen, specimen_code
from activities.template_lint import lint
from domain.channels import CHANNELS
from domain.documents import read
from domain.interest.fees import FeeKind
from domain.money import Money
from domain.notice import Message, NextStep, NoticeCharge, NoticeDebt, in_gsm7, sms_segments, totals_of
from domain.policy import Policy
from domain.policy_document import document
from domain.policy_steps import Anchor
from settings import ROOT

TEMPLATES = ROOT / "templates"
LETTERS = Letters(TEMPLATES)
TO = {"to": "robin@winter.example", "sender": "billing@harbourlight.example"}
OTHERS = tuple(language for language in LETTERS.languages if language != FALLBACK)
MESSAGES = [
    (language, channel, name)
    for language in LETTERS.languages
    for channel in CHANNELS
    for name in (*LETTERS.names(channel), CODE_TEMPLATE)
]
POLICIES = sorted((ROOT / "policies").glob("*.yaml"))
# What is no word of a language: names, addresses, numbers.
FACTS = re.compile(
    r"Harbourlight Cloud|Harbour Kitchen Ltd|Robin Winter|1 Quay Street, Bristol BS1 4XX, United Kingdom"
    r"|Example Bank|Directive 2011/7/EU, art. 2\(6\), 2\(7\), 3 and 5|\S+@\S+|https?://\S+|[A-Z]{3}\b|[A-Z]-?\d+"
)


@cache
def message(language: str, channel: str, name: str) -> Message:
    if name == CODE_TEMPLATE:
        return LETTERS.code(specimen_code(channel, language), **TO)
    return LETTERS.message(specimen(name, channel, language), **TO)


def sentences(text: str) -> set[tuple[str, ...]]:
    """Each three words in a row, facts left out."""
    plain = " ".join(text.split())
    words = re.findall(r"[^\W_]+", FACTS.sub(" 0 ", plain).lower())
    return {each for each in zip(words, words[1:], words[2:], strict=False) if "".join(each).isalpha()}


def policy(file: Path, **changes: object) -> Policy:
    shipped = read(file.read_text(encoding="utf-8"), model=Policy, name=file.name)
    return Policy.model_validate({**shipped.model_dump(mode="json", by_alias=True), **changes})


def policy_text(rules: Policy, language: str) -> str:
    text, _ = LETTERS.policy(document(rules, SPECIMEN_SELLER), language=language)
    return text


def numbers(text: str) -> Counter[int]:
    """Days, hours and the groups of digits of amounts, however a language separates them."""
    return Counter(int(digits) for digits in re.findall(r"\d+", text))


# --- messages


def test_there_are_the_four_languages() -> None:
    assert LETTERS.languages == ("de", "en", "fr", "ko")


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_each_language_has_each_message(language: str, channel: str) -> None:
    assert LETTERS.names(channel, language) == LETTERS.names(channel)


def test_nothing_is_wrong_with_the_words_that_ship() -> None:
    assert [str(finding) for finding in lint(TEMPLATES)] == []


@pytest.mark.parametrize(("language", "channel", "name"), MESSAGES)
def test_a_message_is_in_its_language_and_in_no_other(language: str, channel: str, name: str) -> None:
    written = message(language, channel, name)
    english = message(FALLBACK, channel, name)
    if language != FALLBACK:
        assert not sentences(written.text) & sentences(english.text)
        assert not sentences(written.subject or "") & sentences(english.subject or "")
    if channel == "email":
        assert ("Content-Language", language) in written.headers
        assert f'<html lang="{language}" ' in (written.html or "")


@pytest.mark.parametrize(("language", "channel", "name"), MESSAGES)
def test_a_message_has_the_same_figures_in_every_language(language: str, channel: str, name: str) -> None:
    """Amounts and days; months are words in some languages and numbers in others."""
    spelled = {
        language: _without_months(message(language, channel, name).text) for language in (language, "en")
    }
    assert numbers(spelled[language]) == numbers(spelled["en"])


def _without_months(text: str) -> str:
    """Leave the days and years of dates, whichever way they are written."""
    text = " ".join(text.split())
    text = re.sub(r"\b(\d\d)[./](\d\d)[./](\d{4})\b", r"\1 \3", text)
    text = re.sub(r"\b(\d{4})\.(\d+)\.(\d+)", r"\3 \1", text)
    return re.sub(r"(\d{4})년 \d+월 (\d+)일", r"\2 \1", text)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("says", sorted(get_args(NextStep)))
@pytest.mark.parametrize("name", ["reminder_first", "consumer_reminder_first"])
def test_each_next_step_has_its_sentence_in_each_language(name: str, says: NextStep, language: str) -> None:
    known = set()
    for channel in CHANNELS:
        notice = replace(specimen(name, channel, language), next_says=says, next_on=date(2026, 5, 5))
        day = LETTERS.written(date(2026, 5, 5), language=language, short=channel == "sms")
        known.add(LETTERS.message(notice, **TO).text)
        assert day in " ".join(LETTERS.message(notice, **TO).text.split())
        other = replace(notice, next_says="task" if says == "reminder" else "reminder")
        known.add(LETTERS.message(other, **TO).text)
    assert len(known) == 4


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("name", ["final_notice", "consumer_final_notice"])
def test_no_language_announces_a_suspension_that_nothing_leads_to(
    name: str, channel: str, language: str
) -> None:
    announced = specimen(name, channel, language)
    plain = replace(announced, suspend_on=None, next_says=None, next_on=None)
    assert announced.suspend_on is not None
    day = LETTERS.written(announced.suspend_on, language=language, short=channel == "sms")
    assert day in " ".join(LETTERS.message(announced, **TO).text.split())
    words = LETTERS.message(plain, **TO)
    forbidden = {"de": "sperr|unterbr", "fr": "suspen|interrom|interrup", "ko": "정지|중단"}[language]
    assert not re.search(forbidden, words.text + (words.subject or ""), re.IGNORECASE)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", ["termination_warning", "consumer_termination_warning"])
def test_each_language_announces_the_day_of_the_end_where_that_is_next(name: str, language: str) -> None:
    announced = specimen(name, "email", language)
    assert announced.next_on is not None
    day = LETTERS.written(announced.next_on, language=language)
    times = {
        says: " ".join(LETTERS.message(replace(announced, next_says=says), **TO).text.split()).count(day)
        for says in ("termination", "task")
    }
    assert times == {"termination": 2, "task": 1}


@pytest.mark.parametrize("language", OTHERS)
def test_private_persons_hear_of_debt_advice_once_they_are_late(language: str) -> None:
    advice = {"de": "Schuldnerberatung", "fr": "en matière de dettes", "ko": "채무 상담"}[language]
    for name in LETTERS.names("email"):
        late_and_private = name.startswith("consumer_") and not name.endswith(("upcoming", "thanks", "usage"))
        text = " ".join(message(language, "email", name).text.split())
        assert (advice in text) == late_and_private


@pytest.mark.parametrize("language", OTHERS)
def test_private_persons_are_not_threatened(language: str) -> None:
    harsh = {
        "de": "Gericht|Anwalt|Inkasso|Konsequenz|sperr|Mahnung|Frist",
        "fr": "tribunal|avocat|huissier|recouvrement|conséquence|suspen|mise en demeure|exige",
        "ko": "법적|소송|추심|독촉|정지|불이익",
    }[language]
    for channel in CHANNELS:
        for name in LETTERS.names(channel):
            if name.startswith("consumer_"):
                words = message(language, channel, name)
                assert not re.search(harsh, words.text + (words.subject or ""), re.IGNORECASE), name


@pytest.mark.parametrize("language", LETTERS.languages)
def test_text_messages_are_short(language: str) -> None:
    """Two segments in GSM-7, 3GPP TS 23.038; Korean goes out in UCS-2, in three of 67 signs at most."""
    for name in (*LETTERS.names("sms"), CODE_TEMPLATE):
        text = message(language, "sms", name).text
        assert text.startswith("Harbourlight Cloud")
        assert in_gsm7(text) == (language != "ko"), name
        assert sms_segments(text) <= (3 if language == "ko" else 2), name


@pytest.mark.parametrize("month", range(1, 13))
def test_no_month_makes_a_french_text_message_dearer(month: int) -> None:
    notice = replace(specimen("reminder_first", "sms", "fr"), next_on=date(2026, month, 5))
    assert in_gsm7(LETTERS.message(notice, **TO).text)


def test_french_ends_no_line_before_its_signs() -> None:
    """French has a space before : ; ? ! and %, which must not break."""
    for path in (TEMPLATES / "fr").rglob("*.j2"):
        words = re.sub(r"{%.*?%}|{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r" [:;?!%»](?!})", words), path
    for name in LETTERS.names("email"):
        lines = message("fr", "email", name).text.split("\n")
        assert not [line for line in lines if line.startswith((":", ";", "?", "!"))], name


@pytest.mark.parametrize(
    ("tag", "folder", "day"),
    [("de-AT", "de", "1. März 2026"), ("fr-CA", "fr", "1 mars 2026"), ("ko-KR", "ko", "2026년 3월 1일")],
)
def test_a_region_has_the_words_of_its_language(tag: str, folder: str, day: str) -> None:
    written = LETTERS.message(specimen("upcoming", "email", tag), **TO)
    assert ("Content-Language", folder) in written.headers
    assert day in " ".join(written.text.split())


CHARGED = NoticeDebt(
    invoice="INV-1042-I1",
    original=Money(8_06, "EUR"),
    open=Money(8_06, "EUR"),
    disputed=Money.zero("EUR"),
    due_on=date(2026, 3, 20),
    days_late=5,
    charge=NoticeCharge(
        kind="interest", invoice="INV-1042", until=date(2026, 3, 20), basis="Act", rows=("eu-2026-h1",)
    ),
)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("kind", ["interest", "compensation", "fee"])
@pytest.mark.parametrize(
    "name",
    [
        name
        for name in LETTERS.names("email")
        if specimen(name, "email").debts and not name.endswith("thanks")
    ],
)
def test_a_letter_about_charges_alone_calls_them_so_in_each_language(
    name: str, kind: FeeKind, language: str
) -> None:
    assert CHARGED.charge is not None
    noun = {"de": "Forderung", "fr": "créance", "ko": "연체 비용"}[language]
    debts = (replace(CHARGED, charge=replace(CHARGED.charge, kind=kind)),)
    notice = replace(specimen(name, "email", language), debts=debts, totals=totals_of(debts), interest=None)
    own = LETTERS.message(notice, **TO)
    english = LETTERS.message(replace(notice, language=FALLBACK), **TO)
    assert noun.lower() in (own.text + (own.subject or "")).lower()
    assert not sentences(own.text) & sentences(english.text)
    assert numbers(_without_months(own.text)) == numbers(_without_months(english.text))


# --- the policy's document


@pytest.mark.parametrize("language", LETTERS.languages)
@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_the_policy_has_the_same_figures_in_every_language(file: Path, language: str) -> None:
    rules = policy(file)
    text, page = LETTERS.policy(document(rules, SPECIMEN_SELLER), language=language)
    assert numbers(text) == numbers(policy_text(rules, FALLBACK))
    assert rules.version in text
    assert rules.version in page
    assert f'<html lang="{language}">' in page
    # What is proposed to finance alone is none of the customer's business.
    assert page.count("<tr>") == sum(step.kind != "write_off" for step in rules.steps)


STATUTORY = {"basis": "statutory", "propose_at": "final_notice"}
AGREED = {"basis": "contract", "clause": "AGB 4", "propose_at": "final_notice"}
OTHERWISE: list[dict[str, Any]] = [
    {"minimum": {"EUR": "1033.50"}},
    {"tolerance": {"EUR": "3.25"}},
    {"minimum_gap_days": 1},
    {"window": {"opens": "08:30", "closes": "18:15", "weekdays": ["mon", "sat"], "holidays": "false"}},
    {"promises": {"max_days": 21, "grace_days": 1, "most": 1}},
    {"promises": {"most": 0}},
    {"plans": {"most_days": 200, "grace_days": 9, "on_missed": "continues"}},
    {"charges": {"retry_days": [1], "stop_days": 33, "channels": ["sms", "email"]}},
    {"charges": {"before_steps": "false"}},
    {"interest": STATUTORY},
    {"interest": {**STATUTORY, "compensation": "true"}},
    {"interest": {**AGREED, "annual_percent": "9.5"}},
    {"interest": {**AGREED, "fees": {"final_notice": {"EUR": "5"}}}},
    {"return": {"when": "below_minimum"}},
    {"grace_days": 6},
]


Change = Callable[[list[dict[str, Any]]], object]


def with_steps(file: Path, change: Change) -> Policy:
    steps = policy(file).model_dump(mode="json", by_alias=True)["steps"]
    change(steps)
    return policy(file, steps=steps)


def counted_from(anchor: str, days: int) -> Change:
    return lambda steps: steps[2].update(anchor=anchor, offset_days=days)


LAST_CALL = {"kind": "notice", "id": "last_call", "offset_days": 100, "template": "termination_warning"}
END = {
    "kind": "terminate",
    "id": "end",
    "offset_days": 130,
    "suspended_days": 41,
    "notice_days": 16,
    "needs_delivered": ["last_call"],
}
# Each changes the steps of the business policy: a first reminder is the second, another the third.
STEPS: dict[str, Change] = {
    **{
        f"{days}-days-from-{anchor}": counted_from(anchor, days)
        for anchor in get_args(Anchor)
        if anchor != "due_date"
        for days in (0, 1, 5)
        if days or anchor != "previous_delivered"
    },
    "due-date": lambda steps: steps[1].update(offset_days=0),
    "maximum": lambda steps: steps[1].update(when={"maximum": {"EUR": "1040.50"}}),
    "restriction": lambda steps: steps.insert(-1, {"kind": "restrict", "id": "restrict", "offset_days": 39}),
    "hand-over": lambda steps: steps.append({"kind": "hand_over", "id": "agency", "offset_days": 120}),
    "end": lambda steps: steps.extend([LAST_CALL, END]),
}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("change", OTHERWISE, ids=lambda change: "-".join(map(str, change)))
def test_what_a_policy_says_otherwise_is_said_in_every_language(
    change: dict[str, Any], language: str
) -> None:
    file = ROOT / "policies/business.yaml"
    before, after = policy(file), policy(file, **change)
    said = policy_text(after, language).replace(after.version, before.version)
    assert said != policy_text(before, language)
    assert numbers(policy_text(after, language)) == numbers(policy_text(after, FALLBACK))
    english = policy_text(after, FALLBACK).replace(after.title, "").replace("AGB", "")
    assert not sentences(said.replace(after.title, "").replace("AGB", "")) & sentences(english)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("change", STEPS.values(), ids=STEPS)
def test_what_a_step_says_otherwise_is_said_in_every_language(change: Change, language: str) -> None:
    file = ROOT / "policies/business.yaml"
    before, after = policy(file), with_steps(file, change)
    said = policy_text(after, language).replace(after.version, before.version)
    assert said != policy_text(before, language)
    assert numbers(policy_text(after, language)) == numbers(policy_text(after, FALLBACK))
    english = policy_text(after, FALLBACK).replace(after.title, "")
    assert not sentences(said.replace(after.title, "")) & sentences(english)


@pytest.mark.parametrize("language", OTHERS)
def test_a_policy_without_a_suspension_speaks_of_none(language: str) -> None:
    file = ROOT / "policies/business.yaml"
    steps = policy(file).model_dump(mode="json", by_alias=True)["steps"]
    text = " ".join(policy_text(policy(file, steps=steps[:-1]), language).split())
    never = {
        "de": "sperren wir Ihre Dienste nicht",
        "fr": "ne suspendons pas votre service",
        "ko": "정지하지 않습니다",
    }
    assert never[language] in text


# Words with which something is sold; none of them has a use in a letter about what is owed.
UPSELL = {
    "en": r"\b(upgrade|offer|discount|special|save|premium|newsletter|recommend|trial)",
    "de": r"\b(angebot|rabatt|aktion|upgrade|premium|sparen|newsletter|empfehl|testphase)",
    "fr": r"\b(offre|remise|promotion|premium|économis|newsletter|recommand|essai)",
    "ko": r"(할인|혜택|업그레이드|프리미엄|추천|체험|뉴스레터)",
}


@pytest.mark.parametrize(("language", "channel", "name"), MESSAGES)
def test_nothing_is_sold_and_an_email_has_both_halves(language: str, channel: str, name: str) -> None:
    written = message(language, channel, name)
    assert not re.search(UPSELL[language], f"{written.subject} {written.text}".lower())
    assert bool(written.text.strip())
    assert bool(written.subject and written.html) == (channel == "email")
    if channel == "sms":
        assert written.text.startswith(SPECIMEN_SELLER.name)


@pytest.mark.parametrize("language", LETTERS.languages)
def test_with_a_deposit_its_name_is_to_be_quoted_and_no_invoice(language: str) -> None:
    notice = specimen("deposit_request", "email", language)
    assert notice.deposit is not None
    written = message(language, "email", "deposit_request")
    for half in (written.text, written.html or ""):
        assert half.count(notice.deposit.deposit) == 2, "where it is asked for, and where the transfer is"
    invoices = {
        "en": "invoice number",
        "de": "Rechnungsnummer",
        "fr": "numéros de facture",
        "ko": "청구서 번호",
    }
    assert invoices[language] not in " ".join(written.text.split())


def test_a_german_letter_goes_on_in_lower_case_after_its_greeting() -> None:
    for name in LETTERS.names("email", "de"):
        greeting, body = message("de", "email", name).text.split("\n\n")[:2]
        assert greeting.endswith(",")
        assert body[0].islower(), f"{name}: {body}"


# --- what the linter finds

UNKNOWN = "spell its name as there, or take it away"


def changed(tmp_path: Path, name: str, old: str, new: str) -> list[str]:
    folder = tmp_path / "templates"
    copytree(TEMPLATES, folder)
    path = folder / name
    words = path.read_text(encoding="utf-8")
    assert old in words
    path.write_text(words.replace(old, new), encoding="utf-8")
    return [str(finding) for finding in lint(folder)]


def test_a_fact_is_misspelt_in_words_that_the_specimen_does_not_need(tmp_path: Path) -> None:
    """A budget that is used up, where the specimen is a forecast."""
    old, new = (
        "{{ notice.usage.percent | percent }}{% endblock %}",
        "{{ notice.usage.per_cent }}{% endblock %}",
    )
    found = changed(tmp_path, "de/email/usage.j2", old, new)
    assert [line.partition(": ")[2] for line in found] == [
        "value-unknown: only it says notice.usage.per_cent: take it away, or say it in en too"
    ]
    found = changed(tmp_path / "english", "en/email/usage.j2", old, new)
    unknown = "value-unknown: there is no notice.usage.per_cent: spell it as `domain/notice.py` does"
    assert f"templates/en/email/usage.j2:1: {unknown}" in found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "finding"),
    [
        (
            "de/email/thanks.j2",
            "{% block back %}",
            "{% block bakc %}",
            "it lacks the block back",
        ),
        ("fr/words.j2", "pay_title", "titre", "phrase-missing: it lacks the phrase pay_title: translate it"),
        ("ko/words.j2", "late(days)", "late(day)", "phrase-missing: it lacks the phrase late(days)"),
        ("ko/documents/policy.j2", "set plan_ends", "set plan_end", "it lacks the phrase plan_ends"),
        (
            "de/email/_consumer.j2",
            '{% set regards = "M',
            '{% set regards = "" %}{% set _ = "M',
            "regards = ''",
        ),
        (
            "de/sms/upcoming.j2",
            "notice.totals",
            "notice.debts",
            "it does not say notice.totals",
        ),
        ("en/sms/upcoming.j2", "notice.totals", "notice.debts", "value-unknown: only it says notice.totals"),
        ("fr/email/upcoming.j2", "letter.j2", "thanks.j2", "phrase-missing: it lacks the frame letter.j2"),
        (
            "de/email/thanks.j2",
            "vielen Dank.",
            "{% if notice.suspend_on %}vielen{% endif %} Dank.",
            "thanks.j2:6: logic-in-words: a condition",
        ),
        ("de/words.j2", "| plural(", "| plurral(", "unrenderable: No filter named 'plurral'"),
        (
            "fr/email/_business.j2",
            "le numéro de client {{ customer }}",
            "votre numéro",
            "thanks.j2:1: statement-missing: the message does not say the customer's number",
        ),
        ("ko/sms/_words.j2", "STOP", "", "the message does not say how to end text messages"),
        ("fr/sms/_words.j2", "{{ name }}", "Bonjour", "brand-later: it does not begin with the seller"),
        (
            "fr/sms/upcoming.j2",
            "à payer",
            "reçu, à payer",
            "it needs 4 SMS segments: spell it without ç, which GSM-7 lacks, or shorten it to 2",
        ),
    ],
)
def test_what_is_wrong_with_the_words_is_named_with_its_file(
    tmp_path: Path, name: str, old: str, new: str, finding: str
) -> None:
    found = changed(tmp_path, name, old, new)
    assert any(finding in line for line in found), found


def test_a_message_that_a_language_lacks_is_named(tmp_path: Path) -> None:
    copytree(TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates/fr/sms/thanks.j2").rename(tmp_path / "templates/fr/sms/merci.j2")
    files, english = "templates/fr/sms", "templates/en/sms"
    assert [str(finding) for finding in lint(tmp_path / "templates")] == [
        f"{files}/thanks.j2:1: translation-missing: there is no such file: translate {english}/thanks.j2",
        f"{files}/merci.j2:1: translation-unknown: en has no such file: {UNKNOWN}",
    ]


def test_words_that_are_no_template_are_named_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(BadTemplate, match=r"templates/de/words.j2:2: "):
        changed(tmp_path, "de/words.j2", '{% set invoice = "Rechnung" %}', "{% set invoice = %}")
