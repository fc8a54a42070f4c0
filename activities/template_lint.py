"""What is wrong with the words under `templates/`, each with its file and a remedy.

The layout must be compiled. English is what the other languages are compared with: the same files,
phrases, blocks and values. Then every message is rendered with invented facts, and must say what the
law or the customer needs from it.
"""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from jinja2 import Environment, TemplateSyntaxError, nodes

from activities import layouts
from activities.rendering import CODE_TEMPLATE, CONSUMER_PREFIX, FALLBACK, BadTemplate, Letters
from activities.specimens import SPECIMEN_PAGE, SPECIMEN_SELLER, specimen, specimen_code, specimen_pages
from domain.channels import CHANNELS
from domain.money import Money
from domain.notice import Message, Notice, OneTimeCode, Seller, in_gsm7, sms_segments

MOST_SEGMENTS, MOST_SEGMENTS_UCS2 = 2, 3
"""Of a text message in GSM-7, and in a script that needs UCS-2."""

ASKS_NOTHING = "order_cancelled"
"""The message about an order that asks for no money."""

_VALUES: Mapping[str, type] = {"notice": Notice, "seller": Seller, "code": OneTimeCode}
_ANYWHERE = {"to": "nobody@seller.example", "sender": "nobody@seller.example"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with the words; `rule` is its stable id."""

    file: str
    rule: str
    problem: str
    remedy: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.problem}: {self.remedy}"


@dataclass(frozen=True, slots=True)
class _Words:
    """What one file of words has, as far as the other languages must have it too."""

    phrases: frozenset[str]
    values: frozenset[str]
    conditions: tuple[int, ...]


def lint(templates: Path) -> tuple[Finding, ...]:
    """Return all that is wrong with the words under `templates`.

    Raises:
        BadTemplate: there are no English words, or no file can be compared, since one is no template.
    """
    letters = Letters(templates)
    findings = [*_laid_out(templates)]
    for language in letters.languages:
        findings += _compared(templates, language)
    # What is missing is named above, once; rendering would name it again for each message.
    if not findings:
        for language in letters.languages:
            findings += _rendered(letters, templates.name, language)
    return tuple(findings)


# --- layouts


def _laid_out(templates: Path) -> Iterator[Finding]:
    for source in layouts.sources(templates):
        file = f"{templates.name}/{source.relative_to(templates)}"
        flaws = layouts.flaws(source.read_text(encoding="utf-8"))
        for flaw in flaws:
            yield Finding(
                file=file, line=flaw.line, rule="layout-unknown", problem=flaw.problem, remedy=flaw.remedy
            )
        if flaws:
            continue
        try:
            stale = layouts.stale(source)
        except layouts.BadLayout as bad:
            yield Finding(file=file, rule="layout-unreadable", problem=bad.problem, remedy="mend it")
            continue
        if stale:
            problem = f"{layouts.target(source).name} is not what it is compiled into"
            remedy = "run `starter.py templates build`"
            yield Finding(file=file, rule="layout-stale", problem=problem, remedy=remedy)


# --- compared with English


def _compared(templates: Path, language: str) -> Iterator[Finding]:
    english = {path.relative_to(templates / FALLBACK) for path in (templates / FALLBACK).rglob("*.j2")}
    own = {path.relative_to(templates / language) for path in (templates / language).rglob("*.j2")}
    for path in sorted(english - own):
        yield Finding(
            file=f"{templates.name}/{language}/{path}",
            rule="translation-missing",
            problem="there is no such file",
            remedy=f"translate {templates.name}/{FALLBACK}/{path}",
        )
    for path in sorted(own - english):
        yield Finding(
            file=f"{templates.name}/{language}/{path}",
            rule="translation-unknown",
            problem=f"{FALLBACK} has no such file",
            remedy="spell its name as there, or take it away",
        )
    for path in sorted(own & english):
        yield from _same(templates, language, path)


def _same(templates: Path, language: str, path: Path) -> Iterator[Finding]:
    file = f"{templates.name}/{language}/{path}"
    own, english = _read(templates, language, path), _read(templates, FALLBACK, path)
    for phrase in sorted(english.phrases - own.phrases):
        yield Finding(file=file, rule="phrase-missing", problem=f"it lacks {phrase}", remedy="translate it")
    for phrase in sorted(own.phrases - english.phrases):
        remedy = f"spell it as in {FALLBACK}, or take it away"
        yield Finding(file=file, rule="phrase-unknown", problem=f"nobody asks for {phrase}", remedy=remedy)
    for value in sorted(english.values - own.values):
        remedy = "say it in this language too"
        yield Finding(file=file, rule="value-missing", problem=f"it does not say {value}", remedy=remedy)
    for value in sorted(own.values - english.values):
        remedy = f"take it away, or say it in {FALLBACK} too"
        yield Finding(file=file, rule="value-unknown", problem=f"only it says {value}", remedy=remedy)
    if language == FALLBACK:  # The others are compared with it, case by case; the specimen is one of them.
        for value in sorted(value for value in own.values if not _exists(value)):
            problem, remedy = f"there is no {value}", "spell it as `domain/notice.py` does"
            yield Finding(file=file, rule="value-unknown", problem=problem, remedy=remedy)
    for line in own.conditions:
        yield Finding(
            file=file,
            line=line,
            rule="logic-in-words",
            problem="a condition or a loop stands in the words of one language",
            remedy=f"let {templates.name}/shared/ decide, and give each case its words",
        )


def _read(templates: Path, language: str, path: Path) -> _Words:
    try:
        tree = Environment().parse((templates / language / path).read_text(encoding="utf-8"))
    except TemplateSyntaxError as error:
        file = f"{templates.name}/{language}/{path}"
        raise BadTemplate(file, error.lineno, error.message or "syntax error") from None
    values = {value for node in tree.find_all(nodes.Getattr) if (value := _value(node))}
    conditions = tuple(node.lineno for node in tree.find_all((nodes.If, nodes.For, nodes.CondExpr)))
    return _Words(
        phrases=frozenset(_phrases(tree)), values=frozenset(values), conditions=tuple(sorted(conditions))
    )


def _value(node: nodes.Node) -> str:
    """Return the fact of a message that an expression is, like `notice.usage.percent`; empty if none."""
    if isinstance(node, nodes.Getattr):
        owner = _value(node.node)
        return owner and f"{owner}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) and node.name in _VALUES else ""


def _exists(value: str) -> bool:
    """Whether messages have such a fact."""
    root, *names = value.split(".")
    owner: Any = _VALUES[root]
    for name in names:
        said = get_type_hints(owner).get(name)
        if said is None and not hasattr(owner, name):
            return False
        owner = next((each for each in get_args(said) if each is not NoneType), said or object)
    return True


def _phrases(tree: nodes.Template) -> Iterator[str]:
    """Yield what others ask this file for; a name that begins with `_` is its own affair."""
    for frame in tree.find_all(nodes.Extends):
        yield f"the frame {_constant(frame.template)}"
    for block in tree.find_all(nodes.Block):
        yield f"the block {block.name}"
    for macro in tree.find_all(nodes.Macro):
        if not macro.name.startswith("_"):
            yield f"the phrase {macro.name}({', '.join(arg.name for arg in macro.args)})"
    for given in tree.find_all(nodes.Assign):
        if isinstance(given.target, nodes.Name) and not given.target.name.startswith("_"):
            empty = " = ''" if _constant(given.node) == "" else ""
            yield f"the phrase {given.target.name}{empty}"


def _constant(node: nodes.Node) -> object:
    return node.value if isinstance(node, nodes.Const) else None


# --- rendered with invented facts


def _rendered(letters: Letters, root: str, language: str) -> Iterator[Finding]:
    """Yield what is wrong with the messages of a language, each with and without a link to a page."""
    for channel in CHANNELS:
        for name in (*letters.names(channel, language), CODE_TEMPLATE):
            file = f"{root}/{language}/{channel}/{name}.j2"
            found = (
                finding
                for page in (None, SPECIMEN_PAGE)
                for finding in _rendered_once(letters, file, name, channel, language, page)
            )
            yield from dict.fromkeys(found)
    yield from dict.fromkeys(_pages(letters, language))


def _pages(letters: Letters, language: str) -> Iterator[Finding]:
    """Yield what is wrong with the pages that customers read in a language."""
    for name, values in specimen_pages(letters.languages):
        try:
            letters.page(name, values, language=language)
        except BadTemplate as bad:
            yield Finding(
                file=bad.file, line=bad.line, rule="unrenderable", problem=bad.problem, remedy="mend it"
            )


def _rendered_once(
    letters: Letters, file: str, name: str, channel: str, language: str, page: str | None
) -> Iterator[Finding]:
    try:
        message, must_say = _message(letters, name, channel, language, page)
    except BadTemplate as bad:
        yield Finding(
            file=bad.file, line=bad.line, rule="unrenderable", problem=bad.problem, remedy="mend it"
        )
        return
    for what, words in must_say.items():
        if any(words not in _plain(half) for half in (message.text, message.html) if half):
            yield Finding(
                file=file,
                rule="statement-missing",
                problem=f"the message does not say {what}",
                remedy="say it in the letter, or in the phrase that its frame asks for",
            )
    if channel == "sms":
        yield from _brand_later(file, message.text)
        yield from _too_long(file, message.text)


def _message(
    letters: Letters, name: str, channel: str, language: str, page: str | None
) -> tuple[Message, dict[str, str]]:
    if name == CODE_TEMPLATE:
        code = specimen_code(channel, language)
        must_say = {"the code": code.code, "its reference": code.reference, "the seller": code.seller.name}
        return letters.code(code, **_ANYWHERE), must_say
    notice = replace(specimen(name, channel, language), page=page)
    return letters.message(notice, **_ANYWHERE), dict(_statements(letters, notice))


def _statements(letters: Letters, notice: Notice) -> Iterator[tuple[str, str]]:
    """Yield what a message must say, and in which words, whatever its language."""

    def written(value: Money | date) -> str:
        return letters.written(value, language=notice.language, short=notice.channel == "sms")

    seller, email = notice.seller, notice.channel == "email"
    private, thanks = notice.template.startswith(CONSUMER_PREFIX), notice.template.endswith("thanks")
    yield "who writes", seller.name
    yield "its reference", notice.reference
    if notice.page is not None:
        yield "where the customer's own page is", notice.page
    yield from _about(notice, written)
    if email:
        yield "the seller's postal address", seller.address
        yield "the seller's email address", seller.support_email
        yield "the seller's telephone", seller.support_phone
        yield "the customer's number", notice.customer
    elif private or notice.ends_texts:
        yield "how to end text messages", "STOP"
    if not thanks and notice.template != ASKS_NOTHING and notice.usage is None:
        # A text message has room for one link, and the page says how to pay.
        yield "where to pay", seller.payment_url if email else notice.page or seller.payment_url
        for total in notice.totals:
            yield "the amount to pay", written(total)
        if notice.next_on is not None:
            yield "the day of the next step", written(notice.next_on)
        if email:
            yield "the bank account", seller.account
        if email and notice.debts:
            yield from _rights(letters, notice)
    if notice.template.endswith("final_notice") and notice.suspend_on is not None:
        yield "the day of the suspension", written(notice.suspend_on)


def _rights(letters: Letters, notice: Notice) -> Iterator[tuple[str, str]]:
    """Yield what a letter that asks for money owes its reader: how late it is, and how to contest it."""
    late = notice.debts[0].days_late
    if late > 0:
        yield "how late it is", _plain(letters.phrase("late", late, language=notice.language))
    yield "how to contest it", _plain(letters.phrase("wrong_title", language=notice.language))
    if notice.template.endswith("termination_warning") and notice.next_on is not None:
        yield "the day of the end", letters.written(notice.next_on, language=notice.language)


def _about(notice: Notice, written: Callable[[Money | date], str]) -> Iterator[tuple[str, str]]:
    """Yield what a message must say of what it is about: a debt, a deposit, a limit or usage."""
    if notice.deposit is not None:
        asks = notice.template != ASKS_NOTHING
        yield "the order", notice.deposit.order
        yield "the deposit's amount", written(notice.deposit.missing if asks else notice.deposit.asked)
        yield "the last day to pay it", written(notice.deposit.due_on)
        if asks:
            yield "what the payment must name", notice.deposit.deposit
    elif notice.limit is not None:
        yield "the limit", written(notice.limit.limit)
        yield "how much of it is used", written(notice.limit.used)
    elif notice.usage is not None:
        yield "what was used", written(notice.usage.used)
        yield "the budget", written(notice.usage.budget)
    else:
        yield "the invoice", notice.debts[0].invoice
        yield "the due date", written(notice.debts[0].due_on)


def _plain(words: str) -> str:
    """Return words without what only lays them out: any space is a space."""
    return " ".join(words.split())


def _brand_later(file: str, text: str) -> Iterator[Finding]:
    """A number says nothing to a reader, and a telephone's list shows the first words."""
    if not text.startswith(SPECIMEN_SELLER.name):
        remedy = "begin with its name"
        yield Finding(
            file=file, rule="brand-later", problem="it does not begin with the seller", remedy=remedy
        )


def _too_long(file: str, text: str) -> Iterator[Finding]:
    most, segments = MOST_SEGMENTS_UCS2 if _needs_ucs2(text) else MOST_SEGMENTS, sms_segments(text)
    if segments > most:
        remedy = f"shorten it to {most}"
        if strange := sorted({char for char in text if not in_gsm7(char)} if most == MOST_SEGMENTS else ()):
            remedy = f"spell it without {' '.join(strange)}, which GSM-7 lacks, or {remedy}"
        yield Finding(
            file=file, rule="too-many-segments", problem=f"it needs {segments} SMS segments", remedy=remedy
        )


def _needs_ucs2(text: str) -> bool:
    """Whether a text is in a script that GSM-7 does not know; Latin can be spelled so that it does."""
    letters = (char for char in text if char.isalpha() and not in_gsm7(char))
    return any(not unicodedata.name(char, "").startswith("LATIN") for char in letters)
