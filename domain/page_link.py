"""The link to a customer's own page: whose it is and until when, sealed so that nobody makes one.

It fits a text message: a number of ours in place of the customer's id, a day in two bytes, and a seal of
eight. The seal is checked before anything is looked up, so a guess costs us no query, and tells nothing.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAY = date(2020, 1, 1)
LAST_DAY = FIRST_DAY + timedelta(days=0xFFFF)

SEAL_BYTES = 8
"""One guess in 2^64 is right, and few are let in; 20 letters in all for the first two million customers."""
SHORTEST_KEY = 32

LONGEST = 40
"""Letters that a token may have: more is none of ours, and is not reckoned with."""

# Without what looks alike in print: 0 O I l. No mark, which a telephone would take for the end of a link.
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}
_ABOUT = b"own-page/1:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """What a link says.

    Attributes:
        number: of the page, which the ledger knows the customer by.
        generation: how often the customer's links had been revoked when it was made.
        until: the last day on which it works.
    """

    number: int
    generation: int
    until: date


def sealed(link: PageLink, keys: Sequence[bytes]) -> str:
    """Return the token of a link, sealed with the first key; the same link has the same token."""
    until = min(max(link.until, FIRST_DAY), LAST_DAY)
    said = _packed(link.number) + _packed(link.generation) + (until - FIRST_DAY).days.to_bytes(2, "big")
    return _letters(said + _seal(said, keys[0]))


def read(token: str, keys: Sequence[bytes]) -> PageLink | None:
    """Return what a token says; None for one that none of the keys has sealed.

    Whether the link still works is another question: for the day, and for the ledger.
    """
    raw = _bytes(token)
    if raw is None or len(raw) <= SEAL_BYTES:
        return None
    said, seal = raw[:-SEAL_BYTES], raw[-SEAL_BYTES:]
    if not any(hmac.compare_digest(_seal(said, key), seal) for key in keys):
        return None
    number, rest = _unpacked(said)
    generation, rest = _unpacked(rest)
    until = FIRST_DAY + timedelta(days=int.from_bytes(rest, "big"))
    return PageLink(number=number, generation=generation, until=until)


def _seal(said: bytes, key: bytes) -> bytes:
    return hmac.new(key, _ABOUT + said, hashlib.sha256).digest()[:SEAL_BYTES]


def _packed(number: int) -> bytes:
    """Return a number, seven bits a byte, the lowest first; all but the last have the eighth set."""
    packed = bytearray()
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*packed, number])


def _unpacked(packed: bytes) -> tuple[int, bytes]:
    number = shift = 0
    for index, byte in enumerate(packed):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte <= 0x7F:
            return number, packed[index + 1 :]
    raise ValueError("a sealed number has no end: this program never made it")


def _letters(raw: bytes) -> str:
    # A page's number is 1 or more, so the first byte is none that letters would lose.
    number, letters = int.from_bytes(raw, "big"), ""
    while number:
        number, value = divmod(number, len(_LETTERS))
        letters = _LETTERS[value] + letters
    return letters


def _bytes(token: str) -> bytes | None:
    if not token or len(token) > LONGEST or token[0] == _LETTERS[0] or not set(token) <= _VALUES.keys():
        return None
    number = 0
    for letter in token:
        number = number * len(_LETTERS) + _VALUES[letter]
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
