"""How Stripe's requests are written: forms with brackets, `a[b][0]=c`, without types."""

import re
from collections.abc import Iterable
from typing import Any

_PART = re.compile(r"([^\[\]]+)|\[([^\[\]]*)\]")


def nested(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return what the fields of a form say, as dicts; what has numbers for names as lists."""
    found: dict[str, Any] = {}
    for name, value in fields:
        parts = [plain or bracketed for plain, bracketed in _PART.findall(name)]
        at = found
        for part in parts[:-1]:
            at = at.setdefault(part, {})
        at[parts[-1]] = _typed(value)
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and all(name.isdecimal() or name == "" for name in inner):
        return list(inner.values())
    return inner


def _typed(value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    return value
