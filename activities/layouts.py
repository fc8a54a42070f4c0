"""Layouts: how emails look, written in MJML and compiled to Jinja templates, which are rendered to send one.

Compiling is for whoever builds: what customers and invoices say is filled in later and never passes the
MJML parser, and sending needs no compiler. The compiled files stand beside the words, so that a change
of either is seen in review; `templates lint` says when one is out of date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import mrml

from activities.rendering import SHARED

# By themselves the compiler names fonts of a public service, which every reader's program would ask.
_OPTIONS = mrml.RenderOptions(fonts={})
_FIRST = "{{# Compiled from shared/mjml/{name} by `starter.py templates build`: change it there. #}}"
_IN_HEAD = ("mj-attributes", "mj-breakpoint", "mj-font", "mj-preview", "mj-style", "mj-title")
_IN_BODY = ("mj-column", "mj-divider", "mj-group", "mj-section", "mj-spacer", "mj-wrapper")
_STRUCTURE = frozenset({"mjml", "mj-head", "mj-body", "mj-all", *_IN_HEAD, *_IN_BODY})
_OF_HTML = frozenset({"mj-button", "mj-raw", "mj-table", "mj-text"})
"""Tags of MJML that hold HTML, and no further MJML. Images and the like are left out: nothing is loaded."""


class BadLayout(Exception):
    """A layout that cannot be compiled."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}:{line}: {problem}: nothing was compiled")
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One thing that is wrong with a layout, and where."""

    line: int
    problem: str
    remedy: str


def sources(templates: Path) -> tuple[Path, ...]:
    """Return the layouts that are written in MJML, in order of name."""
    return tuple(sorted((templates / SHARED / "mjml").glob("*.mjml")))


def target(source: Path) -> Path:
    """Return the file that a layout is compiled into."""
    return source.parent.parent / "html" / f"{source.stem}.j2"


def compiled(source: Path) -> str:
    """Return a layout as the Jinja template that is rendered when an email is sent.

    Raises:
        BadLayout: it has flaws, or is no MJML.
    """
    text = source.read_text(encoding="utf-8")
    for flaw in flaws(text):
        raise BadLayout(source.name, flaw.line, f"{flaw.problem}: {flaw.remedy}")
    try:
        made = mrml.to_html(text, None, _OPTIONS)
    except OSError as error:
        raise BadLayout(source.name, 1, str(error)) from None
    for warning in made.warnings:
        raise BadLayout(source.name, 1, str(warning))
    return f"{_FIRST.format(name=source.name)}\n{made.content}\n"


def stale(source: Path) -> bool:
    """Whether what is committed is not what the layout is compiled into.

    Raises:
        BadLayout: as in `compiled`.
    """
    made = target(source)
    return not made.is_file() or made.read_text(encoding="utf-8") != compiled(source)


def build(templates: Path) -> tuple[Path, ...]:
    """Compile every layout, all or none, and return the files that were written.

    Raises:
        BadLayout: as in `compiled`.
    """
    made = {target(source): compiled(source) for source in sources(templates)}
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return tuple(made)


def flaws(text: str) -> tuple[Flaw, ...]:
    """Return what the compiler would let through in silence: tags that it does not know, and includes."""
    reader = _Tags()
    reader.feed(text)
    reader.close()
    return tuple(reader.found())


class _Tags(HTMLParser):
    """Reads the tags of one layout with their lines; comments are none."""

    def __init__(self) -> None:
        super().__init__()
        self._holds_html: str | None = None
        self._tags: list[tuple[int, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._tags.append((self.getpos()[0], tag, self._holds_html))
        if self._holds_html is None and tag in _OF_HTML:
            self._holds_html = tag

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self._tags.append((self.getpos()[0], tag, self._holds_html))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._holds_html:
            self._holds_html = None

    def found(self) -> Iterator[Flaw]:
        for line, tag, inside in self._tags:
            if tag == "mj-include":
                remedy = "write here what it would bring in"
                yield Flaw(line=line, problem="a layout includes no other file", remedy=remedy)
            elif inside is None and tag not in _STRUCTURE | _OF_HTML:
                remedy = "spell it as MJML does, or put it into mj-text, mj-table or mj-raw"
                yield Flaw(line=line, problem=f"<{tag}> is no tag of a layout", remedy=remedy)
            elif inside is not None and tag.startswith("mj"):
                yield Flaw(
                    line=line, problem=f"<{tag}> stands in <{inside}>, which holds HTML", remedy="move it out"
                )
