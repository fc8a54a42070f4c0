"""SendGrid's signed event webhook, verified by the vendor's own validator over the bytes as they came.

The validator looks at no clock: events that are older than SendGrid would still be trying, or that come
from the future, are refused here.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sendgrid.helpers.eventwebhook import EventWebhook

from domain.delivery import Receipt, State
from domain.errors import Unverified
from providers.sendgrid_events import ARRIVED, trouble_of_event

SOURCE = "sendgrid"
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
OLDEST = timedelta(hours=26)
"""SendGrid tries for a day; whether a repeated request is signed anew is not known."""
NEWEST = timedelta(minutes=5)
MOST_EVENTS = 10_000

_STATES: Mapping[str, State] = {
    **dict.fromkeys(ARRIVED, "delivered"),
    "deferred": "waiting",
    "bounce": "failed",
    "dropped": "failed",
    "cancel_drop": "canceled",
}
_NAMES = ("sg_message_id", "email", "event", "timestamp", "url", "attempt", "asm_group_id")
"""What tells two events apart: `sg_event_id` may change when SendGrid repeats itself."""


class SendGridDoor:
    """Takes the events of one account.

    Raises:
        ValueError: `public_key` is no key as the SendGrid console shows it.
    """

    def __init__(self, *, public_key: str) -> None:
        self._webhook = EventWebhook(public_key)

    @property
    def answer_type(self) -> str:
        """SendGrid reads no answer."""
        return "text/plain"

    def answer(self, text: str | None) -> str:
        """Return nothing: an email is not answered here."""
        return ""

    def verify(self, raw: bytes, headers: Mapping[str, str], url: str, now: datetime) -> Sequence[Receipt]:
        """Return the events of one request; those that nobody could read are left out.

        Raises:
            Unverified: it is not from SendGrid, too old, from the future, or cannot be read.
        """
        stamp = headers.get(TIMESTAMP, "")
        if not self._signed(raw, headers.get(SIGNATURE, ""), stamp):
            raise Unverified("signature")
        signed_at = _instant(stamp)
        if signed_at is None:
            raise Unverified("malformed")
        if signed_at < now - OLDEST:
            raise Unverified("stale")
        if signed_at > now + NEWEST:
            raise Unverified("future")
        return [*_receipts(raw)]

    def _signed(self, raw: bytes, signature: str, stamp: str) -> bool:
        if not (signature and stamp and stamp.isascii()):
            return False
        try:
            return bool(self._webhook.verify_signature(raw.decode("utf-8"), signature, stamp))
        except Exception:  # noqa: BLE001 - on hostile input the validator raises whatever comes
            return False


def _receipts(raw: bytes) -> Iterator[Receipt]:
    try:
        events = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unverified("malformed") from None
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise Unverified("malformed")
    for event in events:
        if isinstance(event, dict) and isinstance(event.get("event"), str) and event["event"]:
            yield receipt_of(event)


def receipt_of(event: Mapping[str, Any]) -> Receipt:
    """Return an event as the webhook says it, with what a letter carried along merged into it."""
    name = event["event"].lower()
    trouble = trouble_of_event(
        name,
        kind=_text(event, "type"),
        classification=_text(event, "bounce_classification"),
        reason=_text(event, "reason"),
    )
    return Receipt(
        source=SOURCE,
        dedupe=_name(event),
        at=_instant(_text(event, "timestamp")),
        channel="email",
        reference=_text(event, "rid") or None,
        provider_ref=_text(event, "sg_message_id") or None,
        address=_text(event, "email").strip().lower() or None,
        word=name,
        state=_STATES.get(name, "accepted"),
        trouble=trouble,
    )


def _name(event: Mapping[str, Any]) -> str:
    """Return what tells an event from all others, without the address that is part of it."""
    told = json.dumps([_text(event, each) for each in _NAMES])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _text(event: Mapping[str, Any], name: str) -> str:
    """Return a field as text that a database takes; what is neither text nor number counts as absent."""
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "").encode("utf-8", "ignore").decode()


def _instant(seconds: str) -> datetime | None:
    """Return the instant of a number of seconds since 1970; None where that is no time of ours."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 10):
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
