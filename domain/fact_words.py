"""The words of a fact: a line that finance can read, for every kind there is or will be."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from domain.facts import Body, Unknown, kind_of
from domain.view_words import day_says

# What a line is about but does not say: it is shown beside it.
_BESIDE = frozenset({"type", "by", "message", "currency"})


def fact_says(body: Body) -> str:
    """Say a fact in a line: its kind, then what it holds beyond what is usual."""
    if isinstance(body, Unknown):
        return f"{body.name.replace('_', ' ')}: a kind that this version keeps and does not act on"
    held = body.model_dump(exclude_defaults=True, by_alias=True)
    said = [
        f"{name.replace('_', ' ')} {_value(name, value, held)}"
        for name, value in held.items()
        if name not in _BESIDE
    ]
    kind = kind_of(body).replace("_", " ")
    return f"{kind}: {', '.join(said)}" if said else kind


def _value(name: str, value: Any, held: Mapping[str, Any]) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{day_says(value.date())}, {value:%H:%M} UTC"
        case date():
            return day_says(value)
        case list() | tuple() if any(isinstance(each, dict) for each in value):
            return str(len(value))
        case list() | tuple():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{key} {each}" for key, each in value.items())
        case _:
            currency = held.get("currency") if name == "amount" else None
            return f"{value} {currency}" if currency else str(value)
