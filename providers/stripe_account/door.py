"""Stripe's webhooks, verified by the vendor's own check over the bytes as they came.

That check raises whatever comes on odd input, and takes what is signed for the future: both are refused
here. While a secret is changed Stripe signs with the old and the new one, and we know both.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stripe import WebhookSignature

from domain.errors import Unverified
from domain.hints import Hint
from domain.reported_facts import Reported
from providers.stripe_account.events import read_event
from providers.stripe_account.reading import Reading

SIGNATURE = "stripe-signature"
TOLERANCE = timedelta(minutes=5)
"""Either way: a repetition is signed anew."""
_LONGEST = 4096
"""Of the header: a signature has 64 characters, and there are two while a secret is changed."""


class StripeDoor:
    """Takes the events of one account.

    Args:
        secrets: of the endpoint: the one, and while it is changed the one before.
        livemode: whether events of real money are taken, or those of test mode; never both.
    """

    def __init__(self, *, secrets: Sequence[str], livemode: bool, reading: Reading) -> None:
        self._secrets = tuple(secrets)
        self._livemode = livemode
        self._reading = reading

    @property
    def answer_type(self) -> str:
        """Stripe reads no answer."""
        return "text/plain"

    def answer(self, text: str | None) -> str:
        """Return nothing."""
        return ""

    def verify(
        self, raw: bytes, headers: Mapping[str, str], url: str, now: datetime
    ) -> Sequence[Reported | Hint]:
        """Return what one event says.

        Raises:
            Unverified: it is not from Stripe, too old, from the future, of the other mode, or cannot be read.
        """
        header = headers.get(SIGNATURE, "")
        if not self._signed(raw, header):
            raise Unverified("signature")
        signed_at = _signed_at(header)
        if signed_at is None:
            raise Unverified("malformed")
        if signed_at < now - TOLERANCE:
            raise Unverified("stale")
        if signed_at > now + TOLERANCE:
            raise Unverified("future")
        event = _event(raw)
        if event["livemode"] is not self._livemode:
            raise Unverified("account")
        try:
            return read_event(event, self._reading)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unverified("malformed") from None

    def _signed(self, raw: bytes, header: str) -> bool:
        if not header.isascii() or len(header) > _LONGEST:
            return False
        return any(_verified(raw, header, secret) for secret in self._secrets)


def _verified(raw: bytes, header: str, secret: str) -> bool:
    try:
        return bool(WebhookSignature.verify_header(raw, header, secret))
    except Exception:  # noqa: BLE001 - on hostile input the validator raises whatever comes
        return False


def _signed_at(header: str) -> datetime | None:
    """Return the instant in the header, read as the vendor's check has read it: the first one."""
    stamps = [part[2:] for part in header.split(",") if part.startswith("t=")]
    if not stamps or not stamps[0].isdecimal() or len(stamps[0]) > 10:
        return None
    return datetime.fromtimestamp(int(stamps[0]), UTC)


def _event(raw: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unverified("malformed") from None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise Unverified(
            "malformed"
        )  # Among others a thin event, which names an object and does not hold it.
    if not isinstance(event.get("livemode"), bool) or not _named(event.get("id")):
        raise Unverified("malformed")
    return event


def _named(id: Any) -> bool:
    return isinstance(id, str) and 0 < len(id) <= 128 and id.isprintable()
