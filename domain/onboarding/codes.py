"""The code by SMS: how long it lives, how often it is sent and tried, and how it is made."""

import hmac
from datetime import timedelta

CODE_VALID = timedelta(minutes=10)
"""How long a code may be entered."""

COOL_DOWN = timedelta(minutes=30)
"""From the end of a code, unanswered or wrong too often, to the next one."""

MOST_SENDS = 3
MOST_TRIES = 5
"""Wrong answers to one code."""


def code_of(key: bytes, reference: str) -> str:
    """Return the six digits of the one-time code with this reference.

    It is made from the ledger's secret and not drawn: a repeated attempt to send it cannot send
    another one, and it need not be kept. The truncation is that of HOTP (RFC 4226, section 5.3).
    """
    digest = hmac.digest(key, f"code:{reference}".encode(), "sha256")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


def code_hash(key: bytes, reference: str, code: str) -> str:
    """Return what is kept of a code, or of an answer to it: nobody without the key can try all codes."""
    return hmac.digest(key, f"answer:{reference}:{code}".encode(), "sha256").hex()
