"""YAML documents read into pydantic models, with a line, a path and a remedy for every fault.

Every scalar stays the text that was written, and the model converts it: country NO is not false,
010 keeps its zero, 10.10 never passes through float. Only a plain null, `~` or nothing is None.
For whole numbers and booleans use `Whole` and `Flag`: pydantic alone would take "3.0" and "yes".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from domain.sentences import Path, dotted, locate, shown, words_of
from domain.yaml_source import Problem, Tree, Unreadable, parse

M = TypeVar("M", bound=BaseModel)


def _flag(value: object) -> object:
    if isinstance(value, bool) or value in ("true", "false"):
        return value
    raise ValueError(f"write true or false, not {shown(value)}")


def _whole(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]+", value):
        raise ValueError(f"write a whole number, not {shown(value)}")
    return value


Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]


class Document(BaseModel):
    """Base of what is read from a document: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    tree = Tree(file=name)
    try:
        value = parse(text.removeprefix("\ufeff"), tree)
    except Unreadable as error:
        tree.report(error.line, (), str(error))
        raise BadDocument(tuple(tree.problems)) from None
    try:
        result = model.model_validate(value)
    except ValidationError as error:
        tree.problems += [found for found in _explain(error, tree, model) if not tree.covers(found.path)]
    if tree.problems:
        raise BadDocument(tuple(sorted(tree.problems, key=lambda problem: problem.line)))
    return result


def _explain(error: ValidationError, tree: Tree, model: type[BaseModel]) -> list[Problem]:
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


def _problems(details: ErrorDetails, tree: Tree, model: type[BaseModel]) -> Iterator[Problem]:
    path, around = locate(details["loc"], model)
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, Faults):
        for fault in cause.faults:
            yield _problem(tree, (*path, *fault.path), fault.message, fault.suggestion)
        return
    if details["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path = (*path, details["ctx"]["discriminator"].strip("'"))
    message, suggestion = words_of(details, around)
    yield _problem(tree, path, message, suggestion)


def _problem(tree: Tree, path: Path, message: str, suggestion: str | None) -> Problem:
    return Problem(
        file=tree.file, line=tree.line(path), path=dotted(path), message=message, suggestion=suggestion
    )
