"""JSON whose numbers come back as they went: what Partner Center is given back is what it gave."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any


def read(content: bytes) -> Any:
    """Return what the JSON says, fractions as Decimals.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(content.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("nested beyond all measure") from None


def written(value: Any) -> str:
    """Return the JSON of a value; a Decimal with every digit that it has."""
    match value:
        case Decimal():
            return str(value)
        case dict():
            return "{" + ",".join(f"{json.dumps(str(k))}:{written(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(written(each) for each in value) + "]"
        case _:
            return json.dumps(value)


def plain(value: Any, *, inexact: Callable[[Decimal], Any] = float) -> Any:
    """Return a value without Decimals, which other writers of JSON do not know.

    Args:
        inexact: what becomes of a number that no float says exactly.
    """
    match value:
        case Decimal():
            return float(value) if Decimal(repr(float(value))) == value else inexact(value)
        case dict():
            return {name: plain(each, inexact=inexact) for name, each in value.items()}
        case list():
            return [plain(each, inexact=inexact) for each in value]
        case _:
            return value


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")
