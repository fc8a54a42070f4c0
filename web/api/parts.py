"""What the API is made of."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.database import Ledger
from web.api.tokens import Tokens

View = Callable[[str], Mapping[str, Any]]
"""What finance sees of a customer; raises `Refused` where there is nothing to see."""


def nothing_seen(customer_id: str) -> Mapping[str, Any]:
    """See nothing."""
    return {}


SharedDomains = Callable[[], frozenset[str]]
Woken = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the API is made of.

    Attributes:
        woken, woken_incident: wake the workflows of customers, or of an incident, after the answer.
        shared_domains: mail domains of which many people have an address.
    """

    ledger: Ledger
    tokens: Tokens
    now: Callable[[], datetime]
    view: View
    woken: Woken
    woken_incident: Callable[[str], Awaitable[None]]
    version: str
    shared_domains: SharedDomains = frozenset
