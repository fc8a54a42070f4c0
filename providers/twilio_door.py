"""Twilio's webhooks: status callbacks and inbound SMS, verified by the vendor's own validator.

The signature covers the public address with its query and every field, blank ones too. It has no time in
it: what is sent again is known by its name. Twilio signs with the account's auth token, or with a shared
key that a header names: so a key is changed by having both for a while, and the auth token stays.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl, urlsplit

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm
from twilio.twiml.messaging_response import MessagingResponse

from domain.delivery import Receipt, State
from domain.errors import Unverified
from domain.replies import Reply
from providers.twilio_codes import trouble_of

SOURCE = "twilio"
MOST_FIELDS = 200
SETTINGS = "x-twilio-webhooks-signature-settings"
"""The header that names a shared key and an algorithm; without it the auth token has signed."""

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_STATES: Mapping[str, State] = {
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "canceled",
}
"""Every other status, known or not, says that Twilio has the message and no more."""

_NO_KEYS: Mapping[str, str] = {}


class TwilioDoor:
    """Takes what Twilio sends for one account.

    Args:
        shared_keys: the secrets of shared keys by their id.
    """

    def __init__(
        self, *, account_sid: str, auth_token: str, shared_keys: Mapping[str, str] = _NO_KEYS
    ) -> None:
        self._account_sid = account_sid
        self._validator = RequestValidator(auth_token)
        self._shared = {id_: RequestValidator(secret) for id_, secret in shared_keys.items()}

    @property
    def answer_type(self) -> str:
        """TwiML is XML."""
        return "text/xml"

    def answer(self, text: str | None) -> str:
        """Return TwiML that texts `text` back, or does nothing."""
        response = MessagingResponse()
        if text is not None:
            response.message(text)
        return str(response)

    def verify(
        self, raw: bytes, headers: Mapping[str, str], url: str, now: datetime
    ) -> Sequence[Receipt | Reply]:
        """Return what a request says: one report, or one reply.

        Raises:
            Unverified: it is not from Twilio, is for another account, or cannot be read.
        """
        try:
            # Blank fields are signed as well.
            pairs = parse_qsl(
                raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
            )
        except ValueError:
            raise Unverified("signature") from None  # What cannot be read as a form, Twilio did not sign.
        fields = dict(pairs)
        if not self._signed(url, fields, headers):
            raise Unverified("signature")
        if fields.get("AccountSid") != self._account_sid:
            raise Unverified("account")
        if len(fields) != len(pairs) or any("\0" in fields[name] for name in fields if name != "Body"):
            raise Unverified("malformed")  # Twilio names a field once, and a database takes no NUL.
        return [_reply(fields) if "MessageStatus" not in fields else _receipt(fields, url)]

    def _signed(self, url: str, fields: dict[str, str], headers: Mapping[str, str]) -> bool:
        signature, settings = headers.get("x-twilio-signature", ""), headers.get(SETTINGS, "")
        validator = self._shared.get(_key_of(settings)) if settings else self._validator
        algorithm = get_signature_algorithm(settings)
        # Of an algorithm that it does not know, the validator writes the name into the log.
        known = algorithm.upper() in (HMAC_SHA1, HMAC_SHA256)
        if validator is None or not known or not signature.isascii():
            return False
        try:
            return bool(validator.validate(url, fields, signature, algorithm))
        except Exception:  # noqa: BLE001 - on hostile input the validator raises whatever comes
            return False


def _key_of(settings: str) -> str:
    """Return the id of the key that has signed: `key=webhooks_sharedkey_1,algorithm=HMAC_SHA256`."""
    named = (part.partition("=") for part in settings.split(","))
    return next((value.strip() for name, _, value in named if name.strip() == "key"), "")


def _receipt(fields: Mapping[str, str], url: str) -> Receipt:
    sid, status = fields.get("MessageSid", ""), fields["MessageStatus"].lower()
    code = fields.get("ErrorCode", "")
    if not sid or not status:
        raise Unverified("malformed")
    reference = parse_qs(urlsplit(url).query).get("k", [""])[0].replace("\0", "")
    sender = fields.get("MessagingServiceSid") or fields.get("From")
    return receipt_of(sid, status, code, reference=reference or None, sender=sender)


def receipt_of(sid: str, status: str, code: str, *, reference: str | None, sender: str | None) -> Receipt:
    """Return the report that a status of a message is, whether Twilio told us or we asked."""
    state = _STATES.get(status, "accepted")
    number = int(code) if code.isascii() and code.isdecimal() and len(code) < 10 else None
    return Receipt(
        source=SOURCE,
        dedupe=f"{sid}/{status}/{code}",
        channel="sms",
        reference=reference,
        provider_ref=sid,
        sender=sender or None,
        word=f"{status} {code}".strip(),
        state=state,
        trouble=trouble_of(number) if state == "failed" else None,
    )


def _reply(fields: Mapping[str, str]) -> Reply:
    sid, sender = fields.get("MessageSid", ""), fields.get("From", "")
    if not sid or "Body" not in fields:
        raise Unverified("malformed")
    return Reply(
        source=SOURCE,
        dedupe=f"{sid}/received",
        provider_ref=sid,
        channel="sms",
        sender=sender if _NUMBER.fullmatch(sender) else "",
        text=fields["Body"],
        keyword=fields.get("OptOutType", "").upper(),
    )
