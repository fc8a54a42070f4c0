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
    if not isinstance(message, EmailMessage) or not _as_written(message, "From"):
        raise Unreadable("this is no email: save it with its headers, as .eml")
    words = f"{_subject(message)}\n{_body(message)}"
    subscription, event = _ids(words)
    name = _as_written(message, "Message-ID") or sha256(raw).hexdigest()
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


def _as_written(message: EmailMessage, header: str) -> str:
    """Return the first header of this name as it came: whoever forges one may trip who takes it apart."""
    found = next((value for name, value in message.raw_items() if name.lower() == header.lower()), "")
    return str(found).strip()


def _subject(message: EmailMessage) -> str:
    try:
        return str(message.get("Subject", ""))
    except Exception:  # noqa: BLE001 - the library trips over what is no header in several ways
        return _as_written(message, "Subject")


def _body(message: EmailMessage) -> str:
    try:
        part = message.get_body(preferencelist=("plain", "html"))
        return "" if part is None else str(part.get_content())
    except Exception:  # noqa: BLE001 - so too over its headers, and over a character set that nobody knows
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
