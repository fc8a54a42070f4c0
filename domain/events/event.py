"""One event: something that happened, told to the seller's product under an id that never changes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.

    Attributes:
        cause: names what it is about, once: by it and its type the event has its id.
        customer: None for what is about the whole ledger.
        at: the instant of the ledger at which it was noticed.
        data: as the catalogue says of its type.
    """

    type: str
    cause: str
    customer: str | None
    at: datetime
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The same for the same type, customer and cause."""
        about = "\n".join((self.type, self.customer or "", self.cause))
        return "evt_" + hashlib.sha256(about.encode()).hexdigest()[:24]

    @property
    def body(self) -> str:
        """What is sent: JSON in the form that Standard Webhooks suggests."""
        data = {"customer": self.customer, **self.data} if self.customer else dict(self.data)
        at = self.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        said = {"type": self.type, "timestamp": at, "data": data}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
