"""Rendering: a notice and the words of `templates/` become the message that a courier delivers.

The words live under `templates/<language>/<channel>/`; nothing a customer reads stands here. A
fault in the words is a `BadTemplate` that names file and line, never a gap in a letter.
"""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.channels import CHANNELS
from domain.money import Money, decimals
from domain.notice import (
    DailyInterest,
    Message,
    NextStep,
    Notice,
    NoticeCharge,
    NoticeDebt,
    NoticeInterest,
    OneTimeCode,
    Seller,
    sms_segments,
    totals_of,
)
from domain.policy_document import PolicyDocument

FALLBACK = "en"
CODE_TEMPLATE = "onboarding_code"

# Plain `en` is written the British way (1 March 2026); `en-US` gives March 1, 2026.
_PLAIN_LOCALES = {"en": "en_GB"}
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]{2,8})*")
_TEXT_WIDTH = 76
# Signs that would turn a whole SMS into UCS-2, and what says the same in GSM-7.
_GSM7_SPELLING = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."}
)

_Part = NoticeDebt | NoticeCharge | NoticeInterest | DailyInterest | Seller
_Value = TypeVar("_Value", bound=Notice | OneTimeCode | _Part)


class BadTemplate(Exception):
    """The words cannot be rendered; the message names the file, the line and what is wrong."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = file, line, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """The words of one folder, and how amounts and dates are written in them."""

    folder: str
    environment: ImmutableSandboxedEnvironment


class Letters:
    """The words under `templates`, ready to be rendered; may be shared by threads.

    Raises:
        BadTemplate: there are no English words, to which every other language falls back.
    """

    def __init__(self, templates: Path) -> None:
        if not (templates / FALLBACK).is_dir():
            raise BadTemplate(f"{templates.name}/{FALLBACK}", 1, "no such folder: the words are missing")
        self._templates = templates
        self._languages: dict[str, _Language] = {}

    def names(self, channel: str, language: str = FALLBACK) -> tuple[str, ...]:
        """Return the templates of a channel that a notice may name, in order of name."""
        folder = self._templates / self._language(language).folder / channel
        stems = (path.name.removesuffix(".txt.j2") for path in folder.glob("*.txt.j2"))
        return tuple(sorted(stem for stem in stems if not stem.startswith("_") and stem != CODE_TEMPLATE))

    def message(self, notice: Notice, *, to: str, sender: str) -> Message:
        """Return `notice` in words.

        Raises:
            BadTemplate: a template is missing, misspells a field, or asks for what is not there.
        """
        return self._message(
            "notice", notice, template=notice.template, step=notice.step, to=to, sender=sender
        )

    def code(self, code: OneTimeCode, *, to: str, sender: str) -> Message:
        """Return the message that carries a one-time code; errors as in `message`."""
        return self._message("code", code, template=CODE_TEMPLATE, step=CODE_TEMPLATE, to=to, sender=sender)

    def policy(self, document: PolicyDocument, *, language: str = FALLBACK) -> tuple[str, str]:
        """Return a policy's document as text and as one self-contained HTML page.

        Raises:
            BadTemplate: as in `message`.
        """
        words_of = self._language(language)
        words = {"document": document, "seller": _printable(document.seller), "language": words_of.folder}
        text = _flowed(self._render(words_of, "documents/policy.txt.j2", words))
        return text, _without_blank_lines(self._render(words_of, "documents/policy.html.j2", words))

    def overview(self, messages: Sequence[Message]) -> str:
        """Return one self-contained HTML page that shows `messages` as their readers see them."""
        rows = [{"message": message, "segments": sms_segments(message.text)} for message in messages]
        language = self._language(FALLBACK)
        return self._render(language, "pages/specimens.html.j2", {"rows": rows})

    def _message(
        self, name: str, value: Notice | OneTimeCode, *, template: str, step: str, to: str, sender: str
    ) -> Message:
        if value.channel not in CHANNELS:
            raise ValueError(f"there are no words for channel {value.channel!r}: use {' or '.join(CHANNELS)}")
        language = self._language(value.language)
        printable = _printable(value)
        words = {name: printable, "seller": printable.seller, "language": language.folder}
        path = f"{value.channel}/{template}"
        text = self._render(language, f"{path}.txt.j2", words)
        subject, html = None, None
        headers: tuple[tuple[str, str], ...] = ()
        if value.channel == "email":
            subject, text = self._letter(language, f"{path}.txt.j2", text)
            html = _without_blank_lines(self._render(language, f"{path}.html.j2", words))
            headers = (("Auto-Submitted", "auto-generated"), ("Content-Language", language.folder))
        else:
            text = " ".join(text.translate(_GSM7_SPELLING).split())
        return Message(
            channel=value.channel,
            step=step,
            reference=value.reference,
            customer=value.customer,
            to=to,
            sender=sender,
            subject=subject,
            text=text,
            html=html,
            headers=headers,
        )

    def _letter(self, language: _Language, name: str, text: str) -> tuple[str, str]:
        subject, _, rest = text.lstrip("\n").partition("\n")
        gap, _, body = rest.partition("\n")
        if not subject.strip() or gap.strip() or not body.strip():
            problem = "write the subject on the first line, then a blank line, then the letter"
            raise BadTemplate(self._shown(language, name), 1, problem)
        return " ".join(subject.split()), _flowed(body)

    def _render(self, language: _Language, name: str, words: Mapping[str, object]) -> str:
        try:
            return language.environment.get_template(name).render(words)
        except TemplateSyntaxError as error:
            file = self._shown(language, error.name or name)
            raise BadTemplate(file, error.lineno, error.message or "syntax error") from None
        except TemplateError as error:
            file, line = self._place(error, default=self._shown(language, name))
            raise BadTemplate(file, line, _problem(error)) from error

    def _place(self, error: TemplateError, *, default: str) -> tuple[str, int]:
        """Return file and line of the innermost template line that `error` passed through."""
        place, trace = (default, 1), error.__traceback__
        while trace is not None:
            path = Path(trace.tb_frame.f_code.co_filename)
            if path.is_relative_to(self._templates):
                place = (str(self._templates.name / path.relative_to(self._templates)), trace.tb_lineno)
            trace = trace.tb_next
        return place

    def _shown(self, language: _Language, name: str) -> str:
        return f"{self._templates.name}/{language.folder}/{name}"

    def _language(self, tag: str) -> _Language:
        """Return the words for a language tag such as `de` or `de-AT`; English where there are none."""
        if tag not in self._languages:
            self._languages[tag] = self._load(tag)
        return self._languages[tag]

    def _load(self, tag: str) -> _Language:
        known = _LANGUAGE.fullmatch(tag)
        for folder in (tag, known[1]) if known else ():
            if (self._templates / folder).is_dir():
                return _Language(folder=folder, environment=_environment(self._templates / folder, tag))
        return _Language(folder=FALLBACK, environment=_environment(self._templates / FALLBACK, FALLBACK))


def _environment(folder: Path, tag: str) -> ImmutableSandboxedEnvironment:
    """Return the sandbox for one folder of words; what is written to HTML is escaped by file name."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters(_locale(tag)))
    return environment


def _locale(tag: str) -> Locale:
    plain = _PLAIN_LOCALES.get(tag, tag).replace("-", "_")
    try:
        return Locale.parse(plain)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(plain.partition("_")[0])


def _filters(locale: Locale) -> dict[str, Callable[[Any], str]]:
    """Return what templates write values with; a value of the wrong kind is an error, never a blank."""

    def money(value: object) -> str:
        if not isinstance(value, Money):
            raise TemplateRuntimeError(f"'{value}' is not an amount of money")
        places = decimals(value.currency)
        pattern = "#,##0" + ("." + "0" * places if places else "") + " ¤¤"
        return format_currency(value.amount, value.currency, pattern, locale=locale, currency_digits=False)

    def amounts(value: object) -> str:
        if not isinstance(value, tuple) or not value:
            raise TemplateRuntimeError(f"'{value}' has no amounts: nothing to ask for")
        return listed([money(item) for item in value])

    def listed(value: Any) -> str:
        return format_list([str(item) for item in value], locale=locale)

    def day(value: object) -> str:
        return _dated(value, form="long")

    def short_day(value: object) -> str:
        return _dated(value, form="medium")

    def _dated(value: object, *, form: str) -> str:
        if not isinstance(value, date):
            raise TemplateRuntimeError(f"'{value}' is not a date")
        return format_date(value, form, locale=locale)

    def percent(value: object) -> str:
        if not isinstance(value, Decimal):
            raise TemplateRuntimeError(f"'{value}' is not a rate in percent")
        return format_decimal(value, "#,##0.########", locale=locale) + " %"

    named = (money, amounts, listed, day, short_day, percent)
    return {each.__name__: each for each in named}


def _problem(error: TemplateError) -> str:
    if isinstance(error, TemplateNotFound):
        return f"no such template: {error.name}"
    return error.message or type(error).__name__


def _printable(value: _Value) -> _Value:
    """Return `value` with every unprintable character of its texts replaced by a space.

    A line break in a name would otherwise end a subject line or open a line of its own in a letter.
    """
    cleaned: dict[str, Any] = {
        field.name: _printable_part(getattr(value, field.name)) for field in fields(value)
    }
    return replace(value, **cleaned)


def _printable_part(part: object) -> object:
    if isinstance(part, str):
        return " ".join("".join(char if char.isprintable() else " " for char in part).split())
    if isinstance(part, tuple):
        return tuple(_printable_part(item) for item in part)
    if isinstance(part, _Part):
        return _printable(part)
    return part


def _flowed(text: str) -> str:
    """Return `text` with paragraphs wrapped, one blank line between them; `- ` starts a line of a list."""
    paragraphs: list[list[str]] = [[]]
    for line in (" ".join(line.split()) for line in text.split("\n")):
        if not line:
            paragraphs.append([])
        elif line.startswith("- ") or not paragraphs[-1]:
            paragraphs[-1].append(line)
        else:
            paragraphs[-1][-1] += f" {line}"
    return "\n\n".join("\n".join(map(_wrapped, lines)) for lines in paragraphs if lines) + "\n"


def _wrapped(line: str) -> str:
    indent = "  " if line.startswith("- ") else ""
    return textwrap.fill(
        line, _TEXT_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _without_blank_lines(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.split("\n") if line.strip())


SPECIMEN_SELLER = Seller(
    name="Harbourlight Cloud",
    support_email="billing@harbourlight.example",
    support_phone="+44 20 7946 0018",
    payment_url="https://pay.harbourlight.example/C-1042",
    address="1 Quay Street, Bristol BS1 4XX, United Kingdom",
    account="Example Bank, IBAN GB33 BUKB 2020 1555 5555 55",
)
# Days since the first due date, and what comes how many days later, for each kind of letter.
_SPECIMEN_STEPS: Mapping[str, tuple[int, NextStep | None, int]] = {
    "upcoming": (-5, "reminder", 8),
    "reminder_first": (3, "reminder", 11),
    "reminder_second": (14, "reminder", 14),
    "reminder_third": (28, "final_notice", 10),
    "final_notice": (38, "suspension", 14),
    "restricted": (30, "suspension", 22),
    "suspended": (52, "task", 7),
    "termination_warning": (100, "termination", 30),
    "terminated": (130, "task", 7),
    "thanks": (54, None, 0),
}
# The letters that may speak of interest, to businesses alone.
_SPECIMEN_OF_INTEREST = ("reminder_second", "reminder_third", "final_notice", "suspended")


def specimen(template: str, channel: str) -> Notice:
    """Return a notice with invented facts for any template; unknown ones look like a first reminder."""
    kind = template.removeprefix("consumer_")
    offset, next_says, gap = _SPECIMEN_STEPS.get(kind, _SPECIMEN_STEPS["reminder_first"])
    due_on = date(2026, 3, 1)
    sent_on = due_on + timedelta(days=offset)
    next_on = sent_on + timedelta(days=gap) if next_says else None
    settled = kind == "thanks"

    def debt(invoice: str, original: Money, left: Money, disputed: Money, due: date) -> NoticeDebt:
        days_late = (sent_on - due).days
        return NoticeDebt(
            invoice=invoice, original=original, open=left, disputed=disputed, due_on=due, days_late=days_late
        )

    euros, yen, dollars = Money(1_490_00, "EUR"), Money(80_000, "JPY"), Money(240_00, "USD")
    none, half = Money.zero("JPY"), Money(52_000, "JPY")
    debts = (
        debt("INV-1042", euros, Money.zero("EUR") if settled else euros, Money.zero("EUR"), due_on),
        debt("INV-1043", yen, none if settled else half, none if settled else Money(12_000, "JPY"), due_on),
    )
    others = (debt("INV-1057", dollars, dollars, Money.zero("USD"), date(2026, 5, 20)),)
    return Notice(
        template=template,
        step=template,
        channel=channel,
        language=FALLBACK,
        reference="7QK4M2XD",
        customer="C-1042",
        seller=SPECIMEN_SELLER,
        addressee="Robin Winter" if template.startswith("consumer_") else "Harbour Kitchen Ltd",
        debts=debts[:1] if template.startswith("consumer_") else debts,
        others=others,
        interest=_specimen_interest() if template in _SPECIMEN_OF_INTEREST else None,
        totals=totals_of(debts[:1] if template.startswith("consumer_") else debts),
        sent_on=sent_on,
        next_on=next_on,
        next_says=next_says,
        suspend_on={"final_notice": next_on, "suspended": sent_on, "thanks": date(2026, 4, 22)}.get(kind),
    )


def _specimen_interest() -> NoticeInterest:
    """What may be charged on `INV-1042`, by the law of the euro area."""
    line = DailyInterest(
        invoice="INV-1042",
        base=Money(1_490_00, "EUR"),
        annual_percent=Decimal("10.40"),
        a_day=Money(42, "EUR"),
        row="eu-2026-h2",
    )
    return NoticeInterest(
        lines=(line,),
        legal_basis="Directive 2011/7/EU, art. 2(6), 2(7), 3 and 5",
        compensation=(Money(40_00, "EUR"),),
        compensation_basis="Directive 2011/7/EU, art. 6",
    )


def specimen_code(channel: str) -> OneTimeCode:
    """Return a one-time code with invented facts."""
    return OneTimeCode(
        channel=channel,
        language=FALLBACK,
        reference="8RM5N3YE",
        customer="C-1042",
        seller=SPECIMEN_SELLER,
        addressee="Robin Winter",
        code="493817",
        expires_minutes=10,
    )


def specimens(letters: Letters) -> tuple[Message, ...]:
    """Return every template in every channel, rendered with invented facts; errors as in `message`."""
    addresses = {"email": "robin@winter.example", "sms": "+447700900123"}
    senders = {"email": "billing@harbourlight.example", "sms": "Harbourlight"}
    messages = []
    for channel in CHANNELS:
        ways = {"to": addresses[channel], "sender": senders[channel]}
        for template in letters.names(channel):
            messages.append(letters.message(specimen(template, channel), **ways))
        messages.append(letters.code(specimen_code(channel), **ways))
    return tuple(messages)


def render_all(letters: Letters, folder: Path) -> Path:
    """Write every template in every channel into one page in `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(letters.overview(specimens(letters)), encoding="utf-8")
    return page
