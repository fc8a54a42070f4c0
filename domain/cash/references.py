"""What a payer's words may name: invoice numbers as they are written, and references with check digits."""

import re
from collections.abc import Iterator

from stdnum import iso11649
from stdnum.be import ogm_vcs
from stdnum.ch import esr

LONGEST_NAME = 8
"""So many pieces of a text may be one number: INV 2026 00 42."""

_PIECE = re.compile(r"[0-9]+|[^\W\d_]+")
_RF = re.compile(r"\bRF ?[0-9]{2}(?: ?[0-9A-Z]){1,21}\b")
_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ /]?[0-9]){3,26}(?![0-9])")


def plain(number: str) -> str:
    """Return an invoice number without what people leave out: case, blanks and signs."""
    return "".join(_PIECE.findall(number.upper()))


def digits(number: str) -> str:
    """Return the digits of an invoice number, as a reference of digits alone carries it."""
    return re.sub(r"\D", "", number).lstrip("0")


def names(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each run of pieces that may be an invoice number: from which piece to which, and its plain form.

    A number neither begins nor ends inside a piece: 104 is not named by 1042. Banks break lines where they
    like, and payers put blanks where they like, so a run may have gaps.
    """
    pieces = _PIECE.findall(text.upper())
    for first in range(len(pieces)):
        for last in range(first + 1, min(first + LONGEST_NAME, len(pieces)) + 1):
            yield first, last, "".join(pieces[first:last])


def payloads(text: str, *, structured: bool = False) -> Iterator[str]:
    """Yield what references with right check digits carry: ISO 11649, Belgian and Swiss ones.

    In a field that is meant for a reference, also Finnish ones: their single check digit is right for one
    number in ten, and in free words it would prove nothing.
    """
    upper = text.upper()
    for match in _RF.finditer(upper):
        yield from _creditor(match[0])
    for match in _DIGITS.finditer(upper):
        number = re.sub(r"\D", "", match[0])
        yield from _checked(number)
        if structured and 4 <= len(number) <= 20 and _finnish(number):
            yield number[:-1].lstrip("0")


def _creditor(text: str) -> Iterator[str]:
    """Yield the payload of a creditor reference; words behind it may have been taken for a part of it."""
    compact = text.replace(" ", "")
    for end in range(len(compact), 4, -1):
        if iso11649.is_valid(compact[:end]):
            yield compact[4:end].lstrip("0")
            return


def _checked(number: str) -> Iterator[str]:
    if len(number) == 12 and ogm_vcs.is_valid(number):
        yield number[:10].lstrip("0")
    if len(number) == 27 and esr.calc_check_digit(number[:-1]) == number[-1]:
        yield number[:-1].lstrip("0")


def _finnish(number: str) -> bool:
    """Whether the last digit is that of a Finnish reference: weights 7, 3, 1 from the right."""
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(number[:-1])))
    return (10 - total % 10) % 10 == int(number[-1])
