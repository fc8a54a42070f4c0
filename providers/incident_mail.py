"""A notice that came as an email: nobody believes who sent it before another channel or a person confirms it.

What it is about is guessed from its words, and from the ids in it: another channel may know them.
"""

import re
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from hashlib import sha256

from domain.incidents.kinds import OTHER
from domain.incidents.notice import Notice

SOURCE = "mail"
MOST_BYTES = 5 << 20
_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_EVENT = re.compile(rf"({_GUID})[_-]({_GUID})")
_ONE = re.compile(_GUID)
_WORDS: Mapping[str, str] = {
    r"crypto|mining": "mining",
    r"d-?dos|denial.of.service": "ddos",
    r"malware|virus|ransom": "malware",
    r"spam|unsolicited|blocklist": "spam",
    r"hack|intrusion|brute.?force|compromis|unauthori[sz]ed": "hacking",
    r"stolen card|fraudulent card|chargeback": "stolen_instrument",
}
_SUSPENDED = re.compile(r"\b(has been|was|is) (suspended|disabled)\b", re.IGNORECASE)


class Unreadable(ValueError):
    """It is no email that could be read; the sentence says what would be."""


def read(raw: bytes) -> Notice:
    """Return what an email (.eml) says.

    Raises:
        Unreadable: it is none, or is too large.
    """
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"the email is larger than {MOST_BYTES >> 20} MB: save it without attachments")
    message = BytesParser(policy=policy.default).parsebytes(raw)
    if not isinstance(message, EmailMessage) or not message.get("From"):
        raise Unreadable("this is no email: save it with its headers, as .eml")
    subject, body = str(message.get("Subject", "")), _body(message)
    words = f"{subject}\n{body}"
    subscription, event = _ids(words)
    name = str(message.get("Message-ID", "")).strip() or sha256(raw).hexdigest()
    return Notice(
        source=SOURCE,
        id=name,
        kind=next((k for pattern, k in _WORDS.items() if re.search(pattern, words, re.IGNORECASE)), OTHER),
        word="notice by email",
        trusted=False,
        subscription=subscription,
        event=event,
        suspended=bool(_SUSPENDED.search(words)),
        text=raw.decode("utf-8", "replace"),
    )


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        return ""


def _ids(words: str) -> tuple[str | None, str | None]:
    """Return the subscription and the event that are named, as far as they are."""
    if (both := _EVENT.search(words)) is not None:
        return both[1].lower(), both[0].lower()
    named = re.search(rf"subscription\W{{1,20}}(?:id\W{{1,5}})?({_GUID})", words, re.IGNORECASE)
    alone = _ONE.findall(words)
    if named is not None:
        return named[1].lower(), None
    return (alone[0].lower() if len(set(alone)) == 1 else None), None
