"""Rendering: a notice and the words of `templates/` become the message that a courier delivers.

The words live under `templates/<language>/`; what stands in a letter, in which order and under which
condition is the same in every language, under `templates/shared/`. Nothing a customer reads stands here.
A fault in the words is a `BadTemplate` that names file and line, never a gap in a letter.
"""

import hashlib
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.channels import CHANNELS
from domain.digest.compose import Digest
from domain.money import Money, decimals
from domain.notice import (
    DailyInterest,
    Message,
    Notice,
    NoticeCharge,
    NoticeDebt,
    NoticeInterest,
    NoticeUsage,
    OneTimeCode,
    Seller,
    short_reference,
    sms_segments,
)
from domain.policy_document import PolicyDocument
from domain.wording import Wording, sha256_of

FALLBACK = "en"
SHARED = "shared"
CODE_TEMPLATE = "onboarding_code"
CONSUMER_PREFIX = "consumer_"
"""How the names of templates begin that speak to private persons."""

# Plain `en` is written the British way (1 March 2026); `en-US` gives March 1, 2026.
_PLAIN_LOCALES = {"en": "en_GB"}
# Where the usual short date makes an SMS dearer: French `août` is no GSM-7, and Korean has spaces.
_SHORT_DAYS = {"fr": "dd/MM/y", "ko": "y.M.d"}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})([-_][A-Za-z0-9]{2,8})*")
_TEXT_WIDTH = 76
# Not `str.split()`: a space that must not end a line, as French has before a colon, stays one.
_SPACES = re.compile(r"[ \t\r\f\v]+")
# Signs that would turn a whole SMS into UCS-2, and what says the same in GSM-7.
_GSM7_SPELLING = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."}
)

_Part = NoticeDebt | NoticeCharge | NoticeInterest | NoticeUsage | DailyInterest | Seller
_Value = TypeVar("_Value", bound=Notice | OneTimeCode | _Part)


class BadTemplate(Exception):
    """The words cannot be rendered; the message names the file, the line and what is wrong."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}")
        self.file, self.line, self.problem = file, line, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """The words of one folder as text and as HTML, and how amounts and dates are written in them."""

    folder: str
    text: ImmutableSandboxedEnvironment
    html: ImmutableSandboxedEnvironment


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

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a folder of words, in order of name."""
        names = (path.name for path in self._templates.iterdir() if path.is_dir())
        return tuple(sorted(name for name in names if _LANGUAGE.fullmatch(name)))

    def speaks(self, tag: str) -> bool:
        """Whether there are words for a language tag such as `de` or `de-AT`."""
        return self._folder(tag) is not None

    def written(self, value: Money | date, *, language: str, short: bool = False) -> str:
        """Return an amount or a day as letters in a language write it, `short` as text messages do."""
        write = self._language(language).text.filters
        if isinstance(value, Money):
            return " ".join(write["money"](value).split())
        return str(write["short_day" if short else "day"](value))

    def phrase(self, name: str, *given: object, language: str) -> str:
        """Return a phrase that every letter of a language shares, as text; a macro is given its values."""
        found = getattr(self._language(language).text.get_template("words.j2").module, name)
        return str(found(*given) if given else found)

    def names(self, channel: str, language: str = FALLBACK) -> tuple[str, ...]:
        """Return the templates of a channel that a notice may name, in order of name."""
        folder = self._templates / self._language(language).folder / channel
        stems = (path.name.removesuffix(".j2") for path in folder.glob("*.j2"))
        return tuple(sorted(stem for stem in stems if not stem.startswith("_") and stem != CODE_TEMPLATE))

    def message(self, notice: Notice, *, to: str, sender: str) -> Message:
        """Return `notice` in words.

        Raises:
            BadTemplate: a template is missing, misspells a field, or asks for what is not there.
        """
        return self._message(
            "notice", notice, template=notice.template, step=notice.step, to=to, sender=sender
        )

    def words(self, notice: Notice, message: Message) -> Wording:
        """Return in which words a notice became a message."""
        return Wording(
            channel=notice.channel,
            template=notice.template,
            asked=notice.language,
            language=self._language(notice.language).folder,
            version=self.version,
            sha256=sha256_of(message),
        )

    @cached_property
    def version(self) -> str:
        """The version of all words: a digest of every file, by name and content."""
        seen = hashlib.sha256()
        for path in sorted(self._templates.rglob("*.j2")):
            seen.update(f"{path.relative_to(self._templates).as_posix()}\0".encode())
            seen.update(hashlib.sha256(path.read_bytes()).digest())
        return seen.hexdigest()[:12]

    def code(self, code: OneTimeCode, *, to: str, sender: str) -> Message:
        """Return the message that carries a one-time code; errors as in `message`."""
        return self._message("code", code, template=CODE_TEMPLATE, step=CODE_TEMPLATE, to=to, sender=sender)

    def policy(self, document: PolicyDocument, *, language: str = FALLBACK) -> tuple[str, str]:
        """Return a policy's document as text and as one self-contained HTML page.

        Raises:
            BadTemplate: as in `message`.
        """
        words_of = self._language(language)
        words = {
            "document": document,
            "seller": _printable(document.seller.to("")),
            "language": words_of.folder,
        }
        text = _flowed(self._render(words_of, words_of.text, "policy.j2", words))
        return text, _without_blank_lines(self._render(words_of, words_of.html, "policy.j2", words))

    def digest(self, digest: Digest, seller: Seller) -> tuple[str, str]:
        """Return a digest as text and as HTML, for people of ours: in English, as all that they read."""
        words_of = self._language(FALLBACK)
        words = {"digest": digest, "seller": _printable(seller), "language": words_of.folder}
        text = _flowed(self._render(words_of, words_of.text, "digest.j2", words))
        return text, _without_blank_lines(self._render(words_of, words_of.html, "digest.j2", words))

    def page(self, name: str, values: Mapping[str, object], *, language: str = FALLBACK) -> str:
        """Return a page that a customer reads, in HTML, with values that its template asks for.

        Raises:
            BadTemplate: as in `message`.
        """
        words_of = self._language(language)
        return self._render(
            words_of, words_of.html, f"pages/{name}.j2", {**values, "language": words_of.folder}
        )

    def overview(self, messages: Sequence[tuple[str, Message]]) -> str:
        """Return one self-contained HTML page that shows messages, by language, as their readers see them."""
        rows = [
            {"language": language, "message": message, "segments": sms_segments(message.text)}
            for language, message in messages
        ]
        words = self._language(FALLBACK)
        return self._render(words, words.html, "pages/specimens.j2", {"rows": rows})

    def _message(
        self, name: str, value: Notice | OneTimeCode, *, template: str, step: str, to: str, sender: str
    ) -> Message:
        if value.channel not in CHANNELS:
            raise ValueError(f"there are no words for channel {value.channel!r}: use {' or '.join(CHANNELS)}")
        language = self._language(value.language)
        printable = _printable(value)
        if value.channel == "sms":
            printable = replace(printable, reference=short_reference(printable.reference))
        words = {
            name: printable,
            "seller": printable.seller,
            "language": language.folder,
            "audience": "consumer" if template.startswith(CONSUMER_PREFIX) else "business",
        }
        path = f"{value.channel}/{template}.j2"
        text = self._render(language, language.text, path, words)
        subject, html = None, None
        headers: tuple[tuple[str, str], ...] = ()
        if value.channel == "email":
            subject, text = self._letter(language, path, text)
            html = _without_blank_lines(self._render(language, language.html, path, words))
            headers = (("Auto-Submitted", "auto-generated"), ("Content-Language", language.folder))
        else:
            text = " ".join(text.translate(_GSM7_SPELLING).split())
            # By these words a vendor that knows no reference finds the message again.
            if printable.reference not in text:
                text = f"{text} Ref {printable.reference}"
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
        subject, _, rest = text.lstrip().partition("\n")
        gap, _, body = rest.partition("\n")
        if not subject.strip() or gap.strip() or not body.strip():
            problem = "write the subject on the first line, then a blank line, then the letter"
            raise BadTemplate(self._shown(language, name), 1, problem)
        return " ".join(subject.split()), _flowed(body)

    def _render(
        self,
        language: _Language,
        form: ImmutableSandboxedEnvironment,
        name: str,
        words: Mapping[str, object],
    ) -> str:
        try:
            return form.get_template(name).render(words)
        except TemplateSyntaxError as error:
            file = self._at(error.filename) or self._shown(language, error.name or name)
            raise BadTemplate(file, error.lineno, error.message or "syntax error") from None
        except TemplateError as error:
            file, line = self._place(error, default=self._shown(language, name))
            raise BadTemplate(file, line, _problem(error)) from error

    def _place(self, error: TemplateError, *, default: str) -> tuple[str, int]:
        """Return file and line of the innermost template line that `error` passed through."""
        place, trace = (default, 1), error.__traceback__
        while trace is not None:
            if file := self._at(trace.tb_frame.f_code.co_filename):
                place = (file, trace.tb_lineno)
            trace = trace.tb_next
        return place

    def _at(self, file: str | None) -> str | None:
        """Return a template's file as messages name it; None for what is no template."""
        if file is None or not Path(file).is_relative_to(self._templates):
            return None
        return str(self._templates.name / Path(file).relative_to(self._templates))

    def _shown(self, language: _Language, name: str) -> str:
        return f"{self._templates.name}/{language.folder}/{name}"

    def _language(self, tag: str) -> _Language:
        """Return the words for a language tag such as `de` or `de-AT`; English where there are none."""
        if tag not in self._languages:
            self._languages[tag] = self._load(tag)
        return self._languages[tag]

    def _load(self, tag: str) -> _Language:
        folder = self._folder(tag)
        if folder is None:
            folder = tag = FALLBACK
        forms = {
            form: _environment(
                [self._templates / folder, self._templates / SHARED, self._templates / SHARED / form],
                _locale(tag),
                escaped=form == "html",
            )
            for form in ("text", "html")
        }
        return _Language(folder=folder, **forms)

    def _folder(self, tag: str) -> str | None:
        known = _LANGUAGE.fullmatch(tag)
        folders = (tag, known[1]) if known else ()
        return next((folder for folder in folders if (self._templates / folder).is_dir()), None)


def _environment(folders: Sequence[Path], locale: Locale, *, escaped: bool) -> ImmutableSandboxedEnvironment:
    """Return the sandbox for one language and form; the same words are escaped in HTML and not in text."""
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=escaped,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters(locale))
    return environment


def _locale(tag: str) -> Locale:
    plain = _PLAIN_LOCALES.get(tag, tag).replace("-", "_")
    try:
        return Locale.parse(plain)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(plain.partition("_")[0])


def _filters(locale: Locale) -> dict[str, Callable[..., Any]]:
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
        return _dated(value, form=_SHORT_DAYS.get(locale.language, "medium"))

    def _dated(value: object, *, form: str) -> str:
        if not isinstance(value, date):
            raise TemplateRuntimeError(f"'{value}' is not a date")
        return format_date(value, form, locale=locale)

    def hour(value: time) -> str:
        return format_time(value, "HH:mm", locale=locale)

    def weekday(value: str) -> str:
        return str(locale.days["stand-alone"]["wide"][_WEEKDAYS.index(value)])

    def percent(value: object) -> str:
        if not isinstance(value, Decimal):
            raise TemplateRuntimeError(f"'{value}' is not a rate in percent")
        return format_decimal(value, "#,##0.########", locale=locale) + "\u00a0%"

    def plural(value: Any, one: str, other: str, **forms: str) -> str:
        """Return the form that the language takes for a number, or for so many things."""
        count = value if isinstance(value, int) else len(value)
        return {"one": one, **forms}.get(locale.plural_form(count), other)

    return {
        "money": money,
        "amounts": amounts,
        "listed": listed,
        "day": day,
        "short_day": short_day,
        "month": lambda value: format_skeleton("yMMMM", value, locale=locale),
        "short_month": lambda value: f"{value:%m/%Y}",
        "hour": hour,
        "weekday": weekday,
        "own_name": lambda tag: _capital(Locale.parse(tag).get_display_name() or tag),
        "percent": percent,
        "plural": plural,
        "paragraphs": _paragraphs,
    }


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _paragraphs(words: str) -> list[str]:
    """Return what stands between blank lines; what was escaped stays so."""
    return [paragraph for part in words.split("\n\n") if (paragraph := part.strip())]


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
    for line in (_SPACES.sub(" ", line).strip(" ") for line in text.split("\n")):
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
