"""How files are read: each mistake is named with its file and line, and what would be right."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from ending import Stop


def read_text(file: Path) -> str:
    """Read a text file; one that is none is named with its line."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Stop(f"{file}:{line}: not UTF-8 text ({error.reason}): save the file as UTF-8") from None


def writable(out: Path | None) -> None:
    """Stop before the long work if its result would have no place."""
    if out is not None and not out.parent.is_dir():
        raise Stop(f"{out}: there is no folder {out.parent}: make it first", status=2)


def read_policy(file: Path) -> Any:
    """Read and check a policy file."""
    from domain.documents import BadDocument, read
    from domain.policy import Policy

    try:
        return read(read_text(file), model=Policy, name=str(file))
    except BadDocument as bad:
        raise Stop(str(bad)) from None


def read_policies(files: Sequence[Path]) -> list[Any]:
    """Read policy files, and those of folders by name: the order of choice; each name stands once."""
    found: dict[str, tuple[Path, Any]] = {}
    for given in files:
        inside = sorted(given.glob("*.yaml")) if given.is_dir() else [given]
        if not inside:
            raise Stop(f"{given}: there is no policy in this folder: name one with files that end in .yaml")
        for file in inside:
            policy = read_policy(file)
            other, _ = found.setdefault(policy.policy, (file, policy))
            if other != file:
                raise Stop(f"{file}: {other} is called {policy.policy} too: leave one of them out")
    return [policy for _, policy in found.values()]


def read_scenario(file: Path) -> tuple[Any, Any, list[Any], date]:
    """Read the events of `policy simulate`: customer, whereabouts, facts, and the last day to play."""
    from pydantic import ValidationError

    from domain.sentences import sentences
    from domain.simulation.events import read_events
    from domain.simulation.scenario import Scenario

    def refuse(problems: list[str]) -> NoReturn:
        raise Stop("\n".join(f"{file}: {problem}" for problem in problems)) from None

    try:
        scenario = Scenario.model_validate(read_json(file))
    except ValidationError as error:
        refuse(sentences(error, model=Scenario))
    try:
        customer, where = scenario.customer.customer(), scenario.customer.whereabouts()
    except ValueError as error:
        refuse([f"customer: {error}"])
    try:
        return customer, where, read_events(customer, scenario.events), scenario.until
    except ValueError as error:
        refuse(str(error).splitlines())


def read_json(file: Path) -> Any:
    """Read a JSON file strictly: no NaN, and no key twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise Stop(f"{file}: the key {key!r} stands twice in one object: keep one of them")
        return dict(pairs)

    def no_number(word: str) -> NoReturn:
        raise Stop(f'{file}: {word} is no number: write amounts as text, like "1490.00"')

    text = read_text(file)
    if not text.strip():
        raise Stop(f"{file}:1: the file is empty: see docs/simulation-format.md for what goes in")
    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}"
        raise Stop(
            f"{where}: this is not JSON at column {error.colno} ({error.msg}): mend it there"
        ) from None
    except (ValueError, RecursionError):
        raise Stop(f"{file}: a number too long or too many levels inside each other: simplify it") from None
