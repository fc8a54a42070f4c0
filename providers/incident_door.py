"""Notices of incidents by webhook, signed as Standard Webhooks says: HMAC-SHA256 over id, time and body.

The library signs; its own check reads the clock of the machine, so freshness and comparison stand here.
The body is a notice of ours, or with `format` events as Partner Center or Graph write them.
"""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from standardwebhooks.webhooks import Webhook

from domain.errors import Unverified
from domain.incidents.kinds import kind_of
from domain.incidents.notice import Notice
from providers import microsoft_alerts

SOURCE = "webhook"
TOLERANCE = timedelta(minutes=5)
"""Either way, as the specification says."""

_SHORTEST, _LONGEST = 24, 64
_MOST_SIGNATURES = 16
_Word = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Body(BaseModel):
    """What is posted: one notice. A field that nobody knows is passed over, since senders grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: _Word
    kind: _Word
    customer: _Word | None = None
    subscription: _Word | None = None
    event: _Word | None = None
    severity: _Word | None = None
    confidence: _Word | None = None
    occurred_at: AwareDatetime | None = None
    test: bool = False
    suspended: bool = False
    text: Annotated[str, Field(max_length=100_000)] = ""


class _Events(BaseModel):
    """What is posted instead: events as a vendor's API answers them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["partner_center", "graph"]
    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=microsoft_alerts.MOST_EVENTS)]


class IncidentDoor:
    """Takes the notices of whoever has the secret.

    Raises:
        ValueError: `secret` is none as Standard Webhooks writes it: whsec_ and a key in base64.
    """

    def __init__(self, *, secret: str) -> None:
        written = secret.removeprefix("whsec_")
        key = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
        if not _SHORTEST <= len(key) <= _LONGEST:
            raise ValueError(f"a key has {_SHORTEST} to {_LONGEST} bytes")
        self._webhook = Webhook(key)

    @property
    def answer_type(self) -> str:
        """Nobody reads an answer."""
        return "text/plain"

    def answer(self, text: str | None) -> str:
        """Return nothing."""
        return ""

    def verify(self, raw: bytes, headers: Mapping[str, str], url: str, now: datetime) -> Sequence[Notice]:
        """Return the notices of one request.

        Raises:
            Unverified: it is not signed with the secret, too old, from the future, or cannot be read.
        """
        name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        signed_at = _instant(stamp)
        if signed_at is None or not self._signed(raw, name, signed_at, headers.get("webhook-signature", "")):
            raise Unverified("signature")
        if signed_at < now - TOLERANCE:
            raise Unverified("stale")
        if signed_at > now + TOLERANCE:
            raise Unverified("future")
        return _notices(raw)

    def _signed(self, raw: bytes, name: str, signed_at: datetime, given: str) -> bool:
        try:
            right = self._webhook.sign(name, signed_at, raw.decode("utf-8"))
        except UnicodeDecodeError:
            return False
        # During a change of the secret a sender signs with both.
        several = given.split(" ")[:_MOST_SIGNATURES]
        return any(hmac.compare_digest(right.encode(), each.encode("utf-8", "replace")) for each in several)


def _instant(stamp: str) -> datetime | None:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 10):
        return None
    return datetime.fromtimestamp(int(stamp), UTC)


def _notices(raw: bytes) -> Sequence[Notice]:
    try:
        told = json.loads(raw)
        if isinstance(told, dict) and "format" in told:
            posted = _Events.model_validate(told)
            return [*microsoft_alerts.notices(posted.events, posted.format)]
        return [_notice(_Body.model_validate(told))]
    except (ValidationError, RecursionError, ValueError):
        raise Unverified("malformed") from None


def _notice(body: _Body) -> Notice:
    return Notice(
        source=SOURCE,
        id=body.id,
        kind=kind_of(body.kind).name,
        word=body.kind,
        trusted=True,
        subscription=body.subscription,
        customer=body.customer,
        event=body.event,
        severity=None if body.severity is None else body.severity.lower(),
        confidence=None if body.confidence is None else body.confidence.lower(),
        occurred_at=body.occurred_at,
        test=body.test,
        suspended=body.suspended,
        text=body.text,
    )
