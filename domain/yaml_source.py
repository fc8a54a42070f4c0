"""From the text of a YAML document to its value, with a line for every path and every fault in between."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import yaml

from domain.sentences import Path, dotted

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
# What YAML 1.1 calls printable, turned round; half surrogates would not even encode.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of a document: where it is, what is wrong, what may have been meant."""

    file: str
    line: int
    path: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        hint = f" (did you mean {self.suggestion}?)" if self.suggestion else ""
        return f"{self.file}:{self.line}: {place}{self.message}{hint}"


class _Event(Protocol):
    """What a parser event of PyYAML has, as far as it is used here."""

    start_mark: Any
    anchor: str | None
    tag: str | None
    value: str
    style: str | None


class Unreadable(Exception):
    """Nothing can be read beyond this line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class Tree:
    """The lines of all paths of one document, and what was found wrong while reading it."""

    file: str
    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    problems: list[Problem] = field(default_factory=list)

    def report(self, line: int, path: Path, message: str) -> None:
        self.problems.append(Problem(file=self.file, line=line, path=dotted(path), message=message))

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest place around it that was written."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def covers(self, path: str) -> bool:
        """Whether this place was already found unreadable, so that its value means nothing."""
        return any(path == known.path or path.startswith(f"{known.path}.") for known in self.problems)


def parse(text: str, tree: Tree) -> object:
    """Return the value of the document; what can be read on is reported in `tree`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Unreadable(1, f"the document is larger than {MAX_BYTES // 1024} kB: split it")
    if bad := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise Unreadable(
            line, f"a character that cannot be read ({bad.group()!a}): save the file as UTF-8 text"
        )
    # Parser events, not composed nodes: the depth is checked before anything recurses, and an
    # explicit tag can still be told from a resolved one.
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    try:
        next(events)
        if isinstance(next(events), yaml.StreamEndEvent):
            raise Unreadable(1, "the document is empty")
        value = _value(next(events), events, tree, ())
        next(events)
        after: Any = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            line = after.start_mark.line + 1
            raise Unreadable(line, "a second document begins here: keep one document a file")
    except yaml.MarkedYAMLError as error:
        raise Unreadable(_line_of(error), _syntax(error)) from None
    return value


def _line_of(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return 1 if mark is None else mark.line + 1


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem)
    if "'\\t'" in problem or "tab character" in problem:
        return "a tab cannot indent YAML: use spaces"
    if "mapping values are not allowed" in problem:
        return (
            "this is not YAML: a second colon on the line, or a wrong indent; put text with a colon in quotes"
        )
    if "expected ':'" in problem:
        return "this is not YAML: a key needs a colon and a space after it, as in `name: value`"
    context = f" {error.context}" if error.context else ""
    return f"this is not YAML: {problem}{context}; check quotes, brackets and the indent above"


def _value(event: _Event, events: Iterator[Any], tree: Tree, path: Path) -> object:
    line = event.start_mark.line + 1
    if len(path) > MAX_DEPTH:
        raise Unreadable(line, f"more than {MAX_DEPTH} levels inside each other: nobody needs that many")
    if isinstance(event, yaml.AliasEvent):
        tree.report(line, path, f"write the value out: aliases (*{event.anchor}) are not read")
        return None
    if event.anchor is not None:
        tree.report(line, path, f"remove &{event.anchor} and write values out: anchors are not read")
    if event.tag is not None:
        tree.report(line, path, f"remove the tag {event.tag}: tags are not read")
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, tree, path)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, tree, path)
    return None if not event.style and event.value in _NULLS else event.value


def _mapping(events: Iterator[Any], tree: Tree, path: Path) -> dict[str, object]:
    result: dict[str, object] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = event.start_mark.line + 1
        # A key may be a whole tree, which also counts as a level.
        _value(event, events, Tree(file=tree.file), (*path, "?"))
        if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
            tree.report(line, path, "a key must be plain text")
            _value(next(events), events, Tree(file=tree.file), (*path, "?"))
            continue
        # A key is always text, also where its plain form would mean nothing.
        key = event.value
        if key in result:
            first = tree.lines[*path, key]
            tree.report(
                line, (*path, key), f"this key stands twice (first on line {first}): keep one of them"
            )
            _value(next(events), events, Tree(file=tree.file), (*path, key))
            continue
        tree.lines[*path, key] = line
        result[key] = _value(next(events), events, tree, (*path, key))
    return result


def _sequence(events: Iterator[Any], tree: Tree, path: Path) -> list[object]:
    result: list[object] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        here = (*path, len(result))
        tree.lines[here] = event.start_mark.line + 1
        result.append(_value(event, events, tree, here))
    return result
