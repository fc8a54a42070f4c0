"""Consent: what a vendor is told of who wants our messages, so that it holds others back as well."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Status = Literal["in", "out"]
How = Literal["message", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One number and whether its holder wants our messages.

    Attributes:
        name: names the item within what is told at once, and stays the same when it is told again.
        how: by a message to the sender, or otherwise.
        at: the real instant at which the customer said so.
    """

    name: str
    number: str = field(repr=False)
    status: Status
    how: How
    at: datetime
