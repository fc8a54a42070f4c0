"""What other systems report by webhook, signed as Standard Webhooks says, each with a secret of its own.

The body is one report, a list of reports, or an object that holds the list as `items`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.errors import Unverified
from domain.reported import Posted
from providers.standard_webhooks import Secret, verified

MOST_ITEMS = 1000
_NAME = re.compile(r"[!-~]{1,100}")


class FactsDoor:
    """Takes what the systems report whose secrets it has; during a change a system has two.

    Raises:
        ValueError: a secret is none as Standard Webhooks writes it.
    """

    def __init__(self, *, secrets: Sequence[tuple[str, str]]) -> None:
        self._senders = {Secret(secret): name for name, secret in secrets}

    def verify(self, raw: bytes, headers: Mapping[str, str], now: datetime) -> Posted:
        """Return what is reported, and by whom.

        Raises:
            Unverified: it is signed with no secret that we have, too old, from the future, or no report.
        """
        secret = verified([*self._senders], raw, headers, now)
        name = headers["webhook-id"]
        if not _NAME.fullmatch(name):
            raise Unverified("malformed")
        said = _read(raw)
        items = _items(said)
        if not 0 < len(items) <= MOST_ITEMS:
            raise Unverified("malformed")
        # What is no object is told by its place, as whatever else is wrong with an item.
        objects = tuple(item if isinstance(item, dict) else {} for item in items)
        return Posted(sender=self._senders[secret], name=name, items=objects, single=items == [said])


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (RecursionError, ValueError):
        raise Unverified("malformed") from None


def _items(said: Any) -> list[Any]:
    if isinstance(said, list):
        return said
    if not isinstance(said, dict):
        raise Unverified("malformed")
    if "type" in said:
        return [said]
    items = said.get("items")
    if not isinstance(items, list) or len(said) > 1:
        raise Unverified("malformed")
    return items
