"""Partner Center's webhooks: an RSA signature over the bytes of the body, and hints that nobody believes.

A body has neither a name, nor a number, nor a time of sending: it is known again by its hash, and what
changed more than two weeks ago is refused, so that nobody can send it again for ever. Which partner it is
for is not said either; ids are looked up among ours, and what they name is read from the API. No address
in a body is ever asked.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from domain.errors import Unverified
from domain.hints import Hint
from domain.incidents.notice import shown
from providers.partner_center.certificates import Certificates
from providers.partner_center.event_names import about

SOURCE = "partner_center"
TOO_OLD, TOO_NEW = timedelta(days=14), timedelta(hours=1)
CERTIFICATE, ALGORITHM = "x-ms-certificate-url", "x-ms-signature-algorithm"
_SCHEME = "signature"
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "rsa-sha256": hashes.SHA256(),
    "rsa-sha384": hashes.SHA384(),
    "rsa-sha512": hashes.SHA512(),
}
_LONGEST_SIGNATURE, _LONGEST_URL = 2048, 512

_ID = r"([A-Za-z0-9][A-Za-z0-9-]{0,63})"
_CUSTOMER = re.compile(rf"/customers/{_ID}(?:/|$)", re.IGNORECASE)
_RESOURCE = re.compile(rf"/(?:subscriptions|granularAdminRelationships|invoices)/{_ID}(?:/|$)", re.IGNORECASE)


class PartnerCenterDoor:
    """Takes what Partner Center sends."""

    def __init__(self, *, certificates: Certificates) -> None:
        self._certificates = certificates

    @property
    def answer_type(self) -> str:
        """Nobody reads an answer."""
        return "text/plain"

    def answer(self, text: str | None) -> str:
        """Return nothing."""
        return ""

    def verify(self, raw: bytes, headers: Mapping[str, str], url: str, now: datetime) -> Sequence[Hint]:
        """Return the one hint of a request.

        Raises:
            Unverified: Microsoft has not signed it, it is too old or from the future, or cannot be read;
                `no_certificate` where it may be sound, and the certificate cannot be had now.
        """
        signature, named = _signature(headers), headers.get(ALGORITHM, "").strip().lower()
        algorithm, place = _HASHES.get(named), headers.get(CERTIFICATE, "")
        if signature is None or algorithm is None or not 0 < len(place) <= _LONGEST_URL:
            raise Unverified("signature")
        if not self._signed(raw, signature, algorithm, place, now):
            raise Unverified("signature")
        return [hint_of(raw, now)]

    def _signed(
        self, raw: bytes, signature: bytes, algorithm: hashes.HashAlgorithm, place: str, now: datetime
    ) -> bool:
        key = self._certificates.key(place, now)
        if _matches(key, signature, raw, algorithm):
            return True
        renewed = self._certificates.renewed(place, now)
        return renewed is not None and _matches(renewed, signature, raw, algorithm)


def _matches(key: RSAPublicKey, signature: bytes, raw: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    try:
        key.verify(signature, raw, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def _signature(headers: Mapping[str, str]) -> bytes | None:
    """Return the signature, in whichever header it stands; None where there is none, or are two.

    A proxy may need the other header for itself, so one without this scheme says nothing.
    """
    given = {
        value.strip()
        for name in ("authorization", "x-ms-signature")
        for scheme, _, value in (headers.get(name, "").strip().partition(" "),)
        if scheme.lower() == _SCHEME
    }
    if len(given) != 1 or len(written := given.pop()) > _LONGEST_SIGNATURE:
        return None
    try:
        return base64.b64decode(written, validate=True)
    except ValueError:
        return None


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Unverified("malformed") from None
    if not isinstance(told, dict) or not isinstance(told.get("EventName"), str) or not told["EventName"]:
        raise Unverified("malformed")
    return told


def _changed_at(told: Mapping[str, Any], now: datetime) -> datetime:
    """Return when the resource changed: the only time that is signed."""
    try:
        at = datetime.fromisoformat(str(told.get("ResourceChangeUtcDate")))
    except ValueError:
        raise Unverified("malformed") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    if at < now - TOO_OLD:
        raise Unverified("stale")
    if at > now + TOO_NEW:
        raise Unverified("future")
    return at


def hint_of(raw: bytes, now: datetime) -> Hint:
    """Return the hint that a body is, whoever sent it.

    Raises:
        Unverified: it cannot be read, or is too old or from the future.
    """
    told = _body(raw)
    changed_at = _changed_at(told, now)
    word = shown(told["EventName"])
    account, resource = _ids(told.get("ResourceUri"))
    return Hint(
        source=SOURCE,
        dedupe=hashlib.sha256(raw).hexdigest(),
        provider=SOURCE,
        kind=about(word),
        account=account,
        resource=resource,
        at=changed_at,
        word=word,
    )


def _ids(uri: object) -> tuple[str | None, str | None]:
    """Return the customer and the resource that an address names; which host it has is all the same."""
    try:
        asked = urlsplit(uri if isinstance(uri, str) else "")
        query = {name.lower(): value for name, value in parse_qsl(asked.query, max_num_fields=20)}
    except ValueError:
        return None, None
    account, resource = _CUSTOMER.search(asked.path), _RESOURCE.search(asked.path)
    subscription = query.get("subscriptionid", "")
    named = resource[1] if resource else (subscription if re.fullmatch(_ID, subscription) else None)
    found = account[1] if account and account[1].lower() != "usagerecords" else None
    return found, named
