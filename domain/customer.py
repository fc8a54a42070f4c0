"""Who a customer is, as far as a plan may know: words that decide what is done and when.

Names, addresses and numbers are personal data and live elsewhere; nothing here may identify a person.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.money import CURRENCIES

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who somebody is, as far as a plan may know: no name, no address, no number.

    `segment` is "business", "consumer" or any other word of the seller's; `country` is an ISO 3166
    alpha-2 code, `timezone` an IANA name, `currency` an ISO 4217 code. `size` is small, medium, large or
    any other word of the seller's, `risk` low, medium, high or any other.
    Raises ValueError with a sentence that says what would be right.
    """

    id: str
    segment: str = "business"
    country: str | None = None
    timezone: str = "UTC"
    language: str = "en"
    currency: str | None = None
    tags: tuple[str, ...] = ()
    size: str | None = None
    risk: str | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(
                f"{self.id!r} cannot be a customer id: "
                "use 1 to 64 letters, digits, dots, hyphens and underscores"
            )
        if not _WORD.fullmatch(self.segment):
            raise ValueError(
                f"{self.segment!r} cannot be a segment: use a lower-case word such as business or consumer"
            )
        if self.country is not None and not _COUNTRY.fullmatch(self.country):
            raise ValueError(f"{self.country!r} is no country code: use two capital letters such as DE or JP")
        if not known_zone(self.timezone):
            raise ValueError(
                f"{self.timezone!r} is no known time zone: use a name such as Europe/Berlin or UTC"
            )
        if not _LANGUAGE.fullmatch(self.language):
            raise ValueError(f"{self.language!r} is no language code: use a code such as en, de or pt-BR")
        if self.currency is not None and self.currency not in CURRENCIES:
            raise ValueError(
                f"{self.currency!r} is no currency code: use three capital letters of ISO 4217, such as EUR"
            )
        for name, word, like in (("size", self.size, "small or large"), ("risk", self.risk, "low or high")):
            if word is not None and not _WORD.fullmatch(word):
                raise ValueError(f"{word!r} cannot be a {name}: use a lower-case word such as {like}")


@lru_cache(maxsize=1024)
def known_zone(name: str) -> bool:
    """Whether the time zone database has this IANA name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        # ZoneInfo answers an absolute path, a folder and an unknown name each with its own error.
        return False
    return True
