"""A hint: a webhook says that something changed at a provider. Believed is only where to look."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

About = Literal["subscription", "usage", "fraud", "access", "other"]
"""What is looked at again: one subscription; the usage of all customers; events of fraud; who may administer
what. Of `other` it is only kept that it was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What one delivery of a webhook says.

    Attributes:
        source: the door it came by, and `dedupe` the delivery's name there: a repetition has the same.
        provider: as a `Place` names it.
        account, resource: whose it is there and which it is, as far as they are named; both are read
            from what was sent, and looked up among ours, never used as an address.
        at: when it changed, as the provider says.
        word: the provider's own name of what happened, kept although nobody may know it.
    """

    source: str
    dedupe: str
    provider: str
    kind: About
    account: str | None = None
    resource: str | None = None
    at: datetime | None = None
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Where a provider sends its events, and which."""

    url: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of an event that only tries whether it arrives; `answers` are ours, as it heard them."""

    status: str
    answers: tuple[str, ...]
