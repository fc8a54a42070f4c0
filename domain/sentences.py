"""What is wrong with a value, in plain words: pydantic's errors, each at its path and with a suggestion."""

import re
import types
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from domain.spelling import closest

Path = tuple[str | int, ...]


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
            path, around = locate(path, model)
        message, suggestion = words_of(details, around)
        hint = f" (did you mean {suggestion}?)" if suggestion else ""
        found.append(f"{dotted(path)}: {message}{hint}" if path else f"{message}{hint}")
    return found


def locate(loc: Path, model: type[BaseModel]) -> tuple[Path, list[Any]]:
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


def words_of(details: ErrorDetails, around: list[Any]) -> tuple[str, str | None]:
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
        return f"{shown(word)} is not one of {', '.join(choices)}", guess
    if kind == "union_tag_not_found":
        return "this key is required: it says what kind of entry this is", None
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", details["msg"])), None
    if kind in _LIMITS:
        return _PYTHON_DATE.sub(_iso, _LIMITS[kind].format(**context)), None
    for start, wanted in _WANTED.items():
        if kind.startswith(start):
            return f"write {wanted}, not {shown(given)}", None
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


def shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys with values"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...'"


def dotted(path: Path) -> str:
    return ".".join(str(element) for element in path)
