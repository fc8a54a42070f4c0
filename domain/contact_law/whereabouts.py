"""Where a customer may be: what contact law asks beyond the country, and no personal data.

A telephone number has an area, and the area has time zones. The number itself is personal data and
stays where addresses are kept; what is derived from it here may stand in the ledger.
"""

import re
from dataclasses import dataclass, replace

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType
from phonenumbers import timezone as areas

from domain.customer import known_zone

_PLACE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,8}", re.ASCII)
# Every other type, a toll-free number for one, is answered anywhere: it says nothing of where somebody is.
_SOMEWHERE = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_NORTH_AMERICA = 1
_NOWHERE = frozenset(("UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Universal", "Zulu"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """What is known of where a customer may be, besides country and time zone.

    Attributes:
        region: state or province, ISO 3166-2, such as US-MA; None while it is not known.
        places: cities with rules of their own, such as US-NYC; empty while none is known.
        zones: IANA names of every zone that is plausible besides the customer's own.
        calling_code: of the telephone number, such as 1; None while it is not known.

    Raises:
        ValueError: with a sentence that says what would be right.
    """

    region: str | None = None
    places: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    calling_code: int | None = None

    def __post_init__(self) -> None:
        for place in (*self.places, *([] if self.region is None else [self.region])):
            if not _PLACE.fullmatch(place):
                raise ValueError(
                    f"{place!r} is no region or city: use the country's code, a hyphen and the rest,"
                    " such as US-MA or US-NYC"
                )
        for zone in self.zones:
            if not known_zone(zone):
                raise ValueError(f"{zone!r} is no known time zone: use a name such as America/New_York")


ANYWHERE = Whereabouts()
"""Of somebody of whom nothing more is known."""


def somewhere(zone: str) -> bool:
    """Whether a zone is a place's own; UTC and its like are what is written where nothing is known."""
    return zone not in _NOWHERE and not zone.startswith("Etc/")


def number_zones(number: str) -> tuple[str, ...]:
    """Return the zones of the area of a telephone number in E.164 form, such as +14155550100.

    Empty where the number says nothing: toll-free, unknown, or none at all. A mobile number of a country
    whose mobiles have no area has every zone of the country. Numbers move with people, so these zones are
    plausible and no more.

    >>> number_zones("+14155552671")
    ('America/Los_Angeles',)
    >>> number_zones("+18005551234")
    ()
    """
    parsed = _parsed(number)
    if parsed is None or phonenumbers.number_type(parsed) not in _SOMEWHERE:
        return ()
    # Every mobile of North America has an area, although only those of some countries there count as
    # geographical: the other question would answer with 42 zones.
    if parsed.country_code == _NORTH_AMERICA:
        found = areas.time_zones_for_geographical_number(parsed)
    else:
        found = areas.time_zones_for_number(parsed)
    return tuple(zone for zone in found if somewhere(zone) and known_zone(zone))


def calling_code(number: str) -> int | None:
    """Return the country calling code of a telephone number in E.164 form; None where it has none."""
    parsed = _parsed(number)
    return None if parsed is None else parsed.country_code


def _parsed(number: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number)
    except NumberParseException:
        return None


def located(where: Whereabouts, phone: str | None) -> Whereabouts:
    """Return whereabouts with what the area of a telephone number says, where there is one."""
    if not phone:
        return replace(where, zones=(), calling_code=None)
    return replace(where, zones=number_zones(phone), calling_code=calling_code(phone))
