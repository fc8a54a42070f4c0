"""Names of companies and persons, so that two ways to write one are alike."""

import re
import unicodedata
from difflib import SequenceMatcher

# What says only in which legal form a company is.
_FORMS = frozenset(
    """ab ag as bv co company corp corporation ek eu ev gbr gmbh inc incorporated kft kg kgaa limited llc llp
    lp ltd mbh mbb nv ohg oy oyj plc pte pty sa sarl sas se sl spa srl sro ug zoo""".split()
)
LIKE = 88
"""From this likeness on, of 100, two names may be of one."""


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in one form and order: without accents, signs and legal forms."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    words = re.findall(r"[^\W_]+", re.sub(r"[.'’]", "", letters))
    return tuple(sorted(word for word in words if word not in _FORMS)) or tuple(sorted(words))


def likeness(one: str, other: str) -> int:
    """Return how alike two names are, from 0 to 100; one that is wholly inside the other is alike."""
    first, second = words_of(one), words_of(other)
    if not first or not second:
        return 0
    if first == second:
        return 100
    shorter, longer = sorted((set(first), set(second)), key=len)
    if len(shorter) > 1 and shorter <= longer:
        return 95
    return round(100 * SequenceMatcher(None, " ".join(first), " ".join(second), autojunk=False).ratio())
