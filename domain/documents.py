"""YAML documents read into pydantic models, with a line, a path and a remedy for every fault.

Every scalar stays the text that was written, and the model converts it: country NO is not false,
010 keeps its zero, 10.10 never passes through float. Only a plain null, `~` or nothing is None.
For whole numbers and booleans use `Whole` and `Flag`: pydantic alone would take "3.0" and "yes".
"""

import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import Annotated, Any, Literal, Protocol, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, RootModel, ValidationError
from pydantic_core import ErrorDetails

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
# What YAML 1.1 calls printable, turned round; half surrogates would not even encode.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


def _flag(value: object) -> object:
    if isinstance(value, bool) or value in ("true", "false"):
        return value
    raise ValueError(f"write true or false, not {_shown(value)}")


def _whole(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]+", value):
        raise ValueError(f"write a whole number, not {_shown(value)}")
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]


class Document(BaseModel):
    """Base of what is read from a document: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class BadDocument(ValueError):
    """The document cannot be used; `problems` holds all that is wrong with it, by line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a model's own validator found, at a path that starts from that model."""

    path: Path
    message: str
    suggestion: str | None = None


class Faults(ValueError):
    """Raised by a model's validator that found faults at places of its own, all together."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


def read(text: str, *, model: type[M], name: str) -> M:
    """Return the document as a `model`; `name` is the file's name in the messages.

    Raises:
        BadDocument: with every problem that could be found.
    """
    tree = _Tree(file=name)
    try:
        value = _parse(text.removeprefix("\ufeff"), tree)
    except _Unreadable as error:
        tree.report(error.line, (), str(error))
        raise BadDocument(tuple(tree.problems)) from None
    try:
        result = model.model_validate(value)
    except ValidationError as error:
        tree.problems += [found for found in _explain(error, tree, model) if not tree.covers(found.path)]
    if tree.problems:
        raise BadDocument(tuple(sorted(tree.problems, key=lambda problem: problem.line)))
    return result


def closest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that `word` was probably meant to be, if one is near enough."""
    by_lower = {choice.lower(): choice for choice in choices}
    # Less alike are Amount and Country; no more alike are due and due_on.
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.66)
    return by_lower[near[0]] if near else None


def sentences(error: ValidationError, *, model: type[BaseModel] | None = None, tag: str = "") -> list[str]:
    """Return pydantic's errors in plain words, each behind its path.

    `model` is what was read, for suggestions; `tag` a discriminator's value that `loc` begins with.
    """
    found = []
    for details in error.errors(include_url=False):
        path: Path = details["loc"]
        around: list[Any] = []
        if tag and path[:1] == (tag,):
            path = path[1:]
        if model is not None:
            path, around = _locate(path, model)
        message, suggestion = _words(details, around)
        hint = f" (did you mean {suggestion}?)" if suggestion else ""
        found.append(f"{_dotted(path)}: {message}{hint}" if path else f"{message}{hint}")
    return found


# --- from text to a value, with a line for every path


class _Event(Protocol):
    """What a parser event of PyYAML has, as far as it is used here."""

    start_mark: Any
    anchor: str | None
    tag: str | None
    value: str
    style: str | None


class _Unreadable(Exception):
    """Nothing can be read beyond this line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class _Tree:
    """The lines of all paths of one document, and what was found wrong while reading it."""

    file: str
    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})
    problems: list[Problem] = field(default_factory=list)

    def report(self, line: int, path: Path, message: str) -> None:
        self.problems.append(Problem(file=self.file, line=line, path=_dotted(path), message=message))

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest place around it that was written."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def covers(self, path: str) -> bool:
        """Whether this place was already found unreadable, so that its value means nothing."""
        return any(path == known.path or path.startswith(f"{known.path}.") for known in self.problems)


def _parse(text: str, tree: _Tree) -> object:
    """Return the value of the document; what can be read on is reported in `tree`."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _Unreadable(1, f"the document is larger than {MAX_BYTES // 1024} kB: split it")
    if bad := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise _Unreadable(
            line, f"a character that cannot be read ({bad.group()!a}): save the file as UTF-8 text"
        )
    # Parser events, not composed nodes: the depth is checked before anything recurses, and an
    # explicit tag can still be told from a resolved one.
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    try:
        next(events)
        if isinstance(next(events), yaml.StreamEndEvent):
            raise _Unreadable(1, "the document is empty")
        value = _value(next(events), events, tree, ())
        next(events)
        after: Any = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            line = after.start_mark.line + 1
            raise _Unreadable(line, "a second document begins here: keep one document a file")
    except yaml.MarkedYAMLError as error:
        raise _Unreadable(_line_of(error), _syntax(error)) from None
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


def _value(event: _Event, events: Iterator[Any], tree: _Tree, path: Path) -> object:
    line = event.start_mark.line + 1
    if len(path) > MAX_DEPTH:
        raise _Unreadable(line, f"more than {MAX_DEPTH} levels inside each other: nobody needs that many")
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


def _mapping(events: Iterator[Any], tree: _Tree, path: Path) -> dict[str, object]:
    result: dict[str, object] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        line = event.start_mark.line + 1
        # A key may be a whole tree, which also counts as a level.
        _value(event, events, _Tree(file=tree.file), (*path, "?"))
        if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
            tree.report(line, path, "a key must be plain text")
            _value(next(events), events, _Tree(file=tree.file), (*path, "?"))
            continue
        # A key is always text, also where its plain form would mean nothing.
        key = event.value
        if key in result:
            first = tree.lines[*path, key]
            tree.report(
                line, (*path, key), f"this key stands twice (first on line {first}): keep one of them"
            )
            _value(next(events), events, _Tree(file=tree.file), (*path, key))
            continue
        tree.lines[*path, key] = line
        result[key] = _value(next(events), events, tree, (*path, key))
    return result


def _sequence(events: Iterator[Any], tree: _Tree, path: Path) -> list[object]:
    result: list[object] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        here = (*path, len(result))
        tree.lines[here] = event.start_mark.line + 1
        result.append(_value(event, events, tree, here))
    return result


# --- from pydantic's errors to problems


def _explain(error: ValidationError, tree: _Tree, model: type[BaseModel]) -> list[Problem]:
    """Return the problems; several at one place (the members of a union) become one."""
    found: dict[tuple[int, str], Problem] = {}
    errors = error.errors(include_url=False)
    # Pydantic counts only the entries that are right: a list with a wrong one is not too short.
    around = {other["loc"][:depth] for other in errors for depth in range(len(other["loc"]))}
    for details in errors:
        if details["type"] == "too_short" and details["loc"] in around:
            continue
        for problem in _problems(details, tree, model):
            key = (problem.line, problem.path)
            if key not in found:
                found[key] = problem
            elif problem.message not in found[key].message:
                message = f"{found[key].message}; or {problem.message}"
                suggestion = found[key].suggestion or problem.suggestion
                found[key] = Problem(
                    file=problem.file,
                    line=problem.line,
                    path=problem.path,
                    message=message,
                    suggestion=suggestion,
                )
    return list(found.values())


def _problems(details: ErrorDetails, tree: _Tree, model: type[BaseModel]) -> Iterator[Problem]:
    path, around = _locate(details["loc"], model)
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, Faults):
        for fault in cause.faults:
            yield _problem(tree, (*path, *fault.path), fault.message, fault.suggestion)
        return
    if details["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path = (*path, details["ctx"]["discriminator"].strip("'"))
    message, suggestion = _words(details, around)
    yield _problem(tree, path, message, suggestion)


def _problem(tree: _Tree, path: Path, message: str, suggestion: str | None) -> Problem:
    return Problem(
        file=tree.file, line=tree.line(path), path=_dotted(path), message=message, suggestion=suggestion
    )


def _locate(loc: Path, model: type[BaseModel]) -> tuple[Path, list[Any]]:
    """Return the path in the document, and the types that the place around its end may have.

    Pydantic puts the member of a union into `loc`, where the document has no such key.
    """
    path: Path = ()
    around: list[Any] = []
    here: list[Any] = [model]
    chosen = True
    for element in loc:
        if element == "[key]":
            continue
        if len(here) > 1 and not chosen:
            here, chosen = _choose(here, element), True
            continue
        path = (*path, element)
        around, here, chosen = here, _inside(here, element), False
    return path, around


def _members(annotation: Any) -> list[Any]:
    """Return the types that `annotation` allows, without None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in _members(part)]
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _members(annotation.model_fields["root"].annotation)
    return [] if annotation is types.NoneType else [annotation]


def _keys(model: Any) -> dict[str, Any]:
    """Return annotation by key of a model, as documents write the key; nothing for other types."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    keys = {}
    for name, info in model.model_fields.items():
        alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
        keys[alias or name] = info.annotation
    return keys


def _inside(here: list[Any], element: str | int) -> list[Any]:
    found: list[Any] = []
    for member in here:
        arguments = get_args(member)
        if element in (keys := _keys(member)):
            found += _members(keys[str(element)])
        elif isinstance(element, int) and arguments and get_origin(member) is not dict:
            # tuple[A, B] has a type for each place, tuple[A, ...] and list[A] one for all.
            fixed = get_origin(member) is tuple and Ellipsis not in arguments
            found += _members(arguments[min(element, len(arguments) - 1)] if fixed else arguments[0])
        elif isinstance(element, str) and len(arguments) == 2:
            found += _members(arguments[1])
    return found


def _choose(here: list[Any], label: str | int) -> list[Any]:
    """Return the members of a union that pydantic calls `label`: a discriminator's value or a name."""
    fitting = [
        member
        for member in here
        if getattr(member, "__name__", None) == label
        or any(label in get_args(a) for a in _keys(member).values() if get_origin(a) is Literal)
    ]
    return fitting or here


def _words(details: ErrorDetails, around: list[Any]) -> tuple[str, str | None]:
    """Return a plain sentence for one of pydantic's errors, and a suggestion if there is one."""
    kind, given = details["type"], details.get("input")
    context: Mapping[str, Any] = details.get("ctx", {})
    if kind == "missing":
        return "this key is required and missing", None
    if kind == "extra_forbidden":
        keys = sorted({key for member in around for key in _keys(member)})
        guess = closest(str(details["loc"][-1]), keys)
        known = "" if guess else f"; known here: {', '.join(keys)}" if keys else ""
        return f"nobody knows this key{known}", guess
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        choices = re.findall(r"'([^']*)'", str(context.get("expected") or context.get("expected_tags")))
        word = context.get("tag", given.value if isinstance(given, Enum) else given)
        guess = closest(word, choices) if isinstance(word, str) else None
        return f"{_shown(word)} is not one of {', '.join(choices)}", guess
    if kind == "union_tag_not_found":
        return "this key is required: it says what kind of entry this is", None
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", details["msg"])), None
    if kind in _LIMITS:
        return _PYTHON_DATE.sub(_iso, _LIMITS[kind].format(**context)), None
    for start, wanted in _WANTED.items():
        if kind.startswith(start):
            return f"write {wanted}, not {_shown(given)}", None
    return details["msg"].replace("Input should be", "this should be"), None


# Pydantic writes the limit of a date as Python would.
_PYTHON_DATE = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")


def _iso(match: re.Match[str]) -> str:
    year, month, day = (int(group) for group in match.groups())
    return f"{year:04}-{month:02}-{day:02}"


_LIMITS: dict[str, str] = {
    "greater_than": "this must be more than {gt}",
    "greater_than_equal": "this must be {ge} or more",
    "less_than": "this must be less than {lt}",
    "less_than_equal": "this must be {le} or less",
    "too_short": "this needs at least {min_length} entries",
    "too_long": "this may have at most {max_length} entries",
    "string_too_short": "this needs at least {min_length} characters",
    "string_too_long": "this may have at most {max_length} characters",
    "string_pattern_mismatch": "this does not have the right form (it must fit {pattern})",
    "decimal_max_digits": "this number may have at most {max_digits} digits",
    "decimal_max_places": "this number may have at most {decimal_places} decimals",
    "multiple_of": "this must be a multiple of {multiple_of}",
}
_WANTED: dict[str, str] = {
    "bool": "true or false",
    "int": "a whole number",
    "decimal": "a number like 1490.00",
    "float": "a number like 0.5",
    "finite_number": "a number like 0.5",
    "datetime": "an instant like 2026-03-31T09:30:00Z",
    "timezone": "an instant with its offset, like 2026-03-31T09:30:00Z",
    "date": "a date like 2026-03-31",
    "time_delta": "a duration like 2 days",
    "time": "a time of day like 09:30",
    "string": "text",
    "list": "a list, like [email, sms]",
    "tuple": "a list, like [email, sms]",
    "set": "a list, like [email, sms]",
    "frozen_set": "a list, like [email, sms]",
    "dict": "keys with values, one a line",
    "mapping": "keys with values, one a line",
    "model": "keys with values, one a line",
}


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...'"


def _dotted(path: Path) -> str:
    return ".".join(str(element) for element in path)
