"""Examples of commands that can be sent as they stand: about this customer, with days that are to come."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from domain.commands import Command

AHEAD = timedelta(days=14)
"""The first day of an example is so far ahead; every policy that ships lets a promise be so long."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def example_of(command: Command, own: Mapping[str, Any], today: date | None) -> dict[str, Any]:
    """Return the example of a command.

    Args:
        own: what the customer has, in place of what the documents say, by the name of its field.
        today: the customer's day; without it the days are those of the documents.
    """
    # What the command itself makes, a new dispute, has a name of its own.
    example = {
        name: value if name == command.name else own.get(name, value)
        for name, value in command.example.items()
    }
    days = sorted(_days(example))
    if today is None or not days:
        return example
    moved: dict[str, Any] = _moved(example, today + AHEAD - days[0])
    return moved


def _days(value: Any) -> Iterator[date]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _days(each)
    elif isinstance(value, list):
        for each in value:
            yield from _days(each)
    elif isinstance(value, str) and _DAY.fullmatch(value):
        yield date.fromisoformat(value)


def _moved(value: Any, by: timedelta) -> Any:
    """Return a value with every day in it moved by the same time, so that they stay as far apart."""
    if isinstance(value, Mapping):
        return {name: _moved(each, by) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, by) for each in value]
    if isinstance(value, str) and _DAY.fullmatch(value):
        return (date.fromisoformat(value) + by).isoformat()
    return value
