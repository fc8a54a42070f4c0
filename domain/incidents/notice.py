"""A notice: what one channel says of one incident, once."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

from domain.incidents.kinds import Kind, kind_of

LONGEST_WORD = 120
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a channel brought.

    Attributes:
        source, id: the channel, and the notice's own name within it.
        kind: a name of `KINDS`; `word` is what the channel itself said, kept as it was written.
        trusted: it came from whom it says: signed, or read from the vendor's API.
        subscription, customer: whom it is about, as the channel names them; no personal data.
        event: the vendor's own name of what happened: other channels may tell of the same.
        severity, confidence, status: the vendor's words, in lower case.
        occurred_at: when it began, where that is said.
        test: the vendor only tries whether it gets through.
        suspended: the vendor has suspended the service.
        signs: what was measured, as short words without personal data.
        text: all of it as it came; personal data, destroyed with the customer's.
    """

    source: str
    id: str
    kind: str
    word: str = ""
    trusted: bool = False
    subscription: str | None = None
    customer: str | None = None
    event: str | None = None
    severity: str | None = None
    confidence: str | None = None
    status: str | None = None
    occurred_at: datetime | None = None
    test: bool = False
    suspended: bool = False
    signs: tuple[str, ...] = ()
    text: str = field(default="", repr=False)

    @property
    def about(self) -> Kind:
        """The kind that it is of."""
        return kind_of(self.kind)

    @property
    def name(self) -> str:
        """Names this notice among all."""
        return f"notice:{_digest(self.source, self.id)}"

    @property
    def event_name(self) -> str | None:
        """Names what happened, whichever channel tells of it; None where the vendor gave it no name."""
        if not self.event:
            return None
        subscription, event = (self.subscription or "").lower(), self.event.strip().lower()
        # Partner Center puts the subscription before the name, and Graph does with another character.
        if subscription and event.startswith(subscription):
            event = event[len(subscription) :].lstrip("_-") or event
        return f"event:{_digest(subscription, event)}"

    @property
    def content_name(self) -> str | None:
        """Names what it says about whom: the same complaint by two ways; None where it says too little."""
        words = _BLANKS.sub(" ", self.text).strip().lower()
        if not words:
            return None
        return f"content:{_digest(self.kind, self.subscription or '', self.customer or '', words)}"

    @property
    def incident(self) -> str:
        """The id that an incident gets that begins with this notice; nobody can be read from it."""
        return f"inc-{_digest(self.source, self.id)[:12]}"

    @property
    def said(self) -> dict[str, str]:
        """What an entry keeps of it: no text, and nothing that was not said."""
        at = self.occurred_at
        values = {
            "source": self.source,
            "kind": self.about.name,
            "word": shown(self.word),
            "subscription": shown(self.subscription or ""),
            "event": shown(self.event or ""),
            "severity": shown(self.severity or ""),
            "confidence": shown(self.confidence or ""),
            "status": shown(self.status or ""),
            "signs": "; ".join(map(shown, self.signs)),
            "occurred_at": "" if at is None else at.isoformat(),
            "trusted": "yes" if self.trusted else "",
            "test": "yes" if self.test else "",
            "suspended": "yes" if self.suspended else "",
        }
        return {name: value for name, value in values.items() if value}

    @property
    def key(self) -> str:
        """Names its entry: told again in the same words by the same channel, it is no other one."""
        said = (f"{name}={value}" for name, value in sorted(self.said.items()))
        return f"noticed/{_digest(self.name, self.content_name or '', *said)}"


def shown(words: str) -> str:
    """Return words of a stranger on one line, in characters that can be printed, and not too many."""
    clean = "".join(char if char.isprintable() else " " for char in words)
    return _BLANKS.sub(" ", clean).strip()[:LONGEST_WORD]


def _digest(*parts: str) -> str:
    told = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(told).hexdigest()[:32]
