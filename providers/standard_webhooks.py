"""Standard Webhooks, in and out: HMAC-SHA256 over id, time and body, as the specification says.

The library makes the signature; its own check reads the clock of the machine, so freshness and comparison
stand here. During a change of the secret a sender signs with both, so a receiver takes any that is right.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

from domain.errors import Unverified
from domain.signing_key import signing_key

TOLERANCE = timedelta(minutes=5)
"""Either way, as the specification says."""

_MOST_SIGNATURES = 16


class Secret:
    """A secret as it is written: `whsec_` and a key of 24 to 64 bytes in base64.

    Raises:
        ValueError: it is none; the words do not show it.
    """

    def __init__(self, written: str) -> None:
        self._webhook = Webhook(signing_key(written))

    def signature(self, name: str, at: datetime, text: str) -> str:
        """Return the signature of a text that is sent under a name at an instant."""
        # The library takes the digits of the instant for UTC, whatever its zone is.
        return self._webhook.sign(name, at.astimezone(UTC), text)

    def signed(self, name: str, at: datetime, text: str, given: str) -> bool:
        """Whether one of the signatures that were given is of this secret."""
        right = self.signature(name, at, text).encode()
        several = given.split(" ")[:_MOST_SIGNATURES]
        return any(hmac.compare_digest(right, each.encode("utf-8", "replace")) for each in several)


def headers(secrets: Sequence[Secret], name: str, at: datetime, raw: bytes) -> dict[str, str]:
    """Return the headers under which a body is sent, signed with each of the secrets."""
    text = raw.decode("utf-8")
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(secret.signature(name, at, text) for secret in secrets),
    }


def verified(secrets: Sequence[Secret], raw: bytes, headers: Mapping[str, str], now: datetime) -> Secret:
    """Return the secret with which a request is signed.

    Raises:
        Unverified: with none of them, or too old, or from the future.
    """
    name, signed_at = headers.get("webhook-id", ""), _instant(headers.get("webhook-timestamp", ""))
    given = headers.get("webhook-signature", "")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unverified("signature") from None
    if signed_at is None:
        raise Unverified("signature")
    found = next((each for each in secrets if each.signed(name, signed_at, text, given)), None)
    if found is None:
        raise Unverified("signature")
    if signed_at < now - TOLERANCE:
        raise Unverified("stale")
    if signed_at > now + TOLERANCE:
        raise Unverified("future")
    return found


def _instant(stamp: str) -> datetime | None:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 10):
        return None
    return datetime.fromtimestamp(int(stamp), UTC)
