"""The doors: what a vendor's webhooks are to the web, and what is refused before a byte is believed."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Literal, Protocol

from domain.delivery import Receipt
from domain.errors import Unsound
from domain.hints import Hint
from domain.incidents.notice import Notice
from domain.replies import Reply
from domain.reported_facts import Reported

MOST_BYTES = 1 << 20
"""Of a body; Twilio sends a few kilobytes, SendGrid batches of some hundred events."""

SECONDS = 10.0
"""So long a body may take to arrive."""

Why = Unsound | Literal["too_large", "too_slow", "media_type", "token"]
STATUS: Mapping[Why, int] = {
    "signature": 403,
    "stale": 403,
    "future": 403,
    "account": 403,
    "malformed": 400,
    "certificate": 403,
    # The sender repeats whatever is no 2xx. No 5xx: a stranger could provoke it.
    "no_certificate": 424,
    "too_large": 413,
    "too_slow": 408,
    "media_type": 415,
    "token": 404,
}


Heard = Receipt | Reply | Notice | Hint | Reported
"""What a request says, piece by piece."""


class Door(Protocol):
    """Verifies a request of one vendor and reads it. `url` is the public one, as the vendor signed it.

    It is called in a thread of its own, and may have to ask the vendor for a certificate, for seconds.

    Attributes:
        answer_type: the media type of an answer.

    Raises:
        Unverified: it is not from whom it says, or cannot be read.
    """

    @property
    def answer_type(self) -> str: ...

    def verify(self, raw: bytes, headers: Mapping[str, str], url: str, now: datetime) -> Sequence[Heard]: ...

    def answer(self, text: str | None) -> str:
        """Return the words in which the vendor texts `text` back to the customer, or with None nothing."""
        ...


class Links(Protocol):
    """Reads the links by which customers unsubscribe: the message that a token was in, None if not ours."""

    def read(self, token: str) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Where a vendor calls, and what it sends there.

    Attributes:
        media_type: that of the body; nothing else is read.
        answers: whether the vendor reads an answer: what is to be said to the customer, or nothing.
    """

    door: str
    path: str
    media_type: str
    answers: bool = False


FORM = "application/x-www-form-urlencoded"
PATHS = (
    Path(door="twilio", path="/webhooks/twilio/status", media_type=FORM),
    Path(door="twilio", path="/webhooks/twilio/inbound", media_type=FORM, answers=True),
    Path(door="sendgrid", path="/webhooks/sendgrid/events", media_type="application/json"),
    Path(door="partner_center", path="/webhooks/partner-center", media_type="application/json"),
    Path(door="incidents", path="/webhooks/incidents", media_type="application/json"),
    Path(door="stripe", path="/webhooks/stripe", media_type="application/json"),
)
REPORTS = Path(door="facts", path="/webhooks/facts", media_type="application/json")
"""Where other systems report; they read what became of each item."""


class Refused(Exception):
    """A request is refused; nothing of it is kept but the reason."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


async def read_body(chunks: AsyncIterator[bytes], declared: str | None) -> bytes:
    """Read a body, and stop as soon as it is larger than it may be.

    Raises:
        Refused: it is too large.
    """
    if (
        declared is not None
        and declared.isascii()
        and declared.isdecimal()
        and int(declared[:20]) > MOST_BYTES
    ):
        raise Refused("too_large")
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused("too_large")
    return bytes(body)


class Tally:
    """How many requests were refused since the ledger was last told: attackers must not write there."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def add(self, door: str, why: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[door, why] += 1

    def take(self) -> dict[tuple[str, str], int]:
        """Return what was counted, and begin anew."""
        with self._lock:
            counts, self._counts = dict(self._counts), Counter()
        return counts
